"""Reads the feeds that are due, politely: conditionally, a few at once, less often where something is wrong. What is due stands in
rows; this only looks at them now and then, and hands in what came at the HR desk."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import replace

import structlog

from adapters.feeds import feed
from adapters.feeds.fetching import OPEN_WEB, Cage, fetch
from adapters.feeds.found import Found
from adapters.feeds.unread import Unread
from adapters.hub import Hub
from bot.desks.hr.stories import Draft, feeds_due, is_feed_due, take_from_feed
from bot.polling import Due, Outcome

MOST_BYTES = 1024 * 1024
LOOK_SECONDS = 20.0
AT_ONCE = 3
ACCEPT = "application/rss+xml, application/atom+xml, application/xml;q=0.9, text/xml;q=0.8, */*;q=0.5"
log = structlog.get_logger("vinkki.feeds")


class Poller:
    """Looks every twenty seconds. `jitter` gives random numbers from 0 to 1."""

    def __init__(self, hub: Hub, cage: Cage = OPEN_WEB, jitter: Callable[[], float] = random.random) -> None:
        self.hub, self.cage, self.jitter = hub, cage, jitter
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Read what is due from now on."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Let go; a feed whose reading is broken off is due again soon."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            try:
                while await self.read_due():
                    pass
            except Exception:
                log.exception("feeds could not be read")  # the next look tries again
            await asyncio.sleep(LOOK_SECONDS)

    async def read_due(self) -> int:
        """Read up to three feeds that are due; returns how many there were."""
        if not await self.hub.db.read(is_feed_due, self.hub.clock.now()):
            return 0
        due = await self.hub.db.write(feeds_due, self.hub.clock.now(), AT_ONCE)
        await asyncio.gather(*(self._read(ask) for ask in due))
        if due:
            self.hub.wake()
        return len(due)

    async def _read(self, due: Due) -> None:
        try:
            answer, drafts, left_out = await asyncio.to_thread(read, due, self.cage)
        except Unread as e:
            answer = Outcome(problem=e.key, status=int(e.params.get("status", 0)), wait=e.retry_after)
            drafts, left_out = [], 0
        answer = replace(answer, url=due.url)
        made = await self.hub.db.write(take_from_feed, self.hub.clock.now(), due.id, answer, drafts, left_out, self.jitter())
        log.info("feed read", feed=due.id, problem=answer.problem, new=made)


def read(due: Due, cage: Cage = OPEN_WEB) -> tuple[Outcome, Sequence[Draft], int]:
    """What a feed says now: how it went, its stories, and how many entries are none. Raises Unread."""
    asked = {"If-None-Match": due.etag, "If-Modified-Since": due.last_modified}
    got = fetch(due.url, most=MOST_BYTES, cage=cage, headers={"Accept": ACCEPT} | {name: value for name, value in asked.items() if value})
    if got.status == 304:
        return Outcome(got.etag or due.etag, got.last_modified or due.last_modified), [], 0
    found = list(feed.read(got.body))
    drafts = [item.draft for item in found if isinstance(item, Found)]
    return Outcome(got.etag, got.last_modified), drafts, len(found) - len(drafts)
