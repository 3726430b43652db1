"""What the demo adds to the portal: a banner with the person and the clock, the tour, the switcher and the mailbox."""

from __future__ import annotations

import asyncio
import ipaddress
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from aiohttp import web
from markupsafe import Markup

from adapters.clock import MovableClock
from adapters.demo import site
from adapters.demo.drawing import HERE, draw
from adapters.demo.mailbox import Mailbox
from adapters.demo.tour import stops
from adapters.hub import Hub
from adapters.portal import Extras, NavItem
from adapters.portal.asking import Posted
from adapters.portal.inbound import field
from adapters.portal.portal import Look, Portal
from adapters.portal.visits import Visit, give_cookie
from adapters.scheduler import Ticker
from bot.desks import tour
from bot.messages import say

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]
STEPS_FORWARD = (1, 7, 30, 90)
_LETTER = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' https:; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"


@dataclass
class Moving:
    """A journey of the clock that is under way."""

    days: int
    done: int = 0
    task: asyncio.Task[None] | None = None

    @property
    def is_over(self) -> bool:
        """The clock has arrived (or stopped with an error)."""
        return self.task is None or self.task.done()


class Demo:
    """The demo's part of one running server. `ticker` is set once the server is put together."""

    def __init__(self, hub: Hub, clock: MovableClock, mailbox: Mailbox, folder: Path) -> None:
        self.hub, self.clock, self.mailbox = hub, clock, mailbox
        self.seeded_at = datetime.fromisoformat(json.loads((folder / "seeded.json").read_text(encoding="utf-8"))["seeded_at"])
        self.ticker: Ticker | None = None
        self.moving = Moving(0)
        self.portal: Portal

    def extras(self) -> Extras:
        """What the portal is given."""
        return Extras(nav=self._nav, banner=self._banner, add_routes=self.add_routes)

    def _nav(self, _visit: Visit) -> list[NavItem]:
        return [NavItem("/demo/tour", say("tour.title"), "strategy"), NavItem("/demo/mail", say("demo.mailbox"), "deliveries")]

    async def _banner(self, visit: Visit) -> Markup:
        steps = await self.hub.db.read(stops, self.seeded_at)
        upcoming = next((s for s in steps if s.is_next), None)
        return draw(
            "banner.html", visit.words, visit=visit, csrf=visit.csrf, now=visit.words.moment(self.clock.now()), forward=STEPS_FORWARD, next=upcoming,
            done=sum(s.is_done for s in steps), count=len(steps), is_moving=not self.moving.is_over,
        )  # fmt: skip

    def add_routes(self, app: web.Application, portal: Portal) -> None:
        """Everything under /demo/, open to this machine's own browser only."""
        self.portal = portal
        looks: dict[str, Look] = {
            "/demo/people": self.people_page,
            "/demo/tour": self.tour_page,
            "/demo/mail": self.mail_page,
            "/demo/mail/{number:[0-9]{1,6}}": self.letter_page,
            "/demo/mail/{number:[0-9]{1,6}}/body": self.letter_body,
            "/demo/clock": self.clock_page,
        }
        for path, look in looks.items():
            app.router.add_get(path, near(portal.look(look, public=True)))
        app.router.add_post("/demo/clock", near(portal.act(self.move_clock, public=True)))
        app.router.add_post("/demo/person", near(portal.act(self.become, public=True)))
        app.router.add_get("/demo/demo.css", self.stylesheet)
        site.add_routes(app, self.hub)

    async def people_page(self, _request: web.Request, visit: Visit) -> web.StreamResponse:
        """Everybody one can look at the demo as."""
        found = await self.hub.db.read(tour.characters)
        groups = [(kind, [c for c in found if c.kind == kind]) for kind in ("employee", "contractor", "alumna", "stakeholder")]
        body = draw("people.html", visit.words, groups=groups, csrf=visit.csrf, who=visit.who)
        return await self.portal.page(visit, visit.words(say("demo.people_title")), body)

    async def tour_page(self, _request: web.Request, visit: Visit) -> web.StreamResponse:
        """The tour with what has happened ticked off."""
        steps = await self.hub.db.read(stops, self.seeded_at)
        body = draw("tour.html", visit.words, steps=steps, csrf=visit.csrf, who=visit.who, done=sum(s.is_done for s in steps))
        return await self.portal.page(visit, visit.words(say("tour.title")), body)

    async def mail_page(self, _request: web.Request, visit: Visit) -> web.StreamResponse:
        """All mail, newest first."""
        body = draw("mail.html", visit.words, letters=self.mailbox.newest())
        return await self.portal.page(visit, visit.words(say("demo.mailbox_title")), body)

    async def letter_page(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """One letter, in a frame of its own."""
        number = int(request.match_info["number"])
        letter = self.mailbox.letter(number)
        if letter is None:
            return await self.portal.problem(visit, 404)
        return await self.portal.page(visit, letter.subject, draw("letter.html", visit.words, letter=letter, number=number))

    async def letter_body(self, request: web.Request, _visit: Visit) -> web.StreamResponse:
        """The letter's own HTML for its frame: no script, links open in a new tab."""
        letter = self.mailbox.letter(int(request.match_info["number"]))
        if letter is None:
            raise web.HTTPNotFound
        html = letter.html.replace("<head>", '<head><base target="_blank">', 1)
        return web.Response(text=html, content_type="text/html", headers={"Content-Security-Policy": _LETTER, "X-Frame-Options": "SAMEORIGIN"})

    async def clock_page(self, _request: web.Request, visit: Visit) -> web.StreamResponse:
        """What time it is, and the way forward; while the clock moves, the page loads itself again to show how far it came."""
        now = visit.words.moment(self.clock.now())
        body = draw("clock.html", visit.words, moving=self.moving, now=now, forward=STEPS_FORWARD, csrf=visit.csrf)
        response = await self.portal.page(visit, visit.words(say("demo.clock_title")), body)
        if not self.moving.is_over:
            response.headers["Refresh"] = "1"  # progress without JavaScript
        return response

    async def move_clock(self, _request: web.Request, _visit: Visit, posted: Posted) -> web.StreamResponse:
        """Move on by one of the offered numbers of days, unless the clock is moving already."""
        days = field(posted, "days")
        if self.moving.is_over and days.isdigit() and int(days) in STEPS_FORWARD and self.ticker:
            self.moving = Moving(int(days))
            self.moving.task = asyncio.create_task(self._move(self.moving, self.ticker))
        return self.portal.go("/demo/clock")

    async def _move(self, moving: Moving, ticker: Ticker) -> None:
        for _ in range(moving.days):
            await ticker.advance(self.clock, 1)
            moving.done += 1

    async def become(self, _request: web.Request, _visit: Visit, posted: Posted) -> web.StreamResponse:
        """Sign this browser in as somebody else, and go on to where the tour leads."""
        person, token = field(posted, "person"), self.hub.deployment.new_token()
        if not person.isdigit() or not await self.hub.db.write(tour.become, int(person), token, datetime.now(UTC)):
            return self.portal.go("/demo/people")
        response = self.portal.go(field(posted, "next") or "/")
        give_cookie(response, self.hub.deployment, token)
        return response

    async def stylesheet(self, _request: web.Request) -> web.Response:
        """The demo's few styles."""
        return web.Response(text=(HERE / "static" / "demo.css").read_text(encoding="utf-8"), content_type="text/css")


def near(handler: Handler) -> Handler:
    """A route for this machine's own browser: whoever reaches it may be anybody."""

    async def route(request: web.Request) -> web.StreamResponse:
        require_loopback(request)
        return await handler(request)

    return route


def require_loopback(request: web.Request) -> None:
    """Raises 404 unless a browser of this machine asks, under this machine's own name (a foreign page cannot rebind it)."""
    try:
        is_near = ipaddress.ip_address(request.remote or "").is_loopback
    except ValueError:
        is_near = False
    host = request.host.rsplit(":", 1)[0].strip("[]")
    if not is_near or host not in ("127.0.0.1", "localhost", "::1"):
        raise web.HTTPNotFound
