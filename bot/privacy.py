"""Privacy: forgetting. Each noun forgets its own; this only calls them, and knows no table but the receipts."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import CursorResult, delete
from sqlmodel import Session, col, select

from bot import referrals, shares
from bot.outbox import Receipt
from bot.people import leaving

PAGE = 1000
RECEIPT_LIFE = timedelta(days=2)  # every platform has long stopped repeating by then


def erase_person(session: Session, now: datetime, person_id: int) -> bool:
    """Forget who a person of the directory is, in every noun; False when there is no such person. Amounts and dates stay."""
    referrals.erase_person(session, now, person_id)
    shares.erase_person(session, person_id)
    return leaving.erase(session, now, person_id)


def expired(session: Session, now: datetime) -> bool:
    """Delete what has had its time, at most 1,000 rows of a sort; True while there is more."""
    old = select(Receipt.key).where(col(Receipt.at) < now - RECEIPT_LIFE).limit(PAGE)
    receipts = session.execute(delete(Receipt).where(col(Receipt.key).in_(old)))
    more = isinstance(receipts, CursorResult) and receipts.rowcount == PAGE
    return leaving.expired(session, now) or more
