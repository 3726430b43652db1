"""What time does to referrals: links run out, recruiters are reminded, HR hears of what nobody took, what is over is forgotten."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from bot import referrals
from bot.desks.turn import Deployment


def expire_links(session: Session, deployment: Deployment, now: datetime) -> bool:
    """Links whose time is over take nobody in any more."""
    return referrals.expire_links(session, now)


def remind(session: Session, deployment: Deployment, now: datetime) -> bool:
    """Recruiters hear of what nobody has taken in time."""
    return referrals.remind(session, now)


def escalate(session: Session, deployment: Deployment, now: datetime) -> bool:
    """HR's channel hears of what still nobody has taken."""
    return referrals.escalate(session, now)


def retain(session: Session, deployment: Deployment, now: datetime) -> bool:
    """Candidates' details go when their time is over."""
    return referrals.retain(session, now)


STEPS = {"referral links": expire_links, "referral reminders": remind, "referral escalations": escalate, "candidate retention": retain}
