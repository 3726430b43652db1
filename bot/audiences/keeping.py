"""Audiences as rows: made, changed, no longer offered."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import delete
from sqlmodel import Field, Session, SQLModel, col, select

from bot import audit
from bot.audiences.rules import NAMED_MAX, Rule
from bot.audiences.selecting import count
from bot.audiences.topics import PersonTopic
from bot.errors import FieldRefusal, Refusal


class Audience(SQLModel, table=True):
    """A named rule. `rule` is a Rule as JSON; an audience that is no longer offered keeps its row."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    rule: str = "{}"
    is_offered: bool = True


def rule_of(session: Session, audience_id: int | None) -> Rule:
    """The rule of an audience; None means everybody."""
    row = session.get(Audience, audience_id) if audience_id is not None else None
    return Rule.from_json(row.rule) if row else Rule()


def rules(session: Session) -> dict[int | None, Rule]:
    """The rules of all audiences by id, those no longer offered too; None is everybody."""
    kept: dict[int | None, Rule] = {id: Rule.from_json(text) for id, text in session.exec(select(Audience.id, Audience.rule))}
    return kept | {None: Rule()}


def offered(session: Session) -> list[Audience]:
    """The audiences one can choose, by name."""
    return list(session.exec(select(Audience).where(col(Audience.is_offered)).order_by(col(Audience.name))))


def save(
    session: Session, now: datetime, actor_id: int | None, name: str, rule: Rule, today: date, *, id: int | None = None, everybody: bool = False
) -> Audience:
    """Make or change an audience. A rule that selects nobody is refused; one that selects everybody must be meant (`everybody`).

    Raises FieldRefusal for the fields `name`, `kinds`, `named` and `everybody`.
    """
    name = name.strip()
    if not name:
        raise FieldRefusal("name", "audiences.name_missing")
    if session.exec(select(Audience.id).where(Audience.name == name, Audience.id != id)).first() is not None:
        raise FieldRefusal("name", "audiences.name_taken", name=name)
    if len(rule.person_ids) > NAMED_MAX or len(rule.without_ids) > NAMED_MAX:
        raise FieldRefusal("named", "audiences.too_many_named", count=NAMED_MAX)
    size = count(session, rule, today)
    if size == 0:
        raise FieldRefusal("kinds", "audiences.selects_nobody")
    if not everybody and size == count(session, Rule(), today):
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


def erase_person(session: Session, person_id: int) -> None:
    """Forget what somebody chose, and that they stood in a list by name."""
    session.execute(delete(PersonTopic).where(col(PersonTopic.person_id) == person_id))
    for row in session.exec(select(Audience).where(col(Audience.rule).contains(str(person_id)))):
        rule = Rule.from_json(row.rule)
        named, without, under = (tuple(i for i in ids if i != person_id) for ids in (rule.person_ids, rule.without_ids, rule.under_ids))
        # A list that alone narrows the rule keeps the id, which names nobody any more: emptied, it would mean more people than before.
        slim = replace(rule, person_ids=named or (() if rule.has_conditions else rule.person_ids), without_ids=without, under_ids=under or rule.under_ids)
        if slim != rule and not slim.is_everybody:
            row.rule = slim.to_json()
            session.add(row)
