"""What a plan may cost in a period, when HR wants to be warned, and whether it stops."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint
from sqlmodel import Field, Session, SQLModel

from bot import audit
from bot.db import remove
from bot.errors import FieldRefusal

PERIODS = ("month", "quarter", "year")


class PlanBudget(SQLModel, table=True):
    """The cap of a plan, all its versions together; it is no promise, so it is not versioned with them.

    Warned once a period at `warn_percent` of the cap. With `is_stopping`, referrals confirmed after the cap is reached are promised
    no bonus by this plan; what was promised before is paid.
    """

    __table_args__ = (
        CheckConstraint("cap_minor > 0", name="budget_is_positive"),
        CheckConstraint("warn_percent BETWEEN 1 AND 100", name="budget_warns_before"),
    )
    plan_name: str = Field(primary_key=True)
    cap_minor: int = Field(sa_type=BigInteger)
    period: str = "year"  # one of PERIODS, by the calendar
    warn_percent: int = 80
    is_stopping: bool = False
    full_for: date | None = None  # first day of the period in which the cap was reached last (bonuses.budgets sees to it)


def set_budget(
    session: Session, now: datetime, actor_id: int | None, plan_name: str, cap_minor: int, period: str, warn_percent: int, is_stopping: bool
) -> PlanBudget:
    """Set the cap of a plan. Raises FieldRefusal `cap`, `period` or `warn_percent`."""
    if cap_minor <= 0:
        raise FieldRefusal("cap", "plans.nothing")
    if period not in PERIODS:
        raise FieldRefusal("period", "plans.budget.period_unknown")
    if not 1 <= warn_percent <= 99:
        raise FieldRefusal("warn_percent", "plans.budget.percent")
    row = session.get(PlanBudget, plan_name) or PlanBudget(plan_name=plan_name, cap_minor=cap_minor)
    row.cap_minor, row.period, row.warn_percent, row.is_stopping = cap_minor, period, warn_percent, is_stopping
    session.add(row)
    session.flush()
    audit.note(session, now, actor_id, "plan.budget", "plan", 0, f"{cap_minor} a {period}, warned at {warn_percent}, stops: {is_stopping}")
    return row


def drop_budget(session: Session, now: datetime, actor_id: int | None, plan_name: str) -> None:
    """No cap any more."""
    if (row := session.get(PlanBudget, plan_name)) and remove(session, row):
        audit.note(session, now, actor_id, "plan.budget", "plan", 0, "none")


def is_stopped(session: Session, plan_name: str, today: date) -> bool:
    """The budget of the present period is used up, and HR wants a stop there."""
    row = session.get(PlanBudget, plan_name)
    return row is not None and row.is_stopping and row.full_for == period_of(today, row.period)


def next_period(begins: date, period: str) -> date:
    """The first day of the period after the one that begins on a day."""
    months = {"month": 1, "quarter": 3, "year": 12}[period]
    year, month = divmod(begins.year * 12 + begins.month - 1 + months, 12)
    return date(year, month + 1, 1)


def period_of(day: date, period: str) -> date:
    """The first day of the calendar period in which a day lies."""
    if period == "year":
        return day.replace(month=1, day=1)
    return day.replace(month=day.month if period == "month" else 3 * ((day.month - 1) // 3) + 1, day=1)
