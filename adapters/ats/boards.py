"""Job boards: fetched in the cage, parsed in the child that can be killed, handed in at HR's desk page by page; daily, and politely."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import structlog

from adapters.feeds import child
from adapters.feeds.feed import language
from adapters.feeds.fetching import OPEN_WEB, Cage, fetch
from adapters.feeds.poller import Poller
from adapters.feeds.unread import Unread
from bot.db import Database
from bot.desks.hr.boards import BoardOutcome, Brought, LeftOut, Listed, boards_due, is_board_due, settle_reading, sift, take_listed
from bot.polling import Due

__all__ = ["BoardPoller", "Reading", "read", "read_now"]
MOST_BYTES = 16 * 1024 * 1024  # 300 openings of a real board are 6 MB
SECONDS = 20.0
PARSING_SECONDS = 10.0
PAGE = 500
AT_ONCE = 2
ACCEPT = "application/json, application/rss+xml, application/xml;q=0.9, text/html;q=0.8, */*;q=0.5"
SCRIPT = Path(__file__).with_name("board_reading.py")
log = structlog.get_logger("vinkki.boards")


@dataclass(frozen=True)
class Reading:
    """What a board says now. `entries` is None where nothing is new; `keys` are the ids of all it lists, also of what cannot be kept."""

    answer: BoardOutcome
    entries: Sequence[Listed] | None = None
    left: Sequence[LeftOut] = ()
    keys: Sequence[str] = ()


def read(ask: Due, cage: Cage = OPEN_WEB) -> Reading:
    """Ask a board, conditionally where it told us how. Raises Unread."""
    asked = {"If-None-Match": ask.etag, "If-Modified-Since": ask.last_modified}
    headers = {"Accept": ACCEPT} | {name: value for name, value in asked.items() if value}
    got = fetch(ask.url, most=MOST_BYTES, cage=cage, seconds=SECONDS, headers=headers)
    if got.status == 304:
        return Reading(BoardOutcome(got.etag or ask.etag, got.last_modified or ask.last_modified))
    if not got.body.strip():
        raise Unread("empty")
    found = child.read(got.url, got.body, got.charset, PARSING_SECONDS, SCRIPT)
    entries = [_listed(entry) for entry in found["entries"]]
    kept, left = sift(entries)
    return Reading(BoardOutcome(got.etag, got.last_modified, form=found["form"]), kept, left, [e.key for e in entries])


def _listed(entry: dict[str, str]) -> Listed:
    until = entry.pop("open_until")
    try:
        day = date.fromisoformat(until) if until else None
    except ValueError:  # the 31st of February
        day = None
    return Listed(**entry | {"language": language(entry["language"], "")}, open_until=day)


def read_now(db: Database, now: datetime, ask: Due, cage: Cage = OPEN_WEB) -> tuple[Brought, Reading]:
    """Read one board in this thread and put what it lists in place: what it brought, and what it said. Where it could not be read the
    answer names the problem."""
    reading, brought = _tried(ask, cage), Brought()
    for page in _pages(reading):
        brought += db.write_now(take_listed, now, ask.id, page, ask.url)
    db.write_now(settle_reading, now, ask.id, reading.answer, 0.5, _keys(reading), brought, reading.left)
    return brought, reading


def _tried(ask: Due, cage: Cage) -> Reading:
    try:
        reading = read(ask, cage)
    except Unread as e:
        reading = Reading(BoardOutcome(problem=e.key, status=int(e.params.get("status", 0)), wait=e.retry_after))
    return replace(reading, answer=replace(reading.answer, url=ask.url))


def _pages(reading: Reading) -> Iterator[Sequence[Listed]]:
    entries = reading.entries or ()
    return (entries[i : i + PAGE] for i in range(0, len(entries), PAGE))


def _keys(reading: Reading) -> Sequence[str] | None:
    return None if reading.entries is None else reading.keys


class BoardPoller(Poller):
    """Looks for boards that are due, as its parent does for feeds, and reads two at once."""

    async def read_due(self) -> int:
        """Read up to two boards that are due; returns how many there were."""
        if not await self.hub.db.read(is_board_due, self.hub.clock.now()):
            return 0
        due = await self.hub.db.write(boards_due, self.hub.clock.now(), AT_ONCE)
        await asyncio.gather(*(self._read_board(ask) for ask in due))
        if due:
            self.hub.wake()
        return len(due)

    async def _read_board(self, ask: Due) -> None:
        db, clock, brought = self.hub.db, self.hub.clock, Brought()
        reading = await asyncio.to_thread(_tried, ask, self.cage)
        for page in _pages(reading):
            brought += await db.write(take_listed, clock.now(), ask.id, page, ask.url)
        await db.write(settle_reading, clock.now(), ask.id, reading.answer, self.jitter(), _keys(reading), brought, reading.left)
        log.info("job board read", board=ask.id, problem=reading.answer.problem, new=brought.created, changed=brought.changed)
