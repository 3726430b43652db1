"""The rows of openings: the vacancy itself, the job board it may come from, and what a reading of that board brought."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from bot.db import utc_field
from bot.plans import Where
from bot.polling import Polled

LOCALES = ("en", "fi", "sv")


class JobOpening(SQLModel, table=True):
    """A vacancy. `requisition_id` is the applicant tracking system's id; None where HR made the opening here.

    It takes referrals while `is_open` and until the end of `open_until` (a day in the company's zone; None: no end).
    `search` holds the folded words that a lookup compares with: those of the title, a line's end, the others.
    Where a job board lists it, `board_key` is its id there, and `board_state` how it stands: `listed`; `asked`: it vanished and HR
    was asked (in the report `asked_in`); `kept`: HR keeps it open all the same; `closed`: HR agreed, and it opens again when it
    comes back; `left`: it vanished when it was closed anyway. Empty for all others.
    """

    __table_args__ = (
        Index(
            "ux_jobopening_board", "board_id", "board_key", unique=True,
            sqlite_where=text("board_id IS NOT NULL"), postgresql_where=text("board_id IS NOT NULL"),
        ),
    )  # fmt: skip
    id: int | None = Field(default=None, primary_key=True)
    requisition_id: str | None = Field(default=None, unique=True)
    title: str
    department: str = ""
    location: str = ""
    country: str = ""
    language: str = "en"
    hiring_manager_id: int | None = Field(default=None, foreign_key="person.id")
    recruiter_id: int | None = Field(default=None, foreign_key="person.id")
    plan_id: int | None = Field(default=None, foreign_key="bonusplan.id")
    open_until: date | None = None
    is_open: bool = Field(default=True, index=True)
    description: str = ""
    link: str = ""
    search: str = ""
    board_id: int | None = Field(default=None, foreign_key="jobboard.id")
    board_key: str = ""
    board_state: str = ""
    asked_in: int | None = Field(default=None, foreign_key="boardreport.id", index=True)
    version: int = 1
    created_at: datetime = utc_field()

    def takes_referrals(self, today: date) -> bool:
        """Open on that day."""
        return self.is_open and (self.open_until is None or self.open_until >= today)

    @property
    def where(self) -> Where:
        """What plans and campaigns look at."""
        return Where(self.id, self.plan_id, self.department, self.country)


class JobBoard(Polled, table=True):
    """A public list of the organisation's openings that is read every day: Greenhouse, Lever, Teamtailor, or a page with JobPosting.

    `form` is which of them it turned out to be. `left_out` holds, as JSON, at most ten entries of the last reading that could not be
    kept: [where, words' key, count].
    """

    __table_args__ = (Index("ix_jobboard_due", "next_at", sqlite_where=text("is_on"), postgresql_where=text("is_on")),)
    form: str = ""
    language: str = "en"  # of openings whose board names none
    left_out: str = ""
    left_out_count: int = 0


class BoardReport(SQLModel, table=True):
    """What a reading of a job board changed, as HR is told: counts of openings."""

    id: int | None = Field(default=None, primary_key=True)
    board_id: int = Field(foreign_key="jobboard.id", index=True)
    at: datetime = utc_field()
    created: int = 0
    changed: int = 0
    reopened: int = 0
    missing: int = 0
    left_out: int = 0
