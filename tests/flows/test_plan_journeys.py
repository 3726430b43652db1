"""From a plan with a day off to a first day put right: walked on each platform through the real adapters."""

from __future__ import annotations

import importlib
from contextlib import AsyncExitStack
from datetime import date, timedelta
from pathlib import Path

import pytest
from bonus_world import add_referral
from conftest import StillClock, add_person
from contracts.driver import Driver, World
from sqlmodel import Session, select

from bot import bonuses, openings, plans
from bot.bonuses import Bonus
from bot.db import Database
from bot.desks import Deployment
from bot.people import Person
from bot.referrals import Referral

_DRIVERS = Path(__file__).parent.parent / "contracts" / "drivers"
PLATFORMS = [name for name in ("memory", "portal", "slack", "teams") if (_DRIVERS / f"{name}.py").exists()]
PARTS = {"amount_1": "300", "days_1": "90", "reward_2": "day_off", "amount_2": "1", "days_2": "90", "amount_3": "100,50", "days_3": "180"}


@pytest.fixture
def world(lite: Database, deployment: Deployment, clock: StillClock) -> World:
    return World(lite, deployment, clock)


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_from_a_plan_with_a_day_off_to_a_first_day_put_right(platform: str, world: World) -> None:
    async with AsyncExitStack() as stack:
        on = await stack.enter_async_context(importlib.import_module(f"contracts.drivers.{platform}").open_driver(world))
        world.drivers[platform] = on
        hr, recruiter = add_person(world.db, "Nora Lind", "hr"), add_person(world.db, "Daniel Okafor", "recruiter")
        elias = add_person(world.db, "Elias Koski", start_on=date(2020, 1, 1))
        for person in (hr, recruiter, elias):
            await on.join(person)
            await on.command(person, "vinkki", "help")
        draft = openings.Draft(title="Deck officer", department="Fleet", recruiter_id=recruiter.id)
        opening = (await world.db.write(openings.create, world.clock.now(), hr.id, draft)).id or 0
        await make_plan(on, hr, opening)
        await start_campaign(on, hr)
        await set_budget(on, hr)
        await promise(on, elias, opening)
        referral = await hire(world, elias, recruiter, opening)
        await correct(on, hr, elias)
        await join(world, on, recruiter, referral)
        assert "June 2026: €500.00" in (await on.command(hr, "admin", "forecast")).text


async def make_plan(on: Driver, hr: Person, opening: int) -> None:
    """A charity, a plan that gives to it, what it would mean for an opening, and the press that puts it into force."""
    form = await on.press(hr, await on.command(hr, "admin", "charities"), "charity.new")
    assert "Sea rescue" in (await on.submit(hr, form, {"name": "Sea rescue", "account": "FI21 1234"})).text
    form = await on.press(hr, await on.command(hr, "admin", "plans"), "plan.new")
    values = PARTS | {"name": "Fleet 2026", "reward_3": "donation:1", "department": "Fleet", "is_default": ""}
    wrong = await on.submit(hr, form, values | {"amount_1": "1.2345"})
    assert "2 decimals" in wrong.errors["amount_1"]
    preview = await on.submit(hr, wrong, values)
    assert "1 day off" in preview.text and "100.50" in preview.text and "Sea rescue" in preview.text and "1 opening: Deck officer" in preview.text
    form = await on.press(hr, preview, "plan.try")
    tried = await on.submit(hr, form, {"opening": str(opening), "start_on": "2026-04-01"})
    assert "30 June 2026" in tried.text and "28 September 2026" in tried.text
    assert "in force" in (await on.press(hr, tried, "plan.put")).text


async def start_campaign(on: Driver, hr: Person) -> None:
    """An extra of 200 € for a month."""
    form = await on.press(hr, await on.command(hr, "admin", "campaigns"), "campaign.new")
    preview = await on.submit(hr, form, {"name": "Spring", "amount": "200", "days": "90", "from_on": "2026-03-01", "until_on": "2026-03-31"})
    assert "200.00" in preview.text
    assert "running" in (await on.press(hr, preview, "campaign.start")).text


async def set_budget(on: Driver, hr: Person) -> None:
    """A cap of 500 €, warned of at 90 %."""
    shown = await on.press(hr, await on.command(hr, "admin", "plans"), "plan.show")
    form = await on.press(hr, shown, "plan.budget")
    saved = await on.submit(hr, form, {"cap": "500", "period": "year", "warn_percent": "90", "is_stopping": ""})
    assert "0 %" in saved.text


async def promise(on: Driver, elias: Person, opening: int) -> None:
    """The link says what it may bring: the plan and the campaign together."""
    link = await on.submit(elias, await on.command(elias, "refer"), {"opening": str(opening), "language": "en"})
    assert "500.00" in link.text and "1 day off" in link.text and "Sea rescue" in link.text


async def hire(world: World, elias: Person, recruiter: Person, opening: int) -> int:
    """A referral under that promise is hired, with the wrong first day; the budget's warning goes out with it."""

    def make(session: Session) -> int:
        plan = plans.current_plans(session)[0]
        referral_id = add_referral(session, plan.id, elias, recruiter, None, None)
        referral = session.get_one(Referral, referral_id)
        referral.opening_id, referral.campaign_id = opening, 1
        session.add(referral)
        session.flush()
        bonuses.hire(session, world.clock.now(), recruiter.id, referral_id, world.clock.now().date(), "Europe/Helsinki")
        return referral_id

    made = await world.db.write(make)
    await world.deliver()
    return made


async def correct(on: Driver, hr: Person, elias: Person) -> None:
    """HR is warned of the budget, puts the first day right from a bonus's explanation, and Elias reads the new days."""
    assert any("budget" in seen.text for seen in await on.inbox(hr))
    everything = await on.press(hr, await on.command(hr, "admin", "bonuses"), "bonus.page")
    form = await on.press(hr, await on.press(hr, everything, "bonus.explain"), "referral.start")
    assert "4 bonuses" in (await on.submit(hr, form, {"start_on": "2026-04-01"})).text
    mine = await on.command(elias, "referrals")
    assert "30 June 2026" in mine.text and "1 day off" in mine.text and "31 May 2026" not in mine.text


async def join(world: World, on: Driver, recruiter: Person, referral: int) -> None:
    """The newcomer is in the directory on the first day; recruiting is asked and answers by one press."""
    newcomer = add_person(world.db, "Kim Larsen", start_on=date(2026, 4, 1))
    world.clock.move(days=31)
    await world.tick()
    await world.deliver()
    asked = next(seen for seen in await on.inbox(recruiter) if "Kim Larsen" in seen.text)
    await on.press(recruiter, asked, "referral.newcomer")

    def found(session: Session) -> tuple[int | None, set[str]]:
        states = session.exec(select(Bonus.state).where(Bonus.referral_id == referral, Bonus.state != "void"))
        return session.get_one(Referral, referral).hired_person_id, set(states)

    assert await world.db.read(found) == (newcomer.id, {"waiting"})
    assert world.clock.now() - world.clock.started == timedelta(days=31)
