"""The first page: the home card, the inbox, and its live updates; and the menu that phones show as a page."""

from __future__ import annotations

import asyncio
import contextlib

from aiohttp import web
from markupsafe import Markup

from adapters.guard import Refused
from adapters.portal import headers
from adapters.portal.env import draw
from adapters.portal.inbound import to_event
from adapters.portal.live import Queue
from adapters.portal.portal import Portal
from adapters.portal.visits import Visit
from adapters.portal.widgets import card_html
from bot.desks import views
from bot.messages import HomeOpened, Replace, Show, say

HEARTBEAT = 15.0  # seconds; proxies close streams that stay silent
SETTLE = 1.5  # seconds after something was stirred up until it can have been sent
PAGES_EACH = 20  # open streams of one person


class Home:
    """The first page and everything that keeps it fresh."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal

    def add_routes(self, app: web.Application) -> None:
        """`/`, the inbox by itself, the menu, and the stream of events."""
        app.router.add_get("/", self.portal.look(self.home))
        app.router.add_get("/inbox", self.portal.look(self.inbox))
        app.router.add_get("/menu", self.portal.look(self.menu))
        app.router.add_get("/events", self.portal.look(self.events))

    async def home(self, request: web.Request, visit: Visit) -> web.Response:
        """What is new, what waits, what can be done."""
        answer = (await self.portal.hub.hear(to_event(visit.person_id, HomeOpened()))).answer
        card = card_html(answer.card, visit.frame("/"), level=1) if isinstance(answer, Show | Replace) else Markup("")
        page = _page_number(request)
        body = draw("home.html", visit.words, card=card, messages=await self.messages(visit, page), page=page)
        return await self.portal.page(visit, visit.words(say("portal.nav.home")), body)

    async def messages(self, visit: Visit, page: int = 0) -> Markup:
        """The inbox as HTML: each message in the state of this moment."""
        hub = self.portal.hub
        rows = await hub.db.read(views.inbox, hub.deployment, visit.person_id, hub.clock.now(), page)
        frame = visit.frame("/", "inbox-")
        cards = [card_html(m.card, frame, level=3, anchor=f"message-{m.id}", sent=visit.words.moment(m.at)) for m in rows]
        return draw("messages.html", visit.words, cards=cards, page=page)

    async def inbox(self, request: web.Request, visit: Visit) -> web.Response:
        """The inbox alone, for the page's script."""
        return self.portal.dressed(web.Response(text=await self.messages(visit, _page_number(request)), content_type="text/html"))

    async def menu(self, request: web.Request, visit: Visit) -> web.Response:
        """Every place there is: the way on phones."""
        body = draw("menu.html", visit.words, nav=self.portal.nav(visit), visit=visit, f=visit.frame("/menu"))
        return await self.portal.page(visit, visit.words(say("portal.nav.more")), body)

    async def events(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """Server-sent events for one open page: `inbox` when a message came, changed or went. Ends with the session."""
        live, address = self.portal.live, str(visit.person_id)
        if not live.is_open:
            raise Refused(429)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
        headers.dress(response, is_https=self.portal.is_https)
        with live.page(address) as queue:
            if live.push(address, "look") > PAGES_EACH:
                raise Refused(429)
            with contextlib.suppress(ConnectionError):  # the page was closed, which is how most streams end
                await response.prepare(request)
                await _Stream(self.portal, request, visit, response).run(queue)
        return response


class _Stream:
    """One open page's stream."""

    def __init__(self, portal: Portal, request: web.Request, visit: Visit, response: web.StreamResponse) -> None:
        self.portal, self.request, self.visit, self.response = portal, request, visit, response
        self.mark: str | None = None

    async def run(self, queue: Queue) -> None:
        """Pass on what comes, and a heartbeat where nothing does; many events at once are one."""
        while True:
            try:
                async with asyncio.timeout(HEARTBEAT):
                    events = {await queue.get()}
            except TimeoutError:
                events = {"beat"}
            if events == {"look"} and self.mark is not None:
                await asyncio.sleep(SETTLE)
            while not queue.empty():
                events.add(queue.get_nowait())
            if None in events or not await self._tell(events):
                return

    async def _tell(self, events: set[str | None]) -> bool:
        """Pass on; False when the stream is to end. Whose session is over hears of nothing that came since, however busy the house is."""
        new = await self.portal.hub.db.read(views.inbox_mark, self.visit.person_id, self.portal.hub.clock.now())
        has_news = "inbox" in events or (self.mark is not None and new != self.mark)
        self.mark = new
        if (has_news or "beat" in events) and (await self.portal.visit(self.request)).who is None:
            await self.response.write(b"event: over\ndata: {}\n\n")
            return False
        await self.response.write(b"event: inbox\ndata: {}\n\n" if has_news else b": still here\n\n")
        return True


def _page_number(request: web.Request) -> int:
    text = request.query.get("page", "0")
    return min(int(text), 1000) if text.isdecimal() and len(text) < 10 else 0
