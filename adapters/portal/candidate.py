"""The candidate's page at `/r/<token>`: works without JavaScript, loads nothing from elsewhere, is kept by no cache.

The token in the address is the whole key, so the page sends no Referer and a post must come from the page itself.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias
from urllib.parse import quote

from aiohttp import web
from sqlmodel import Session

from adapters.guard import CANDIDATE_LIMIT, Limiter, Refused, Route, client_address, read_form
from adapters.portal import headers
from adapters.portal.asking import Posted, read_filling
from adapters.portal.env import draw
from adapters.portal.inbound import field
from adapters.portal.portal import Portal
from adapters.portal.visitor import stop
from adapters.portal.visits import require_origin, wanted_locale
from adapters.portal.widgets import Filled, initial
from bot.desks import Deployment, candidate
from bot.desks.candidate import CandidateView
from content.catalog import LOCALES, Words

Right: TypeAlias = Callable[[Session, Deployment, str, datetime], bool]
_STATUS = {"form": 200, "done": 200, "unknown": 404, "expired": 410, "closed": 410, "erased": 410}


class CandidatePage:
    """Routes of the candidate's page. Nobody is signed in here, whatever cookies come along."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        self.tries = Limiter(per_minute=30, burst=60)  # looking
        self.posts = Limiter(per_minute=6, burst=20)

    def add_routes(self, app: web.Application) -> None:
        """The page, its one button, and the candidate's rights ever after."""
        app.router.add_get("/r/{token}", self._guard(self.show))
        app.router.add_post("/r/{token}", self._guard(self.confirm))
        app.router.add_get("/r/{token}/download", self._guard(self.download))
        app.router.add_post("/r/{token}/withdraw", self._guard(self.withdraw))
        app.router.add_post("/r/{token}/erase", self._guard(self.erase))

    async def show(self, request: web.Request) -> web.Response:
        """The notice and the form, or how things stand."""
        return await self._page(request)

    async def confirm(self, request: web.Request) -> web.Response:
        """The candidate's own yes."""
        posted = await self._posted(request)
        hub, token = self.portal.hub, request.match_info["token"]
        view = await hub.db.read(candidate.view, hub.deployment, token, hub.clock.now())
        if view.form is None:
            return self._onward(token, _locale(request, view, posted))
        filling = read_filling(view.form, posted)
        locale = _locale(request, view, posted)
        given = {**filling.values, "nonce": field(posted, "nonce")}
        answered = await hub.db.write(candidate.confirm, hub.deployment, token, given, locale, hub.clock.now())
        if answered.errors:
            return await self._page(request, posted, Filled(filling.values, answered.errors), field(posted, "nonce"))
        hub.wake()
        return self._onward(answered.token or token, locale)

    async def withdraw(self, request: web.Request) -> web.Response:
        """Take the referral back."""
        return await self._right(request, candidate.withdraw)

    async def erase(self, request: web.Request) -> web.Response:
        """Have everything forgotten."""
        return await self._right(request, candidate.erase)

    async def download(self, request: web.Request) -> web.Response:
        """Everything we hold, as a file."""
        hub = self.portal.hub
        text = await hub.db.read(candidate.download, hub.deployment, request.match_info["token"], hub.clock.now())
        if text is None:
            return await self._page(request)
        named = {"Content-Disposition": 'attachment; filename="my-data.json"'}
        return self._dressed(web.Response(text=text, content_type="application/json", headers=named))

    async def _right(self, request: web.Request, deed: Right) -> web.Response:
        posted = await self._posted(request)
        hub = self.portal.hub
        await hub.db.write(deed, hub.deployment, request.match_info["token"], hub.clock.now())
        hub.wake()
        return self._onward(request.match_info["token"], field(posted, "lang"))

    async def _posted(self, request: web.Request) -> Posted:
        form = await read_form(request, CANDIDATE_LIMIT)
        return {name: [v for v in form.getall(name) if isinstance(v, str)] for name in form}

    async def _page(self, request: web.Request, posted: Posted | None = None, filled: Filled | None = None, nonce: str = "") -> web.Response:
        hub, token = self.portal.hub, request.match_info["token"]
        view = await hub.db.read(candidate.view, hub.deployment, token, hub.clock.now())
        locale = _locale(request, view, posted or {})
        words = Words(locale, hub.deployment.time_zone)
        filled = filled or Filled()
        values = {f.name: filled.values.get(f.name, initial(f)) for f in view.form.fields} if view.form else {}
        body = draw("candidate.html", words, view=view, values=values, filled=filled, nonce=nonce or view.nonce, address=f"/r/{quote(token, safe='')}")
        html = draw("plain.html", words, title=words(view.title), body=body, banner="", organisation=hub.deployment.organisation)
        status = 422 if filled.errors else _STATUS[view.state]
        return self._dressed(web.Response(text=html, status=status, content_type="text/html"))

    def _onward(self, token: str, locale: str) -> web.Response:
        language = f"?lang={locale}" if locale in LOCALES else ""
        return self._dressed(web.Response(status=303, headers={"Location": f"/r/{quote(token, safe='')}{language}"}))

    def _dressed(self, response: web.Response) -> web.Response:
        return self.portal.dressed(response, headers.PUBLIC, "no-referrer")

    def _guard(self, handler: Route) -> Route:
        async def route(request: web.Request) -> web.StreamResponse:
            try:
                if request.method == "POST":
                    require_origin(request, self.portal.hub.config, self.portal.hub.deployment)
                (self.posts if request.method == "POST" else self.tries).require(client_address(request))
                return await handler(request)
            except Refused as refused:
                response = stop(request, self.portal.hub.deployment, "problem", refused.status)
                refused.settle(response)
                return response

        return route


def _locale(request: web.Request, view: CandidateView, posted: Posted) -> str:
    """The language asked for, else the browser's, else the opening's."""
    asked = field(posted, "lang")
    return asked if asked in LOCALES else wanted_locale(request, view.locale if view.locale in LOCALES else "en")
