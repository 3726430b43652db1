"""Schema migrations by Alembic, on SQLite and PostgreSQL. Alembic is imported only to migrate: a server that starts merely looks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import make_url

if TYPE_CHECKING:
    from alembic.config import Config as AlembicConfig

HERE = Path(__file__).parent
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
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    engine = create_engine(parsed)
    try:
        with engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return ""
            return connection.scalar(text("SELECT version_num FROM alembic_version")) or ""
    finally:
        engine.dispose()
