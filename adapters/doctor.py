"""What is missing or wrong in an installation, in plain words, and how to get it. Looks at everything; changes nothing."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Literal

import aiohttp
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from bot import migrations
from bot.config import Config, require_safe
from bot.db import Database
from bot.desks import operator
from bot.errors import ConfigError, VinkkiError

State = Literal["good", "missing", "wrong"]
TIMEOUT = aiohttp.ClientTimeout(total=10)
SKEW_SECONDS = 60  # Slack refuses requests that are five minutes old


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `missing` is fine as long as it is not wanted, `wrong` must be put right; `how` says how."""

    what: str
    state: State
    found: str
    how: str = ""


def examine(config: Config, *, is_offline: bool = False) -> list[Finding]:
    """Look at everything, in the order in which one would set it up."""
    findings = [*_safety(config), *_addresses(config), *_database(config)]
    checks: list[Callable[[Config, aiohttp.ClientSession], Awaitable[list[Finding]]]] = [_slack, _teams]
    if is_offline:
        return [*findings, *_unconfigured(config)]
    return [*findings, *_unconfigured(config), *asyncio.run(_online(config, checks)), *_mail(config)]


def _safety(config: Config) -> Iterator[Finding]:
    try:
        require_safe(config)
        yield Finding("Settings", "good", "complete, and no placeholder among the secrets")
    except ConfigError as e:
        how = "Set it in the environment or in .env; docs/configuration.md lists every variable."
        if "SECRET_KEY" in str(e):
            how = "Make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))' and keep a copy apart from the backups."
        yield Finding("Settings", "wrong", str(e), how)


def _addresses(config: Config) -> Iterator[Finding]:
    url = config.base_url
    if config.is_loopback and "127.0.0.1" in url:
        yield Finding("Address", "missing", f"{url}: only this machine can reach it",
                      "Put a reverse proxy with a certificate in front and set VINKKI_BASE_URL to its https address.")  # fmt: skip
    elif not config.trusted_proxies and url.startswith("https:"):
        yield Finding("Address", "wrong", f"{url}: behind a proxy, but VINKKI_TRUSTED_PROXIES is empty",
                      "Set it to the proxy's address (often 127.0.0.1), or every visitor seems to come from the proxy.")  # fmt: skip
    else:
        yield Finding("Address", "good", url)


def _database(config: Config) -> Iterator[Finding]:
    kind = "SQLite" if config.is_sqlite else "PostgreSQL"
    path = Path(make_url(config.database_url).database or "") if config.is_sqlite else None
    if path and not path.exists():
        yield Finding("Database", "missing", f"no database at {path} yet", "`vinkki serve` or `vinkki migrate` creates it.")
        return
    try:
        current, head = migrations.current(config.database_url), migrations.head()
    except (SQLAlchemyError, OSError) as e:
        yield Finding("Database", "wrong", f"{kind} does not answer ({type(e).__name__})", "Check VINKKI_DATABASE_URL: host, port, name, user and password.")
        return
    if current != head:
        yield Finding("Database", "wrong", f"{kind}, schema {current or 'none'}; this version needs {head}", "Run: vinkki migrate")
        return
    yield Finding("Database", "good", f"{kind}, schema {head}")
    if path and (free := shutil.disk_usage(path.parent).free) < 500_000_000:
        yield Finding("Disk", "wrong", f"{free // 1_000_000} MB free beside the database", "Make room: a full disk stops everything.")
    yield from _content(config)


def _content(config: Config) -> Iterator[Finding]:
    db = Database(config.database_url, readers=1)
    try:
        people, admins = db.read_now(operator.count_people), db.read_now(operator.count_administrators)
        verdict, is_key_right = db.read_now(operator.verify_ledger), db.read_now(operator.opens_with, _vault(config))
    finally:
        db.close()
    if not is_key_right:
        yield Finding(
            "Key",
            "wrong",
            "VINKKI_SECRET_KEY does not open what is sealed in this database",
            "Put back the key it was made with, or list it in VINKKI_SECRET_KEYS_OLD.",
        )
    if not people:
        yield Finding("People", "missing", "nobody is in the directory", "Run: vinkki people import FILE.csv")
    elif not admins:
        yield Finding("People", "wrong", f"{people} people, and nobody with the role hr", "Run: vinkki people role EMAIL hr")
    else:
        yield Finding("People", "good", f"{people} people, {admins} with the role hr")
    if verdict.is_sound:
        yield Finding("Ledger", "good", f"{verdict.entries} entries, the chain is whole")
    else:
        yield Finding(
            "Ledger", "wrong", f"row {verdict.bad_id}: {verdict.reason}", "Restore a backup from before, and find out who had access to the database."
        )


def _vault(config: Config) -> Any:
    from bot.vault import Vault

    return Vault.of(config)


def _unconfigured(config: Config) -> Iterator[Finding]:
    if not config.has_slack:
        yield Finding(
            "Slack",
            "missing",
            "not connected",
            "docs/connect-slack.md: create the app from manifest.json, then set VINKKI_SLACK_BOT_TOKEN and VINKKI_SLACK_SIGNING_SECRET.",
        )
    if not config.has_teams:
        yield Finding(
            "Teams",
            "missing",
            "not connected",
            "docs/connect-teams.md: register a bot, set VINKKI_TEAMS_APP_ID, …_APP_PASSWORD and …_TENANT_ID, then run: vinkki teams package",
        )
    if not config.smtp_url.get_secret_value():
        yield Finding("E-mail", "missing", "no mail server: nobody without a chat seat can be told anything",
                      "Set VINKKI_SMTP_URL (smtp://user:password@host:587) and VINKKI_MAIL_FROM. Until then: vinkki sign-in-link EMAIL")  # fmt: skip


async def _online(config: Config, checks: list[Callable[[Config, aiohttp.ClientSession], Awaitable[list[Finding]]]]) -> list[Finding]:
    async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
        return [finding for check in checks for finding in await check(config, session)]


async def _slack(config: Config, session: aiohttp.ClientSession) -> list[Finding]:
    if not config.has_slack:
        return []
    url = config.slack_api_url.rstrip("/") + "/auth.test"
    try:
        async with session.post(url, headers={"Authorization": f"Bearer {config.slack_bot_token.get_secret_value()}"}) as answer:
            body, date, scopes = await answer.json(content_type=None), answer.headers.get("Date", ""), answer.headers.get("X-OAuth-Scopes", "")
    except (aiohttp.ClientError, TimeoutError, ValueError) as e:
        return [Finding("Slack", "wrong", f"{config.slack_api_url} does not answer ({type(e).__name__})", "Let this machine reach it on port 443.")]
    if not isinstance(body, dict) or not body.get("ok"):
        reason = str(body.get("error", "no reason"))[:60] if isinstance(body, dict) else "no reason"
        return [Finding("Slack", "wrong", f"Slack refuses the bot token ({reason})", "Copy it anew from OAuth & Permissions of your app (begins with xoxb-).")]
    return [Finding("Slack", "good", f"connected to {body.get('team', 'the workspace')}"), *_scopes(scopes), *_skew(date)]


def _scopes(granted: str) -> list[Finding]:
    manifest = Path(__file__).parent.parent / "manifest.json"
    if not granted or not manifest.exists():
        return []
    wanted = set(json.loads(manifest.read_text(encoding="utf-8"))["oauth_config"]["scopes"]["bot"])
    lacking = sorted(wanted - {s.strip() for s in granted.split(",")})
    return (
        [Finding("Slack", "wrong", f"the app lacks {', '.join(lacking)}", "Paste manifest.json into the app's settings again and reinstall it.")]
        if lacking
        else []
    )


def _skew(date: str) -> list[Finding]:
    try:
        skew = abs((datetime.now(UTC) - parsedate_to_datetime(date)).total_seconds())
    except (ValueError, TypeError):
        return []
    if skew <= SKEW_SECONDS:
        return [Finding("Clock", "good", "agrees with Slack's")]
    return [
        Finding("Clock", "wrong", f"this machine's clock is {skew:.0f} s off", "Turn on time synchronisation (timedatectl set-ntp true): signatures expire.")
    ]


async def _teams(config: Config, session: aiohttp.ClientSession) -> list[Finding]:
    if not config.teams_app_id:
        return []
    url = config.teams_token_url or f"https://login.microsoftonline.com/{config.teams_tenant_id}/oauth2/v2.0/token"
    form = {"grant_type": "client_credentials", "client_id": config.teams_app_id, "client_secret": config.teams_app_password.get_secret_value(),
            "scope": "https://api.botframework.com/.default"}  # fmt: skip
    try:
        async with session.post(url, data=form) as answer:
            body = await answer.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError, ValueError) as e:
        return [
            Finding(
                "Teams", "wrong", f"Microsoft's sign-in does not answer ({type(e).__name__})", "Let this machine reach login.microsoftonline.com on port 443."
            )
        ]
    if not isinstance(body, dict) or "access_token" not in body:
        return [
            Finding(
                "Teams",
                "wrong",
                "Microsoft refuses the app id, secret or tenant",
                "Make a new client secret for the app (its value, not its id) and check the tenant id.",
            )
        ]
    return [Finding("Teams", "good", "the bot can sign in")]


def _mail(config: Config) -> Iterator[Finding]:
    if not config.smtp_url.get_secret_value():
        return
    from adapters.mail import SmtpMailer, server_of

    try:
        server = server_of(config)
        assert server is not None
        asyncio.run(SmtpMailer(server, config.mail_from, config.organisation_name).greet())
    except VinkkiError as e:
        yield Finding("E-mail", "wrong", str(e), "Check VINKKI_SMTP_URL: host, port, user, password; outside this machine the server must offer TLS.")
    else:
        yield Finding("E-mail", "good", f"{server.host} takes letters from {config.mail_from}")
