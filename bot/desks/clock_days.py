"""Which local day an hour has come on: what is done once a day asks this, and keeps the day it was done for.

A day counts from its hour on, by the clocks of a zone, also where they leap over that hour or show it twice. Whoever was not
running at the hour finds the day later; days that were missed altogether are not made up for.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo


def begun(now: datetime, time_zone: str, hour: int) -> date:
    """The latest day in the zone on which that hour (0 to 23) has come."""
    local = now.astimezone(ZoneInfo(time_zone))
    return local.date() if local.hour >= hour else local.date() - timedelta(days=1)


def has_begun(now: datetime, time_zone: str, hour: int) -> bool:
    """That hour has come today."""
    return now.astimezone(ZoneInfo(time_zone)).hour >= hour
