"""Bonuses in lists: what waits for HR, and everything."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, CursorResult, func, update
from sqlmodel import Session, col, select

from bot.bonuses.records import Bonus

DECIDED_BY_HR = ("eligible", "held", "clawback_due")


def to_do(session: Session, offset: int, limit: int) -> tuple[list[Bonus], int]:
    """What waits for HR's decision (eligible, held, to be paid back), the longest due first; a page of it and how many in all."""
    waits = col(Bonus.state).in_(DECIDED_BY_HR)
    rows = select(Bonus).where(waits).order_by(col(Bonus.due_on), col(Bonus.id)).offset(offset).limit(limit)
    return list(session.exec(rows)), _count(session, waits)


def everything(session: Session, offset: int, limit: int) -> tuple[list[Bonus], int]:
    """Every bonus, the newest first; a page of it and how many in all."""
    rows = select(Bonus).order_by(col(Bonus.id).desc()).offset(offset).limit(limit)
    return list(session.exec(rows)), _count(session, col(Bonus.id) > 0)


def escalate(session: Session, now: datetime, waits_since: datetime) -> int:
    """Mark what has waited for a decision since before then; returns how many were not marked before."""
    late = update(Bonus).where(col(Bonus.state).in_(DECIDED_BY_HR), col(Bonus.state_since) < waits_since, col(Bonus.escalated_at).is_(None))
    done = session.execute(late.values(escalated_at=now))
    assert isinstance(done, CursorResult)
    return int(done.rowcount)


def overdue(session: Session) -> tuple[int, datetime | None]:
    """What was escalated and still waits: how many, and since when the longest does."""
    query = select(func.count(), func.min(Bonus.state_since)).where(col(Bonus.state).in_(DECIDED_BY_HR), col(Bonus.escalated_at).is_not(None))
    return session.exec(query).one()


def _count(session: Session, which: ColumnElement[bool]) -> int:
    return session.exec(select(func.count()).select_from(Bonus).where(which)).one()
