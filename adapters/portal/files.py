"""The portal's own files: one style sheet, one script, a few drawings. Read once, served with a year's life by content."""

from __future__ import annotations

from aiohttp import web

from adapters.portal.env import STATIC

_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def add_routes(app: web.Application) -> None:
    """`/static/<name>` for the files that are there at start, and nothing else."""
    files = {path.name: (path.read_bytes(), _TYPES[path.suffix]) for path in STATIC.iterdir() if path.suffix in _TYPES}

    async def serve(request: web.Request) -> web.Response:
        found = files.get(request.match_info["name"])
        if found is None:
            raise web.HTTPNotFound
        body, kind = found
        keep = "public, max-age=31536000, immutable" if "v" in request.query else "public, max-age=300"
        response_headers = {"Cache-Control": keep, "X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin"}
        return web.Response(body=body, content_type=kind, charset="utf-8", headers=response_headers)

    app.router.add_get("/static/{name}", serve)
