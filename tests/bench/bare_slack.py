"""The least that acknowledges a command: an aiohttp handler that checks Slack's signature and commits one row.

Run: python bare_slack.py DATABASE_URL. Prints its port.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from datetime import UTC, datetime

import uvloop
from aiohttp import web
from loopback.slack import SECRET

from adapters.slack.signature import Signature
from bot.db import Database


async def main(url: str) -> None:
    db, signature, numbers = Database(url), Signature(SECRET), itertools.count()

    async def events(request: web.Request) -> web.Response:
        body = await request.read()
        if not signature.is_genuine(request.headers, body):
            return web.Response(status=401)
        row = (f"bare:{next(numbers)}", "x" * 300, datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f"))
        await db.write_raw(lambda raw: raw.cursor().execute("INSERT INTO receipt (key, answer, at) VALUES (?, ?, ?)", row))
        return web.Response()

    app = web.Application()
    app.router.add_post("/slack/events", events)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)  # noqa: T201
    await asyncio.Event().wait()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        loop.run(main(sys.argv[1]))
