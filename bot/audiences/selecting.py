"""Whom a rule selects on a day, as SQL that both databases answer from their indexes or in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, true
from sqlalchemy import select as sa_select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from bot.audiences.rules import Rule
from bot.audiences.topics import PersonTopic
from bot.people import Person


def member_ids(rule: Rule, today: date) -> Select[Any]:
    """A SELECT of the ids of everybody the rule means on that day."""
    return sa_select(col(Person.id)).where(reachable(today), condition(rule))


def reachable(today: date) -> ColumnElement[bool]:
    """The condition every audience has: enrolled, still here, not paused."""
    here = or_(col(Person.end_on).is_(None), col(Person.end_on) >= today, col(Person.kind).in_(("alumna", "stakeholder")))
    paused = and_(col(Person.paused_until).is_not(None), col(Person.paused_until) > today)
    return and_(col(Person.enrolled_at).is_not(None), here, ~paused)


def condition(rule: Rule) -> ColumnElement[bool]:
    """What the rule says about a row of `person`, reachable or not."""
    parts = _parts(rule)
    meant: ColumnElement[bool] = and_(*parts) if parts else true()
    if rule.person_ids:
        named = col(Person.id).in_(rule.person_ids)
        meant = or_(meant, named) if parts else named
    return and_(meant, col(Person.id).not_in(rule.without_ids)) if rule.without_ids else meant


def _parts(rule: Rule) -> list[ColumnElement[bool]]:
    lists: list[tuple[Sequence[object], Any]] = [
        (rule.kinds, col(Person.kind)), (rule.departments, col(Person.department)), (rule.locations, col(Person.location)),
        (rule.countries, col(Person.country)), (rule.languages, col(Person.locale)),
    ]  # fmt: skip
    found: list[ColumnElement[bool]] = [column.in_(values) for values, column in lists if values]
    if rule.joined_before:
        found.append(col(Person.start_on) < rule.joined_before)
    if rule.joined_after:
        found.append(col(Person.start_on) >= rule.joined_after)
    if rule.topics:
        found.append(col(Person.id).in_(sa_select(col(PersonTopic.person_id)).where(col(PersonTopic.topic).in_(rule.topics))))
    if rule.under_ids:
        found.append(col(Person.id).in_(_below(rule.under_ids)))
    return found


def _below(manager_ids: tuple[int, ...]) -> Any:
    """Everybody below these managers. UNION and not UNION ALL: should two people manage each other, it ends all the same."""
    first, further = aliased(Person), aliased(Person)
    chain = sa_select(col(first.id)).where(col(first.manager_id).in_(manager_ids)).cte(recursive=True)
    chain = chain.union(sa_select(col(further.id)).where(col(further.manager_id) == chain.c.id))
    return sa_select(chain.c.id)


def count(session: Session, rule: Rule, today: date) -> int:
    """How many people the rule selects on that day."""
    return session.scalar(sa_select(func.count()).select_from(Person).where(reachable(today), condition(rule))) or 0


def preview(session: Session, rule: Rule, today: date, limit: int = 10) -> list[Person]:
    """Some of the people the rule selects, by name."""
    return list(session.exec(select(Person).where(reachable(today), condition(rule)).order_by(col(Person.name), col(Person.id)).limit(limit)))


def look(session: Session, rule: Rule, today: date, limit: int = 10) -> tuple[int, list[str]]:
    """How many people the rule selects on that day, and the names of the first of them by name: both from one pass."""
    members = sa_select(col(Person.id), col(Person.name)).where(reachable(today), condition(rule)).cte("members").prefix_with("MATERIALIZED")
    size = sa_select(func.count()).select_from(members).scalar_subquery()
    rows = session.execute(sa_select(members.c.name, size).order_by(members.c.name, members.c.id).limit(limit)).all()
    return (int(rows[0][1]), [name for name, _size in rows]) if rows else (0, [])


def is_member(session: Session, rule: Rule, today: date, person_id: int) -> bool:
    """The rule selects this person on that day."""
    return session.scalar(member_ids(rule, today).where(col(Person.id) == person_id)) is not None


def matches(session: Session, rule: Rule, person_id: int) -> bool:
    """The rule means this person, whether or not they are enrolled: for what is not about sharing."""
    return session.scalar(sa_select(col(Person.id)).where(col(Person.id) == person_id, condition(rule))) is not None
