"""A loopback Slack: the Web API, response_url and Socket Mode as documented, in a process of its own.

    python tests/loopback/slack.py [--port 0]      prints the port it listens on

It refuses what Slack refuses (slack_limits.py), answers 429 with a whole-second Retry-After, forgets trigger ids after three
seconds, and remembers everything. Tests steer and read it at /_control and /_state.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import sys
import time
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
from loopback.slack_limits import problems, view_problems

Json = dict[str, Any]
TEAM, APP, BOT_USER, BOT = "T0MERI", "A0VINKKI", "U0BOT", "B0BOT"
BOT_TOKEN, APP_TOKEN, SECRET = "xoxb-loopback-token", "xapp-loopback-token", "loopback-signing-secret"


class Refusal(Exception):
    """`{"ok": false, "error": …}`."""

    def __init__(self, error: str, messages: list[str] | None = None) -> None:
        super().__init__(error)
        self.answer = {"ok": False, "error": error, **({"response_metadata": {"messages": messages}} if messages else {})}


class Slack:
    """One workspace."""

    def __init__(self) -> None:
        self.users: dict[str, Json] = {}
        self.channels: dict[str, dict[str, Json]] = {}  # channel -> ts -> message
        self.known_channels: set[str] = set()
        self.views: dict[str, Json] = {}
        self.homes: dict[str, Json] = {}
        self.opened: dict[str, str] = {}  # trigger -> view id
        self.responses: dict[str, list[Json]] = {}  # response_url path -> posts
        self.calls: list[Json] = []
        self.failures: list[Json] = []  # {"method", "error" | "status" | "retry_after" | "reset" | "hang"}
        self.settings: Json = {"charts": True, "ratelimit_every": 0, "token_ok": True, "may_read": True}
        self.acks: list[Json] = []
        self.sockets: list[web.WebSocketResponse] = []
        self.unacked: dict[str, Json] = {}
        self.tickets: set[str] = set()
        self.numbers = itertools.count(1)
        self.changed = asyncio.Event()

    # -- Web API

    async def api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        body = await _arguments(request)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ") or body.pop("token", "")
        self.calls.append({"method": method, "at": time.time(), **body})
        self.changed.set()
        if (failed := await self._failure(method, request)) is not None:
            return failed
        try:
            self._authorise(method, token)
            return web.json_response({"ok": True, **self._method(method)(body)})
        except Refusal as refused:
            return web.json_response(refused.answer)

    async def _failure(self, method: str, request: web.Request) -> web.StreamResponse | None:
        every = self.settings["ratelimit_every"]
        if method == "chat.postMessage" and every and sum(c["method"] == method for c in self.calls) % every == 0:
            return _too_fast(1)
        failure = next((f for f in self.failures if f["method"] == method), None)
        if failure is None:
            return None
        self.failures.remove(failure)
        if "hang" in failure:
            await asyncio.sleep(failure["hang"])
            return None
        if "reset" in failure:  # accepted, and the line breaks before we answer
            body = self.calls[-1] | {}
            if failure["reset"] == "after":
                self._method(method)({k: v for k, v in body.items() if k not in ("method", "at")})
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if "retry_after" in failure:
            return _too_fast(failure["retry_after"])
        if "status" in failure:
            return web.Response(status=failure["status"], text="<html>upstream</html>", content_type="text/html")
        return web.json_response({"ok": False, "error": failure["error"]})

    def _authorise(self, method: str, token: str) -> None:
        if token != (APP_TOKEN if method == "apps.connections.open" else BOT_TOKEN):
            raise Refusal("invalid_auth" if token else "not_authed")
        if not self.settings["token_ok"]:
            raise Refusal("token_revoked")

    def _method(self, method: str) -> Any:
        found = getattr(self, "on_" + method.replace(".", "_"), None)
        if found is None:
            raise Refusal("unknown_method")
        return found

    def on_auth_test(self, _body: Json) -> Json:
        return {"url": "https://meri.slack.com/", "team": "Meri", "user": "vinkki", "team_id": TEAM, "user_id": BOT_USER, "bot_id": BOT}

    def on_bots_info(self, body: Json) -> Json:
        return {"bot": {"id": body["bot"], "app_id": APP, "user_id": BOT_USER}}

    def on_users_info(self, body: Json) -> Json:
        if body.get("user") not in self.users:
            raise Refusal("user_not_found")
        return {"user": self.users[body["user"]]}

    def on_conversations_open(self, body: Json) -> Json:
        return {"channel": {"id": self._channel(body["users"])}}

    def on_chat_postMessage(self, body: Json) -> Json:
        channel = self._channel(body.get("channel", ""))
        self._check_message(body)
        ts = f"{int(time.time())}.{next(self.numbers):06d}"
        metadata = body.get("metadata")
        if metadata is not None and not (isinstance(metadata, dict) and isinstance(metadata.get("event_payload"), dict) and metadata.get("event_type")):
            raise Refusal("invalid_metadata_format")
        message = {"ts": ts, "text": body.get("text", ""), "blocks": body.get("blocks", [])}
        self.channels.setdefault(channel, {})[ts] = message | ({"metadata": metadata} if metadata else {})
        return {"channel": channel, "ts": ts, "message": {"ts": ts}}

    def on_conversations_history(self, body: Json) -> Json:
        channel = body.get("channel", "")
        if not channel.startswith("D") or not self.settings["may_read"]:  # im:history opens direct messages alone
            raise Refusal("missing_scope")
        is_told = str(body.get("include_all_metadata", "")).lower() in ("1", "true")
        found = sorted(self.channels.get(channel, {}).items(), reverse=True)[: int(body.get("limit", 100))]
        return {"messages": [m if is_told else {k: v for k, v in m.items() if k != "metadata"} for _, m in found], "has_more": False}

    def on_chat_postEphemeral(self, body: Json) -> Json:
        self._channel(body.get("channel", ""))
        self._check_message(body)
        return {"message_ts": f"{int(time.time())}.{next(self.numbers):06d}"}

    def on_chat_update(self, body: Json) -> Json:
        message = self._message(body)
        self._check_message(body)
        message.update(text=body.get("text", ""), blocks=body.get("blocks", []))
        return {"channel": body["channel"], "ts": body["ts"], "text": message["text"]}

    def on_chat_delete(self, body: Json) -> Json:
        self._message(body)
        del self.channels[body["channel"]][body["ts"]]
        return {"channel": body["channel"], "ts": body["ts"]}

    def on_views_open(self, body: Json) -> Json:
        trigger = str(body.get("trigger_id", ""))
        made = trigger.partition(".")[0]
        if not made.isdigit() or time.time() * 1000 - int(made) > 3000:
            raise Refusal("expired_trigger_id")
        if trigger in self.opened:
            raise Refusal("exchanged_trigger_id")
        view = self._view(body)
        self.opened[trigger] = view["id"]
        return {"view": view}

    def on_views_update(self, body: Json) -> Json:
        if body.get("view_id") not in self.views:
            raise Refusal("not_found")
        return {"view": self._view(body, body["view_id"])}

    def on_views_push(self, body: Json) -> Json:
        return self.on_views_open(body)

    def on_views_publish(self, body: Json) -> Json:
        if body.get("user_id") not in self.users:
            raise Refusal("user_not_found")
        view = self._view(body)
        self.homes[body["user_id"]] = view
        return {"view": view}

    def on_apps_connections_open(self, _body: Json) -> Json:
        ticket = f"ticket{next(self.numbers)}"
        self.tickets.add(ticket)
        return {"url": f"ws://127.0.0.1:{self.port}/socket?ticket={ticket}"}

    port = 0

    def _channel(self, name: str) -> str:
        if name in self.users:
            if self.users[name].get("deleted"):
                raise Refusal("user_disabled")
            return "D" + name[1:]
        if name in self.known_channels or name in self.channels:
            return name
        raise Refusal("channel_not_found")

    def _message(self, body: Json) -> Json:
        try:
            return self.channels[body["channel"]][body["ts"]]
        except KeyError:
            raise Refusal("message_not_found") from None

    def _check_message(self, body: Json) -> None:
        if not body.get("text") and not body.get("blocks"):
            raise Refusal("no_text")
        if "blocks" in body and (found := problems(body["blocks"], "message", has_charts=self.settings["charts"])):
            raise Refusal("invalid_blocks", [f"[ERROR] {p}" for p in found])
        if len(json.dumps(body.get("blocks", []))) > 40_000:
            raise Refusal("msg_blocks_too_long")

    def _view(self, body: Json, view_id: str = "") -> Json:
        view = body.get("view")
        if found := view_problems(view, has_charts=self.settings["charts"]):
            raise Refusal("invalid_arguments", [f"[ERROR] {p}" for p in found])
        assert isinstance(view, dict)
        view_id = view_id or f"V{next(self.numbers):08d}"
        kept = {"private_metadata": "", "callback_id": "", **view, "id": view_id, "hash": f"{int(time.time())}.{next(self.numbers)}", "team_id": TEAM}
        self.views[view_id] = kept
        return kept

    # -- response_url

    async def respond(self, request: web.Request) -> web.Response:
        body = await request.json()
        path = request.path
        posts = self.responses.setdefault(path, [])
        if len(posts) >= 5:
            return web.Response(status=404, text="used_url")
        if "blocks" in body and problems(body["blocks"], "message", has_charts=self.settings["charts"]):
            return web.json_response({"ok": False, "error": "invalid_blocks"}, status=400)
        posts.append(body)
        channel, ts = request.match_info["channel"], request.match_info["ts"]
        if body.get("replace_original") and ts in self.channels.get(channel, {}):
            self.channels[channel][ts].update(text=body.get("text", ""), blocks=body.get("blocks", []))
        self.changed.set()
        return web.Response(text="ok")

    # -- Socket Mode

    async def socket(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        if ticket not in self.tickets:
            return web.Response(status=409, text="used ticket")
        self.tickets.discard(ticket)
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        await ws.send_json({"type": "hello", "num_connections": len(self.sockets) + 1, "connection_info": {"app_id": APP}})
        self.sockets.append(ws)
        for envelope in list(self.unacked.values()):  # Slack sends again what was not acknowledged
            envelope["retry_attempt"] += 1
            await ws.send_json(envelope)
        self.changed.set()
        async for message in ws:
            if message.type is WSMsgType.TEXT:
                ack = json.loads(message.data)
                self.unacked.pop(ack.get("envelope_id", ""), None)
                self.acks.append(ack)
                self.changed.set()
        self.sockets.remove(ws)
        return ws

    async def _socket_send(self, order: Json) -> Json:
        envelope = {
            "type": order["type"],
            "payload": order["payload"],
            "envelope_id": order["envelope_id"],
            "accepts_response_payload": True,
            "retry_attempt": 0,
        }
        self.unacked[envelope["envelope_id"]] = envelope
        for ws in self.sockets[-1:]:
            await ws.send_json(envelope)
            if order.get("then") == "drop" and ws._req is not None and ws._req.transport is not None:
                await asyncio.sleep(order.get("after", 0))
                ws._req.transport.abort()
            elif order.get("then") == "disconnect":
                await ws.send_json({"type": "disconnect", "reason": "refresh_requested"})
        return {}

    # -- steering

    async def control(self, request: web.Request) -> web.Response:
        order = await request.json()
        match order["do"]:
            case "user":
                self.users[order["user"]["id"]] = order["user"]
            case "channel":
                self.known_channels.add(order["id"])
            case "fail":
                self.failures.append(order["how"])
            case "set":
                self.settings |= order["settings"]
            case "view":  # Slack itself changes a view after a submission's answer
                return web.json_response(self._submitted(order["view_id"], order["view"]))
            case "socket":
                return web.json_response(await self._socket_send(order))
            case "reset":
                port = self.port
                self.__init__()  # type: ignore[misc]
                self.port = port
        return web.json_response({"ok": True})

    def _submitted(self, view_id: str, view: Json) -> Json:
        try:
            return {"ok": True, "view": self._view({"view": view}, view_id)}
        except Refusal as refused:
            return refused.answer

    async def state(self, request: web.Request) -> web.Response:
        """Everything. With `?until=calls>3` style questions left to the caller: it polls `?wait=1`, which returns at a change."""
        if request.query.get("wait"):
            self.changed.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.changed.wait(), 1)
        return web.json_response({
            "calls": self.calls, "channels": self.channels, "views": self.views, "homes": self.homes, "opened": self.opened,
            "responses": self.responses, "acks": self.acks, "sockets": len(self.sockets),
        })  # fmt: skip


def _too_fast(seconds: int) -> web.Response:
    return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": str(seconds)})


async def _arguments(request: web.Request) -> Json:
    if request.content_type == "application/json":
        return dict(await request.json())
    form = {**request.query, **await request.post()}
    return {k: json.loads(str(v)) if k in ("blocks", "view", "metadata") else str(v) for k, v in form.items()}


def application(slack: Slack) -> web.Application:
    """The HTTP face of a Slack."""
    app = web.Application(client_max_size=1 << 22)
    app.router.add_post("/api/{method}", slack.api)
    app.router.add_get("/api/{method}", slack.api)
    app.router.add_post("/respond/{channel}/{ts}/{token}", slack.respond)
    app.router.add_get("/socket", slack.socket)
    app.router.add_post("/_control", slack.control)
    app.router.add_get("/_state", slack.state)
    return app


async def serve(port: int) -> None:
    slack = Slack()
    runner = web.AppRunner(application(slack), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    assert site._server is not None
    slack.port = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    print(slack.port, flush=True)  # noqa: T201
    await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    asyncio.run(serve(parser.parse_args().port))
