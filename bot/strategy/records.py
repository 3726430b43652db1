"""The strategy with its measures and actions, what each story did to the balance, and who let an ask go early."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from bot.db import utc_field

KINDS = ("give", "tell", "ask")
# Names of figures; their formulas stand in insights.figures and in the handbook.
FIGURES = ("adoption", "sharers", "shares", "human_clicks", "clicks_per_share", "stories", "gives", "followers", "referrals", "hires", "cost_per_hire")
LOWER_IS_BETTER = frozenset({"cost_per_hire"})


class Strategy(SQLModel, table=True):
    """A goal (why) for a target group. Its measures show whether it is reached, its actions what is done for it."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    goal: str
    audience_id: int | None = Field(default=None, foreign_key="audience.id")
    author_id: int | None = Field(default=None, foreign_key="person.id")
    created_at: datetime = utc_field()
    closed_at: datetime | None = utc_field(default=None)  # its stories keep it; no new ones


class Measure(SQLModel, table=True):
    """A figure's name (one of FIGURES, computed by insights), its target and the day it should be reached by.

    `start_on`: the day it was set; the plan runs in a straight line from there to the deadline.
    """

    id: int | None = Field(default=None, primary_key=True)
    strategy_id: int = Field(foreign_key="strategy.id", index=True)
    figure: str
    target: int
    start_on: date
    deadline: date


class Action(SQLModel, table=True):
    """The planned rhythm: a story of this kind for this audience (None: everyone) every so many days."""

    id: int | None = Field(default=None, primary_key=True)
    strategy_id: int = Field(foreign_key="strategy.id", index=True)
    audience_id: int | None = Field(default=None, foreign_key="audience.id")
    kind: str
    every_days: int
    start_on: date


class BalanceEntry(SQLModel, table=True):
    """What one published story gave to, told or asked of an audience. `audience_id` is None for everyone.

    `is_taken_back`: the story was recalled. A give or tell that was taken back counts no more; an ask was asked all the same.
    """

    __table_args__ = (Index("ix_balanceentry_window", "on", "audience_id", "kind"), Index("ix_balanceentry_last", "audience_id", "kind", "on"))
    id: int | None = Field(default=None, primary_key=True)
    audience_id: int | None = Field(default=None, foreign_key="audience.id")
    story_id: int = Field(unique=True)  # no foreign key: strategy never knows stories
    kind: str
    on: date
    is_taken_back: bool = False


class Override(SQLModel, table=True):
    """Somebody let an ask go before it was earned, and why. It holds for this story and this audience only."""

    id: int | None = Field(default=None, primary_key=True)
    story_id: int = Field(index=True)
    audience_id: int | None = Field(default=None, foreign_key="audience.id")
    reason: str
    gives_owed: int
    tells_owed: int
    actor_id: int = Field(foreign_key="person.id")
    at: datetime = utc_field(index=True)
