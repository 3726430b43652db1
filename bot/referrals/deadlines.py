"""The promise not to leave anybody in silence: by which day the next word is due, and whether it came by then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Field, Session, SQLModel, col, func, select

from bot import settings
from bot.db import utc_field
from bot.referrals.records import Referral
from bot.referrals.responsible import recruiters_of
from bot.referrals.stages import ACTIVE
from bot.referrals.workdays import Calendar, calendar_of

# stage -> the setting that holds its working days
DAYS = {"confirmed": "referral.take_days", "taken": "referral.contact_days"} | dict.fromkeys(ACTIVE[2:], "referral.update_days")


@dataclass(frozen=True)
class Deadline:
    """By the end of `due_on` the candidate is to hear something. Reminded on that morning, escalated on a later working day's."""

    since: datetime
    due_on: date
    remind_at: datetime
    escalate_at: datetime
    calendar: Calendar

    def is_late(self, now: datetime) -> bool:
        """The day that was promised is over."""
        return self.calendar.day(now) > self.due_on


class DeadlineRecord(SQLModel, table=True):
    """How one promise ended: kept (a recruiter or HR acted by the end of the day), or not. Those that a candidate's own step made
    needless in time are not written."""

    id: int | None = Field(default=None, primary_key=True)
    referral_id: int = Field(foreign_key="referral.id", index=True)
    stage: str
    due_on: date
    at: datetime = utc_field(index=True)
    is_kept: bool


@dataclass(frozen=True)
class Kept:
    """Promises that came to an end in a period, or are late now; `percent` rounded to the nearest whole."""

    kept: int
    broken: int

    @property
    def percent(self) -> int:
        """100 × kept ÷ (kept + broken), 100 where there were none."""
        whole = self.kept + self.broken
        return (200 * self.kept + whole) // (2 * whole) if whole else 100


def deadline(session: Session, now: datetime, referral: Referral, known: dict[tuple[int | None, int | None], Calendar] | None = None) -> Deadline | None:
    """By when the next word is due, in the calendar of whoever is responsible now; None where nobody owes one.

    `known` keeps calendars from one referral to the next, for whoever reads many.
    """
    if referral.stage not in DAYS:
        return None
    whose = referral.recruiter_id, referral.opening_id
    calendar = known.get(whose) if known else None
    if calendar is None:
        calendar = calendar_of(session, recruiters_of(session, referral, now))
    if known is not None:
        known[whose] = calendar
    since = referral.waits_since or referral.stage_since
    due_on = calendar.later(calendar.day(since), int(settings.get(session, DAYS[referral.stage])))
    later = calendar.later(due_on, int(settings.get(session, "referral.escalate_days")))
    return Deadline(since, due_on, calendar.morning(due_on), calendar.morning(later), calendar)


def note_end(session: Session, now: datetime, referral_id: int, stage: str, promise: Deadline | None, *, is_ours: bool) -> None:
    """Write down how a promise ended: by a step of ours, or by one of the candidate's (which leaves a late one broken)."""
    if promise and (is_ours or promise.is_late(now)):
        session.add(DeadlineRecord(referral_id=referral_id, stage=stage, due_on=promise.due_on, at=now, is_kept=not promise.is_late(now)))


def open_deadlines(session: Session, now: datetime, limit: int = 5000) -> list[tuple[Referral, Deadline]]:
    """Every promise that waits for somebody, the one due first at the front."""
    rows = session.exec(select(Referral).where(col(Referral.stage).in_(ACTIVE)).order_by(col(Referral.stage_since), col(Referral.id)).limit(limit))
    known: dict[tuple[int | None, int | None], Calendar] = {}
    found = [(row, promise) for row in rows if (promise := deadline(session, now, row, known))]
    return sorted(found, key=lambda pair: (pair[1].due_on, pair[0].id or 0))


def kept(session: Session, start: datetime, now: datetime, waiting: list[tuple[Referral, Deadline]]) -> Kept:
    """Formula: promises kept ÷ (kept + broken) of those that ended in [start, now]; what is late at this moment (of `waiting`)
    counts as broken."""
    query = select(DeadlineRecord.is_kept, func.count()).where(col(DeadlineRecord.at) >= start, col(DeadlineRecord.at) <= now)
    ended = {bool(is_kept): count for is_kept, count in session.exec(query.group_by(col(DeadlineRecord.is_kept)))}
    return Kept(ended.get(True, 0), ended.get(False, 0) + sum(promise.is_late(now) for _, promise in waiting))
