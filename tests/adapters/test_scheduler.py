from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from conftest import START, StillClock, add_person

from adapters import scheduler
from adapters.clock import MovableClock, WallClock
from adapters.delivery import Lanes
from adapters.hub import Hub
from adapters.memory import WORKSPACE, MemoryAdapter
from adapters.scheduler import Ticker
from bot import outbox
from bot.config import load
from bot.db import Database
from bot.desks import Deployment
from bot.desks.clock import STEPS
from bot.desks.notices.table import BUILDERS
from bot.messages import Card, Plain
from bot.people import identities


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict]:
    """The clock's desk with only the steps that a test puts there."""
    mine: dict = {}
    monkeypatch.setattr(scheduler, "STEPS", mine)
    yield mine


def house(db: Database, deployment: Deployment, clock: object) -> tuple[Hub, MemoryAdapter, Lanes, Ticker]:
    hub = Hub(load(_env_file=None, secret_key="a-test-key-that-is-long-enough-000"), db, deployment, clock)
    memory = MemoryAdapter(hub)
    lanes = Lanes(hub, {"memory": memory}, "test")
    return hub, memory, lanes, Ticker(hub, lanes)


async def test_a_tick_runs_every_step_until_nothing_more_is_due(lite: Database, deployment: Deployment, clock: StillClock, steps: dict) -> None:
    rounds: list[tuple[str, datetime]] = []

    def step(name: str, times: int):
        def run(session, deployment, now) -> bool:
            rounds.append((name, now))
            return sum(n == name for n, _ in rounds) < times

        return run

    steps |= {"first": step("first", 3), "second": step("second", 1)}
    *_, ticker = house(lite, deployment, clock)
    await ticker.tick()
    assert rounds == [("first", START)] * 3 + [("second", START)]


async def test_a_step_that_fails_leaves_nothing_and_hinders_no_other(lite: Database, deployment: Deployment, clock: StillClock, steps: dict) -> None:
    ran: list[str] = []

    def broken(session, deployment, now) -> bool:
        outbox.owe_room(session, now, "half", "test", 1, "admin")
        raise RuntimeError("in the middle")

    steps |= {"broken": broken, "fine": lambda *_: bool(ran.append("fine"))}
    hub, *_, ticker = house(lite, deployment, clock)
    await ticker.tick()
    assert ran == ["fine"] and hub.db.read_now(outbox.lanes) == []


async def test_a_step_that_never_ends_is_bounded(lite: Database, deployment: Deployment, clock: StillClock, steps: dict, monkeypatch) -> None:
    monkeypatch.setattr(scheduler, "ROUNDS", 7)
    count: list[int] = []
    steps["endless"] = lambda *_: count.append(1) or True
    await house(lite, deployment, clock)[3].tick()
    assert len(count) == 7


async def test_the_ticker_ticks_by_itself_and_stops(lite: Database, deployment: Deployment, clock: StillClock, steps: dict) -> None:
    ticked = asyncio.Event()
    loop = asyncio.get_running_loop()
    steps["one"] = lambda *_: bool(loop.call_soon_threadsafe(ticked.set)) and False
    *_, ticker = house(lite, deployment, clock)
    ticker.start()
    async with asyncio.timeout(5):
        await ticked.wait()
    await ticker.stop()


async def test_a_tick_under_way_when_the_house_stops_ends_its_round_and_begins_no_other(
    lite: Database, deployment: Deployment, clock: StillClock, steps: dict, caplog: pytest.LogCaptureFixture
) -> None:
    begun, loop, may_end = asyncio.Event(), asyncio.get_running_loop(), threading.Event()
    rounds: list[str] = []

    def slow(*_: object) -> bool:
        rounds.append("begun")
        loop.call_soon_threadsafe(begun.set)
        assert may_end.wait(10)
        rounds.append("ended")
        return True

    steps["slow"] = slow
    *_, ticker = house(lite, deployment, clock)
    ticker.start()
    async with asyncio.timeout(10):
        await begun.wait()
        stopping = asyncio.create_task(ticker.stop())
        await asyncio.sleep(0)
        may_end.set()
        await stopping
    assert rounds == ["begun", "ended"] and "CancelledError" not in caplog.text


def test_the_walls_clock_is_in_utc() -> None:
    assert abs(WallClock().now() - datetime.now(UTC)) < timedelta(seconds=1) and WallClock().now().tzinfo is UTC


async def test_programme_time_moves_forward_only_and_is_kept(lite: Database) -> None:
    clock = MovableClock(lite)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=1)
    await clock.move(timedelta(days=3))
    with pytest.raises(ValueError, match="forward only"):
        await clock.move(timedelta(seconds=-1))
    assert timedelta(days=3) <= MovableClock(lite).now() - datetime.now(UTC) + timedelta(seconds=1) < timedelta(days=3, seconds=2)


async def test_ninety_days_are_ninety_ticks_with_what_is_due_in_between_sent(lite: Database, deployment: Deployment, steps: dict) -> None:
    aino = add_person(lite, "Aino Salo")
    lite.write_now(lambda s: identities.link(s, START, "memory", WORKSPACE, "U1", "dm-U1", aino.email, "platform"))
    clock = MovableClock(lite)
    _hub, memory, _lanes, ticker = house(lite, deployment, clock)
    days: list[datetime] = []

    def daily(session, deployment, now) -> bool:
        days.append(now)
        outbox.owe(session, now, f"day:{len(days)}:person:{aino.id}", "test-day", len(days), aino, due_at=now + timedelta(hours=12))
        return False

    steps["daily"] = daily
    BUILDERS["test-day"] = lambda owed: Card(Plain(f"Day {owed.subject_id}"))
    try:
        await ticker.advance(clock, 90)
    finally:
        del BUILDERS["test-day"]
    assert len(days) == 90 and all(timedelta(hours=23) < b - a < timedelta(hours=25) for a, b in itertools.pairwise(days))
    assert [m.card.title.plain for m in memory.chat.at("dm-U1")] == [f"Day {i}" for i in range(1, 90)], "the last day's is due at noon tomorrow"


def test_the_real_steps_are_functions_of_session_deployment_and_now() -> None:
    assert STEPS and all(callable(step) for step in STEPS.values())
