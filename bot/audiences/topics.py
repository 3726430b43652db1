"""Topics that people chose for themselves in their settings. Nobody else sets them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Index, delete
from sqlmodel import Field, Session, SQLModel, col, select

TOPICS_MAX = 20
LENGTH_MAX = 40


class PersonTopic(SQLModel, table=True):
    """One topic that one person likes to hear of; lower case."""

    __table_args__ = (Index("ix_persontopic_topic", "topic", "person_id"),)
    person_id: int = Field(primary_key=True, foreign_key="person.id")
    topic: str = Field(primary_key=True)


def chosen(session: Session, person_id: int) -> tuple[str, ...]:
    """What they chose, in order of the alphabet."""
    return tuple(session.exec(select(PersonTopic.topic).where(PersonTopic.person_id == person_id).order_by(PersonTopic.topic)))


def choose(session: Session, person_id: int, topics: Iterable[str]) -> None:
    """These, and no others, from now on; at most TOPICS_MAX."""
    wanted = list(dict.fromkeys(t.strip().lower()[:LENGTH_MAX] for t in topics if t.strip()))[:TOPICS_MAX]
    session.execute(delete(PersonTopic).where(col(PersonTopic.person_id) == person_id))
    session.add_all(PersonTopic(person_id=person_id, topic=t) for t in wanted)
    session.flush()
