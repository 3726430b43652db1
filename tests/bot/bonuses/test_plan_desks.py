"""HR at the desks of plans, campaigns, charities, budgets and the forecast; recruiting putting a hire right. By what people say and press."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bonus_desk import Desk, buttons, read, said
from bonus_world import MONDAY, make_world
from conftest import START, add_person

from bot import people, plans, settings
from bot.db import Database
from bot.desks import Deployment
from bot.desks.clock import STEPS
from bot.messages import Answer, Ask, Button, Correct, Say, Show
from bot.openings import JobOpening
from bot.plans import Campaign, Charity
from bot.referrals import Referral
from content.catalog import LOCALES, Words


@pytest.fixture
def desk(lite: Database, deployment: Deployment) -> Desk:
    return Desk(make_world(lite), deployment)


def wrong(answer: Answer) -> dict[str, str]:
    """What stands beside the fields, in English; said in every language."""
    assert isinstance(answer, Correct), answer
    for locale in LOCALES:
        [said(text, Words(locale)) for text in answer.errors.values()]
    return {field: Words("en")(text) for field, text in answer.errors.items()}


def opening(desk: Desk, title: str, **fields: object) -> str:
    def add(session):  # type: ignore[no-untyped-def]
        row = JobOpening(title=title, created_at=START, search=title.lower(), **fields)
        session.add(row)
        session.flush()
        return str(row.id)

    return str(desk.world.db.write_now(add))


async def make_plan(desk: Desk, **values: str) -> Answer:
    preview = await desk.fill(desk.world.hr, "plan.save", **values)
    assert isinstance(preview, Show), preview
    return await desk.press(desk.world.hr, buttons(preview, "plan.put")[0])


async def test_a_plan_says_before_it_is_in_force_what_a_referrer_would_get_for_an_opening(desk: Desk) -> None:
    hr = desk.world.hr
    opening(desk, "Welder")
    engineer = opening(desk, "Engineer", department="Engineering", country="Finland")
    await make_plan(desk, name="Everybody", amount_1="500", days_1="90", is_default="yes")
    preview = await desk.fill(hr, "plan.save", name="Engineers", amount_1="700", days_1="90", amount_2="300,50", days_2="180", department="engineering")
    assert "1 opening: Engineer" in read(preview) and "€1,000.50" in read(preview)
    form = await desk.press(hr, buttons(preview, "plan.try")[0])
    assert isinstance(form, Ask)
    tried = await desk.fill(hr, "plan.try", form.form.subject, opening=engineer, start_on="2026-04-01")
    assert "€700.00" in read(tried) and "30 June 2026" in read(tried) and "28 September 2026" in read(tried)
    put = buttons(tried, "plan.put")
    assert len(put) == 1, "from the preview it can be put into force"
    other = await desk.fill(hr, "plan.try", form.form.subject, opening="", start_on="2026-04-01")
    assert "“Everybody”: it is the default" in read(other) and "€500.00" in read(other)


async def test_a_day_off_and_a_donation_are_parts_like_others(desk: Desk) -> None:
    world, hr = desk.world, desk.world.hr
    saved = await desk.fill(hr, "charity.save", name="Sea rescue", account="FI21 1234 5600 0007 85")
    assert "Sea rescue is on the list" in read(saved)
    charity = world.db.read_now(lambda s: s.get_one(Charity, 1))
    form = await desk.press(hr, buttons(await desk.say(hr, "admin plans"), "plan.new")[0])
    assert isinstance(form, Ask) and "A donation to Sea rescue" in read(form)
    parts = {"amount_1": "300", "days_1": "90", "reward_2": "day_off", "amount_2": "1", "days_2": "90", "reward_3": f"donation:{charity.id}"}
    listed = await make_plan(desk, name="Kind", is_default="yes", **parts, amount_3="100", days_3="180")
    assert "€300.00, 1 day off and €100.00 to Sea rescue" in read(listed)
    link = await desk.fill(world.referrer, "refer.link", opening="", language="en")
    assert "€300.00, 1 day off and €100.00 to Sea rescue" in read(link)
    world.hire(world.refer(1), MONDAY)
    assert "1 day off" in read(await desk.say(world.referrer, "vinkki bonuses"))
    mine = read(await desk.say(world.referrer, "referrals"))
    assert "1 day off" in mine and "€100.00 to Sea rescue" in mine and "€0.00" not in mine
    assert "Sea rescue" in read(await desk.press(world.hr, Button(Say("x"), "bonus.explain", "3")))
    removed = await desk.press(hr, buttons(await desk.say(hr, "admin charities"), "charity.remove")[0])
    assert "off the list" in read(removed)
    again = await desk.press(hr, Button(Say("x"), "plan.change", "1"))
    assert "A donation to Sea rescue" in read(again), "what the plan says stays"


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"reward_1": "day_off", "amount_1": "0.5"}, "amount_1", "whole days off"), ({"reward_1": "day_off", "amount_1": "21"}, "amount_1", "from 1 to 20"),
        ({"reward_1": "donation:99"}, "reward_1", "from the list"), ({"reward_1": "donation:x"}, "reward_1", "from the list"),
        ({"reward_1": "car"}, "reward_1", "from the list"), ({"currency": "EUB"}, "currency", "“EUB” is not a currency"),
        ({"currency": "SEK", "amount_1": "5 EUR"}, "amount_1", "not an amount"), ({"currency": "JPY", "amount_1": "5.5"}, "amount_1", "decimals"),
        ({"is_default": "yes", "department": "X"}, "is_default", "every other opening"), ({"amount_1": "٥٠٠"}, "amount_1", "not an amount"),
        ({"amount_1": "−5"}, "amount_1", "negative"), ({"amount_1": "1.000"}, "amount_1", "2 decimals"),
        ({"amount_1": "1,000.00"}, "amount_1", "not an amount"),
        ({"amount_1": "9999999999999"}, "amount_1", "not an amount"),
    ],
)  # fmt: skip
async def test_a_part_that_cannot_be_is_answered_beside_its_field(desk: Desk, values: dict[str, str], field: str, words: str) -> None:
    found = wrong(await desk.fill(desk.world.hr, "plan.save", **({"name": "A", "amount_1": "5", "days_1": "90"} | values)))
    assert list(found) == [field] and words in found[field]
    assert desk.world.db.read_now(plans.current_plans) == []


async def test_a_part_is_left_out_by_saying_so_and_a_chosen_one_is_never_dropped(desk: Desk) -> None:
    form = await desk.press(desk.world.hr, Button(Say("x"), "plan.new", ""))
    assert isinstance(form, Ask) and read(form).count("Left out") == 2, "of the second part and the third"
    hr, parts = desk.world.hr, {"name": "A", "amount_1": "500", "days_1": "90", "amount_2": "300", "days_2": "180"}
    kept = await desk.fill(hr, "plan.save", **parts, reward_2="money")
    assert "€800.00" in read(kept)
    without = await desk.fill(hr, "plan.save", **parts | {"name": "B", "reward_2": ""})
    assert "€500.00" in read(without) and "€300.00" not in read(without) and "€800.00" not in read(without)
    one = {"name": "C", "amount_1": "500", "days_1": "90"}
    assert "days_2" in wrong(await desk.fill(hr, "plan.save", **one, reward_2="day_off", amount_2="1")), "how long after the first day?"
    assert wrong(await desk.fill(hr, "plan.save", **one, reward_2="day_off")), "chosen, and nothing else filled in"


async def test_a_plan_in_another_currency_keeps_it(desk: Desk) -> None:
    listed = await make_plan(desk, name="Sverige", currency="sek", amount_1="5 000", days_1="90", country="Sweden")
    assert "Sverige: SEK5,000.00" in read(listed)
    form = await desk.press(desk.world.hr, buttons(listed, "plan.change")[0])
    assert isinstance(form, Ask) and "currency" not in [f.name for f in form.form.fields]


async def test_the_second_plan_for_the_same_department_is_told_of_the_first(desk: Desk) -> None:
    await make_plan(desk, name="One", amount_1="5", days_1="90", department="Sales")
    preview = await desk.fill(desk.world.hr, "plan.save", name="Two", amount_1="6", days_1="90", department="sales")
    put = await desk.press(desk.world.hr, buttons(preview, "plan.put")[0])
    assert "“One” is meant for the same department" in read(put)


async def test_a_budget_is_set_shown_warned_of_and_taken_away(desk: Desk) -> None:
    world, hr = desk.world, desk.world.hr
    plan = world.plan((90, "500"))
    form = await desk.press(hr, buttons(await desk.press(hr, Button(Say("x"), "plan.show", str(plan))), "plan.budget")[0])
    assert isinstance(form, Ask)
    given = {"cap": "1 000", "period": "year", "warn_percent": "50", "is_stopping": "yes"}
    assert "€0.00 of €1,000.00 used this year (0 %)" in read(await desk.fill(hr, "plan.budget", form.form.subject, **given))
    world.hire(world.refer(plan), MONDAY)
    world.hire(world.refer(plan), MONDAY)
    told = await budget_notices(desk)
    assert [t.splitlines()[0] for t in told] == ["The budget of Referral bonus is used up: 100 %"], "the earlier warning is overtaken by now"
    assert "Referral bonus: 100 %" in read(await desk.say(hr, "admin forecast"))
    link = await desk.fill(world.referrer, "refer.link", opening="", language="en")
    assert "the budget for bonuses is used up for now" in read(link)
    assert "no cap any more" in read(await desk.fill(hr, "plan.budget", form.form.subject, **(given | {"cap": ""})))
    assert "€500.00" in read(await desk.fill(world.referrer, "refer.link", opening="", language="fi"))


async def budget_notices(desk: Desk) -> list[str]:
    from sqlmodel import select

    from bot.desks import notices
    from bot.outbox import Delivery

    def build(session):  # type: ignore[no-untyped-def]
        rows = session.exec(select(Delivery).where(Delivery.notice == "plan.budget", Delivery.person_id == desk.world.hr.id)).all()
        return [notices.build(session, desk.deployment, d, desk.now) for d in rows]

    return sorted({read(card) for card in desk.world.db.read_now(build) if card})


@pytest.mark.parametrize(
    ("values", "field"),
    [({"cap": "-5"}, "cap"), ({"cap": "0"}, "cap"), ({"cap": "5.555"}, "cap"), ({"warn_percent": "0"}, "warn_percent"), ({"warn_percent": ""}, "warn_percent"),
     ({"period": "week"}, "period")],
)  # fmt: skip
async def test_a_budget_that_cannot_be_is_answered_beside_its_field(desk: Desk, values: dict[str, str], field: str) -> None:
    plan = desk.world.plan((90, "500"))
    assert list(wrong(await desk.fill(desk.world.hr, "plan.budget", str(plan), **({"cap": "9", "period": "year", "warn_percent": "80"} | values)))) == [field]


CAMPAIGN = {"name": "Spring", "amount": "200", "days": "90", "from_on": "2026-03-02", "until_on": "2026-03-31"}


async def test_a_campaign_from_the_form_to_its_last_day(desk: Desk) -> None:
    world, hr = desk.world, desk.world.hr
    world.plan((90, "500"))
    preview = await desk.fill(hr, "campaign.save", **CAMPAIGN)
    assert "earns €200.00 on top" in read(preview) and "€500.00" in read(preview) and "30 June 2026" in read(preview)
    assert "€500.00" in read(await desk.fill(world.referrer, "refer.link", opening="", language="en")), "not started yet"
    started = await desk.press(hr, buttons(preview, "campaign.start")[0])
    assert "Spring runs from 2 March 2026 to 31 March 2026" in read(started)
    assert "€700.00" in read(await desk.fill(world.referrer, "refer.link", opening="", language="fi"))
    ended = await desk.press(hr, buttons(started, "campaign.end")[0])
    assert "ends today" in read(ended) and buttons(ended, "campaign.end") == []


async def test_a_campaign_to_come_is_taken_back_to_a_draft(desk: Desk) -> None:
    hr = desk.world.hr
    preview = await desk.fill(hr, "campaign.save", **(CAMPAIGN | {"from_on": "2026-03-20"}))
    assert "no plan for these openings" in read(preview)
    started = await desk.press(hr, buttons(preview, "campaign.start")[0])
    assert "draft again" in read(await desk.press(hr, buttons(started, "campaign.end")[0]))
    assert desk.world.db.read_now(lambda s: s.get_one(Campaign, 1)).started_at is None


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"name": ""}, "name", "80"), ({"amount": "-1"}, "amount", "negative"), ({"amount": "0"}, "amount", "zero"), ({"days": "x"}, "days", "whole days"),
        ({"until_on": "2026-02-28", "from_on": "2026-02-01"}, "until_on", "over already"), ({"from_on": "2026-04-01"}, "until_on", "before the first"),
        ({"until_on": "2029-01-01"}, "until_on", "two years"), ({"until_on": "9999-12-31"}, "until_on", "two years"), ({"from_on": "soon"}, "from_on", "day"),
        ({"opening": "999"}, "opening", "opening"), ({"audience": "7"}, "audience", "audience"),
    ],
)  # fmt: skip
async def test_a_campaign_that_cannot_be_is_answered_beside_its_field(desk: Desk, values: dict[str, str], field: str, words: str) -> None:
    found = wrong(await desk.fill(desk.world.hr, "campaign.save", **(CAMPAIGN | values)))
    assert list(found) == [field] and words in found[field].lower() + found[field]


async def test_a_wrong_first_day_is_put_right_from_the_explanation_of_a_bonus(desk: Desk) -> None:
    world = desk.world
    (bonus,) = world.hire(world.refer(world.plan((90, "500"))), MONDAY)
    why = await desk.press(world.hr, Button(Say("x"), "bonus.explain", str(bonus.id)))
    form = await desk.press(world.hr, buttons(why, "referral.start")[0])
    assert isinstance(form, Ask) and "2 March 2026" in read(form)
    assert "before 2 March 2026" in wrong(await desk.fill(world.hr, "referral.start", form.form.subject, start_on="2026-03-01"))["start_on"]
    done = await desk.fill(world.hr, "referral.start", form.form.subject, start_on="2026-04-01")
    assert "30 June 2026" in read(done) and "1 bonus follows it" in read(done)
    assert desk.told(world.referrer)[-1] == "A new day for your bonus: 30 June 2026"
    assert "30 June 2026" in read(await desk.say(world.referrer, "referrals"))
    stale = await desk.fill(world.hr, "referral.start", form.form.subject, start_on="2026-05-01")
    assert len(world.bonuses(1)) == 1 and world.bonuses(1)[0].start_on.isoformat() == "2026-04-01", read(stale)


async def test_the_newcomer_is_found_in_the_directory_by_one_press(desk: Desk) -> None:
    world = desk.world
    referral = world.refer(world.plan((90, "500")))
    world.hire(referral, MONDAY)
    add_person(world.db, "Ville Väärä", start_on=MONDAY)
    right = add_person(world.db, "Oikea Tulija", start_on=MONDAY, department="Engineering")
    world.db.write_now(STEPS["bonuses.joiners"], desk.deployment, desk.now)
    asked = notice(desk, "bonus.joiner", world.recruiter.id)
    assert "Oikea Tulija" in read(asked) and "Engineering" in read(asked)
    yes = next(b for b in buttons(asked, "referral.newcomer") if b.value.endswith(f":{right.id}"))
    await desk.press(world.recruiter, yes)
    assert world.db.read_now(lambda s: s.get_one(Referral, referral)).hired_person_id == right.id
    again = read(await desk.press(world.recruiter, yes))
    assert "directory" not in again and world.db.read_now(lambda s: s.get_one(Referral, referral)).version == int(yes.value.split(":")[1]) + 1, again


async def test_the_directory_s_first_day_is_taken_over_by_one_press(desk: Desk) -> None:
    world = desk.world
    newcomer = add_person(world.db, "Uusi Tulija", start_on=MONDAY + timedelta(days=14))
    referral = world.refer(world.plan((90, "500")), hired=newcomer)
    world.hire(referral, MONDAY)
    world.db.write_now(STEPS["bonuses.joiners"], desk.deployment, desk.now)
    asked = notice(desk, "bonus.first_day", world.recruiter.id)
    assert "16 March 2026" in read(asked) and "2 March 2026" in read(asked)
    done = await desk.press(world.recruiter, buttons(asked, "referral.start_is")[0])
    assert "14 June 2026" in read(done) and world.bonuses(referral)[0].start_on == newcomer.start_on


def notice(desk: Desk, name: str, person_id: int | None):  # type: ignore[no-untyped-def]
    from sqlmodel import select

    from bot.desks import notices
    from bot.outbox import Delivery

    def build(session):  # type: ignore[no-untyped-def]
        row = session.exec(select(Delivery).where(Delivery.notice == name, Delivery.person_id == person_id)).one()
        return notices.build(session, desk.deployment, row, desk.now)

    card = desk.world.db.read_now(build)
    assert card is not None
    return card


async def test_facts_for_the_bonus_are_recruiting_s_to_tell_and_not_the_referrer_s_to_read(desk: Desk) -> None:
    world = desk.world
    referral = world.refer(world.plan((90, "500")))
    form = await desk.press(world.recruiter, Button(Say("x"), "referral.facts", f"{referral}:1"))
    assert isinstance(form, Ask)
    assert "not come yet" in wrong(await desk.fill(world.recruiter, "referral.facts", form.form.subject, known_on="2026-03-03"))["known_on"]
    await desk.fill(world.recruiter, "referral.facts", form.form.subject, known_on="2026-02-01", is_relative="yes")
    row = world.db.read_now(lambda s: s.get_one(Referral, referral))
    assert (row.known_on.isoformat(), row.is_relative) == ("2026-02-01", True)
    mine = read(await desk.say(world.referrer, "referrals"))
    assert "knew" not in mine and "relative" not in mine and "the rules of the programme do not cover this referral" in mine


async def test_who_also_recruits_says_nothing_about_a_referral_of_their_own(desk: Desk) -> None:
    world = desk.world
    world.db.write_now(people.grant, START, None, world.referrer, "recruiter")
    referral = world.refer(world.plan((90, "500")))
    for answer in (
        await desk.press(world.referrer, Button(Say("x"), "referral.facts", f"{referral}:1")),
        await desk.fill(world.referrer, "referral.facts", f"{referral}:1", known_on="", is_relative=""),
    ):
        assert "somebody else in HR decides" in read(answer)


async def test_who_also_recruits_neither_moves_the_first_day_nor_names_the_newcomer_of_their_own_hire(desk: Desk) -> None:
    world = desk.world
    world.db.write_now(people.grant, START, None, world.referrer, "recruiter")
    newcomer = add_person(world.db, "Uusi Tulija", start_on=MONDAY)
    referral = world.refer(world.plan((90, "500")), hired=newcomer)
    world.hire(referral, MONDAY + timedelta(days=1))
    place = f"{referral}:{world.db.read_now(lambda s: s.get_one(Referral, referral).version)}"
    for answer in (
        await desk.press(world.referrer, Button(Say("x"), "referral.start", place)),
        await desk.press(world.referrer, Button(Say("x"), "referral.start_is", place)),
        await desk.fill(world.referrer, "referral.start", place, start_on=str(MONDAY)),
        await desk.press(world.referrer, Button(Say("x"), "referral.newcomer", f"{place}:{newcomer.id}")),
        await desk.fill(world.referrer, "referral.joined", place, email=newcomer.email),
    ):
        assert "somebody else in HR decides" in read(answer)
    assert [b.start_on for b in world.bonuses(referral)] == [MONDAY + timedelta(days=1)]


@pytest.mark.parametrize(
    ("name", "value", "said_of_it"),
    [
        ("payroll.delimiter", "::", "one of the list"), ("payroll.delimiter", "", "one of the list"), ("payroll.encoding", "utf-7", "one of the list"),
        ("payroll.columns", "bonus,salary", "“salary”"), ("payroll.columns", "bonus,amount", "“pay_run”"), ("payroll.wage_code_employee", "", "code"),
        ("payroll.wage_code_day_off", "A" * 31, "30"), ("payroll.wage_code_other", "A\tB", "code"), ("bonus.raise_hour", "24", "23"),
    ],
)  # fmt: skip
async def test_a_setting_of_payroll_that_could_not_work_is_refused_when_it_is_set(desk: Desk, name: str, value: str, said_of_it: str) -> None:
    found = wrong(await desk.fill(desk.world.hr, "settings.save", name, value=value))
    assert said_of_it in found["value"]
    assert desk.world.db.read_now(settings.get, name) == settings.DEFAULTS[name]


async def test_the_delimiter_is_chosen_from_what_payroll_can_read(desk: Desk) -> None:
    form = await desk.press(desk.world.hr, Button(Say("x"), "settings.edit", "payroll.delimiter"))
    assert isinstance(form, Ask) and [o.value for o in form.form.fields[0].options] == [";", ",", "|", "tab"]  # type: ignore[union-attr]
    await desk.fill(desk.world.hr, "settings.save", "payroll.delimiter", value="tab")
    assert desk.world.db.read_now(settings.get, "payroll.delimiter") == "tab"


async def test_the_forecast_is_a_chart_with_the_figures_beside_it(desk: Desk) -> None:
    world = desk.world
    world.hire(world.refer(world.plan((30, "100.50"), (180, "400"))), MONDAY)
    world.refer(1)
    shown = read(await desk.say(world.payroll, "admin forecast"))
    assert "April 2026: €100.50" in shown and "August 2026: €400.00" in shown and "1 open referral could add up to €500.50" in shown
    assert "April" not in read(await desk.say(world.referrer, "admin forecast"))


async def test_nothing_to_forecast_is_said(desk: Desk) -> None:
    assert "No bonus is on its way" in read(await desk.say(desk.world.hr, "admin forecast"))


async def test_a_former_employee_is_no_bonus_from_the_moment_they_confirm(desk: Desk) -> None:
    """The referrer reads that there is none, without whose past it is while the candidate keeps the way to themselves."""
    world = desk.world
    left = add_person(world.db, "Palaava Entinen", start_on=MONDAY - timedelta(days=900), end_on=MONDAY - timedelta(days=100))
    referral = world.refer(world.plan((90, "500")))
    world.db.write_now(lambda s: setattr(s.get_one(Referral, referral), "former_person_id", left.id))
    assert "the rules of the programme do not cover this referral" in read(await desk.say(world.referrer, "referrals"))
    (bonus,) = world.hire(referral, MONDAY)
    assert (bonus.state, bonus.reason) == ("forfeited", "candidate_former_employee") and world.owed() == 0
