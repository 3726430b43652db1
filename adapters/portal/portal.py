"""The portal's heart: recognises the visitor, draws pages in the common frame, and wraps routes so that a post is settled by
its headers before its body is read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias
from urllib.parse import quote

from aiohttp import web
from markupsafe import Markup

from adapters.guard import Limiter, Refused, read_form
from adapters.hub import Hub, Preview
from adapters.portal import headers
from adapters.portal.asking import Posted
from adapters.portal.env import draw, local
from adapters.portal.inbound import field
from adapters.portal.live import Live
from adapters.portal.preview import preview
from adapters.portal.visitor import told
from adapters.portal.visits import Visit, cookie_name, csrf_token, require_origin, require_token, wanted_locale
from adapters.portal.widgets import card_html
from bot.desks import gate, refusal_card, views
from bot.errors import Refusal
from bot.messages import Text, say
from content.catalog import Words

Look: TypeAlias = Callable[[web.Request, Visit], Awaitable[web.StreamResponse]]
Act: TypeAlias = Callable[[web.Request, Visit, Posted], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class NavItem:
    """One entry of the navigation; `is_main` ones stand in the bar at a phone's lower edge."""

    path: str
    text: Text
    icon: str
    is_main: bool = False


async def _no_banner(_visit: Visit) -> Markup:
    return Markup("")


@dataclass(frozen=True)
class Extras:
    """What other code adds to the portal (the demo's person switcher, tour and mailbox).

    nav: entries for this visit. banner: HTML above every page. add_routes: routes of its own, which may use
    `portal.look(handler)`, `portal.act(handler)` and `portal.page(…)`.
    """

    nav: Callable[[Visit], Sequence[NavItem]] = lambda _visit: ()
    banner: Callable[[Visit], Awaitable[Markup]] = _no_banner
    add_routes: Callable[[web.Application, Portal], None] = lambda _app, _portal: None


_NAV = (
    NavItem("/", say("portal.nav.home"), "home", True),
    NavItem("/stories", say("portal.nav.stories"), "story", True),
    NavItem("/refer", say("portal.nav.refer"), "refer", True),
    NavItem("/referrals", say("portal.nav.referrals"), "referrals", True),
    NavItem("/leaderboard", say("portal.nav.leaderboard"), "leaderboard"),
    NavItem("/settings", say("portal.nav.settings"), "settings"),
    NavItem("/help", say("portal.nav.help"), "help"),
)
_DESKS = (
    (("hr", "recruiter"), NavItem("/recruiting", say("portal.nav.recruiting"), "recruiting")),
    (("hr", "curator", "payroll", "executive"), NavItem("/admin", say("portal.nav.admin"), "admin")),
)


class Portal:
    """One deployment's portal, shared by all its routes."""

    def __init__(self, hub: Hub, previews: Mapping[str, Preview], extras: Extras | None = None) -> None:
        self.hub = hub
        self.previews: dict[str, Preview] = {**previews, "portal": preview}
        self.extras = extras or Extras()
        self.live = Live()
        self.is_https = hub.deployment.base_url.startswith("https://")

    async def visit(self, request: web.Request) -> Visit:
        """Who asks. Sessions live by wall time, whatever the programme's clock says."""
        session = request.cookies.get(cookie_name(self.hub.deployment), "")
        who = await self.hub.db.read(views.who, self.hub.deployment, session, datetime.now(UTC)) if session else None
        if who is None:
            words = Words(wanted_locale(request, self.hub.deployment.default_locale), self.hub.deployment.time_zone)
            return Visit(words, request.path)
        csrf = csrf_token(self.hub.deployment, session)
        return Visit(Words(who.locale, who.time_zone), local(request.path_qs), who, csrf, self.hub.deployment)

    def nav(self, visit: Visit) -> list[NavItem]:
        """Where this visitor can go."""
        desks = [item for roles, item in _DESKS if visit.has(*roles)]
        return [*_NAV, *desks, *self.extras.nav(visit)]

    async def page(self, visit: Visit, title: str, body: Markup, *, status: int = 200, wide: bool = False, of: str = "") -> web.Response:
        """A whole page in the common frame; `title` is words already. `of` is the path of the place it belongs to, where it is no place itself."""
        template = "signed_in.html" if visit.who else "plain.html"
        nav = self.nav(visit) if visit.who else []
        banner = await self.extras.banner(visit)
        html = draw(template, visit.words, title=title, body=body, visit=visit, f=visit.frame(), nav=nav, banner=banner, wide=wide,
                    here=(of or visit.path).split("?")[0], organisation=self.hub.deployment.organisation)  # fmt: skip
        return self.dressed(web.Response(text=html, status=status, content_type="text/html"))

    def dressed(self, response: web.Response, policy: str = headers.PAGE, referrer: str = "same-origin") -> web.Response:
        """The response with its security headers."""
        headers.dress(response, policy, referrer=referrer, is_https=self.is_https)
        return response

    def go(self, path: str) -> web.Response:
        """Lead on to a page of ours (303: a reload does not post again)."""
        return self.dressed(web.Response(status=303, headers={"Location": local(path)}))

    async def problem(self, visit: Visit, status: int) -> web.Response:
        """A kind page for something that went wrong, in the visitor's language."""
        kind = told(status)
        title = visit.words(say(f"portal.problem.title_{kind}"))
        response = await self.page(visit, title, draw("problem.html", visit.words, title=title, kind=kind, visit=visit), status=status)
        if status in (401, 403, 408, 413, 415):
            response.force_close()  # the body was not read
        return response

    async def refused(self, visit: Visit, refused: Refused) -> web.Response:
        """Such a page for a request that was refused before it came to a desk."""
        response = await self.problem(visit, refused.status)
        refused.settle(response)
        return response

    async def refusal(self, request: web.Request, visit: Visit, refusal: Refusal) -> web.Response:
        """What a desk refused to show, in its own words. A page that needs a role its visitor lacks is written down, as a button is."""
        card, status = refusal_card(refusal), 404
        if refusal.key == "forbidden" and visit.who is not None:
            status = 403
            resource = request.match_info.route.resource  # its pattern, never the path: paths carry tokens
            what = resource.canonical if resource else "page"
            await self.hub.db.write(gate.refused, self.hub.clock.now(), visit.person_id, "portal", what)
        return await self.page(visit, visit.words(card.title), card_html(card, visit.frame("/"), level=1), status=status)

    def look(self, handler: Look, *, public: bool = False) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """A route that only reads. Who is not signed in is led to signing in, and back, unless the page is public."""

        async def route(request: web.Request) -> web.StreamResponse:
            visit = await self.visit(request)
            if visit.who is None and not public:
                onward = "" if request.path_qs == "/" else f"?next={quote(local(request.path_qs), safe='/')}"
                return self.go(f"/sign-in{onward}")
            try:
                return await handler(request, visit)
            except Refused as refused:
                return await self.refused(visit, refused)
            except Refusal as refusal:
                return await self.refusal(request, visit, refusal)

        return route

    def act(self, handler: Act, *, public: bool = False) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """A route that changes something. Origin and session are settled by the headers, only then the body is read and its
        token compared."""

        async def route(request: web.Request) -> web.StreamResponse:
            visit = self.unknown(request)
            try:
                visit = await self.settled(request, public=public)
                posted = await read_form(request)
                if visit.who is not None:
                    require_token(visit, field(posted, "csrf"))
                return await handler(request, visit, posted)
            except Refused as refused:
                return await self.refused(visit, refused)
            except Refusal as refusal:
                return await self.refusal(request, visit, refusal)

        return route

    def take(self, bring: Look, tries: Limiter) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """A route to which a file is brought. Origin and session are settled by the headers, and how often this person came;
        `bring` settles the right to it and the session's token before it reads a byte of the file."""

        async def route(request: web.Request) -> web.StreamResponse:
            visit = self.unknown(request)
            try:
                visit = await self.settled(request)
                tries.require(str(visit.person_id))
                return await bring(request, visit)
            except Refused as refused:
                response = await self.refused(visit, refused)
            except Refusal as refusal:
                response = await self.refusal(request, visit, refusal)
            response.force_close()  # the body may not have been read
            return response

        return route

    def unknown(self, request: web.Request) -> Visit:
        """A visit of nobody we know (yet)."""
        return Visit(Words(wanted_locale(request, self.hub.deployment.default_locale)), request.path)

    async def settled(self, request: web.Request, *, public: bool = False) -> Visit:
        """Who posts, settled by the headers alone. Raises Refused 403 for a post from elsewhere, 401 where nobody is signed in."""
        require_origin(request, self.hub.config, self.hub.deployment)
        visit = await self.visit(request)
        if visit.who is None and not public:
            raise Refused(401)
        return visit
