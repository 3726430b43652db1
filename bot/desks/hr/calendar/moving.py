"""Moving a story in the calendar: to another day by the same hour, or to another time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from sqlmodel import Session

from bot import stories
from bot.desks.hr.calendar.looking import MOVABLE, Entry, entry
from bot.desks.hr.stories.going_out import read_day
from bot.desks.turn import NEWSROOM, Deployment, Turn
from bot.errors import FieldRefusal, Stale
from bot.stories.moments import place

NINE = time(9)


@dataclass(frozen=True)
class Moved:
    """The story where it is now. `comes_twice`: clocks show its time twice that day, and it goes out at the first."""

    entry: Entry
    at: datetime
    was: datetime | None
    comes_twice: bool


def move(session: Session, deployment: Deployment, person_id: int, now: datetime, story_id: int, version: int, day: str, clock: str = "") -> Moved:
    """Move a story that is not out yet to a day (2026-03-31) of whoever moves it. Without a time it keeps its hour; a draft without one
    goes to nine. Raises FieldRefusal for a time that has passed or that clocks leap over, Stale when it changed, Refusal."""
    turn = Turn.of(session, deployment, person_id, now)
    turn.require(*NEWSROOM)
    row, zone = stories.get(session, story_id), ZoneInfo(turn.person.time_zone)
    if row.state not in MOVABLE:
        raise Stale("stories.refused.stale")
    found = read_day("day", day)
    if found is None:
        raise FieldRefusal("day", "stories.refused.day")
    was = row.publish_at
    kept = was.astimezone(zone).time().replace(fold=0) if was else NINE
    placed = place(found.date(), _clock(clock) if clock.strip() else kept, zone)
    row = stories.shift(session, now, person_id, story_id, version, placed.at)
    return Moved(entry(row, zone), placed.at, was, placed.comes_twice)


def _clock(typed: str) -> time:
    try:
        hour, minute = (int(part) for part in typed.strip()[:8].replace(".", ":").split(":")[:2])
        return time(hour, minute)
    except ValueError:
        raise FieldRefusal("time", "stories.refused.time") from None
