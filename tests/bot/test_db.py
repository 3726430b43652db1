from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from conftest import START, add_person
from sqlalchemy import event
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlmodel import select

from bot import audit
from bot import db as database
from bot.audit import AuditEntry
from bot.db import Database
from bot.errors import Refusal
from bot.people import Person, by_email


async def test_a_write_that_fails_leaves_nothing(db: Database) -> None:
    def half(session):
        session.add(Person(name="Half", email="half@meri.example"))
        session.flush()
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        await db.write(half)
    assert await db.read(by_email, "half@meri.example") is None


def _adds(name: str):  # type: ignore[no-untyped-def]
    def add(session):  # type: ignore[no-untyped-def]
        session.add(Person(name=name, email=f"{name}@meri.example"))
        session.flush()
        return name

    return add


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow this machine is at the moment, all who wait belong to one group."""
    monkeypatch.setattr(database, "TOGETHER_SECONDS", 60)


@contextmanager
def _busy(db: Database) -> Iterator[list[str]]:
    """The writer is at work meanwhile, so that others wait together; collects how transactions end."""
    ended: list[str] = []
    for name in ("commit", "rollback"):
        event.listen(db.writer, name, lambda _connection, name=name: ended.append(name))
    may_end = threading.Event()
    db._writing.submit(may_end.wait, 10)
    try:
        yield ended
    finally:
        may_end.set()


async def test_short_writes_that_wait_together_are_committed_together_and_fail_alone(lite: Database, patient: None) -> None:
    def fails(session):  # type: ignore[no-untyped-def]
        _adds("half")(session)
        raise Refusal("forbidden")

    works = [_adds("aino"), fails, _adds("leo"), _adds("aino"), _adds("nora")]  # the second Aino meets a unique row
    with _busy(lite) as ended:
        tasks = [asyncio.create_task(lite.write_soon(work)) for work in works]
        await asyncio.sleep(0)
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert [f if isinstance(f, str) else type(f) for f in found] == ["aino", Refusal, "leo", IntegrityError, "nora"]
    assert ended == ["commit"]
    assert sorted(lite.read_now(lambda s: s.exec(select(Person.name)).all())) == ["aino", "leo", "nora"]


async def test_nobody_of_a_group_is_told_of_success_when_the_commit_fails(lite: Database, patient: None) -> None:
    def orphan(session):  # type: ignore[no-untyped-def]
        session.connection().exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        session.connection().exec_driver_sql("INSERT INTO rolegrant (person_id, role) VALUES (4711, 'hr')")

    with _busy(lite):
        tasks = [asyncio.create_task(lite.write_soon(work)) for work in (_adds("aino"), orphan, _adds("leo"))]
        await asyncio.sleep(0)
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(f) for f in found] == [IntegrityError] * 3
    assert lite.read_now(lambda s: s.exec(select(Person.name)).all()) == []


async def test_what_undoes_the_whole_transaction_is_told_to_everybody_in_it(lite: Database, patient: None) -> None:
    def undo(session):  # type: ignore[no-untyped-def]
        session.connection().exec_driver_sql("ROLLBACK")  # as SQLite does by itself when the disk is full
        raise RuntimeError("the disk is full")

    with _busy(lite):
        tasks = [asyncio.create_task(lite.write_soon(work)) for work in (_adds("aino"), undo, _adds("leo"))]
        await asyncio.sleep(0)
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(f, Exception) for f in found[:2])
    names = lite.read_now(lambda s: s.exec(select(Person.name)).all())
    assert names == [f for f in found if isinstance(f, str)], "who was told of success is there, and nobody else"
    assert await lite.write_soon(_adds("nora")) == "nora"


async def test_who_does_not_wait_any_more_is_not_run_and_hinders_nobody(lite: Database, patient: None) -> None:
    with _busy(lite):
        tasks = [asyncio.create_task(lite.write_soon(work)) for work in (_adds("aino"), _adds("leo"), _adds("nora"))]
        await asyncio.sleep(0)
        tasks[1].cancel()
        await asyncio.sleep(0)
    await asyncio.gather(*tasks, return_exceptions=True)
    assert sorted(lite.read_now(lambda s: s.exec(select(Person.name)).all())) == ["aino", "nora"]


async def test_a_group_ends_when_its_time_is_over_and_nobody_is_forgotten(lite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "TOGETHER_SECONDS", 0)
    with _busy(lite) as ended:
        tasks = [asyncio.create_task(lite.write_soon(_adds(f"person-{n}"))) for n in range(4)]
        await asyncio.sleep(0)
    assert await asyncio.gather(*tasks) == [f"person-{n}" for n in range(4)] and ended == ["commit"] * 4


async def test_short_writes_are_writes_on_both_databases(db: Database) -> None:
    found = await asyncio.gather(*(db.write_soon(_adds(f"person-{n}")) for n in range(20)))
    assert found == [f"person-{n}" for n in range(20)]
    assert len(db.read_now(lambda s: s.exec(select(Person.name)).all())) == 20


async def test_times_come_back_aware_and_in_utc(db: Database) -> None:
    add_person(db, "Aino Salo")
    found = await db.read(by_email, "AINO.salo@meri.example")
    assert found is not None and found.enrolled_at == START and found.enrolled_at.tzinfo is not None


async def test_readers_cannot_write(lite: Database) -> None:
    def sneak(session):
        session.add(Person(name="Sneak", email="sneak@meri.example"))
        session.flush()

    with pytest.raises(DatabaseError, match="readonly"):
        await lite.read(sneak)


async def test_audit_rows_cannot_be_changed_or_deleted(db: Database) -> None:
    await db.write(audit.note, START, None, "story.published", "story", 1)

    def change(session):
        row = session.exec(select(AuditEntry)).one()
        row.what = "nothing"

    def delete(session):
        session.delete(session.exec(select(AuditEntry)).one())

    for deed in (change, delete):
        with pytest.raises(DatabaseError, match="append-only"):
            await db.write(deed)


async def test_writers_wait_for_each_other(db: Database) -> None:
    person = add_person(db, "Counter")

    def add_one(session):
        row = session.get(Person, person.id, with_for_update=True)
        row.version += 1

    await asyncio.gather(*(db.write(add_one) for _ in range(20)))
    assert (await db.read(by_email, person.email)).version == 21
