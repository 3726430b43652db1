"""Why stories go out: a goal with measures for an audience, and the balance between giving and asking."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Index, func
from sqlmodel import Field, Session, SQLModel, col, select

from bot import audit, settings
from bot.db import utc_field
from bot.errors import FieldRefusal

KINDS = ("give", "tell", "ask")
FIGURES = ("human_clicks", "shares", "sharers", "adoption", "stories", "referrals", "hires")


class Strategy(SQLModel, table=True):
    """A goal (why) for a target group. Its measures show whether it is reached."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    goal: str
    audience_id: int | None = Field(default=None, foreign_key="audience.id")
    author_id: int | None = Field(default=None, foreign_key="person.id")
    created_at: datetime = utc_field()


class Measure(SQLModel, table=True):
    """A figure's name (one of FIGURES, computed by insights), its target and the day it should be reached by."""

    id: int | None = Field(default=None, primary_key=True)
    strategy_id: int = Field(foreign_key="strategy.id", index=True)
    figure: str
    target: int
    deadline: date


class BalanceEntry(SQLModel, table=True):
    """What one published story gave to, told or asked of an audience. `audience_id` is None for everyone."""

    __table_args__ = (Index("ix_balanceentry_window", "audience_id", "on"),)
    id: int | None = Field(default=None, primary_key=True)
    audience_id: int | None = Field(default=None, foreign_key="audience.id")
    story_id: int = Field(unique=True)  # no foreign key: strategy never knows stories
    kind: str
    on: date


@dataclass(frozen=True)
class Balance:
    """How many stories of each kind an audience got in the window, and the ratio that is wanted."""

    give: int
    tell: int
    ask: int
    ratio: tuple[int, int, int]
    days: int

    def plus(self, kind: str) -> Balance:
        """The balance after one more story of that kind."""
        counts = {name: getattr(self, name) + (name == kind) for name in KINDS}
        return Balance(**counts, ratio=self.ratio, days=self.days)

    @property
    def gives_owed(self) -> int:
        """Gives still owed for the asks made: asks × give ÷ ask of the ratio, rounded up, less the gives there were."""
        wanted, _tell, asks = self.ratio
        return max(0, -(-self.ask * wanted // max(1, asks)) - self.give)


def balance(session: Session, audience_id: int | None, today: date) -> Balance:
    """The balance of an audience over the rolling window of the settings (`balance.*`), ending today."""
    days = int(settings.get(session, "balance.window_days"))
    query = select(BalanceEntry.kind, func.count()).where(col(BalanceEntry.on) > today - timedelta(days=days), col(BalanceEntry.on) <= today)
    query = query.where(col(BalanceEntry.audience_id).is_(None) if audience_id is None else col(BalanceEntry.audience_id) == audience_id)
    counts: dict[str, int] = {kind: int(count) for kind, count in session.exec(query.group_by(BalanceEntry.kind))}
    ratio = tuple(int(settings.get(session, f"balance.{kind}")) for kind in KINDS)
    return Balance(counts.get("give", 0), counts.get("tell", 0), counts.get("ask", 0), (ratio[0], ratio[1], ratio[2]), days)


def enter(session: Session, audience_id: int | None, story_id: int, kind: str, on: date) -> None:
    """Write down that a story of this kind went to an audience; once per story."""
    if session.exec(select(BalanceEntry.id).where(BalanceEntry.story_id == story_id)).first() is None:
        session.add(BalanceEntry(audience_id=audience_id, story_id=story_id, kind=kind, on=on))


def create(session: Session, now: datetime, actor_id: int, name: str, goal: str, audience_id: int | None) -> Strategy:
    """A new strategy. Raises FieldRefusal when the name is taken or empty, or the goal is empty."""
    name, goal = name.strip(), goal.strip()
    if not name or session.exec(select(Strategy.id).where(Strategy.name == name)).first():
        raise FieldRefusal("name", "strategy.refused.name", name=name[:80])
    if not goal:
        raise FieldRefusal("goal", "strategy.refused.goal")
    row = Strategy(name=name[:120], goal=goal[:1000], audience_id=audience_id, author_id=actor_id, created_at=now)
    session.add(row)
    session.flush()
    audit.note(session, now, actor_id, "strategy.created", "strategy", row.id or 0)
    return row


def add_measure(session: Session, now: datetime, actor_id: int, strategy_id: int, figure: str, target: int, deadline: date) -> Measure:
    """Add a measure. Raises FieldRefusal for an unknown figure, a target below one or a deadline that has passed."""
    if figure not in FIGURES:
        raise FieldRefusal("figure", "strategy.refused.figure")
    if not 0 < target <= 1_000_000_000:
        raise FieldRefusal("target", "strategy.refused.target")
    if deadline <= now.date():
        raise FieldRefusal("deadline", "strategy.refused.deadline")
    row = Measure(strategy_id=strategy_id, figure=figure, target=target, deadline=deadline)
    session.add(row)
    session.flush()
    audit.note(session, now, actor_id, "measure.added", "strategy", strategy_id, figure)
    return row


def listed(session: Session) -> list[Strategy]:
    """Every strategy by name."""
    return list(session.exec(select(Strategy).order_by(col(Strategy.name))))


def measures(session: Session, strategy_id: int) -> list[Measure]:
    """The measures of a strategy, in the order they were added."""
    return list(session.exec(select(Measure).where(Measure.strategy_id == strategy_id).order_by(col(Measure.id))))
