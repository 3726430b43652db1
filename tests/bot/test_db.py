from __future__ import annotations

import asyncio

import pytest
from conftest import START, add_person
from sqlalchemy.exc import DatabaseError
from sqlmodel import select

from bot import audit
from bot.audit import AuditEntry
from bot.db import Database
from bot.people import Person, by_email


async def test_a_write_that_fails_leaves_nothing(db: Database) -> None:
    def half(session):
        session.add(Person(name="Half", email="half@meri.example"))
        session.flush()
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        await db.write(half)
    assert await db.read(by_email, "half@meri.example") is None


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
