"""What a referral would earn: which plan an opening falls under, and the promise that a version of it makes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from bot.money import Money
from bot.plans import budgets, campaigns
from bot.plans.campaigns import Campaign
from bot.plans.records import BonusPlan, Instalment, current, current_plans, milestones


@dataclass(frozen=True)
class Where:
    """What a plan or campaign looks at in an opening; nothing of it for a referral to the organisation at large."""

    opening_id: int | None = None
    plan_id: int | None = None
    department: str = ""
    country: str = ""


@dataclass(frozen=True)
class Who:
    """The referrer's side of a promise: the day in the company's zone, and whether they belong to an audience (by its id)."""

    today: date
    is_member: Callable[[int], bool]


@dataclass(frozen=True)
class Promise:
    """What a referral would earn. `days` is the wait until the first part; `plan_id` is the version to freeze.

    `total` is the money for the referrer, without days off and donations, with the campaign's `extra`.
    """

    plan_id: int
    name: str
    version: int
    instalments: tuple[Instalment, ...]
    extra: Instalment | None = None
    campaign_id: int | None = None

    @property
    def total(self) -> Money:
        """The money it sums to."""
        currency = self.instalments[0].money.currency
        return Money(sum(p.money.amount_minor for p in self.every if p.reward == "money"), currency)

    @property
    def days(self) -> int:
        """Calendar days until the first part."""
        return self.instalments[0].days

    @property
    def every(self) -> tuple[Instalment, ...]:
        """Every part, the campaign's last."""
        return (*self.instalments, *((self.extra,) if self.extra else ()))

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of all parts, as `part` takes them."""
        return (*range(1, len(self.instalments) + 1), *((0,) if self.extra else ()))

    def part(self, milestone_no: int) -> Instalment:
        """The part with this number, from 1; 0 is the campaign's extra."""
        if milestone_no:
            return self.instalments[milestone_no - 1]
        assert self.extra is not None
        return self.extra


def fitting(session: Session, where: Where) -> tuple[BonusPlan | None, str]:
    """The plan in force for an opening, and why: the most specific one wins.

    In this order: `opening` (the opening names it), `department_country`, `department`, `country`, `default`; (None, "") without any.
    """
    named = current(session, where.plan_id) if where.plan_id is not None else None
    return _choose(current_plans(session), named, where)


def would_fit(session: Session, plan: BonusPlan, places: Sequence[Where]) -> list[Where]:
    """Those of the openings for which this version, once in force, would be the one."""
    rest = [p for p in current_plans(session) if p.name != plan.name and not (p.is_default and plan.is_default)]
    named = {plan_id: current(session, plan_id) for plan_id in {w.plan_id for w in places} if plan_id is not None}

    def chosen(where: Where) -> BonusPlan | None:
        own = named[where.plan_id] if where.plan_id is not None else None
        return _choose([*rest, plan], plan if own and own.name == plan.name else own, where)[0]

    return [where for where in places if chosen(where) is plan]


def _choose(in_force: Sequence[BonusPlan], named: BonusPlan | None, where: Where) -> tuple[BonusPlan | None, str]:
    if named:
        return named, "opening"
    department, country = where.department.strip().casefold(), where.country.strip().casefold()
    by_scope = {(p.department.casefold(), p.country.casefold()): p for p in in_force if p.department or p.country}
    for scope in ((department, country), (department, ""), ("", country)):
        if any(scope) and (plan := by_scope.get(scope)):
            return plan, "_".join(name for name, part in zip(("department", "country"), scope, strict=True) if part)
    default = next((p for p in in_force if p.is_default), None)
    return default, "default" if default else ""


def promise(session: Session, where: Where, who: Who | None = None) -> Promise | None:
    """What a referral confirmed now would earn; with `who`, the campaign that runs for them on top.

    None when there is no plan, or its budget is used up and stops it.
    """
    plan, _ = fitting(session, where)
    if plan is None or plan.id is None or (who and budgets.is_stopped(session, plan.name, who.today)):
        return None
    extra = campaigns.running(session, who.today, where.opening_id, where.department, where.country, who.is_member) if who else None
    return promise_of_version(session, plan.id, extra.id if extra and extra.currency == plan.currency else None)


def promise_of_version(session: Session, plan_id: int, campaign_id: int | None = None) -> Promise:
    """What exactly this version promises, with this campaign on top: for referrals, which keep both from their confirmation."""
    plan = session.get_one(BonusPlan, plan_id)
    rows = milestones(session, plan_id)
    parts = tuple(Instalment(m.days_after_start, Money(m.amount_minor, plan.currency), m.reward, m.days_off, m.charity_id) for m in rows)
    campaign = session.get(Campaign, campaign_id) if campaign_id else None
    extra = Instalment(campaign.days_after_start, campaign.money) if campaign else None
    return Promise(plan_id, plan.name, plan.version, parts, extra, campaign_id)
