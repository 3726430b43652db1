"""Connections on which nothing whole is ever said: closed after a while, since aiohttp itself waits for a first header forever."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from aiohttp import web
from aiohttp.typedefs import Middleware

HEADER_SECONDS = 10.0  # from the connection to the end of its first header
LOOK_SECONDS = 2.0


class HalfOpen:
    """Watches one server's connections. Add `middleware` to the application: whoever gets there has sent a whole header.

    Later requests on a connection are the keep-alive timeout's matter, bodies the guard's.
    """

    def __init__(self, seconds: float = HEADER_SECONDS, every: float = LOOK_SECONDS) -> None:
        self._seconds, self._every = seconds, every
        self._heard: set[object] = set()
        self._since: dict[object, float] = {}
        self._task: asyncio.Task[None] | None = None
        self.middleware = self._middleware()

    def _middleware(self) -> Middleware:
        @web.middleware
        async def middleware(request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> web.StreamResponse:
            self._heard.add(request.protocol)
            return await handler(request)

        return middleware

    def start(self, server: web.Server) -> None:
        """Begin to look at the server's connections."""
        self._task = asyncio.create_task(self._watch(server))

    async def stop(self) -> None:
        """Look no more."""
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _watch(self, server: web.Server) -> None:
        while True:
            await asyncio.sleep(self._every)
            self.close_silent(server, time.monotonic())

    def close_silent(self, server: web.Server, now: float) -> int:
        """Close what has been silent for too long at `now`; returns how many."""
        here = server.connections
        self._heard.intersection_update(here)
        self._since = {c: self._since.get(c, now) for c in here if c not in self._heard}
        late = [c for c in here if now - self._since.get(c, now) >= self._seconds]
        for connection in late:
            connection.force_close()
        return len(late)
