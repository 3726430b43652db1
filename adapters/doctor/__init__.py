"""What is missing or wrong in an installation, in plain words, and how to get it. Looks at everything; changes nothing."""

from __future__ import annotations

import asyncio

import aiohttp

from adapters.doctor.finding import Finding
from adapters.doctor.house import addresses, database, known_workspaces, safety
from adapters.doctor.outside import mail, reach, slack, teams, unconfigured
from bot.config import Config

__all__ = ["Finding", "examine"]
TIMEOUT = aiohttp.ClientTimeout(total=10)


def examine(config: Config, *, is_offline: bool = False) -> list[Finding]:
    """Look at everything, in the order in which one would set it up. `is_offline`: ask no server but the database."""
    findings = [*safety(config), *addresses(config), *database(config), *unconfigured(config)]
    return findings if is_offline else findings + asyncio.run(_online(config, known_workspaces(config, "slack")))


async def _online(config: Config, workspaces: set[str]) -> list[Finding]:
    async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
        return [*await reach(config, session), *await slack(config, session, workspaces), *await teams(config, session), *await mail(config)]
