"""Signing in by a one-time link that is sent by e-mail, and signing out.

Opening the link shows a button and signs nobody in: mail scanners open every link (facts/reliability.md, W3).
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
from bot.desks import front
from bot.messages import say


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
        await hub.db.write(front.request_sign_in, hub.deployment, email, datetime.now(UTC))
        hub.wake()
        response = self.portal.go("/sign-in/sent")
        response.set_cookie("vinkki_next", quote(onward, safe="/"), max_age=1800, httponly=True, samesite="Lax", secure=self.portal.is_https, path="/sign-in")
        return response

    async def sent(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """The mail is on its way."""
        return await self._page(visit, "sent.html", "sent_title")

    async def opened(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """The link was opened: show the button."""
        return await self._page(visit, "enter.html", "enter_title", token=request.match_info["token"][:200])

    async def enter(self, request: web.Request, visit: Visit, posted: Posted) -> web.StreamResponse:
        """The button was pressed: trade the link for a session."""
        self.per_address.require(client_address(request))
        hub = self.portal.hub
        session = await hub.db.write(front.open_session, request.match_info["token"][:200], datetime.now(UTC))
        if session is None:
            return await self._page(visit, "link_over.html", "over_title", status=410)
        response = self.portal.go(_wanted(request))
        give_cookie(response, hub.deployment, session)
        response.del_cookie("vinkki_next", path="/sign-in")
        return response

    async def leave(self, request: web.Request, visit: Visit, posted: Posted) -> web.StreamResponse:
        """Sign out this browser; open pages of the session end with it."""
        deployment = self.portal.hub.deployment
        await self.portal.hub.db.write(front.close_session, request.cookies.get(cookie_name(deployment), ""), datetime.now(UTC))
        response = self.portal.go("/sign-in")
        take_cookie(response, deployment)
        return response

    async def _page(self, visit: Visit, template: str, title: str, status: int = 200, **values: object) -> web.Response:
        words = visit.words(say(f"portal.sign_in.{title}"))
        values["organisation"] = self.portal.hub.deployment.organisation
        body = draw(template, visit.words, title=words, **values)
        return await self.portal.page(visit, words, body, status=status)


def _wanted(request: web.Request) -> str:
    """Where the person wanted to go before signing in, when it was this browser that asked for the link."""
    return local(unquote(request.cookies.get("vinkki_next", "/")))
