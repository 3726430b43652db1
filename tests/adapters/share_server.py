"""A process of its own that serves share links and nothing else: for the tests that kill it and for the benchmark.

Run: python share_server.py DATABASE_URL [bare]. Prints its port. `bare` answers the same 302 without looking anything up or
recording anything: the same server, so that what recording costs can be told.
"""

from __future__ import annotations

import asyncio
import signal
import sys

import uvloop
from aiohttp import web

from adapters.clock import WallClock
from adapters.guard import TRUSTED_PROXIES
from adapters.hub import Hub
from adapters.share_links import ShareLinks
from adapters.web import make_app, plain_page
from bot.config import load
from bot.db import Database
from bot.desks import Deployment
from bot.vault import Vault

KEY = "a-test-key-that-is-long-enough-000"
BARE = "https://example.com/boats?utm_source=linkedin&utm_medium=advocacy&utm_campaign=story-1"


async def bare(request: web.Request) -> web.StreamResponse:
    return web.Response(status=302, headers={"Location": BARE, "Cache-Control": "no-store", "X-Robots-Tag": "noindex"})


async def main(url: str, is_bare: bool) -> None:
    deployment = Deployment("http://127.0.0.1:8765", "Meri Oy", "EUR", "Europe/Helsinki", "en", Vault(KEY), lambda: "token")
    hub = Hub(load(_env_file=None, secret_key=KEY), Database(url), deployment, WallClock())
    app = make_app(hub, [], dict)
    assert TRUSTED_PROXIES in app
    if is_bare:
        app.router.add_get("/s/{token}", bare)
    else:
        ShareLinks(hub, plain_page).add_routes(app)
    runner = web.AppRunner(app, access_log=None, auto_decompress=False, handle_signals=False)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=512).start()
    print(runner.addresses[0][1], flush=True)  # noqa: T201
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    await runner.cleanup()
    hub.db.close()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        loop.run(main(sys.argv[1], "bare" in sys.argv[2:]))
