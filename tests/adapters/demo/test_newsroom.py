"""The demo's own feed and pages, read by the real reader in the demo's cage."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace
from datetime import timedelta

import pytest
from aiohttp.test_utils import TestClient, TestServer
from sqlmodel import select

from adapters.demo import newsroom
from adapters.demo.newsroom import cage
from adapters.feeds import page
from adapters.feeds.poller import Poller
from adapters.feeds.unread import Unread
from adapters.house import House
from bot.stories import Feed, Story


async def test_the_newsroom_is_read_into_review_and_its_pages_can_be_pasted(house: House) -> None:
    hub = house.hub
    async with TestClient(TestServer(house.app)) as client:
        port = client.port

        def connect(address: str, asked: int, seconds: float) -> socket.socket:
            assert (address, asked) == ("127.0.0.1", 8799)
            return socket.create_connection((address, port), timeout=seconds)

        inside = replace(cage(hub.deployment), connect=connect)
        poller = Poller(hub, inside)
        assert await poller.read_due() == 0, "read when HR asks for it, or when the clock is moved"
        await hub.db.write(lambda s: setattr(s.exec(select(Feed)).one(), "next_at", hub.clock.now() - timedelta(minutes=1)))
        assert await poller.read_due() == 1
        feed = await hub.db.read(lambda s: s.exec(select(Feed)).one())
        taken = await hub.db.read(lambda s: s.exec(select(Story).where(Story.source == feed.source)).all())
        assert (feed.problem, len(taken), {s.state for s in taken}) == ("", len(newsroom.pages()), {"review"})
        assert {s.language for s in taken} == {"en", "fi", "sv"} and feed.etag
        for story in taken:
            read = await asyncio.to_thread(page.read, story.link, inside)
            assert (read["title"], read["summary"], read["language"]) == (story.title, story.summary, story.language)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8799/admin", "http://127.0.0.1:8799/demo/../admin", "http://127.0.0.1/", "http://127.0.0.1:8080/demo/x", "http://10.0.0.1/",
            "http://localhost:8799/demo/newsroom.xml", "http://[::1]:8080/"],
)  # fmt: skip
async def test_nothing_else_of_this_machine_is_read(house: House, url: str) -> None:
    def never(*_: object) -> socket.socket:
        raise AssertionError("connected")

    with pytest.raises(Unread):
        page.read(url, replace(cage(house.hub.deployment), connect=never))


async def test_a_name_that_leads_to_this_machine_is_not_read_either(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newsroom, "system_resolve", lambda host, port: ["127.0.0.1"])
    with pytest.raises(Unread, match="not on the open internet"):
        page.read("http://feed.example.org:8080/", cage(house.hub.deployment))
