"""The database: synchronous SQLModel sessions in worker threads, the same code on SQLite and PostgreSQL.

SQLite has one writer thread (BEGIN IMMEDIATE, WAL, FULL) and deferred readers; PostgreSQL has a small psycopg pool.
"""

from __future__ import annotations

import asyncio
import importlib
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeAlias, TypeVar

from sqlalchemy import Connection, CursorResult, DateTime, Engine, create_engine, delete, event, inspect, text
from sqlalchemy.engine import Dialect, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, Session, SQLModel

# A table class does not validate what it is made from, so its validator is built only where somebody asks for it.
SQLModel.model_config["defer_build"] = True

P = ParamSpec("P")
T = TypeVar("T")

_WRITER_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000", "foreign_keys=ON", "recursive_triggers=ON", "secure_delete=ON")
_READER_PRAGMAS = ("busy_timeout=30000", "foreign_keys=ON", "query_only=ON")
TOGETHER_SECONDS = 0.02  # so long short transactions gather until they are committed
_Waiting: TypeAlias = tuple[Callable[[Session], Any], Future[Any]]


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


def insert_of(session: Session) -> Any:
    """The INSERT with ON CONFLICT of the database in use (`insert_of(session)(Table)`); of the other one nothing is imported."""
    return importlib.import_module(f"sqlalchemy.dialects.{session.get_bind().dialect.name}").insert


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
        self._together = _Together(self.writer) if self.is_sqlite else None
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

    async def write_soon(self, fn: Callable[Concatenate[Session, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """As `write`, for what is short and somebody waits for: on SQLite, those who wait for the writer at the same moment share
        one commit, before other work that waits. Each is undone alone when it raises; nobody has an answer before the commit."""
        if self._together is None:
            return await self.write(fn, *args, **kwargs)
        done = self._together.add(lambda session: fn(session, *args, **kwargs))
        self._writing.submit(self._together.run)
        return await asyncio.wrap_future(done)

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


class _Together:
    """Short transactions that wait for SQLite's one writer: run one after the other, each in a savepoint, and committed at once.

    Most of a small transaction's time is its way to the disk, and thirty presses at once need not go there thirty times.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: deque[_Waiting] = deque()

    def add(self, work: Callable[[Session], T]) -> Future[T]:
        """Its result once it is committed; what it raised; or what the commit raised. Each needs a `run` of its own to follow."""
        done: Future[T] = Future()
        self._waiting.append((work, done))
        return done

    def run(self) -> None:
        """In the writer's thread: everybody who waits now, as far as they are done in TOGETHER_SECONDS."""
        if not self._waiting:
            return  # went along with somebody before
        first = self._waiting.popleft()
        if self._waiting:
            self._run_group(first)
        elif first[1].set_running_or_notify_cancel():
            _tried(self._engine, first)()

    def _run_group(self, first: _Waiting) -> None:
        group, outcomes = [first], []
        try:
            with self._engine.connect() as connection, connection.begin():
                until = time.monotonic() + TOGETHER_SECONDS
                for one in group:
                    if one[1].set_running_or_notify_cancel():
                        outcomes.append(_tried(connection, one))
                        _require_open(connection)
                    if self._waiting and time.monotonic() < until:
                        group.append(self._waiting.popleft())
        except BaseException as e:
            outcomes = [partial(done.set_exception, e) for _, done in group if not done.cancelled()]
        for tell in outcomes:
            tell()


def _tried(bind: Engine | Connection, one: _Waiting) -> Callable[[], None]:
    """Run one in a transaction, on a connection in a savepoint; returns how to tell its outcome."""
    work, done = one
    try:
        with Session(bind, expire_on_commit=False, join_transaction_mode="create_savepoint") as session, session.begin():
            result = work(session)
    except Exception as e:
        return partial(done.set_exception, e)
    return partial(done.set_result, result)


def _require_open(connection: Connection) -> None:
    """Some errors (a full disk) undo SQLite's whole transaction, and the driver then calls committing nothing a success."""
    if not connection.connection.dbapi_connection.in_transaction:  # type: ignore[union-attr]
        raise RuntimeError("the transaction of several was undone with one of them")


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
