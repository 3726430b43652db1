"""Which workspace and app we are, and who somebody is there: asked of Slack's API, never of a payload."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.api import error_of
from adapters.slack.envelope import Spoken

log = structlog.get_logger("vinkki.slack")
FAILURES = (SlackApiError, aiohttp.ClientError, TimeoutError, ConnectionError, asyncio.IncompleteReadError)
_PATIENCE = 30.0


@dataclass(frozen=True)
class Workspace:
    """Our own app in its one workspace. `app_id` is empty where Slack does not tell it to us."""

    team_id: str
    bot_user_id: str
    bot_id: str = ""
    app_id: str = ""

    def why_refused(self, envelope: Spoken) -> str:
        """Why a payload is none of ours (a word for the log), or the empty text."""
        if envelope.team_id != self.team_id:
            return "foreign workspace"
        if self.app_id and envelope.api_app_id and envelope.api_app_id != self.app_id:
            return "foreign app"
        if envelope.user_team_id != self.team_id:
            return "Slack Connect account"
        if envelope.user_id == self.bot_user_id:
            return "ourselves"
        return ""


async def find(client: AsyncWebClient, pause: float = 1.0) -> Workspace:
    """Ask until Slack answers: the server runs meanwhile, and is not ready. A refused token is logged and asked about again."""
    while True:
        try:
            who = await client.auth_test()
            return Workspace(str(who["team_id"]), str(who["user_id"]), str(who.get("bot_id") or ""), await _app_id(client, who))
        except FAILURES as e:
            reason = error_of(e) if isinstance(e, SlackApiError) else type(e).__name__
            log.warning("Slack does not know us yet; check VINKKI_SLACK_BOT_TOKEN if this goes on", reason=reason, again_in=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _PATIENCE)


async def _app_id(client: AsyncWebClient, who: Any) -> str:
    """Our app's id; auth.test does not give it, bots.info (scope users:read) does."""
    if not who.get("bot_id"):
        return ""
    try:
        return str((await client.bots_info(bot=who["bot_id"]))["bot"].get("app_id") or "")
    except (SlackApiError, KeyError):
        return ""


async def verified_email(client: AsyncWebClient, team_id: str, user: str) -> str:
    """The address Slack vouches for, or the empty text: guests, bots, deactivated and foreign accounts are nobody to us."""
    try:
        found = await client.users_info(user=user)
    except FAILURES as e:
        log.warning("users.info failed", reason=error_of(e) if isinstance(e, SlackApiError) else type(e).__name__)
        return ""
    account = found.get("user")
    if not isinstance(account, dict) or (why := _why_not(account, team_id)):
        log.info("account not linked", user=user, why=why if isinstance(account, dict) else "unreadable")
        return ""
    return str((account.get("profile") or {}).get("email") or "")


def _why_not(account: dict[str, Any], team_id: str) -> str:
    if account.get("team_id") != team_id or account.get("is_stranger"):
        return "foreign workspace"
    for flag, why in (("deleted", "deactivated"), ("is_bot", "bot"), ("is_restricted", "guest"), ("is_ultra_restricted", "guest")):
        if account.get(flag):
            return why
    return "e-mail not confirmed" if account.get("is_email_confirmed") is False else ""
