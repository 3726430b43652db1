"""What bonuses will cost: by month, beside a cap that warns before it is reached and stops where HR wants that."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from bonus_world import MONDAY, ZONE, World, make_world
from conftest import START, add_person
from sqlmodel import col, select

from bot import bonuses
from bot.bonuses import budgets, forecast
from bot.db import Database
from bot.errors import FieldRefusal
from bot.money import Money
from bot.outbox import Delivery
from bot.plans import PlanBudget
from bot.plans.budgets import next_period, period_of, set_budget
from bot.referrals.promising import promised


@pytest.fixture
def world(db: Database) -> World:
    return make_world(db)


def euros(amount: int) -> Money:
    return Money(100 * amount, "EUR")


def test_the_forecast_counts_what_is_due_by_month(world: World) -> None:
    """100 € due on 1 April and 400 € due on 29 August for one hire; 100 € of another that is approved already."""
    plan = world.plan((30, "100"), (180, "400"))
    world.hire(world.refer(plan), MONDAY)
    first, _ = world.hire(world.refer(plan, hired=add_person(world.db, "Uusi Tulija")), MONDAY)
    world.morning(MONDAY)
    world.morning(date(2026, 4, 1))
    world.approve(world.bonus(first.id))
    (months,) = world.db.read_now(forecast.liability, date(2026, 4, 2)).values()
    rows = [(m.begins, m.running, m.coming, m.bonuses) for m in months if m.bonuses]
    assert rows == [(date(2026, 4, 1), euros(100), euros(100), 2), (date(2026, 8, 1), euros(800), euros(0), 2)]
    assert sum(m.total.amount_minor for m in months) == world.owed() and len(months) == 12


def test_what_is_late_counts_in_this_month_and_what_is_paid_does_not(world: World) -> None:
    (bonus,) = world.hire(world.refer(world.plan((30, "100")), hired=add_person(world.db, "Uusi Tulija")), MONDAY)
    world.morning(MONDAY)
    world.morning(bonus.due_on)
    (months,) = world.db.read_now(forecast.liability, date(2026, 9, 15)).values()
    assert (months[0].begins, months[0].total) == (date(2026, 9, 1), euros(100))
    world.approve(world.bonus(bonus.id))
    run = world.close_run()
    world.db.write_now(bonuses.payruns.pay, START, world.payroll.id, run.id)
    assert world.db.read_now(forecast.liability, date(2026, 9, 15)) == {}


def test_open_referrals_are_what_may_come_on_top(world: World) -> None:
    plan = world.plan((30, "100"), (180, "400"))
    world.hire(world.refer(plan), MONDAY)
    world.refer(plan), world.refer(plan), world.refer(None)
    assert world.db.read_now(forecast.open_promises) == {"EUR": (euros(1000), 2)}


@pytest.mark.parametrize(
    ("day", "period", "begins", "ends"),
    [
        (date(2026, 12, 31), "month", date(2026, 12, 1), date(2027, 1, 1)), (date(2026, 12, 31), "quarter", date(2026, 10, 1), date(2027, 1, 1)),
        (date(2026, 12, 31), "year", date(2026, 1, 1), date(2027, 1, 1)), (date(2028, 2, 29), "quarter", date(2028, 1, 1), date(2028, 4, 1)),
    ],
)  # fmt: skip
def test_periods_are_the_calendar_s(day: date, period: str, begins: date, ends: date) -> None:
    assert period_of(day, period) == begins and next_period(begins, period) == ends


def budget(world: World, cap: int, **more: object) -> None:
    given = {"period": "year", "warn_percent": 80, "is_stopping": False} | more
    world.db.write_now(set_budget, START, world.hr.id, "Referral bonus", 100 * cap, **given)


def warned(world: World) -> list[str]:
    query = select(Delivery.key).where(Delivery.notice == "plan.budget", Delivery.person_id == world.hr.id).order_by(col(Delivery.id))
    return [key.split(":")[-3] for key in world.db.read_now(lambda s: s.exec(query).all())]


def test_hr_hears_once_that_the_cap_is_reached(world: World) -> None:
    plan = world.plan((90, "500"))
    budget(world, 2000)
    seen = []
    for _ in range(5):
        world.hire(world.refer(plan), MONDAY)
        seen.append(warned(world))
    assert seen == [[], [], [], ["full"], ["full"]], "500 a hire: 75 % after three, 100 % after four"


def test_one_warning_is_enough_for_all_versions_of_a_plan(world: World) -> None:
    old = world.plan((90, "500"))
    budget(world, 1000)
    standing = world.refer(old)
    world.hire(world.refer(old), MONDAY)
    new = world.plan((90, "600"))
    world.hire(world.refer(new), MONDAY)
    assert warned(world) == ["full"]
    world.hire(standing, MONDAY)
    world.db.write_now(budgets.review_full, START, MONDAY, ZONE)
    assert warned(world) == ["full"], "the hire by the old version and the night's look by the new one say nothing more"


def test_the_warning_comes_while_there_is_still_room(world: World) -> None:
    plan = world.plan((90, "500"))
    budget(world, 3000)
    for _ in range(5):
        world.hire(world.refer(plan), MONDAY)
    assert warned(world) == ["low"]
    world.hire(world.refer(plan), MONDAY)
    assert warned(world) == ["low", "full"]


@pytest.mark.parametrize("is_stopping", [True, False])
def test_a_budget_that_is_used_up_stops_new_promises_where_hr_wants_that(world: World, is_stopping: bool) -> None:
    plan = world.plan((90, "500"))
    budget(world, 900, is_stopping=is_stopping)
    standing = world.refer(plan)
    world.hire(world.refer(plan), MONDAY)
    assert world.db.read_now(promised, world.referrer.id, None, MONDAY) is not None, "400 are left"
    world.hire(world.refer(plan), MONDAY)
    assert (world.db.read_now(promised, world.referrer.id, None, MONDAY) is None) == is_stopping
    assert world.db.read_now(promised, world.referrer.id, None, date(2027, 1, 1)) is not None, "a new year, a new budget"
    assert [b.state for b in world.hire(standing, MONDAY)] == ["accrued"], "what was promised is kept"


def test_a_cancelled_bonus_makes_room_again(world: World) -> None:
    plan = world.plan((90, "500"))
    budget(world, 500, is_stopping=True)
    (bonus,) = world.hire(world.refer(plan), MONDAY)
    assert world.db.read_now(promised, world.referrer.id, None, MONDAY) is None
    world.db.write_now(bonuses.void, START, world.hr.id, bonus.id, bonus.version)
    world.db.write_now(budgets.review_full, START, MONDAY, ZONE)
    assert world.db.read_now(promised, world.referrer.id, None, MONDAY) is not None


def test_new_year_s_night_in_the_company_s_zone_divides_the_years(world: World) -> None:
    """23:30 on 31 December in Helsinki is 21:30 UTC; 22:30 UTC is the new year there."""
    plan_id = world.plan((90, "500"))
    budget(world, 2000)
    for now in (datetime(2026, 12, 31, 21, 30, tzinfo=UTC), datetime(2026, 12, 31, 22, 30, tzinfo=UTC)):
        world.hire(world.refer(plan_id), date(2027, 1, 4), now)
    for today, spent in ((date(2026, 12, 31), 500), (date(2027, 1, 1), 500)):
        used = world.db.read_now(budgets.use_of_plan, plan_id, today, ZONE)
        assert used is not None and used.spent == euros(spent)


@pytest.mark.parametrize(("cap", "period", "warn", "field"), [(0, "year", 80, "cap"), (-1, "year", 80, "cap"), (5, "week", 80, "period"),
                                                             (5, "year", 0, "warn_percent"), (5, "year", 100, "warn_percent")])  # fmt: skip
def test_a_budget_that_cannot_be_is_refused(world: World, cap: int, period: str, warn: int, field: str) -> None:
    with pytest.raises(FieldRefusal) as refused:
        budget(world, cap, period=period, warn_percent=warn)
    assert refused.value.field == field and world.db.read_now(lambda s: s.get(PlanBudget, "Referral bonus")) is None
