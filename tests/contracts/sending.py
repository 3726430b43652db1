"""Runs the real delivery lanes and clock steps of a World, once, to the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.desks.clock import STEPS

if TYPE_CHECKING:
    from contracts.driver import World


async def run_steps(world: World) -> None:
    for step in STEPS.values():
        for _ in range(1000):
            if not await world.db.write(step, world.deployment, world.clock.now()):
                break
        else:
            raise AssertionError(f"{step} never ends")


async def deliver(world: World) -> None:
    from adapters.delivery import Lanes

    hub = next(iter(world.drivers.values())).adapter.hub  # type: ignore[attr-defined]
    lanes = Lanes(hub, {name: driver.adapter for name, driver in world.drivers.items()})
    await lanes.drain()
