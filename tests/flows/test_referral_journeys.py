"""A referral that does not end well, and whose candidate is treated well all the same: walked on each platform through the real adapters.

Invited by e-mail, spoken for, handed over, forgotten until HR asks, told no kindly, erased; and what is left in anybody's chat.
"""

from __future__ import annotations

import importlib
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import StillClock, add_person
from contracts.driver import Driver, Seen, World
from sqlmodel import col, select

from bot import openings, referrals, settings
from bot.db import Database
from bot.desks import Deployment, candidate
from bot.openings import Draft
from bot.people import Person
from bot.referrals import Candidate

_DRIVERS = Path(__file__).parent.parent / "contracts" / "drivers"
PLATFORMS = [name for name in ("memory", "portal", "slack", "teams") if (_DRIVERS / f"{name}.py").exists()]
NAME, EMAIL = "Maija Meikäläinen", "maija@mail.example"


@pytest.fixture
def world(lite: Database, deployment: Deployment, clock: StillClock) -> World:
    return World(lite, deployment, clock)


@dataclass
class Cast:
    """Who walks it, all on one platform."""

    on: Driver
    hr: Person
    elias: Person
    rita: Person
    rolf: Person
    opening: int

    async def newest(self, person: Person, words: str) -> Seen:
        """The last message of somebody's that holds these words."""
        inbox = await self.on.inbox(person)
        found = [m for m in inbox if words in m.text]
        assert found, f"{person.name} has no message with {words}; there are {[m.text[:90] for m in inbox]}"
        return found[-1]

    async def left_in_chats(self) -> str:
        """Everything that stands in anybody's messages and in the rooms."""
        seen = [m for person in (self.hr, self.elias, self.rita, self.rolf) for m in await self.on.inbox(person)]
        return "\n".join(m.text for m in [*seen, *await self.on.room("admin"), *await self.on.room("recruiting")])


async def assemble(world: World, on: Driver) -> Cast:
    """The cast in the directory and on the platform, an opening, invitations allowed."""
    hr, elias = add_person(world.db, "Nora Lind", "hr"), add_person(world.db, "Elias Koski")
    rita, rolf = add_person(world.db, "Rita Ranta", "recruiter"), add_person(world.db, "Rolf Berg", "recruiter")
    await world.db.write(settings.put, world.clock.now(), hr.id, "referral.invitations", True)
    opening = await world.db.write(openings.create, world.clock.now(), hr.id, Draft("Deck officer", recruiter_id=rita.id))
    for person in (hr, elias, rita, rolf):
        await on.join(person)
        await on.command(person, "vinkki", "help")
    return Cast(on, hr, elias, rita, rolf, opening.id or 0)


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_from_an_invitation_to_a_kind_no_and_nothing_left_of_who_it_was(platform: str, world: World) -> None:
    async with AsyncExitStack() as stack:
        on = await stack.enter_async_context(importlib.import_module(f"contracts.drivers.{platform}").open_driver(world))
        world.drivers[platform] = on
        cast = await assemble(world, on)
        token = await invite(world, cast)
        await speak_for(world, cast, token)
        await hand_over(world, cast)
        await be_asked(world, cast)
        await say_no(world, cast, token)
        await erase(world, cast, token)


async def invite(world: World, cast: Cast) -> str:
    """Elias has somebody invited; recruiters read that one waits. Returns the token of the letter."""
    on, elias = cast.on, cast.elias
    form = await on.command(elias, "refer")
    card = await on.submit(elias, form, {"opening": str(cast.opening), "language": "fi"})
    asked = await on.press(elias, card, "refer.invite")
    assert "asked" in (await on.submit(elias, asked, {"email": EMAIL, "language": "fi"})).errors, "they affirm that they asked"
    done = await on.submit(elias, asked, {"email": EMAIL, "language": "fi", "asked": "yes"})
    assert EMAIL not in done.text
    await world.deliver()
    assert "1 invitation by e-mail waits" in (await on.command(cast.rita, "vinkki", "recruiting")).text
    row = await world.db.read(lambda s: s.exec(select(Candidate).order_by(col(Candidate.id).desc())).first())
    details = await world.db.read(referrals.open_details, world.deployment.vault, row)
    return details.token


async def speak_for(world: World, cast: Cast, token: str) -> None:
    """The candidate says yes; Elias hears it and says a word for them."""
    values = {"name": NAME, "email": EMAIL, "referrer_may_see": "yes", "nonce": "n" * 20}
    assert not (await world.db.write(candidate.confirm, world.deployment, token, values, "fi", world.clock.now())).errors
    await world.deliver()
    form = await cast.on.press(cast.elias, await cast.newest(cast.elias, "brought a yes"), "referral.endorse")
    assert NAME in form.text
    await cast.on.submit(cast.elias, form, {"known": "We sailed together", "why": "Calm in fog"})
    assert NAME in (await cast.on.command(cast.elias, "referrals")).text


async def hand_over(world: World, cast: Cast) -> None:
    """Rita takes it, reads who it is, notes something down and hands it to Rolf."""
    on, rita = cast.on, cast.rita
    card = await on.press(rita, await cast.newest(rita, "Deck officer"), "referral.take")
    details = await on.press(rita, card, "referral.open")
    assert NAME in details.text and EMAIL in details.text and "We sailed together" in details.text
    await on.submit(rita, await on.press(rita, card, "referral.note"), {"text": "Prefers summers"})
    form = await on.press(rita, card, "referral.reassign")
    await on.submit(rita, form, {"recruiter": str(cast.rolf.id)})
    await world.deliver()
    assert "Rolf Berg" in (await cast.newest(cast.rolf, "Deck officer")).text


async def be_asked(world: World, cast: Cast) -> None:
    """Rolf forgets: he is reminded, HR's room hears of it and asks again by a button."""
    for _ in range(9):
        world.clock.move(days=1)
        await world.tick()
    reminded = len(await cast.on.inbox(cast.rolf))
    stuck = next(m for m in reversed(await cast.on.room("admin")) if "left waiting" in m.text)
    assert "Rolf Berg" in stuck.text
    await cast.on.press(cast.hr, stuck, "referral.remind")
    await world.deliver()
    assert len(await cast.on.inbox(cast.rolf)) == reminded + 1


async def say_no(world: World, cast: Cast, token: str) -> None:
    """Rolf says *not now*: Elias and the candidate hear kind words, and no reason."""
    on, rolf = cast.on, cast.rolf
    form = await on.press(rolf, await cast.newest(rolf, "Deck officer"), "referral.decline")
    await on.submit(rolf, form, {"words": "filled", "own": "Do come by!", "reason": "No licence yet"})
    await world.deliver()
    told = await cast.newest(cast.elias, "Not this time")
    page = repr(await world.db.read(candidate.view, world.deployment, token, world.clock.now()))
    assert "No licence yet" not in told.text + page and "Do come by!" in page


async def erase(world: World, cast: Cast, token: str) -> None:
    """The candidate has everything erased: no list and no chat tells who it was, and nothing that stands there ever did."""
    before = await cast.left_in_chats()
    assert "Deck officer" in before and not [said for said in (NAME, EMAIL, "No licence yet", "Calm in fog", "Prefers summers") if said in before]
    assert await world.db.write(candidate.erase, world.deployment, token, world.clock.now())
    await world.deliver()
    assert NAME not in await cast.left_in_chats() and NAME not in (await cast.on.command(cast.elias, "referrals")).text
