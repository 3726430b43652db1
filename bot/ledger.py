"""The ledger: one row is one movement, append-only, hash-chained."""

from __future__ import annotations

from sqlmodel import Field, SQLModel


class LedgerEntry(SQLModel, table=True):
    """One immutable movement of money."""

    id: int | None = Field(default=None, primary_key=True)
