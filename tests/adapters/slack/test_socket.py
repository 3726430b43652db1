"""Socket Mode: the same door through a WebSocket of ours; a line that drops in the middle of an event loses and doubles nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from conftest import add_person
from contracts.driver import World
from contracts.drivers.slack import SlackDriver, open_driver
from contracts.gallery import Gallery
from loopback.slack import APP_TOKEN

from adapters.slack.door import PATH
from bot.people import Person

USER = "U0P00001"


@pytest.fixture
async def slack(world: World) -> AsyncIterator[SlackDriver]:
    async with open_driver(world, slack_app_token=APP_TOKEN) as driver:
        await until(driver, lambda s: s["sockets"] == 1)
        yield driver


@pytest.fixture
async def aino(world: World, slack: SlackDriver) -> Person:
    person = add_person(world.db, "Aino Salo", locale="en")
    await slack.join(person)
    return person


async def until(slack: SlackDriver, found: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    async with asyncio.timeout(10):
        while not found(state := await slack.people.state(wait=True)):
            pass
        return state


def acked(state: dict[str, Any], envelope_id: str) -> list[dict[str, Any]]:
    return [a for a in state["acks"] if a["envelope_id"] == envelope_id]


def pressed(slack: SlackDriver) -> dict[str, Any]:
    return slack.people.pressed(USER, {"action_id": "gallery.press#3", "value": "main", "text": {}}, {})


async def test_a_command_is_answered_with_its_acknowledgement(slack: SlackDriver, aino: Person, gallery: Gallery) -> None:
    body = slack.people.command_body(USER, "/vinkki", "nonsense")
    await slack.people.control("socket", type="slash_commands", payload=body, envelope_id="e1")
    (ack,) = acked(await until(slack, lambda s: bool(acked(s, "e1"))), "e1")
    assert ack["payload"]["response_type"] == "ephemeral" and ack["payload"]["blocks"]


async def test_a_press_and_an_event_arrive(slack: SlackDriver, aino: Person, gallery: Gallery) -> None:
    await slack.people.control("socket", type="interactive", payload=pressed(slack), envelope_id="e2")
    home = slack.people.event_body("app_home_opened", user=USER, tab="home")
    await slack.people.control("socket", type="events_api", payload=home, envelope_id="e3")
    state = await until(slack, lambda s: bool(acked(s, "e2") and acked(s, "e3") and s["homes"]))
    assert gallery.heard == [("press", "main")] and "payload" not in acked(state, "e2")[0]


def opened(state: dict[str, Any]) -> int:
    """How often a line was asked for."""
    return sum(c["method"] == "apps.connections.open" for c in state["calls"])


@pytest.mark.parametrize("how", ["drop", "disconnect"])
async def test_a_line_that_ends_in_mid_event_has_one_effect_and_one_answer(slack: SlackDriver, aino: Person, gallery: Gallery, how: str) -> None:
    payload = pressed(slack)
    await slack.people.control("socket", type="interactive", payload=payload, envelope_id="e4", then=how)
    await until(slack, lambda s: bool(acked(s, "e4")) and s["sockets"] == 1 and opened(s) >= 2)
    await slack._settle()
    assert gallery.heard == [("press", "main")]
    posts = (await slack.people.state())["responses"][payload["response_url"].removeprefix(slack.people.slack)]
    assert {post["text"] for post in posts} == {"Heard main, time 1"}


async def test_nonsense_and_foreign_payloads_are_acknowledged_without_effect(slack: SlackDriver, aino: Person, gallery: Gallery) -> None:
    for n, payload in enumerate(({"type": "block_actions"}, [], pressed(slack) | {"team": {"id": "T0OTHER"}})):
        await slack.people.control("socket", type="interactive", payload=payload, envelope_id=f"x{n}")
    await until(slack, lambda s: all(acked(s, f"x{n}") for n in range(3)))
    assert gallery.heard == []


async def test_no_port_is_opened_in_socket_mode(slack: SlackDriver) -> None:
    async with slack.people.session.post(slack.people.app + PATH, data=b"") as answer:
        assert answer.status == 404
    assert slack.adapter.is_ready and slack.adapter.socket is not None and slack.adapter.socket.is_connected


async def test_slack_out_of_reach_at_the_start_is_waited_for(world: World) -> None:
    async with open_driver(world, slack_app_token=APP_TOKEN) as driver:
        await until(driver, lambda s: s["sockets"] == 1)
        await driver.people.control("fail", how={"method": "apps.connections.open", "status": 503})
        body = driver.people.command_body(USER, "/vinkki", "help")
        await driver.people.control("socket", type="slash_commands", payload=body, envelope_id="e9", then="drop")
        await until(driver, lambda s: bool(acked(s, "e9")) and s["sockets"] == 1)
