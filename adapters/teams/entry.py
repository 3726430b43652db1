"""The way in: POST /api/messages. Token first, then the envelope, then where it comes from, then botbuilder's turn.

In place of CloudAdapter.process, which parses before it authenticates and answers 500 to forged requests and to every
invoke with a body (facts: platforms 1.3, reliability 2.2).
"""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import web

from adapters.guard import Limiter, Refused, guarded
from adapters.hub import Hub
from adapters.teams.addresses import Hosts
from adapters.teams.bot import VinkkiBot
from adapters.teams.envelope import parse
from adapters.teams.inbound import tenant_of
from adapters.teams.tokens import BadToken, ChannelKeys, KeysUnavailable, Proof, Prover, bearer
from adapters.teams.turns import TeamsTurns
from bot.desks.gate import turned_away

CHANNEL = "msteams"  # Direct Line and Web Chat use the same keys, and there the client itself says who it is
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
Activity = dict[str, object]


class Entry:
    """Lets genuine activities of our own tenant through to the bot."""

    def __init__(self, hub: Hub, keys: ChannelKeys, hosts: Hosts, turns: TeamsTurns, bot: VinkkiBot) -> None:
        self.hub, self.hosts, self.turns, self.bot = hub, hosts, turns, bot
        self.app_id = hub.config.teams_app_id
        self.prover = Prover(keys, self.app_id)
        self.audited = Limiter(per_minute=1, burst=1)  # a flood of foreign activities shall not fill the audit trail
        self.route = guarded(
            self.handle, authenticate=self.authenticate, envelope=self.envelope, headers=self.headers, content_types=("application/json",)
        )  # fmt: skip

    def headers(self, request: web.Request) -> None:
        """What can be refused without the body. Raises Refused 401."""
        if not self.app_id:
            self._require_local(request)
            return
        stated = request.headers.getall("Authorization", [])
        try:
            bearer(stated[0] if len(stated) == 1 else "")
        except BadToken:
            raise Refused(401) from None

    def _require_local(self, request: web.Request) -> None:
        """Development without tokens: config lets us listen on loopback only; a web page must not reach us through a browser."""
        try:
            host = urlsplit(f"//{request.host}").hostname
        except ValueError:  # an unclosed bracket
            raise Refused(401) from None
        if not self.hub.config.teams_anonymous_on_loopback or host not in _LOOPBACK or "Origin" in request.headers:
            raise Refused(401)

    async def authenticate(self, request: web.Request, body: bytes) -> Proof:
        """The token's proof. Raises Refused 401, or 503 while no keys can be had at all."""
        if not self.app_id:
            return Proof(is_anonymous=True)
        try:
            return await self.prover.prove(request.headers["Authorization"])
        except BadToken:
            raise Refused(401) from None
        except KeysUnavailable:
            raise Refused(503, "no keys", retry_after=60) from None

    def envelope(self, proof: Proof, body: bytes) -> dict[str, object]:
        """The activity, if the token speaks for it: for this channel and this service address. Raises Refused 400, 401, 403."""
        activity = parse(body)
        if not proof.is_anonymous:
            if activity["channelId"] not in proof.endorsements or activity["serviceUrl"] != proof.service_url:
                raise Refused(401)
            if activity["channelId"] != CHANNEL:
                raise Refused(403)
        if not self.hosts.allow(activity["serviceUrl"]):
            raise Refused(403)
        return activity

    async def handle(self, request: web.Request, activity: dict[str, object]) -> web.Response:
        """Run the turn of an activity of our tenant; one of another is refused, and audited."""
        await self._require_tenant(activity)
        answer = await self.turns.run(activity, self.bot)
        if answer is None:
            return web.Response(status=200)
        if answer.body is None:
            return web.Response(status=int(answer.status))
        return web.json_response(answer.body, status=int(answer.status))

    async def _require_tenant(self, activity: dict[str, object]) -> None:
        ours, theirs = self.hub.config.teams_tenant_id, tenant_of(activity)
        if theirs == ours or (not ours and not self.app_id):
            return
        try:
            self.audited.require(theirs)
        except Refused:
            raise Refused(403) from None
        await self.hub.db.write(turned_away, self.hub.clock.now(), "teams", "tenant")
        raise Refused(403)
