"""Live pages: a message shows up by itself, a stream ends with its session and with the server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from aiohttp import web
from contracts.drivers.portal import Browser, Portal
from contracts.gallery import FULL, Gallery
from structlog.testing import capture_logs

from adapters.portal import PortalAdapter, home
from adapters.portal.live import FULL as QUEUE
from adapters.portal.live import Live, PortalChat, Queue
from adapters.web import make_app
from bot import outbox
from bot.desks import front
from bot.people import Person
from bot.ports import Recipient


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home, "SETTLE", 0.0)


@asynccontextmanager
async def _stream(browser: Browser) -> AsyncIterator[asyncio.StreamReader]:
    cookie = "; ".join(f"{k}={v}" for k, v in browser.cookies.items())
    async with browser.client.get("/events", headers={"Cookie": cookie}) as answer:
        assert answer.status == 200 and answer.content_type == "text/event-stream"
        await asyncio.wait_for(answer.content.readuntil(b"\n\n"), 5)  # it has looked once
        yield answer.content


async def _event(stream: asyncio.StreamReader) -> str:
    while True:
        text = (await asyncio.wait_for(stream.readuntil(b"\n\n"), 5)).decode()
        if text.startswith("event:"):
            return text.split("\n")[0].removeprefix("event: ")


async def test_a_sent_message_tells_the_persons_open_pages(portal: Portal, aino: Person, browser: Browser) -> None:
    async with _stream(browser) as stream:
        to = Recipient("portal", "", str(aino.id), "en", "UTC")
        assert await portal.adapter.chat.send(to, FULL, "gallery:1:person:1") == "portal:gallery:1:person:1"
        assert await _event(stream) == "inbox"
        await portal.adapter.chat.update(to, "portal:x", FULL)
        assert await _event(stream) == "inbox"


async def test_what_is_owed_elsewhere_shows_up_too(portal: Portal, aino: Person, browser: Browser, gallery: Gallery) -> None:
    gallery.notices[1] = FULL
    async with _stream(browser) as stream:
        now = portal.world.clock.now()
        await portal.world.db.write(lambda s: outbox.owe(s, now, "gallery:1", "gallery", 1, s.get(Person, aino.id)))
        portal.adapter.hub.wake()
        assert await _event(stream) == "inbox"


async def test_a_stream_ends_with_its_session(portal: Portal, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home, "HEARTBEAT", 0.05)
    async with _stream(browser) as stream:
        await portal.world.db.write(front.close_session, browser.cookies["vinkki"], datetime.now(UTC))
        assert await _event(stream) == "over"
        assert await asyncio.wait_for(stream.read(), 5) == b""


async def test_a_stream_whose_session_was_closed_hears_of_no_message(portal: Portal, aino: Person, browser: Browser) -> None:
    """Also where the house is so busy that the stream is never silent for a heartbeat."""
    async with _stream(browser) as stream:
        await portal.world.db.write(front.close_session, browser.cookies["vinkki"], datetime.now(UTC))
        await portal.adapter.chat.send(Recipient("portal", "", str(aino.id), "en", "UTC"), FULL, "gallery:1:person:1")
        assert await _event(stream) == "over"
        assert await asyncio.wait_for(stream.read(), 5) == b""


async def test_a_stream_ends_when_the_server_stops(portal: Portal, browser: Browser) -> None:
    async with _stream(browser) as stream:
        await portal.adapter.stop()
        await asyncio.wait_for(stream.read(), 5)


async def test_nobody_else_is_told(portal: Portal, browser: Browser) -> None:
    live = portal.adapter.portal.live
    async with _stream(browser):
        assert live.push("999", "inbox") == 0


async def test_a_stream_needs_a_session(stranger: Browser) -> None:
    assert (await stranger.raw("GET", "/events"))[0] == 303


async def test_a_page_that_does_not_read_costs_nothing_and_still_ends() -> None:
    live = Live()
    with live.page("1") as queue:
        for _ in range(QUEUE + 10):
            await PortalChat(live).send(Recipient("portal", "", "1", "en", "UTC"), FULL, "k")
        assert queue.qsize() == QUEUE
        live.close()
        seen = [queue.get_nowait() for _ in range(queue.qsize())]
        assert seen[-1] is None
    assert live.push("1", "inbox") == 0


async def test_a_tab_that_closes_early_is_nobodys_error(
    portal: Portal, browser: Browser, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Served as the house serves: a handler is not cancelled when the other side goes, so it writes to nobody."""
    ended = asyncio.Event()
    real = home._Stream.run

    async def run(stream: home._Stream, queue: Queue) -> None:
        assert stream.request.transport is not None
        stream.request.transport.abort()
        try:
            await real(stream, queue)
        finally:
            ended.set()

    monkeypatch.setattr(home, "HEARTBEAT", 0.0)
    monkeypatch.setattr(home._Stream, "run", run)
    hub = portal.world.hub()
    runner = web.AppRunner(make_app(hub, [PortalAdapter(hub, {})], dict))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    _, writer = await asyncio.open_connection(*runner.addresses[0][:2])
    cookie = "; ".join(f"{k}={v}" for k, v in browser.cookies.items())
    writer.write(f"GET /events HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n".encode())
    with capture_logs() as ours:
        await asyncio.wait_for(ended.wait(), 5)
        writer.close()
        await runner.cleanup()  # whatever the server says of it is said by now
    assert [line["event"] for line in ours] == []
    assert [r.getMessage() for r in caplog.records if r.levelname == "ERROR"] == []
