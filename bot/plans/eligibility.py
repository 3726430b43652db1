"""Who can earn a bonus, and for whom: one function per rule, each with the reason it gives (content: `bonuses.reason.<reason>`).

The rules are those that published referral programmes have in common; each is a setting of HR's. The same functions advise when
a referral is made and bind when a bonus is accrued and on the day it is due.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from bot import people, settings
from bot.people import Person, PersonChange


@dataclass(frozen=True)
class Asked:
    """What a rule looks at. `hiring_manager_id` is the opening's; `hired_id` is the newcomer in the directory, once known."""

    referrer: Person
    hiring_manager_id: int | None = None
    hired_id: int | None = None


def referrer_reason(session: Session, asked: Asked) -> str | None:
    """Why this person cannot earn a bonus for this referral, or None when they can."""
    roles = people.roles_of(session, asked.referrer.id or 0)
    return next((reason for setting, reason, rule in REFERRER_RULES if settings.get(session, setting) and rule(session, asked, roles)), None)


def candidate_reason(session: Session, hired: Person, referred_on: date) -> str | None:
    """Why hiring this person earns nobody a bonus, or None: they worked here when they were referred, or had until lately."""
    if hired.kind == "contractor" and settings.get(session, "bonus.exclude_candidate_contractors"):
        return "candidate_contractor"
    was_here = settings.get(session, "bonus.exclude_candidate_employees") and hired.start_on and hired.start_on < referred_on
    if was_here and (hired.end_on is None or hired.end_on >= referred_on):
        return "candidate_employee"
    since = referred_on - timedelta(days=int(settings.get(session, "bonus.former_employee_days")))
    if any(since <= day < referred_on for day in _left_on(session, hired)):
        return "candidate_former_employee"
    return None


_EARLIER_ENDS = select(PersonChange.old).where(PersonChange.person_id == bindparam("person_id"), PersonChange.field == "end_on", col(PersonChange.old) != "")


def _left_on(session: Session, person: Person) -> list[date]:
    """Every day on which they are known to have left: the directory's, and those it held before they came back."""
    days = [date.fromisoformat(old) for old in session.exec(_EARLIER_ENDS, params={"person_id": person.id})]
    return [*days, person.end_on] if person.end_on else days


def manages(session: Session, boss_id: int, person_id: int | None) -> bool:
    """Is this person, or somebody above them in the chain of managers (which may hold a loop by mistake)."""
    seen: set[int] = set()
    while person_id is not None and person_id not in seen:
        if person_id == boss_id:
            return True
        seen.add(person_id)
        person = session.get(Person, person_id)
        person_id = person.manager_id if person else None
    return False


def _is_recruiting(_session: Session, _asked: Asked, roles: frozenset[str]) -> bool:
    return bool(roles & {"hr", "recruiter"})


def _is_executive(_session: Session, _asked: Asked, roles: frozenset[str]) -> bool:
    return "executive" in roles


def _is_contractor(_session: Session, asked: Asked, _roles: frozenset[str]) -> bool:
    return asked.referrer.kind == "contractor"


def _is_manager(session: Session, asked: Asked, _roles: frozenset[str]) -> bool:
    boss = asked.referrer.id or 0
    hired = session.get(Person, asked.hired_id) if asked.hired_id else None
    return manages(session, boss, asked.hiring_manager_id) or manages(session, boss, hired.manager_id if hired else None)


Rule = Callable[[Session, Asked, frozenset[str]], bool]

# setting that turns the rule on, reason it gives, rule (of what is asked, and the roles of whoever refers)
REFERRER_RULES: tuple[tuple[str, str, Rule], ...] = (
    ("bonus.exclude_recruiting", "recruiting", _is_recruiting),
    ("bonus.exclude_executives", "executive", _is_executive),
    ("bonus.exclude_managers", "manager", _is_manager),
    ("bonus.exclude_contractors", "contractor", _is_contractor),
)
