"""Signing in by a one-time link that is sent by e-mail, and signing out.

Opening the link shows a button and signs nobody in: mail scanners open every link that comes in.
"""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote, unquote

from aiohttp import web

from adapters.guard import Limiter, client_address
from adapters.portal.asking import Posted
from adapters.portal.env import draw, local
from adapters.portal.inbound import field
from adapters.portal.portal import Portal
from adapters.portal.visits import Visit, cookie_name, give_cookie, take_cookie
from bot.desks import front, views
from bot.messages import say

ASKED = "vinkki_asked"


class SignIn:
    """Routes of signing in and out."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        self.per_address = Limiter(per_minute=6, burst=12)  # one office behind one address signs in on a Monday
        self.per_mailbox = Limiter(per_minute=0.2, burst=4)

    def add_routes(self, app: web.Application) -> None:
        """Ask for a link, open it, sign in, sign out."""
        app.router.add_get("/sign-in", self.portal.look(self.form, public=True))
        app.router.add_post("/sign-in", self.portal.act(self.ask, public=True))
        app.router.add_get("/sign-in/sent", self.portal.look(self.sent, public=True))
        app.router.add_get("/sign-in/{token}", self.portal.look(self.opened, public=True))
        app.router.add_post("/sign-in/{token}", self.portal.act(self.enter, public=True))
        app.router.add_get("/connect/{token}", self.portal.look(self.account, public=True))
        app.router.add_post("/connect/{token}", self.portal.act(self.connect, public=True))
        app.router.add_post("/sign-out", self.portal.act(self.leave))

    async def form(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """Ask for the e-mail address."""
        onward = local(request.query.get("next", "/"))
        if visit.who is not None:
            return self.portal.go(onward)
        return await self._page(visit, "sign_in.html", "title", onward=onward, email="", is_wrong=False)

    async def ask(self, request: web.Request, visit: Visit, posted: Posted) -> web.StreamResponse:
        """Owe a mail with a link. The answer is the same whether the address is known or not."""
        email, onward = field(posted, "email").strip()[:254], local(field(posted, "next"))
        if "@" not in email[1:-1] or any(c.isspace() for c in email):
            return await self._page(visit, "sign_in.html", "title", status=422, onward=onward, email=email, is_wrong=True)
        self.per_address.require(client_address(request))
        self.per_mailbox.require(email.lower())
        hub = self.portal.hub
        code = await hub.db.write(front.request_sign_in, hub.deployment, email, datetime.now(UTC))
        hub.wake()
        response = self.portal.go("/sign-in/sent")
        asked = f"{code}.{quote(onward, safe='/')}"  # for this browser alone, until the link is opened in it
        response.set_cookie(ASKED, asked, max_age=1800, httponly=True, samesite="Lax", secure=self.portal.is_https, path="/sign-in")
        return response

    async def sent(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """The mail is on its way, and the digits that the link's page will show."""
        return await self._page(visit, "sent.html", "sent_title", code=_asked(request)[0])

    async def opened(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """The link was opened: show the button."""
        token = request.match_info["token"][:200]
        return await self._page(visit, "enter.html", "enter_title", token=token, code=views.sign_in_code(token))

    async def enter(self, request: web.Request, visit: Visit, posted: Posted) -> web.StreamResponse:
        """The button was pressed: trade the link for a session."""
        self.per_address.require(client_address(request))
        hub = self.portal.hub
        session = await hub.db.write(front.open_session, request.match_info["token"][:200], datetime.now(UTC))
        if session is None:
            return await self._page(visit, "link_over.html", "over_title", status=410)
        response = self.portal.go(_asked(request)[1])
        give_cookie(response, hub.deployment, session)
        response.del_cookie(ASKED, path="/sign-in")
        return response

    async def account(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """The link that ties a chat account to a person was opened: whose account, and the button."""
        token = request.match_info["token"][:200]
        found = await self.portal.hub.db.read(front.connecting, token, datetime.now(UTC))
        if found is None:
            return await self._page(visit, "link_over.html", "connect_over_title", status=410)
        platform = visit.words(say(f"portal.desk.platform_{found.platform}"))
        return await self._page(visit, "connect.html", "connect_title", token=token, code=found.code, name=found.name, platform=platform)

    async def connect(self, request: web.Request, visit: Visit, posted: Posted) -> web.StreamResponse:
        """The button was pressed: tie the account."""
        self.per_address.require(client_address(request))
        hub = self.portal.hub
        done = await hub.db.write(front.connect, hub.deployment, request.match_info["token"][:200], datetime.now(UTC))
        hub.wake()
        if not done:
            return await self._page(visit, "link_over.html", "connect_over_title", status=410)
        return await self._page(visit, "connected.html", "connected_title")

    async def leave(self, request: web.Request, visit: Visit, posted: Posted) -> web.StreamResponse:
        """Sign out this browser; open pages of the session end with it."""
        deployment = self.portal.hub.deployment
        await self.portal.hub.db.write(front.close_session, request.cookies.get(cookie_name(deployment), ""), datetime.now(UTC))
        response = self.portal.go("/sign-in")
        take_cookie(response, deployment)
        return response

    async def _page(self, visit: Visit, template: str, title: str, status: int = 200, **values: object) -> web.Response:
        words = visit.words(say(f"portal.sign_in.{title}"))
        values = {"code": "", "kind": title.partition("_")[0], "visit_csrf": visit.csrf, **values}
        values["organisation"] = self.portal.hub.deployment.organisation
        body = draw(template, visit.words, title=words, **values)
        return await self.portal.page(visit, words, body, status=status)


def _asked(request: web.Request) -> tuple[str, str]:
    """The digits, and where the person wanted to go, when it was this browser that asked for a link."""
    code, _, onward = request.cookies.get(ASKED, "").partition(".")
    return (code if code.isdecimal() and len(code) == 4 else ""), local(unquote(onward) or "/")
