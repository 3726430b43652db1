"""Backups: made while the server runs, checked before they count, restored only onto nothing.

A backup is a folder: the database (SQLite's backup API, or pg_dump) and manifest.json with its checksum. The secret key is
not in it: without VINKKI_SECRET_KEY what is sealed in a backup is lost.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.engine import make_url

from bot import migrations
from bot.config import Config
from bot.db import Database
from bot.desks.operator import verify_ledger
from bot.errors import VinkkiError
from bot.vault import Vault

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself. `key` recognises the secret key without telling anything about it."""

    made_at: str
    kind: str  # sqlite | postgresql
    schema: str
    file: str
    sha256: str
    size: int
    key: str


def backup(config: Config, folder: Path) -> Manifest:
    """Copy the database into a new folder and check the copy. Raises VinkkiError; a copy that fails its check is removed."""
    if folder.exists() and any(folder.iterdir()):
        raise VinkkiError(f"{folder} is not empty; a backup never overwrites anything")
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / ("vinkki.db" if config.is_sqlite else "vinkki.dump")
    try:
        _copy_sqlite(_sqlite_file(config), file) if config.is_sqlite else _dump(_owner_url(config), file)
        manifest = Manifest(
            f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", "sqlite" if config.is_sqlite else "postgresql", migrations.current(config.database_url),
            file.name, _sha256(file), file.stat().st_size, _fingerprint(config),
        )  # fmt: skip
        (folder / MANIFEST).write_text(json.dumps(asdict(manifest), indent=2) + "\n", encoding="utf-8")
        check(folder)
    except BaseException:
        file.unlink(missing_ok=True)
        (folder / MANIFEST).unlink(missing_ok=True)
        raise
    return manifest


def check(folder: Path) -> Manifest:
    """Check a backup: its checksum, the database's integrity, the ledger. Raises VinkkiError with what is wrong."""
    try:
        manifest = Manifest(**json.loads((folder / MANIFEST).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        raise VinkkiError(f"{folder} is not a backup of Vinkki: it has no readable {MANIFEST}") from None
    file = folder / Path(manifest.file).name
    if not file.exists() or _sha256(file) != manifest.sha256:
        raise VinkkiError(f"{file} is not what was backed up (checksum); use another backup")
    if manifest.kind == "sqlite":
        _check_sqlite(file)
    else:
        _run([_tool("pg_restore"), "--list", str(file)], {})
    return manifest


def restore(config: Config, folder: Path) -> Manifest:
    """Put a checked backup in the place of nothing. Raises VinkkiError where a database stands already, or another kind is set."""
    manifest = check(folder)
    if (manifest.kind == "sqlite") != config.is_sqlite:
        raise VinkkiError(f"the backup is of {manifest.kind}, but VINKKI_DATABASE_URL names another kind of database")
    if manifest.key != _fingerprint(config):
        raise VinkkiError("VINKKI_SECRET_KEY is not the key this backup was made with: what is sealed in it could not be read")
    if not migrations.knows(manifest.schema):
        raise VinkkiError("the backup was made by a newer version of Vinkki; install that version")
    file = folder / Path(manifest.file).name
    if config.is_sqlite:
        _put_back(file, _sqlite_file(config))
        return manifest
    if migrations.current(config.database_url):
        raise VinkkiError("there is a database already; restore into an empty one")
    url, env = _libpq(_owner_url(config))
    _run([_tool("pg_restore"), "--no-owner", "--single-transaction", "--exit-on-error", "--dbname", url, str(file)], env)
    _check_ledger(config.database_url)
    return manifest


def _copy_sqlite(source: Path, target: Path) -> None:
    if not source.exists():
        raise VinkkiError(f"there is no database at {source}")
    with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=30)) as a, closing(sqlite3.connect(target)) as b:
        a.backup(b)  # a consistent copy, also while the server writes
        b.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it


def _put_back(file: Path, target: Path) -> None:
    beside = [p for p in (target, *(target.with_name(target.name + end) for end in ("-wal", "-shm"))) if p.exists()]
    if beside:
        raise VinkkiError(f"{beside[0]} is there already; move it away before restoring")
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(target.name + ".restoring")
    shutil.copyfile(file, partial)
    _check_sqlite(partial)
    partial.replace(target)


def _check_sqlite(file: Path) -> None:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        try:
            found = connection.execute("PRAGMA integrity_check").fetchone()[0]
        except sqlite3.DatabaseError:
            found = "not a database"
    if found != "ok":
        raise VinkkiError(f"{file} is damaged (integrity_check); use another backup")
    _check_ledger(f"sqlite:///{file}")


def _check_ledger(url: str) -> None:
    db = Database(url, readers=1)
    try:
        verdict = db.read_now(verify_ledger)
    finally:
        db.close()
    if not verdict.is_sound:
        raise VinkkiError(f"the ledger does not verify: {verdict.finding}")


def _dump(url: str, file: Path) -> None:
    plain, env = _libpq(url)
    _run([_tool("pg_dump"), "--format=custom", "--no-owner", "--file", str(file), "--dbname", plain], env)


def _libpq(url: str) -> tuple[str, dict[str, str]]:
    """The address without its password, which goes into the environment: process lists are public."""
    parsed = make_url(url).set(drivername="postgresql")
    password = str(parsed.password) if parsed.password else ""
    return parsed._replace(password=None).render_as_string(), {"PGPASSWORD": password} if password else {}


def _tool(name: str) -> str:
    found = shutil.which(name)
    if not found:
        raise VinkkiError(f"{name} is not installed; it comes with PostgreSQL's client (Debian: apt-get install postgresql-client)")
    return found


def _run(command: list[str], env: dict[str, str]) -> None:
    done = subprocess.run(command, env={**os.environ, **env}, capture_output=True, text=True, check=False)  # noqa: S603 (our own tools, no shell)
    if done.returncode:
        raise VinkkiError(f"{Path(command[0]).name} failed: {done.stderr.strip().splitlines()[-1][:200] if done.stderr.strip() else 'no reason given'}")


def _owner_url(config: Config) -> str:
    return config.database_migration_url or config.database_url


def _sqlite_file(config: Config) -> Path:
    return Path(make_url(config.database_url).database or "")


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while piece := stream.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def _fingerprint(config: Config) -> str:
    return Vault.of(config).keyed_hash("backup")[:16]
