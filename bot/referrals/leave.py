"""A recruiter is on leave: a deputy stands in, and everything is the recruiter's own again afterwards."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, delete
from sqlmodel import Field, Session, SQLModel, col, or_, select

from bot import audit, outbox, people
from bot.db import utc_field
from bot.errors import FieldRefusal
from bot.people import Person

LONGEST_DAYS = 366


class RecruiterLeave(SQLModel, table=True):
    """Who is away from when until when (both days included, by their own clock), and who stands in. One per recruiter."""

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", unique=True)
    deputy_id: int = Field(foreign_key="person.id", index=True)
    from_on: date
    until_on: date
    began_at: datetime | None = utc_field(default=None)  # when the deputy was told


def plan_leave(session: Session, now: datetime, actor_id: int, person: Person, deputy_id: int, from_on: date, until_on: date) -> RecruiterLeave:
    """Write a leave down in place of an earlier one. Raises FieldRefusal on `until_on` or `deputy`."""
    today = day_of(person, now)
    if until_on < max(from_on, today) or (until_on - from_on).days > LONGEST_DAYS:
        raise FieldRefusal("until_on", "leave.error.until")
    deputy = session.get(Person, deputy_id)
    if deputy is None or deputy.id == person.id or not may_recruit(session, deputy, now):
        raise FieldRefusal("deputy", "leave.error.deputy")
    theirs = leave_of(session, deputy_id)
    if theirs and theirs.from_on <= until_on and theirs.until_on >= from_on:
        raise FieldRefusal("deputy", "leave.error.deputy_away", name=deputy.name, until=theirs.until_on)
    end_leave(session, now, actor_id, person)
    row = RecruiterLeave(person_id=person.id or 0, deputy_id=deputy_id, from_on=from_on, until_on=until_on)
    session.add(row)
    session.flush()
    audit.note(session, now, actor_id, "leave.planned", "person", person.id or 0, f"{from_on} to {until_on}, deputy {deputy_id}")
    return row


def end_leave(session: Session, now: datetime, actor_id: int | None, person: Person) -> bool:
    """They are back, or stay after all; False when no leave was written down."""
    session.get(Person, person.id, with_for_update=True)  # two presses at once pass one after the other
    gone = session.execute(delete(RecruiterLeave).where(col(RecruiterLeave.person_id) == person.id).returning(col(RecruiterLeave.id))).all()
    if not gone:
        return False
    audit.note(session, now, actor_id, "leave.ended", "person", person.id or 0)
    return True


_LEAVE_OF = select(RecruiterLeave).where(RecruiterLeave.person_id == bindparam("person_id"))


def leave_of(session: Session, person_id: int) -> RecruiterLeave | None:
    """The leave written down for somebody: a coming one, or the one they are on."""
    return session.exec(_LEAVE_OF, params={"person_id": person_id}).first()


def deputy_of(session: Session, person: Person, now: datetime) -> Person | None:
    """Who stands in for somebody at this moment; None when they are at work, or when the deputy may not recruit any more or is
    away too: then it is as if nobody had it in hand."""
    row = leave_of(session, person.id or 0)
    if row is None or not row.from_on <= day_of(person, now) <= row.until_on:
        return None
    deputy = session.get(Person, row.deputy_id)
    return deputy if deputy and may_recruit(session, deputy, now) and not is_away(session, deputy, now) else None


def is_away(session: Session, person: Person, now: datetime) -> bool:
    """On leave at this moment."""
    row = leave_of(session, person.id or 0)
    return row is not None and row.from_on <= day_of(person, now) <= row.until_on


def covered_by(session: Session, deputy_id: int, now: datetime) -> list[int]:
    """For whom somebody stands in at this moment (ids)."""
    rows = session.exec(select(RecruiterLeave, Person).join(Person, col(Person.id) == RecruiterLeave.person_id).where(RecruiterLeave.deputy_id == deputy_id))
    return [person.id or 0 for row, person in rows if row.from_on <= day_of(person, now) <= row.until_on]


def turn_over(session: Session, now: datetime) -> bool:
    """Whose leave has begun: the deputy is told. Whose leave is over: they are told that everything is theirs again."""
    for row, person in session.exec(select(RecruiterLeave, Person).join(Person, col(Person.id) == RecruiterLeave.person_id).limit(500)):
        today, deputy = day_of(person, now), session.get(Person, row.deputy_id)
        if today > row.until_on:
            outbox.owe(session, now, f"leave:{row.id}:over", "leave_over", row.person_id, person)
            end_leave(session, now, None, person)
        elif row.from_on <= today and row.began_at is None and deputy:
            outbox.owe(session, now, f"leave:{row.id}:begun", "leave_begun", row.id or 0, deputy)
            row.began_at = now
            session.add(row)
    session.flush()
    return False


def may_recruit(session: Session, person: Person, now: datetime) -> bool:
    """Still with us, and holds a role that may see referrals."""
    return person.is_here(day_of(person, now)) and people.has_role(session, person.id or 0, "recruiter", "hr")


def day_of(person: Person, now: datetime) -> date:
    """The calendar day by somebody's own clock."""
    return now.astimezone(ZoneInfo(person.time_zone)).date()


def forget_leave(session: Session, person_id: int) -> None:
    """Somebody is erased: their leave goes, and so do those for which they stand in."""
    session.execute(delete(RecruiterLeave).where(or_(col(RecruiterLeave.person_id) == person_id, col(RecruiterLeave.deputy_id) == person_id)))
