"""What time does to what nobody needs any more."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from bot import privacy
from bot.desks.turn import Deployment


def prune(session: Session, deployment: Deployment, now: datetime) -> bool:
    """Receipts, used-up sign-in links, ended sessions and broken-off imports go."""
    return privacy.expired(session, now)


STEPS = {"prune": prune}
