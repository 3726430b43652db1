from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from conftest import START, StillClock, add_person
from sqlmodel import func, select

from adapters.delivery import Lanes
from adapters.delivery.lane import ATTEMPTS, backoff
from adapters.delivery.pace import Limit, Pace
from adapters.hub import Hub
from adapters.memory import WORKSPACE, MemoryAdapter
from bot import outbox
from bot.config import load
from bot.db import Database
from bot.desks import Deployment
from bot.desks.notices import Owed
from bot.desks.notices.table import BUILDERS
from bot.errors import DeliveryError
from bot.messages import Card, Plain
from bot.outbox import Delivery
from bot.people import Identity, Person, identities

LANE = f"memory:{WORKSPACE}"


class House:
    """A hub with the platform of memory and its lanes."""

    def __init__(self, db: Database, deployment: Deployment, clock: StillClock) -> None:
        self.hub = Hub(load(_env_file=None, secret_key="a-test-key-that-is-long-enough-000"), db, deployment, clock)
        self.memory = MemoryAdapter(self.hub)
        self.platforms = {"memory": self.memory}
        self.lanes = Lanes(self.hub, self.platforms, "test")
        self.db, self.clock = db, clock

    def on_memory(self, name: str) -> Person:
        person = add_person(self.db, name)
        user = f"U{person.id}"
        self.db.write_now(lambda s: identities.link(s, START, "memory", WORKSPACE, user, f"dm-{user}", person.email, "platform"))
        return person

    def owe(self, person: Person, subject: int = 1, notice: str = "test") -> None:
        self.db.write_now(lambda s: outbox.owe(s, self.clock.now(), f"{notice}:{subject}:person:{person.id}", notice, subject, s.get(Person, person.id)))

    def row(self, **where: object) -> Delivery:
        return self.db.read_now(lambda s: s.exec(select(Delivery).filter_by(**where).order_by(Delivery.id.desc())).first())

    def titles(self, person: Person) -> list[str]:
        return [m.card.title.plain for m in self.memory.chat.at(f"dm-U{person.id}")]

    def fail(self, **how: object) -> None:
        self.memory.chat.failures.append(DeliveryError("the platform said no", **how))


@pytest.fixture
def cards() -> Iterator[dict[int, Card | None]]:
    """What the notice `test` says, by subject; None: nothing any more."""
    said: dict[int, Card | None] = {1: Card(Plain("One"))}

    def build(owed: Owed) -> Card | None:
        return said[owed.subject_id]

    BUILDERS["test"] = build
    yield said
    del BUILDERS["test"]


@pytest.fixture
def house(db: Database, deployment: Deployment, clock: StillClock, cards: dict[int, Card | None]) -> House:
    return House(db, deployment, clock)


@pytest.fixture
def light(lite: Database, deployment: Deployment, clock: StillClock, cards: dict[int, Card | None]) -> House:
    return House(lite, deployment, clock)


async def test_what_is_owed_arrives_once_where_the_person_is(house: House) -> None:
    aino = house.on_memory("Aino Salo")
    house.owe(aino), house.owe(aino)
    await house.lanes.drain()
    await house.lanes.drain()
    row = house.row(person_id=aino.id)
    assert house.titles(aino) == ["One"]
    assert (row.state, row.attempts, row.sent_at, row.reached) == ("sent", 1, START, f"dm-U{aino.id}")


async def test_a_hundred_people_are_told_in_pages(house: House) -> None:
    people = [house.on_memory(f"Person {i}") for i in range(60)]
    house.db.write_now(lambda s: outbox.owe_many(s, START, "test", 1, [(f"test:1:person:{p.id}", p.id, LANE) for p in people]))
    await house.lanes.drain()
    assert [house.titles(p) for p in people] == [["One"]] * 60


async def test_a_permanent_refusal_is_parked_and_the_next_notice_goes_elsewhere(house: House) -> None:
    aino = house.on_memory("Aino Salo")
    house.owe(aino)
    house.fail(permanent=True)
    await house.lanes.drain()
    row = house.row()
    assert (row.state, row.error) == ("parked", "the platform said no")
    assert [d.id for d in house.db.read_now(outbox.parked)] == [row.id]
    assert house.db.read_now(lambda s: s.exec(select(Identity.is_reachable)).one()) is False
    assert house.db.write_now(outbox.retry, row.id, START)
    await house.lanes.drain()
    assert house.row().state == "owed" and "no connected platform" in house.row().error, "there is no mail server here: it waits"


async def test_a_passing_failure_is_tried_again_later_and_later(house: House) -> None:
    aino = house.on_memory("Aino Salo")
    house.owe(aino)
    house.fail(), house.fail()
    await house.lanes.drain()
    first = house.row()
    assert first.state == "owed" and timedelta(seconds=5) <= first.due_at - START <= timedelta(seconds=6)
    await house.lanes.drain()
    assert house.row().attempts == 1, "not before it is due"
    house.clock.move(seconds=7)
    await house.lanes.drain()
    assert house.row().due_at - house.clock.now() >= timedelta(seconds=10)
    house.clock.move(seconds=15)
    await house.lanes.drain()
    assert house.titles(aino) == ["One"] and house.row().attempts == 3


async def test_what_never_succeeds_is_parked(light: House) -> None:
    aino = light.on_memory("Aino Salo")
    light.owe(aino)
    for _ in range(ATTEMPTS):
        light.fail()
        await light.lanes.drain()
        light.clock.move(hours=2)
    assert (light.row().state, light.row().attempts) == ("parked", ATTEMPTS)
    assert backoff(1) < 6 and 3600 <= backoff(ATTEMPTS * 3) <= 4320


async def test_when_the_platform_asks_to_wait_the_whole_lane_waits(house: House) -> None:
    people = [house.on_memory(f"Person {i}") for i in range(5)]
    for person in people:
        house.owe(person)
    house.fail(retry_after=0.3, lane=True)
    began = asyncio.get_running_loop().time()
    await house.lanes.drain()
    assert asyncio.get_running_loop().time() - began >= 0.3
    assert [house.titles(p) for p in people] == [["One"]] * 5
    assert house.db.read_now(lambda s: s.exec(select(func.max(Delivery.attempts))).one()) == 1, "waiting is not an attempt"


async def test_a_broken_connection_after_the_request_is_of_unknown_fate(light: House) -> None:
    aino = light.on_memory("Aino Salo")
    light.owe(aino)
    light.fail(unknown=True)
    await light.lanes.drain()
    await light.lanes.drain()
    assert light.row().state == "unknown" and light.titles(aino) == []


async def test_a_message_of_unknown_fate_that_the_platform_can_find_is_sent(light: House, monkeypatch: pytest.MonkeyPatch) -> None:
    aino, send = light.on_memory("Aino Salo"), light.memory.chat.send

    async def take_and_break(*args: object) -> str:
        await send(*args)
        raise DeliveryError("the connection broke", unknown=True)

    monkeypatch.setattr(light.memory.chat, "send", take_and_break)
    light.owe(aino)
    await light.lanes.drain()
    assert (light.row().state, light.row().reference, light.titles(aino)) == ("sent", "m1", ["One"])


async def test_what_the_platform_had_taken_when_the_process_died_is_not_sent_again(house: House) -> None:
    people = [house.on_memory(f"Person {i}") for i in range(3)]
    for person in people:
        house.owe(person)
    held = house.db.write_now(outbox.claim, LANE, "test", 3, START, datetime.now(UTC))
    await house.memory.chat.send(_to(f"dm-U{people[0].id}"), Card(Plain("One")), held[0].key)  # accepted; then kill -9 before it was written down
    async with _running(house.lanes):
        await _until(lambda: all(house.row(person_id=p.id).state == "sent" for p in people))
    assert [house.titles(p) for p in people] == [["One"]] * 3 and house.memory.chat.sent == 3
    assert house.row(person_id=people[0].id).reference == "m1"


async def test_trying_an_unknown_delivery_again_asks_the_platform_first(light: House) -> None:
    aino = light.on_memory("Aino Salo")
    light.owe(aino)
    light.fail(unknown=True)
    await light.lanes.drain()
    await light.memory.chat.send(_to(f"dm-U{aino.id}"), Card(Plain("One")), light.row().key)  # it had arrived after all
    assert light.row().state == "unknown" and light.db.write_now(outbox.retry, light.row().id, START)
    await light.lanes.drain()
    assert light.row().state == "sent" and light.titles(aino) == ["One"]


async def test_a_message_is_changed_and_taken_back_by_its_reference(house: House, cards: dict[int, Card | None]) -> None:
    aino = house.on_memory("Aino Salo")
    house.owe(aino)
    await house.lanes.drain()
    cards[1] = Card(Plain("One, corrected"))
    assert house.db.write_now(outbox.owe_change, START, "update", "test", 1) == 1
    await house.lanes.drain()
    assert house.titles(aino) == ["One, corrected"]
    house.db.write_now(outbox.owe_change, house.clock.move(minutes=1), "withdraw", "test", 1)
    await house.lanes.drain()
    assert house.titles(aino) == []


async def test_a_message_on_its_way_while_it_is_recalled_is_taken_back_too(light: House) -> None:
    aino = light.on_memory("Aino Salo")
    light.owe(aino)
    claimed = light.db.write_now(outbox.claim, LANE, "test", 1, START, datetime.now(UTC))
    assert light.db.write_now(outbox.owe_change, START, "withdraw", "test", 1) == 1
    await light.lanes.drain()
    assert light.row(deed="withdraw").state == "owed", "it waits for the original"
    reference = await light.memory.chat.send(_to(f"dm-U{aino.id}"), Card(Plain("One")), "k")
    light.db.write_now(outbox.settle, claimed[0].id, "test", "sent", reference=reference, reached=f"dm-U{aino.id}", sent_at=START)
    light.clock.move(minutes=1)
    await light.lanes.drain()
    assert light.row(deed="withdraw").state == "sent" and light.titles(aino) == []


async def test_a_message_that_a_crash_interrupted_is_taken_back_if_it_had_arrived(light: House, cards: dict[int, Card | None]) -> None:
    aino, bo = light.on_memory("Aino Salo"), light.on_memory("Bo Ek")
    for person in (aino, bo):
        light.owe(person)
    claimed = light.db.write_now(outbox.claim, LANE, "died", 2, START, datetime.now(UTC))
    await light.memory.chat.send(_to(f"dm-U{aino.id}"), Card(Plain("One")), next(d.key for d in claimed if d.person_id == aino.id))
    light.db.write_now(outbox.release, datetime.now(UTC), "died")
    cards[1] = None  # recalled before the lane came to it again
    light.db.write_now(outbox.owe_change, START, "withdraw", "test", 1)
    assert light.titles(aino) == ["One"]
    await light.lanes.drain()
    assert light.titles(aino) == light.titles(bo) == []
    assert {d.state for d in light.db.read_now(lambda s: list(s.exec(select(Delivery))))} == {"cancelled"}


async def test_a_card_with_nothing_left_to_say_is_cancelled_and_a_broken_one_parked(house: House, cards: dict[int, Card | None]) -> None:
    aino = house.on_memory("Aino Salo")
    cards[1] = None
    house.owe(aino, 1)
    house.owe(aino, 2)  # no card of this number: the builder raises
    await house.lanes.drain()
    assert house.row(subject_id=1).state == "cancelled"
    assert house.row(subject_id=2).state == "parked" and "KeyError" in house.row(subject_id=2).error


async def test_somebody_who_moved_to_another_platform_is_told_there(light: House) -> None:
    aino = add_person(light.db, "Aino Salo")
    light.owe(aino)  # by mail: no account is known yet
    light.db.write_now(lambda s: identities.link(s, START, "memory", WORKSPACE, "U9", "dm-U9", aino.email, "platform"))
    await light.lanes.drain()
    assert [m.card.title.plain for m in light.memory.chat.at("dm-U9")] == ["One"] and light.row().lane == LANE


async def test_whom_no_connected_platform_reaches_waits_and_is_not_lost(light: House) -> None:
    aino = add_person(light.db, "Aino Salo")
    light.owe(aino)
    await light.lanes.drain()
    row = light.row()
    assert row.state == "owed" and row.attempts == 0 and "no connected platform" in row.error


async def test_a_room_is_found_on_the_platform_that_has_it(house: House) -> None:
    house.db.write_now(outbox.owe_room, START, "test:1:room:admin", "test", 1, "admin")
    await house.lanes.drain()
    assert [m.card.title.plain for m in house.memory.chat.at("room-admin")] == ["One"]


async def test_a_room_that_nobody_has_is_no_debt(light: House) -> None:
    light.memory.has_rooms = False
    light.db.write_now(outbox.owe_room, START, "test:1:room:admin", "test", 1, "admin")
    await light.lanes.drain()
    assert light.row().state == "cancelled"


async def test_a_story_that_comes_late_waits_for_the_morning(light: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.desks.notices.whom.POLITE", {"test"})
    aino = light.on_memory("Aino Salo")
    light.owe(aino)
    light.clock.move(hours=12)  # 23:00 in Helsinki
    await light.lanes.drain()
    assert light.titles(aino) == [] and light.row().due_at == START.replace(day=3, hour=6), "08:00 in Helsinki"
    light.clock.move(hours=9)
    await light.lanes.drain()
    assert light.titles(aino) == ["One"]


async def test_a_paused_lane_keeps_what_is_owed(house: House) -> None:
    aino = house.on_memory("Aino Salo")
    house.owe(aino)
    assert house.db.write_now(outbox.pause, START, None, LANE) and not house.db.write_now(outbox.pause, START, None, LANE)
    await house.lanes.drain()
    (lane,) = house.db.read_now(outbox.lanes)
    assert (lane.lane, lane.owed, lane.is_paused, lane.oldest_due_at) == (LANE, 1, True, START) and house.titles(aino) == []
    assert house.db.write_now(outbox.resume, START, None, LANE)
    await house.lanes.drain()
    assert house.titles(aino) == ["One"]


async def test_the_lanes_wake_when_something_is_owed_and_stop_cleanly(house: House) -> None:
    aino = house.on_memory("Aino Salo")
    async with _running(house.lanes):
        house.owe(aino)
        house.hub.wake()
        await _until(lambda: house.titles(aino) == ["One"])
    assert house.row().state == "sent"


async def test_stopping_gives_back_what_waits_for_its_turn(light: House) -> None:
    people = [light.on_memory(f"Person {i}") for i in range(3)]
    for person in people:
        light.owe(person)
    light.lanes._paces[LANE] = Pace(Limit(per_second=0.5, per_address=0, in_flight=3))
    async with _running(light.lanes):
        await _until(lambda: light.memory.chat.sent == 1)
    states = light.db.read_now(lambda s: sorted(s.exec(select(Delivery.state))))
    assert states == ["owed", "owed", "sent"]


async def test_a_restarted_process_takes_back_what_it_held_and_others_wait_for_the_lease(house: House) -> None:
    aino = house.on_memory("Aino Salo")
    house.owe(aino)
    house.db.write_now(outbox.claim, LANE, "test", 5, START, datetime.now(UTC))
    assert house.db.write_now(outbox.release, datetime.now(UTC), "somebody else") == 0
    async with _running(house.lanes):
        await _until(lambda: house.titles(aino) == ["One"])
    assert house.row().attempts == 2


async def test_two_processes_send_nothing_twice(house: House) -> None:
    people = [house.on_memory(f"Person {i}") for i in range(30)]
    house.db.write_now(lambda s: outbox.owe_many(s, START, "test", 1, [(f"test:1:person:{p.id}", p.id, LANE) for p in people]))
    other = Lanes(house.hub, house.platforms, "another")
    await asyncio.gather(house.lanes.drain(), other.drain())
    assert [len(house.titles(p)) for p in people] == [1] * 30


KILLED = Path(__file__).parent / "fan_out.py"


@pytest.mark.timeout(90)
async def test_kill_9_in_the_middle_of_a_fan_out_to_a_thousand_loses_nothing(db: Database, tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    heard.touch()
    people = [add_person(db, f"Person {i}") for i in range(1)]
    db.write_now(lambda s: s.add_all([Person(name=f"P {i}", email=f"p{i}@meri.example", enrolled_at=START) for i in range(999)]))
    ids = db.read_now(lambda s: list(s.exec(select(Person.id))))
    assert len(ids) == 1000 and people
    db.write_now(
        lambda s: s.add_all(Identity(person_id=i, platform="memory", workspace=WORKSPACE, user=f"U{i}", address=f"dm-{i}", seen_at=START) for i in ids)
    )
    db.write_now(lambda s: outbox.owe_many(s, START, "test", 1, [(f"test:1:person:{i}", i, LANE) for i in ids]))
    kills = 0
    for goal in (150, 400, 700):
        child = await _child(db.url, heard)
        await _until(lambda goal=goal: len(heard.read_bytes()) // 5 >= goal, seconds=30)
        child.send_signal(signal.SIGKILL)
        kills += 1
        await child.wait()
    child = await _child(db.url, heard)
    assert await child.wait() == 0
    told = [int(heard.read_bytes()[i : i + 5]) for i in range(0, len(heard.read_bytes()), 5)]
    assert set(told) == set(ids), "nobody is left out"
    assert len(told) - len(ids) <= kills * 32, "at most what was in flight is told twice"
    assert db.read_now(lambda s: s.exec(select(func.count()).where(Delivery.state == "sent")).one()) == 1000


async def _child(url: str, heard: Path) -> asyncio.subprocess.Process:
    root = Path(__file__).parents[2]
    return await asyncio.create_subprocess_exec(sys.executable, str(KILLED), url, str(heard), cwd=root, env={**os.environ, "PYTHONPATH": str(root)})


async def _until(is_so, seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not is_so():  # noqa: ASYNC110 (the other side is a process)
            await asyncio.sleep(0.01)


@asynccontextmanager
async def _running(lanes: Lanes) -> AsyncIterator[None]:
    await lanes.start()
    try:
        yield
    finally:
        await lanes.stop()


def _to(address: str):
    from bot.ports import Recipient

    return Recipient("memory", WORKSPACE, address, "en", "UTC")
