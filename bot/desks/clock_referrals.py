"""What time does to referrals: links run out, recruiters are reminded, HR hears of what nobody took, what is over is forgotten."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from bot import referrals
from bot.desks.turn import Deployment
from bot.referrals.leave import turn_over


def expire_links(session: Session, deployment: Deployment, now: datetime) -> bool:
    """Links whose time is over take nobody in any more."""
    return referrals.expire_links(session, now)


def remind(session: Session, deployment: Deployment, now: datetime) -> bool:
    """Recruiters hear on the morning of the day by which a word is due."""
    return referrals.remind(session, now)


def escalate(session: Session, deployment: Deployment, now: datetime) -> bool:
    """HR's channel hears of what was due and has not come."""
    return referrals.escalate(session, now)


def turn_leaves(session: Session, deployment: Deployment, now: datetime) -> bool:
    """Deputies hear that a leave has begun, recruiters that theirs is over."""
    return turn_over(session, now)


def retain(session: Session, deployment: Deployment, now: datetime) -> bool:
    """Candidates' details go when their time is over."""
    return referrals.retain(session, now)


STEPS = {"referral links": expire_links, "leaves": turn_leaves, "referral reminders": remind, "referral escalations": escalate, "candidate retention": retain}
