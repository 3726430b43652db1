"""The share link `/s/<token>`: who came is classified, the click committed, and only then are they led on."""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

import structlog
from aiohttp import web

from adapters import metrics
from adapters.group_commit import GroupCommit
from adapters.guard import client_address
from adapters.hub import Hub
from bot.desks import visitor
from bot.desks.visitor import Repeats, Target, Visit

Page: TypeAlias = Callable[[web.Request, str, int], Awaitable[web.StreamResponse]]
Who: TypeAlias = Callable[[web.Request], Awaitable[int | None]]
REMEMBERED = 10_000  # tokens
FRESH_SECONDS = 1.0  # another process may recall a story: for so long it is not seen here
SETTING_SECONDS = 5.0
RETRY_SECONDS = 30
_STATUS = {"expired": 410, "recalled": 410, "unknown": 404}
log = structlog.get_logger("vinkki.share_links")


async def nobody(_request: web.Request) -> int | None:
    """Visitors are not recognised: the demo plays several people in one browser."""
    return None


@dataclass(frozen=True)
class _Arrival:
    token: str
    target: Target | None  # None: look it up in the same transaction
    method: str
    agent: str
    headers: Mapping[str, str]
    address: str
    person_id: int | None
    now: datetime


class ShareLinks:
    """The hot path. Targets are remembered for a second and forgotten whenever anything was done in this process, so that a
    recalled story stops leading on at once. `page(request, kind, status)` draws the kind pages (`expired`, `recalled`, `unknown`, or
    a `problem` by its status); `who(request)` is the id of the person who is signed in, if any: a sharer's own click is not counted."""

    def __init__(self, hub: Hub, page: Page, who: Who = nobody) -> None:
        self.hub, self.page, self.who = hub, page, who
        self._known: OrderedDict[str, tuple[float, Target]] = OrderedDict()
        self._clicks: GroupCommit[_Arrival, Target] = GroupCommit(hub.db, self._record)
        self._repeats = Repeats(lambda: secrets.token_bytes(32))
        self._repeats_once, self._repeats_read_at = True, -SETTING_SECONDS
        self._forgotten_at = 0.0
        hub.wakers.append(self.forget)

    def add_routes(self, app: web.Application) -> None:
        """GET and HEAD; a HEAD is never a person."""
        app.router.add_get("/s/{token}", self.handle)

    def forget(self) -> None:
        """Look every target up again: something may have changed."""
        self._forgotten_at = time.monotonic()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Lead a visitor on, or tell them kindly that the link leads nowhere any more."""
        if time.monotonic() - self._repeats_read_at > SETTING_SECONDS:
            self._repeats_read_at = time.monotonic()
            self._repeats_once = await self.hub.db.read(visitor.counts_repeats_once)
        token, now = request.match_info["token"], self.hub.clock.now()
        agent, address, person_id = request.headers.get("User-Agent", "")[:500], client_address(request), await self.who(request)
        arrival = _Arrival(token, self._remembered(token, now), request.method, agent, request.headers, address, person_id, now)
        try:
            target = await self._clicks.submit(arrival)
        except Exception:
            log.exception("click cannot be recorded")
            answer = await self.page(request, "problem", 503)
            answer.headers["Retry-After"] = str(RETRY_SECONDS)
            return answer
        if target.answer != "go":
            return await self.page(request, target.answer, _STATUS.get(target.answer, 404))
        return web.Response(status=302, headers={"Location": target.url, "Cache-Control": "no-store", "X-Robots-Tag": "noindex"})

    def _remembered(self, token: str, now: datetime) -> Target | None:
        known = self._known.get(token)
        if known is None or known[0] <= max(self._forgotten_at, time.monotonic() - FRESH_SECONDS):
            return None
        until = known[1].until
        return known[1] if until is None or until > now else None

    def _record(self, raw: Any, arrivals: Sequence[_Arrival]) -> list[Target]:
        """In the writer's thread, one transaction: look up what is not remembered, write every click."""
        targets = [a.target or self._look_up(raw, a) for a in arrivals]
        visits = [self._visit(a, t) for a, t in zip(arrivals, targets, strict=True) if t.answer == "go"]
        visitor.record_clicks(raw, visits)
        for visit in visits:
            metrics.clicks.labels(visit.sort).inc()
        return targets

    def _look_up(self, raw: Any, arrival: _Arrival) -> Target:
        before = time.monotonic()
        target = visitor.resolve(raw, arrival.token, arrival.now)
        if target.answer == "go":
            self._known[arrival.token] = (before, target)
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return target

    def _visit(self, arrival: _Arrival, target: Target) -> Visit:
        sort = visitor.classify(arrival.method, arrival.agent, arrival.headers)
        if sort == "human" and arrival.person_id == target.person_id:
            sort = "own"
        elif sort == "human" and self._repeats_once and self._repeats.seen(arrival.now.date(), target.share_id, arrival.address, arrival.agent):
            sort = "repeat"
        return Visit(target.share_id, target.person_id, target.story_id, arrival.now, sort)
