"""Who may approve, two people above an amount, letting pass against a rule, ending with a reason, and what waits too long."""

from __future__ import annotations

import itertools
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from bonus_desk import Desk, buttons, read
from bonus_world import MONDAY, World, make_world
from conftest import START, add_person
from sqlmodel import select

from bot import audit, bonuses, settings
from bot.bonuses import Bonus, BonusApproval, approvals
from bot.db import Database
from bot.desks import Deployment, notices
from bot.desks.clock import STEPS
from bot.errors import FieldRefusal, Refusal, Stale
from bot.messages import Ask, Button, Correct, Say
from bot.outbox import Delivery
from bot.people import RoleGrant, revoke

_numbers = itertools.count(1)


@pytest.fixture
def world(db: Database) -> World:
    return make_world(db)


def due(world: World, amount: str = "500", **more: object) -> Bonus:
    """A bonus on its due day, as the rules left it."""
    (bonus,) = world.hire(world.refer(world.plan((0, amount)), hired=add_person(world.db, f"Uusi Tulija{next(_numbers)}"), **more), MONDAY)  # type: ignore[arg-type]
    for _ in range(2):
        world.morning(MONDAY)
    return world.bonus(bonus.id)


def put(world: World, name: str, value: object) -> None:
    world.db.write_now(settings.put, START, None, name, value)


def events(world: World, bonus: Bonus) -> list[tuple[str, int | None]]:
    return world.db.read_now(lambda s: [(e.what.removeprefix("bonus."), e.actor_id) for e in audit.history(s, "bonus", bonus.id)])


def test_from_the_amount_on_two_different_people_approve(world: World) -> None:
    put(world, "bonus.two_approvers_from", 500)
    bonus = due(world)
    assert world.approve(bonus, world.hr).state == "eligible"
    with pytest.raises(Refusal, match=r"bonuses\.approved_by_you"):
        world.approve(bonus, world.hr)
    assert world.approve(bonus, world.other_hr).state == "approved"
    assert events(world, bonus)[-2:] == [("first_approval", world.hr.id), ("approved", world.other_hr.id)]
    asked = world.db.read_now(lambda s: list(s.exec(select(Delivery.person_id).where(Delivery.notice == "bonus.second"))))
    assert asked == [world.other_hr.id]


def test_below_the_amount_one_is_enough(world: World) -> None:
    put(world, "bonus.two_approvers_from", 501)
    assert world.approve(due(world)).state == "approved"


def test_the_first_takes_their_word_back_while_it_waits(world: World) -> None:
    put(world, "bonus.two_approvers_from", 1)
    bonus = due(world)
    world.approve(bonus, world.hr)
    world.db.write_now(bonuses.take_back, START, world.hr.id, bonus.id, bonus.version)
    with pytest.raises(Refusal, match=r"bonuses\.no_approval"):
        world.db.write_now(bonuses.take_back, START, world.other_hr.id, bonus.id, bonus.version)
    assert world.approve(bonus, world.other_hr).state == "eligible", "now this is the first word"
    assert world.approve(bonus, world.hr).state == "approved"
    with pytest.raises(Stale):
        world.db.write_now(bonuses.take_back, START, world.hr.id, bonus.id, bonus.version)


def test_a_word_ends_with_the_role_and_with_a_hold(world: World) -> None:
    put(world, "bonus.two_approvers_from", 1)
    bonus = due(world)
    world.approve(bonus, world.hr)
    world.db.write_now(lambda s: revoke(s, START, None, world.hr, "hr"))
    assert world.approve(bonus, world.other_hr).state == "eligible", "who lost the role has no word"
    world.db.write_now(lambda s: s.add(RoleGrant(person_id=world.hr.id or 0, role="hr")))
    held = world.db.write_now(bonuses.hold, START, world.other_hr.id, bonus.id, bonus.version, "hr_question")
    assert world.db.read_now(lambda s: list(s.exec(select(BonusApproval)))) == []
    again = world.db.write_now(bonuses.confirm, START, world.hr.id, bonus.id, held.version, MONDAY)
    assert again.state == "eligible" and world.db.read_now(approvals.approvers, again) == [world.hr.id]


def test_letting_pass_needs_a_reason_and_a_colleague(world: World) -> None:
    manager = world.referrer
    bonus = due(world)
    held = world.db.write_now(lambda s: bonuses.moves.move(s, START, None, s.get_one(Bonus, bonus.id), "held", "relative"))
    with pytest.raises(FieldRefusal):
        world.db.write_now(bonuses.let_pass, START, world.hr.id, bonus.id, held.version, "  ", MONDAY)
    passed = world.db.write_now(bonuses.let_pass, START, world.hr.id, bonus.id, held.version, "A cousin, and nobody's report", MONDAY)
    assert (passed.state, passed.override_by, passed.override_reason) == ("eligible", world.hr.id, "A cousin, and nobody's report")
    with pytest.raises(Refusal, match=r"bonuses\.own_override"):
        world.approve(passed, world.hr)
    assert world.approve(passed, world.other_hr).state == "approved" and manager.id == passed.beneficiary_id
    details = world.db.read_now(lambda s: [e.detail for e in audit.history(s, "bonus", bonus.id)])
    assert not any("cousin" in d for d in details), "the words stay with the bonus, the audit holds none"


def test_answering_a_fact_skips_no_rule(world: World) -> None:
    (bonus,) = world.hire(world.refer(world.plan((0, "500"))), MONDAY)
    for _ in range(2):
        world.morning(MONDAY)
    assert world.bonus(bonus.id).reason == "hire_unknown"
    world.db.write_now(lambda s: s.add(RoleGrant(person_id=world.referrer.id or 0, role="recruiter")))
    version = world.bonus(bonus.id).version
    asked = world.db.write_now(bonuses.confirm, START, world.hr.id, bonus.id, version, MONDAY)
    assert (asked.state, asked.reason) == ("held", "recruiting")


def test_what_hr_stopped_ends_with_one_of_hrs_reasons(world: World) -> None:
    bonus = due(world)
    held = world.db.write_now(bonuses.hold, START, world.hr.id, bonus.id, bonus.version, "hr_dispute")
    for reason in ("", "recruiting", "x"):
        with pytest.raises(Refusal, match=r"bonuses\.unknown_reason"):
            world.db.write_now(bonuses.refuse, START, world.hr.id, bonus.id, held.version, reason)
    ended = world.db.write_now(bonuses.refuse, START, world.hr.id, bonus.id, held.version, "hr_not_theirs")
    assert (ended.state, ended.reason, world.owed()) == ("forfeited", "hr_not_theirs", 0)


def test_a_decision_that_waits_too_long_is_told_to_hrs_channel_once(lite: Database, deployment: Deployment) -> None:
    world = make_world(lite)
    bonus = due(world)
    waiting_since = bonus.state_since
    told = []
    for day in (4, 6, 7):
        for hour in (0, 12):
            now = waiting_since.replace(hour=hour) + timedelta(days=day)
            world.db.write_now(STEPS["bonuses.overdue"], deployment, now)
        told.append(world.db.read_now(lambda s: len(list(s.exec(select(Delivery).where(Delivery.notice == "bonus.overdue"))))))
    assert told == [0, 1, 1] and world.bonus(bonus.id).escalated_at is not None
    (owed,) = world.db.read_now(lambda s: list(s.exec(select(Delivery).where(Delivery.notice == "bonus.overdue"))))
    card = world.db.read_now(notices.build, deployment, owed, waiting_since + timedelta(days=6))
    assert "1 bonus has waited too long" in read(card) and "6 days" in read(card) and "Aino" not in read(card) and owed.room == "admin"
    assert world.approve(bonus).escalated_at is None
    assert world.db.read_now(notices.build, deployment, owed, waiting_since + timedelta(days=6)) is None


def test_escalating_can_be_switched_off(lite: Database, deployment: Deployment) -> None:
    world = make_world(lite)
    put(world, "bonus.escalate_days", 0)
    world.db.write_now(STEPS["bonuses.overdue"], deployment, due(world).state_since + timedelta(days=99))
    assert world.db.read_now(lambda s: list(s.exec(select(Delivery).where(Delivery.notice == "bonus.overdue")))) == []


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25), date(2028, 2, 29)])
def test_nine_in_the_morning_is_nine_on_the_days_the_clock_changes(lite: Database, deployment: Deployment, day: date) -> None:
    world = make_world(lite)
    (bonus,) = world.hire(world.refer(world.plan((0, "500")), hired=add_person(world.db, "Uusi Tulija")), day)
    desk, states = Desk(world, deployment), []
    for hour, minute in ((0, 30), (3, 30), (8, 59), (9, 0)):
        desk.tick(datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo("Europe/Helsinki")).astimezone(START.tzinfo))
        states.append(world.bonus(bonus.id).state)
    assert states == ["waiting", "waiting", "waiting", "eligible"]


async def test_at_the_desk_two_approve_and_a_rule_is_let_pass(lite: Database, deployment: Deployment) -> None:
    world = make_world(lite)
    put(world, "bonus.two_approvers_from", 100)
    bonus, desk = due(world), Desk(world, deployment, START)
    first = await desk.press(world.hr, buttons(await desk.say(world.hr, "admin bonuses"), "bonus.approve")[0])
    assert "a second person approves too" in read(first) and buttons(first, "bonus.take_back") and not buttons(first, "bonus.approve")
    assert "needs a second approval" in " ".join(desk.told(world.other_hr))
    seen = await desk.say(world.other_hr, "admin bonuses")
    assert "Approved by Hilla Rinne, a second person is needed" in read(seen)
    await desk.press(world.hr, buttons(first, "bonus.take_back")[0])
    assert "needs a second" not in " ".join(desk.told(world.other_hr))
    for who in (world.hr, world.other_hr):
        await desk.press(who, Button(Say("x"), "bonus.approve", bonus.handle))
    assert world.bonus(bonus.id).state == "approved"
    other = due(world)
    world.db.write_now(lambda s: bonuses.moves.move(s, START, None, s.get_one(Bonus, other.id), "held", "relative"))
    form = await desk.press(world.hr, buttons(await desk.say(world.hr, "admin bonuses"), "bonus.pass")[0])
    assert isinstance(form, Ask)
    assert isinstance(await desk.fill(world.hr, "bonus.pass", form.form.subject, reason=""), Correct)
    done = await desk.fill(world.hr, "bonus.pass", form.form.subject, reason="Asked and answered")
    assert "A colleague in HR approves" in read(done) and not buttons(done, "bonus.approve")
    assert "Hilla Rinne let it pass: Asked and answered" in read(await desk.say(world.other_hr, "admin bonuses"))
