"""A browser without a face: follows our pages over HTTP as a visitor or a candidate would, forms and redirects included."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urlsplit

from aiohttp import ClientSession, CookieJar, web
from contracts.driver import World

from adapters.portal import PortalAdapter
from adapters.share_links import ShareLinks
from adapters.web import make_app, plain_page

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def _is_sent(given: dict[str, str]) -> bool:
    """A browser sends a box only when it is ticked."""
    return given.get("type") not in ("checkbox", "radio", "submit") or "checked" in given


class _Forms(HTMLParser):
    """Every form of a page: where it goes, and what its fields hold."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {k: v or "" for k, v in attrs}
        if tag == "form":
            self.found.append((given.get("action", ""), {}))
        elif tag in ("input", "textarea") and self.found and given.get("name") and _is_sent(given):
            self.found[-1][1][given["name"]] = given.get("value", "")


@dataclass
class Page:
    """What came back."""

    status: int
    text: str
    location: str
    path: str

    @property
    def words(self) -> str:
        """The page as it is read."""
        return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", self.text)))

    def form(self, action: str) -> dict[str, str]:
        """The fields of the form that goes to this path."""
        parser = _Forms()
        parser.feed(self.text)
        return next(fields for where, fields in parser.found if where == action)


@dataclass
class Browser:
    """One visitor."""

    base: str
    session: ClientSession

    async def get(self, url: str, **headers: str) -> Page:
        """Open an address of ours (given in full or as a path); redirects are not followed."""
        path = urlsplit(url)._replace(scheme="", netloc="").geturl()
        sent = {"User-Agent": AGENT, "Accept": "text/html", **{k.replace("_", "-"): v for k, v in headers.items()}}
        async with self.session.get(self.base + path, allow_redirects=False, headers=sent) as response:
            return Page(response.status, await response.text(), response.headers.get("Location", ""), path)

    async def post(self, path: str, fields: dict[str, str], site: str = "same-origin") -> Page:
        """Send a form; the redirect that follows is returned, not followed."""
        sent = {"User-Agent": AGENT, "Accept": "text/html", "Sec-Fetch-Site": site}
        async with self.session.post(self.base + path, data=fields, allow_redirects=False, headers=sent) as response:
            return Page(response.status, await response.text(), response.headers.get("Location", ""), path)


@asynccontextmanager
async def open_browser(world: World) -> AsyncIterator[Browser]:
    """The public pages of a world, served on loopback."""
    hub = world.hub()
    app = make_app(hub, [PortalAdapter(hub, {})], dict)
    ShareLinks(hub, plain_page).add_routes(app)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
            yield Browser(base, session)
    finally:
        await runner.cleanup()
