"""Teams as one platform of the house: routes, start and stop, rooms."""

from __future__ import annotations

import asyncio

from aiohttp import web

from adapters.hub import Hub
from adapters.teams.addresses import load
from adapters.teams.chat import TeamsChat
from adapters.teams.outbound import Connector
from bot import outbox
from bot.ports import ChatPlatform


class TeamsAdapter:
    """The PlatformAdapter of Teams. botbuilder (44 MB) is imported when one is made, and only then."""

    name = "teams"

    def __init__(self, hub: Hub) -> None:
        from adapters.teams.bot import VinkkiBot
        from adapters.teams.entry import Entry
        from adapters.teams.tokens import ChannelKeys
        from adapters.teams.turns import TeamsTurns

        self.hub = hub
        self.connector = Connector(hub.config)
        self.teams = TeamsChat(self.connector)
        self.chat: ChatPlatform = self.teams
        self.keys = ChannelKeys(hub.config.teams_openid_metadata_url, self.connector.document)
        self.bot = VinkkiBot(hub, self.teams, self.read_rooms)
        self.entry = Entry(hub, self.keys, self.connector.hosts, TeamsTurns(self.connector), self.bot)
        self._rooms: dict[str, tuple[str, str]] = {}

    def add_routes(self, app: web.Application) -> None:
        """Where the Bot Framework calls us."""
        app.router.add_post("/api/messages", self.entry.route)

    async def start(self) -> None:
        """Learn where the rooms are. Keys and token are fetched when first needed."""
        await self.read_rooms()

    async def stop(self) -> None:
        """Finish what was begun, then close the connections."""
        await asyncio.gather(*self.bot.tasks, return_exceptions=True)
        await self.connector.close()

    async def read_rooms(self) -> None:
        """Learn where the rooms are now."""
        self._rooms = await self.hub.db.read(outbox.rooms, self.name)

    def room_address(self, room: str) -> tuple[str, str] | None:
        """The channel where somebody of HR said `admin room …`."""
        found = self._rooms.get(room)
        return (found[0], load(found[1]).dump()) if found else None
