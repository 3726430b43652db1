"""A slash command to its acknowledgement with the work recorded, against a bare handler that checks the signature and commits a
row; alone, and 32 at once while a fan-out to 10,000 people runs in the same process."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
from loopback.slack import BOT_TOKEN, SECRET, TEAM
from loopback.slack_people import FORM, SlackPeople, process
from measure import Load, Result, Server, bare_number, median, of_vinkki, request, serving
from sqlmodel import select

from bot import outbox
from bot.db import Database
from bot.migrations import upgrade
from bot.people import Identity, Person
from bot.stories import Story

PEOPLE = 10_000
KNOWN = 300  # accounts in the loopback workspace: more than are reached while this runs
ROUNDS = 7
PAUSE = 0.03  # seconds
_IDS = select(Person.id)
_SENT = select(outbox.Delivery.id).where(outbox.Delivery.state == "sent")


async def run(seconds: float = 1.5) -> AsyncIterator[Result]:
    with tempfile.TemporaryDirectory() as name, process() as slack:
        folder = Path(name)
        ours_url, bare_url = (f"sqlite:///{folder / file}" for file in ("ours.db", "bare.db"))
        _fill(ours_url)
        upgrade(bare_url)
        env = {"VINKKI_DATABASE_URL": ours_url, "VINKKI_SLACK_API_URL": f"{slack}/api/", "VINKKI_SLACK_BOT_TOKEN": BOT_TOKEN,
               "VINKKI_SLACK_SIGNING_SECRET": SECRET}  # fmt: skip
        here = str(Path(__file__).parent / "bare_slack.py")
        async with AsyncExitStack() as stack:
            session = await stack.enter_async_context(aiohttp.ClientSession())
            people = SlackPeople(session, "", slack)
            command = ("-m", "adapters.main", "serve", "--port", "0")
            ours = await stack.enter_async_context(serving(*command, folder=folder, log=folder / "ours", port_of=of_vinkki, **env))
            bare = await stack.enter_async_context(serving(here, bare_url, folder=folder, log=folder / "bare", port_of=bare_number))
            await _connected(session, ours)
            for i in range(KNOWN):
                await people.account(f"U0P{i:05d}")
            async for result in _alone(ours, bare, people, seconds):
                yield result
            async for result in _under_load(ours, people, ours_url):
                yield result


async def _alone(ours: Server, bare: Server, people: SlackPeople, seconds: float) -> AsyncIterator[Result]:
    """One after the other without a pause; and with one, in which processors cool down, theirs as ours: shown, not promised."""
    value, base, more = await _compared(ours, bare, people, seconds, 0.0)
    yield Result("slash command acknowledged and recorded, p50", value, base, value / base, "ms", f"<= bare + 2 (is + {more:.2f})", more <= 2)
    value, base, more = await _compared(ours, bare, people, seconds, PAUSE)
    yield Result("the same after a rest of 30 ms, p50", value, base, value / base, "ms", f"(is + {more:.2f})", None)


async def _compared(ours: Server, bare: Server, people: SlackPeople, seconds: float, every: float) -> tuple[float, float, float]:
    """Median p50 of ours and of the bare one in milliseconds, and of how much more ours is; alternated."""
    p50: dict[str, list[float]] = {"ours": [], "bare": []}
    for i in range(ROUNDS):
        pair = (("ours", ours), ("bare", bare))
        for name, server in pair if i % 2 else reversed(pair):
            load = await Load(_commands(people), every).run(server.port, 1, seconds)
            assert set(load.statuses) == {200}, load.statuses
            p50[name].append(load.quantile(0.5) * 1000)
    more = median([a - b for a, b in zip(p50["ours"], p50["bare"], strict=True)])
    return median(p50["ours"]), median(p50["bare"]), more


async def _under_load(ours: Server, people: SlackPeople, url: str) -> AsyncIterator[Result]:
    db = Database(url)
    _owe_everybody(db)
    await asyncio.sleep(1)  # the tick finds it, the lane begins
    load = await Load(_commands(people), every=1.0).run(ours.port, 32, 8)
    sent = db.read_now(lambda s: sum(1 for d in s.exec(_SENT)))
    db.close()
    assert set(load.statuses) == {200}, load.statuses
    p99 = load.quantile(0.99) * 1000
    yield Result("32 commands at once during a fan-out to 10,000, p99", p99, None, None, "ms", "< 100", p99 < 100)
    yield Result("the same, p50", load.quantile(0.5) * 1000, None, None, "ms", "", None)
    yield Result("stories sent meanwhile (Slack allows about 8 a second)", sent, None, None, "messages", "> 0", sent > 0)


def _commands(people: SlackPeople) -> Iterator[bytes]:
    for i in itertools.count():
        body = urlencode(people.command_body(f"U0P{i % KNOWN:05d}", "/vinkki", "help")).encode()
        headers = {"Content-Type": FORM, **people.signature.headers(body)}
        yield request("POST", "/slack/events", headers, body)


async def _connected(session: aiohttp.ClientSession, server: Server) -> None:
    for _ in range(200):
        async with session.get(f"http://127.0.0.1:{server.port}/readyz") as answer:
            if (await answer.json()).get("slack"):
                return
        await asyncio.sleep(0.1)
    raise RuntimeError("Slack was never connected")


def _fill(url: str) -> None:
    upgrade(url)
    db, now = Database(url), datetime.now(UTC)

    def fill(session):  # type: ignore[no-untyped-def]
        people = [Person(name=f"P {i}", email=f"p{i}@meri.example", enrolled_at=now, time_zone=_awake(now)) for i in range(PEOPLE)]
        session.add_all([*people, Story(title="Boats", link="https://example.com/boats", state="published", published_at=now, created_at=now)])
        session.flush()
        session.add_all(
            Identity(person_id=p.id, platform="slack", workspace=TEAM, user=f"U0P{i:05d}", address=f"U0P{i:05d}", seen_at=now) for i, p in enumerate(people)
        )

    db.write_now(fill)
    db.close()


def _awake(now: datetime) -> str:
    """A zone in which it is about noon: nobody is told of a story at night."""
    return f"Etc/GMT{(now.hour - 12) % 24 - (24 if (now.hour - 12) % 24 > 12 else 0):+d}"


def _owe_everybody(db: Database) -> None:
    now = datetime.now(UTC)
    ids = db.read_now(lambda s: list(s.exec(_IDS)))
    for start in range(0, len(ids), 1000):
        page = [(f"story:1:person:{i}", i, f"slack:{TEAM}") for i in ids[start : start + 1000]]
        db.write_now(outbox.owe_many, now, "story", 1, page)
