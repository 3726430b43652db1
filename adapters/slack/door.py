"""The door: every envelope passes here, from HTTP and from Socket Mode, and none of another workspace gets in."""

from __future__ import annotations

import time
from collections import OrderedDict

import structlog
from aiohttp import web
from slack_bolt.response import BoltResponse

from adapters.guard import Refused, guarded
from adapters.hub import Hub
from adapters.slack.app import Bolt
from adapters.slack.envelope import AppRateLimited, Envelope, Malformed, SslCheck, UrlVerification, from_body
from adapters.slack.inbound import PLATFORM
from adapters.slack.signature import Signature
from adapters.slack.workspace import Workspace
from bot.desks import gate

log = structlog.get_logger("vinkki.slack")
PATH = "/slack/events"
TYPES = ("application/json", "application/x-www-form-urlencoded")
_AUDIT_EVERY = 3600.0  # seconds: a stranger's app cannot fill the audit table


class Door:
    """Lets genuine payloads of our own workspace through to Bolt. Closed (503) until Slack told us who we are."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.workspace: Workspace | None = None
        self.bolt: Bolt | None = None
        self._refused: OrderedDict[str, float] = OrderedDict()

    async def admit(self, envelope: Envelope) -> BoltResponse:
        """Answer one envelope. Raises Refused: 503 while we are not ready, 403 for another workspace or app."""
        if isinstance(envelope, SslCheck):
            return BoltResponse(status=200)
        if isinstance(envelope, AppRateLimited):
            log.warning("Slack drops events: more than 30,000 an hour")
            return BoltResponse(status=200)
        if self.workspace is None or self.bolt is None:
            raise Refused(503, "not ready", retry_after=5)
        if not isinstance(envelope, UrlVerification) and (why := self.workspace.why_refused(envelope)):
            if why == "ourselves":
                return BoltResponse(status=200)
            await self._turn_away(why)
        return await self.bolt.dispatch(envelope)

    async def _turn_away(self, why: str) -> None:
        log.warning("refused", why=why)
        now = time.monotonic()
        if now - self._refused.get(why, -_AUDIT_EVERY) >= _AUDIT_EVERY:
            self._refused[why] = now
            await self.hub.db.write(gate.turned_away, self.hub.clock.now(), PLATFORM, why)
        raise Refused(403)

    def add_route(self, app: web.Application, secret: str) -> None:
        """Listen at /slack/events: signature first, then the shape, then the workspace."""
        signature = Signature(secret)

        def headers(request: web.Request) -> None:
            if not signature.is_plausible(request.headers):
                raise Refused(401)

        async def authenticate(request: web.Request, body: bytes) -> str:
            if not signature.is_genuine(request.headers, body):
                raise Refused(401)
            return request.content_type

        async def handle(_request: web.Request, envelope: Envelope) -> web.StreamResponse:
            return _http(await self.admit(envelope))

        app.router.add_post(PATH, guarded(handle, authenticate=authenticate, envelope=_envelope, headers=headers, content_types=TYPES))


def _envelope(content_type: str, body: bytes) -> Envelope:
    try:
        return from_body(content_type, body)
    except Malformed:
        raise Refused(400) from None


def _http(answer: BoltResponse) -> web.Response:
    kind = "application/json" if answer.body.startswith("{") else "text/plain"
    return web.Response(status=answer.status, text=answer.body, content_type=kind)
