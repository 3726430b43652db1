"""Schema migrations by Alembic, on SQLite and PostgreSQL."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

HERE = Path(__file__).parent


def alembic_config(url: str) -> AlembicConfig:
    """Alembic's configuration for one database, without an ini file."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(HERE))
    config.attributes["url"] = url
    return config


def upgrade(url: str) -> None:
    """Bring a database to the newest schema. `url` is the owner's on PostgreSQL."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    command.upgrade(alembic_config(url), "head")


def head() -> str:
    """The newest revision this code knows."""
    return ScriptDirectory(str(HERE)).get_current_head() or ""


def knows(revision: str) -> bool:
    """Whether this code knows a revision; a newer version's it does not."""
    return any(script.revision == revision for script in ScriptDirectory(str(HERE)).walk_revisions())


def current(url: str) -> str:
    """The revision a database is at; the empty text when it has no schema yet."""
    from alembic.migration import MigrationContext

    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    engine = create_engine(parsed)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision() or ""
    finally:
        engine.dispose()
