"""The portal as a platform: routes, the speaking side, and the rooms it can stand in for."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from adapters.hub import Hub, Preview
from adapters.portal import files
from adapters.portal.calendar import Calendar
from adapters.portal.calendar_feed import CalendarFeed
from adapters.portal.candidate import CandidatePage
from adapters.portal.desks import Desks
from adapters.portal.home import Home
from adapters.portal.imports import Imports
from adapters.portal.live import PortalChat
from adapters.portal.papers import Papers
from adapters.portal.payruns import PayRuns
from adapters.portal.pictures import Pictures
from adapters.portal.portal import Extras, Portal
from adapters.portal.privacy import PrivacyPage
from adapters.portal.qr import QrCodes
from adapters.portal.sign_in import SignIn
from adapters.portal.talk import Talk

ROOMS = ("admin", "recruiting")


class PortalAdapter:
    """The browser, in both directions. `previews` draws cards as other platforms would; `extras` adds the demo's parts."""

    name = "portal"

    def __init__(self, hub: Hub, previews: Mapping[str, Preview], extras: Extras | None = None) -> None:
        self.hub = hub
        self.portal = Portal(hub, previews, extras)
        self.imports = Imports(self.portal)
        self.chat = PortalChat(self.portal.live)
        hub.wakers.append(self.portal.live.stir)

    def add_routes(self, app: web.Application) -> None:
        """Every page, and what ends the open streams when the server stops."""
        files.add_routes(app)
        for part in (Calendar, CalendarFeed, Home, Talk, Desks, Papers, PayRuns, Pictures, QrCodes, SignIn, CandidatePage, PrivacyPage):
            part(self.portal).add_routes(app)
        self.imports.add_routes(app)
        self.portal.extras.add_routes(app, self.portal)

        async def close(_app: web.Application) -> None:
            self.portal.live.close()

        app.on_shutdown.append(close)

    async def start(self) -> None:
        """Nothing to open."""

    async def stop(self) -> None:
        """End the open streams and whatever file is being worked on."""
        self.portal.live.close()
        await self.imports.stop()

    def room_address(self, room: str) -> tuple[str, str] | None:
        """The portal's desks show what is said in the rooms."""
        return ("", room) if room in ROOMS else None
