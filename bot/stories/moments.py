"""A day and a time on the wall's clock as a moment, also on the two days a year on which clocks are changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from bot.errors import FieldRefusal


@dataclass(frozen=True)
class Placed:
    """The moment (UTC). `comes_twice`: clocks show that time twice that day, and this is the first."""

    at: datetime
    comes_twice: bool


def place(day: date, clock: time, zone: ZoneInfo) -> Placed:
    """When clocks in a zone show that time on that day. Raises FieldRefusal `time` for a time that they leap over."""
    first, second = (datetime.combine(day, clock, zone).replace(fold=fold) for fold in (0, 1))
    at = first.astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None) != first.replace(tzinfo=None):
        raise FieldRefusal("time", "stories.refused.no_such_hour", time=clock.strftime("%H:%M"))
    return Placed(at, first.utcoffset() != second.utcoffset())


def comes_twice(at: datetime, zone: ZoneInfo) -> bool:
    """Clocks in the zone show the time of this moment twice that day."""
    local = at.astimezone(zone)
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
