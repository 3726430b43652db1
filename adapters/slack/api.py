"""Calls to Slack's Web API: one shared session, no retries of its own, and what each failure means.

slack_sdk posts again by itself when a connection breaks after the request was sent (its default handler), so a message
could come twice: `retry_handlers=[]`. Retrying is the delivery lane's work.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import DeliveryError

TIMEOUT = aiohttp.ClientTimeout(total=20, connect=5)

# Never for this recipient (docs.slack.dev/reference/methods/chat.postMessage, chat.update).
_GONE = frozenset({
    "channel_not_found", "user_not_found", "users_not_found", "user_disabled", "user_not_visible", "is_archived", "not_in_channel", "cannot_dm_bot",
    "messages_tab_disabled", "restricted_action", "message_not_found", "cant_update_message", "cant_delete_message", "edit_window_closed", "is_inactive",
})  # fmt: skip
# Nothing can be sent to this workspace until somebody acts. `account_inactive` is said of the token's own account.
_SHUT = frozenset({
    "token_revoked", "token_expired", "invalid_auth", "not_authed", "account_inactive", "app_uninstalled", "missing_scope", "org_login_required",
    "team_access_not_granted", "ekm_access_denied", "access_denied", "team_added_to_org", "two_factor_setup_required", "no_permission",
})  # fmt: skip
_WAIT = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
_MAYBE = frozenset({"fatal_error", "internal_error"})  # "some aspect of the operation may have succeeded"
BLOCKS = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "invalid_arguments"})
SHUT_SECONDS = 900.0

_sdk_log = logging.getLogger("vinkki.slack.sdk")
_sdk_log.setLevel(logging.WARNING)  # at DEBUG it would write every message down


def web_client(token: str, base_url: str, session: aiohttp.ClientSession) -> AsyncWebClient:
    """A client on a shared session. `base_url` ends in a slash."""
    return AsyncWebClient(token=token, base_url=base_url.rstrip("/") + "/", session=session, retry_handlers=[], logger=_sdk_log)


def error_of(error: SlackApiError) -> str:
    """Slack's word for what went wrong, or the HTTP status where the answer was not Slack's."""
    response: Any = error.response
    data = getattr(response, "data", None)
    if isinstance(data, dict) and data.get("error"):
        return str(data["error"])[:80]
    status = getattr(response, "status_code", None) or getattr(response, "status", None)
    return f"http_{status}" if status else "unreadable_answer"


async def delivered(call: Awaitable[Any], *, is_repeatable: bool) -> Any:
    """Await a call that changes what people see. Raises DeliveryError.

    `is_repeatable`: doing it twice looks the same (an update), so a broken connection is simply tried again; a new
    message that may have arrived is `unknown`.
    """
    try:
        return await call
    except SlackApiError as e:
        raise _delivery_error(e, is_repeatable) from None
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as e:  # nothing was sent
        raise DeliveryError(f"Slack cannot be reached ({type(e).__name__})") from None
    except (aiohttp.ClientError, TimeoutError, asyncio.IncompleteReadError, ConnectionError) as e:
        raise DeliveryError(f"the connection to Slack broke ({type(e).__name__})", unknown=not is_repeatable) from None


def _delivery_error(error: SlackApiError, is_repeatable: bool) -> DeliveryError:
    word = error_of(error)
    status = getattr(error.response, "status_code", 0) or 0
    if word in _WAIT or status == 429:
        return DeliveryError("ratelimited", retry_after=_retry_after(error), lane=True)
    if word in _SHUT:
        return DeliveryError(word, retry_after=SHUT_SECONDS, lane=True)
    if word in _GONE:
        return DeliveryError(word, permanent=True)
    return DeliveryError(word, unknown=word in _MAYBE and not is_repeatable)


def _retry_after(error: SlackApiError) -> float:
    headers = getattr(error.response, "headers", None) or {}
    seconds = headers.get("Retry-After") or headers.get("retry-after") or "1"
    return float(seconds) if str(seconds).isdecimal() else 1.0
