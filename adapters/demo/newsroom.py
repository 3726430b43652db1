"""The made-up company's newsroom: a feed with pages of its own, for HR to take stories in from without a network.

The cage of the demo reaches the open web as everywhere, and of this machine the demo's own website alone.
"""

from __future__ import annotations

import hashlib
from functools import cache
from xml.etree.ElementTree import fromstring

from aiohttp import web

from adapters.demo.drawing import HERE, draw
from adapters.demo.near import near
from adapters.feeds import addresses
from adapters.feeds.addresses import Target
from adapters.feeds.fetching import Cage, system_resolve
from adapters.feeds.unread import Unread
from adapters.hub import Hub
from bot.desks import Deployment
from content import Words

FEED = HERE / "data" / "newsroom.xml"
ELSEWHERE = "https://example.com/"
_ATOM = "{http://www.w3.org/2005/Atom}"


@cache
def pages() -> dict[str, tuple[str, str, str]]:
    """Title, summary and language of each entry by the end of its address."""
    found: dict[str, tuple[str, str, str]] = {}
    for entry in fromstring(FEED.read_text(encoding="utf-8")).findall(f"{_ATOM}entry"):  # noqa: S314 our own file
        link = entry.find(f"{_ATOM}link")
        assert link is not None
        language = entry.get("{http://www.w3.org/XML/1998/namespace}lang", "en")
        found[link.get("href", "").rpartition("/")[2]] = (entry.findtext(f"{_ATOM}title", ""), entry.findtext(f"{_ATOM}summary", ""), language)
    return found


def add_routes(app: web.Application, hub: Hub) -> None:
    """The feed, and the pages it leads to. Add them before those of the rest of the website."""

    async def feed(request: web.Request) -> web.Response:
        text = FEED.read_text(encoding="utf-8").replace(ELSEWHERE, hub.deployment.link("/demo/site/"))
        etag = f'"{hashlib.sha256(text.encode()).hexdigest()[:16]}"'
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers={"ETag": etag})
        return web.Response(text=text, content_type="application/atom+xml", headers={"ETag": etag})

    async def page(request: web.Request) -> web.Response:
        found = pages().get(request.match_info["entry"])
        if found is None:
            raise web.HTTPNotFound
        slug = f"newsroom/{request.match_info['entry']}"
        tags = [(name, value) for name, value in request.query.items() if name.startswith("utm_")]
        html = draw("site.html", Words(found[2]), title=found[0], summary=found[1], slug=slug, tags=tags)
        return web.Response(text=html, content_type="text/html", headers={"Cache-Control": "no-store"})

    app.router.add_get("/demo/newsroom.xml", near(feed))
    app.router.add_get("/demo/site/newsroom/{entry:[a-z0-9-]{1,80}}", near(page))


def cage(deployment: Deployment) -> Cage:
    """What the demo may read: the open web, and of loopback the demo's website and nothing else."""
    own = deployment.link("/demo/")

    def target(url: str) -> Target:
        if url.startswith(own) and ".." not in url:
            host, _, port = deployment.base_url.removeprefix("http://").partition(":")
            return Target("http", host, int(port), url.removeprefix(deployment.base_url))
        found = addresses.target(url)
        if addresses.is_literal(found.host) and not addresses.is_public(found.host):
            raise Unread("inside")
        return found

    def resolve(host: str, port: int) -> list[str]:
        found = system_resolve(host, port)
        return found if all(addresses.is_public(a) for a in found) else []

    return Cage(resolve=resolve, allowed=lambda address: addresses.is_public(address) or address == "127.0.0.1", target=target)
