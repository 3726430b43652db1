"""What the Connector answers becomes what the lane must know: wait, park, or ask somebody whether it arrived."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from loopback.teams_client import TeamsClient, open_channel

from adapters.teams.addresses import Address, Hosts, Reference
from adapters.teams.chat import TeamsChat, patiently
from adapters.teams.outbound import Connector
from bot.config import load
from bot.errors import DeliveryError
from bot.messages import Card, Paragraph, Plain
from bot.ports import Recipient

CARD = Card(Plain("Hello"), (Paragraph(Plain("there")),))


@pytest.fixture
async def channel() -> AsyncIterator[TeamsClient]:
    async with open_channel() as opened:
        await opened.ask("join", aad="aino", email="aino@meri.example")
        yield opened


@pytest.fixture
async def chat(channel: TeamsClient) -> AsyncIterator[TeamsChat]:
    connector = Connector(load(_env_file=None, **channel.settings()))
    yield TeamsChat(connector)
    await connector.close()


def to(client: TeamsClient, **changed: str) -> Recipient:
    given: dict[str, Any] = {"service": client.url, "tenant": "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee", "bot": client.activity("x")["recipient"]["id"]}
    address = Address(**given | {"user": "29:aino", "conversation": "a:aino-with-bot"} | changed)
    return Recipient("teams", address.tenant, address.dump(), "en", "UTC")


async def refused(call: Any) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await call
    return caught.value


async def test_a_card_is_sent_changed_and_withdrawn(channel: TeamsClient, chat: TeamsChat) -> None:
    reference = await chat.send(to(channel), CARD, "k")
    await chat.update(to(channel), reference, Card(Plain("Changed")))
    (message,) = await channel.ask("messages", conversation="a:aino-with-bot")
    assert message["summary"] == "Changed"
    await chat.withdraw(to(channel), reference)
    await chat.withdraw(to(channel), reference)  # gone already is no error
    assert await channel.ask("messages", conversation="a:aino-with-bot") == []


async def test_a_private_chat_is_opened_once_where_only_the_person_is_known(channel: TeamsClient, chat: TeamsChat) -> None:
    for _ in range(3):
        assert Reference.load(await chat.send(to(channel, conversation=""), CARD, "k")).conversation == "a:aino-with-bot"
    found = await channel.ask("log")
    assert sum(1 for c in found["log"] if c["path"] == "/v3/conversations") == 1
    assert found["tokens"] == 1


async def test_a_chat_that_is_gone_is_opened_anew(channel: TeamsClient, chat: TeamsChat) -> None:
    await channel.ask("forget", conversation="a:aino-with-bot")
    await chat.send(to(channel), CARD, "k")
    assert len(await channel.ask("messages", conversation="a:aino-with-bot")) == 1


async def test_a_room_gets_a_thread_of_its_own(channel: TeamsClient, chat: TeamsChat) -> None:
    await channel.ask("channel", id="19:hr@thread.tacv2")
    room = to(channel, user="", conversation="", channel="19:hr@thread.tacv2")
    reference = await chat.send(room, CARD, "k")
    await chat.update(room, reference, Card(Plain("Changed")))
    assert [m["summary"] for m in await channel.ask("messages", conversation="19:hr@thread.tacv2")] == ["Changed"]


async def test_a_passing_refusal_asks_the_lane_to_wait(channel: TeamsClient, chat: TeamsChat) -> None:
    for status in (429, 412, 500, 502, 503, 504):
        await channel.ask("refuse", status=status, retry_after=7)
        await channel.ask("refuse", status=status)
        first, second = await refused(chat.send(to(channel), CARD, "k")), await refused(chat.send(to(channel), CARD, "k"))
        assert (first.permanent, first.unknown, first.lane, first.retry_after) == (False, False, True, 7)
        assert second.retry_after and not second.permanent


async def test_a_lasting_refusal_is_permanent_and_says_why(channel: TeamsClient, chat: TeamsChat) -> None:
    for status in (400, 403, 413):
        await channel.ask("refuse", status=status, code="MessageWritesBlocked")
        error = await refused(chat.send(to(channel), CARD, "k"))
        assert error.permanent and str(status) in error.reason and "MessageWritesBlocked" in error.reason


async def test_a_token_that_is_not_taken_is_fetched_anew(channel: TeamsClient, chat: TeamsChat) -> None:
    await chat.send(to(channel), CARD, "k")
    await channel.ask("refuse", status=401)
    assert not (await refused(chat.send(to(channel), CARD, "k"))).permanent
    await chat.send(to(channel), CARD, "k")
    assert (await channel.ask("log"))["tokens"] == 2


async def test_a_wrong_secret_holds_the_lane_and_names_no_secret(channel: TeamsClient) -> None:
    connector = Connector(load(_env_file=None, **channel.settings() | {"teams_app_password": "wrong-password"}))
    error = await refused(connector.send(channel.url, "a:aino-with-bot", {}))
    assert error.lane and error.reason == "token refused: invalid_client"
    await connector.close()


async def test_an_answer_to_somebody_who_waits_is_tried_again_shortly(channel: TeamsClient, chat: TeamsChat) -> None:
    await channel.ask("refuse", status=429, retry_after=0)
    await channel.ask("refuse", status=412, retry_after=0)
    await patiently(lambda: chat.send(to(channel), CARD, "k"))
    await channel.ask("refuse", status=429, retry_after=60)
    assert (await refused(patiently(lambda: chat.send(to(channel), CARD, "k")))).retry_after == 60


async def test_a_connection_that_breaks_after_the_request_leaves_it_unknown() -> None:
    async def cut(request: web.Request) -> web.Response:
        await request.read()
        assert request.transport is not None
        request.transport.close()
        await asyncio.sleep(1)
        return web.Response()

    app = web.Application()
    app.router.add_post("/{tail:.*}", cut)
    async with TestServer(app) as server:
        connector = Connector(load(_env_file=None, teams_anonymous_on_loopback=True))
        error = await refused(connector.send(str(server.make_url("/")), "a:1", {}))
        assert error.unknown and not error.permanent
        await connector.close()


async def test_nobody_at_home_is_not_unknown() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    connector = Connector(load(_env_file=None, teams_anonymous_on_loopback=True))
    error = await refused(connector.send(f"http://127.0.0.1:{port}", "a:1", {}))
    assert error.lane and error.retry_after and not error.unknown and not error.permanent
    await connector.close()


GOOD = ("https://smba.trafficmanager.net/emea/", "https://SMBA.trafficmanager.net/", "https://europe.botframework.com", "https://smba.trafficmanager.net:443/")
BAD = (
    "https://smba.trafficmanager.net:8443/", "http://smba.trafficmanager.net/", "https://evil.example/smba.trafficmanager.net", "http://127.0.0.1:1/", "",
    "https://smba.trafficmanager.net@evil.example/", "https://evilbotframework.com/", "https://smba.trafficmanager.net.evil.example/", "https://[::1",
    "https://smba.trafficmanager.net/?x=", "https://smba.trafficmanager.net/#x", "https://smba.trafficmanager.nеt/", "file:///etc/passwd",
)  # fmt: skip


@pytest.mark.parametrize(("url", "allowed"), [*((u, True) for u in GOOD), *((u, False) for u in BAD)])
def test_our_token_goes_to_listed_hosts_only(url: str, allowed: bool) -> None:
    assert Hosts.of(load(_env_file=None)).allow(url) is allowed


async def test_a_host_that_is_not_listed_is_never_called(channel: TeamsClient, chat: TeamsChat) -> None:
    assert (await refused(chat.send(to(channel, service="https://evil.example"), CARD, "k"))).permanent
    assert (await channel.ask("log"))["tokens"] == 0


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"nothing":1}', "x"])
async def test_an_address_that_is_none_is_parked(text: str) -> None:
    chat = TeamsChat(Connector(load(_env_file=None)))
    assert (await refused(chat.send(Recipient("teams", "t", text, "en", "UTC"), CARD, "k"))).permanent
    assert (await refused(chat.update(Recipient("teams", "t", text, "en", "UTC"), text, CARD))).permanent
