"""After the payment: asking back where HR has switched that on, and the thank-you that needs a yes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bonus_desk import Desk, buttons, read
from bonus_world import MONDAY, World, make_world
from conftest import START, add_person
from sqlmodel import select

from bot import bonuses, ledger, settings
from bot.bonuses import Bonus, approvals, clawback, erasing, payruns, thanks
from bot.bonuses.records import Thanks
from bot.db import Database
from bot.desks import Deployment, notices
from bot.desks.clock import STEPS
from bot.errors import FieldRefusal, Refusal, Stale
from bot.messages import Button, Say
from bot.outbox import Delivery
from bot.people import Person

ZONE = "Europe/Helsinki"


@pytest.fixture
def world(db: Database) -> World:
    return make_world(db)


def paid(world: World, newcomer: Person | None = None) -> Bonus:
    """A bonus that was paid on Monday."""
    hired = newcomer or add_person(world.db, "Uusi Tulija")
    (bonus,) = world.hire(world.refer(world.plan((0, "500")), hired=hired), MONDAY)
    for _ in range(2):
        world.morning(MONDAY)
    world.approve(world.bonus(bonus.id))
    world.db.write_now(payruns.pay, START, world.payroll.id, world.close_run().id)
    return world.bonus(bonus.id)


def put(world: World, name: str, value: object) -> None:
    world.db.write_now(settings.put, START, None, name, value)


def balance(world: World, account: str) -> int:
    return world.db.read_now(ledger.balance, account, "EUR")


def asked_back(world: World, bonus: Bonus) -> Bonus:
    put(world, "bonus.clawback_days", 30)
    return world.db.write_now(clawback.ask_back, START, world.hr.id, bonus.id, bonus.version, MONDAY, ZONE)


def test_by_default_nothing_is_ever_asked_back(world: World) -> None:
    newcomer = add_person(world.db, "Uusi Tulija")
    bonus = paid(world, newcomer)
    world.change(newcomer, end_on=MONDAY)
    assert world.db.write_now(clawback.ask_back_leavers, START + timedelta(days=9), MONDAY + timedelta(days=9), ZONE) == (0, False)
    with pytest.raises(Refusal, match=r"clawback\.off"):
        world.db.write_now(clawback.ask_back, START, world.hr.id, bonus.id, bonus.version, MONDAY, ZONE)
    assert world.bonus(bonus.id).state == "paid"


@pytest.mark.parametrize(("left_after", "expected"), [(30, "clawback_due"), (31, "paid")])
def test_a_leaver_within_the_days_asks_it_back_and_one_after_them_not(world: World, left_after: int, expected: str) -> None:
    put(world, "bonus.clawback_days", 30)
    newcomer = add_person(world.db, "Uusi Tulija")
    bonus = paid(world, newcomer)
    world.change(newcomer, end_on=MONDAY + timedelta(days=left_after))
    late = timedelta(days=40)
    world.db.write_now(clawback.ask_back_leavers, START + late, MONDAY + late, ZONE)
    world.db.write_now(clawback.ask_back_leavers, START + late, MONDAY + late, ZONE)
    assert world.bonus(bonus.id).state == expected
    assert balance(world, ledger.receivable(world.referrer.id or 0)) == (50_000 if expected == "clawback_due" else 0)
    assert world.db.read_now(ledger.verify).is_sound


def test_what_hr_let_pass_although_the_newcomer_had_left_is_not_asked_back(world: World) -> None:
    put(world, "bonus.clawback_days", 30)
    newcomer = add_person(world.db, "Uusi Tulija")
    (bonus,) = world.hire(world.refer(world.plan((10, "500")), hired=newcomer), MONDAY)
    for days in (0, 10):
        world.morning(MONDAY + timedelta(days=days))
    world.change(newcomer, end_on=MONDAY + timedelta(days=5))
    world.morning(MONDAY + timedelta(days=11))
    held = world.bonus(bonus.id)
    assert (held.state, held.reason) == ("held", "hire_left"), "the directory heard of it late"
    later, day = START + timedelta(days=11), MONDAY + timedelta(days=11)
    world.db.write_now(approvals.let_pass, later, world.hr.id, bonus.id, held.version, "We had promised it", day)
    world.approve(world.bonus(bonus.id), world.other_hr, later)
    world.db.write_now(payruns.pay, later, world.payroll.id, world.close_run(now=later).id)
    assert world.db.write_now(clawback.ask_back_leavers, later, day, ZONE) == (0, False)
    assert world.bonus(bonus.id).state == "paid"


def test_what_is_paid_back_ends_in_the_books(world: World) -> None:
    bonus = asked_back(world, paid(world))
    done = world.db.write_now(clawback.recover, START, world.hr.id, bonus.id, bonus.version)
    assert done.state == "recovered"
    assert [balance(world, a) for a in (ledger.receivable(world.referrer.id or 0), ledger.EXPENSE, ledger.CASH)] == [0, 0, 0]
    with pytest.raises(Stale) as late:
        world.db.write_now(clawback.waive, START, world.other_hr.id, bonus.id, bonus.version, "x")
    assert late.value.params["name"] == "Hilla Rinne"


def test_what_is_waived_stays_an_expense_and_has_a_reason(world: World) -> None:
    bonus = asked_back(world, paid(world))
    with pytest.raises(FieldRefusal):
        world.db.write_now(clawback.waive, START, world.hr.id, bonus.id, bonus.version, " ")
    done = world.db.write_now(clawback.waive, START, world.hr.id, bonus.id, bonus.version, "Not their fault")
    assert (done.state, done.override_reason) == ("waived", "Not their fault")
    assert [balance(world, a) for a in (ledger.receivable(world.referrer.id or 0), ledger.EXPENSE)] == [0, 50_000]
    assert world.db.read_now(bonuses.reconcile.overall, "EUR").is_sound


def test_nobody_settles_their_own_and_only_hr_does(world: World) -> None:
    bonus = asked_back(world, paid(world))
    for who in (world.recruiter, world.payroll):
        with pytest.raises(Refusal, match="forbidden"):
            world.db.write_now(clawback.recover, START, who.id, bonus.id, bonus.version)
    world.db.write_now(lambda s: s.get_one(Bonus, bonus.id).__setattr__("beneficiary_id", world.hr.id))
    with pytest.raises(Refusal, match=r"bonuses\.own"):
        world.db.write_now(clawback.recover, START, world.hr.id, bonus.id, bonus.version)


async def test_at_the_desk_a_leaver_comes_up_and_is_waived(lite: Database, deployment: Deployment) -> None:
    world = make_world(lite)
    put(world, "bonus.clawback_days", 30)
    newcomer = add_person(world.db, "Uusi Tulija")
    paid(world, newcomer)
    world.change(newcomer, end_on=MONDAY + timedelta(days=3))
    desk = Desk(world, deployment, START + timedelta(days=5))
    world.db.write_now(STEPS["bonuses.clawback"], deployment, desk.now)
    assert desk.told(world.hr) == ["1 bonus waits for your decision"] and "About your bonus of €500.00" in desk.told(world.referrer)
    todo = await desk.say(world.hr, "admin bonuses")
    assert "the person hired left soon after the payment" in read(todo) and buttons(todo, "bonus.recovered")
    form = await desk.press(world.hr, buttons(todo, "bonus.waive")[0])
    done = await desk.fill(world.hr, "bonus.waive", form.form.subject, reason="They did nothing wrong")  # type: ignore[union-attr]
    assert "need not pay back" in read(done) and "You keep your €500.00" in desk.told(world.referrer)


def owed(world: World, notice: str) -> list[Delivery]:
    return world.db.read_now(lambda s: list(s.exec(select(Delivery).where(Delivery.notice == notice).order_by(Delivery.id))))


def test_nobody_is_thanked_by_name_without_their_yes_and_they_are_asked_once(lite: Database, deployment: Deployment) -> None:
    world = make_world(lite)
    put(world, "bonus.thank_in_channel", True)
    newcomer = add_person(world.db, "Uusi Tulija")
    paid(world, newcomer)
    assert [d.person_id for d in owed(world, "thanks.ask")] == [world.referrer.id] and owed(world, "thanks.said") == []
    paid(world, newcomer)
    assert len(owed(world, "thanks.ask")) == 1 and owed(world, "thanks.said") == []
    world.db.write_now(thanks.answer, START, world.referrer.id, may_say=True)
    (said,) = owed(world, "thanks.said")
    words = read(world.db.read_now(notices.build, deployment, said, START))
    assert said.room == "thanks" and "Thank you, Aino Salo!" in words and "500" not in words and "Uusi" not in words
    paid(world, newcomer)
    assert len(owed(world, "thanks.said")) == 2
    world.db.write_now(thanks.answer, START, world.referrer.id, may_say=False)
    assert world.db.read_now(notices.build, deployment, said, START) is None, "the yes is read again when it is said"
    paid(world, newcomer)
    assert len(owed(world, "thanks.said")) == 2


def test_with_hrs_switch_off_nobody_is_asked(world: World) -> None:
    paid(world)
    assert owed(world, "thanks.ask") == []


async def test_a_person_says_yes_and_takes_it_back(lite: Database, deployment: Deployment) -> None:
    world = make_world(lite)
    desk = Desk(world, deployment)
    card = await desk.say(world.referrer, "vinkki thanks")
    yes = await desk.press(world.referrer, buttons(card, "thanks.yes")[0])
    assert "Yes: we thank you by name" in read(yes) and not buttons(yes, "thanks.yes")
    no = await desk.press(world.referrer, buttons(yes, "thanks.no")[0])
    assert "No: nothing is said" in read(no) and world.db.read_now(thanks.may_say, world.referrer.id) is False
    await desk.press(world.referrer, Button(Say("x"), "thanks.no"))
    world.db.write_now(erasing.erase_person, world.referrer.id)
    assert world.db.read_now(lambda s: list(s.exec(select(Thanks)))) == []
