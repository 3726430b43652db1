"""Teams activities against the stock CloudAdapter: taking one in (somebody types: nothing to do), and a whole command, recorded and
answered, against a stock bot that does the least: one row, one line of text."""

from __future__ import annotations

import json
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
from loopback.teams import TENANT
from loopback.teams_client import TeamsClient
from measure import Load, Result, Server, bare_number, median, of_vinkki, request, serving

from bot.db import Database
from bot.migrations import upgrade
from bot.people import Identity, Person

ROUNDS = 5
KNOWN = 100


async def run(seconds: float = 3.0) -> AsyncIterator[Result]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ours_url, stock_url = (f"sqlite:///{folder / file}" for file in ("ours.db", "stock.db"))
        _fill(ours_url)
        upgrade(stock_url)
        env = {"VINKKI_DATABASE_URL": ours_url, "VINKKI_TEAMS_ANONYMOUS_ON_LOOPBACK": "true", "VINKKI_TEAMS_TENANT_ID": TENANT}
        here = str(Path(__file__).parent / "stock_teams.py")
        async with AsyncExitStack() as stack:
            connector = await stack.enter_async_context(
                serving(str(Path(__file__).parent / "connector.py"), folder=folder, log=folder / "connector", port_of=bare_number)
            )
            channel = TeamsClient(f"http://127.0.0.1:{connector.port}", await stack.enter_async_context(aiohttp.ClientSession()))
            command = ("-m", "adapters.main", "serve", "--port", "0")
            ours = await stack.enter_async_context(serving(*command, folder=folder, log=folder / "ours", port_of=of_vinkki, **env))
            stock = await stack.enter_async_context(serving(here, stock_url, folder=folder, log=folder / "stock", port_of=bare_number))
            async for result in _compare(ours, stock, channel, seconds):
                yield result


async def _compare(ours: Server, stock: Server, channel: TeamsClient, seconds: float) -> AsyncIterator[Result]:
    for what, kind, goal in (("taken in", "typing", 10.0), ("recorded and answered", "message", None)):
        rates: dict[str, list[float]] = {"ours": [], "stock": []}
        costs: dict[str, list[float]] = {"ours": [], "stock": []}
        requests = _messages(channel, kind)
        for i in range(ROUNDS):
            pair = (("ours", ours), ("stock", stock))
            for name, server in pair if i % 2 else reversed(pair):
                cpu = server.cpu()
                load = await Load(requests).run(server.port, 32, seconds)
                assert all(200 <= status < 300 for status in load.statuses), load.statuses
                rates[name].append(len(load.seconds) / seconds)
                costs[name].append((server.cpu() - cpu) / len(load.seconds) * 1000)
        ratio = median([a / b for a, b in zip(rates["ours"], rates["stock"], strict=True)])
        value, base = median(costs["ours"]), median(costs["stock"])
        yield Result(f"Teams activity {what}, 32 at once", median(rates["ours"]), median(rates["stock"]), ratio, "activities/s",
                     f">= {goal:.0f} x stock" if goal else "", ratio >= goal if goal else None)  # fmt: skip
        yield Result("the same: processor", value, base, value / base, "ms", "", None)


def _messages(channel: TeamsClient, kind: str) -> Iterator[bytes]:
    i = 0
    while True:
        i += 1
        body = json.dumps(channel.activity(_aad(i % KNOWN), kind, text="vinkki help")).encode()
        yield request("POST", "/api/messages", {"Content-Type": "application/json"}, body)


def _aad(i: int) -> str:
    return f"00000000-0000-4000-8000-{i:012d}"


def _fill(url: str) -> None:
    upgrade(url)
    db, now = Database(url), datetime.now(UTC)

    def fill(session):  # type: ignore[no-untyped-def]
        people = [Person(name=f"P {i}", email=f"p{i}@meri.example", enrolled_at=now) for i in range(KNOWN)]
        session.add_all(people)
        session.flush()
        session.add_all(Identity(person_id=p.id, platform="teams", workspace=TENANT, user=_aad(i), seen_at=now) for i, p in enumerate(people))

    db.write_now(fill)
    db.close()
