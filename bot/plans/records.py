"""The plan and its milestones. A row is one version; a change is a new row, and a referral keeps the version it was confirmed under."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, bindparam, text, update
from sqlmodel import Field, Session, SQLModel, col, select

from bot import audit
from bot.db import utc_field
from bot.errors import FieldRefusal, Refusal, Stale
from bot.money import Money

MAX_INSTALMENTS = 12
MAX_DAYS = 1095  # three years: a longer qualifying period is a typing error
MAX_DAYS_OFF = 20
REWARDS = ("money", "day_off", "donation")
# What a part is worth: an amount for money and donations (the latter to a charity), whole days for days off. Bonuses have the same columns.
WORTH = (
    "(reward = 'day_off' AND amount_minor = 0 AND days_off > 0 AND charity_id IS NULL)"
    " OR (reward = 'money' AND amount_minor > 0 AND days_off = 0 AND charity_id IS NULL)"
    " OR (reward = 'donation' AND amount_minor > 0 AND days_off = 0 AND charity_id IS NOT NULL)"
)


class BonusPlan(SQLModel, table=True):
    """One version of a plan. The name is what ties the versions together; at most one of them is in force, at most one plan is the default.

    `department` and `country` say for which openings it is meant (`promises.fitting`); a plan with neither is for openings that
    name it, and the default for all others.
    """

    __table_args__ = (
        UniqueConstraint("name", "version"),
        Index("ux_bonusplan_current", "name", unique=True, sqlite_where=text("is_current"), postgresql_where=text("is_current")),
        Index(
            "ux_bonusplan_default", "is_default", unique=True,
            sqlite_where=text("is_current AND is_default"), postgresql_where=text("is_current AND is_default"),
        ),
    )  # fmt: skip
    id: int | None = Field(default=None, primary_key=True)
    name: str
    version: int = 1
    currency: str = Field(max_length=3)
    is_current: bool = False  # False: a draft that was not put into force yet, or an earlier version
    department: str = ""
    country: str = ""
    is_default: bool = False  # for openings that no other plan is meant for, and referrals without an opening
    created_at: datetime = utc_field()
    created_by: int | None = Field(default=None, foreign_key="person.id")


class Milestone(SQLModel, table=True):
    """One part of what a plan gives: due so many calendar days after the start."""

    __table_args__ = (
        UniqueConstraint("plan_id", "position"),
        CheckConstraint(WORTH, name="milestone_is_worth_something"),
        CheckConstraint("days_after_start >= 0", name="milestone_days_are_not_negative"),
    )
    id: int | None = Field(default=None, primary_key=True)
    plan_id: int = Field(foreign_key="bonusplan.id", index=True)
    position: int  # from 1
    days_after_start: int
    reward: str = "money"  # one of REWARDS
    amount_minor: int = Field(sa_type=BigInteger)
    days_off: int = 0
    charity_id: int | None = Field(default=None, foreign_key="charity.id")


@dataclass(frozen=True)
class Instalment:
    """A part of a bonus: calendar days after the start, and what it is. A day off is no money: its amount is zero."""

    days: int
    money: Money
    reward: str = "money"
    days_off: int = 0
    charity_id: int | None = None

    def due_on(self, start_on: date) -> date:
        """The day on which it is payable: calendar days, so neither daylight saving nor a leap day moves it."""
        return start_on + timedelta(days=self.days)


@dataclass(frozen=True)
class PlanDraft:
    """A plan as somebody wants it. Raises FieldRefusal for what cannot be: no parts, a part of nothing, days out of order."""

    name: str
    instalments: tuple[Instalment, ...]
    is_default: bool = False
    department: str = ""
    country: str = ""

    def __post_init__(self) -> None:
        if not self.name.strip() or len(self.name) > 80:
            raise FieldRefusal("name", "plans.name_missing")
        if self.is_default and (self.department.strip() or self.country.strip()):
            raise FieldRefusal("is_default", "plans.default_everywhere")
        if not 1 <= len(self.instalments) <= MAX_INSTALMENTS:
            raise FieldRefusal("amount_1", "plans.no_instalment")
        for number, part in enumerate(self.instalments, start=1):
            self._check(number, part)

    def _check(self, number: int, part: Instalment) -> None:
        if part.reward == "day_off" and not 1 <= part.days_off <= MAX_DAYS_OFF:
            raise FieldRefusal(f"amount_{number}", "plans.days_off", count=MAX_DAYS_OFF)
        if part.reward != "day_off" and part.money.amount_minor <= 0:
            raise FieldRefusal(f"amount_{number}", "plans.nothing")
        if part.reward not in REWARDS or (part.reward == "donation") != (part.charity_id is not None):
            raise FieldRefusal(f"reward_{number}", "plans.reward_unknown")
        if not 0 <= part.days <= MAX_DAYS:
            raise FieldRefusal(f"days_{number}", "plans.days", count=MAX_DAYS)
        if part.money.currency != self.currency:
            raise FieldRefusal(f"amount_{number}", "plans.one_currency", currency=self.currency)
        before = self.instalments[number - 2] if number > 1 else None
        if before and (part.days, part.reward != before.reward) < (before.days, True):  # a day off may come with the money
            raise FieldRefusal(f"days_{number}", "plans.order")

    @property
    def currency(self) -> str:
        """The currency of every part."""
        return self.instalments[0].money.currency


def current(session: Session, plan_id: int | None) -> BonusPlan | None:
    """The version in force of a plan (given by any of its versions), or of the default plan for None."""
    if plan_id is None:
        return session.exec(select(BonusPlan).where(col(BonusPlan.is_current), col(BonusPlan.is_default))).first()
    asked = session.get(BonusPlan, plan_id)
    if asked is None or asked.is_current:
        return asked
    return session.exec(select(BonusPlan).where(BonusPlan.name == asked.name, col(BonusPlan.is_current))).first()


def current_plans(session: Session) -> list[BonusPlan]:
    """Every plan in force, the default first, then by name."""
    return list(session.exec(select(BonusPlan).where(col(BonusPlan.is_current)).order_by(col(BonusPlan.is_default).desc(), col(BonusPlan.name))))


_PARTS = select(Milestone).where(Milestone.plan_id == bindparam("plan_id")).order_by(col(Milestone.position))


def milestones(session: Session, plan_id: int) -> list[Milestone]:
    """The parts of one version, in order."""
    return list(session.exec(_PARTS, params={"plan_id": plan_id}))


def draft_plan(session: Session, now: datetime, actor_id: int | None, draft: PlanDraft) -> BonusPlan:
    """Write the next version of the plan with this name, not in force yet."""
    newest = session.exec(select(BonusPlan).where(BonusPlan.name == draft.name.strip()).order_by(col(BonusPlan.version).desc()).limit(1)).first()
    plan = BonusPlan(
        name=draft.name.strip(), version=newest.version + 1 if newest else 1, currency=draft.currency, is_default=draft.is_default,
        department=draft.department.strip(), country=draft.country.strip(), created_at=now, created_by=actor_id,
    )  # fmt: skip
    session.add(plan)
    session.flush()
    assert plan.id is not None
    for position, part in enumerate(draft.instalments, start=1):
        session.add(Milestone(
            plan_id=plan.id, position=position, days_after_start=part.days, reward=part.reward, amount_minor=part.money.amount_minor,
            days_off=part.days_off, charity_id=part.charity_id,
        ))  # fmt: skip
    session.flush()
    audit.note(session, now, actor_id, "plan.drafted", "plan", plan.id, f"version {plan.version}")
    return plan


def put_in_force(session: Session, now: datetime, actor_id: int | None, plan_id: int) -> BonusPlan:
    """Let new referrals earn by this version. Referrals that are confirmed keep theirs.

    Raises Stale when this version is in force already, or a newer one is; Refusal `plans.scope_taken` when another plan is
    meant for the same openings.
    """
    plan = session.get(BonusPlan, plan_id)
    if plan is None:
        raise Stale("plans.gone")
    in_force = current(session, plan_id)
    if in_force and in_force.version >= plan.version:
        raise Stale("plans.in_force", name=plan.name, version=in_force.version)
    if other := _same_scope(session, plan):
        raise Refusal("plans.scope_taken", name=other.name)
    if plan.is_default:
        session.execute(update(BonusPlan).where(col(BonusPlan.is_default), col(BonusPlan.is_current)).values(is_default=False))
    session.execute(update(BonusPlan).where(col(BonusPlan.name) == plan.name, col(BonusPlan.is_current)).values(is_current=False))
    session.execute(update(BonusPlan).where(col(BonusPlan.id) == plan_id).values(is_current=True))
    session.refresh(plan)
    audit.note(session, now, actor_id, "plan.in_force", "plan", plan_id, f"version {plan.version}")
    return plan


def _same_scope(session: Session, plan: BonusPlan) -> BonusPlan | None:
    scope = (plan.department.casefold(), plan.country.casefold())
    others = current_plans(session) if any(scope) else []
    return next((p for p in others if p.name != plan.name and (p.department.casefold(), p.country.casefold()) == scope), None)


def adopt(session: Session, now: datetime, actor_id: int | None, draft: PlanDraft) -> BonusPlan:
    """Write the next version and put it into force at once."""
    plan = draft_plan(session, now, actor_id, draft)
    return put_in_force(session, now, actor_id, plan.id or 0)
