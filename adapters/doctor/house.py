"""The doctor at home: settings, address, database, and what stands in it. No server outside is asked."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from adapters.doctor.finding import Finding, good, missing, wrong
from bot import migrations
from bot.config import Config, require_safe
from bot.db import Database
from bot.desks import operator
from bot.errors import ConfigError

_ANYWHERE = "Set it in the environment or in .env; docs/configuration.md lists every variable."
# part of a variable's name -> where its value comes from
_FROM = {
    "SECRET_KEY": "Make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))' and keep a copy apart from the backups.",
    "SIGNING_SECRET": "Copy it from Basic Information of your Slack app (api.slack.com/apps).",
    "SLACK_BOT_TOKEN": "Copy it from OAuth & Permissions of your Slack app (api.slack.com/apps); it begins with xoxb-.",
    "SLACK_APP_TOKEN": "Make one under Basic Information of your Slack app, with the scope connections:write; it begins with xapp-.",
    "TEAMS_APP_PASSWORD": "Make a client secret for the app registration (entra.microsoft.com) and copy its value, not its id.",
    "TEAMS_": "Copy it from the overview page of the app registration (entra.microsoft.com).",
}  # fmt: skip
ROOM = 500_000_000  # bytes that should be free beside the database


def safety(config: Config) -> Iterator[Finding]:
    """Secrets and addresses are such that the server starts."""
    try:
        require_safe(config)
        yield good("Settings", "complete, and no placeholder among the secrets")
    except ConfigError as e:
        yield wrong("Settings", str(e), next((how for name, how in _FROM.items() if name in str(e)), _ANYWHERE))


def addresses(config: Config) -> Iterator[Finding]:
    """Links lead where others can follow."""
    url = config.base_url
    if config.is_loopback and "127.0.0.1" in url:
        yield missing("Address", f"{url}: only this machine can reach it",
                      "Put a reverse proxy with a certificate in front and set VINKKI_BASE_URL to its https address.")  # fmt: skip
    elif not config.trusted_proxies and url.startswith("https:"):
        yield wrong("Address", f"{url}: behind a proxy, but VINKKI_TRUSTED_PROXIES is empty",
                    "Set it to the proxy's address (often 127.0.0.1), or every visitor seems to come from the proxy.")  # fmt: skip
    else:
        yield good("Address", url)


def database(config: Config) -> Iterator[Finding]:
    """The database answers, can be written to, has this version's schema; then what stands in it."""
    kind, path = "SQLite" if config.is_sqlite else "PostgreSQL", _file(config)
    if path and not path.exists():
        yield missing("Database", f"no database at {path} yet", "`vinkki serve` or `vinkki migrate` creates it.")
        return
    if path and not all(os.access(p, os.W_OK, effective_ids=os.access in os.supports_effective_ids) for p in (path, path.parent)):
        yield wrong("Database", f"{path} cannot be written to", f"Give the account that runs Vinkki the file and its folder: chown -R vinkki {path.parent}")
        return
    try:
        current, head = migrations.current(config.database_url), migrations.head()
    except (SQLAlchemyError, OSError) as e:
        yield wrong("Database", f"{kind} does not answer ({type(e).__name__})", "Check VINKKI_DATABASE_URL: host, port, name, user and password.")
        return
    if current != head:
        yield _other_schema(kind, current, head)
        return
    if lacking := migrations.lacking(config.database_url):
        yield wrong("Database", f"{kind}, schema {head} of an unreleased version of Vinkki: {lacking[0]} is not there",
                    "Begin with a new database, or go back to the version that made this one.")  # fmt: skip
        return
    yield from _content(config, kind, head)
    if path and (free := shutil.disk_usage(path.parent).free) < ROOM:
        yield wrong("Disk", f"{free // 1_000_000} MB free beside the database", "Make room: a full disk stops everything.")


def known_workspaces(config: Config, platform: str) -> set[str]:
    """The workspaces of a platform that people here are known from; none where the database cannot be read."""
    path = _file(config)
    if path and not path.exists():
        return set()
    db = Database(config.database_url, readers=1)
    try:
        return db.read_now(operator.workspaces, platform)
    except SQLAlchemyError:
        return set()
    finally:
        db.close()


def _file(config: Config) -> Path | None:
    return Path(make_url(config.database_url).database or "") if config.is_sqlite else None


def _other_schema(kind: str, current: str, head: str) -> Finding:
    if current and not migrations.knows(current):
        return wrong("Database", f"{kind}, schema {current}: made by a newer version of Vinkki than this one",
                     "Run the newer version, or restore the backup that was made before the upgrade.")  # fmt: skip
    return wrong("Database", f"{kind}, schema {current or 'none'}; this version needs {head}", "Run: vinkki migrate")


def _content(config: Config, kind: str, head: str) -> Iterator[Finding]:
    db = Database(config.database_url, readers=1)
    try:
        db.write_now(operator.rehearse_writing, datetime.now(UTC))
        people, admins = db.read_now(operator.count_people), db.read_now(operator.count_administrators)
        verdict, is_key_right = db.read_now(operator.verify_ledger), db.read_now(operator.opens_with, _vault(config))
    except SQLAlchemyError as e:
        yield _not_writable(kind, e)
        return
    finally:
        db.close()
    yield good("Database", f"{kind}, schema {head}, can be written to")
    if not is_key_right:
        yield wrong("Key", "VINKKI_SECRET_KEY does not open what is sealed in this database",
                    "Put back the key it was made with, or list it in VINKKI_SECRET_KEYS_OLD.")  # fmt: skip
    if not people:
        yield missing("People", "nobody is in the directory", "Run: vinkki people import FILE.csv")
    elif not admins:
        yield wrong("People", f"{people} people, and nobody with the role hr", "Run: vinkki people role EMAIL hr")
    else:
        yield good("People", f"{people} people, {admins} with the role hr")
    if verdict.is_sound:
        yield good("Ledger", f"{verdict.entries} entries, the chain is whole")
    else:
        yield wrong("Ledger", verdict.finding, "Restore a backup from before, and find out who had access to the database.")


def _not_writable(kind: str, error: SQLAlchemyError) -> Finding:
    """What the database said, in our words: its own may hold values."""
    said = str(error.__cause__ or "")
    if "locked" in said:
        return wrong("Database", f"{kind} is locked by another program",
                     "Close what has the file open (a database browser, a copy under way), then ask again.")  # fmt: skip
    if "read-only" in said or "readonly" in said:
        return wrong("Database", f"{kind} is read-only", "Point VINKKI_DATABASE_URL at the primary, not at a replica or a file on a read-only disk.")
    if "permission denied" in said:
        return wrong("Database", f"{kind}: the role may not write", "Give the serving role its grants: docs/deploy/serving-role.sh lists them.")
    return wrong("Database", f"{kind} cannot be used ({type(error).__name__})", "Look at the database's own log.")


def _vault(config: Config) -> Any:
    from bot.vault import Vault

    return Vault.of(config)
