"""Plays Slack's people: signs what they do and posts it to the app, as Slack would."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
from loopback.slack import APP, SECRET, TEAM

from adapters.slack.signature import Signature

Json = dict[str, Any]
EVENTS = "/slack/events"
FORM = "application/x-www-form-urlencoded"


@contextmanager
def process() -> Iterator[str]:
    """A loopback Slack in a process of its own: its address, such as http://127.0.0.1:4711."""
    with subprocess.Popen([sys.executable, str(Path(__file__).parent / "slack.py")], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        try:
            yield f"http://127.0.0.1:{running.stdout.readline().strip()}"
        finally:
            running.terminate()


class SlackPeople:
    """`app` is the app's address, `slack` the loopback Slack's. Every method returns (status, answer)."""

    def __init__(self, session: aiohttp.ClientSession, app: str, slack: str, secret: str = SECRET) -> None:
        self.session, self.app, self.slack, self.signature = session, app, slack, Signature(secret)
        self._numbers = itertools.count(1)

    # -- the loopback Slack

    async def control(self, do: str, **order: Any) -> Json:
        async with self.session.post(f"{self.slack}/_control", json={"do": do, **order}) as answer:
            return dict(await answer.json())

    async def state(self, *, wait: bool = False) -> Json:
        async with self.session.get(f"{self.slack}/_state", params={"wait": "1"} if wait else {}) as answer:
            return dict(await answer.json())

    async def account(self, user: str, email: str = "", **flags: Any) -> None:
        """An account of the workspace; `flags` such as deleted, is_bot, is_restricted, team_id."""
        profile = {"email": email} if email else {}
        await self.control("user", user={"id": user, "team_id": TEAM, "profile": profile, "deleted": False, "is_bot": False, "is_restricted": False, **flags})

    # -- what people do

    def trigger(self, user: str) -> str:
        return f"{int(time.time() * 1000)}.{next(self._numbers)}.{user}"

    def response_url(self, channel: str = "C0ANY", ts: str = "0") -> str:
        return f"{self.slack}/respond/{channel}/{ts}/r{next(self._numbers)}"

    def command_body(self, user: str, command: str, text: str = "", **fields: Any) -> Json:
        return {
            "token": "legacy", "team_id": TEAM, "team_domain": "meri", "channel_id": "C0ANY", "channel_name": "general", "user_id": user,
            "user_name": "someone", "command": command, "text": text, "api_app_id": APP, "is_enterprise_install": "false",
            "response_url": self.response_url(), "trigger_id": self.trigger(user),
        } | fields  # fmt: skip

    def payload(self, kind: str, user: str, **fields: Any) -> Json:
        return {
            "type": kind, "team": {"id": TEAM, "domain": "meri"}, "user": {"id": user, "username": "someone", "name": "someone", "team_id": TEAM},
            "api_app_id": APP, "token": "legacy", "enterprise": None, "is_enterprise_install": False, "trigger_id": self.trigger(user),
        } | fields  # fmt: skip

    def event_body(self, kind: str, **event: Any) -> Json:
        number = next(self._numbers)
        return {
            "type": "event_callback", "token": "legacy", "team_id": TEAM, "api_app_id": APP, "event_id": f"Ev{number:08d}", "event_time": int(time.time()),
            "event": {"type": kind, "event_ts": f"{time.time():.6f}", **event}, "authorizations": [{"team_id": TEAM, "user_id": "U0BOT", "is_bot": True}],
        }  # fmt: skip

    def pressed(self, user: str, button: Json, where: Json) -> Json:
        """The payload of a pressed button. `where`: {"channel", "ts"} of a message, or {"view"}."""
        action = {"type": "button", "action_id": button["action_id"], "block_id": "b1", "action_ts": f"{time.time():.6f}", "text": button.get("text")}
        if "value" in button:
            action["value"] = button["value"]
        if "view" in where:
            view = where["view"]
            return self.payload(
                "block_actions", user, actions=[action], view=view | {"state": {"values": {}}}, container={"type": "view", "view_id": view["id"]}
            )
        channel, ts = where.get("channel", "C0ANY"), where.get("ts", "0")
        return self.payload(
            "block_actions", user, actions=[action], channel={"id": channel, "name": "directmessage"}, message={"ts": ts, "text": "x"},
            container={"type": "message", "message_ts": ts, "channel_id": channel, "is_ephemeral": ts == "0"}, response_url=self.response_url(channel, ts),
            state={"values": {}},
        )  # fmt: skip

    async def command(self, user: str, command: str, text: str = "", **fields: Any) -> tuple[int, Any]:
        return await self.post_form(self.command_body(user, command, text, **fields))

    async def interact(self, payload: Json) -> tuple[int, Any]:
        return await self.post_form({"payload": json.dumps(payload)})

    async def event(self, body: Json, *, retry: int = 0) -> tuple[int, Any]:
        headers = {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": "http_timeout"} if retry else {}
        return await self.post(json.dumps(body).encode(), "application/json", headers)

    async def post_form(self, fields: Json) -> tuple[int, Any]:
        return await self.post(urlencode(fields).encode(), FORM)

    async def post(self, body: bytes, content_type: str, headers: Json | None = None) -> tuple[int, Any]:
        """Post a genuine request; `headers` are added."""
        signed = {**self.signature.headers(body), "Content-Type": content_type, **(headers or {})}
        async with self.session.post(f"{self.app}{EVENTS}", data=body, headers=signed) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text.startswith("{") else text
