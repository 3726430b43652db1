"""An ask that goes out before it is earned: only by somebody's word, which is kept and shown on Monday."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from bot import audit
from bot.errors import FieldRefusal
from bot.strategy.earning import Earning
from bot.strategy.records import Override

REASON_MIN, REASON_MAX = 10, 500


def override(session: Session, now: datetime, actor_id: int, story_id: int, audience_id: int | None, reason: str, found: Earning) -> Override:
    """Let this story's ask go to this audience all the same. Raises FieldRefusal `reason` for less than a few words."""
    reason = " ".join(reason.split())[:REASON_MAX]
    if len(reason) < REASON_MIN:
        raise FieldRefusal("reason", "balance.refused.reason", count=REASON_MIN)
    row = Override(story_id=story_id, audience_id=audience_id, reason=reason, gives_owed=found.gives, tells_owed=found.tells, actor_id=actor_id, at=now)
    session.add(row)
    session.flush()
    audit.note(session, now, actor_id, "balance.overridden", "story", story_id, f"owed {found.gives}+{found.tells}")
    return row


def override_of(session: Session, story_id: int, audience_id: int | None) -> Override | None:
    """The word that lets this story's ask go to this audience, if there is one."""
    to = col(Override.audience_id).is_(None) if audience_id is None else col(Override.audience_id) == audience_id
    return session.exec(select(Override).where(Override.story_id == story_id, to).order_by(col(Override.id).desc()).limit(1)).first()


def overrides_since(session: Session, start: datetime, end: datetime) -> list[Override]:
    """The overrides made in [start, end), oldest first."""
    return list(session.exec(select(Override).where(col(Override.at) >= start, col(Override.at) < end).order_by(col(Override.id))))
