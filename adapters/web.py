"""The web application: every route of the house, health, figures, and an answer to every error that says nothing of the inside."""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TypeAlias

import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware

from adapters import metrics
from adapters.guard import TRUSTED_PROXIES, UPLOAD_LIMIT, Refused, trusted
from adapters.hub import Hub, PlatformAdapter

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]
ErrorPage: TypeAlias = Callable[[web.Request, str, int], Awaitable[web.StreamResponse]]
Ready: TypeAlias = Callable[[], Mapping[str, bool]]

SECURITY = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
READY_SECONDS = 3.0
PROXIED = ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "Via", "X-Real-IP", "CF-Connecting-IP", "True-Client-IP")
OUTSIDE = ("slack", "teams")  # connections to others, named by /readyz and not needed for being ready
log = structlog.get_logger("vinkki.web")


async def plain_page(_request: web.Request, kind: str, status: int) -> web.StreamResponse:
    """An error in one word, where no portal draws it."""
    return web.Response(status=status, text=f"{kind}\n")


def make_app(hub: Hub, platforms: Iterable[PlatformAdapter], ready: Ready, page: ErrorPage = plain_page) -> web.Application:
    """The application with the platforms' routes and our own.

    `ready` names what a working process needs and whether it has it (on top of the database). `page(request, kind, status)`
    draws `missing` and `error` for people; other routes get a word.
    """
    app = web.Application(client_max_size=UPLOAD_LIMIT, middlewares=[_outermost(page)])
    app[TRUSTED_PROXIES] = trusted(hub.config.trusted_proxies)
    app.router.add_get("/healthz", _healthz)
    app.router.add_get("/readyz", _readyz(hub, ready))
    app.router.add_get("/metrics", _metrics)
    for platform in platforms:
        platform.add_routes(app)
    app.on_response_prepare.append(_secure)
    return app


def _outermost(page: ErrorPage) -> Middleware:
    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        started = time.perf_counter()
        response = await _answer(request, handler, page)
        route = _route(request)
        metrics.requests.labels(route, str(response.status)).inc()
        metrics.seconds.labels(route).observe(time.perf_counter() - started)
        return response

    return middleware


async def _answer(request: web.Request, handler: Handler, page: ErrorPage) -> web.StreamResponse:
    try:
        return await handler(request) if "\0" not in request.path else await page(request, "missing", 404)  # PostgreSQL takes no NUL in text
    except Refused as refused:
        return refused.response()
    except web.HTTPMethodNotAllowed as wrong:
        return web.Response(status=405, text="method not allowed\n", headers={"Allow": ", ".join(sorted(wrong.allowed_methods))})
    except web.HTTPNotFound:
        return await page(request, "missing", 404)
    except web.HTTPException as raised:
        if raised.status < 400:
            raise
        return web.Response(status=raised.status, text=f"{raised.reason.lower()}\n")
    except (ConnectionResetError, asyncio.CancelledError):
        raise  # whoever asked has gone
    except Exception:
        log.exception("request failed", route=_route(request))
        return await _error(request, page)


async def _error(request: web.Request, page: ErrorPage) -> web.StreamResponse:
    try:
        return await page(request, "error", 500)
    except Exception:
        log.exception("the error page failed too")
        return web.Response(status=500, text="error\n")


def _route(request: web.Request) -> str:
    """The route's pattern, never the path: paths carry tokens."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else "unknown"


async def _secure(request: web.Request, response: web.StreamResponse) -> None:
    headers = response.headers
    for name, value in SECURITY.items():
        if name not in headers:
            headers[name] = value
    headers["Server"] = "vinkki"


async def _healthz(_request: web.Request) -> web.Response:
    """The process answers."""
    return web.Response(text="ok\n", headers={"Cache-Control": "no-store"})


def _readyz(hub: Hub, ready: Ready) -> Handler:
    async def readyz(_request: web.Request) -> web.Response:
        """The process can do its work: 200, or 503 naming what is missing. A platform that is away is named too, but takes
        nobody's portal, candidate page or share link away, and what is owed there waits."""
        parts = {"database": await _pings(hub), **ready()}
        needed = [is_well for name, is_well in parts.items() if name not in OUTSIDE]
        return web.json_response(parts, status=200 if all(needed) else 503, headers={"Cache-Control": "no-store"})

    return readyz


async def _pings(hub: Hub) -> bool:
    try:
        async with asyncio.timeout(READY_SECONDS):
            await asyncio.to_thread(hub.db.ping)
    except Exception:
        log.warning("database does not answer")
        return False
    return True


async def _metrics(request: web.Request) -> web.Response:
    """Figures for a Prometheus on this machine or network. Through a proxy, and so from outside, there is no such page."""
    if any(name in request.headers for name in PROXIED) or not _is_near(request.remote or ""):
        raise web.HTTPNotFound
    return web.Response(body=metrics.text(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})


def _is_near(address: str) -> bool:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return not address  # a Unix socket
    return ip.is_loopback or ip.is_private
