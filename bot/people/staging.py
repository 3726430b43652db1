"""The people file as it is read: one row per line, kept in the database so that memory stays flat, gone after the run."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from bot.db import utc_field


class ImportLine(SQLModel, table=True):
    """One line of one run. A refused line (`reason`) stays until the end: its person is in the file and no leaver."""

    __table_args__ = (Index("ix_import_line_email", "run", "email"),)
    run: str = Field(primary_key=True)
    line: int = Field(primary_key=True)
    email: str
    name: str = ""
    locale: str = ""
    time_zone: str = ""
    department: str = ""
    location: str = ""
    country: str = ""
    subdivision: str = ""
    manager_email: str = ""
    roles: str = ""
    kind: str = "employee"
    start_on: date | None = None
    notice_on: date | None = None
    end_on: date | None = None
    reason: str = ""
    has_asked_out: bool = False  # somebody with this address asked to be erased
    at: datetime = utc_field(index=True)
