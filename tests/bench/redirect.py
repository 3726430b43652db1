"""The share link: a click committed (WAL, synchronous=FULL) before the 302, against the same server's bare redirect."""

from __future__ import annotations

import itertools
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

from measure import ROOT, Load, Result, Server, bare_number, median, request, serving

from bot.db import Database
from bot.migrations import upgrade
from bot.people import Person
from bot.shares import Share
from bot.stories import Story

AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
)
SERVER = str(ROOT / "tests" / "adapters" / "share_server.py")
LINKS = 1000
ROUNDS = 7


async def run(seconds: float = 1.5) -> AsyncIterator[Result]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'clicks.db'}"
        fill_links(url)
        async with AsyncExitStack() as stack:
            ours = await stack.enter_async_context(serving(SERVER, url, folder=folder, log=folder / "ours", port_of=bare_number))
            bare = await stack.enter_async_context(serving(SERVER, url, "bare", folder=folder, log=folder / "bare", port_of=bare_number))
            for connections in (64, 1):
                async for result in _compare(ours, bare, connections, seconds, folder / "clicks.db"):
                    yield result


async def _compare(ours: Server, bare: Server, connections: int, seconds: float, file: Path) -> AsyncIterator[Result]:
    rates: dict[str, list[float]] = {"ours": [], "bare": []}
    costs: dict[str, list[float]] = {"ours": [], "bare": []}
    latencies: dict[str, list[float]] = {"ours": [], "bare": []}
    before, answered = clicks(file), 0
    for i in range(ROUNDS):
        pair = (("ours", ours), ("bare", bare))
        for name, server in pair if i % 2 else reversed(pair):
            cpu = server.cpu()
            load = await Load(requests()).run(server.port, connections, seconds)
            assert set(load.statuses) == {302}, load.statuses
            rates[name].append(len(load.seconds) / seconds)
            costs[name].append((server.cpu() - cpu) / len(load.seconds) * 1e6)
            latencies[name].append(load.quantile(0.5) * 1000)
            answered += len(load.seconds) if name == "ours" else 0
    lost = answered - (clicks(file) - before)
    ratio = median([a / b for a, b in zip(rates["ours"], rates["bare"], strict=True)])
    what = f"share link, {connections} at once"
    is_promised = connections > 1
    yield Result(what, median(rates["ours"]), median(rates["bare"]), ratio, "redirects/s", ">= 0.5 x bare" if is_promised else "",
                 ratio >= 0.5 if is_promised else None)  # fmt: skip
    yield Result(f"{what}: processor", median(costs["ours"]), median(costs["bare"]), median(costs["ours"]) / median(costs["bare"]), "µs", "", None)
    yield Result(f"{what}: p50", median(latencies["ours"]), median(latencies["bare"]), median(latencies["ours"]) / median(latencies["bare"]), "ms", "", None)
    yield Result(f"{what}: answered clicks without a row", lost, None, None, "clicks", "0", lost == 0)


def requests() -> Iterator[bytes]:
    made = [request("GET", f"/s/{_token(i % LINKS)}", {"User-Agent": AGENTS[i % len(AGENTS)]}) for i in range(LINKS * len(AGENTS))]
    return itertools.cycle(made)


def _token(i: int) -> str:
    return f"benchmarktoken{i:08d}"


def clicks(file: Path) -> int:
    with closing(sqlite3.connect(file)) as raw:
        return int(raw.execute("SELECT count(*) FROM click").fetchone()[0])


def fill_links(url: str) -> None:
    upgrade(url)
    db = Database(url)
    now = datetime.now(UTC)

    def fill(session):  # type: ignore[no-untyped-def]
        story = Story(title="Boats", link="https://example.com/boats", state="published", published_at=now, created_at=now)
        people = [Person(name=f"P {i}", email=f"p{i}@meri.example") for i in range(LINKS)]
        session.add_all([story, *people])
        session.flush()
        session.add_all(Share(token=_token(i), person_id=p.id, story_id=story.id, network="linkedin", created_at=now) for i, p in enumerate(people))

    db.write_now(fill)
    db.close()
