"""The desk at which time asks: steps that the scheduler calls, each in its own transaction of at most 1,000 rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias

from sqlmodel import Session

from bot.desks.turn import Deployment

Step: TypeAlias = Callable[[Session, Deployment, datetime], bool]

# name -> step; a step returns True when more is due at once. Order matters: publish before planning deliveries.
STEPS: dict[str, Step] = {}
