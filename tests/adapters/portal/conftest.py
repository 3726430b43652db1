"""A portal on loopback with the gallery's desk, and browsers of people who are signed in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from conftest import StillClock, add_person
from contracts.driver import World
from contracts.drivers.portal import Browser, Portal, serve
from contracts.gallery import Gallery, open_gallery

from adapters.portal import PortalAdapter
from bot.db import Database
from bot.desks import Deployment
from bot.people import Person


@pytest.fixture
def world(lite: Database, deployment: Deployment, clock: StillClock) -> World:
    return World(lite, deployment, clock)


@pytest.fixture
def gallery() -> Iterator[Gallery]:
    with open_gallery() as opened:
        yield opened


@pytest.fixture
async def portal(world: World, gallery: Gallery) -> AsyncIterator[Portal]:
    adapter = PortalAdapter(world.hub(), {})
    async with serve(adapter) as client:
        yield Portal(adapter, client, world)


@pytest.fixture
async def aino(world: World, portal: Portal) -> Person:
    person = add_person(world.db, "Aino Salo")
    await portal.join(person)
    return person


@pytest.fixture
def browser(portal: Portal, aino: Person) -> Browser:
    """Aino's browser."""
    return portal.browsers[aino.id or 0]


@pytest.fixture
def stranger(portal: Portal) -> Browser:
    """A browser in which nobody is signed in."""
    return Browser(portal.client)
