from __future__ import annotations

import importlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from conftest import StillClock, add_person
from contracts.driver import Driver, World
from contracts.gallery import Gallery, open_gallery

from bot.db import Database
from bot.desks import Deployment
from bot.people import Person

PLATFORMS = [name for name in ("memory", "portal", "slack", "teams") if (Path(__file__).parent / "drivers" / f"{name}.py").exists()]


@pytest.fixture
def world(lite: Database, deployment: Deployment, clock: StillClock) -> World:
    return World(lite, deployment, clock)


@pytest.fixture(params=PLATFORMS)
async def driver(request: pytest.FixtureRequest, world: World) -> AsyncIterator[Driver]:
    opener = importlib.import_module(f"contracts.drivers.{request.param}").open_driver
    async with opener(world) as opened:
        world.drivers[opened.name] = opened
        yield opened


@pytest.fixture
def gallery() -> Iterator[Gallery]:
    with open_gallery() as opened:
        yield opened


@pytest.fixture
async def aino(world: World, driver: Driver) -> Person:
    """An employee with an account on the platform under test."""
    person = add_person(world.db, "Aino Salo", locale="en")
    await driver.join(person)
    return person
