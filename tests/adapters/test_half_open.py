from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from adapters.half_open import HalfOpen


@pytest.fixture
async def port() -> AsyncIterator[int]:
    async def hello(_request: web.Request) -> web.Response:
        return web.Response(text="hello")

    watch, app = HalfOpen(seconds=0.2, every=0.05), web.Application()
    app.middlewares.append(watch.middleware)
    app.router.add_get("/", hello)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    assert runner.server is not None
    watch.start(runner.server)
    yield runner.addresses[0][1]
    await watch.stop()
    await runner.cleanup()


@pytest.mark.parametrize("said", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\nX-A: 1\r\n"])
async def test_a_connection_that_says_nothing_whole_is_closed(port: int, said: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(said)
    async with asyncio.timeout(5):
        assert await reader.read(100) == b""
    writer.close()


async def test_one_that_has_asked_something_stays_open_and_so_does_one_that_got_a_404(port: int) -> None:
    for path in ("/", "/nowhere"):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(2):
            writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            async with asyncio.timeout(5):
                assert b"HTTP/1.1" in await reader.read(1000)
            await asyncio.sleep(0.5)  # longer than the watch waits for a first header
        writer.close()
