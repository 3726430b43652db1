"""The desks of recruiters and of HR: the same cards as in any chat, with what a large screen adds: rooms, previews, files."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web
from markupsafe import Markup

from adapters.guard import Refused
from adapters.portal import headers
from adapters.portal.env import draw
from adapters.portal.inbound import to_event
from adapters.portal.portal import Portal
from adapters.portal.talk import Talk
from adapters.portal.visits import Visit
from adapters.portal.widgets import card_html
from bot.desks import views
from bot.desks.hr import files
from bot.errors import Refusal
from bot.messages import Button, Command, Replace, Show, say
from content.catalog import LOCALES


@dataclass(frozen=True)
class Section:
    """One part of the admin desk. `roles` decides whom it is offered to; the desk itself decides who may."""

    word: str
    roles: tuple[str, ...]
    icon: str


SECTIONS = (
    Section("stories", ("hr", "curator"), "story"),
    Section("feeds", ("hr", "curator"), "feeds"),
    Section("calendar", ("hr", "curator"), "calendar"),
    Section("strategy", ("hr", "curator", "executive"), "strategy"),
    Section("people", ("hr",), "people"),
    Section("audiences", ("hr", "curator"), "audiences"),
    Section("openings", ("hr", "recruiter"), "recruiting"),
    Section("bonuses", ("hr",), "bonuses"),
    Section("plans", ("hr",), "leaderboard"),
    Section("payrun", ("hr", "payroll"), "payrun"),
    Section("forecast", ("hr", "payroll"), "forecast"),
    Section("ledger", ("hr", "payroll"), "ledger"),
    Section("deliveries", ("hr",), "deliveries"),
    Section("settings", ("hr",), "settings"),
)


class Desks:
    """Routes of the recruiters' and the admin desk."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        self.talk = Talk(portal)

    def add_routes(self, app: web.Application) -> None:
        """The desks, and the big view of a story."""
        app.router.add_get("/recruiting", self.portal.look(self.recruiting))
        app.router.add_get("/admin", self.portal.look(self.admin))
        app.router.add_get("/admin/{word:[a-z]+}", self.portal.look(self.section))
        app.router.add_get(r"/admin/stories/{id:[0-9]{1,9}}", self.portal.look(self.story))
        app.router.add_get(r"/admin/stories/{id:[0-9]{1,9}}/as/{platform:[a-z]+}", self.portal.look(self.preview))

    async def recruiting(self, request: web.Request, visit: Visit) -> web.Response:
        """Referrals in hand, and what the recruiters' room was told."""
        return await self._desk(visit, Command("vinkki", "recruiting"), "recruiting", "recruiting")

    async def admin(self, request: web.Request, visit: Visit) -> web.Response:
        """Where HR, curators and payroll begin."""
        if not visit.has("hr", "curator", "payroll", "executive"):
            raise Refusal("forbidden")
        title = visit.words(say("portal.desk.admin_title"))
        body = draw("admin.html", visit.words, title=title, tiles=offered(visit), room=await self._room(visit, "admin"))
        return await self.portal.page(visit, title, body)

    async def section(self, request: web.Request, visit: Visit) -> web.Response:
        """One part of the admin desk: the answer to `admin <word>`."""
        word = request.match_info["word"]
        return await self._desk(visit, Command("admin", word), word)

    async def story(self, request: web.Request, visit: Visit) -> web.Response:
        """How one story will look, on every platform side by side."""
        look = await self._look(visit, request)
        locale = _locale(request, visit)
        title = visit.words(say("portal.desk.previews"))
        back = Button(say("stories.button.back"), "story.open", str(look.id))
        body = draw("story.html", visit.words, look=look, title=title, look_in=locale, platforms=self._platforms(), tabs=offered(visit), here="stories",
                    back=back, f=visit.frame("/admin/stories"))  # fmt: skip
        return await self.portal.page(visit, f"{title}: {look.title}", body, wide=True)

    async def preview(self, request: web.Request, visit: Visit) -> web.Response:
        """One platform's look of a story, as a page for a frame that may do nothing."""
        drawn = self.portal.previews.get(request.match_info["platform"])
        if drawn is None:
            raise Refused(404)
        look = await self._look(visit, request)
        html = drawn(look.card, _locale(request, visit), visit.words.time_zone)
        return self.portal.dressed(web.Response(text=html, content_type="text/html"), headers.PREVIEW)

    async def _desk(self, visit: Visit, command: Command, here: str, room: str = "") -> web.Response:
        answer = (await self.portal.hub.hear(to_event(visit.person_id, command))).answer
        if not isinstance(answer, Show | Replace):
            return await self.talk.tell(visit, answer, "/admin", onward=visit.path)
        seen = await self._room(visit, room) if room and visit.has(*views.ROOM_ROLES[room]) else None
        body = draw("desk.html", visit.words, card=card_html(answer.card, visit.frame(), level=1), tabs=[] if room else offered(visit), here=here,
                    room=seen, takes_file=visit.has(*files.MAY_BRING.get(here, ())))  # fmt: skip
        return await self.portal.page(visit, visit.words(answer.card.title), body)

    async def _room(self, visit: Visit, name: str) -> list[Markup]:
        hub = self.portal.hub
        assert visit.who is not None
        rows = await hub.db.read(views.room, hub.deployment, name, visit.who.roles, hub.clock.now())
        frame = visit.frame(prefix="room-")
        return [card_html(m.card, frame, level=3, anchor=f"message-{m.id}", sent=visit.words.moment(m.at)) for m in rows]

    async def _look(self, visit: Visit, request: web.Request) -> views.StoryLook:
        hub = self.portal.hub
        return await hub.db.read(views.story_look, hub.deployment, visit.person_id, hub.clock.now(), int(request.match_info["id"]))

    def _platforms(self) -> list[str]:
        return [name for name in ("slack", "teams", "portal") if name in self.portal.previews]


def offered(visit: Visit) -> list[Section]:
    """The parts of the admin desk that stand above each of its pages."""
    return [section for section in SECTIONS if visit.has(*section.roles)]


def _locale(request: web.Request, visit: Visit) -> str:
    asked = request.query.get("look", "")
    return asked if asked in LOCALES else visit.words.locale
