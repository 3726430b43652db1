"""`/privacy`: what Vinkki keeps about people, for everybody, signed in or not. Other pages and the Teams app lead here."""

from __future__ import annotations

from dataclasses import replace

from aiohttp import web

from adapters.portal.env import draw
from adapters.portal.portal import Portal
from adapters.portal.visits import Visit
from bot.desks.privacy_page import privacy
from content.catalog import LOCALES, Words


class PrivacyPage:
    """One public route."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal

    def add_routes(self, app: web.Application) -> None:
        """The page."""
        app.router.add_get("/privacy", self.portal.look(self.show, public=True))

    async def show(self, request: web.Request, visit: Visit) -> web.Response:
        """The page, in the language asked for, else the reader's own."""
        if (asked := request.query.get("lang", "")) in LOCALES:
            visit = replace(visit, words=Words(asked, visit.words.time_zone))
        view = await self.portal.hub.db.read(privacy, self.portal.hub.deployment)
        return await self.portal.page(visit, visit.words(view.title), draw("privacy.html", visit.words, view=view))
