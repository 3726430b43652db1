"""What a plan may cost in a period, when HR wants to be warned, and whether it stops."""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, CheckConstraint
from sqlmodel import Field, SQLModel

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


def period_of(day: date, period: str) -> date:
    """The first day of the calendar period in which a day lies."""
    if period == "year":
        return day.replace(month=1, day=1)
    return day.replace(month=day.month if period == "month" else 3 * ((day.month - 1) // 3) + 1, day=1)
