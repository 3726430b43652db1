"""The web application: every route of the house, health, figures, and an answer to every error that says nothing of the inside."""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from http import HTTPStatus
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
GONE = 499  # nobody is there to read the answer; for the figures alone
PROXIED = ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "Via", "X-Real-IP", "CF-Connecting-IP", "True-Client-IP")
OUTSIDE = ("slack", "teams")  # connections to others, named by /readyz and not needed for being ready
MACHINES = ("/slack/", "/api/", "/healthz", "/readyz", "/metrics")  # who calls these reads no pages
log = structlog.get_logger("vinkki.web")


async def plain_page(_request: web.Request, kind: str, status: int) -> web.StreamResponse:
    """An answer in a word or two, where nobody reads pages: the kind, or the status's own name for a `problem`."""
    word = HTTPStatus(status).phrase.lower() if kind == "problem" else kind
    return web.Response(status=status, text=f"{word}\n")


def make_app(hub: Hub, platforms: Iterable[PlatformAdapter], ready: Ready, page: ErrorPage = plain_page) -> web.Application:
    """The application with the platforms' routes and our own.

    `ready` names what a working process needs and whether it has it (on top of the database). `page(request, "problem", status)`
    says to people what went wrong and what to do next; routes that machines call get a word.
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
        return await handler(request) if "\0" not in request.path else await _told(request, page, 404)  # PostgreSQL takes no NUL in text
    except Refused as refused:
        answer = refused.response() if _is_for_machines(request) else await _told(request, page, refused.status)
        refused.settle(answer)
        return answer
    except web.HTTPMethodNotAllowed as wrong:
        answer = await _told(request, page, 405)
        answer.headers["Allow"] = ", ".join(sorted(wrong.allowed_methods))
        return answer
    except web.HTTPException as raised:
        if raised.status < 400:
            raise
        return await _told(request, page, raised.status)
    except asyncio.CancelledError:
        raise
    except Exception as e:
        if isinstance(e, ConnectionError) and (request.transport is None or request.transport.is_closing()):
            return web.Response(status=GONE)
        log.exception("request failed", route=_route(request))
        return await _told(request, page, 500)


def _is_for_machines(request: web.Request) -> bool:
    return request.path.startswith(MACHINES)


async def _told(request: web.Request, page: ErrorPage, status: int) -> web.StreamResponse:
    """What went wrong, as whoever asked can read it."""
    try:
        return await (plain_page if _is_for_machines(request) else page)(request, "problem", status)
    except Exception:
        log.exception("the error page failed too")
        return web.Response(status=status, text="error\n")


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
