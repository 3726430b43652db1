"""Referral links: one live address per employee and opening, which holds nothing about a candidate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Literal, TypeAlias

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from bot import audit, settings
from bot.openings import JobOpening
from bot.people import Person
from bot.referrals.records import ReferralLink

LinkState: TypeAlias = Literal["open", "expired", "closed", "left"]


def link_for(session: Session, now: datetime, person_id: int, opening_id: int | None, new_token: Callable[[], str], others: Sequence[int] = ()) -> ReferralLink:
    """The person's live link for this opening (None: for the organisation at large) and up to two `others`, made at first use.

    Asking again gives the same address until it expires (setting `referral.link_days`).
    """
    more = ",".join(str(i) for i in others)
    row = _live(session, person_id, opening_id, more)
    if row and row.expires_at > now:
        return row
    if row:
        row.is_live = False
        session.add(row)
        session.flush()
    fresh = ReferralLink(token=new_token(), person_id=person_id, opening_id=opening_id, others=more, created_at=now, expires_at=now + _life(session))
    try:
        with session.begin_nested():  # two presses at once: the other one's link is theirs as well
            session.add(fresh)
    except IntegrityError:
        found = _live(session, person_id, opening_id, more)
        assert found is not None
        return found
    audit.note(session, now, person_id, "referral_link.made", "referral_link", fresh.id or 0)
    return fresh


def by_token(session: Session, token: str) -> ReferralLink | None:
    """The link with this token, whatever its state."""
    return session.exec(select(ReferralLink).where(ReferralLink.token == token)).first()


def state_of(session: Session, link: ReferralLink, today: date, now: datetime) -> LinkState:
    """Whether a candidate may still come in by this link, and if not, why: it ran out, the opening closed, or the employee left."""
    person = session.get(Person, link.person_id)
    if link.opening_ids and first_open(session, link, today) is None:
        return "closed"
    if not link.is_live or link.expires_at <= now:
        return "expired"
    return "open" if person and person.is_here(today) else "left"


def expire_links(session: Session, now: datetime, limit: int = 1000) -> bool:
    """Retire links whose time is over; True when more are due."""
    due = session.exec(select(ReferralLink.id).where(col(ReferralLink.is_live), ReferralLink.expires_at <= now).limit(limit)).all()
    session.execute(update(ReferralLink).where(col(ReferralLink.id).in_(due)).values(is_live=False))
    return len(due) == limit


def retire_links(session: Session, person_id: int) -> None:
    """Retire every link of somebody who is erased."""
    session.execute(update(ReferralLink).where(col(ReferralLink.person_id) == person_id).values(is_live=False))


def named_openings(session: Session, link: ReferralLink) -> list[JobOpening]:
    """The openings that a link names, the first one first."""
    found = (session.get(JobOpening, opening_id) for opening_id in link.opening_ids)
    return [opening for opening in found if opening]


def first_open(session: Session, link: ReferralLink, today: date) -> JobOpening | None:
    """The opening that a candidate comes in for today: the first one named that still takes referrals."""
    return next((opening for opening in named_openings(session, link) if opening.takes_referrals(today)), None)


def _live(session: Session, person_id: int, opening_id: int | None, others: str) -> ReferralLink | None:
    for_opening = ReferralLink.opening_id == opening_id if opening_id else col(ReferralLink.opening_id).is_(None)
    mine = (ReferralLink.person_id == person_id, for_opening, ReferralLink.others == others, col(ReferralLink.is_live))
    return session.exec(select(ReferralLink).where(*mine)).first()


def _life(session: Session) -> timedelta:
    return timedelta(days=int(settings.get(session, "referral.link_days")))
