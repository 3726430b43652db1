"""The guided tour's facts: which steps of the main job have happened, from what the rows say and not from pages visited."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, exists, select

from bot.audit import AuditEntry
from bot.bonuses import Bonus, PayRun
from bot.openings import JobOpening
from bot.people import Person, RoleGrant
from bot.people.sign_in import SESSION_LIFE, WebSession
from bot.referrals.records import Referral, ReferralLink, StageChange
from bot.shares.records import Click, Share
from bot.stories.records import Story
from bot.vault import token_hash


@dataclass(frozen=True)
class TourStep:
    """One step by name (words: `tour.<name>.*`) and whether it has happened."""

    name: str
    is_done: bool


_AFTER: dict[str, Callable[[datetime], Any]] = {
    "publish": lambda since: select(Story.id).where(col(Story.published_at) > since),
    "share": lambda since: select(Share.id).where(col(Share.opened_at) > since),
    "click": lambda since: select(Click.id).where(col(Click.at) > since, Click.sort == "human"),
    "link": lambda since: select(ReferralLink.id).where(col(ReferralLink.created_at) > since),
    "confirm": lambda since: select(Referral.id).where(col(Referral.confirmed_at) > since),
    "hire": lambda since: select(StageChange.id).where(col(StageChange.at) > since, StageChange.new == "hired"),
    "board": lambda since: select(AuditEntry.id).where(col(AuditEntry.at) > since, AuditEntry.what == "leaderboard.joined"),
    "wait": lambda since: _bonus(since, "held", "eligible", "approved", "exported", "paid"),
    "approve": lambda since: _bonus(since, "approved", "exported", "paid"),
    "payrun": lambda since: select(PayRun.id).where(col(PayRun.closed_at) > since),
}


def _bonus(since: datetime, *states: str) -> Any:
    """Bonuses of who was hired in the tour: the company's older ones come due on the way and are not what is waited for."""
    hired = select(StageChange.referral_id).where(col(StageChange.at) > since, StageChange.new == "hired")
    return select(Bonus.id).where(col(Bonus.referral_id).in_(hired), col(Bonus.state).in_(states))


def steps(session: Session, since: datetime) -> tuple[TourStep, ...]:
    """Every step in order; a step counts when its rows are younger than `since` (programme time)."""
    return tuple(TourStep(name, bool(session.scalar(select(exists(query(since).limit(1)))))) for name, query in _AFTER.items())


@dataclass(frozen=True)
class Character:
    """Somebody the demo can be looked at as."""

    person_id: int
    name: str
    email: str
    kind: str
    department: str
    locale: str
    roles: tuple[str, ...]


def characters(session: Session) -> list[Character]:
    """Everybody in the demo company, those with a role first, then by name."""
    roles: dict[int, list[str]] = {}
    for grant in session.exec(select(RoleGrant).order_by(col(RoleGrant.role))):
        roles.setdefault(grant.person_id, []).append(grant.role)
    found = [
        Character(p.id or 0, p.name, p.email, p.kind, p.department, p.locale, tuple(roles.get(p.id or 0, ())))
        for p in session.exec(select(Person).where(col(Person.erased_at).is_(None)).order_by(col(Person.name)))
    ]
    return sorted(found, key=lambda c: not c.roles)


def become(session: Session, person_id: int, token: str, wall: datetime) -> bool:
    """Open a portal session for somebody in the demo company; False when there is no such person. `token` is new."""
    if session.get(Person, person_id) is None:
        return False
    session.add(WebSession(token_hash=token_hash(token), person_id=person_id, created_at=wall, expires_at=wall + SESSION_LIFE))
    return True


@dataclass(frozen=True)
class Newest:
    """The newest links that somebody made, for the tour to open: the token of each, or the empty text."""

    share: str = ""
    referral: str = ""


def newest(session: Session, since: datetime) -> Newest:
    """The newest share link and referral link made after `since` (programme time)."""
    share = session.exec(select(Share.token).where(Share.created_at > since).order_by(col(Share.id).desc()).limit(1)).first()
    referral = session.exec(select(ReferralLink.token).where(ReferralLink.created_at > since).order_by(col(ReferralLink.id).desc()).limit(1)).first()
    return Newest(share or "", referral or "")


def recruiter_of_newest(session: Session, since: datetime) -> int | None:
    """Who the newest referral went to: the tour leads to them."""
    query = select(Referral.recruiter_id).where(col(Referral.confirmed_at) > since).order_by(col(Referral.id).desc()).limit(1)
    return session.exec(query).first()


def site_page(session: Session, link: str) -> tuple[str, str] | None:
    """Title and text of the story or opening that links to an address, for the demo's little company site."""
    story = select(Story.title, Story.summary).where(Story.link == link)
    opening = select(JobOpening.title, JobOpening.description).where(JobOpening.link == link)
    found = session.exec(story.limit(1)).first() or session.exec(opening.limit(1)).first()
    return (found[0], found[1]) if found else None
