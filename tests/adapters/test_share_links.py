from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from conftest import START, StillClock, add_person
from sqlalchemy import update
from sqlmodel import select

from adapters.hub import Hub
from adapters.share_links import ShareLinks
from adapters.web import make_app, plain_page
from bot import settings
from bot.config import load
from bot.db import Database
from bot.desks import Deployment
from bot.shares import Click, Share
from bot.stories import Story

BROWSER = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36"}
TOKENS = [f"sharetoken{i:014d}" for i in range(20)]


def shares(db: Database, expires_at: datetime | None = None) -> int:
    """Twenty people's shares of one published story; returns the story's id."""
    people = [add_person(db, f"Person {i}") for i in range(len(TOKENS))]

    def put(session):
        story = Story(title="Boats", link="https://example.com/boats?a=1", state="published", published_at=START, created_at=START, expires_at=expires_at)
        session.add(story)
        session.flush()
        for person, token in zip(people, TOKENS, strict=True):
            session.add(Share(token=token, person_id=person.id, story_id=story.id, network="linkedin", created_at=START))
        return story.id

    return db.write_now(put)


@pytest.fixture
def hub(db: Database, deployment: Deployment, clock: StillClock) -> Hub:
    return Hub(load(_env_file=None, secret_key="a-test-key-that-is-long-enough-000"), db, deployment, clock)


@pytest.fixture
async def client(hub: Hub) -> AsyncIterator[TestClient]:
    app = make_app(hub, [], dict)

    async def who(request: web.Request) -> int | None:
        return int(request.headers["X-Person"]) if "X-Person" in request.headers else None

    ShareLinks(hub, plain_page, who).add_routes(app)
    async with TestClient(TestServer(app)) as c:
        yield c


def sorts(db: Database) -> list[str]:
    return db.read_now(lambda s: list(s.exec(select(Click.sort).order_by(Click.id))))


async def test_a_visitor_is_led_on_with_tags_and_counted(client: TestClient, hub: Hub) -> None:
    story = shares(hub.db)
    answer = await client.get(f"/s/{TOKENS[0]}", headers=BROWSER, allow_redirects=False)
    assert answer.status == 302
    assert answer.headers["Location"] == f"https://example.com/boats?a=1&utm_source=linkedin&utm_medium=advocacy&utm_campaign=story-{story}"
    assert sorts(hub.db) == ["human"]


async def test_what_is_no_visit_of_a_person_is_led_on_and_not_counted_as_one(client: TestClient, hub: Hub) -> None:
    shares(hub.db)
    visits = [
        ("GET", {"User-Agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"}, "preview"),
        ("GET", {"User-Agent": "LinkedInBot/1.0"}, "preview"),
        ("GET", {}, "bot"),
        ("GET", BROWSER | {"Sec-Purpose": "prefetch"}, "preview"),
        ("HEAD", BROWSER, "bot"),
        ("GET", BROWSER | {"X-Person": "1"}, "own"),
        ("GET", BROWSER, "human"),
        ("GET", BROWSER, "repeat"),
    ]
    for method, headers, _ in visits:
        assert (await client.request(method, f"/s/{TOKENS[0]}", headers=headers, allow_redirects=False)).status == 302
    assert sorts(hub.db) == [sort for *_, sort in visits]


async def test_hr_may_have_repeats_counted(client: TestClient, hub: Hub) -> None:
    shares(hub.db)
    hub.db.write_now(settings.put, START, None, "click.dedupe", False)
    for _ in range(2):
        await client.get(f"/s/{TOKENS[0]}", headers=BROWSER, allow_redirects=False)
    assert sorts(hub.db) == ["human", "human"]


@pytest.mark.parametrize("token", ["nosuchtokennosuchtoken", "x", "..%2f..%2fetc", "a" * 500, "%0d%0aSet-Cookie:x", "https:%2f%2fevil.example"])
async def test_a_link_nobody_made_leads_nowhere(client: TestClient, hub: Hub, token: str) -> None:
    answer = await client.get(f"/s/{token}?url=https://evil.example", headers=BROWSER, allow_redirects=False)
    assert answer.status == 404 and "Location" not in answer.headers and sorts(hub.db) == []


async def test_a_recalled_story_stops_leading_on_at_once(client: TestClient, hub: Hub) -> None:
    shares(hub.db)
    assert (await client.get(f"/s/{TOKENS[0]}", headers=BROWSER, allow_redirects=False)).status == 302
    hub.db.write_now(lambda s: s.execute(update(Story).values(state="recalled")))
    hub.wake()
    answer = await client.get(f"/s/{TOKENS[0]}", headers=BROWSER, allow_redirects=False)
    assert answer.status == 410 and await answer.text() == "recalled\n" and sorts(hub.db) == ["human"]


async def test_an_expired_link_stops_leading_on_although_it_is_remembered(client: TestClient, hub: Hub, clock: StillClock) -> None:
    shares(hub.db, expires_at=START + timedelta(hours=1))
    assert (await client.get(f"/s/{TOKENS[0]}", headers=BROWSER, allow_redirects=False)).status == 302
    clock.move(hours=1)
    assert await (await client.get(f"/s/{TOKENS[0]}", headers=BROWSER, allow_redirects=False)).text() == "expired\n"


async def test_visitors_who_come_at_once_share_a_commit_and_all_are_counted(client: TestClient, hub: Hub) -> None:
    shares(hub.db)
    answers = await asyncio.gather(
        *(client.get(f"/s/{TOKENS[i % 20]}", headers={"User-Agent": f"{BROWSER['User-Agent']} Edg/{i}"}, allow_redirects=False) for i in range(60))
    )
    assert {a.status for a in answers} == {302} and sorts(hub.db) == ["human"] * 60


async def test_nobody_is_led_on_when_the_click_cannot_be_kept(client: TestClient, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    shares(hub.db)

    def full(raw: object, batch: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr("bot.desks.visitor.record_clicks", full)
    assert (await client.get(f"/s/{TOKENS[0]}", headers=BROWSER, allow_redirects=False)).status == 503


async def test_nothing_of_the_visitor_is_kept(client: TestClient, hub: Hub) -> None:
    shares(hub.db)
    await client.get(f"/s/{TOKENS[0]}", headers=BROWSER | {"Referer": "https://canary.example"}, allow_redirects=False)
    row = hub.db.read_now(lambda s: s.exec(select(Click)).one()).model_dump()
    assert set(row) == {"id", "share_id", "person_id", "story_id", "at", "sort"}


SERVER = Path(__file__).parent / "share_server.py"
KILLS = int(os.environ.get("VINKKI_TEST_KILLS", "5"))
FLOWING = 150  # answered clicks of a server's life after which it is killed


@pytest.mark.timeout(120)
async def test_kill_9_under_load_loses_no_answered_click(lite: Database, tmp_path: Path) -> None:
    shares(lite)
    file = tmp_path / "lite.db"
    answered = 0
    for _ in range(KILLS):
        server = await _serve(f"sqlite:///{file}")
        port = int((await server.stdout.readline()).decode())
        counts, flowing = [0] * 16, asyncio.Event()
        visitors = [asyncio.create_task(_keep_coming(port, counts, i, flowing)) for i in range(len(counts))]
        await asyncio.wait_for(flowing.wait(), 60)  # killed in the middle of it, however slow the machine is
        server.kill()
        await server.wait()
        await asyncio.gather(*visitors)
        answered += sum(counts)
    with closing(sqlite3.connect(file)) as raw:
        kept, integrity = raw.execute("SELECT count(*) FROM click").fetchone()[0], raw.execute("PRAGMA integrity_check").fetchone()[0]
    assert kept >= answered and kept - answered <= KILLS * 16 and integrity == "ok"


async def _serve(url: str) -> asyncio.subprocess.Process:
    root = Path(__file__).parents[2]
    return await asyncio.create_subprocess_exec(
        sys.executable, str(SERVER), url, cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, stdout=asyncio.subprocess.PIPE
    )


async def _keep_coming(port: int, counts: list[int], i: int, flowing: asyncio.Event) -> None:
    try:
        async with aiohttp.ClientSession(headers=BROWSER) as session:
            while True:
                async with session.get(f"http://127.0.0.1:{port}/s/{TOKENS[i]}", allow_redirects=False) as answer:
                    assert answer.status == 302
                counts[i] += 1
                if sum(counts) > FLOWING:
                    flowing.set()
    except aiohttp.ClientError:
        return
