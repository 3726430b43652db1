"""The editorial calendar in the browser: a month or a week with lanes per audience. Stories are moved by dragging, by the keyboard,
or by a form that needs no script."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from urllib.parse import urlencode

from aiohttp import web
from babel.dates import format_date

from adapters.portal.asking import Posted
from adapters.portal.desks import offered
from adapters.portal.env import draw, local
from adapters.portal.inbound import field
from adapters.portal.portal import Portal
from adapters.portal.visits import Visit
from adapters.portal.widgets import card_html
from bot.desks.hr import calendar
from bot.desks.hr.calendar import CalendarView, Moved
from bot.errors import Refusal
from bot.messages import Say, say
from content.catalog import Words

SPANS = ("month", "week")
PATH = "/admin/calendar"


class Calendar:
    """Routes of the calendar."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal

    def add_routes(self, app: web.Application) -> None:
        """The page, and moving on it."""
        app.router.add_get(PATH, self.portal.look(self.show))
        app.router.add_post(f"{PATH}/move", self.portal.act(self.move))

    async def show(self, request: web.Request, visit: Visit) -> web.Response:
        """A month or a week (`span`) around a day (`on`)."""
        return await self._page(visit, request.query.get("span", ""), request.query.get("on", ""), moved=request.query.get("moved", ""))

    async def move(self, request: web.Request, visit: Visit, posted: Posted) -> web.Response:
        """Move one story. A script is answered in JSON with the words to say; a form by the calendar itself."""
        hub, span = self.portal.hub, field(posted, "span")
        try:
            moved = await hub.db.write(
                calendar.move, hub.deployment, visit.person_id, hub.clock.now(), _number(field(posted, "story")), _number(field(posted, "version")),
                field(posted, "day"), field(posted, "time"),
            )  # fmt: skip
        except Refusal as refusal:
            if refusal.key == "forbidden":
                raise
            return await self._not_moved(request, visit, posted, say(refusal.key, **refusal.params))
        hub.wake()
        on = moved.entry.on.isoformat() if moved.entry.on else ""
        if _wants_json(request):
            words = visit.words(_words(moved))
            return self.portal.dressed(web.json_response({"ok": True, "words": words, "page": _address(span, _shown(field(posted, "on"), span, on))}))
        return self.portal.go(f"{_address(span, on)}&moved={moved.entry.id}#story-{moved.entry.id}")

    async def _not_moved(self, request: web.Request, visit: Visit, posted: Posted, why: Say) -> web.Response:
        words = visit.words(why)
        if _wants_json(request):
            return self.portal.dressed(web.json_response({"ok": False, "words": words}, status=422))
        return await self._page(visit, field(posted, "span"), field(posted, "on"), why=words)

    async def _page(self, visit: Visit, span: str, on: str, *, moved: str = "", why: str = "") -> web.Response:
        hub, span = self.portal.hub, span if span in SPANS else "month"
        view = await hub.db.read(calendar.view, hub.deployment, visit.person_id, hub.clock.now(), span, _day(on))
        title = visit.words(say("calendar.title"))
        told = next((e for week in view.weeks for lane in week.lanes for c in lane.cells for e in c.entries if str(e.id) == moved), None)
        card = await hub.db.read(calendar.own, hub.deployment, visit.person_id, hub.clock.now())
        own = card_html(card, visit.frame(PATH, prefix="own-"), level=2)
        body = draw(
            "calendar.html", visit.words, v=view, title=title, heading=_heading(view, visit.words), tabs=offered(visit), here="calendar", f=visit.frame(PATH),
            day=_days(visit.words), say=say, address=_address, told=told, why=why, path=PATH, own=own, zones=view.time_zone != view.company_zone,
        )  # fmt: skip
        return await self.portal.page(visit, f"{title}: {_heading(view, visit.words)}", body, status=422 if why else 200, wide=True, of=PATH)


def _words(moved: Moved) -> Say:
    key = "moved_twice" if moved.comes_twice else "moved_draft" if moved.entry.state == "draft" else "moved"
    return say(f"calendar.{key}", title=moved.entry.title, moment=moved.at)


def _heading(view: CalendarView, words: Words) -> str:
    if view.span == "month":
        return str(format_date(view.first, "LLLL y", locale=words.babel)).capitalize()
    return f"{words.day(view.first)} – {words.day(view.last)}"


def _days(words: Words) -> Callable[[date, str], str]:
    """Writes a day in a pattern of Unicode's (LDML), in the reader's language."""
    return lambda on, pattern: str(format_date(on, pattern, locale=words.babel))


def _address(span: str, on: str) -> str:
    """A page of the calendar."""
    return local(f"{PATH}?{urlencode({'span': span if span in SPANS else 'month', 'on': on})}")


def _shown(shown: str, span: str, on: str) -> str:
    """The day whose page to show after a move: the one that was shown, where the story still is on it."""
    here, there = _day(shown), _day(on)
    if here is None or there is None:
        return on
    same = here.replace(day=1) == there.replace(day=1) if span != "week" else here - timedelta(here.weekday()) == there - timedelta(there.weekday())
    return shown if same else on


def _day(text: str) -> date | None:
    try:
        on = date.fromisoformat(text[:10]) if text else None
    except ValueError:
        return None
    return on if on and 2000 <= on.year <= 2199 else None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _wants_json(request: web.Request) -> bool:
    return "application/json" in request.headers.get("Accept", "")
