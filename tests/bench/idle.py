"""`vinkki serve` with all three platforms: start to ready, and memory when nothing happens."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
from loopback.slack import BOT_TOKEN, SECRET
from loopback.slack_people import process
from measure import Result, median, of_vinkki, serving

ALL = {
    "VINKKI_SLACK_BOT_TOKEN": BOT_TOKEN, "VINKKI_SLACK_SIGNING_SECRET": SECRET, "VINKKI_TEAMS_ANONYMOUS_ON_LOOPBACK": "true", "VINKKI_SMTP_URL": "smtp://127.0.0.1:9",
    "VINKKI_MAIL_FROM": "vinkki@meri.example",
}  # fmt: skip
STARTS = 4


async def run() -> AsyncIterator[Result]:
    with tempfile.TemporaryDirectory() as name, process() as slack:
        folder = Path(name)
        all_seconds, all_pss = await _starts(folder, ALL | {"VINKKI_SLACK_API_URL": f"{slack}/api/"})
        alone_seconds, alone_pss = await _starts(folder, {})
    yield Result("start to ready, all platforms", median(all_seconds), median(alone_seconds), None, "s (base: portal alone)", "< 3", median(all_seconds) < 3)
    yield Result("idle memory (Pss), all platforms", median(all_pss), median(alone_pss), None, "MB (base: portal alone)", "< 120", median(all_pss) < 120)


async def _starts(folder: Path, env: dict[str, str]) -> tuple[list[float], list[float]]:
    seconds, pss = [], []
    for i in range(STARTS):
        async with serving("-m", "adapters.main", "serve", "--port", "0", folder=folder, log=folder / "log", port_of=of_vinkki, **env) as server:
            async with aiohttp.ClientSession() as session:
                while True:
                    async with session.get(f"http://127.0.0.1:{server.port}/readyz") as answer:
                        if answer.status == 200:
                            break
            await asyncio.sleep(2)  # let it come to rest
            if i:  # the first start makes the database
                seconds.append(server.seconds_to_ready)
                pss.append(server.pss())
    return seconds, pss
