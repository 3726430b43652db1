"""Quiet hours: nobody is told of a story in their evening or night."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from bot import settings


@dataclass(frozen=True)
class QuietHours:
    """From this hour until that one, in the reader's own time zone; equal hours mean no quiet at all."""

    from_hour: int
    to_hour: int

    def until(self, now: datetime, time_zone: str) -> datetime:
        """When somebody in this zone may be told: now, or when their quiet hours end (UTC)."""
        local = now.astimezone(_zone(time_zone))
        if not self._covers(local.hour):
            return now
        day = local.date() + timedelta(days=local.hour >= self.to_hour)
        return datetime.combine(day, time(self.to_hour % 24), local.tzinfo).astimezone(UTC)

    def _covers(self, hour: int) -> bool:
        if self.from_hour <= self.to_hour:
            return self.from_hour <= hour < self.to_hour
        return hour >= self.from_hour or hour < self.to_hour


def quiet_hours(session: Session) -> QuietHours:
    """The quiet hours of the settings."""
    return QuietHours(int(settings.get(session, "quiet.from_hour")), int(settings.get(session, "quiet.to_hour")))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")  # the people import refuses unknown zones; a row from elsewhere still gets its story
