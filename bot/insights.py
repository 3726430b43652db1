"""Figures with their formulas. Share opened, confirmed by a click and self-reported are three figures, never added."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import distinct, func
from sqlalchemy import select as sa_select
from sqlmodel import Field, Session, SQLModel, col, select

from bot import audiences
from bot.bonuses import Bonus
from bot.money import exponent
from bot.people import Person
from bot.referrals import Referral
from bot.referrals.records import StageChange
from bot.shares import ALL, Click, ClickTotal, Share, StoryTotal, period_of
from bot.stories import Story
from bot.strategy import LOWER_IS_BETTER, Measure, Strategy


class EnrolledDay(SQLModel, table=True):
    """How many people were enrolled and here on a day: the denominator of that day, so that the past does not change."""

    on: date = Field(primary_key=True)
    people: int


@dataclass(frozen=True)
class Standing:
    """One line of the leaderboard."""

    place: int
    person_id: int
    name: str
    clicks: int


@dataclass(frozen=True)
class Own:
    """A person's own numbers, shown to nobody else: human clicks of this month and ever, shares opened ever."""

    month: int
    ever: int
    shares: int


@dataclass(frozen=True)
class Adoption:
    """People who shared, of the people enrolled at that time; `percent` rounded to the nearest whole."""

    sharers: int
    enrolled: int

    @property
    def percent(self) -> int:
        """100 × sharers ÷ enrolled, 0 where nobody was enrolled."""
        return (200 * self.sharers + self.enrolled) // (2 * self.enrolled) if self.enrolled else 0


def leaderboard(session: Session, now: datetime, limit: int = 20, time_zone: str = "UTC") -> list[Standing]:
    """The most human clicks in the company's current month, only of people who opted in and are enrolled.

    Formula: count of clicks of sort `human` on the person's links, by the month of the click. Equal numbers share a place.
    """
    query = (
        select(ClickTotal.clicks, Person.id, Person.name)
        .join(Person, col(Person.id) == ClickTotal.person_id)
        .where(ClickTotal.period == period_of(now, time_zone), col(Person.on_leaderboard), col(Person.enrolled_at).is_not(None), ClickTotal.clicks > 0)
        .order_by(col(ClickTotal.clicks).desc(), col(ClickTotal.person_id).desc())
        .limit(limit)
    )
    found: list[Standing] = []
    for i, (clicks, person_id, name) in enumerate(session.exec(query), start=1):
        place = found[-1].place if found and found[-1].clicks == clicks else i
        found.append(Standing(place, person_id or 0, name, clicks))
    return found


def own(session: Session, now: datetime, person_id: int, time_zone: str = "UTC") -> Own:
    """A person's own numbers."""
    totals = dict(session.exec(select(ClickTotal.period, ClickTotal.clicks).where(ClickTotal.person_id == person_id)).all())
    shares = session.exec(select(func.count()).select_from(Share).where(Share.person_id == person_id, col(Share.opened_at).is_not(None))).one()
    return Own(totals.get(period_of(now, time_zone), 0), totals.get(ALL, 0), shares)


def human_clicks(session: Session, start: datetime, end: datetime, strategy_id: int | None = None) -> int:
    """Clicks of sort `human` in [start, end); of one strategy's stories if given."""
    return _count(session, Click, func.count(), (Click.sort == "human", col(Click.at) >= start, col(Click.at) < end), strategy_id)


def shares(session: Session, start: datetime, end: datetime, strategy_id: int | None = None) -> int:
    """Shares whose dialog was opened in [start, end): one per person, story and network."""
    return _count(session, Share, func.count(), (col(Share.opened_at) >= start, col(Share.opened_at) < end), strategy_id)


def sharers(session: Session, start: datetime, end: datetime, strategy_id: int | None = None) -> int:
    """Different people who opened a share dialog in [start, end)."""
    return _count(session, Share, func.count(distinct(col(Share.person_id))), (col(Share.opened_at) >= start, col(Share.opened_at) < end), strategy_id)


def _count(session: Session, table: Any, what: Any, where: tuple[Any, ...], strategy_id: int | None) -> int:
    query = select(what).select_from(table).where(*where)
    if strategy_id is not None:
        query = query.join(Story, col(Story.id) == table.story_id).where(Story.strategy_id == strategy_id)
    return int(session.exec(query).one())


def adoption(session: Session, start: datetime, end: datetime, today: date, strategy_id: int | None = None) -> Adoption:
    """People who shared in [start, end) ÷ people enrolled on the last day of it (the stored number of that day).

    Days before counting began, or not counted yet, take today's number.
    """
    last = min(today, (end - timedelta(microseconds=1)).date())
    row = session.get(EnrolledDay, last)
    enrolled = row.people if row else audiences.count(session, audiences.Rule(), today)
    return Adoption(sharers(session, start, end, strategy_id), enrolled)


def count_enrolled(session: Session, today: date) -> None:
    """Write down how many are enrolled today, once a day."""
    if session.get(EnrolledDay, today) is None:
        session.add(EnrolledDay(on=today, people=audiences.count(session, audiences.Rule(), today)))


def story_clicks(session: Session, story_ids: list[int]) -> dict[int, int]:
    """Human clicks by story, from the totals (at most one tick old)."""
    query = select(StoryTotal.story_id, StoryTotal.clicks).where(col(StoryTotal.story_id).in_(story_ids), StoryTotal.sort == "human")
    return dict(session.exec(query).all())


def gives(session: Session, start: datetime, end: datetime, strategy_id: int | None = None) -> int:
    """Stories of kind give published in [start, end) and not recalled."""
    return _published(session, start, end, strategy_id, Story.kind == "give", Story.state != "recalled")


def published(session: Session, start: datetime, end: datetime, strategy_id: int | None = None) -> int:
    """Stories published in [start, end), of any kind, recalled ones too."""
    return _published(session, start, end, strategy_id)


def _published(session: Session, start: datetime, end: datetime, strategy_id: int | None, *where: Any) -> int:
    query = select(func.count()).select_from(Story).where(col(Story.published_at) >= start, col(Story.published_at) < end, *where)
    return int(session.exec(query.where(Story.strategy_id == strategy_id) if strategy_id is not None else query).one())


def clicks_per_share(session: Session, start: datetime, end: datetime, strategy_id: int | None = None) -> int:
    """Human clicks in [start, end) ÷ shares opened in it, rounded to the nearest whole; 0 without shares."""
    opened = shares(session, start, end, strategy_id)
    return (2 * human_clicks(session, start, end, strategy_id) + opened) // (2 * opened) if opened else 0


def referrals_confirmed(session: Session, start: datetime, end: datetime) -> int:
    """Referrals that the candidate confirmed in [start, end): of the whole programme, since a referral belongs to no story."""
    when = col(Referral.confirmed_at) >= start, col(Referral.confirmed_at) < end
    return int(session.exec(select(func.count()).select_from(Referral).where(*when)).one())


def followers(session: Session, strategy_id: int) -> int:
    """Alumni and stakeholders who take part, now and on a break too: those of the strategy's audience."""
    row = session.get(Strategy, strategy_id)
    outside = col(Person.enrolled_at).is_not(None), col(Person.kind).in_(("alumna", "stakeholder"))
    meant = audiences.condition(audiences.rule_of(session, row.audience_id if row else None))
    return int(session.scalar(sa_select(func.count()).select_from(Person).where(*outside, meant)) or 0)


def hires(session: Session, start: datetime, end: datetime) -> int:
    """Referrals that became a hire in [start, end), of the whole programme, whatever became of them since."""
    return int(session.scalar(sa_select(func.count()).select_from(_hired(start, end).subquery())) or 0)


def _hired(start: datetime, end: datetime) -> Any:
    """SELECT of the ids of referrals that moved to `hired` in [start, end)."""
    when = col(StageChange.new) == "hired", col(StageChange.at) >= start, col(StageChange.at) < end
    return sa_select(col(StageChange.referral_id)).where(*when).distinct()


def cost_per_hire(session: Session, start: datetime, end: datetime, currency: str) -> int | None:
    """What referral bonuses cost for each hire of [start, end): the bonuses of those hires that are owed or paid, in whole units of
    the company's currency, ÷ hires. None without a hire.

    ANSI/SHRM: (internal + external cost) ÷ hires; a referral bonus is internal cost, and the only one that Vinkki knows. Other
    currencies, days off and bonuses that were forfeited or recovered are left out.
    """
    count = hires(session, start, end)
    if not count:
        return None
    cost = sa_select(func.coalesce(func.sum(col(Bonus.amount_minor)), 0)).where(col(Bonus.referral_id).in_(_hired(start, end)))
    counted = col(Bonus.currency) == currency, col(Bonus.state).not_in(("forfeited", "void", "recovered"))
    minor, per_unit = int(session.scalar(cost.where(*counted)) or 0), int(10 ** exponent(currency))
    return (2 * minor + count * per_unit) // (2 * count * per_unit)


@dataclass(frozen=True)
class Progress:
    """How a measure stands: `now` is None while there is nothing to count. `percent` of the target (up to 999; for a figure that
    should be low, how much of what was reached the target is), `planned`: percent of the time that has passed.

    reached; missed: the day has passed; on_plan: at least nine tenths of what a straight line asks for by today; behind: less.
    """

    measure: Measure
    now: int | None
    percent: int
    planned: int
    verdict: Literal["reached", "on_plan", "behind", "missed"]


def progress(session: Session, measure: Measure, now: datetime, today: date, currency: str, time_zone: str = "UTC") -> Progress:
    """How a measure stands, counted from the day it was set to now, and to the end of its deadline at the latest."""
    zone = ZoneInfo(time_zone)
    start, end = datetime.combine(measure.start_on, time(), zone), now.astimezone(zone) + timedelta(microseconds=1)
    if measure.deadline < today:  # else what was missed would turn into reached some day
        end = datetime.combine(measure.deadline + timedelta(days=1), time(), zone)
    count = figure(session, measure.figure, measure.strategy_id, start, end, today, currency)
    lower = measure.figure in LOWER_IS_BETTER
    percent = 0 if count is None else min(999, 100 * measure.target // max(1, count) if lower else 100 * count // measure.target)
    days, gone = (measure.deadline - measure.start_on).days, (min(today, measure.deadline) - measure.start_on).days
    planned = 100 * gone // max(1, days)
    if percent >= 100 and not (lower and today < measure.deadline):
        return Progress(measure, count, percent, planned, "reached")
    if today > measure.deadline:
        return Progress(measure, count, percent, planned, "missed")
    behind = count is not None and percent < 100 if lower or measure.figure in RATES else percent * 10 < planned * 9
    return Progress(measure, count, percent, planned, "behind" if behind else "on_plan")


RATES = frozenset({"clicks_per_share"})  # these do not grow with time: they are on plan when they are where they should be


def figure(session: Session, name: str, strategy_id: int, start: datetime, end: datetime, today: date, currency: str) -> int | None:
    """A measure's figure in [start, end): of the strategy's stories, but for referrals, hires and cost per hire, which are the whole
    programme's, and for followers, which are those of today. None where there is nothing to count yet. Raises KeyError for an unknown name."""
    of_stories = {"human_clicks": human_clicks, "shares": shares, "sharers": sharers, "stories": published, "gives": gives,
                  "clicks_per_share": clicks_per_share}  # fmt: skip
    of_programme = {"referrals": referrals_confirmed, "hires": hires}
    if name in of_stories:
        return of_stories[name](session, start, end, strategy_id)
    if name in of_programme:
        return of_programme[name](session, start, end)
    if name == "adoption":
        return adoption(session, start, end, today, strategy_id).percent
    if name == "followers":
        return followers(session, strategy_id)
    if name == "cost_per_hire":
        return cost_per_hire(session, start, end, currency)
    raise KeyError(name)
