"""A bonus explains itself: to the one who earns it, to HR in full, at the command line, and in three languages; to nobody else."""

from __future__ import annotations

from datetime import date

import pytest
from bonus_desk import Desk, buttons, read
from bonus_world import make_world
from conftest import START, add_person
from sqlmodel import Session, select

from bot import audit, bonuses, plans, settings
from bot.bonuses.splits import Part, propose
from bot.db import Database
from bot.desks import Deployment, bookkeeping, explaining
from bot.desks.clock import STEPS
from bot.errors import Refusal
from bot.ledger import LedgerCheck
from bot.messages import Button, Buttons, Items, say
from bot.money import Money
from bot.outbox import Delivery
from bot.plans import Instalment, PlanDraft
from content.catalog import LOCALES, Words, entries


@pytest.fixture
def desk(lite: Database, deployment: Deployment) -> Desk:
    return Desk(make_world(lite), deployment)


def paid_once_sent_back(desk: Desk) -> int:
    """Promised, due, approved, exported, sent back by payroll, exported again, paid; returns the bonus's number."""
    world = desk.world
    newcomer = add_person(world.db, "Uusi Tulija")
    (bonus,) = world.hire(world.refer(world.plan((0, "500.00")), hired=newcomer), date(2026, 3, 2))
    for _ in range(2):
        world.morning(date(2026, 3, 2))
    world.approve(world.bonus(bonus.id))
    world.close_run()
    world.db.write_now(bonuses.payruns.send_back, START, world.payroll.id, bonus.id, world.bonus(bonus.id).version)
    world.db.write_now(bonuses.payruns.pay, START, world.payroll.id, world.close_run().id)
    return bonus.id or 0


async def test_the_referrer_reads_the_rule_each_event_each_entry_and_what_comes_next(desk: Desk) -> None:
    number = paid_once_sent_back(desk)
    text = read(await desk.press(desk.world.referrer, Button(say("bonuses.why"), "bonus.explain", str(number))))
    assert desk.world.hr.name not in text, "who did it is for HR"
    for said in (
        "This part is €500.00, payable 0 calendar days", "Promised when the hire was recorded", "Every condition was met", "Approved for payment",
        "Handed to payroll", "Sent back by payroll: approved again", "Together they come to nothing still owed", "It was paid. Nothing is open.",
    ):  # fmt: skip
        assert said in text, said
    assert text.count("debit “") == 5, "every entry: promised, handed over, sent back, handed over, paid"


@pytest.mark.parametrize(
    ("off", "own", "of_hr"),
    [
        ((), "you and the person hired both work here on that day", "Aino Salo and the person hired both work here on that day"),
        (("bonus.hire_must_be_here",), "you work here on that day", "Aino Salo works here on that day"),
        (("bonus.referrer_must_be_here",), "the person hired works here on that day", "the person hired works here on that day"),
        (("bonus.referrer_must_be_here", "bonus.hire_must_be_here"), "", ""),
    ],
)
async def test_the_conditions_are_those_of_the_settings_and_the_hour_too(desk: Desk, off: tuple[str, ...], own: str, of_hr: str) -> None:
    world = desk.world
    for name, value in ((n, v) for n, v in ({"bonus.raise_hour": 7} | dict.fromkeys(off, False)).items()):
        world.db.write_now(settings.put, START, world.hr.id, name, value)
    (bonus,) = world.hire(world.refer(world.plan((90, "500.00"))), date(2026, 3, 2))
    mine, theirs = [read(await desk.press(who, Button(say("x"), "bonus.explain", str(bonus.id)))) for who in (world.referrer, world.hr)]
    for text, condition in ((mine, own), (theirs, of_hr)):
        assert f"Condition: {condition}" in text if condition else "Condition" not in text
    assert "There is nothing for you to do." in mine and "nothing for you" not in theirs, "HR has something to do"
    desk.tick(START)
    assert "at 7:00 the conditions are checked" in read(await desk.press(world.referrer, Button(say("x"), "bonus.explain", str(bonus.id))))


async def test_a_plan_of_days_off_alone_promised_days_off(desk: Desk) -> None:
    draft = PlanDraft("Rest", (Instalment(90, Money(0, "EUR"), "day_off", 2),), is_default=True)
    plan = desk.world.db.write_now(plans.adopt, START, desk.world.hr.id, draft)
    (bonus,) = desk.world.hire(desk.world.refer(plan.id), date(2026, 3, 2))
    text = read(await desk.press(desk.world.referrer, Button(say("x"), "bonus.explain", str(bonus.id))))
    assert "the plan promised 2 days off in all" in text and "€0.00" not in text


async def test_whoever_is_asked_about_a_split_reads_what_it_comes_to_and_why_afterwards(desk: Desk) -> None:
    world, bo = desk.world, add_person(desk.world.db, "Bo Ek")
    referral = world.refer(world.plan((90, "100.01"), (180, "400.00")))
    parts = [Part(world.referrer.id or 0, 6000), Part(bo.id or 0, 4000)]
    world.db.write_now(propose, START, world.hr.id, referral, 0, parts, date(2026, 3, 2))
    asked = read(await desk.say(world.hr, f"admin splits {referral}"))
    assert "Aino Salo: 60 %, which is €300.01" in asked and "Bo Ek: 40 %, which is €200.00" in asked, "before the hire, by the promise"
    world.hire(referral, date(2026, 3, 2))
    world.db.write_now(propose, START, world.hr.id, referral, 1, parts, date(2026, 3, 2), "You both helped")
    told = read(await desk.say(world.hr, f"admin splits {referral}"))
    assert "Bo Ek: 40 %, which is €200.00" in told
    first = world.bonuses(referral)[0]
    text = read(await desk.press(world.referrer, Button(say("x"), "bonus.explain", str(first.id))))
    assert "The part of €100.01 is divided. 60 % of it, share number 1, is €60.01." in text
    world.db.write_now(bonuses.void, START, world.hr.id, first.id, first.version)
    world.morning(date(2026, 3, 2))
    world.change(bo, end_on=date(2026, 3, 3))
    world.morning(date(2026, 3, 4))
    rest = read(await desk.say(world.hr, f"admin splits {referral}"))
    assert "Aino Salo: 60 %, which is €240.00" in rest and "Bo Ek: 40 %, which is €160.00" in rest, "of the part that is still divided so"


async def test_what_payroll_has_is_not_called_settled(desk: Desk) -> None:
    world = desk.world
    (bonus,) = world.hire(world.refer(world.plan((0, "500")), hired=add_person(world.db, "Uusi Tulija")), date(2026, 3, 2))
    for _ in range(2):
        world.morning(date(2026, 3, 2))
    why = Button(say("x"), "bonus.explain", str(bonus.id))
    assert "Together they come to €500.00: owed, and not handed to payroll yet." in read(await desk.press(world.referrer, why))
    world.approve(world.bonus(bonus.id))
    world.close_run()
    assert "Together they come to €500.00: handed to payroll, and not marked as paid yet." in read(await desk.press(world.referrer, why))


async def test_what_took_another_s_place_and_what_hr_answered_is_told_as_it_was(desk: Desk) -> None:
    """Divided anew after the hire, then nobody in the directory is the newcomer, and HR says that all is well."""
    world, bo = desk.world, add_person(desk.world.db, "Bo Ek")
    referral = world.refer(world.plan((0, "100.00")))
    (old,) = world.hire(referral, date(2026, 3, 2))
    parts = [Part(world.referrer.id or 0, 5000), Part(bo.id or 0, 5000)]
    world.db.write_now(propose, START, world.hr.id, referral, 0, parts, date(2026, 3, 2), "You both helped")
    for _ in range(2):
        world.morning(date(2026, 3, 2))
    first, second = world.bonuses(referral)
    world.db.write_now(bonuses.confirm, START, world.other_hr.id, second.id, second.version, date(2026, 3, 2))
    gone, new = [read(await desk.press(world.hr, Button(say("x"), "bonus.explain", str(b.id)))) for b in (old, second)]
    assert "Cancelled: it was divided in another way" in gone and "by mistake" not in gone and f"Bonus no. {first.id} took its place" in gone
    assert f"Promised anew, in place of bonus no. {old.id}" in new and "Promised when the hire was recorded" not in new
    assert "HR found that all is well. The question was: HR checks that the person hired is still here" in new and "Every condition" not in new


async def test_from_the_list_of_referrals_the_reason_of_each_bonus_is_a_press_away(desk: Desk) -> None:
    world, who = desk.world, desk.world.referrer
    once, twice = world.refer(world.plan((90, "500"))), world.refer(world.plan((90, "100"), (180, "400")))
    assert not buttons(await desk.say(who, "referrals"), "bonus.explain"), "nothing to explain yet"
    world.hire(once, date(2026, 3, 2))
    world.hire(twice, date(2026, 3, 2))
    listed = await desk.say(who, "referrals")
    assert "Why €500.00 on 31 May 2026" in read(await desk.press(who, buttons(listed, "bonus.explain")[0]))
    every = await desk.press(who, buttons(listed, "front.run")[0])
    assert "€100.00" in read(every) and "€400.00" in read(every) and len(buttons(every, "bonus.explain")) == 3


async def test_older_bonuses_of_somebody_are_a_press_away(desk: Desk) -> None:
    world = desk.world
    referral = world.refer(world.plan(*((n, f"{n}00") for n in range(1, 11))))
    world.hire(referral, date(2026, 3, 2))
    newest = await desk.say(world.referrer, "vinkki bonuses")
    assert "€1,000.00" in read(newest) and "€200.00" not in read(newest)
    older = read(await desk.press(world.referrer, buttons(newest, "bonus.mine")[0]))
    assert "€200.00" in older and "€100.00" in older and "€300.00" not in older


async def test_the_same_by_a_command_with_the_bonuss_number(desk: Desk) -> None:
    number = paid_once_sent_back(desk)
    pressed = read(await desk.press(desk.world.referrer, Button(say("bonuses.why"), "bonus.explain", str(number))))
    assert read(await desk.say(desk.world.referrer, f"vinkki bonuses {number}")) == pressed
    assert "Pirjo Laine" in read(await desk.say(desk.world.payroll, f"admin ledger {number}"))
    assert "I cannot find that bonus" in read(await desk.say(desk.world.recruiter, f"vinkki bonuses {number}"))
    for who, words in ((desk.world.hr, "admin ledger 99"), (desk.world.hr, "admin ledger explain 99")):
        assert "I cannot find that bonus" in read(await desk.say(who, words))


async def test_hr_reads_who_did_what(desk: Desk) -> None:
    number = paid_once_sent_back(desk)
    text = read(await desk.press(desk.world.hr, Button(say("bonuses.why"), "bonus.explain", str(number))))
    assert desk.world.hr.name in text and desk.world.payroll.name in text and f"no. {number}" in text


def test_somebody_elses_bonus_does_not_exist(desk: Desk) -> None:
    with pytest.raises(Refusal, match="gone"):
        desk.world.db.read_now(bookkeeping.explain_bonus, 99)


def test_a_long_history_is_paged_and_nothing_of_it_is_lost(desk: Desk) -> None:
    world = desk.world
    (bonus,) = world.hire(world.refer(world.plan((90, "500.00"))), date(2026, 3, 2))
    world.morning(date(2026, 3, 2))
    for _ in range(8):
        world.db.write_now(bonuses.hold, START, world.hr.id, bonus.id, world.bonus(bonus.id).version, "hr_question")
        world.db.write_now(bonuses.confirm, START, world.other_hr.id, bonus.id, world.bonus(bonus.id).version, date(2026, 3, 3))
    seen = []
    for earlier in (0, 10):
        card = world.db.read_now(lambda s, e=earlier: explaining.explanation_card(s, bonuses.explain(s, bonus.id), in_full=True, earlier=e))
        seen.append(next(len(b.rows) for b in card.blocks if isinstance(b, Items)))
        assert any(isinstance(b, Buttons) for b in card.blocks) == (earlier == 0)
    assert seen == [10, 8], "two, and eight times two"


@pytest.mark.parametrize("locale", LOCALES)
def test_every_state_says_what_comes_next_in_every_language(locale: str) -> None:
    for state in bonuses.STATES:
        assert Words(locale)(say(f"bonuses.explain.next.{state}", day=date(2026, 5, 31), hour=9))


def test_every_movement_the_house_makes_has_a_meaning_in_words() -> None:
    assert {f"ledger.meaning.{kinds}" for kinds in explaining._MEANINGS} < entries("en").keys()


def test_the_data_for_a_script_has_numbers_and_no_names(desk: Desk) -> None:
    number = paid_once_sent_back(desk)
    _, data = desk.world.db.read_now(bookkeeping.explain_bonus, number)
    assert data["bonus"]["state"] == "paid" and len(data["entries"]) == 5 and data["owed_minor"] == 0 and data["pay_run"] == 2
    assert [e["what"] for e in data["events"]][-1] == "bonus.paid"
    assert not [p for p in (desk.world.hr.name, desk.world.referrer.name, desk.world.referrer.email) if p in repr(data)]


def test_at_night_the_book_is_read_and_the_admin_room_told_which_row_is_wrong(desk: Desk, deployment: Deployment) -> None:
    world = desk.world
    world.hire(world.refer(world.plan((90, "500.00"))), date(2026, 3, 2))
    world.db.write_raw_now(lambda raw: [raw.cursor().execute(q) for q in ("DROP TRIGGER ledgerentry_no_update", "UPDATE ledgerentry SET amount_minor = 1")])
    world.db.write_now(STEPS["ledger.read"], deployment, START)

    def found(session: Session) -> tuple[LedgerCheck, list[str], list[str]]:
        owed = session.exec(select(Delivery.notice).where(Delivery.notice == "ledger.alarm")).all()
        return session.exec(select(LedgerCheck)).one(), list(owed), [e.detail for e in audit.history(session, "ledger", 1)]

    night, alarms, noted = world.db.read_now(found)
    assert night.bad_id == 1 and "changed" in night.reason and noted == [night.reason]
    assert alarms in (["ledger.alarm"], []), alarms
