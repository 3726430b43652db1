"""Twenty kill -9 of the share link's server under load: clicks whose visitor was answered and that are not in the database."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

from measure import Load, Result, bare_number, serving
from redirect import SERVER, clicks, fill_links, requests

KILLS = 20
CONNECTIONS = 16


async def run(seconds: float = 0.5) -> AsyncIterator[Result]:
    """Kill the server in the middle of a load that would go on; one row for what was lost, one for how many were answered."""
    answered = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "clicks.db"
        fill_links(f"sqlite:///{file}")
        for _ in range(KILLS):
            answered += await _killed_once(folder, f"sqlite:///{file}", seconds)
        lost, is_whole = answered - clicks(file), _is_whole(file)
    what = f"share link, {KILLS} kill -9 under load"
    yield Result(f"{what}: answered clicks lost", max(lost, 0), None, None, "clicks", "0", lost <= 0 and is_whole)
    yield Result(f"{what}: answered", answered, None, None, "clicks", "", None)


async def _killed_once(folder: Path, url: str, seconds: float) -> int:
    async with serving(SERVER, url, folder=folder, log=folder / "log", port_of=bare_number) as server:
        load = Load(requests())
        asyncio.get_running_loop().call_later(seconds, server.process.kill)
        await load.run(server.port, CONNECTIONS, seconds + 30)
    assert set(load.statuses) == {302}, load.statuses
    return len(load.seconds)


def _is_whole(file: Path) -> bool:
    with closing(sqlite3.connect(file)) as raw:
        return bool(raw.execute("PRAGMA integrity_check").fetchone()[0] == "ok")
