"""What recruiters and HR write down about a referral for themselves: sealed with the candidate's key, gone with it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete
from sqlmodel import Field, Session, SQLModel, col, select

from bot import audit
from bot.db import utc_field
from bot.errors import FieldRefusal
from bot.referrals.details import seal, unseal
from bot.referrals.records import Candidate, Referral
from bot.vault import Vault

LONGEST = 1000
KINDS = ("note", "source", "owner", "merged")  # a note; where HR's own entry comes from; why ownership was changed; why two became one


class ReferralNote(SQLModel, table=True):
    """One note. `sealed` opens with the candidate's key alone."""

    id: int | None = Field(default=None, primary_key=True)
    referral_id: int = Field(foreign_key="referral.id", index=True)
    author_id: int
    kind: str = "note"
    sealed: str
    at: datetime = utc_field()


def write_note(session: Session, vault: Vault, now: datetime, author_id: int, referral: Referral, text: str, kind: str = "note", field: str = "text") -> None:
    """Keep a note. Raises FieldRefusal for an empty one, one that is too long, or about somebody who was erased."""
    words = text.strip()
    if not words:
        raise FieldRefusal(field, "recruiting.error.note_empty")
    if len(words) > LONGEST:
        raise FieldRefusal(field, "recruiting.error.note_long", count=LONGEST)
    candidate = session.get(Candidate, referral.candidate_id)
    if candidate is None or candidate.erased_at:
        raise FieldRefusal(field, "recruiter.details.erased")
    sealed = seal(session, vault, referral.candidate_id, {"text": words})
    session.add(ReferralNote(referral_id=referral.id or 0, author_id=author_id, kind=kind, sealed=sealed, at=now))
    session.flush()
    audit.note(session, now, author_id, "referral.noted", "referral", referral.id or 0, kind)


def notes_of(session: Session, vault: Vault, referral: Referral) -> list[tuple[ReferralNote, str]]:
    """The notes on a referral with their words, oldest first; none once the candidate is erased."""
    rows = session.exec(select(ReferralNote).where(ReferralNote.referral_id == referral.id).order_by(col(ReferralNote.id)))
    return [(row, words) for row in rows if (words := unseal(session, vault, referral.candidate_id, row.sealed).get("text", ""))]


def forget_notes(session: Session, candidate_id: int) -> None:
    """The notes on everything of a candidate go."""
    session.execute(delete(ReferralNote).where(col(ReferralNote.referral_id).in_(select(Referral.id).where(Referral.candidate_id == candidate_id))))
