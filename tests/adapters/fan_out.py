"""A process of its own that sends everything owed on the lane `memory:M1` and notes each arrival in a file: five digits each.

Run: python fan_out.py DATABASE_URL FILE. Leaves by itself when nothing is owed; the test kills it before.
"""

from __future__ import annotations

import asyncio
import os
import sys

from adapters.clock import WallClock
from adapters.delivery import Lanes
from adapters.hub import Hub
from adapters.memory import MemoryAdapter, MemoryChat
from bot.config import load
from bot.db import Database
from bot.desks import Deployment
from bot.desks.notices.table import BUILDERS
from bot.messages import Card, Plain
from bot.ports import Recipient
from bot.vault import Vault

KEY = "a-test-key-that-is-long-enough-000"


class Noting(MemoryChat):
    """Writes an arrival down before it answers, as a platform's server would: it survives the kill."""

    def __init__(self, file: int) -> None:
        super().__init__()
        self.file = file

    async def send(self, to: Recipient, card: Card, key: str) -> str:
        os.write(self.file, f"{key.rpartition(':')[2]:0>5}".encode())
        await asyncio.sleep(0.01)
        return await super().send(to, card, key)


async def main(url: str, path: str) -> None:
    deployment = Deployment("http://127.0.0.1:8765", "Meri Oy", "EUR", "Europe/Helsinki", "en", Vault(KEY), lambda: "token")
    hub = Hub(load(_env_file=None, secret_key=KEY), Database(url), deployment, WallClock())
    BUILDERS["test"] = lambda owed: Card(Plain("One"))
    memory = MemoryAdapter(hub)
    memory.chat = Noting(os.open(path, os.O_WRONLY | os.O_APPEND))
    lanes = Lanes(hub, {"memory": memory}, "the one server")
    await lanes.start()
    await lanes.drain()
    await lanes.stop()
    hub.db.close()


asyncio.run(main(sys.argv[1], sys.argv[2]))
