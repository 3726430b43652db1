"""A Bot Framework channel on loopback, in a process of its own: keys, token endpoint and Connector, as strict as the real ones.

Run as `python tests/loopback/teams.py`: prints {"url": …} once it listens. It ends with its standard input.
What tests may ask of it lies under /_: members, channels, what was recorded, refusals to come, a new signing key, a new beginning.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
from pathlib import Path
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa

sys.path.insert(0, str(Path(__file__).parent.parent))

from loopback.adaptive import problems

APP_ID = "11111111-2222-4333-8444-555555555555"
APP_PASSWORD = "loopback-password-of-the-bot"
TENANT = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
BOT = f"28:{APP_ID}"
CARD = "application/vnd.microsoft.card.adaptive"


class Refusal(Exception):
    """An answer with the Connector's error body."""

    def __init__(self, status: int, code: str, retry_after: int | None = None) -> None:
        self.status, self.code, self.retry_after = status, code, retry_after


class Channel:
    """Everything the channel knows."""

    def __init__(self, throttle_every: int) -> None:
        self.keys: dict[str, Any] = {}
        self.roll()
        self.begin(throttle_every)

    def begin(self, throttle_every: int) -> None:
        """Nobody is here and nothing was said; the signing key stays, since making one takes long."""
        self.throttle_every = throttle_every
        self.is_down = False
        self.fetches = 0
        self.tokens: list[str] = []
        self.members: dict[str, dict[str, Any]] = {}  # by channel account id
        self.conversations: dict[str, dict[str, Any]] = {}  # id -> {"members": […], "channel": …, "messages": {id: activity}}
        self.refusals: list[dict[str, Any]] = []
        self.log: list[dict[str, Any]] = []
        self.calls = 0
        self._ids = itertools.count(1_700_000_000_000)

    def roll(self) -> None:
        """A new signing key; the old one is not announced any more."""
        self.kid = f"key-{len(self.keys) + 1}"
        self.keys[self.kid] = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def jwks(self) -> dict[str, Any]:
        numbers = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.keys[self.kid].public_key()))
        return {"keys": [{"kty": "RSA", "use": "sig", "kid": self.kid, "n": numbers["n"], "e": numbers["e"], "endorsements": ["msteams", "webchat"]}]}

    def mint(self, service_url: str, **claims: Any) -> str:
        now = int(time.time())
        stated = {"iss": "https://api.botframework.com", "aud": APP_ID, "nbf": now - 10, "exp": now + 3600, "serviceurl": service_url} | claims
        return jwt.encode({k: v for k, v in stated.items() if v is not None}, self.keys[self.kid], algorithm="RS256", headers={"kid": self.kid})

    def new_id(self) -> str:
        return str(next(self._ids))

    def refuse(self) -> None:
        """The refusals that were asked for, and a throttled call now and then."""
        self.calls += 1
        if self.refusals:
            one = self.refusals.pop(0)
            raise Refusal(one["status"], one.get("code", "Refused"), one.get("retry_after"))
        if self.throttle_every and self.calls % self.throttle_every == 0:
            raise Refusal((429, 412)[self.calls // self.throttle_every % 2], "Throttled", 1)

    def check(self, activity: dict[str, Any]) -> None:
        if activity.get("type") != "message":
            raise Refusal(400, "BadSyntax")
        if not activity.get("attachments") and not activity.get("text"):
            raise Refusal(400, "BadSyntax")
        for attachment in activity.get("attachments") or []:
            found = problems(attachment.get("content")) if attachment.get("contentType") == CARD else ["content type"]
            if found:
                self.log.append({"problems": found, "card": attachment.get("content")})
                raise Refusal(413 if "413" in found else 400, "MessageSizeTooBig" if "413" in found else "BadArgument")

    def conversation(self, conversation_id: str) -> dict[str, Any]:
        found = self.conversations.get(conversation_id)
        if found is None:
            raise Refusal(404, "ConversationNotFound")
        return found

    def personal(self, user: str) -> str:
        """The one-to-one chat with somebody, always the same one."""
        conversation_id = f"a:{user.removeprefix('29:')}-with-bot"
        self.conversations.setdefault(conversation_id, {"members": [user], "channel": "", "messages": {}})
        return conversation_id

    # What tests ask for.

    def do_begin(self, base: str, throttle_every: int) -> None:
        self.begin(throttle_every)

    def do_join(self, base: str, aad: str, email: str = "", role: str = "user") -> dict[str, str]:
        user = f"29:{aad}"
        self.members[user] = {"id": user, "aadObjectId": aad, "email": email, "userPrincipalName": email, "tenantId": TENANT, "userRole": role}
        return {"user": user, "conversation": self.personal(user)}

    def do_channel(self, base: str, id: str) -> None:
        home = self.conversations.setdefault(id, {"members": [], "channel": id, "messages": {}})
        self.conversations.setdefault(f"{id};messageid=1", home)

    def do_mint(self, base: str, claims: dict[str, Any]) -> dict[str, str]:
        return {"token": self.mint(base, **claims)}

    def do_roll(self, base: str) -> None:
        self.roll()

    def do_down(self, base: str, is_down: bool) -> None:
        self.is_down = is_down

    def do_refuse(self, base: str, **one: Any) -> None:
        self.refusals.append(one)

    def do_forget(self, base: str, conversation: str) -> None:
        self.conversations.pop(conversation, None)

    def do_messages(self, base: str, conversation: str) -> list[dict[str, Any]]:
        return [{"id": i} | a for i, a in self.conversations.get(conversation, {"messages": {}})["messages"].items()]

    def do_log(self, base: str) -> dict[str, Any]:
        return {"log": self.log, "fetches": self.fetches, "tokens": len(self.tokens), "calls": self.calls}

    def do_validate(self, base: str, card: Any, in_dialog: bool = False) -> list[str]:
        return problems(card, in_dialog=in_dialog)


CHANNEL: web.AppKey[Channel] = web.AppKey("channel", Channel)


@web.middleware
async def errors(request: web.Request, handler: Any) -> web.StreamResponse:
    channel = request.app[CHANNEL]
    try:
        if request.path.startswith("/v3/"):
            authorisation = request.headers.get("Authorization", "")
            if authorisation.removeprefix("Bearer ") not in channel.tokens:
                raise Refusal(401, "Unauthorized")
            channel.log.append({"method": request.method, "path": request.path, "query": request.query_string})
            channel.refuse()
        return await handler(request)
    except Refusal as e:
        headers = {"Retry-After": str(e.retry_after)} if e.retry_after is not None else {}
        return web.json_response({"error": {"code": e.code, "message": "refused by the loopback channel"}}, status=e.status, headers=headers)


async def openid(request: web.Request) -> web.Response:
    channel = request.app[CHANNEL]
    channel.fetches += 1
    if channel.is_down:
        return web.Response(status=503)
    return web.json_response({"issuer": "https://api.botframework.com", "jwks_uri": f"http://{request.host}/keys"})


async def keys(request: web.Request) -> web.Response:
    return web.json_response(request.app[CHANNEL].jwks())


async def token(request: web.Request) -> web.Response:
    form = await request.post()
    good = form.get("client_id") == APP_ID and form.get("client_secret") == APP_PASSWORD and form.get("grant_type") == "client_credentials"
    if not good or form.get("scope") != "https://api.botframework.com/.default":
        return web.json_response({"error": "invalid_client"}, status=401)
    channel = request.app[CHANNEL]
    channel.tokens.append(f"at-{len(channel.tokens) + 1}")
    return web.json_response({"token_type": "Bearer", "expires_in": 3599, "access_token": channel.tokens[-1]})


async def create(request: web.Request) -> web.Response:
    channel, asked = request.app[CHANNEL], await request.json()
    room = asked.get("channelData", {}).get("channel", {}).get("id")
    if asked.get("bot", {}).get("id") != BOT or asked.get("tenantId") != TENANT:
        raise Refusal(403, "BotNotInConversationRoster")
    if room:
        home = channel.conversation(room)
        channel.check(asked["activity"])
        first = channel.new_id()
        thread = f"{room};messageid={first}"
        home["messages"][first] = asked["activity"]
        channel.conversations[thread] = {"members": home["members"], "channel": room, "messages": home["messages"]}
        return web.json_response({"id": thread, "activityId": first}, status=201)
    (member,) = asked["members"]
    if member["id"] not in channel.members:
        raise Refusal(403, "ForbiddenOperationException")
    return web.json_response({"id": channel.personal(member["id"])}, status=201)


async def post(request: web.Request) -> web.Response:
    channel, activity = request.app[CHANNEL], await request.json()
    conversation = channel.conversation(request.match_info["conversation"])
    channel.check(activity)
    if request.query.get("isTargetedActivity") == "true" and activity.get("recipient", {}).get("id") not in channel.members:
        raise Refusal(400, "BadArgument")
    made = channel.new_id()
    conversation["messages"][made] = activity | {"targeted": request.query.get("isTargetedActivity") == "true"}
    return web.json_response({"id": made}, status=201)


async def put(request: web.Request) -> web.Response:
    channel, activity = request.app[CHANNEL], await request.json()
    messages = channel.conversation(request.match_info["conversation"])["messages"]
    if request.match_info["activity"] not in messages:
        raise Refusal(404, "ActivityNotFoundInConversation")
    channel.check(activity)
    messages[request.match_info["activity"]] = activity
    return web.json_response({"id": request.match_info["activity"]})


async def delete(request: web.Request) -> web.Response:
    messages = request.app[CHANNEL].conversation(request.match_info["conversation"])["messages"]
    if messages.pop(request.match_info["activity"], None) is None:
        raise Refusal(404, "ActivityNotFoundInConversation")
    return web.Response(status=200)


async def member(request: web.Request) -> web.Response:
    channel = request.app[CHANNEL]
    channel.conversation(request.match_info["conversation"])
    found = channel.members.get(request.match_info["member"])
    if found is None:
        raise Refusal(404, "MemberNotFoundInConversation")
    return web.json_response(found)


async def control(request: web.Request) -> web.Response:
    """What tests ask: {"do": …} with its arguments; answers with JSON."""
    channel, asked = request.app[CHANNEL], await request.json()
    return web.json_response(getattr(channel, f"do_{asked.pop('do')}")(base=f"http://{request.host}", **asked))


def application(throttle_every: int = 0) -> web.Application:
    app = web.Application(middlewares=[errors], client_max_size=4 * 1024 * 1024)
    app[CHANNEL] = Channel(throttle_every)
    app.router.add_get("/openid", openid)
    app.router.add_get("/keys", keys)
    app.router.add_post("/token", token)
    app.router.add_post("/v3/conversations", create)
    app.router.add_post("/v3/conversations/{conversation}/activities", post)
    app.router.add_put("/v3/conversations/{conversation}/activities/{activity}", put)
    app.router.add_delete("/v3/conversations/{conversation}/activities/{activity}", delete)
    app.router.add_get("/v3/conversations/{conversation}/members/{member}", member)
    app.router.add_post("/_", control)
    return app


async def serve(throttle_every: int) -> None:
    runner = web.AppRunner(application(throttle_every))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
    sys.stdout.write(json.dumps({"url": f"http://127.0.0.1:{port}"}) + "\n")
    sys.stdout.flush()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)  # until whoever started us is gone
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]) if len(sys.argv) > 1 else 0))
