"""The made-up company's website: where the demo's stories link to, so that nobody needs a network to follow one."""

from __future__ import annotations

import hashlib

from aiohttp import web

from adapters.demo.drawing import draw
from adapters.demo.near import near
from adapters.hub import Hub
from bot.desks import tour
from content import Words

# One picture per story: a sea under a sky, drawn from the address so that each has its own.
_SKIES = (("#f6b26b", "#fde9d0"), ("#7fb7be", "#e8f4f5"), ("#c98bb9", "#f7e8f2"), ("#8fb8de", "#eaf3fb"), ("#e07a5f", "#fbe6df"))


def picture(slug: str) -> str:
    """An SVG picture for a story of the demo company, always the same for the same slug."""
    seed = hashlib.sha256(slug.encode()).digest()
    top, low = _SKIES[seed[0] % len(_SKIES)]
    sun_x, sun_y, boat_x = 150 + seed[1] * 2, 90 + seed[2] // 3, 120 + seed[3] * 2
    waves = "".join(
        f'<path d="M0 {y} q100 {-18 - seed[4 + i] % 14} 200 0 t200 0 t200 0 t200 0 V420 H0Z" fill="#0b4f5c" opacity="{0.35 + i * 0.2:.2f}"/>'
        for i, y in enumerate((262, 300, 345))
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 420" role="img">'
        f'<defs><linearGradient id="s" x2="0" y2="1"><stop stop-color="{top}"/><stop offset="1" stop-color="{low}"/></linearGradient></defs>'
        f'<rect width="800" height="420" fill="url(#s)"/><circle cx="{sun_x}" cy="{sun_y}" r="46" fill="#fff" opacity=".8"/>'
        f'<path d="M{boat_x} 262 h150 l-22 34 h-106z" fill="#17343b"/><path d="M{boat_x + 66} 254 v-96 l62 90z" fill="#fff"/>'
        f'<path d="M{boat_x + 58} 254 v-70 l-40 66z" fill="#f2ede4"/>{waves}</svg>'
    )


def add_routes(app: web.Application, hub: Hub) -> None:
    """The website's pages and pictures under /demo/site/."""

    async def page(request: web.Request) -> web.Response:
        slug = request.match_info["slug"]
        found = await hub.db.read(tour.site_page, hub.deployment.link(f"/demo/site/{slug}"))
        if found is None:
            raise web.HTTPNotFound
        tags = [(name, value) for name, value in request.query.items() if name.startswith("utm_")]
        html = draw("site.html", Words(hub.deployment.default_locale), title=found[0], summary=found[1], slug=slug, tags=tags)
        return web.Response(text=html, content_type="text/html", headers=_HEADERS)

    async def image(request: web.Request) -> web.Response:
        return web.Response(text=picture(request.match_info["slug"]), content_type="image/svg+xml", headers={"Cache-Control": "max-age=86400"})

    app.router.add_get("/demo/site/{slug:[a-z0-9-]{1,80}(/[a-z0-9-]{1,80})?}", near(page))
    app.router.add_get("/demo/site/{slug:[a-z0-9-]{1,80}(/[a-z0-9-]{1,80})?}.svg", near(image))


_HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'", "Cache-Control": "no-store"}
