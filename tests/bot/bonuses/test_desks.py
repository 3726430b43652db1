"""Bonuses at the desks: the journey from hire to payment by what people say and press, in every language."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from bonus_desk import Desk, buttons, read, said
from bonus_world import make_world
from conftest import add_person
from sqlalchemy import text
from sqlmodel import select

from bot import bonuses, ledger, outbox, settings
from bot.bonuses import Share
from bot.db import Database
from bot.desks import Deployment, Turn, notices
from bot.desks.hr.bonuses import pay_run_file
from bot.errors import Refusal
from bot.messages import Ask, Button, Correct, Replace, Say, Show
from bot.outbox import Delivery
from content.catalog import LOCALES, Words


@pytest.fixture
def desk(lite: Database, deployment: Deployment) -> Desk:
    return Desk(make_world(lite), deployment)


def at(day: date, hour: int = 9) -> datetime:
    """An hour of a summer day in Helsinki."""
    return datetime(day.year, day.month, day.day, hour - 3, tzinfo=UTC)


async def test_from_plan_to_payment_in_as_few_presses_as_honest(desk: Desk) -> None:
    world, hr = desk.world, desk.world.hr
    answer = await desk.say(hr, "admin plans")
    form = await desk.press(hr, buttons(answer, "plan.new")[0])
    assert isinstance(form, Ask) and [f.name for f in form.form.fields[:3]] == ["name", "currency", "reward_1"]
    preview = await desk.fill(hr, "plan.save", name="Everybody", amount_1="500", days_1="90", is_default="yes")
    assert "€500.00" in read(preview) and "30 June 2026" in read(preview)
    put = await desk.press(hr, buttons(preview, "plan.put")[0])
    assert "in force" in read(put)
    world.hire(world.refer(1), date(2026, 3, 2))
    assert desk.told(world.referrer) == ["€500.00 is on its way to you"]
    desk.tick(at(date(2026, 5, 31), 8))
    assert "No bonus waits" in read(await desk.say(hr, "admin bonuses")), "at eight it is too early"
    desk.tick(at(date(2026, 5, 31), 9))
    assert desk.told(hr) == ["1 bonus waits for your decision"] and desk.told(world.other_hr) == desk.told(hr)
    assert desk.told(world.referrer)[-1] == "One check before your €500.00"
    todo = await desk.say(hr, "admin bonuses")
    done = await desk.press(hr, buttons(todo, "bonus.confirm")[0])
    assert "approved" in read(done) and desk.told(world.referrer) == ["€500.00 is approved for you"]
    runs = await desk.say(world.payroll, "admin payrun")
    run = await desk.press(world.payroll, buttons(runs, "payrun.close")[0])
    assert "Pay run 1 is closed: 1 bonus, €500.00" in read(run)
    paid = await desk.press(world.payroll, buttons(run, "payrun.pay")[0])
    assert "marked as paid" in read(paid) and desk.told(world.referrer) == ["€500.00 was paid"]
    assert desk.told(hr) == [], "the morning's list is no news any more"


async def test_the_referrer_gets_every_answer_about_their_own_and_none_about_others(desk: Desk) -> None:
    world = desk.world
    world.hire(world.refer(world.plan((90, "500"))), date(2026, 3, 2))
    desk.tick(at(date(2026, 5, 31)))
    await desk.press(world.hr, buttons(await desk.say(world.hr, "admin bonuses"), "bonus.confirm")[0])
    mine = await desk.say(world.referrer, "vinkki bonuses")
    why = read(await desk.press(world.referrer, buttons(mine, "bonus.explain")[0]))
    for part in (
        "Why €500.00 on 31 May 2026",
        "90 calendar days",
        "2 March 2026 and 90 days make 31 May 2026",
        "version 1",
        "Promised when",
        "Approved for payment",
        "cost of bonuses",
    ):
        assert part in why, part
    assert "Hilla Rinne" not in why, "who decided is HR's to know"
    full = read(await desk.press(world.other_hr, buttons(mine, "bonus.explain")[0]))
    assert "Hilla Rinne" in full and "Aino Salo (employee)" in full
    stranger = add_person(world.db, "Joku Toinen")
    assert "cannot find that bonus" in read(await desk.press(stranger, buttons(mine, "bonus.explain")[0]))
    assert buttons(await desk.home(world.referrer), "bonus.explain") and not buttons(await desk.home(stranger), "bonus.explain")


async def test_the_second_press_is_told_who_was_quicker_and_when(desk: Desk) -> None:
    world = desk.world
    world.hire(world.refer(world.plan((0, "500")), hired=add_person(world.db, "Uusi Tulija")), date(2026, 3, 2))
    desk.tick(at(date(2026, 3, 3)))
    one, other = [await desk.say(who, "admin bonuses") for who in (world.hr, world.other_hr)]
    await desk.press(world.hr, buttons(one, "bonus.approve")[0])
    answer = read(await desk.press(world.other_hr, buttons(other, "bonus.approve")[0]))
    assert "Hilla Rinne was quicker" in answer and "Approved" in answer and "3 March 2026" in answer


async def test_nobody_approves_their_own(desk: Desk) -> None:
    world = desk.world
    world.db.write_now(settings.put, desk.now, None, "bonus.exclude_recruiting", False)
    (bonus,) = world.hire(world.refer(world.plan((0, "500")), world.hr, hired=add_person(world.db, "Uusi Tulija")), date(2026, 3, 2))
    desk.tick(at(date(2026, 3, 3)))
    assert buttons(await desk.say(world.hr, "admin bonuses"), "bonus.approve") == []
    handle = world.bonus(bonus.id).handle
    assert "your own" in read(await desk.press(world.hr, Button(Say("bonuses.approve"), "bonus.approve", handle)))
    assert "approved" in read(await desk.press(world.other_hr, Button(Say("bonuses.approve"), "bonus.approve", handle)))


@pytest.mark.parametrize("action", ["bonus.approve", "bonus.confirm", "bonus.refuse", "bonus.void", "bonus.hold"])
async def test_only_hr_decides(desk: Desk, action: str) -> None:
    world = desk.world
    (bonus,) = world.hire(world.refer(world.plan((90, "500"))), date(2026, 3, 2))
    desk.tick(at(date(2026, 5, 31)))
    for who in (world.referrer, world.recruiter, world.payroll):
        answer = await desk.press(who, Button(Say("x"), action, world.bonus(bonus.id).handle))
        assert "another role" in read(answer)
    assert world.bonus(bonus.id).state == "held"


@pytest.mark.parametrize("words", ["admin bonuses", "admin payrun", "admin plans", "admin ledger"])
async def test_the_desks_are_closed_to_others(desk: Desk, words: str) -> None:
    assert "another role" in read(await desk.say(desk.world.referrer, words))


@pytest.mark.parametrize("value", ["", "x", "1", "1:x", "99:1", "-1:2", "1:2:3", "٣:1", "9" * 40])
async def test_a_strange_value_of_a_button_is_answered(desk: Desk, value: str) -> None:
    for action in (
        "bonus.approve",
        "bonus.refuse",
        "bonus.void",
        "bonus.explain",
        "bonus.hold",
        "bonus.page",
        "payrun.show",
        "payrun.back",
        "plan.put",
        "ledger.more",
    ):
        answer = await desk.press(desk.world.hr, Button(Say("x"), action, value))
        assert isinstance(answer, Show | Replace | Ask), (action, value)


async def test_has_left_ends_every_part_of_the_hire(desk: Desk) -> None:
    world = desk.world
    first, second = world.hire(world.refer(world.plan((30, "100"), (180, "400"))), date(2026, 3, 2))
    desk.tick(at(date(2026, 4, 1)))
    answer = await desk.press(world.hr, buttons(await desk.say(world.hr, "admin bonuses"), "bonus.refuse")[0])
    assert "will not be paid" in read(answer)
    assert [world.bonus(b.id).reason for b in (first, second)] == ["hire_left", "hire_left"] and world.owed() == 0
    assert "About your bonus of €100.00" in desk.told(world.referrer)


async def test_who_is_asked_whether_somebody_is_here_can_see_who_and_answers_for_the_whole_hire(desk: Desk) -> None:
    """Two shares ask the same; the card of the referral is a press away, and "has left" ends both."""
    world = desk.world
    other = add_person(world.db, "Toinen Tuoja")
    referral = world.refer(world.plan((30, "100"), (180, "400")))
    made = world.hire(referral, date(2026, 3, 2), shares=[Share(world.referrer.id or 0), Share(other.id or 0)])
    desk.tick(at(date(2026, 4, 1)))
    todo = await desk.say(world.hr, "admin bonuses")
    whose = await desk.press(world.hr, buttons(todo, "referral.show")[0])
    assert "Referral" in read(whose) and len(buttons(whose, "referral.open")) == 1, "the name is shown to who asks, and that is on record"
    await desk.press(world.hr, buttons(todo, "bonus.refuse")[1])
    assert {(world.bonus(b.id).state, world.bonus(b.id).reason) for b in made} == {("forfeited", "hire_left")}
    assert (world.owed(), world.owed(other)) == (0, 0)


async def test_hr_holds_with_a_reason_and_lets_it_go_on(desk: Desk) -> None:
    world = desk.world
    (bonus,) = world.hire(world.refer(world.plan((90, "500"))), date(2026, 3, 2))
    desk.tick(at(date(2026, 3, 3)))
    why = await desk.press(world.hr, Button(Say("x"), "bonus.explain", str(bonus.id)))
    form = await desk.press(world.hr, buttons(why, "bonus.hold")[0])
    assert isinstance(form, Ask)
    await desk.fill(world.hr, "bonus.hold", form.form.subject, reason="hr_dispute")
    assert world.bonus(bonus.id).reason == "hr_dispute"
    answer = await desk.press(world.hr, buttons(await desk.say(world.hr, "admin bonuses"), "bonus.confirm")[0])
    assert "waits on, until 31 May 2026" in read(answer) and world.bonus(bonus.id).state == "waiting"
    assert "cannot find" not in read(await desk.fill(world.hr, "bonus.hold", form.form.subject, reason="hr_dispute"))
    assert world.bonus(bonus.id).state == "waiting", "the old form has no effect"


@pytest.mark.parametrize(
    ("values", "name", "part"),
    [
        ({"name": "", "amount_1": "5", "days_1": "1"}, "name", "name"),
        ({"name": "A" * 81, "amount_1": "5", "days_1": "1"}, "name", "80"),
        ({"name": "A", "amount_1": "", "days_1": ""}, "amount_1", "needs an amount"),
        ({"name": "A", "amount_1": "5", "days_1": ""}, "days_1", "whole days"),
        ({"name": "A", "amount_1": "", "days_1": "5"}, "amount_1", "not an amount"),
        ({"name": "A", "amount_1": "0", "days_1": "5"}, "amount_1", "bonus of zero"),
        ({"name": "A", "amount_1": "-5", "days_1": "5"}, "amount_1", "negative"),
        ({"name": "A", "amount_1": "1.234", "days_1": "5"}, "amount_1", "2 decimals"),
        ({"name": "A", "amount_1": "1e3", "days_1": "5"}, "amount_1", "not an amount"),
        ({"name": "A", "amount_1": "5 USD", "days_1": "5"}, "amount_1", "not an amount"),
        ({"name": "A", "amount_1": "5", "days_1": "1.5"}, "days_1", "whole days"),
        ({"name": "A", "amount_1": "5", "days_1": "9999"}, "days_1", "1,095"),
        ({"name": "A", "amount_1": "5", "days_1": "90", "amount_2": "5", "days_2": "90"}, "days_2", "more days"),
        ({"name": "A", "amount_1": "5", "days_1": "90", "amount_3": "5", "days_3": "180"}, "amount_3", "in order"),
        ({"name": "referral BONUS", "amount_1": "5", "days_1": "90"}, "name", "already"),
    ],
)
async def test_a_plan_that_cannot_be_is_answered_beside_its_field(desk: Desk, values: dict[str, str], name: str, part: str) -> None:
    desk.world.plan((90, "500"))
    answer = await desk.fill(desk.world.hr, "plan.save", **values)
    assert isinstance(answer, Correct) and list(answer.errors) == [name]
    for locale in LOCALES:
        said(answer.errors[name], Words(locale))
    assert part in Words("en")(answer.errors[name])


async def test_a_changed_plan_counts_for_new_referrals_only(desk: Desk) -> None:
    world = desk.world
    old = world.plan((90, "500"))
    listed = await desk.say(world.hr, "admin plans")
    form = await desk.press(world.hr, buttons(listed, "plan.change")[0])
    assert isinstance(form, Ask)
    preview = await desk.fill(world.hr, "plan.save", form.form.subject, amount_1="100,50", days_1="30", amount_2="399.50", days_2="180", is_default="yes")
    put = buttons(preview, "plan.put")[0]
    await desk.press(world.hr, put)
    assert "version 2" in read(await desk.say(world.hr, "admin plans")).lower()
    assert "in force already" in read(await desk.press(world.other_hr, put))
    (bonus,) = world.hire(world.refer(old), date(2026, 3, 2))
    assert bonus.amount_minor == 50_000


async def test_the_downloaded_file_is_the_stored_one_and_only_for_those_who_pay(desk: Desk) -> None:
    world = desk.world
    world.hire(world.refer(world.plan((0, "500")), hired=add_person(world.db, "Uusi Tulija")), date(2026, 3, 2))
    desk.tick(at(date(2026, 3, 3)))
    world.approve(world.bonuses(1)[0])
    world.close_run()

    def download(session, who):  # type: ignore[no-untyped-def]
        return pay_run_file(Turn(session, desk.deployment, who, desk.now), 1)

    name, content = world.db.write_now(download, world.payroll)
    assert name == "vinkki-payrun-0001-EUR.csv" and b"aino.salo@meri.example" in content
    assert world.db.write_now(download, world.hr) == (name, content)
    with pytest.raises(Refusal, match="forbidden"):
        world.db.write_now(download, world.referrer)
    with pytest.raises(Refusal, match=r"payruns\.gone"):
        world.db.write_now(lambda s: pay_run_file(Turn(s, desk.deployment, world.payroll, desk.now), 2))


async def test_payroll_sends_one_back_from_the_card_of_the_run(desk: Desk) -> None:
    world = desk.world
    world.hire(world.refer(world.plan((0, "500")), hired=add_person(world.db, "Uusi Tulija")), date(2026, 3, 2))
    desk.tick(at(date(2026, 3, 3)))
    world.approve(world.bonuses(1)[0])
    run = await desk.press(world.payroll, buttons(await desk.say(world.payroll, "admin payrun"), "payrun.close")[0])
    back = await desk.press(world.payroll, buttons(run, "payrun.back")[0])
    assert "approved again" in read(back) and "Sent back by payroll" in read(back)
    assert "1 approved bonus waits" in read(await desk.say(world.payroll, "admin payrun"))


async def test_payroll_sees_at_home_what_waits_and_pays_what_is_left_of_a_run(desk: Desk) -> None:
    world, plan = desk.world, desk.world.plan((0, "500"))
    made = [world.hire(world.refer(plan, hired=add_person(world.db, f"Tulija {n}")), date(2026, 3, 2))[0] for n in range(2)]
    desk.tick(at(date(2026, 3, 3)))
    for bonus in made:
        world.approve(world.bonus(bonus.id))
    home = await desk.say(world.payroll, "vinkki home")
    assert "2 approved bonuses wait for a pay run: €1,000.00." in read(home)
    assert "pay run" not in read(await desk.say(world.referrer, "vinkki home"))
    run = await desk.press(world.payroll, buttons(home, "payrun.open")[0])
    closed = await desk.press(world.payroll, buttons(run, "payrun.close")[0])
    back = await desk.press(world.payroll, buttons(closed, "payrun.back")[0])
    assert "€1,000.00, 2 bonuses" in read(back) and "€500.00, 1 bonus" in read(back)
    sure = buttons(back, "payrun.pay")[0].confirm
    assert sure and said(sure, Words("en")) == "Has payroll paid the €500.00? Everybody in the run is told."


async def test_an_empty_run_and_a_second_payment_are_explained(desk: Desk) -> None:
    world = desk.world
    empty = await desk.press(world.payroll, Button(Say("x"), "payrun.close", "EUR"))
    assert "no approved bonus in EUR" in read(empty)
    world.hire(world.refer(world.plan((0, "500")), hired=add_person(world.db, "Uusi Tulija")), date(2026, 3, 2))
    desk.tick(at(date(2026, 3, 3)))
    world.approve(world.bonuses(1)[0])
    run = world.close_run()
    pay = Button(Say("x"), "payrun.pay", str(run.id))
    await desk.press(world.payroll, pay)
    assert "Pirjo Laine marked pay run 1 as paid already" in read(await desk.press(world.hr, pay))


async def test_the_ledger_says_that_it_is_sound_and_names_a_row_that_is_not(desk: Desk) -> None:
    world = desk.world
    world.hire(world.refer(world.plan((90, "500"))), date(2026, 3, 2))
    assert "1 entry read" in read(await desk.say(world.hr, "admin ledger"))
    world.db.write_now(lambda s: [s.execute(text(q)) for q in ("DROP TRIGGER ledgerentry_no_update", "UPDATE ledgerentry SET amount_minor = 9")])
    assert "Entry no. 1 is not as it was posted" in read(await desk.say(world.hr, "admin ledger"))
    desk.tick(datetime(2026, 3, 4, 2, tzinfo=UTC))  # four in the morning
    (alarm,) = world.db.read_now(lambda s: s.exec(select(Delivery).where(Delivery.notice == "ledger.alarm")).all())
    assert alarm.room == "admin"
    shown = world.db.read_now(lambda s: notices.build(s, desk.deployment, alarm, desk.now))
    assert "not sound: entry no. 1" in read(shown)


async def test_long_lists_are_paged(desk: Desk) -> None:
    world = desk.world
    plan = world.plan((90, "500"))
    for _ in range(10):
        world.hire(world.refer(plan), date(2026, 3, 2))
    desk.tick(at(date(2026, 5, 31)))
    first = await desk.say(world.hr, "admin bonuses")
    assert len(buttons(first, "bonus.confirm")) == 8
    second = await desk.press(world.hr, buttons(first, "bonus.page")[0])
    assert len(buttons(second, "bonus.confirm")) == 2
    everything = await desk.press(world.hr, next(b for b in buttons(first, "bonus.page") if b.value == "all:0"))
    assert len(buttons(everything, "bonus.explain")) == 8
    older = await desk.press(world.hr, buttons(await desk.say(world.hr, "admin ledger"), "ledger.more")[0])
    assert "No. 2: €500.00" in read(older)


def test_the_morning_tells_hr_once_a_day(desk: Desk) -> None:
    world = desk.world
    plan = world.plan((90, "500"))
    for start in (date(2026, 3, 2), date(2026, 3, 2), date(2026, 3, 3)):
        world.hire(world.refer(plan), start)
    for hour in (9, 10, 15):
        desk.tick(at(date(2026, 5, 31), hour))
    desk.tick(at(date(2026, 6, 1), 9))
    keys = world.db.read_now(lambda s: s.exec(select(Delivery.key).where(Delivery.notice == "bonus.digest", Delivery.person_id == world.hr.id)).all())
    assert sorted(keys) == [f"bonuses:due:{d}:person:{world.hr.id}" for d in ("2026-05-31", "2026-06-01")]
    assert world.db.read_now(outbox.busy_lanes, desk.now)
    states = world.db.read_now(lambda s: dict(s.exec(select(Delivery.key, Delivery.state).where(Delivery.person_id == world.hr.id)).all()))
    assert states == {f"bonuses:due:2026-05-31:person:{world.hr.id}": "cancelled", f"bonuses:due:2026-06-01:person:{world.hr.id}": "owed"}, (
        "nobody reads yesterday's list"
    )
    assert world.db.read_now(ledger.verify).is_sound and len(bonuses.STATES) == 12
