"""Schema migrations by Alembic, on SQLite and PostgreSQL. Alembic is imported only to migrate: a server that starts merely looks."""

from __future__ import annotations

import contextlib
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.engine import make_url

if TYPE_CHECKING:
    from alembic.config import Config as AlembicConfig

HERE = Path(__file__).parent
_COLUMNS = {  # asked plainly: reflecting every type takes a tenth of a second and megabytes at each start
    "sqlite": "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'",
    "postgresql": "SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
    "WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace AND a.attnum > 0 AND NOT a.attisdropped",
}
_REVISION = re.compile(r"^(down_revision|revision)(?::[^=]*)? = (?:None|['\"]([^'\"]+)['\"])", re.MULTILINE)


def alembic_config(url: str) -> AlembicConfig:
    """Alembic's configuration for one database, without an ini file."""
    from alembic.config import Config as AlembicConfig

    config = AlembicConfig()
    config.set_main_option("script_location", str(HERE))
    config.attributes["url"] = url
    return config


def upgrade(url: str) -> None:
    """Bring a database to the newest schema. `url` is the owner's on PostgreSQL."""
    from alembic import command

    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    command.upgrade(alembic_config(url), "head")


def _revisions() -> dict[str, str]:
    """Every revision this code knows, with the one before it ("" for the first)."""
    found = [dict(_REVISION.findall(path.read_text(encoding="utf-8"))) for path in (HERE / "versions").glob("*.py")]
    return {names["revision"]: names["down_revision"] for names in found}


def head() -> str:
    """The newest revision this code knows."""
    known = _revisions()
    (newest,) = known.keys() - set(known.values())
    return newest


def knows(revision: str) -> bool:
    """Whether this code knows a revision; a newer version's it does not."""
    return revision in _revisions()


def current(url: str) -> str:
    """The revision a database is at; the empty text when it has no schema yet."""
    with _looking(url) as connection:
        if not inspect(connection).has_table("alembic_version"):
            return ""
        return connection.scalar(text("SELECT version_num FROM alembic_version")) or ""


def lacking(url: str) -> list[str]:
    """The columns (`table.column`) that this code knows and a database has not got. Before a first release a revision may still be
    rewritten, so that a database says the right one and lacks something all the same.
    """
    metadata = importlib.import_module("bot.migrations.tables").metadata
    with _looking(url) as connection:
        there = {tuple(row) for row in connection.execute(text(_COLUMNS[connection.dialect.name]))}
    return sorted(f"{c.table.name}.{c.name}" for table in metadata.tables.values() for c in table.columns if (c.table.name, c.name) not in there)


@contextlib.contextmanager
def _looking(url: str) -> Iterator[Connection]:
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    engine = create_engine(parsed)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()
