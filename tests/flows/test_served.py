"""The whole house as it is served: `vinkki serve` as a process of its own on PostgreSQL, as the role that owns nothing, spoken to
by signed HTTP requests alone. Referrer on Slack, HR and recruiter on Teams, visitor and candidate in a browser."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from aiohttp import CookieJar
from conftest import StillClock
from contracts.driver import World
from contracts.drivers.slack import ROOMS, SlackDriver, loopback
from contracts.drivers.teams import Teams
from flows.browser import Browser
from flows.journey import assemble, hire, publish, refer, share, visit
from loopback.slack import BOT_TOKEN, SECRET
from loopback.slack_people import SlackPeople
from loopback.teams_client import TeamsClient, open_channel
from sqlalchemy.engine import make_url
from sqlmodel import Session, col, func, select
from tests_postgres import as_owner, bare_database

from bot import ledger, settings
from bot.bonuses import Bonus
from bot.db import Database
from bot.desks import Deployment
from bot.outbox import Delivery
from bot.shares import Click

ROOT = Path(__file__).parents[2]
KEY = "a-test-key-that-is-long-enough-000"


class ServedWorld(World):
    """A world that a process of its own serves: nothing is run here, only waited for."""

    async def deliver(self) -> None:
        await until(self._is_told)

    async def tick(self) -> None:
        """The server's own clock asks; here, for the story to have gone out."""
        await until(self._has_a_story)
        await self.deliver()

    def _is_told(self) -> bool:
        due = select(func.count()).where(col(Delivery.state).in_(["owed", "sending"]), Delivery.due_at <= datetime.now(UTC), Delivery.lane != "mail")
        return self.db.read_now(lambda s: s.exec(due).one()) == 0

    def _has_a_story(self) -> bool:
        return self.db.read_now(lambda s: s.exec(select(func.count()).where(Delivery.notice == "story")).one()) >= 5


class ServedSlack(SlackDriver):
    """People on Slack whose bot runs elsewhere: what it does after answering is over once Slack has heard nothing for a while."""

    def __init__(self, people: SlackPeople) -> None:
        self.people, self._accounts = people, {}

    async def _settle(self) -> None:
        heard, quiet = -1, 0
        while quiet < 8:
            now = await self.people.state()
            count = len(now["calls"]) + sum(len(posts) for posts in now["responses"].values())
            heard, quiet = count, quiet + 1 if count == heard else 0
            await asyncio.sleep(0.05)


@pytest.fixture
def urls(postgres_url: str) -> Iterator[tuple[str, str]]:
    """An empty database: its address for the owner and for the serving role."""
    with bare_database(postgres_url, "vinkki_served") as owner:
        as_owner(owner, "GRANT USAGE ON SCHEMA public TO vinkki_serving",
                 "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO vinkki_serving",
                 "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO vinkki_serving")  # fmt: skip
        yield owner, make_url(owner).set(username="vinkki_serving", password="serving").render_as_string(hide_password=False)


@pytest.mark.long
@pytest.mark.timeout(180)
@pytest.mark.xdist_group("postgres")
async def test_the_main_job_runs_by_signed_requests_through_the_served_house_on_postgresql(
    urls: tuple[str, str], tmp_path: Path, deployment: Deployment
) -> None:
    owner, serving = urls
    async with open_channel() as channel, aiohttp.ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        env = environment(channel, DATABASE_URL=serving, DATABASE_MIGRATION_URL=owner)
        refused = vinkki(tmp_path, env, "serve", "--port", "0")
        assert refused.returncode == 78 and "vinkki migrate" in refused.stderr, "a server does not migrate PostgreSQL by itself"
        assert vinkki(tmp_path, env, "migrate").returncode == 0
        db = Database(serving)
        try:
            async with served(tmp_path, env) as base:
                world = ServedWorld(db, deployment, StillClock(datetime.now(UTC)))
                await walk(world, channel, SlackPeople(session, base, loopback()), Browser(base, session), base)
        finally:
            db.close()
        told = vinkki(tmp_path, env, "ledger", "verify")
        assert told.returncode == 0, told.stderr


async def walk(world: ServedWorld, channel: TeamsClient, people: SlackPeople, browser: Browser, base: str) -> None:
    await people.control("reset")
    for room in ROOMS.values():
        await people.control("channel", id=room)
    channel.bot_url = f"{base}/api/messages"
    slack, teams = ServedSlack(people), Teams(world, channel, None)  # type: ignore[arg-type]
    world.db.write_now(lambda s: [settings.put(s, world.clock.now(), None, f"quiet.{end}_hour", 0) for end in ("from", "to")])  # at whatever hour this runs
    cast = await assemble(world, teams, slack, teams, slack)
    await publish(cast)
    await world.tick()
    await visit(world, browser, await share(cast))
    candidate = await refer(world, cast, browser)
    await hire(world, cast)
    assert "Control systems engineer" in (await browser.get(candidate)).words
    assert world.db.read_now(_figures) == (1, 2, True)


def _figures(session: Session) -> tuple[int, int, bool]:
    count = [session.exec(select(func.count()).select_from(table)).one() for table in (Bonus, Click)]
    return count[0], count[1], ledger.verify(session).is_sound


def environment(channel: TeamsClient, **more: str) -> dict[str, str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("VINKKI_")}
    given = {
        "SECRET_KEY": KEY, "BASE_URL": "http://127.0.0.1:8765", "ORGANISATION_NAME": "Meri Oy", "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_SIGNING_SECRET": SECRET, "SLACK_API_URL": f"{loopback()}/api/", "SLACK_ADMIN_CHANNEL": ROOMS["admin"],
        "SLACK_RECRUITING_CHANNEL": ROOMS["recruiting"], **{k.upper(): str(v) for k, v in channel.settings().items()}, **more,
    }  # fmt: skip
    return {**clean, "PYTHONPATH": str(ROOT), **{f"VINKKI_{k}": v for k, v in given.items()}}


def vinkki(folder: Path, env: dict[str, str], *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "adapters.main", *args], cwd=folder, env=env, capture_output=True, text=True, timeout=60, check=False)


@asynccontextmanager
async def served(folder: Path, env: dict[str, str]) -> AsyncIterator[str]:
    """The server; yields its address. It ends as an operator ends it, and cleanly."""
    log = folder / "log"
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "adapters.main", "serve", "--port", "0", cwd=folder, env=env, stdout=out, stderr=out
        )
    try:
        await until(lambda: process.returncode is not None or b"listening on" in log.read_bytes())
        found = re.search(r"listening on [\w.]+:(\d+)", log.read_text())
        assert found, log.read_text()[-1000:]
        base = f"http://127.0.0.1:{found[1]}"
        async with aiohttp.ClientSession() as session:
            await until(lambda: _is_ready(session, base))
        yield base
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(process.wait(), 20)
    assert process.returncode == 0 and "Traceback" not in log.read_text(), log.read_text()[-2000:]


async def _is_ready(session: aiohttp.ClientSession, base: str) -> bool:
    async with session.get(f"{base}/readyz") as answer:
        return answer.status == 200


async def until(is_so, seconds: float = 30) -> None:  # type: ignore[no-untyped-def]
    async with asyncio.timeout(seconds):
        while True:
            found = is_so()
            if await found if asyncio.iscoroutine(found) else found:
                return
            await asyncio.sleep(0.05)
