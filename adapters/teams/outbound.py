"""Our own sender to the Bot Framework Connector: one session, one token, no retries (the lane retries).

botbuilder's own connector costs 15 ms of CPU a message and fetches its token inside the event loop (facts: performance 2d).
Routes: https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import aiohttp

from adapters.teams.addresses import Hosts
from adapters.teams.bearer import Bearer, token_url
from bot.config import Config
from bot.errors import DeliveryError

_TIMEOUT = aiohttp.ClientTimeout(total=15, connect=5)
_WAITS = {429: 5.0, 412: 2.0, 500: 10.0, 502: 10.0, 503: 15.0, 504: 10.0}  # Teams asks to retry 412, 429, 502 and 504 (rate-limit page)
_LIMIT = 1024 * 1024


class Gone(DeliveryError):
    """The conversation or the message is not there any more."""


class Connector:
    """Speaks to the service address of a conversation. Every call raises DeliveryError and nothing else."""

    def __init__(self, config: Config) -> None:
        self.hosts = Hosts.of(config)
        # A proxy of the environment carries us out of the house, but never to our own machine.
        self._proxied = not config.teams_anonymous_on_loopback and token_url(config).startswith("https")
        self.bearer = Bearer(config)
        self._session: aiohttp.ClientSession | None = None

    @property
    def session(self) -> aiohttp.ClientSession:
        """The one session, made at first use (inside the event loop)."""
        if self._session is None or self._session.closed:
            # Idle connections are dropped early: one that the other side closed just then would look like a lost message.
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=40, keepalive_timeout=10), timeout=_TIMEOUT, trust_env=self._proxied)
        return self._session

    async def close(self) -> None:
        """Close the session."""
        if self._session is not None:
            await self._session.close()

    async def send(self, service: str, conversation: str, activity: dict[str, Any], *, targeted: bool = False) -> str:
        """Post an activity; returns its id. `targeted`: only its recipient sees it."""
        query = "?isTargetedActivity=true" if targeted else ""
        answer = await self._call("POST", service, f"{_conversation(conversation)}/activities{query}", activity)
        return _text(answer, "id")

    async def update(self, service: str, conversation: str, activity_id: str, activity: dict[str, Any]) -> None:
        """Replace an activity that was sent."""
        await self._call("PUT", service, f"{_conversation(conversation)}/activities/{_part(activity_id)}", activity)

    async def delete(self, service: str, conversation: str, activity_id: str) -> None:
        """Remove an activity."""
        await self._call("DELETE", service, f"{_conversation(conversation)}/activities/{_part(activity_id)}")

    async def create(self, service: str, parameters: dict[str, Any]) -> tuple[str, str]:
        """Open a conversation (the same one again where it exists); returns its id and that of a first activity, if one was given."""
        answer = await self._call("POST", service, "v3/conversations", parameters)
        return _text(answer, "id"), str(answer.get("activityId") or "")

    async def member(self, service: str, conversation: str, user: str) -> dict[str, Any]:
        """What Teams knows of a member: email, userPrincipalName, tenantId, userRole, aadObjectId."""
        return await self._call("GET", service, f"{_conversation(conversation)}/members/{_part(user)}")

    async def document(self, url: str) -> dict[str, Any]:
        """A public JSON document (the channel's metadata and keys). Raises aiohttp.ClientError, TimeoutError or ValueError."""
        async with self.session.get(url, timeout=aiohttp.ClientTimeout(total=5), allow_redirects=False) as response:
            response.raise_for_status()
            found = json.loads(await _body(response))
        if not isinstance(found, dict):
            raise ValueError("not an object")
        return found

    async def _call(self, method: str, service: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        if not self.hosts.allow(service):
            raise DeliveryError("service host is not in VINKKI_TEAMS_ALLOWED_SERVICE_HOSTS", permanent=True)
        headers = await self.bearer.headers(self.session)
        url = f"{service.rstrip('/')}/{path}"
        try:
            async with self.session.request(method, _exact(url), json=body, headers=headers, allow_redirects=False) as response:
                raw = await _body(response)
                if response.status >= 300:
                    raise self._refused(response.status, response.headers.get("Retry-After", ""), raw)
        except aiohttp.ClientConnectorError as e:  # never reached the other side
            raise DeliveryError(f"cannot connect: {type(e).__name__}", retry_after=10, lane=True) from None
        except aiohttp.ConnectionTimeoutError:
            raise DeliveryError("cannot connect: timeout", retry_after=10, lane=True) from None
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as e:
            raise DeliveryError(f"connection broke: {type(e).__name__}", unknown=True) from None
        return _object(raw)

    def _refused(self, status: int, retry_after: str, raw: bytes) -> DeliveryError:
        reason = f"{status} {_code(raw)}".strip()
        if status in _WAITS:
            return DeliveryError(reason, retry_after=_seconds(retry_after, _WAITS[status]), lane=True)
        if status == 401:
            self.bearer.forget()
            return DeliveryError(reason, retry_after=5, lane=True)
        if status == 403:
            return DeliveryError(f"blocked or uninstalled: {reason}", permanent=True)
        if status == 404:
            return Gone(f"gone: {reason}", permanent=True)
        return DeliveryError(reason, permanent=True)  # 400, 413 and the rest: the same message will not be taken next time either


def _conversation(conversation: str) -> str:
    return f"v3/conversations/{_part(conversation)}"


def _part(text: str) -> str:
    """An id as one part of a path: ids hold `;`, `:` and `@`, and must not be able to hold a way out."""
    if not text or text in (".", ".."):
        raise DeliveryError("no id to address", permanent=True)
    return quote(text, safe="")


def _exact(url: str) -> Any:
    from yarl import URL

    return URL(url, encoded=True)


async def _body(response: aiohttp.ClientResponse) -> bytes:
    raw = await response.content.read(_LIMIT)
    while not response.content.at_eof():
        more = await response.content.read(_LIMIT)
        if len(raw) + len(more) > _LIMIT:
            raise ValueError("answer too long")
        raw += more
    return raw


def _object(raw: bytes) -> dict[str, Any]:
    """The answer as an object. An accepted call with an unreadable answer was accepted all the same."""
    try:
        found = json.loads(raw) if raw.strip() else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _text(answer: dict[str, Any], name: str) -> str:
    return str(answer.get(name) or "")


def _code(raw: bytes) -> str:
    """Microsoft's error code; never its message, which may repeat what we sent."""
    error = _object(raw).get("error")
    code = error.get("code") if isinstance(error, dict) else ""
    return str(code or "")[:60]


def _seconds(text: str, otherwise: float) -> float:
    return min(float(text), 3600.0) if text.isascii() and text.isdigit() else otherwise
