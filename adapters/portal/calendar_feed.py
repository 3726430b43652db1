"""`/calendar/<secret>.ics`: the editorial calendar for a calendar program (RFC 5545). The address is the whole key; what it shows is
titles, kinds and states, and nobody's name. Moments are UTC, so that no zone's table has to travel along."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aiohttp import web

from adapters.guard import Limiter, Refused, client_address
from adapters.portal.portal import Portal
from bot.desks import Deployment
from bot.desks.hr import calendar
from bot.desks.hr.calendar import Feed, FeedEntry
from bot.messages import say
from content.catalog import Words

if TYPE_CHECKING:
    from icalendar import Event

LENGTH = timedelta(minutes=30)  # a moment is hard to see in a day's view
KEEP = "private, max-age=300"
_STATUS = {"draft": "TENTATIVE", "held": "TENTATIVE", "recalled": "CANCELLED"}
_HEADERS = {"Cache-Control": KEEP, "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff", "X-Robots-Tag": "noindex, nofollow"}


class CalendarFeed:
    """One route, for programs: no session, no cookie, no page."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        self.tries = Limiter(per_minute=30, burst=60)

    def add_routes(self, app: web.Application) -> None:
        """The feed."""
        app.router.add_get("/calendar/{token:[A-Za-z0-9_-]{16,64}}.ics", self.show)

    async def show(self, request: web.Request) -> web.StreamResponse:
        """The feed of an address, or 404; 304 where the program has it already."""
        hub = self.portal.hub
        try:
            self.tries.require(client_address(request))
        except Refused as refused:
            response = web.Response(status=refused.status, text="", headers={**_HEADERS, "Cache-Control": "no-store"})
            refused.settle(response)
            return response
        found = await hub.db.read(calendar.feed, hub.deployment, hub.clock.now(), request.match_info["token"])
        if found is None:
            return web.Response(status=404, text="", headers={**_HEADERS, "Cache-Control": "no-store"})
        body = to_ics(found, hub.deployment)
        tag = hashlib.sha256(body).hexdigest()[:32]
        headers = {**_HEADERS, "ETag": f'"{tag}"'}
        if any(known.value in (tag, "*") for known in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        return web.Response(body=body, content_type="text/calendar", charset="utf-8", headers=headers)


def to_ics(feed: Feed, deployment: Deployment) -> bytes:
    """The feed as a calendar. The same stories give the same bytes, so that an ETag says whether anything is new."""
    from icalendar import Calendar  # heavy, and few programs ask

    words, out = Words(feed.locale, feed.time_zone), Calendar()
    out.add("prodid", "-//Vinkki//Editorial calendar//EN")
    out.add("version", "2.0")
    out.add("calscale", "GREGORIAN")
    out.add("method", "PUBLISH")
    out.add("x-wr-calname", words(say("calendar.feed.name", organisation=deployment.organisation)))
    out.add("x-wr-timezone", feed.time_zone)
    out.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    out.add("x-published-ttl", "PT1H")
    for entry in sorted(feed.entries, key=lambda e: e.id):
        out.add_component(_event(entry, words, deployment))
    return bytes(out.to_ical())


def _event(entry: FeedEntry, words: Words, deployment: Deployment) -> Event:
    from icalendar import Event

    event = Event()
    event.add("uid", f"story-{entry.id}@{urlsplit(deployment.base_url).hostname or 'vinkki'}")
    event.add("dtstamp", entry.created_at.replace(microsecond=0))  # the sequence tells which is newer
    event.add("sequence", entry.version)
    event.add("dtstart", entry.at.replace(microsecond=0))
    event.add("dtend", entry.at.replace(microsecond=0) + LENGTH)
    event.add("summary", words(say("calendar.feed.event", kind=words(say(f"stories.kind.{entry.kind}")), title=entry.title)))
    event.add("description", words(say(f"calendar.feed_state.{entry.state}")))
    event.add("status", _STATUS.get(entry.state, "CONFIRMED"))
    event.add("transp", "TRANSPARENT")
    event.add("url", deployment.link(f"admin/stories/{entry.id}"))
    return event
