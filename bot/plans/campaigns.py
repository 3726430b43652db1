"""A campaign: an extra on top of the plan for referrals confirmed while it runs. What was promised by one is never changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import BigInteger, CheckConstraint
from sqlmodel import Field, Session, SQLModel, col, select

from bot import audit
from bot.db import utc_field
from bot.errors import FieldRefusal, Stale
from bot.money import Money
from bot.plans.records import MAX_DAYS

LONGEST = timedelta(days=731)  # what runs longer is a plan


class Campaign(SQLModel, table=True):
    """An amount on top, from one day to another (both in the company's zone, both included).

    `opening_id`, `department`, `country` and `audience_id` each narrow it where given. A row is a draft until `started_at`; only
    `until_on` changes after that, and only to an earlier day: referrals keep the campaign they were confirmed under.
    """

    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="campaign_amount_is_positive"),
        CheckConstraint("until_on >= from_on", name="campaign_ends_after_it_begins"),
    )
    id: int | None = Field(default=None, primary_key=True)
    name: str
    amount_minor: int = Field(sa_type=BigInteger)
    currency: str = Field(max_length=3)
    days_after_start: int
    from_on: date
    until_on: date = Field(index=True)
    opening_id: int | None = Field(default=None, foreign_key="jobopening.id")
    department: str = ""
    country: str = ""
    audience_id: int | None = Field(default=None, foreign_key="audience.id")  # which referrers; None: everybody
    started_at: datetime | None = utc_field(default=None)
    created_at: datetime = utc_field()
    created_by: int | None = Field(default=None, foreign_key="person.id")

    @property
    def money(self) -> Money:
        """What it adds."""
        return Money(self.amount_minor, self.currency)


@dataclass(frozen=True)
class CampaignDraft:
    """A campaign as somebody wants it. Raises FieldRefusal for what cannot be."""

    name: str
    money: Money
    days: int
    from_on: date
    until_on: date
    opening_id: int | None = None
    department: str = ""
    country: str = ""
    audience_id: int | None = None

    def __post_init__(self) -> None:
        if not 1 <= len(self.name.strip()) <= 80:
            raise FieldRefusal("name", "plans.campaign.name_missing")
        if self.money.amount_minor <= 0:
            raise FieldRefusal("amount", "plans.nothing")
        if not 0 <= self.days <= MAX_DAYS:
            raise FieldRefusal("days", "plans.days", count=MAX_DAYS)
        if self.until_on < self.from_on:
            raise FieldRefusal("until_on", "plans.campaign.backwards")
        if self.until_on - self.from_on > LONGEST:
            raise FieldRefusal("until_on", "plans.campaign.long")


def draft_campaign(session: Session, now: datetime, actor_id: int | None, draft: CampaignDraft) -> Campaign:
    """Write a campaign down, not started yet."""
    row = Campaign(
        name=draft.name.strip(), amount_minor=draft.money.amount_minor, currency=draft.money.currency, days_after_start=draft.days, from_on=draft.from_on,
        until_on=draft.until_on, opening_id=draft.opening_id, department=draft.department.strip(), country=draft.country.strip(),
        audience_id=draft.audience_id, created_at=now, created_by=actor_id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    audit.note(session, now, actor_id, "campaign.drafted", "campaign", row.id or 0)
    return row


def start_campaign(session: Session, now: datetime, actor_id: int | None, campaign_id: int) -> Campaign:
    """Let referrals earn by it. Raises Stale when it was started before."""
    row = session.get(Campaign, campaign_id, with_for_update=True)
    if row is None or row.started_at:
        raise Stale("plans.campaign.started_already" if row else "plans.campaign.gone")
    row.started_at = now
    session.add(row)
    audit.note(session, now, actor_id, "campaign.started", "campaign", campaign_id)
    return row


def end_campaign(session: Session, now: datetime, actor_id: int | None, campaign_id: int, today: date) -> Campaign:
    """Let today be its last day; one that has not begun is a draft again. Promises stay. Raises Stale when it is over already."""
    row = session.get(Campaign, campaign_id, with_for_update=True)
    if row is None or row.started_at is None or row.until_on <= today:
        raise Stale("plans.campaign.over" if row else "plans.campaign.gone")
    if row.from_on > today:
        row.started_at = None
    else:
        row.until_on = today
    session.add(row)
    audit.note(session, now, actor_id, "campaign.ended", "campaign", campaign_id)
    return row


def running(session: Session, today: date, opening_id: int | None, department: str, country: str, is_member: Callable[[int], bool]) -> Campaign | None:
    """The campaign under which a referral made today earns its extra: of those that fit, the one that gives most.

    `is_member` tells whether the referrer belongs to an audience.
    """
    dates = col(Campaign.started_at).is_not(None), col(Campaign.from_on) <= today, col(Campaign.until_on) >= today
    found = session.exec(select(Campaign).where(*dates).order_by(col(Campaign.amount_minor).desc(), col(Campaign.id)))
    return next((c for c in found if _fits(c, opening_id, department, country) and (c.audience_id is None or is_member(c.audience_id))), None)


def _fits(campaign: Campaign, opening_id: int | None, department: str, country: str) -> bool:
    wanted = ((campaign.opening_id, opening_id), (campaign.department.casefold(), department.casefold()), (campaign.country.casefold(), country.casefold()))
    return all(not want or want == have for want, have in wanted)


def page(session: Session, offset: int, limit: int) -> list[Campaign]:
    """Campaigns, those that end last first."""
    return list(session.exec(select(Campaign).order_by(col(Campaign.until_on).desc(), col(Campaign.id).desc()).offset(offset).limit(limit)))
