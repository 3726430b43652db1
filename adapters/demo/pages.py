"""What the demo adds to the portal: a banner with the person and the clock, the tour, the switcher and the mailbox."""

from __future__ import annotations

import asyncio
import ipaddress
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web
from markupsafe import Markup

from adapters.clock import MovableClock
from adapters.demo import site
from adapters.demo.drawing import HERE, draw
from adapters.demo.mailbox import Mailbox
from adapters.demo.tour import stops
from adapters.hub import Hub
from adapters.portal import Extras, NavItem
from adapters.portal.portal import Portal
from adapters.portal.visits import Visit, give_cookie
from adapters.scheduler import Ticker
from bot.desks import tour
from bot.messages import say

STEPS_FORWARD = (1, 7, 30, 90)


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

    def extras(self) -> Extras:
        """What the portal is given."""
        return Extras(nav=self._nav, banner=self._banner, add_routes=self.add_routes)

    def _nav(self, _visit: Visit) -> list[NavItem]:
        return [NavItem("/demo/tour", say("tour.title"), "tour"), NavItem("/demo/mail", say("demo.mailbox"), "mail")]

    async def _banner(self, visit: Visit) -> Markup:
        steps = await self.hub.db.read(stops, self.seeded_at)
        upcoming = next((s for s in steps if s.is_next), None)
        return draw(
            "banner.html", visit.words, visit=visit, csrf=visit.csrf, now=visit.words.moment(self.clock.now()), forward=STEPS_FORWARD, next=upcoming,
            done=sum(s.is_done for s in steps), count=len(steps), is_moving=not self.moving.is_over,
        )  # fmt: skip

    def add_routes(self, app: web.Application, portal: Portal) -> None:
        """Everything under /demo/, open to this machine's own browser only."""
        get, post = app.router.add_get, app.router.add_post
        get("/demo/people", portal.look(self.local(self.people_page(portal)), public=True))
        get("/demo/tour", portal.look(self.local(self.tour_page(portal)), public=True))
        get("/demo/mail", portal.look(self.local(self.mail_page(portal)), public=True))
        get("/demo/mail/{number:[0-9]{1,6}}", portal.look(self.local(self.letter_page(portal)), public=True))
        get("/demo/mail/{number:[0-9]{1,6}}/body", portal.look(self.local(self.letter_body), public=True))
        get("/demo/clock", portal.look(self.local(self.clock_page(portal)), public=True))
        post("/demo/clock", portal.act(self.local_act(self.move_clock(portal)), public=True))
        post("/demo/person", portal.act(self.local_act(self.become(portal)), public=True))
        get("/demo/demo.css", self.stylesheet)
        site.add_routes(app, self.hub)

    def local(self, handler):  # type: ignore[no-untyped-def]
        """Only for loopback: who may use the switcher may be anybody."""

        async def checked(request: web.Request, visit: Visit) -> web.StreamResponse:
            require_loopback(request)
            return await handler(request, visit)  # type: ignore[no-any-return]

        return checked

    def local_act(self, handler):  # type: ignore[no-untyped-def]
        """As `local`, for posts."""

        async def checked(request: web.Request, visit: Visit, posted: object) -> web.StreamResponse:
            require_loopback(request)
            return await handler(request, visit, posted)  # type: ignore[no-any-return]

        return checked

    def people_page(self, portal: Portal):  # type: ignore[no-untyped-def]
        async def show(_request: web.Request, visit: Visit) -> web.StreamResponse:
            found = await self.hub.db.read(tour.characters)
            groups = [(kind, [c for c in found if c.kind == kind]) for kind in ("employee", "contractor", "alumna", "stakeholder")]
            body = draw("people.html", visit.words, groups=groups, csrf=visit.csrf, who=visit.who)
            return await portal.page(visit, visit.words(say("demo.people_title")), body)

        return show

    def tour_page(self, portal: Portal):  # type: ignore[no-untyped-def]
        async def show(_request: web.Request, visit: Visit) -> web.StreamResponse:
            steps = await self.hub.db.read(stops, self.seeded_at)
            body = draw("tour.html", visit.words, steps=steps, csrf=visit.csrf, who=visit.who, done=sum(s.is_done for s in steps))
            return await portal.page(visit, visit.words(say("tour.title")), body)

        return show

    def mail_page(self, portal: Portal):  # type: ignore[no-untyped-def]
        async def show(_request: web.Request, visit: Visit) -> web.StreamResponse:
            body = draw("mail.html", visit.words, letters=self.mailbox.newest())
            return await portal.page(visit, visit.words(say("demo.mailbox_title")), body)

        return show

    def letter_page(self, portal: Portal):  # type: ignore[no-untyped-def]
        async def show(request: web.Request, visit: Visit) -> web.StreamResponse:
            number = int(request.match_info["number"])
            letter = self.mailbox.letter(number)
            if letter is None:
                return await portal.problem(visit, 404)
            return await portal.page(visit, letter.subject, draw("letter.html", visit.words, letter=letter, number=number))

        return show

    async def letter_body(self, request: web.Request, _visit: Visit) -> web.StreamResponse:
        """The letter's own HTML for its frame: no script, links open in a new tab."""
        letter = self.mailbox.letter(int(request.match_info["number"]))
        if letter is None:
            raise web.HTTPNotFound
        html = letter.html.replace("<head>", '<head><base target="_blank">', 1)
        policy = (
            "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' https:; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
        )
        return web.Response(text=html, content_type="text/html", headers={"Content-Security-Policy": policy})

    def clock_page(self, portal: Portal):  # type: ignore[no-untyped-def]
        async def show(_request: web.Request, visit: Visit) -> web.StreamResponse:
            now = visit.words.moment(self.clock.now())
            body = draw("clock.html", visit.words, moving=self.moving, now=now, forward=STEPS_FORWARD, csrf=visit.csrf)
            response = await portal.page(visit, visit.words(say("demo.clock_title")), body)
            if not self.moving.is_over:
                response.headers["Refresh"] = "1"  # progress without JavaScript
            return response

        return show

    def move_clock(self, portal: Portal):  # type: ignore[no-untyped-def]
        async def move(_request: web.Request, _visit: Visit, posted: dict[str, list[str]]) -> web.StreamResponse:
            days = next(iter(posted.get("days", [])), "")
            if self.moving.is_over and days.isdigit() and int(days) in STEPS_FORWARD and self.ticker:
                self.moving = Moving(int(days))
                self.moving.task = asyncio.create_task(self._move(self.moving, self.ticker))
            return portal.go("/demo/clock")

        return move

    async def _move(self, moving: Moving, ticker: Ticker) -> None:
        for _ in range(moving.days):
            await ticker.advance(self.clock, 1)
            moving.done += 1

    def become(self, portal: Portal):  # type: ignore[no-untyped-def]
        async def switch(_request: web.Request, _visit: Visit, posted: dict[str, list[str]]) -> web.StreamResponse:
            person, onward = (next(iter(posted.get(name, [])), "") for name in ("person", "next"))
            token = self.hub.deployment.new_token()
            if not person.isdigit() or not await self.hub.db.write(tour.become, int(person), token, datetime.now(UTC)):
                return portal.go("/demo/people")
            response = portal.go(onward or "/")
            give_cookie(response, self.hub.deployment, token)
            return response

        return switch

    async def stylesheet(self, _request: web.Request) -> web.Response:
        """The demo's few styles."""
        return web.Response(text=(HERE / "static" / "demo.css").read_text(encoding="utf-8"), content_type="text/css")


def require_loopback(request: web.Request) -> None:
    """Raises 404 unless a browser of this machine asks, under this machine's own name (a foreign page cannot rebind it)."""
    try:
        is_near = ipaddress.ip_address(request.remote or "").is_loopback
    except ValueError:
        is_near = False
    host = request.host.rsplit(":", 1)[0].strip("[]")
    if not is_near or host not in ("127.0.0.1", "localhost", "::1"):
        raise web.HTTPNotFound
