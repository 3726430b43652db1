"""Secret addresses at which a person's own calendar program reads the editorial calendar. Only a hash of each is kept."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import CursorResult, delete, update
from sqlmodel import Field, Session, SQLModel, col, select

from bot import audit
from bot.db import utc_field


class CalendarKey(SQLModel, table=True):
    """One address that was given out. At most one per person is in force."""

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    token_hash: str = Field(unique=True)
    created_at: datetime = utc_field()
    revoked_at: datetime | None = utc_field(default=None)


def _hash(token: str) -> str:
    return hashlib.sha256(f"calendar {token}".encode()).hexdigest()  # 128 random bits need no slow hash


def give(session: Session, now: datetime, person_id: int, token: str) -> None:
    """A new address for a person; the one before stops working. `token`: 128 random bits."""
    _end(session, now, person_id)
    session.add(CalendarKey(person_id=person_id, token_hash=_hash(token), created_at=now))
    audit.note(session, now, person_id, "calendar.address_made", "person", person_id)


def revoke(session: Session, now: datetime, person_id: int) -> bool:
    """The person's address stops working; False when there was none."""
    ended = _end(session, now, person_id)
    if ended:
        audit.note(session, now, person_id, "calendar.address_revoked", "person", person_id)
    return ended


def _end(session: Session, now: datetime, person_id: int) -> bool:
    mine = col(CalendarKey.person_id) == person_id, col(CalendarKey.revoked_at).is_(None)
    done = session.execute(update(CalendarKey).where(*mine).values(revoked_at=now))
    return isinstance(done, CursorResult) and done.rowcount > 0


def given(session: Session, person_id: int) -> CalendarKey | None:
    """The person's address in force, if any: since when, not what it is."""
    return session.exec(select(CalendarKey).where(CalendarKey.person_id == person_id, col(CalendarKey.revoked_at).is_(None))).first()


def holder(session: Session, token: str) -> int | None:
    """Whose address it is; None when it is none, or not any more."""
    return session.exec(select(CalendarKey.person_id).where(CalendarKey.token_hash == _hash(token), col(CalendarKey.revoked_at).is_(None))).first()


def forget(session: Session, person_id: int) -> None:
    """Somebody is erased."""
    session.execute(delete(CalendarKey).where(col(CalendarKey.person_id) == person_id))
