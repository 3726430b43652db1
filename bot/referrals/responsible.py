"""Who is to act on a referral at this moment."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from bot import people
from bot.openings import JobOpening
from bot.people import Person
from bot.referrals.leave import day_of, deputy_of, is_away, may_recruit
from bot.referrals.records import Referral


def recruiters_of(session: Session, referral: Referral, now: datetime) -> list[Person]:
    """Who is to hear of a referral: its recruiter, else the opening's (each through a deputy while on leave), else all recruiters
    who are at work, else HR; only who still may."""
    opening = session.get(JobOpening, referral.opening_id) if referral.opening_id else None
    for person_id in (referral.recruiter_id, opening and opening.recruiter_id):
        if (person := session.get(Person, person_id) if person_id else None) and (found := _acting(session, person, now)):
            return [found]
    for role in ("recruiter", "hr"):
        if here := [p for p in people.holders(session, role) if may_recruit(session, p, now) and not is_away(session, p, now)]:
            return here
    return [p for p in people.holders(session, "hr") if p.is_here(day_of(p, now))]


def stands_in_for(session: Session, actor_id: int, recruiter_id: int | None, now: datetime) -> bool:
    """Whether somebody acts as the deputy of a recruiter at this moment."""
    recruiter = session.get(Person, recruiter_id) if recruiter_id else None
    deputy = deputy_of(session, recruiter, now) if recruiter else None
    return deputy is not None and deputy.id == actor_id


def _acting(session: Session, person: Person, now: datetime) -> Person | None:
    if not may_recruit(session, person, now):
        return None
    return deputy_of(session, person, now) if is_away(session, person, now) else person
