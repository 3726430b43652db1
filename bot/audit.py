"""Who did what, when: append-only rows with ids, never names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Index, bindparam, insert
from sqlmodel import Field, Session, SQLModel, col, select

from bot.db import utc_field


class AuditEntry(SQLModel, table=True):
    """One deed. `actor_id` is None when time or a candidate did it (`what` says so). Triggers refuse change and deletion."""

    __table_args__ = (Index("ix_audit_subject", "subject", "subject_id"),)
    id: int | None = Field(default=None, primary_key=True)
    at: datetime = utc_field()
    actor_id: int | None = Field(default=None, index=True)
    what: str  # "referral.taken", "bonus.approved", "role.granted", "refused.button"
    subject: str  # "referral", "bonus", "story", "person", ...
    subject_id: int = 0
    detail: str = ""  # ids, states, versions and reasons in short; no names, no addresses


# Built once and of the table, not of the class: a row that is only ever written needs no object, which takes six times as long.
_WRITE = insert(SQLModel.metadata.tables["auditentry"])


def note(session: Session, now: datetime, actor_id: int | None, what: str, subject: str, subject_id: int, detail: str = "") -> None:
    """Write down a deed in the transaction that does it."""
    session.execute(_WRITE, {"at": now, "actor_id": actor_id, "what": what, "subject": subject, "subject_id": subject_id, "detail": detail})


def note_many(session: Session, now: datetime, actor_id: int | None, subject: str, deeds: Sequence[tuple[str, int, str]]) -> None:
    """Write down many deeds of one kind of thing in one go: (what, subject id, detail) each."""
    rows = [{"at": now, "actor_id": actor_id, "what": what, "subject": subject, "subject_id": i, "detail": detail} for what, i, detail in deeds]
    if rows:
        session.execute(_WRITE, rows)


_HISTORY = select(AuditEntry).where(AuditEntry.subject == bindparam("subject"), AuditEntry.subject_id == bindparam("subject_id")).order_by(col(AuditEntry.id))


def history(session: Session, subject: str, subject_id: int) -> list[AuditEntry]:
    """Everything that was done to one thing, oldest first."""
    return list(session.exec(_HISTORY, params={"subject": subject, "subject_id": subject_id}))
