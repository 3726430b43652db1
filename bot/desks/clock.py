"""The desk at which time asks: steps that the scheduler calls, each in its own transaction of at most 1,000 rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeAlias

from sqlmodel import Session

from bot import settings
from bot.desks import clock_bonuses, clock_intake, clock_payouts, clock_privacy, clock_referrals, clock_stories, clock_strategy
from bot.desks.turn import Deployment

Step: TypeAlias = Callable[[Session, Deployment, datetime], bool]

# name -> step; a step returns True when more is due at once. Order matters: publish before planning deliveries.
STEPS: dict[str, Step] = {
    **clock_stories.STEPS, **clock_strategy.STEPS, **clock_referrals.STEPS, **clock_bonuses.STEPS, **clock_payouts.STEPS, **clock_intake.STEPS,
    **clock_privacy.STEPS,
}  # fmt: skip


def ahead(session: Session) -> timedelta:
    """How far programme time is ahead of the wall's: zero but in the demo, where it can be moved."""
    return timedelta(seconds=settings.get(session, "demo.ahead_seconds"))


def move_ahead(session: Session, now: datetime, by: timedelta) -> timedelta:
    """Move programme time forward; returns how far it is ahead now."""
    seconds = settings.get(session, "demo.ahead_seconds") + int(by.total_seconds())
    settings.put(session, now, None, "demo.ahead_seconds", seconds)
    return timedelta(seconds=seconds)
