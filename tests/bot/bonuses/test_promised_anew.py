"""Somebody was said to have left, and had not: what ended for it is promised again, and nothing is paid for twice."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import pytest
from bonus_desk import Desk, buttons, read
from bonus_world import MONDAY, ZONE, World, make_world
from conftest import START, add_person
from sqlmodel import col, select

from bot import bonuses, ledger, people
from bot.bonuses import Bonus, Share
from bot.db import Database
from bot.desks import Deployment
from bot.errors import Refusal, Stale
from bot.people import Person

WEEK = MONDAY + timedelta(days=7)


@pytest.fixture
def world(db: Database) -> World:
    return make_world(db)


def ended(world: World, who: Person, *parts: tuple[int, str], newcomer: Person, **more: object) -> list[Bonus]:
    """A hire whose bonuses ended a week in, because the people file said that somebody had left."""
    hire = world.hire(world.refer(world.plan(*parts), hired=newcomer), MONDAY, **more)
    world.morning(MONDAY)
    world.change(who, end_on=MONDAY + timedelta(days=2))
    world.morning(WEEK)
    return [world.bonus(b.id) for b in hire]


def anew(world: World, bonus: Bonus, by: Person | None = None, today: date = WEEK) -> list[Bonus]:
    return world.db.write_now(bonuses.promise_anew, START, (by or world.hr).id, bonus.id, bonus.version, today, ZONE)


def test_everything_of_the_hire_comes_back_with_its_days_and_the_book_balances(world: World) -> None:
    """500 € posted with the hire, reversed when the newcomer was said to have left, posted again when that was wrong: 500 € is owed once."""
    newcomer = add_person(world.db, "Uusi Tulija")
    first, second = ended(world, newcomer, (30, "100"), (90, "400"), newcomer=newcomer)
    assert (first.state, second.reason, world.owed()) == ("forfeited", "hire_left", 0)
    world.change(newcomer, end_on=None)
    made = anew(world, second)
    assert [(b.due_on, b.amount_minor, b.state, b.created_at) for b in made] == [(b.due_on, b.amount_minor, "accrued", b.created_at) for b in (first, second)]
    assert [(world.bonus(b.id).state, world.bonus(b.id).reason) for b in (first, second)] == [("void", "had_not_left")] * 2
    assert world.owed() == 50_000 and len(world.db.read_now(ledger.latest, 10)) == 6 and world.db.read_now(ledger.verify).is_sound
    world.morning(WEEK + timedelta(days=1))
    world.morning(first.due_on)
    assert [b.state for b in world.bonuses(first.referral_id)] == ["eligible", "waiting"]


def test_while_the_people_file_says_that_they_have_left_nothing_comes_back(world: World) -> None:
    newcomer = add_person(world.db, "Uusi Tulija")
    (bonus,) = ended(world, newcomer, (90, "500"), newcomer=newcomer)
    with pytest.raises(Refusal, match=r"bonuses\.anew\.still_left"):
        anew(world, bonus)
    world.change(newcomer, end_on=bonus.due_on - timedelta(days=1))
    with pytest.raises(Refusal, match=r"bonuses\.anew\.still_left"):
        anew(world, bonus)
    assert world.bonus(bonus.id) == bonus and world.owed() == 0


def test_a_referrer_who_had_not_left_gets_their_own_part_back_and_no_other(world: World) -> None:
    newcomer, other = add_person(world.db, "Uusi Tulija"), add_person(world.db, "Toinen Tekijä")
    shares = [Share(world.referrer.id or 0, 1), Share(other.id or 0, 1)]
    mine, theirs = ended(world, world.referrer, (90, "500"), newcomer=newcomer, shares=shares)
    assert (mine.reason, theirs.state) == ("referrer_left", "waiting")
    world.change(world.referrer, end_on=None)
    (made,) = anew(world, mine)
    assert (made.beneficiary_id, made.share_no, world.bonus(theirs.id).version) == (world.referrer.id, mine.share_no, theirs.version)


def test_what_came_back_is_ended_by_a_real_leaving_and_may_come_back_once_more(world: World) -> None:
    newcomer = add_person(world.db, "Uusi Tulija")
    (bonus,) = ended(world, newcomer, (90, "500"), newcomer=newcomer)
    for _ in range(2):
        world.change(newcomer, end_on=None)
        (made,) = anew(world, bonus)
        with pytest.raises(Stale):
            anew(world, bonus)
        world.change(newcomer, end_on=MONDAY + timedelta(days=3))
        world.morning(WEEK + timedelta(days=1))
        bonus = world.bonus(made.id)
        assert (bonus.state, bonus.reason, world.owed()) == ("forfeited", "hire_left", 0)
    assert world.db.read_now(ledger.verify).is_sound


def test_only_hr_promises_anew_nobody_for_themselves_and_only_what_ended_for_a_leaving(world: World) -> None:
    newcomer, judge = add_person(world.db, "Uusi Tulija"), add_person(world.db, "Hilkka Arvo")
    hire = ended(world, newcomer, (90, "500"), newcomer=newcomer, shares=[Share(judge.id or 0, 1), Share(world.referrer.id or 0, 1)])
    world.change(newcomer, end_on=None)
    world.db.write_now(people.grant, START, None, judge, "hr")
    for who, why in ((world.payroll, "forbidden"), (world.referrer, "forbidden"), (judge, r"bonuses\.own")):
        with pytest.raises(Refusal, match=why):
            anew(world, hire[1], who)
    (stopped,) = world.hire(world.refer(world.plan((90, "500")), hired=newcomer), MONDAY)
    world.morning(MONDAY)
    held = world.db.write_now(bonuses.hold, START, world.hr.id, stopped.id, world.bonus(stopped.id).version, "hr_question")
    no = world.db.write_now(bonuses.refuse, START, world.hr.id, held.id, held.version, bonuses.NO_REASONS[0])
    with pytest.raises(Stale):
        anew(world, no)


async def test_two_people_at_once_promise_it_once(world: World) -> None:
    newcomer = add_person(world.db, "Uusi Tulija")
    first, second = ended(world, newcomer, (30, "100"), (90, "400"), newcomer=newcomer)
    world.change(newcomer, end_on=None)

    async def press(bonus: Bonus, by: Person) -> str:
        try:
            await world.db.write(bonuses.promise_anew, START, by.id, bonus.id, bonus.version, WEEK, ZONE)
        except Stale as e:
            return e.key
        return "done"

    found = await asyncio.gather(*(press(b, by) for b in (first, second) for by in (world.hr, world.other_hr)))
    assert sorted(found) == ["bonuses.overtaken"] * 3 + ["done"] and world.owed() == 50_000


async def test_at_the_desk_hr_finds_the_way_and_the_referrer_reads_that_it_is_back(lite: Database, deployment: Deployment) -> None:
    world = make_world(lite)
    newcomer = add_person(world.db, "Uusi Tulija")
    (bonus,) = ended(world, newcomer, (90, "500"), newcomer=newcomer)
    desk = Desk(world, deployment, START + timedelta(days=8))
    why = await desk.say(world.hr, f"vinkki bonuses {bonus.id}")
    (press,) = buttons(why, "bonus.anew")
    refused = await desk.press(world.hr, press)
    assert "Put the last day right there first" in read(refused)
    world.change(newcomer, end_on=None)
    done = await desk.press(world.hr, press)
    assert "is promised again, for 31 May 2026" in read(done)
    assert "Your bonus of €500.00 is promised again" in desk.told(world.referrer)
    old, new = await desk.say(world.hr, f"vinkki bonuses {bonus.id}"), await desk.say(world.hr, f"vinkki bonuses {(bonus.id or 0) + 1}")
    assert "nobody had left after all" in read(old) and not buttons(old, "bonus.anew")
    assert "nobody had left after all" not in read(new) and not buttons(new, "bonus.anew")
    assert world.db.read_now(lambda s: s.exec(select(Bonus.state).order_by(col(Bonus.id))).all()) == ["void", "accrued"]
