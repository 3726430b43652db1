"""The whole main job, walked on each platform and across them, through the real adapters."""

from __future__ import annotations

import importlib
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from conftest import StillClock
from contracts.driver import World
from flows.browser import open_browser
from flows.journey import assemble, walk

from bot.db import Database
from bot.desks import Deployment

_DRIVERS = Path(__file__).parent.parent / "contracts" / "drivers"
PLATFORMS = [name for name in ("memory", "portal", "slack", "teams") if (_DRIVERS / f"{name}.py").exists()]


@pytest.fixture
def world(lite: Database, deployment: Deployment, clock: StillClock) -> World:
    return World(lite, deployment, clock)


async def _open(stack: AsyncExitStack, world: World, name: str):  # type: ignore[no-untyped-def]
    opener = importlib.import_module(f"contracts.drivers.{name}").open_driver
    throttled = {"throttle_every": 11} if name in ("slack", "teams") else {}  # now and then the platform says: slower
    world.drivers[name] = await stack.enter_async_context(opener(world, **throttled))
    return world.drivers[name]


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_a_story_is_shared_and_a_referral_paid_on(platform: str, world: World) -> None:
    async with AsyncExitStack() as stack:
        on = await _open(stack, world, platform)
        browser = await stack.enter_async_context(open_browser(world))
        await walk(world, await assemble(world, on, on, on, on), browser)


@pytest.mark.skipif(not {"slack", "teams", "portal"} <= set(PLATFORMS), reason="needs all platforms")
async def test_referrer_on_slack_recruiter_on_teams_payroll_in_the_portal(world: World) -> None:
    async with AsyncExitStack() as stack:
        slack, teams, portal = [await _open(stack, world, name) for name in ("slack", "teams", "portal")]
        browser = await stack.enter_async_context(open_browser(world))
        await walk(world, await assemble(world, teams, slack, teams, portal), browser)
