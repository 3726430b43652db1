"""What a plan's bonuses cost in a period, beside its budget: the warning before the cap, and the stop at it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func
from sqlmodel import Session, col, select

from bot import outbox, people
from bot.bonuses.records import Bonus
from bot.money import Money
from bot.plans import BonusPlan, PlanBudget
from bot.plans.budgets import next_period, period_of

_GONE = ("forfeited", "void", "recovered")  # cost nothing in the end


@dataclass(frozen=True)
class Use:
    """How much of a budget is used in the present period.

    Formula: the sum of all bonuses of the plan, every version, campaigns' extras and donations included, whose hire was written down
    in the period and that were not cancelled, refused or paid back.
    """

    budget: PlanBudget
    spent: Money
    period_from: date

    @property
    def cap(self) -> Money:
        """What it may cost."""
        return Money(self.budget.cap_minor, self.spent.currency)

    @property
    def percent(self) -> int:
        """Whole per cent of the cap that are used, rounded down."""
        return 100 * self.spent.amount_minor // self.budget.cap_minor

    @property
    def is_full(self) -> bool:
        """Nothing is left."""
        return self.spent.amount_minor >= self.budget.cap_minor


def use(session: Session, plan: BonusPlan, today: date, time_zone: str = "UTC") -> Use | None:
    """The use of a plan's budget on a day; None where it has no budget."""
    budget = session.get(PlanBudget, plan.name)
    if budget is None:
        return None
    begins, zone = period_of(today, budget.period), ZoneInfo(time_zone)
    ends = next_period(begins, budget.period)
    within = col(Bonus.created_at) >= _midnight(begins, zone), col(Bonus.created_at) < _midnight(ends, zone)
    versions = select(BonusPlan.id).where(BonusPlan.name == plan.name)
    total = select(func.coalesce(func.sum(Bonus.amount_minor), 0)).where(
        col(Bonus.plan_id).in_(versions), col(Bonus.currency) == plan.currency, col(Bonus.state).not_in(_GONE), *within
    )
    return Use(budget, Money(int(session.exec(total).one()), plan.currency), begins)


def use_of_plan(session: Session, plan_id: int, today: date, time_zone: str = "UTC") -> Use | None:
    """The same by the id of any version."""
    plan = session.get(BonusPlan, plan_id)
    return use(session, plan, today, time_zone) if plan else None


def watch(session: Session, now: datetime, plan_id: int, today: date, time_zone: str = "UTC") -> Use | None:
    """Look at a plan's budget after it changed: note whether it is full, and owe HR the warning once for each level and period,
    whichever version of the plan `plan_id` is."""
    used = use_of_plan(session, plan_id, today, time_zone)
    if used is None:
        return None
    first = session.exec(select(func.min(BonusPlan.id)).where(BonusPlan.name == used.budget.plan_name)).one()
    full_for = used.period_from if used.is_full else None
    if used.budget.full_for != full_for:
        used.budget.full_for = full_for
        session.add(used.budget)
    if used.percent >= used.budget.warn_percent:
        level = "full" if used.is_full else "low"
        for person in people.holders(session, "hr"):
            if person.is_here(today):
                key = f"plan:{first}:budget:{used.period_from}:{used.budget.cap_minor}:{level}:person:{person.id}"
                outbox.owe(session, now, key, "plan.budget", plan_id, person)
    return used


def review_full(session: Session, now: datetime, today: date, time_zone: str) -> None:
    """Look again at every budget that is noted as full: a refused bonus may have made room."""
    for name in session.exec(select(PlanBudget.plan_name).where(col(PlanBudget.full_for).is_not(None))).all():
        plan = session.exec(select(BonusPlan).where(BonusPlan.name == name, col(BonusPlan.is_current))).first()
        if plan and plan.id:
            watch(session, now, plan.id, today, time_zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)
