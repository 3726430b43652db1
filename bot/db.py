"""The database: synchronous SQLModel sessions in worker threads, the same code on SQLite and PostgreSQL.

SQLite has one writer thread (BEGIN IMMEDIATE, WAL, FULL) and deferred readers; PostgreSQL has a small psycopg pool.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import CursorResult, DateTime, Engine, create_engine, delete, event, inspect, text
from sqlalchemy.engine import Dialect, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, Session, SQLModel

P = ParamSpec("P")
T = TypeVar("T")

_WRITER_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000", "foreign_keys=ON", "recursive_triggers=ON", "secure_delete=ON")
_READER_PRAGMAS = ("busy_timeout=30000", "foreign_keys=ON", "query_only=ON")


class UtcDateTime(TypeDecorator[datetime]):
    """A UTC moment. SQLite gives naive datetimes back, so they are made aware here; naive ones are refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime has no place in the database")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def utc_field(**kwargs: Any) -> Any:
    """A SQLModel field for a UTC moment (`*_at`)."""
    return Field(sa_type=UtcDateTime, **kwargs)


class Database:
    """Runs functions `fn(session, …)` in worker threads: `write` commits or rolls back as a whole, `read` cannot write."""

    def __init__(self, url: str, *, readers: int = 3) -> None:
        self.url = url
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        if self.is_sqlite:
            self.writer, self.reader = _sqlite(url, _WRITER_PRAGMAS, "BEGIN IMMEDIATE"), _sqlite(url, _READER_PRAGMAS, "BEGIN")
        else:
            self.writer = self.reader = create_engine(_psycopg(url), hide_parameters=True, pool_size=readers + 2, max_overflow=2, pool_pre_ping=True)
        self._writing = ThreadPoolExecutor(1 if self.is_sqlite else readers + 1, thread_name_prefix="db-write")
        self._reading = ThreadPoolExecutor(readers, thread_name_prefix="db-read")

    def write_now(self, fn: Callable[Concatenate[Session, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `fn` in this thread, in one transaction."""
        with Session(self.writer, expire_on_commit=False) as session, session.begin():
            return fn(session, *args, **kwargs)

    def read_now(self, fn: Callable[Concatenate[Session, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `fn` in this thread, in one transaction that is rolled back."""
        with Session(self.reader, expire_on_commit=False, autoflush=False) as session:
            return fn(session, *args, **kwargs)

    async def write(self, fn: Callable[Concatenate[Session, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `fn` in a writer thread, in one transaction; the result's rows stay readable afterwards."""
        return await asyncio.get_running_loop().run_in_executor(self._writing, lambda: self.write_now(fn, *args, **kwargs))

    async def read(self, fn: Callable[Concatenate[Session, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `fn` in a reader thread."""
        return await asyncio.get_running_loop().run_in_executor(self._reading, lambda: self.read_now(fn, *args, **kwargs))

    async def write_raw(self, fn: Callable[[Any], T]) -> T:
        """Run `fn(connection)` on a plain DBAPI connection in a writer thread and commit: for the hot paths (clicks, receipts)."""
        return await asyncio.get_running_loop().run_in_executor(self._writing, self.write_raw_now, fn)

    def write_raw_now(self, fn: Callable[[Any], T]) -> T:
        """As `write_raw`, in this thread. On SQLite the connection is in autocommit mode, so the transaction is begun here."""
        raw = self.writer.raw_connection()
        try:
            if self.is_sqlite:
                raw.cursor().execute("BEGIN IMMEDIATE")
            result = fn(raw)
            raw.cursor().execute("COMMIT") if self.is_sqlite else raw.commit()
            return result
        except BaseException:
            raw.cursor().execute("ROLLBACK") if self.is_sqlite else raw.rollback()
            raise
        finally:
            raw.close()

    def ping(self) -> None:
        """Raises if the database does not answer."""
        with self.reader.connect() as c:
            c.execute(text("SELECT 1"))

    def close(self) -> None:
        """Let running work finish, then close the engines. Call after the scheduler has stopped."""
        self._writing.shutdown(wait=True)
        self._reading.shutdown(wait=True)
        self.writer.dispose()
        self.reader.dispose()


def remove(session: Session, row: SQLModel) -> bool:
    """Delete a row; False when somebody else deleted it at the same moment (the ORM's own delete would only warn)."""
    mapper = inspect(type(row))
    key = [column == value for column, value in zip(mapper.primary_key, mapper.primary_key_from_instance(row), strict=True)]
    done = session.execute(delete(type(row)).where(*key))
    return isinstance(done, CursorResult) and done.rowcount == 1


def lost_race(error: DBAPIError) -> bool:
    """Two transactions met (a unique row made twice at once, a deadlock) and this one was rolled back: it may be tried again."""
    return isinstance(error, IntegrityError) or getattr(error.orig, "sqlstate", "") in ("40P01", "40001")


def _psycopg(url: str) -> str:
    return str(make_url(url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False))


def _sqlite(url: str, pragmas: tuple[str, ...], begin: str) -> Engine:
    path = make_url(url).database
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"check_same_thread": False}, hide_parameters=True)  # errors quote no values

    @event.listens_for(engine, "connect")
    def _connect(dbapi: Any, _record: Any) -> None:
        dbapi.isolation_level = None  # SQLAlchemy's "begin" event below starts transactions, not the driver
        cursor = dbapi.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine
