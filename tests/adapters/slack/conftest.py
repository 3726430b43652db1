from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from conftest import StillClock, add_person
from contracts.driver import World
from contracts.drivers.slack import SlackDriver, open_driver
from contracts.gallery import Gallery, open_gallery

from bot.db import Database
from bot.desks import Deployment
from bot.people import Person


@pytest.fixture
def world(lite: Database, deployment: Deployment, clock: StillClock) -> World:
    return World(lite, deployment, clock)


@pytest.fixture
async def slack(world: World) -> AsyncIterator[SlackDriver]:
    async with open_driver(world) as driver:
        world.drivers["slack"] = driver
        yield driver


@pytest.fixture
def gallery() -> Iterator[Gallery]:
    with open_gallery() as opened:
        yield opened


@pytest.fixture
async def aino(world: World, slack: SlackDriver) -> Person:
    person = add_person(world.db, "Aino Salo", locale="en")
    await slack.join(person)
    return person
