"""Figures with their formulas. Share opened, confirmed by a click and self-reported are three figures, never added."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import distinct, func
from sqlmodel import Field, Session, SQLModel, col, select

from bot import audiences
from bot.people import Person
from bot.referrals import Referral
from bot.shares import ALL, Click, ClickTotal, Share, StoryTotal, period_of
from bot.stories import Story
from bot.strategy import Strategy

SMALLEST_GROUP = 5


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


def adoption_by_department(session: Session, start: datetime, end: datetime, today: date) -> dict[str, Adoption]:
    """The same per department as of today; departments with fewer than five people enrolled are left out."""
    here = col(Person.id).in_(audiences.member_ids(audiences.Rule(), today))
    sizes = session.exec(select(Person.department, func.count()).where(here).group_by(Person.department)).all()
    shared = (
        select(Person.department, func.count(distinct(col(Person.id))))
        .join(Share, col(Share.person_id) == Person.id)
        .where(here, col(Share.opened_at) >= start, col(Share.opened_at) < end)
    )
    by_department = dict(session.exec(shared.group_by(Person.department)).all())
    return {name: Adoption(by_department.get(name, 0), size) for name, size in sorted(sizes) if size >= SMALLEST_GROUP}


def count_enrolled(session: Session, today: date) -> None:
    """Write down how many are enrolled today, once a day."""
    if session.get(EnrolledDay, today) is None:
        session.add(EnrolledDay(on=today, people=audiences.count(session, audiences.Rule(), today)))


def story_clicks(session: Session, story_ids: list[int]) -> dict[int, int]:
    """Human clicks by story, from the totals (at most one tick old)."""
    query = select(StoryTotal.story_id, StoryTotal.clicks).where(col(StoryTotal.story_id).in_(story_ids), StoryTotal.sort == "human")
    return dict(session.exec(query).all())


def figure(session: Session, name: str, strategy: Strategy, now: datetime, today: date) -> int:
    """A measure's figure, from the day its strategy was made until now.

    human_clicks, shares, sharers, adoption (percent), stories (published): of the strategy's stories. referrals (confirmed)
    and hires: of the whole programme, since a referral belongs to no story.
    """
    start, end, which = strategy.created_at, now + timedelta(microseconds=1), strategy.id
    match name:
        case "human_clicks":
            return human_clicks(session, start, end, which)
        case "shares":
            return shares(session, start, end, which)
        case "sharers":
            return sharers(session, start, end, which)
        case "adoption":
            return adoption(session, start, end, today, which).percent
        case "stories":
            query = select(func.count()).select_from(Story).where(Story.strategy_id == which, col(Story.published_at) >= start)
            return int(session.exec(query).one())
        case "referrals":
            return int(session.exec(select(func.count()).select_from(Referral).where(col(Referral.confirmed_at) >= start)).one())
        case "hires":
            hired = (Referral.stage == "hired", col(Referral.stage_since) >= start)
            return int(session.exec(select(func.count()).select_from(Referral).where(*hired)).one())
    raise KeyError(name)
