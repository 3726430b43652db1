"""Strategies as rows: made, changed, measured, acted on, closed."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Session, col, select

from bot import audit
from bot.db import remove
from bot.errors import FieldRefusal, Refusal
from bot.strategy.records import FIGURES, KINDS, Action, Measure, Strategy

MEASURES_MAX = 10
ACTIONS_MAX = 10


def create(session: Session, now: datetime, actor_id: int, name: str, goal: str, audience_id: int | None) -> Strategy:
    """A new strategy. Raises FieldRefusal when the name is taken or empty, or the goal is empty."""
    row = Strategy(name="", goal="", audience_id=audience_id, author_id=actor_id, created_at=now)
    _name(session, row, name, goal)
    session.add(row)
    session.flush()
    audit.note(session, now, actor_id, "strategy.created", "strategy", row.id or 0)
    return row


def change(session: Session, now: datetime, actor_id: int, strategy_id: int, name: str, goal: str, audience_id: int | None) -> Strategy:
    """Say it anew. Raises FieldRefusal as `create` does."""
    row = get(session, strategy_id)
    _name(session, row, name, goal)
    row.audience_id = audience_id
    session.add(row)
    audit.note(session, now, actor_id, "strategy.changed", "strategy", strategy_id)
    return row


def _name(session: Session, row: Strategy, name: str, goal: str) -> None:
    name, goal = name.strip(), goal.strip()
    if not name or session.exec(select(Strategy.id).where(Strategy.name == name, Strategy.id != row.id)).first():
        raise FieldRefusal("name", "strategy.refused.name", name=name[:80])
    if not goal:
        raise FieldRefusal("goal", "strategy.refused.goal")
    row.name, row.goal = name[:120], goal[:1000]


def close(session: Session, now: datetime, actor_id: int, strategy_id: int) -> Strategy:
    """No new stories belong to it, and Monday's report leaves it out. What is done stays done."""
    row = get(session, strategy_id)
    row.closed_at = row.closed_at or now
    session.add(row)
    audit.note(session, now, actor_id, "strategy.closed", "strategy", strategy_id)
    return row


def get(session: Session, strategy_id: int) -> Strategy:
    """The strategy. Raises Refusal `strategy.refused.unknown`."""
    row = session.get(Strategy, strategy_id)
    if row is None:
        raise Refusal("strategy.refused.unknown")
    return row


def listed(session: Session) -> list[Strategy]:
    """The strategies that are open, by name."""
    return list(session.exec(select(Strategy).where(col(Strategy.closed_at).is_(None)).order_by(col(Strategy.name))))


def add_measure(session: Session, now: datetime, actor_id: int, strategy_id: int, figure: str, target: int, deadline: date, today: date) -> Measure:
    """Add a measure that counts from `today`, the company's calendar day. Raises FieldRefusal for an unknown figure, a target below
    one or a deadline that has passed."""
    if figure not in FIGURES or len(measures(session, strategy_id)) >= MEASURES_MAX:
        raise FieldRefusal("figure", "strategy.refused.figure")
    if not 0 < target <= 1_000_000_000 or (figure == "adoption" and target > 100):
        raise FieldRefusal("target", "strategy.refused.target")
    if deadline <= today or deadline.year > 2199:
        raise FieldRefusal("deadline", "strategy.refused.deadline")
    row = Measure(strategy_id=strategy_id, figure=figure, target=target, start_on=today, deadline=deadline)
    session.add(row)
    session.flush()
    audit.note(session, now, actor_id, "measure.added", "strategy", strategy_id, figure)
    return row


def drop_measure(session: Session, now: datetime, actor_id: int, measure_id: int) -> int:
    """Take a measure away; returns its strategy's id. Raises Refusal when it is gone already."""
    return _drop(session, now, actor_id, session.get(Measure, measure_id), "measure.dropped")


def measures(session: Session, strategy_id: int) -> list[Measure]:
    """The measures of a strategy, in the order they were added."""
    return list(session.exec(select(Measure).where(Measure.strategy_id == strategy_id).order_by(col(Measure.id))))


def add_action(session: Session, now: datetime, actor_id: int, strategy_id: int, audience_id: int | None, kind: str, every_days: int, today: date) -> Action:
    """Plan a rhythm; another one for the same audience and kind takes its place. Raises FieldRefusal for a rhythm out of 1–365 days."""
    if kind not in KINDS:
        raise FieldRefusal("kind", "stories.refused.kind")
    if not 1 <= every_days <= 365:
        raise FieldRefusal("every", "strategy.refused.every")
    here = actions(session, strategy_id)
    row = next((a for a in here if (a.audience_id, a.kind) == (audience_id, kind)), None)
    if row is None and len(here) >= ACTIONS_MAX:
        raise FieldRefusal("kind", "strategy.refused.actions")
    row = row or Action(strategy_id=strategy_id, audience_id=audience_id, kind=kind, every_days=every_days, start_on=today)
    row.every_days = every_days
    session.add(row)
    session.flush()
    audit.note(session, now, actor_id, "action.planned", "strategy", strategy_id, f"{kind} every {every_days} days")
    return row


def drop_action(session: Session, now: datetime, actor_id: int, action_id: int) -> int:
    """Take a rhythm away; returns its strategy's id. Raises Refusal when it is gone already."""
    return _drop(session, now, actor_id, session.get(Action, action_id), "action.dropped")


def actions(session: Session, strategy_id: int | None = None) -> list[Action]:
    """The planned rhythms of a strategy, or of all that are open."""
    query = select(Action).join(Strategy, col(Strategy.id) == Action.strategy_id).where(col(Strategy.closed_at).is_(None)).order_by(col(Action.id))
    return list(session.exec(query.where(Action.strategy_id == strategy_id) if strategy_id else query))


def _drop(session: Session, now: datetime, actor_id: int, row: Measure | Action | None, what: str) -> int:
    if row is None or not remove(session, row):
        raise Refusal("strategy.refused.gone")
    audit.note(session, now, actor_id, what, "strategy", row.strategy_id)
    return row.strategy_id
