"""What the calendar shows: frozen records, read in one go. Days and times are those of whoever looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_
from sqlmodel import Session, col, select

from bot import stories, strategy
from bot.desks.balance_words import audience_name, counts, next_ask, owed
from bot.desks.hr.calendar.slots import Slot, empty_slots
from bot.desks.hr.stories.balance import held_line
from bot.desks.turn import NEWSROOM, Deployment, Turn
from bot.messages import Say, Text, say
from bot.stories import Story
from bot.stories.moments import comes_twice
from bot.strategy import Balance

MOST, UNPLANNED = 600, 12
SHOWN = ("draft", "scheduled", "held", "published", "recalled", "expired")
MOVABLE = ("draft", "scheduled", "held")


@dataclass(frozen=True)
class Entry:
    """A story in the calendar. `clock` is "09:00"; empty, as is `on`, where no time is planned."""

    id: int
    version: int
    title: str
    kind: str
    state: str
    on: date | None
    clock: str
    is_movable: bool
    comes_twice: bool = False


@dataclass(frozen=True)
class Cell:
    """One audience on one day."""

    on: date
    entries: tuple[Entry, ...]
    slots: tuple[Slot, ...]


@dataclass(frozen=True)
class Lane:
    """One audience in one week: seven cells, or none where nothing is in them."""

    audience_id: int | None
    name: Text
    cells: tuple[Cell, ...]
    is_bare: bool


@dataclass(frozen=True)
class Day:
    """One day of a week."""

    on: date
    is_today: bool
    is_past: bool
    is_outside: bool  # of another month


@dataclass(frozen=True)
class Week:
    """Seven days, Monday first, with the lanes of those audiences that have something in the calendar."""

    days: tuple[Day, ...]
    lanes: tuple[Lane, ...]


@dataclass(frozen=True)
class Standing:
    """The balance of an audience as it will be on the period's last day."""

    audience_id: int | None
    name: Text
    balance: Balance
    counts: Say
    owed: Say


@dataclass(frozen=True)
class Waiting:
    """An ask that is held, and what it waits for."""

    entry: Entry
    why: Say


@dataclass(frozen=True)
class CalendarView:
    """A month or a week. `first` and `last` are its own days; a month's weeks reach beyond them."""

    span: str
    first: date
    last: date
    earlier: date
    later: date
    today: date
    time_zone: str
    company_zone: str
    weeks: tuple[Week, ...]
    standings: tuple[Standing, ...]
    held: tuple[Waiting, ...]
    unplanned: tuple[Entry, ...]
    empty: int


def view(session: Session, deployment: Deployment, person_id: int, now: datetime, span: str, on: date | None) -> CalendarView:
    """The calendar around a day (today where None) for HR and curators. Raises Refusal."""
    turn = Turn.of(session, deployment, person_id, now)
    turn.require(*NEWSROOM)
    zone = ZoneInfo(turn.person.time_zone)
    today = now.astimezone(zone).date()
    first, last = _period(span, on or today)
    from_on, to_on = first - timedelta(days=first.weekday()), last + timedelta(days=6 - last.weekday())
    rows = _rows(session, from_on, to_on, zone)
    planned = stories.upcoming(session, deployment.time_zone)
    slots = empty_slots(session, turn.today, planned, from_on, to_on)
    held = stories.held(session, 10)
    wanted = [*(s.audience_id for s in slots), *(r.audience_id for r in rows), *(r.audience_id for r in held)]
    ids = sorted(set(wanted) | {a.audience_id for a in strategy.actions(session)}, key=lambda i: (i is not None, i or 0))
    names = {i: audience_name(session, i) for i in ids}
    entries = [(r.audience_id, entry(r, zone)) for r in rows]
    return CalendarView(
        span, first, last, first - timedelta(days=1) if span == "month" else first - timedelta(days=7), last + timedelta(days=1), today,
        turn.person.time_zone, deployment.time_zone, _weeks(from_on, to_on, (first, last), today, names, entries, slots),
        tuple(_standings(turn, ids, names, last)), tuple(Waiting(entry(r, zone), held_line(turn, r)) for r in held),
        tuple(entry(r, zone) for r in _unplanned(session)), sum(first <= s.on <= last for s in slots),
    )  # fmt: skip


def _period(span: str, on: date) -> tuple[date, date]:
    if span == "week":
        monday = on - timedelta(days=on.weekday())
        return monday, monday + timedelta(days=6)
    first = on.replace(day=1)
    return first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def entry(row: Story, zone: ZoneInfo) -> Entry:
    """A story as the calendar shows it, by the clock of a zone."""
    at = row.published_at or row.publish_at
    local = at.astimezone(zone) if at else None
    twice = at is not None and comes_twice(at, zone)
    return Entry(
        row.id or 0, row.version, row.title, row.kind, row.state, local.date() if local else None, f"{local:%H:%M}" if local else "",
        row.state in MOVABLE, twice,
    )  # fmt: skip


def _rows(session: Session, first: date, last: date, zone: ZoneInfo) -> list[Story]:
    start, end = (datetime.combine(day, time(), zone).astimezone(UTC) for day in (first, last + timedelta(days=1)))
    at = func.coalesce(col(Story.published_at), col(Story.publish_at))
    near = or_(col(Story.published_at).between(start, end), col(Story.publish_at).between(start, end))
    query = select(Story).where(near, at >= start, at < end, col(Story.state).in_(SHOWN)).order_by(at, col(Story.id))
    return list(session.exec(query.limit(MOST)))


def _unplanned(session: Session) -> list[Story]:
    query = select(Story).where(Story.state == "draft", col(Story.publish_at).is_(None))
    return list(session.exec(query.order_by(col(Story.id).desc()).limit(UNPLANNED)))


def _weeks(
    first: date, last: date, own: tuple[date, date], today: date, names: dict[int | None, Text], entries: Sequence[tuple[int | None, Entry]],
    slots: Sequence[Slot],
) -> tuple[Week, ...]:  # fmt: skip
    there: dict[tuple[int | None, date], list[Entry]] = {}
    for audience_id, found in entries:
        if found.on:
            there.setdefault((audience_id, found.on), []).append(found)
    missing: dict[tuple[int | None, date], list[Slot]] = {}
    for slot in slots:
        missing.setdefault((slot.audience_id, slot.on), []).append(slot)
    out = []
    for monday in (first + timedelta(days=d) for d in range(0, (last - first).days + 1, 7)):
        days = [monday + timedelta(days=d) for d in range(7)]
        lanes = []
        for i, name in names.items():
            cells = tuple(Cell(d, tuple(there.get((i, d), ())), tuple(missing.get((i, d), ()))) for d in days)
            lanes.append(Lane(i, name, cells, not any(c.entries or c.slots for c in cells)))
        shown = tuple(Day(d, d == today, d < today, not own[0] <= d <= own[1]) for d in days)
        out.append(Week(shown, tuple(lanes)))
    return tuple(out)


def _standings(turn: Turn, ids: Sequence[int | None], names: dict[int | None, Text], last: date) -> list[Standing]:
    on = max(last, turn.today)
    planned = stories.upcoming(turn.session, turn.deployment.time_zone, on)
    found = strategy.accounts(turn.session, ids, on, planned)
    return [Standing(i, names[i], found[i], counts(found[i]), _standing(found[i])) for i in ids]


def _standing(found: Balance) -> Say:
    """What is owed; where nothing is, what the next ask needs."""
    return say("calendar.next_ask", next=next_ask(found)) if found.is_even else owed(found)
