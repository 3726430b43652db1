"""Which plan counts for an opening, what it promises, and what it never does to promises that stand."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from bonus_world import MONDAY, World, make_world
from conftest import START, add_person

from bot import audiences, ledger, plans
from bot.audiences import Rule
from bot.bonuses import Bonus
from bot.db import Database
from bot.errors import FieldRefusal, Refusal, Stale
from bot.money import Money
from bot.people import Person
from bot.plans import Campaign, CampaignDraft, Instalment, PlanDraft, Where, campaigns, charities
from bot.referrals import Referral
from bot.referrals.promising import promised


@pytest.fixture
def world(db: Database) -> World:
    return make_world(db)


def euros(amount: int) -> Money:
    return Money(100 * amount, "EUR")


def adopt(world: World, name: str, amount: int, **scope: object) -> int:
    draft = PlanDraft(name, (Instalment(90, euros(amount)),), **scope)  # type: ignore[arg-type]
    return world.db.write_now(plans.adopt, START, world.hr.id, draft).id or 0


@pytest.mark.parametrize(
    ("department", "country", "amount", "why"),
    [
        ("Engineering", "Sweden", 900, "department_country"),
        ("engineering", "SWEDEN", 900, "department_country"),
        ("Engineering", "Finland", 700, "department"),
        ("Engineering", "", 700, "department"),
        ("Sales", "Sweden", 600, "country"),
        ("Sales", "Finland", 500, "default"),
        ("", "", 500, "default"),
    ],
)
def test_the_plan_that_fits_an_opening_best_counts(world: World, department: str, country: str, amount: int, why: str) -> None:
    adopt(world, "Everybody", 500, is_default=True)
    adopt(world, "Sweden", 600, country="Sweden")
    adopt(world, "Engineers", 700, department="Engineering")
    adopt(world, "Swedish engineers", 900, department="Engineering", country="Sweden")
    plan, found = world.db.read_now(plans.fitting, Where(department=department, country=country))
    assert plan is not None and found == why
    assert world.db.read_now(plans.promise_of_version, plan.id).total == euros(amount)


def test_the_plan_that_an_opening_names_goes_before_all_others(world: World) -> None:
    adopt(world, "Engineers", 700, department="Engineering")
    named = adopt(world, "Hard to find", 1500)
    plan, why = world.db.read_now(plans.fitting, Where(plan_id=named, department="Engineering"))
    assert plan is not None and (plan.name, why) == ("Hard to find", "opening")


def test_two_plans_are_never_meant_for_the_same_openings(world: World) -> None:
    adopt(world, "Engineers", 700, department="Engineering")
    with pytest.raises(Refusal) as refused:
        adopt(world, "Builders", 800, department="ENGINEERING")
    assert (refused.value.key, refused.value.params) == ("plans.scope_taken", {"name": "Engineers"})
    assert [p.name for p in world.db.read_now(plans.current_plans)] == ["Engineers"]
    adopt(world, "Engineers", 750, department="Engineering")  # the next version of the same plan


def test_a_default_plan_has_no_department() -> None:
    with pytest.raises(FieldRefusal) as refused:
        PlanDraft("All", (Instalment(90, euros(5)),), is_default=True, country="Finland")
    assert refused.value.field == "is_default"


@pytest.mark.parametrize(
    ("part", "field"),
    [
        (Instalment(90, euros(0)), "amount_1"), (Instalment(90, euros(0), "day_off", 0), "amount_1"), (Instalment(90, euros(0), "day_off", 21), "amount_1"),
        (Instalment(90, euros(5), "donation"), "reward_1"), (Instalment(90, euros(5), "money", charity_id=3), "reward_1"),
        (Instalment(90, euros(5), "car"), "reward_1"), (Instalment(-1, euros(5)), "days_1"), (Instalment(1096, euros(5)), "days_1"),
    ],
)  # fmt: skip
def test_a_part_that_is_nothing_is_no_part(part: Instalment, field: str) -> None:
    with pytest.raises(FieldRefusal) as refused:
        PlanDraft("All", (part,))
    assert refused.value.field == field


def reward_plan(world: World) -> int:
    """300 €, a day off with it, and 100 € to a charity after half a year."""
    charity = world.db.write_now(charities.save, START, world.hr.id, "Meripelastus", "FI21 1234 5600 0007 85")
    parts = (Instalment(90, euros(300)), Instalment(90, euros(0), "day_off", 2), Instalment(180, euros(100), "donation", charity_id=charity.id))
    return world.db.write_now(plans.adopt, START, world.hr.id, PlanDraft("Kind", parts, is_default=True)).id or 0


def test_a_day_off_is_no_money_and_a_donation_is_owed_to_the_charity(world: World) -> None:
    money, day_off, gift = world.hire(world.refer(reward_plan(world)), MONDAY)
    assert [(b.reward, b.amount_minor, b.days_off) for b in (money, day_off, gift)] == [("money", 30_000, 0), ("day_off", 0, 2), ("donation", 10_000, 0)]
    assert world.owed() == 30_000
    assert -world.db.read_now(ledger.balance, gift.account, "EUR") == 10_000 and gift.account.startswith("payable:charity:")
    assert [b.wage_code for b in (money, day_off, gift)] == ["REFERRAL", "REFERRAL-DAY", "REFERRAL-GIFT"]
    assert (money.payee, gift.payee) == ("employee", "charity")
    assert world.db.read_now(ledger.entries_of, "bonus", day_off.id) == []


def test_a_day_off_walks_through_the_same_states(world: World) -> None:
    _, day_off, _ = world.hire(world.refer(reward_plan(world), hired=add_person(world.db, "Uusi Tulija", start_on=MONDAY)), MONDAY)
    world.morning(MONDAY)
    world.morning(day_off.due_on)
    assert world.bonus(day_off.id).state == "eligible"
    assert world.approve(world.bonus(day_off.id)).state == "approved"
    world.close_run()
    assert world.bonus(day_off.id).state == "exported" and world.db.read_now(ledger.verify).is_sound


def test_two_days_off_are_divided_as_cents_are(world: World) -> None:
    from bot.bonuses import Share

    other = add_person(world.db, "Toinen Tuoja")
    made = world.hire(world.refer(reward_plan(world)), MONDAY, shares=[Share(world.referrer.id or 0, 3), Share(other.id or 0, 1)])
    assert sorted((b.share_no, b.days_off) for b in made if b.reward == "day_off") == [(1, 2)], "1.5 and 0.5: the first share has the earlier remainder"


def campaign(world: World, amount: int = 200, **more: object) -> Campaign:
    draft = CampaignDraft("Spring", euros(amount), 90, MONDAY, MONDAY + timedelta(days=30), **more)  # type: ignore[arg-type]
    row = world.db.write_now(campaigns.draft_campaign, START, world.hr.id, draft)
    return world.db.write_now(campaigns.start_campaign, START, world.hr.id, row.id)


def offer(world: World, today: date, who: Person | None = None) -> plans.Promise:
    found = world.db.read_now(promised, (who or world.referrer).id, None, today)
    assert found is not None
    return found


def test_a_campaign_adds_to_the_plan_while_it_runs_and_both_days_count(world: World) -> None:
    world.plan((90, "500"))
    campaign(world)
    totals = [offer(world, MONDAY + timedelta(days=n)).total for n in (-1, 0, 30, 31)]
    assert totals == [euros(500), euros(700), euros(700), euros(500)]


def test_the_extra_is_a_bonus_and_an_entry_of_its_own(world: World) -> None:
    plan = world.plan((90, "500"))
    row, referral = campaign(world), world.refer(plan)
    world.db.write_now(lambda s: setattr(s.get_one(Referral, referral), "campaign_id", row.id))
    made = world.hire(referral, MONDAY)
    assert sorted((b.milestone_no, b.amount_minor) for b in made) == [(0, 20_000), (1, 50_000)]
    keys = [e.key for b in made for e in world.db.read_now(ledger.entries_of, "bonus", b.id)]
    assert sorted(keys) == [f"referral:{referral}:hired:share:1:campaign", f"referral:{referral}:hired:share:1:part:1"]


def test_of_several_campaigns_the_largest_counts_and_only_that_one(world: World) -> None:
    world.plan((90, "500"))
    campaign(world, 200)
    campaign(world, 300)
    campaign(world, 250)
    assert offer(world, MONDAY).total == euros(800)


def test_a_campaign_for_an_audience_is_for_its_people(world: World) -> None:
    sailor = add_person(world.db, "Meri Merilä", department="Fleet")
    rule = Rule(departments=("Fleet",))
    audience = world.db.write_now(audiences.save, START, world.hr.id, "The fleet", rule, MONDAY)
    world.plan((90, "500"))
    campaign(world, audience_id=audience.id)
    assert (offer(world, MONDAY, sailor).total, offer(world, MONDAY).total) == (euros(700), euros(500))


def test_what_a_campaign_promised_stays_when_it_ends(world: World) -> None:
    world.plan((90, "500"))
    row = campaign(world)
    before = offer(world, MONDAY)
    ended = world.db.write_now(campaigns.end_campaign, START, world.hr.id, row.id, MONDAY)
    assert ended.until_on == MONDAY and offer(world, MONDAY + timedelta(days=1)).campaign_id is None
    assert world.db.read_now(plans.promise_of_version, before.plan_id, before.campaign_id).total == euros(700)
    with pytest.raises(Stale):
        world.db.write_now(campaigns.end_campaign, START, world.hr.id, row.id, MONDAY)
    with pytest.raises(Stale):
        world.db.write_now(campaigns.start_campaign, START, world.hr.id, row.id)


def test_a_campaign_that_was_only_drafted_gives_nothing(world: World) -> None:
    world.plan((90, "500"))
    world.db.write_now(campaigns.draft_campaign, START, world.hr.id, CampaignDraft("Later", euros(900), 90, MONDAY, MONDAY))
    assert offer(world, MONDAY).total == euros(500)


def test_the_database_itself_refuses_a_bonus_of_nothing(world: World) -> None:
    from sqlalchemy.exc import IntegrityError

    (bonus,) = world.hire(world.refer(world.plan((90, "500"))), MONDAY)
    with pytest.raises(IntegrityError):
        world.db.write_now(lambda s: setattr(s.get_one(Bonus, bonus.id), "amount_minor", 0))


def test_a_new_plan_is_for_the_openings_that_no_more_specific_one_is_meant_for(world: World) -> None:
    adopt(world, "Everybody", 500, is_default=True)
    named = adopt(world, "Hard to find", 1500)
    draft = PlanDraft("Engineers", (Instalment(90, euros(700)),), department="Engineering")
    engineers = world.db.write_now(plans.draft_plan, START, None, draft)
    places = [Where(1, None, "Engineering"), Where(2, named, "Engineering"), Where(3, None, "Sales"), Where()]
    assert world.db.read_now(plans.would_fit, engineers, places) == places[:1]
    again = world.db.write_now(plans.draft_plan, START, None, PlanDraft("Hard to find", (Instalment(90, euros(1600)),)))
    assert world.db.read_now(plans.would_fit, again, places) == places[1:2]
