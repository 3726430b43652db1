"""A candidate's CV, handed to somebody who recruits: a download that nothing here opens, and that every browser keeps shut."""

from __future__ import annotations

from aiohttp import web

from adapters.portal import headers
from adapters.portal.portal import Portal
from adapters.portal.visits import Visit
from bot.desks import papers
from bot.errors import Refusal

SHUT = "default-src 'none'; frame-ancestors 'none'; sandbox"


class Papers:
    """The route of CVs."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal

    def add_routes(self, app: web.Application) -> None:
        """One address for each referral; the card of the details names it."""
        app.router.add_get("/recruiting/cv/{id:[0-9]{1,9}}", self.portal.look(self.hand_over))

    async def hand_over(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """The file, once it is written down who opened it. The role is read again."""
        hub, number = self.portal.hub, int(request.match_info["id"])
        try:
            paper = await hub.db.write(papers.for_staff, hub.deployment, hub.clock.now(), visit.person_id, number)
        except Refusal as refusal:
            return await self.portal.refusal(request, visit, refusal)
        if paper is None:
            raise web.HTTPNotFound
        named = {"Content-Disposition": f'attachment; filename="cv-{number}.{paper.kind}"'}
        response = web.Response(body=paper.content, content_type=paper.type, headers=named)
        return headers.dress(response, SHUT, referrer="no-referrer", is_https=hub.deployment.base_url.startswith("https://"))
