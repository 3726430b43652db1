"""Pictures of stories: the page on which one is uploaded, and the address at which everybody who got the story sees it.

What is served was judged by its content when it came, goes out under the type that judgement gave, and can do nothing.
"""

from __future__ import annotations

import asyncio

from aiohttp import web

from adapters.guard import Limiter
from adapters.portal.desks import offered
from adapters.portal.env import draw
from adapters.portal.portal import Portal
from adapters.portal.uploads import receive
from adapters.portal.visits import Visit, require_token
from bot.desks.hr.stories import pictures
from bot.errors import FieldRefusal
from bot.messages import Text, say

LIMIT = 5 * 1024 * 1024  # of the whole form; a picture has 4 MiB at most
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",  # chats and mail programs show it
    "Cache-Control": "public, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


class Pictures:
    """Routes of pictures."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        self.tries = Limiter(per_minute=12, burst=12)

    def add_routes(self, app: web.Application) -> None:
        """The page, the file, and the picture itself."""
        base = "/admin/stories/{id:[0-9]{1,9}}/picture"
        app.router.add_get(base, self.portal.look(self.form))
        app.router.add_post(base, self.portal.take(self.bring, self.tries))
        app.router.add_get("/i/{token:[A-Za-z0-9_-]{16,64}}.{ending:png|jpg|gif|webp}", self.show)

    async def show(self, request: web.Request) -> web.StreamResponse:
        """The picture, for whoever knows its address."""
        found = await self.portal.hub.db.read(pictures.served, request.match_info["token"], request.match_info["ending"])
        if found is None:
            raise web.HTTPNotFound
        return web.Response(body=found.content, content_type=found.kind, headers=_HEADERS)

    async def form(self, request: web.Request, visit: Visit) -> web.Response:
        """Choose a file, and say what it shows."""
        return await self._page(request, visit, {}, "")

    async def bring(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """The file came: it is judged, kept and shown with the story, or the form says what is wrong."""
        hub = self.portal.hub
        await self._look(request, visit)
        upload = await receive(request, "picture", visit.csrf, lambda given: require_token(visit, given), LIMIT, words=("version", "alt"))
        if upload is None:
            return await self._page(request, visit, {"file": say("intake.refused.picture_none")}, "")
        with upload.file as file:
            file.seek(0)
            content, alt = await asyncio.to_thread(file.read), upload.said["alt"]
        try:
            value = f"{request.match_info['id']}:{upload.said['version']}"
            await hub.db.write(pictures.put, hub.deployment, hub.clock.now(), visit.person_id, value, content, alt)
        except FieldRefusal as wrong:
            return await self._page(request, visit, {wrong.field: say(wrong.key, **wrong.params)}, alt)
        return self.portal.go(f"/admin/stories/{request.match_info['id']}")

    async def _look(self, request: web.Request, visit: Visit) -> pictures.PictureLook:
        hub = self.portal.hub
        return await hub.db.read(pictures.look, hub.deployment, hub.clock.now(), visit.person_id, int(request.match_info["id"]))

    async def _page(self, request: web.Request, visit: Visit, errors: dict[str, Text], alt: str) -> web.Response:
        look = await self._look(request, visit)
        title = visit.words(say("intake.picture.title", title=look.title))
        body = draw("picture.html", visit.words, look=look, title=title, errors=errors, alt=alt or look.alt, path=request.path, tabs=offered(visit),
                    here="stories", f=visit.frame(), say=say)  # fmt: skip
        return await self.portal.page(visit, title, body, status=422 if errors else 200)
