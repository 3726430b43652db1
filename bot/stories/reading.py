"""Which stories there are, for whom."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import func, or_
from sqlmodel import Session, col, select

from bot import audiences
from bot.outbox import Delivery
from bot.people import Person
from bot.stories.records import Story

PAGE = 5


def listed(session: Session, state: str, page: int, size: int) -> list[Story]:
    """One page (from 0) of the stories in a state ("" for all), newest first; one more than `size` where there are more."""
    query = select(Story).order_by(col(Story.id).desc()).offset(page * size).limit(size + 1)
    return list(session.exec(query.where(Story.state == state) if state else query))


def counts(session: Session) -> dict[str, int]:
    """How many stories are in each state."""
    return {state: int(n) for state, n in session.exec(select(Story.state, func.count()).group_by(Story.state))}


def is_for(session: Session, story: Story, person: Person, today: date) -> bool:
    """This person may see the published story: it is for everyone, for an audience they belong to, or it was sent to them."""
    if story.audience_id is None:
        return True
    sent = select(Delivery.id).where(Delivery.notice == "story", Delivery.subject_id == story.id, Delivery.person_id == person.id)
    if session.exec(sent).first() is not None:
        return True
    return audiences.is_member(session, audiences.rule_of(session, story.audience_id), today, person.id or 0)


def latest_for(session: Session, person: Person, today: date, page: int) -> tuple[list[Story], bool]:
    """One page (from 0) of the published stories this person may see, newest first, and whether there are more."""
    query = select(Story).where(Story.state == "published", or_(col(Story.audience_id).is_(None), col(Story.audience_id).in_(_mine(session, person, today))))
    query = query.order_by(col(Story.published_at).desc(), col(Story.id).desc())
    rows = list(session.exec(query.offset(page * PAGE).limit(PAGE + 1)))
    return rows[:PAGE], len(rows) > PAGE


def _mine(session: Session, person: Person, today: date) -> Iterable[int]:
    """The audiences of published stories that this person belongs to."""
    used = session.exec(select(Story.audience_id).where(Story.state == "published", col(Story.audience_id).is_not(None)).distinct())
    return [a for a in used.all() if a is not None and audiences.is_member(session, audiences.rule_of(session, a), today, person.id or 0)]
