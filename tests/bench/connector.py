"""A Connector that takes everything and asks for no token, so that both bots may answer. Prints its port."""

from __future__ import annotations

import asyncio

from aiohttp import web


async def taken(_request: web.Request) -> web.Response:
    return web.json_response({"id": "1"}, status=201)


async def main() -> None:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", taken)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)  # noqa: T201
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
