"""The doctor outside: the public address, Slack, Microsoft and the mail server, each asked once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import aiohttp

from adapters.doctor.finding import Finding, good, missing, wrong
from bot.config import Config
from bot.errors import VinkkiError

SKEW_SECONDS = 60  # Slack refuses requests that are five minutes old
FAILURES = (aiohttp.ClientError, TimeoutError, ValueError)
_REINSTALL = "Reinstall the app to the workspace, then copy the new bot token."
_COPIED = "Copy it anew from OAuth & Permissions of your app (begins with xoxb-) into VINKKI_SLACK_BOT_TOKEN."
# Slack's word for a refusal (docs.slack.dev/reference/methods/auth.test) -> what to do
_SLACK = {
    "token_revoked": _REINSTALL, "account_inactive": _REINSTALL,
    "token_expired": "Turn token rotation off for the app, reinstall it and copy the bot token.",
    "ratelimited": "Wait a minute and ask again.",
}  # fmt: skip
# Microsoft's codes (learn.microsoft.com/entra/identity-platform/reference-error-codes) -> (what is wrong, what to do)
_MICROSOFT = {
    7000215: ("the client secret is wrong",
              "Copy the secret's value, not its id, into VINKKI_TEAMS_APP_PASSWORD; it is shown only once, so make a new one if need be."),
    7000222: ("the client secret has expired", "Make a new client secret for the app and put its value into VINKKI_TEAMS_APP_PASSWORD."),
    700016: ("the tenant does not know the app id", "Check VINKKI_TEAMS_APP_ID and VINKKI_TEAMS_TENANT_ID against the app registration's overview page."),
    90002: ("there is no such tenant", "Copy the directory (tenant) id from the app registration's overview page into VINKKI_TEAMS_TENANT_ID."),
}  # fmt: skip


def unconfigured(config: Config) -> Iterator[Finding]:
    """What could be connected and is not."""
    if not config.has_slack:
        yield missing("Slack", "not connected",
                      "docs/connect-slack.md: create the app from manifest.json, then set VINKKI_SLACK_BOT_TOKEN and VINKKI_SLACK_SIGNING_SECRET.")  # fmt: skip
    if not config.has_teams:
        yield missing("Teams", "not connected",
                      "docs/connect-teams.md: register a bot, set VINKKI_TEAMS_APP_ID, …_APP_PASSWORD and …_TENANT_ID; then: vinkki teams package")  # fmt: skip
    if not config.smtp_url.get_secret_value():
        yield missing("E-mail", "no mail server: nobody without a chat seat can be told anything",
                      "Set VINKKI_SMTP_URL (smtp://user:password@host:587) and VINKKI_MAIL_FROM. Until then: vinkki sign-in-link EMAIL")  # fmt: skip


def _why(error: Exception) -> str:
    """What a failed request means, without the library's names."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return "has a certificate that this machine does not trust"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "cannot be found by that name"
    if isinstance(error, aiohttp.ClientConnectionError):
        return "cannot be reached"
    return "does not answer in time" if isinstance(error, TimeoutError) else "answers something else"


async def reach(config: Config, session: aiohttp.ClientSession) -> list[Finding]:
    """Whether the public address leads to this server; it need not run yet."""
    if not config.base_url.startswith("https:"):
        return []
    try:
        async with session.get(config.base_url.rstrip("/") + "/healthz", allow_redirects=False) as answer:
            is_ours = answer.status == 200 and await answer.text() == "ok\n"
    except FAILURES as e:
        return [missing("Proxy", f"{config.base_url} {_why(e)}",
                        f"Start vinkki serve, and let the proxy pass everything to {config.host}:{config.port}.")]  # fmt: skip
    if is_ours:
        return [good("Proxy", f"{config.base_url} leads here")]
    return [wrong("Proxy", f"{config.base_url} leads to something else", f"Let the proxy pass everything to {config.host}:{config.port}.")]


async def slack(config: Config, session: aiohttp.ClientSession, workspaces: set[str]) -> list[Finding]:
    """The bot token, its workspace (that of `workspaces`, if any are known), its scopes, the clock, and Socket Mode's token."""
    if not config.has_slack:
        return []
    try:
        body, headers = await _ask_slack(config, session, "auth.test", config.slack_bot_token.get_secret_value())
    except FAILURES as e:
        return [wrong("Slack", f"{config.slack_api_url} {_why(e)}", "Let this machine reach it on port 443.")]
    if not body.get("ok"):
        reason = str(body.get("error") or "no reason given")[:60]
        return [wrong("Slack", f"Slack refuses the bot token ({reason})", _SLACK.get(reason, _COPIED))]
    team, team_id = str(body.get("team") or "the workspace")[:80], str(body.get("team_id", ""))
    if workspaces and team_id not in workspaces:
        found = wrong("Slack", f"the token is of {team} ({team_id}), but people here are known from {', '.join(sorted(workspaces))}",
                      "Use the token of the app in that workspace. If you moved on purpose: this goes away as soon as somebody uses Vinkki there.")  # fmt: skip
    else:
        found = good("Slack", f"connected to {team} ({team_id})")
    return [found, *_scopes(headers.get("X-OAuth-Scopes", "")), *_skew(headers.get("Date", "")), *await _socket(config, session)]


async def _ask_slack(config: Config, session: aiohttp.ClientSession, method: str, token: str) -> tuple[dict[str, Any], Any]:
    async with session.post(f"{config.slack_api_url.rstrip('/')}/{method}", headers={"Authorization": f"Bearer {token}"}) as answer:
        body = await answer.json(content_type=None)
        return (body if isinstance(body, dict) else {}), answer.headers


async def _socket(config: Config, session: aiohttp.ClientSession) -> list[Finding]:
    if not (token := config.slack_app_token.get_secret_value()):
        return []
    try:
        body, _ = await _ask_slack(config, session, "apps.connections.open", token)
    except FAILURES as e:
        return [wrong("Socket Mode", f"Slack {_why(e)}", "Ask again in a minute.")]
    if body.get("ok"):
        return [good("Socket Mode", "Slack lets us connect")]
    return [wrong("Socket Mode", f"Slack refuses the app-level token ({str(body.get('error') or 'no reason given')[:60]})",
                  "Make one with the scope connections:write under Basic Information (begins with xapp-), and turn Socket Mode on.")]  # fmt: skip


def _scopes(granted: str) -> list[Finding]:
    manifest = Path(__file__).parents[2] / "manifest.json"
    if not granted or not manifest.exists():
        return []
    wanted = set(json.loads(manifest.read_text(encoding="utf-8"))["oauth_config"]["scopes"]["bot"])
    lacking = sorted(wanted - {s.strip() for s in granted.split(",")})
    if not lacking:
        return []
    return [wrong("Slack's scopes", f"the app may not {', '.join(lacking)}", "Paste manifest.json into the app's settings again and reinstall it.")]


def _skew(date: str) -> list[Finding]:
    try:
        skew = abs((datetime.now(UTC) - parsedate_to_datetime(date)).total_seconds())
    except (ValueError, TypeError):
        return []
    if skew <= SKEW_SECONDS:
        return [good("Clock", "agrees with Slack's")]
    return [
        wrong(
            "Clock",
            f"this machine's clock is {max(1, round(skew / 60))} min off",
            "Turn on time synchronisation (timedatectl set-ntp true): signatures expire.",
        )
    ]


async def teams(config: Config, session: aiohttp.ClientSession) -> list[Finding]:
    """Whether the bot gets a token, and Microsoft's keys, by which it tells genuine requests."""
    if not config.teams_app_id:
        return []
    return [await _sign_in(config, session), *await _keys(config, session)]


async def _sign_in(config: Config, session: aiohttp.ClientSession) -> Finding:
    url = config.teams_token_url or f"https://login.microsoftonline.com/{config.teams_tenant_id}/oauth2/v2.0/token"
    form = {"grant_type": "client_credentials", "client_id": config.teams_app_id, "client_secret": config.teams_app_password.get_secret_value(),
            "scope": "https://api.botframework.com/.default"}  # fmt: skip
    try:
        async with session.post(url, data=form) as answer:
            body = await answer.json(content_type=None)
    except FAILURES as e:
        return wrong("Teams", f"Microsoft's sign-in {_why(e)}", "Let this machine reach login.microsoftonline.com on port 443.")
    if isinstance(body, dict) and "access_token" in body:
        return good("Teams", "the bot can sign in")
    codes = body.get("error_codes") if isinstance(body, dict) else None
    for code in codes if isinstance(codes, list) else []:
        if code in _MICROSOFT:
            what, how = _MICROSOFT[code]
            return wrong("Teams", f"Microsoft refuses the bot: {what} (AADSTS{code})", how)
    return wrong("Teams", "Microsoft refuses the app id, secret or tenant",
                 "Make a new client secret for the app (its value, not its id) and check the tenant id.")  # fmt: skip


async def _keys(config: Config, session: aiohttp.ClientSession) -> list[Finding]:
    try:
        async with session.get(config.teams_openid_metadata_url) as answer:
            found = await answer.json(content_type=None)
    except FAILURES as e:
        return [wrong("Teams' keys", f"{config.teams_openid_metadata_url} {_why(e)}",
                      "Let this machine reach login.botframework.com on port 443: without its keys every message from Teams is refused.")]  # fmt: skip
    if isinstance(found, dict) and found.get("jwks_uri"):
        return []
    return [
        wrong("Teams' keys", f"{config.teams_openid_metadata_url} is not what Microsoft publishes", "Leave VINKKI_TEAMS_OPENID_METADATA_URL at its default.")
    ]


async def mail(config: Config) -> list[Finding]:
    """Whether the mail server greets us and lets us sign in; no letter is sent."""
    if not config.smtp_url.get_secret_value():
        return []
    from adapters.mail import SmtpMailer, server_of

    try:
        server = server_of(config)
        assert server is not None
        await SmtpMailer(server, config.mail_from, config.organisation_name).greet()
    except VinkkiError as e:
        return [wrong("E-mail", str(e), "Check VINKKI_SMTP_URL: host, port, user, password; outside this machine the server must offer TLS.")]
    return [good("E-mail", f"{server.host} takes letters from {config.mail_from}")]
