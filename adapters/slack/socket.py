"""Socket Mode: the same door through a WebSocket that we open, for companies that cannot open a port.

Our own loop over slack_sdk's `apps.connections.open`: its SocketModeClient (3.47) keeps trying a used-up address for ever
after a failed connect, and notices a dropped connection only at its next ping.
Protocol: docs.slack.dev/apis/events-api/using-socket-mode.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.guard import Refused
from adapters.slack.api import error_of
from adapters.slack.door import Door
from adapters.slack.envelope import Malformed, from_dict
from adapters.slack.workspace import FAILURES

log = structlog.get_logger("vinkki.slack")
_MOST = 1 << 20  # bytes of one message
_PATIENCE = 30.0
_STABLE = 10.0  # seconds after which a connection counts as good
HEARTBEAT = 10.0


class SocketMode:
    """Keeps one connection open. An event whose acknowledgement is lost with its connection comes again on the next one,
    where its key finds the receipt: one effect."""

    def __init__(self, door: Door, client: AsyncWebClient, session: aiohttp.ClientSession, app_token: str) -> None:
        self._door, self._client, self._session, self._token = door, client, session, app_token
        self._working: set[asyncio.Task[None]] = set()
        self.is_connected = False

    async def run(self) -> None:
        """Connect, and again whenever the connection ends; cancel to stop."""
        pause = 0.0
        while True:
            await asyncio.sleep(pause)
            since = time.monotonic()
            try:
                await self._one_connection(await self._address())
                reason = "connection ended"
            except FAILURES as e:
                reason = error_of(e) if isinstance(e, SlackApiError) else type(e).__name__
            finally:
                self.is_connected = False
            # Slack asks us to move now and then; one that ends at once (Socket Mode switched off) is not hammered
            pause = 0.0 if time.monotonic() - since > _STABLE else min(max(0.2, pause * 2), _PATIENCE)
            log.info("Socket Mode reconnects", reason=reason, again_in=pause)

    async def _address(self) -> str:
        answer = await self._client.apps_connections_open(app_token=self._token)
        url = str(answer["url"])
        if urlsplit(url).scheme != "wss" and not (urlsplit(url).scheme == "ws" and self._client.base_url.startswith("http://")):
            raise aiohttp.InvalidURL(url)
        return url

    async def _one_connection(self, url: str) -> None:
        async with self._session.ws_connect(url, heartbeat=HEARTBEAT, max_msg_size=_MOST) as socket:
            async for message in socket:
                if message.type is not aiohttp.WSMsgType.TEXT:
                    continue
                envelope = _read(message.data)
                if envelope.get("type") == "hello":
                    self.is_connected = True
                elif envelope.get("type") == "disconnect":
                    await self._finish()
                    return
                elif isinstance(envelope.get("envelope_id"), str):
                    task = asyncio.create_task(self._answer(socket, envelope))
                    self._working.add(task)
                    task.add_done_callback(self._working.discard)

    async def _finish(self) -> None:
        """Answer what came before the goodbye; Slack keeps the line for some seconds."""
        if self._working:
            await asyncio.wait(self._working, timeout=3)

    async def _answer(self, socket: aiohttp.ClientWebSocketResponse, envelope: dict[str, Any]) -> None:
        try:
            answer = await self._door.admit(from_dict(envelope.get("payload")))
        except (Malformed, Refused):
            answer = None  # acknowledged without effect: it would only come again
        if answer is not None and answer.status >= 500:
            return
        back: dict[str, Any] = {"envelope_id": envelope["envelope_id"]}
        if answer is not None and answer.body.startswith("{"):
            back["payload"] = json.loads(answer.body)
        try:
            await socket.send_json(back)
        except (ConnectionError, aiohttp.ClientError):
            log.info("acknowledgement lost with its connection; the event will come again")


def _read(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
