"""Slack as a platform of the house: starts, stops, and knows its rooms."""

from __future__ import annotations

import asyncio

import aiohttp
import structlog
from aiohttp import web

from adapters.hub import Hub
from adapters.slack import workspace
from adapters.slack.api import TIMEOUT, web_client
from adapters.slack.app import Bolt
from adapters.slack.chat import SlackChat
from adapters.slack.door import Door
from adapters.slack.socket import SocketMode
from adapters.slack.talk import Talk

log = structlog.get_logger("vinkki.slack")


class SlackAdapter:
    """One workspace. Over HTTP at /slack/events, or over Socket Mode when VINKKI_SLACK_APP_TOKEN is set."""

    name = "slack"

    def __init__(self, hub: Hub) -> None:
        self.hub, self.chat, self.door = hub, SlackChat(), Door(hub)
        config = hub.config
        self._rooms = {"admin": config.slack_admin_channel, "recruiting": config.slack_recruiting_channel, "thanks": config.slack_thanks_channel}
        self._app_token = config.slack_app_token.get_secret_value()
        self._session: aiohttp.ClientSession | None = None
        self._running: asyncio.Task[None] | None = None
        self.ready = asyncio.Event()  # Slack told us who we are
        self.talk: Talk | None = None
        self.socket: SocketMode | None = None

    @property
    def is_ready(self) -> bool:
        """Slack told us who we are and has not taken the token back. A WebSocket that is being replaced does not count."""
        return self.door.bolt is not None

    def add_routes(self, app: web.Application) -> None:
        """The request URL; Socket Mode needs none."""
        secret = self.hub.config.slack_signing_secret.get_secret_value()
        if secret and not self._app_token:
            self.door.add_route(app, secret)

    async def start(self) -> None:
        """Begin to ask Slack who we are; returns at once, also when Slack cannot be reached."""
        self._session = aiohttp.ClientSession(timeout=TIMEOUT)
        self._running = asyncio.create_task(self._run(self._session), name="slack")

    async def stop(self) -> None:
        """Let answers arrive, then close the connections."""
        if self._running:
            self._running.cancel()
            await asyncio.wait({self._running})
        if self.talk:
            await self.talk.close()
        if self._session:
            await self._session.close()

    def room_address(self, room: str) -> tuple[str, str] | None:
        """The channel of a room. Before Slack answered, the workspace is empty: the channel alone is enough to post."""
        channel = self._rooms.get(room, "")
        return (self.door.workspace.team_id if self.door.workspace else "", channel) if channel else None

    async def _run(self, session: aiohttp.ClientSession) -> None:
        token = self.hub.config.slack_bot_token.get_secret_value()
        client = self.chat.client = web_client(token, self.hub.config.slack_api_url, session)
        while True:
            found = self.door.workspace = await workspace.find(client)
            self.talk = Talk(self.hub, client, session, found)
            self.door.bolt = Bolt(self.talk, found, token)
            self.ready.set()
            log.info("Slack is connected", team=found.team_id)
            await self._until_revoked(client, session, self.talk)
            self.ready.clear()
            self.door.bolt = None

    async def _until_revoked(self, client: object, session: aiohttp.ClientSession, talk: Talk) -> None:
        if not self._app_token:
            await talk.revoked.wait()
            return
        assert self.chat.client is not None
        self.socket = SocketMode(self.door, self.chat.client, session, self._app_token)
        listening = asyncio.create_task(self.socket.run(), name="slack socket")
        try:
            await talk.revoked.wait()
        finally:
            listening.cancel()
            await asyncio.wait({listening})
