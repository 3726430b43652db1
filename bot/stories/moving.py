"""One guarded step of a story's state."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, update
from sqlmodel import Session, col

from bot import audit
from bot.errors import Stale
from bot.stories.drafting import get
from bot.stories.records import Story


def move(session: Session, now: datetime, actor_id: int | None, story_id: int, version: int | None, frm: tuple[str, ...], to: str, **values: Any) -> Story:
    """Move a story to a state. Raises Stale when it was not in `frm` (or not at `version`) any more."""
    change = update(Story).where(col(Story.id) == story_id, col(Story.state).in_(frm))
    if version is not None:
        change = change.where(col(Story.version) == version)
    done = session.execute(change.values(state=to, version=col(Story.version) + 1, **values).execution_options(synchronize_session=False))
    assert isinstance(done, CursorResult)
    if done.rowcount != 1:
        raise Stale("stories.refused.stale")
    audit.note(session, now, actor_id, f"story.{to}", "story", story_id)
    row = get(session, story_id)
    session.refresh(row)
    return row
