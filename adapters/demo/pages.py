"""What the demo adds to the portal: a banner with the person and the clock, the tour, the switcher and the mailbox."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from aiohttp import web
from markupsafe import Markup

from adapters.clock import MovableClock
from adapters.demo import newsroom, site
from adapters.demo.drawing import HERE, draw
from adapters.demo.mailbox import Mailbox
from adapters.demo.near import Handler, near
from adapters.demo.tour import CAST, guide, is_within, presses
from adapters.hub import Hub
from adapters.portal import Extras, NavItem
from adapters.portal.asking import Posted
from adapters.portal.inbound import field
from adapters.portal.portal import Look, Portal
from adapters.portal.visits import Visit, give_cookie
from adapters.scheduler import Ticker
from bot.desks import tour, wording
from bot.messages import say

STEPS_FORWARD = (1, 7, 30, 90)
LETTERS = 60  # on the mailbox page
_GROUPS = ("tour", "role", "employee", "contractor", "alumna", "stakeholder")
log = structlog.get_logger("vinkki.demo")
_LETTER = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' https:; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"


@dataclass
class Moving:
    """A journey of the clock that is under way."""

    days: int
    done: int = 0
    task: asyncio.Task[None] | None = None
    is_called_off: bool = False

    @property
    def is_over(self) -> bool:
        """The clock has arrived (or stopped with an error)."""
        return self.task is None or self.task.done()


class Demo:
    """The demo's part of one running server. `ticker` is set once the server is put together."""

    def __init__(self, hub: Hub, clock: MovableClock, mailbox: Mailbox, seeded_at: datetime) -> None:
        self.hub, self.clock, self.mailbox, self.seeded_at = hub, clock, mailbox, seeded_at
        self.ticker: Ticker | None = None
        self.moving = Moving(0)
        self.portal: Portal

    def extras(self) -> Extras:
        """What the portal is given."""
        return Extras(nav=self._nav, banner=self._banner, add_routes=self.add_routes)

    def _nav(self, _visit: Visit) -> list[NavItem]:
        return [NavItem("/demo/tour", say("tour.title"), "strategy"), NavItem("/demo/mail", say("demo.mailbox"), "deliveries")]

    async def _banner(self, visit: Visit) -> Markup:
        found = await self.hub.db.read(guide, self.seeded_at)
        place = visit.words.time_zone.rpartition("/")[2].replace("_", " ")
        now = visit.words(say("demo.clock_at", now=visit.words.moment(self.clock.now()), place=place))
        lines = presses(visit.words, found.next)
        there = found.next is not None and is_within(visit.path, found.next.path)
        begins = found.next is not None and visit.path == found.next.path
        return draw("banner.html", visit.words, visit=visit, now=now, guide=found, presses=lines, is_there=there, begins_here=begins)

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
        for name, kind in (("demo.css", "text/css"), ("demo.js", "text/javascript")):
            app.router.add_get(f"/demo/{name}", near(_static(name, kind)))
        newsroom.add_routes(app, self.hub)
        site.add_routes(app, self.hub)
        app.on_shutdown.append(self._call_off)

    async def people_page(self, _request: web.Request, visit: Visit) -> web.StreamResponse:
        """Everybody one can look at the demo as."""
        found = await self.hub.db.read(tour.characters)
        groups = {kind: [c for c in found if _group(c) == kind] for kind in _GROUPS}
        body = draw("people.html", visit.words, groups=groups.items(), csrf=visit.csrf, who=visit.who)
        return await self.portal.page(visit, visit.words(say("demo.people_title")), body)

    async def tour_page(self, _request: web.Request, visit: Visit) -> web.StreamResponse:
        """The tour with what has happened ticked off."""
        found = await self.hub.db.read(guide, self.seeded_at)
        lines = presses(visit.words, found.next)
        body = draw("tour.html", visit.words, guide=found, presses=lines, csrf=visit.csrf)
        return await self.portal.page(visit, visit.words(say("tour.title")), body)

    async def mail_page(self, _request: web.Request, visit: Visit) -> web.StreamResponse:
        """All mail, newest first."""
        body = draw("mail.html", visit.words, letters=self.mailbox.newest(LETTERS), older=max(0, self.mailbox.count - LETTERS))
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
        if self.moving.is_over and days in map(str, STEPS_FORWARD) and self.ticker:
            self.moving = Moving(int(days))
            self.moving.task = asyncio.create_task(self._move(self.moving, self.ticker))
        return self.portal.go("/demo/clock")

    async def _move(self, moving: Moving, ticker: Ticker) -> None:
        try:
            while moving.done < moving.days and not moving.is_called_off:
                await ticker.advance(self.clock, 1)
                moving.done += 1
        except Exception:
            log.exception("the clock stopped", day=moving.done)

    async def _call_off(self, _app: web.Application) -> None:
        """The demo is being stopped: the day under way is lived to its end, and no other begins."""
        self.moving.is_called_off = True
        if self.moving.task:
            await self.moving.task

    async def become(self, _request: web.Request, _visit: Visit, posted: Posted) -> web.StreamResponse:
        """Sign this browser in as somebody else, and go on to where the tour leads."""
        person, token = field(posted, "person"), self.hub.deployment.new_token()
        if not wording.is_id(person) or not await self.hub.db.write(tour.become, int(person), token, datetime.now(UTC)):
            return self.portal.go("/demo/people")
        response = self.portal.go(field(posted, "next") or "/")
        give_cookie(response, self.hub.deployment, token)
        return response


def _group(who: tour.Character) -> str:
    """Under which heading somebody is found."""
    return "tour" if who.email in CAST else "role" if who.roles else who.kind


def _static(name: str, kind: str) -> Handler:
    """One of the demo's own files."""

    async def give(_request: web.Request) -> web.Response:
        return web.Response(text=(HERE / "static" / name).read_text(encoding="utf-8"), content_type=kind)

    return give
