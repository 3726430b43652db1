"""What time does to what came in and nothing became of."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from bot import stories
from bot.desks.turn import Deployment


def prune_clippings(session: Session, deployment: Deployment, now: datetime) -> bool:
    """Pages that were read for somebody who then proposed nothing are forgotten after two days."""
    return stories.old_clippings(session, now)


STEPS = {"clippings.prune": prune_clippings}
