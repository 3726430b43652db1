"""What the directory or HR learns when a bonus is due already: the newcomer had left before, or nobody ever knew."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from bonus_world import MONDAY, World, make_world
from conftest import START, add_person
from sqlmodel import col, select

from bot import bonuses, ledger, settings
from bot.bonuses import Bonus
from bot.db import Database
from bot.desks import Deployment, notices
from bot.desks.clock import STEPS
from bot.errors import Refusal
from bot.outbox import Delivery
from bot.people import Person

DUE = date(2026, 5, 31)  # 90 days after MONDAY
LATER = DUE + timedelta(days=9)  # when the people file says who had left


@pytest.fixture
def world(db: Database) -> World:
    return make_world(db)


def due(world: World, newcomer: Person | None = None) -> Bonus:
    """500 € on its due day, with a newcomer of whose leaving nobody has heard."""
    (bonus,) = world.hire(world.refer(world.plan((90, "500")), hired=newcomer), MONDAY)
    world.morning(MONDAY)
    world.morning(DUE)
    return world.bonus(bonus.id)


def seen(world: World, bonus: Bonus) -> tuple[str, str]:
    found = world.bonus(bonus.id)
    return found.state, found.reason


@pytest.mark.parametrize("is_approved", [False, True])
@pytest.mark.parametrize("who", ["newcomer", "referrer"])
def test_what_the_directory_hears_too_late_stops_a_bonus_before_payroll_has_it(world: World, is_approved: bool, who: str) -> None:
    """The last day was 30 May, the due day 31 May, and the people file brings it on 9 June: HR is asked, and no run takes it."""
    newcomer = add_person(world.db, "Uusi Tulija")
    bonus = due(world, newcomer)
    if is_approved:
        bonus = world.approve(bonus)
    world.change(newcomer if who == "newcomer" else world.referrer, end_on=DUE - timedelta(days=1))
    for _ in range(2):
        world.morning(LATER)
    reason = "hire_left" if who == "newcomer" else "referrer_left"
    assert seen(world, bonus) == ("held", reason) and world.owed() == 50_000, "asked, not guessed: still owed, and once"
    with pytest.raises(Refusal, match=r"payruns\.empty"):
        world.close_run()
    held = world.bonus(bonus.id)
    ended = world.db.write_now(bonuses.refuse, START, world.hr.id, bonus.id, held.version)
    assert (ended.state, ended.reason, world.owed()) == ("forfeited", reason, 0)
    assert world.db.read_now(ledger.verify).is_sound


def test_what_hr_lets_pass_is_not_stopped_for_it_again(world: World) -> None:
    newcomer = add_person(world.db, "Uusi Tulija")
    bonus = due(world, newcomer)
    world.change(newcomer, end_on=DUE - timedelta(days=1))
    world.morning(LATER)
    held = world.bonus(bonus.id)
    with pytest.raises(Refusal, match=r"bonuses\.needs_reason"):
        world.db.write_now(bonuses.confirm, START, world.hr.id, bonus.id, held.version, LATER)
    passed = world.db.write_now(bonuses.let_pass, START, world.hr.id, bonus.id, held.version, "One day, and on our wish", LATER)
    world.morning(LATER + timedelta(days=1))
    assert seen(world, bonus) == ("eligible", "")
    assert world.approve(passed, world.other_hr).state == "approved"
    world.morning(LATER + timedelta(days=2))
    assert world.close_run().bonus_count == 1


@pytest.mark.parametrize(("setting", "end_on"), [("bonus.hire_must_be_here", DUE - timedelta(days=1)), ("", DUE), ("", LATER)])
def test_who_was_here_on_the_due_day_and_a_rule_that_is_off_stop_nothing(world: World, setting: str, end_on: date) -> None:
    if setting:
        world.db.write_now(settings.put, START, world.hr.id, setting, False)
    newcomer = add_person(world.db, "Uusi Tulija")
    bonus = due(world, newcomer)
    world.change(newcomer, end_on=end_on)
    world.morning(LATER + timedelta(days=1))
    assert seen(world, bonus) == ("eligible", "")


def test_hr_gets_the_list_on_the_day_it_is_heard(world: World, deployment: Deployment) -> None:
    newcomer = add_person(world.db, "Uusi Tulija")
    bonus = due(world, newcomer)
    world.approve(bonus)
    world.change(newcomer, end_on=DUE - timedelta(days=1))
    now = START + (LATER - MONDAY)
    for _ in range(2):
        world.db.write_now(STEPS["bonuses.leavers"], deployment, now)
    owed = select(Delivery).where(Delivery.notice == "bonus.digest", Delivery.state == "owed").order_by(col(Delivery.id))
    rows = world.db.read_now(lambda s: list(s.exec(owed)))
    assert [r.key for r in rows] == [f"bonuses:left:{LATER}:person:{p.id}" for p in (world.hr, world.other_hr)]
    card = world.db.read_now(lambda s: notices.build(s, deployment, s.merge(rows[0], load=False), now))
    assert card is not None


def test_a_question_of_hrs_own_answers_no_fact_that_nobody_was_asked_for(world: World) -> None:
    """HR stops it before the due day, for another reason. The day passes; "all well" then asks whether the newcomer is still here."""
    (bonus,) = world.hire(world.refer(world.plan((90, "500"))), MONDAY)
    world.morning(MONDAY)
    held = world.db.write_now(bonuses.hold, START, world.hr.id, bonus.id, world.bonus(bonus.id).version, "hr_dispute")
    world.morning(DUE)
    asked = world.db.write_now(bonuses.confirm, START, world.hr.id, bonus.id, held.version, DUE)
    assert (asked.state, asked.reason) == ("held", "hire_unknown")
    approved = world.db.write_now(bonuses.confirm, START, world.hr.id, bonus.id, asked.version, DUE)
    assert approved.state == "approved", "now HR has said so"
    again = world.db.write_now(bonuses.hold, START, world.hr.id, bonus.id, approved.version, "hr_question")
    assert world.db.write_now(bonuses.confirm, START, world.hr.id, bonus.id, again.version, DUE).state == "approved", "and is not asked twice"
