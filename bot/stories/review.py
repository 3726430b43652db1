"""The review queue: what employees and feeds bring, and the word they get back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func
from sqlmodel import Field, Session, SQLModel, select

from bot import outbox
from bot.db import utc_field
from bot.errors import FieldRefusal
from bot.people import Person
from bot.stories.drafting import Draft, create
from bot.stories.moving import move
from bot.stories.records import Story
from bot.stories.text import clean


class Review(SQLModel, table=True):
    """A curator's answer to a story in review, with their word for whoever proposed it."""

    id: int | None = Field(default=None, primary_key=True)
    story_id: int = Field(foreign_key="story.id", index=True)
    is_approved: bool
    word: str = ""
    actor_id: int = Field(foreign_key="person.id")
    at: datetime = utc_field()


def propose(session: Session, now: datetime, person: Person, draft: Draft) -> Story:
    """An employee proposes a story: it waits in review, and the admin room hears of it. Raises FieldRefusal."""
    row = create(session, now, person.id, draft, state="review", proposer_id=person.id, may_lack_alt=True)
    outbox.owe_room(session, now, f"proposed:{row.id}", "story_proposed", row.id or 0, "admin")
    return row


def decide(session: Session, now: datetime, actor_id: int, story_id: int, version: int, *, approve: bool, word: str) -> Story:
    """Approve (it becomes a draft) or refuse (with a word, always); the proposer is told.

    Raises FieldRefusal `word` for a refusal without one, Stale when somebody decided already.
    """
    word = clean(word, 500, lines=True)
    if not approve and not word:
        raise FieldRefusal("word", "stories.refused.word")
    row = move(session, now, actor_id, story_id, version, ("review",), "draft" if approve else "refused")
    answer = Review(story_id=story_id, is_approved=approve, word=word, actor_id=actor_id, at=now)
    session.add(answer)
    session.flush()
    proposer = session.get(Person, row.proposer_id) if row.proposer_id else None
    if proposer is not None:
        outbox.owe(session, now, f"reviewed:{answer.id}", "story_reviewed", answer.id or 0, proposer)
    return row


def waiting(session: Session) -> int:
    """How many stories wait in review."""
    return session.exec(select(func.count()).select_from(Story).where(Story.state == "review")).one()
