"""What bonuses will cost: by the month in which they are due, and what open referrals may add."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from bot import plans
from bot.bonuses.records import Bonus
from bot.money import Money
from bot.referrals import ACTIVE, Referral

RUNNING = ("accrued", "waiting", "held")  # the qualifying period, or HR's question, is not over
COMING = ("eligible", "approved", "exported")  # nothing but the payment is missing


@dataclass(frozen=True)
class Month:
    """What is due in a month, in one currency. What should have been paid before counts in the present month."""

    begins: date
    running: Money
    coming: Money
    bonuses: int

    @property
    def total(self) -> Money:
        """Both together."""
        return self.running + self.coming


def liability(session: Session, today: date, months: int = 12) -> dict[str, list[Month]]:
    """By currency, the months from this one on. Formula: the sum of bonuses that are not paid, refused or cancelled, by the month of
    their due day. Days off have no amount and are not in it."""
    cells = col(Bonus.currency), col(Bonus.due_on), col(Bonus.state)
    query = sa_select(*cells, func.sum(col(Bonus.amount_minor)), func.count()).group_by(*cells)
    where = col(Bonus.state).in_((*RUNNING, *COMING)), col(Bonus.amount_minor) > 0, col(Bonus.due_on) < _later(today, months)
    sums: dict[tuple[str, date], list[int]] = defaultdict(lambda: [0, 0, 0])
    for currency, due_on, state, total, count in session.execute(query.where(*where)):
        cell = sums[currency, max(due_on, today).replace(day=1)]
        cell[state in COMING] += int(total)
        cell[2] += count
    begins = [_later(today, n) for n in range(months)]
    currencies = sorted({currency for currency, _ in sums})
    return {c: [_month(month, c, sums[c, month]) for month in begins] for c in currencies}


def _month(begins: date, currency: str, cell: list[int]) -> Month:
    return Month(begins, Money(cell[0], currency), Money(cell[1], currency), cell[2])


def _later(day: date, months: int) -> date:
    """The first day of the month so many months after a day's."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, 1)


def open_promises(session: Session) -> dict[str, tuple[Money, int]]:
    """What all open referrals would cost if every one of them became a hire: by currency, the sum and how many referrals."""
    query = select(Referral.plan_id, Referral.campaign_id, func.count()).where(col(Referral.stage).in_(ACTIVE), col(Referral.plan_id).is_not(None))
    found: dict[str, tuple[Money, int]] = {}
    for plan_id, campaign_id, count in session.exec(query.group_by(col(Referral.plan_id), col(Referral.campaign_id))):
        promise = plans.promise_of_version(session, plan_id or 0, campaign_id)
        currency = promise.total.currency
        cost = sum(part.money.amount_minor for part in promise.every)
        before, referrals = found.get(currency, (Money(0, currency), 0))
        found[currency] = (before + Money(count * cost, currency), referrals + count)
    return found
