"""Audiences: a rule that selects people for a story. Only people who are enrolled, here and not paused are ever selected."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_
from sqlalchemy import select as sa_select
from sqlmodel import Field, Session, SQLModel, col, select

from bot import audit
from bot.errors import FieldRefusal, Refusal
from bot.people import Person


class Audience(SQLModel, table=True):
    """A named rule. `rule` is a Rule as JSON; an audience that is no longer offered keeps its row."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    rule: str = "{}"
    is_offered: bool = True


@dataclass(frozen=True)
class Rule:
    """Who is meant. Every part that is given narrows the selection; an empty rule means everybody.

    joined_before: first day at the company is earlier than this day; joined_after: on this day or later.
    """

    kinds: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    person_ids: tuple[int, ...] = ()
    joined_before: date | None = None
    joined_after: date | None = None

    @property
    def is_everybody(self) -> bool:
        """Nothing narrows it."""
        return self == Rule()

    def to_json(self) -> str:
        """The rule as stored: only the parts that were given."""
        given = {k: v.isoformat() if isinstance(v, date) else v for k, v in asdict(self).items() if v}
        return json.dumps(given, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Rule:
        """Read a stored rule. Raises Refusal `audiences.unreadable` for anything else."""
        try:
            raw = json.loads(text)
            unknown = raw.keys() - {f.name for f in fields(cls)}
            if unknown:
                raise ValueError(f"unknown parts {sorted(unknown)}")
            parts: dict[str, Any] = {k: date.fromisoformat(v) if k.startswith("joined_") else tuple(v) for k, v in raw.items()}
            return cls(**parts)
        except (ValueError, TypeError, AttributeError):
            raise Refusal("audiences.unreadable") from None


def member_ids(rule: Rule, today: date) -> Select[Any]:
    """A SELECT of the ids of everybody the rule means on that day."""
    return sa_select(col(Person.id)).where(reachable(today), *_conditions(rule))


def reachable(today: date) -> ColumnElement[bool]:
    """The condition every audience has: enrolled, still here, not paused."""
    here = or_(col(Person.end_on).is_(None), col(Person.end_on) >= today, col(Person.kind).in_(("alumna", "stakeholder")))
    paused = and_(col(Person.paused_until).is_not(None), col(Person.paused_until) > today)
    return and_(col(Person.enrolled_at).is_not(None), here, ~paused)


def _conditions(rule: Rule) -> list[ColumnElement[bool]]:
    lists: list[tuple[Sequence[object], Any]] = [
        (rule.kinds, col(Person.kind)), (rule.departments, col(Person.department)), (rule.locations, col(Person.location)),
        (rule.countries, col(Person.country)), (rule.languages, col(Person.locale)), (rule.person_ids, col(Person.id)),
    ]  # fmt: skip
    found: list[ColumnElement[bool]] = [column.in_(values) for values, column in lists if values]
    if rule.joined_before:
        found.append(col(Person.start_on) < rule.joined_before)
    if rule.joined_after:
        found.append(col(Person.start_on) >= rule.joined_after)
    return found


def count(session: Session, rule: Rule, today: date) -> int:
    """How many people the rule selects on that day."""
    return session.scalar(sa_select(func.count()).select_from(member_ids(rule, today).subquery())) or 0


def preview(session: Session, rule: Rule, today: date, limit: int = 10) -> list[Person]:
    """Some of the people the rule selects, by name."""
    return list(session.exec(select(Person).where(col(Person.id).in_(member_ids(rule, today))).order_by(col(Person.name), col(Person.id)).limit(limit)))


def is_member(session: Session, rule: Rule, today: date, person_id: int) -> bool:
    """The rule selects this person on that day."""
    return session.scalar(member_ids(rule, today).where(col(Person.id) == person_id)) is not None


def matches(session: Session, rule: Rule, person_id: int) -> bool:
    """The rule means this person, whether or not they are enrolled: for what is not about sharing."""
    return session.scalar(sa_select(col(Person.id)).where(col(Person.id) == person_id, *_conditions(rule))) is not None


def rule_of(session: Session, audience_id: int | None) -> Rule:
    """The rule of an audience; None means everybody."""
    row = session.get(Audience, audience_id) if audience_id is not None else None
    return Rule.from_json(row.rule) if row else Rule()


def offered(session: Session) -> list[Audience]:
    """The audiences one can choose, by name."""
    return list(session.exec(select(Audience).where(col(Audience.is_offered)).order_by(col(Audience.name))))


def save(
    session: Session, now: datetime, actor_id: int | None, name: str, rule: Rule, today: date, *, id: int | None = None, everybody: bool = False
) -> Audience:
    """Make or change an audience. A rule that selects nobody is refused; one that selects everybody must be meant (`everybody`).

    Raises FieldRefusal for the fields `name`, `kinds` and `everybody`.
    """
    name = name.strip()
    if not name:
        raise FieldRefusal("name", "audiences.name_missing")
    if session.exec(select(Audience.id).where(Audience.name == name, Audience.id != id)).first() is not None:
        raise FieldRefusal("name", "audiences.name_taken", name=name)
    size = count(session, rule, today)
    if size == 0:
        raise FieldRefusal("kinds", "audiences.selects_nobody")
    if size == count(session, Rule(), today) and not everybody:
        raise FieldRefusal("everybody", "audiences.selects_everybody", count=size)
    row = (session.get(Audience, id) if id is not None else None) or Audience(name=name)
    row.name, row.rule, row.is_offered = name, rule.to_json(), True
    session.add(row)
    session.flush()
    audit.note(session, now, actor_id, "audience.saved", "audience", row.id or 0, f"size={size}")
    return row


def retire(session: Session, now: datetime, actor_id: int | None, audience_id: int) -> Audience:
    """Offer an audience no longer; stories that have it keep it. Raises Refusal `audiences.unknown`."""
    row = session.get(Audience, audience_id)
    if row is None:
        raise Refusal("audiences.unknown")
    row.is_offered = False
    session.add(row)
    audit.note(session, now, actor_id, "audience.retired", "audience", audience_id)
    return row
