"""The stock way to take an activity: botbuilder's CloudAdapterBase behind a plain aiohttp route, anonymous, a bot that commits one
row and answers with one message. Run: python stock_teams.py DATABASE_URL. Prints its port.

CloudAdapter of botbuilder-integration-aiohttp is this class and these lines; its package is not in the lock.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from datetime import UTC, datetime

import uvloop
from aiohttp import web
from botbuilder.core import ActivityHandler, TurnContext
from botbuilder.core.cloud_adapter_base import CloudAdapterBase
from botbuilder.schema import Activity
from botframework.connector.auth import AuthenticationConfiguration, BotFrameworkAuthenticationFactory, PasswordServiceClientCredentialFactory

from bot.db import Database


async def main(url: str) -> None:
    db, numbers = Database(url), itertools.count()

    class Bot(ActivityHandler):
        async def on_message_activity(self, turn_context: TurnContext) -> None:
            row = (f"stock:{next(numbers)}", "x" * 300, datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f"))
            await db.write_raw(lambda raw: raw.cursor().execute("INSERT INTO receipt (key, answer, at) VALUES (?, ?, ?)", row))
            await turn_context.send_activity("What you can say")

    auth = BotFrameworkAuthenticationFactory.create(
        credential_factory=PasswordServiceClientCredentialFactory("", ""), auth_configuration=AuthenticationConfiguration()
    )
    adapter, bot = CloudAdapterBase(auth), Bot()

    async def messages(request: web.Request) -> web.Response:
        activity = Activity().deserialize(await request.json())
        await adapter.process_activity(request.headers.get("Authorization", ""), activity, bot.on_turn)
        return web.Response(status=201)

    app = web.Application()
    app.router.add_post("/api/messages", messages)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)  # noqa: T201
    await asyncio.Event().wait()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        loop.run(main(sys.argv[1]))
