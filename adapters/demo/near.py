"""The demo answers this machine's own browser and nobody else: whoever reaches it may be anybody in the company."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from aiohttp import web

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]
_NAMES = ("127.0.0.1", "localhost", "::1")


def near(handler: Handler) -> Handler:
    """A route for this machine's own browser; everybody else finds nothing."""

    async def route(request: web.Request) -> web.StreamResponse:
        require_loopback(request)
        return await handler(request)

    return route


def require_loopback(request: web.Request) -> None:
    """Raises 404 unless a browser of this machine asks, under this machine's own name (a foreign page cannot rebind it) and
    not through a proxy that speaks for somebody else."""
    try:
        is_near = ipaddress.ip_address(request.remote or "").is_loopback
    except ValueError:
        is_near = False
    host = request.host.rsplit(":", 1)[0] if not request.host.endswith("]") else request.host
    is_passed_on = any(name in request.headers for name in ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host"))
    if not is_near or is_passed_on or host.strip("[]") not in _NAMES:
        raise web.HTTPNotFound
