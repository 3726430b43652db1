"""The same press four times at the same moment, on both databases: one effect, one answer for all."""

from __future__ import annotations

import asyncio

from conftest import StillClock, add_person
from contracts.driver import World
from contracts.drivers.slack import open_driver
from contracts.gallery import Gallery

from bot.db import Database
from bot.desks import Deployment


async def test_four_deliveries_of_one_press_at_once_have_one_effect(db: Database, deployment: Deployment, clock: StillClock, gallery: Gallery) -> None:
    async with open_driver(World(db, deployment, clock)) as slack:
        aino = add_person(db, "Aino Salo")
        await slack.join(aino)
        await slack.command(aino, "vinkki", "help")
        user = slack._user(aino)
        payload = slack.people.pressed(user, {"action_id": "gallery.owe#3", "value": "77", "text": {}}, {})
        answers = await asyncio.gather(*(slack.people.interact(payload) for _ in range(4)))
        assert [status for status, _ in answers] == [200] * 4
        await slack._settle()
        posts = (await slack.people.state())["responses"][payload["response_url"].removeprefix(slack.people.slack)]
        assert {post["text"] for post in posts} == {"Owed"}
