"""From the hire to the payment with a split, a hold, a refusal and a reversal, on each platform through the real adapters."""

from __future__ import annotations

from contextlib import AsyncExitStack

import pytest
from bonus_world import MONDAY, World, make_world
from conftest import StillClock, add_person
from contracts.driver import Driver, Seen
from contracts.driver import World as Deployed
from flows.test_journeys import PLATFORMS, _open
from sqlmodel import select

from bot import ledger
from bot.bonuses import Bonus, reconcile
from bot.db import Database
from bot.desks import Deployment
from bot.people import Person


@pytest.fixture
def deployed(lite: Database, deployment: Deployment, clock: StillClock) -> Deployed:
    return Deployed(lite, deployment, clock)


async def newest(on: Driver, person: Person, words: str) -> Seen:
    found = [m for m in await on.inbox(person) if words in m.text]
    assert found, f"{person.name} has no message with {words!r}"
    return found[-1]


def states(world: World) -> list[tuple[str, str, int]]:
    rows = world.db.read_now(lambda s: list(s.exec(select(Bonus).where(Bonus.state != "void").order_by(Bonus.id))))
    return [(b.state, b.reason, b.amount_minor) for b in rows]


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_a_split_a_hold_a_refusal_and_a_reversal_on(platform: str, deployed: Deployed) -> None:
    async with AsyncExitStack() as stack:
        on: Driver = await _open(stack, deployed, platform)
        world = make_world(deployed.db)
        bo, newcomer = add_person(world.db, "Bo Ek"), add_person(world.db, "Uusi Tulija")
        for person in (world.hr, world.other_hr, world.payroll, world.referrer, bo):
            await on.join(person)
            await on.command(person, "vinkki", "help")
        referral = world.refer(world.plan((0, "100.01")), hired=newcomer)
        world.hire(referral, MONDAY, deployed.clock.now())
        await deployed.deliver()
        await divide(deployed, on, world, bo, referral)
        await deployed.tick()
        await deployed.tick()
        assert states(world) == [("eligible", "", 5001), ("eligible", "", 5000)]
        await hold_and_refuse(deployed, on, world)
        await pay(deployed, on, world)
        assert states(world) == [("paid", "", 5001), ("forfeited", "hr_agreed", 5000)]
        assert world.db.read_now(ledger.verify).is_sound and world.db.read_now(reconcile.overall, "EUR").is_sound
        await deployed.deliver()
        await newest(on, world.referrer, "50.01")
        why = await on.press(world.referrer, await on.command(world.referrer, "vinkki", "bonuses"), "bonus.explain")
        assert "50.01" in why.text and "100.01" in why.text
        refused = await newest(on, bo, "agreed")
        assert "50.00" in refused.text


async def divide(deployed: Deployed, on: Driver, world: World, bo: Person, referral: int) -> None:
    """HR proposes halves; both agree by a button in their message."""
    form = await on.press(world.hr, await on.command(world.hr, "admin", f"splits {referral}"), "split.edit")
    parts = {"person_1": str(world.referrer.id), "share_1": "50", "person_2": str(bo.id), "share_2": "40"}
    wrong = await on.submit(world.hr, form, parts)
    assert "share_2" in wrong.errors
    done = await on.submit(world.hr, form, parts | {"share_2": "50,00"})
    assert "2 people are asked" in done.text
    await deployed.deliver()
    for who in (world.referrer, bo):
        answered = await on.press(who, await newest(on, who, "proposes to divide"), "split.accept")
    assert "Everybody agreed" in answered.text


async def hold_and_refuse(deployed: Deployed, on: Driver, world: World) -> None:
    """HR stops the second share, and ends it with a reason; a colleague approves the first."""
    second = world.db.read_now(lambda s: s.exec(select(Bonus).where(Bonus.state == "eligible", Bonus.share_no == 2)).one())
    todo = await on.command(world.hr, "admin", "bonuses")
    why = await on.press(world.hr, todo, "bonus.explain", str(second.id))
    await on.submit(world.hr, await on.press(world.hr, why, "bonus.hold"), {"reason": "hr_question"})
    todo = await on.command(world.hr, "admin", "bonuses")
    ended = await on.submit(world.hr, await on.press(world.hr, todo, "bonus.end"), {"reason": "hr_agreed"})
    assert "will not be paid" in ended.text
    approved = await on.press(world.other_hr, await on.command(world.other_hr, "admin", "bonuses"), "bonus.approve")
    assert "approved" in approved.text
    await deployed.deliver()


async def pay(deployed: Deployed, on: Driver, world: World) -> None:
    """Payroll closes a run, sends the bonus back, closes the next one and marks it as paid."""
    who = world.payroll
    run = await on.press(who, await on.command(who, "admin", "payrun"), "payrun.close")
    assert "50.01" in run.text and any("/payrun" in b.url for b in run.buttons)
    back = await on.press(who, run, "payrun.back")
    assert "approved again" in back.text
    again = await on.press(who, await on.command(who, "admin", "payrun"), "payrun.close")
    assert "Pay run 2" in again.text
    paid = await on.press(who, again, "payrun.pay")
    assert "marked as paid" in paid.text
    check = await on.press(who, await on.command(who, "admin", "payrun"), "payrun.check")
    assert "sent it back from run 1" in check.text
    await deployed.deliver()
