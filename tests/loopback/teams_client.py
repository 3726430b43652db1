"""Acts as Teams: starts the loopback channel and posts signed activities to the bot under test."""

from __future__ import annotations

import atexit
import itertools
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from loopback.teams import APP_ID, APP_PASSWORD, BOT, TENANT

SERVER = Path(__file__).parent / "teams.py"


@dataclass
class TeamsClient:
    """`url` is the channel's, `bot_url` the bot's `/api/messages` (set once it listens)."""

    url: str
    http: aiohttp.ClientSession
    bot_url: str = ""
    token: str = ""
    _ids: Any = field(default_factory=lambda: itertools.count(1))

    def settings(self) -> dict[str, Any]:
        """The bot's settings on this channel."""
        return {
            "teams_app_id": APP_ID, "teams_app_password": APP_PASSWORD, "teams_tenant_id": TENANT, "teams_allowed_service_hosts": "127.0.0.1",
            "teams_openid_metadata_url": f"{self.url}/openid", "teams_token_url": f"{self.url}/token",
        }  # fmt: skip

    async def ask(self, do: str, **asked: Any) -> Any:
        """Something of the channel itself."""
        async with self.http.post(f"{self.url}/_", json={"do": do} | asked) as response:
            return await response.json()

    async def mint(self, **claims: Any) -> str:
        """A token of the channel."""
        return str((await self.ask("mint", claims=claims))["token"])

    def activity(self, aad: str, kind: str = "message", **more: Any) -> dict[str, Any]:
        """An activity of somebody, in the private chat unless `conversation` says otherwise."""
        user = f"29:{aad}"
        return {
            "type": kind, "id": f"{kind}-{next(self._ids)}", "channelId": "msteams", "serviceUrl": self.url, "timestamp": "2026-03-02T09:00:00Z",
            "from": {"id": user, "aadObjectId": aad, "name": "Somebody"}, "recipient": {"id": BOT, "name": "Vinkki"},
            "conversation": {"id": f"a:{aad}-with-bot", "conversationType": "personal", "tenantId": TENANT},
            "channelData": {"tenant": {"id": TENANT}}, "entities": [{"type": "clientInfo", "locale": "en-GB"}],
        } | more  # fmt: skip

    def in_channel(self, channel: str, text: str, *, targeted: bool = False) -> dict[str, Any]:
        """What makes an activity one that was said in a team's channel, with the bot mentioned."""
        mention = {"type": "mention", "text": "<at>Vinkki</at>", "mentioned": {"id": BOT, "name": "Vinkki"}}
        return {
            "text": f"<at>Vinkki</at>&nbsp;{text}", "entities": [mention], "recipient": {"id": BOT, "name": "Vinkki", "isTargeted": targeted},
            "conversation": {"id": f"{channel};messageid=1", "conversationType": "channel", "isGroup": True, "tenantId": TENANT},
            "channelData": {"tenant": {"id": TENANT}, "channel": {"id": channel}, "team": {"id": channel}},
        }  # fmt: skip

    async def post(self, activity: Any, token: str | None = None) -> tuple[int, Any]:
        """Post an activity as the channel does; returns the status and the JSON answered."""
        if token is None:
            self.token = self.token or await self.mint()
            token = self.token
        async with self.http.post(self.bot_url, json=activity, headers={"Authorization": f"Bearer {token}"}) as response:
            text = await response.text()
            return response.status, json.loads(text) if response.content_type == "application/json" and text else None


_idle: list[str] = []  # channels that somebody had and gave back, by address


def _start() -> str:
    """A channel in a process of its own, which ends with this one; returns its address."""
    process = subprocess.Popen([sys.executable, str(SERVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(process.communicate)  # closes its standard input, and waits
    assert process.stdout is not None
    return str(json.loads(process.stdout.readline())["url"])


@asynccontextmanager
async def open_channel(throttle_every: int = 0) -> AsyncIterator[TeamsClient]:
    """A channel in a process of its own, in which nothing was said yet. One that was given back begins anew: starting costs more
    than most tests."""
    url = _idle.pop() if _idle else _start()
    async with aiohttp.ClientSession() as http:
        client = TeamsClient(url, http)
        await client.ask("begin", throttle_every=throttle_every)
        yield client
    _idle.append(url)  # not after an error: it may be the process that is ill
