"""The reader of feeds against a server: what it asks with, when it comes again, and that two of them read a feed once."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from conftest import START, StillClock, add_person
from loopback.stranger import Internet, Say, Stranger, always, answer
from sqlmodel import select

from adapters.feeds import poller as polling
from adapters.feeds.page import PageReader
from adapters.feeds.poller import Poller
from adapters.hub import Hub
from bot import stories
from bot.config import Config
from bot.db import Database
from bot.desks import Deployment
from bot.messages import Caller, Command, Event, Show
from bot.stories import Feed, FeedDraft, Story

Serve = Callable[[Say], Internet]
RSS = b"<rss><channel><language>fi</language><item><title>Ice</title><link>https://meri.example/ice</link><guid>1</guid></item></channel></rss>"
DATE = "Mon, 02 Mar 2026 09:00:00 GMT"


@pytest.fixture
def serve() -> Iterator[Serve]:
    made: list[Stranger] = []

    def start(say: Say) -> Internet:
        made.append(Stranger(say))
        return Internet(made[-1])

    yield start
    for stranger in made:
        stranger.close()


def house(db: Database, deployment: Deployment, clock: StillClock, net: Internet) -> Hub:
    hr = add_person(db, "Nora Holm", "hr")
    db.write_now(stories.add_feed, START, hr.id, FeedDraft("Blog", "http://feed.example.org/rss"))
    return Hub(Config(), db, deployment, clock, PageReader(net.cage))  # type: ignore[call-arg]


def feed(db: Database) -> Feed:
    return db.read_now(lambda s: s.exec(select(Feed)).one())


async def test_a_feed_is_asked_with_what_its_server_said_the_last_time(lite: Database, deployment: Deployment, clock: StillClock, serve: Serve) -> None:
    def say(client: socket.socket, asked: str) -> None:
        known = 'If-None-Match: "v1"' in asked and f"If-Modified-Since: {DATE}" in asked
        client.sendall(b"HTTP/1.1 304 Not Modified\r\n\r\n" if known else answer("200 OK", RSS, 'ETag: "v1"', f"Last-Modified: {DATE}"))

    net = serve(say)
    poller = Poller(house(lite, deployment, clock, net), net.cage, jitter=lambda: 0.5)
    for hours in range(3):
        assert await poller.read_due() == 1 and await poller.read_due() == 0
        assert (feed(lite).read_at, feed(lite).problem, feed(lite).etag) == (START + timedelta(hours=hours), "", '"v1"')
        clock.move(hours=1)
    assert "If-None-Match" not in net.stranger.asked[0] and len(net.stranger.asked) == 3
    row = lite.read_now(lambda s: s.exec(select(Story)).one())
    assert (row.title, row.language, row.state) == ("Ice", "fi", "review")


async def test_a_server_that_is_busy_is_left_alone_for_as_long_as_it_says(lite: Database, deployment: Deployment, clock: StillClock, serve: Serve) -> None:
    net = serve(always(b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 36000\r\nContent-Length: 0\r\n\r\n"))
    poller = Poller(house(lite, deployment, clock, net), net.cage, jitter=lambda: 0.5)
    await poller.read_due()
    assert (feed(lite).problem, feed(lite).problem_status, feed(lite).next_at) == ("status", 429, START + timedelta(hours=10))


@pytest.mark.parametrize("etag", ["\x01", "\u00e4", "a" * 5000])
async def test_a_strange_etag_does_not_get_into_our_request(lite: Database, deployment: Deployment, clock: StillClock, serve: Serve, etag: str) -> None:
    net = serve(always(b"HTTP/1.1 200 OK\r\nETag: " + etag.encode() + b"\r\nContent-Length: %d\r\n\r\n" % len(RSS) + RSS))
    poller = Poller(house(lite, deployment, clock, net), net.cage)
    await poller.read_due()
    clock.move(hours=2)
    await poller.read_due()
    assert feed(lite).problem == "" and len(feed(lite).etag) <= 200 and len(net.stranger.asked) == 2


async def test_what_was_read_at_an_address_that_hr_changed_meanwhile_is_not_taken_for_the_new_one(
    db: Database, deployment: Deployment, clock: StillClock, serve: Serve
) -> None:
    """HR corrects the address while the old one is being read: nothing of the old one goes in, and the new one is read at once."""
    moved = FeedDraft("Blog", "http://feed.example.org/atom")

    def say(client: socket.socket, asked: str) -> None:
        if asked.startswith("GET /rss"):
            row = feed(db)
            db.write_now(stories.change_feed, START, row.author_id, row.id, row.version, moved)
        client.sendall(answer("200 OK", RSS if asked.startswith("GET /rss") else RSS.replace(b"Ice", b"Snow"), 'ETag: "old"'))

    net = serve(say)
    poller = Poller(house(db, deployment, clock, net), net.cage, jitter=lambda: 0.5)
    await poller.read_due()
    assert (feed(db).taken, feed(db).etag, feed(db).read_at, feed(db).next_at) == (0, "", None, START)
    await poller.read_due()
    assert feed(db).taken == 1 and db.read_now(lambda s: s.exec(select(Story.title)).one()) == "Snow"


async def test_two_processes_read_a_feed_once(db: Database, deployment: Deployment, clock: StillClock, serve: Serve) -> None:
    net = serve(always(answer("200 OK", RSS)))
    hub = house(db, deployment, clock, net)
    assert sum(await asyncio.gather(*(Poller(hub, net.cage).read_due() for _ in range(4)))) == 1
    assert len(net.stranger.asked) == 1 and feed(db).taken == 1


async def test_it_reads_by_itself_until_it_is_stopped(
    lite: Database, deployment: Deployment, clock: StillClock, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "LOOK_SECONDS", 0.01)
    net = serve(always(answer("200 OK", RSS)))
    poller, woken = Poller(house(lite, deployment, clock, net), net.cage), asyncio.Event()
    poller.hub.wakers.append(woken.set)
    poller.start()
    async with asyncio.timeout(10):
        await woken.wait()
    await poller.stop()
    assert feed(lite).taken == 1


async def test_a_pasted_link_is_read_on_the_way_and_the_same_event_twice_has_one_effect(
    lite: Database, deployment: Deployment, clock: StillClock, serve: Serve
) -> None:
    net = serve(always(answer("200 OK", b"<title>Ice sings</title>", "Content-Type: text/html")))
    hub, aino = house(lite, deployment, clock, net), add_person(lite, "Aino Salo")
    event = Event("e1", Caller("portal", "", str(aino.id)), Command("vinkki", "propose http://page.example.org/ice"))
    first, second = await hub.hear(event), await hub.hear(event)
    assert isinstance(first.answer, Show) and first == second
    assert lite.read_now(lambda s: len(s.exec(select(stories.Clipping)).all())) == 1


async def test_where_nobody_reads_pages_a_pasted_link_still_leads_to_a_proposal(lite: Database, deployment: Deployment, clock: StillClock) -> None:
    aino = add_person(lite, "Aino Salo")
    hub = Hub(Config(), lite, deployment, clock)  # type: ignore[call-arg]
    reply = await hub.hear(Event("e1", Caller("portal", "", str(aino.id)), Command("vinkki", "propose http://page.example.org/ice")))
    assert isinstance(reply.answer, Show) and reply.answer.card.tone == "warning"
