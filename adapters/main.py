"""Starting the house: the database made ready, one process at a time on SQLite, signals, and the command line `vinkki`."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.cli import app as cli
from bot.errors import ConfigError

if TYPE_CHECKING:
    from adapters.house import House
    from bot.config import Config

__all__ = ["cli", "only_one", "prepare_database", "run"]


def sqlite_path(config: Config) -> Path | None:
    """The database's file, on SQLite."""
    from sqlalchemy.engine import make_url

    found = make_url(config.database_url).database if config.is_sqlite else None
    return Path(found) if found else None


def prepare_database(config: Config, say: Callable[[str], None] = lambda _text: None) -> None:
    """Bring the schema to what this version needs. SQLite: migrate, after a backup if there was something in it.
    PostgreSQL: only look, since the serving role owns nothing. Raises ConfigError with what to do."""
    from bot import migrations

    path, head = sqlite_path(config), migrations.head()
    if path is not None and not path.exists():
        say(f"There is no database at {path.absolute()} yet: creating it …")
        _migrate(config.database_url)
        return
    current = migrations.current(config.database_url)
    if current == head:
        if lacking := migrations.lacking(config.database_url):
            raise ConfigError(
                f"the database was made by an unreleased version of Vinkki and lacks {lacking[0]}; begin with a new one, or go back to that version"
            )
        return
    if current and not migrations.knows(current):
        raise ConfigError("the database was made by a newer version of Vinkki; install that version or restore a backup")
    if path is None:
        raise ConfigError("the database's schema is not the one of this version; run `vinkki migrate` (with VINKKI_DATABASE_MIGRATION_URL) and start again")
    if current:
        from adapters import copies

        kept = path.parent / "backups" / f"before-{head}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        say(f"Backing up to {kept} before upgrading …")
        copies.backup(config, kept)
    _migrate(config.database_url)


def _migrate(url: str) -> None:
    """In a process of its own: what migrates would stay in a server's memory for all its life. Raises ConfigError."""
    code = "import sys; from bot import migrations; migrations.upgrade(sys.argv[1])"
    if subprocess.run([sys.executable, "-c", code, url], check=False).returncode:  # noqa: S603 our own code
        raise ConfigError("the database's schema could not be brought up to date; what it said stands above")


@contextlib.contextmanager
def only_one(config: Config) -> Iterator[None]:
    """Hold the database's lock file: a second server on the same SQLite file is refused with ConfigError.

    PostgreSQL needs none: claims and leases keep several processes apart.
    """
    path = sqlite_path(config)
    if path is None or path.name == ":memory:":
        yield
        return
    import fcntl

    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(path.name + ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ConfigError(f"another Vinkki is running on {path}; stop it first (SQLite has one server, PostgreSQL may have several)") from None
        yield


def owner_of(config: Config) -> str:
    """What this server is called in the outbox: the same name after a restart."""
    return f"{socket.gethostname()}:{config.port}"[:80]


def run(house: House, on_ready: Callable[[int], None] = lambda _port: None) -> None:
    """Serve until told to stop (Ctrl-C, SIGTERM), on uvloop where there is one. `on_ready` gets the port."""
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(house, on_ready))


async def _serve(house: House, on_ready: Callable[[int], None]) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        port = await house.start()
        gc.collect()
        gc.freeze()  # what is here now stays; the collector need not look through it again and again while people wait
        on_ready(port)
        await stop.wait()
    finally:
        await house.stop()


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


if __name__ == "__main__":
    cli()
