"""Programme time: the wall's in production, movable in the demo. Signatures, sessions, leases and pacing keep wall time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.db import Database
from bot.desks import clock


class WallClock:
    """Programme time is the time."""

    def now(self) -> datetime:
        """This moment, UTC."""
        return datetime.now(UTC)


class MovableClock:
    """Programme time runs ahead of the wall by an offset that is kept in the database; it only ever moves forward."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._ahead = db.read_now(clock.ahead)

    def now(self) -> datetime:
        """The programme's moment, UTC."""
        return datetime.now(UTC) + self._ahead

    async def move(self, by: timedelta) -> None:
        """Move on. Raises ValueError for a step back."""
        if by < timedelta(0):
            raise ValueError("programme time moves forward only")
        self._ahead = await self._db.write(clock.move_ahead, self.now(), by)
