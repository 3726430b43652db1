"""A candidate's CV: one file, sealed with their own key, so that it goes with them. What it is was judged before it came here."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Column, LargeBinary, delete
from sqlmodel import Field, Session, SQLModel, col, select

from bot.db import utc_field
from bot.referrals.details import owner
from bot.vault import Vault

MOST_BYTES = 5 * 1024 * 1024
TYPES = {
    "pdf": "application/pdf", "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "odt": "application/vnd.oasis.opendocument.text",
}  # fmt: skip


class CandidateFile(SQLModel, table=True):
    """One candidate's CV. Neither its name nor anything in it stands here in clear; `kind` is a key of TYPES, `size` is in bytes."""

    candidate_id: int = Field(primary_key=True, foreign_key="candidate.id")
    kind: str
    size: int
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    at: datetime = utc_field()


@dataclass(frozen=True)
class Paper:
    """A file that was judged to be what `kind` says."""

    kind: str
    content: bytes = field(repr=False)

    @property
    def type(self) -> str:
        """Its media type."""
        return TYPES[self.kind]


def put_paper(session: Session, now: datetime, vault: Vault, candidate_id: int, paper: Paper) -> None:
    """Keep a candidate's CV, in place of an earlier one. Raises ValueError for a file that cannot have been judged."""
    if paper.kind not in TYPES or not 0 < len(paper.content) <= MOST_BYTES:
        raise ValueError("not a judged file")
    drop_paper(session, candidate_id)
    sealed = vault.seal_bytes_for(session, owner(candidate_id), paper.content)
    session.add(CandidateFile(candidate_id=candidate_id, kind=paper.kind, size=len(paper.content), sealed=sealed, at=now))
    session.flush()


def paper_facts(session: Session, candidate_id: int) -> tuple[str, int] | None:
    """The kind and size (bytes) of a candidate's CV, without reading it; None where there is none."""
    return session.exec(select(CandidateFile.kind, CandidateFile.size).where(CandidateFile.candidate_id == candidate_id)).first()


def open_paper(session: Session, vault: Vault, candidate_id: int) -> Paper | None:
    """A candidate's CV; None where there is none, and once they are erased."""
    row = session.get(CandidateFile, candidate_id)
    content = vault.open_bytes_for(session, owner(candidate_id), row.sealed) if row else None
    return Paper(row.kind, content) if row and content is not None else None


def drop_paper(session: Session, candidate_id: int) -> None:
    """The CV goes, the rest stays."""
    session.execute(delete(CandidateFile).where(col(CandidateFile.candidate_id) == candidate_id))
