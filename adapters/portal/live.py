"""Live pages: who has the portal open, and what they are told the moment it happens (server-sent events)."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from bot.messages import Card
from bot.ports import Recipient

Queue = asyncio.Queue[str | None]
FULL = 50  # events waiting for one page; a page that reads no more than that loads everything anew


class Live:
    """The open pages by address: a person's id, or the name of a room. Lives on one event loop."""

    def __init__(self) -> None:
        self._pages: dict[str, set[Queue]] = defaultdict(set)
        self.is_open = True

    @contextmanager
    def page(self, *addresses: str) -> Iterator[Queue]:
        """Listen for the time a page is open. None in the queue means: the portal is closing."""
        queue: Queue = asyncio.Queue(FULL)
        for address in addresses:
            self._pages[address].add(queue)
        try:
            yield queue
        finally:
            for address in addresses:
                self._pages[address].discard(queue)
                if not self._pages[address]:
                    del self._pages[address]

    def push(self, address: str, event: str) -> int:
        """Tell every open page of an address; returns how many there are."""
        pages = self._pages.get(address, set())
        for queue in pages:
            if not queue.full():
                queue.put_nowait(event)
        return len(pages)

    def stir(self) -> None:
        """Something may be new for anyone: open pages look for themselves."""
        for address in list(self._pages):
            self.push(address, "look")

    def close(self) -> None:
        """End every stream; streams that come later end at once."""
        self.is_open = False
        for pages in self._pages.values():
            for queue in pages:
                while queue.full():
                    queue.get_nowait()
                queue.put_nowait(None)


class PortalChat:
    """The portal as a speaker. A message is the delivery's own row, which the inbox shows; sending tells the open pages."""

    name = "portal"

    def __init__(self, live: Live) -> None:
        self._live = live

    async def send(self, to: Recipient, card: Card, key: str) -> str:
        """Tell the person's open pages. The reference is `portal:<key>`."""
        self._live.push(to.address, "inbox")
        return f"portal:{key}"

    async def update(self, to: Recipient, reference: str, card: Card) -> None:
        """Tell the open pages that a message changed: the inbox draws it from today's state."""
        self._live.push(to.address, "inbox")

    async def withdraw(self, to: Recipient, reference: str) -> None:
        """Tell the open pages that a message is gone."""
        self._live.push(to.address, "inbox")

    async def find(self, to: Recipient, key: str) -> str:
        """Nothing to look for: the inbox shows the row itself, so telling the pages twice shows nothing twice."""
        return ""
