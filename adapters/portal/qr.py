"""The QR code of a referral link, as a picture: for a poster, a badge, or to be held up at a fair. It says no more than the link."""

from __future__ import annotations

import asyncio
import io

from aiohttp import web

from adapters.portal.portal import Portal
from bot.desks.advocate.refer import qr_address

PIXELS = 8  # a side of the code's smallest square
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",  # chats show it
    "Cache-Control": "public, max-age=3600",
    "Content-Disposition": 'inline; filename="referral-link.png"',
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


class QrCodes:
    """The route of QR codes."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal

    def add_routes(self, app: web.Application) -> None:
        """One address, for whoever knows the link's token."""
        app.router.add_get("/q/{token:[A-Za-z0-9_-]{16,64}}.png", self.show)

    async def show(self, request: web.Request) -> web.StreamResponse:
        """The code of a live link."""
        hub = self.portal.hub
        address = await hub.db.read(qr_address, hub.deployment, request.match_info["token"])
        if address is None:
            raise web.HTTPNotFound
        return web.Response(body=await asyncio.to_thread(png, address), content_type="image/png", headers=_HEADERS)


def png(address: str) -> bytes:
    """A QR code with medium error correction (15 % may be dirty, ISO/IEC 18004) and the quiet zone of four squares around it."""
    import segno

    out = io.BytesIO()
    segno.make(address, error="m", micro=False).save(out, kind="png", scale=PIXELS, border=4)
    return out.getvalue()
