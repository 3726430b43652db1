"""The candidate's page at `/r/<token>`: works without JavaScript, loads nothing from elsewhere, is kept by no cache.

The token in the address is the whole key, so the page sends no Referer and a post must come from the page itself.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias
from urllib.parse import quote, urlencode

from aiohttp import web
from sqlmodel import Session

from adapters.guard import CANDIDATE_LIMIT, Limiter, Refused, Route, client_address, read_form, see_off
from adapters.papers import Judge, Unfit
from adapters.portal import headers
from adapters.portal.asking import Filling, read_filling
from adapters.portal.brought import Brought, bring
from adapters.portal.candidate_text import own_text
from adapters.portal.env import draw
from adapters.portal.inbound import field
from adapters.portal.portal import Portal
from adapters.portal.visitor import stop
from adapters.portal.visits import require_origin, wanted_locale
from adapters.portal.widgets import Filled, initial
from bot.desks import Deployment, candidate
from bot.desks.candidate import Answered, CandidateView
from bot.desks.papers import Paper
from bot.messages import Text, say
from content.catalog import LOCALES, Words

Right: TypeAlias = Callable[[Session, Deployment, str, datetime], bool]
Deed: TypeAlias = Callable[[Session, Deployment, str, dict[str, str], str, datetime, Paper | None], Answered]
ACCEPT = ".pdf,.docx,.odt"
_STATUS = {"form": 200, "done": 200, "unknown": 404, "expired": 410, "closed": 410, "erased": 410}


class CandidatePage:
    """Routes of the candidate's page. Nobody is signed in here, whatever cookies come along."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        self.judge = Judge()
        self.tries = Limiter(per_minute=30, burst=60)  # looking
        self.posts = Limiter(per_minute=6, burst=20)

    def add_routes(self, app: web.Application) -> None:
        """The page, its one button, and the candidate's rights ever after."""
        app.router.add_get("/r/{token}", self._guard(self.show))
        app.router.add_post("/r/{token}", self._guard(self.confirm))
        app.router.add_get("/r/{token}/download", self._guard(self.download))
        app.router.add_get("/r/{token}/text", self._guard(self.text))
        app.router.add_get("/r/{token}/cv", self._guard(self.paper))
        app.router.add_post("/r/{token}/correct", self._guard(self.correct))
        for name, deed in (("decline", candidate.decline), ("withdraw", candidate.withdraw), ("erase", candidate.erase)):
            app.router.add_post(f"/r/{{token}}/{name}", self._guard(self._right(deed)))

    async def show(self, request: web.Request) -> web.Response:
        """The notice and the form, or how things stand."""
        return await self._page(request, await self._view(request))

    async def confirm(self, request: web.Request) -> web.Response:
        """The candidate's own yes."""
        brought = await self._posted(request)
        view = await self._view(request, field(brought.words, "lang"))
        if view.form is None:
            brought.require_fit()
            return self._onward(_token(request), view.locale)
        filling, (paper, wrong) = read_filling(view.form, brought.words), await self._paper(brought)
        given = {**filling.values, "nonce": field(brought.words, "nonce")}
        if wrong is None:
            answered = await self._write(candidate.confirm, request, given, view.locale, paper)
        else:
            answered = Answered(errors={"cv": wrong})
        return await self._after(request, view, filling, answered, brought, has_file=paper is not None)

    async def correct(self, request: web.Request) -> web.Response:
        """The candidate puts their details right."""
        brought = await self._posted(request)
        view = await self._view(request, field(brought.words, "lang"))
        if view.correction is None:
            brought.require_fit()
            return self._onward(_token(request), view.locale)
        filling, (paper, wrong) = read_filling(view.correction, brought.words), await self._paper(brought)
        given = {**filling.values, "without_paper": field(brought.words, "without_paper")}
        if wrong is None:
            answered = await self._write(candidate.correct, request, given, view.locale, paper)
        else:
            answered = Answered(errors={"cv": wrong})
        return await self._after(request, view, filling, answered, brought, has_file=paper is not None, is_saved=True)

    async def download(self, request: web.Request) -> web.Response:
        """Everything we hold, as a file for machines."""
        hub = self.portal.hub
        text = await hub.db.read(candidate.download, hub.deployment, _token(request), hub.clock.now())
        if text is None:
            return await self.show(request)
        return self._file(text.encode(), "application/json", "my-data.json")

    async def text(self, request: web.Request) -> web.Response:
        """Everything we hold, as a text to read."""
        view = await self._view(request)
        if not view.can_download:
            return await self._page(request, view)
        deployment = self.portal.hub.deployment
        lines = own_text(view, Words(view.locale or "en", deployment.time_zone), deployment.organisation, self.portal.hub.clock.now())
        return self._file("\r\n".join(lines).encode(), "text/plain", "my-data.txt")

    async def paper(self, request: web.Request) -> web.Response:
        """Their own CV back."""
        hub = self.portal.hub
        paper = await hub.db.read(candidate.own_paper, hub.deployment, _token(request), hub.clock.now())
        return await self.show(request) if paper is None else self._file(paper.content, paper.type, f"my-cv.{paper.kind}")

    def _right(self, deed: Right) -> Route:
        async def route(request: web.Request) -> web.Response:
            brought = await self._posted(request)
            brought.require_fit()
            hub = self.portal.hub
            await hub.db.write(deed, hub.deployment, _token(request), hub.clock.now())
            hub.wake()
            return self._onward(_token(request), field(brought.words, "lang"))

        return route

    async def _posted(self, request: web.Request) -> Brought:
        if request.content_type == "multipart/form-data":
            return await bring(request, "cv", CANDIDATE_LIMIT)
        return Brought(await read_form(request, CANDIDATE_LIMIT))

    async def _paper(self, brought: Brought) -> tuple[Paper | None, Text | None]:
        """The file once it is judged, or why it is not taken."""
        try:
            if brought.is_large:
                raise Unfit("large")
            return (await self.judge.judged(brought.name, brought.content) if brought.name else None), None
        except Unfit as e:
            return None, say(f"candidate.cv.wrong.{e.why}")

    async def _view(self, request: web.Request, given: str = "") -> CandidateView:
        hub, asked = self.portal.hub, given if given in LOCALES else wanted_locale(request, "")
        return await hub.db.read(candidate.view, hub.deployment, _token(request), hub.clock.now(), asked)

    async def _write(self, deed: Deed, request: web.Request, given: dict[str, str], locale: str, paper: Paper | None) -> Answered:
        hub = self.portal.hub
        answered = await hub.db.write(deed, hub.deployment, _token(request), given, locale, hub.clock.now(), paper)
        hub.wake()
        return answered

    async def _after(self, request: web.Request, view: CandidateView, filling: Filling, answered: Answered, brought: Brought, *, has_file: bool,
                     is_saved: bool = False) -> web.Response:  # fmt: skip
        """The page again with what is wrong, else where the post leads."""
        if not answered.errors:
            return self._onward(answered.token or _token(request), view.locale, is_saved=is_saved)
        errors = dict(answered.errors)
        if has_file:
            errors["cv"] = say("candidate.cv.again")
        filled, nonce = Filled(filling.values, errors), field(brought.words, "nonce")
        return await self._page(request, view, filled, nonce, wrong=413 if brought.is_large else 422)

    async def _page(self, request: web.Request, view: CandidateView, filled: Filled | None = None, nonce: str = "", wrong: int = 422) -> web.Response:
        words = Words(view.locale or "en", self.portal.hub.deployment.time_zone)
        filled, form = filled or Filled(), view.form or view.correction
        values = {f.name: filled.values.get(f.name, initial(f)) for f in form.fields} if form else {}
        address = f"/r/{quote(_token(request), safe='')}"
        body = draw(
            "candidate.html", words, view=view, form=form, values=values, filled=filled, nonce=nonce or view.nonce, address=address, accept=ACCEPT,
            is_saved=request.query.get("saved") == "1",
        )  # fmt: skip
        organisation = self.portal.hub.deployment.organisation
        html = draw("plain.html", words, title=words(view.title), body=body, banner="", organisation=organisation, languages_above=True)
        status = wrong if filled.errors else _STATUS[view.state]
        return self._dressed(web.Response(text=html, status=status, content_type="text/html"))

    def _file(self, content: bytes, kind: str, name: str) -> web.Response:
        named = {"Content-Disposition": f'attachment; filename="{name}"'}
        return self._dressed(web.Response(body=content, content_type=kind, charset="utf-8" if kind.startswith("text/") else None, headers=named))

    def _onward(self, token: str, locale: str, *, is_saved: bool = False) -> web.Response:
        query = urlencode(({"lang": locale} if locale in LOCALES else {}) | ({"saved": "1"} if is_saved else {}))
        return self._dressed(web.Response(status=303, headers={"Location": f"/r/{quote(token, safe='')}{'?' if query else ''}{query}"}))

    def _dressed(self, response: web.Response) -> web.Response:
        return self.portal.dressed(response, headers.PUBLIC, "no-referrer")

    def _guard(self, handler: Route) -> Route:
        async def route(request: web.Request) -> web.StreamResponse:
            try:
                if request.method == "POST":
                    require_origin(request, self.portal.hub.config, self.portal.hub.deployment)
                (self.posts if request.method == "POST" else self.tries).require(client_address(request))
                response = await handler(request)
            except Refused as refused:
                response = stop(request, self.portal.hub.deployment, "problem", refused.status)
                refused.settle(response)
            if response.status == 413:
                await see_off(request, response)
            return response

        return route


def _token(request: web.Request) -> str:
    return request.match_info["token"]
