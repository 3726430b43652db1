"""Bonuses in lists: what waits for HR, and everything."""

from __future__ import annotations

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, select

from bot.bonuses.records import Bonus


def to_do(session: Session, offset: int, limit: int) -> tuple[list[Bonus], int]:
    """What waits for HR's decision (eligible and held), the longest due first; a page of it and how many in all."""
    waits = col(Bonus.state).in_(("eligible", "held"))
    rows = select(Bonus).where(waits).order_by(col(Bonus.due_on), col(Bonus.id)).offset(offset).limit(limit)
    return list(session.exec(rows)), _count(session, waits)


def everything(session: Session, offset: int, limit: int) -> tuple[list[Bonus], int]:
    """Every bonus, the newest first; a page of it and how many in all."""
    rows = select(Bonus).order_by(col(Bonus.id).desc()).offset(offset).limit(limit)
    return list(session.exec(rows)), _count(session, col(Bonus.id) > 0)


def _count(session: Session, which: ColumnElement[bool]) -> int:
    return session.exec(select(func.count()).select_from(Bonus).where(which)).one()
