"""The person, their roles, and a row for every change that matters to others."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, UniqueConstraint, bindparam, text
from sqlmodel import Field, Session, SQLModel, col, select

from bot import audit
from bot.db import remove, utc_field
from bot.errors import Refusal

KINDS = ("employee", "contractor", "alumna", "stakeholder")
ROLES = ("hr", "curator", "recruiter", "payroll", "executive")


_LEFT, _ASKED = "end_on IS NOT NULL AND erased_at IS NULL", "erase_asked_at IS NOT NULL"


class Person(SQLModel, table=True):
    """Somebody in the directory. One person on all platforms; `email` is lower case and unique.

    A leaver keeps the row (`end_on` in the past); alumni and stakeholders have no chat seat as a rule.
    """

    __table_args__ = (
        Index("ix_person_left", "end_on", sqlite_where=text(_LEFT), postgresql_where=text(_LEFT)),
        Index("ix_person_asked_out", "erase_asked_at", sqlite_where=text(_ASKED), postgresql_where=text(_ASKED)),
    )
    id: int | None = Field(default=None, primary_key=True)
    email: str = Field(unique=True)
    name: str
    locale: str = "en"
    time_zone: str = "Europe/Helsinki"
    department: str = ""
    location: str = ""
    country: str = ""
    subdivision: str = ""  # part of the country (ISO 3166-2), for its public holidays
    kind: str = Field(default="employee", index=True)
    manager_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    start_on: date | None = None
    notice_on: date | None = None
    end_on: date | None = None
    enrolled_at: datetime | None = utc_field(default=None)  # joined as an advocate; None after opting out
    paused_until: date | None = None  # no stories until then
    on_leaderboard: bool = False  # opt-in, withdrawable at once
    preferred_platform: str = ""  # "" = where they were last seen; "mail" = by e-mail in any case
    is_locale_own: bool = False  # chose the language themselves: the directory's no longer counts
    is_time_zone_own: bool = False
    erase_asked_at: datetime | None = utc_field(default=None)  # asked to be erased; waits for a bonus that is not settled
    erased_at: datetime | None = utc_field(default=None)  # nothing here tells who it was
    version: int = 1

    def is_here(self, today: date) -> bool:
        """Still with us on that day (for alumni and stakeholders: not removed)."""
        return self.end_on is None or self.kind in ("alumna", "stakeholder") or self.end_on >= today


class RoleGrant(SQLModel, table=True):
    """A role somebody holds now. Read again from the database at every click."""

    __table_args__ = (UniqueConstraint("person_id", "role"),)
    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    role: str = Field(index=True)


class PersonChange(SQLModel, table=True):
    """One field that changed (start_on, notice_on, end_on, manager_id, kind, …); a clock step feeds bonuses from these."""

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    field: str
    old: str
    new: str
    at: datetime = utc_field()


def by_email(session: Session, email: str) -> Person | None:
    """The person with this address, whatever its case."""
    return session.exec(select(Person).where(Person.email == email.strip().lower())).first()


_ROLES_OF = select(RoleGrant.role).where(RoleGrant.person_id == bindparam("person_id"))  # built once: read at every click


def roles_of(session: Session, person_id: int) -> frozenset[str]:
    """The roles somebody holds at this moment."""
    return frozenset(session.exec(_ROLES_OF, params={"person_id": person_id}))


def has_role(session: Session, person_id: int, *roles: str) -> bool:
    """Holds at least one of the roles now."""
    return bool(roles_of(session, person_id) & set(roles))


_HOLDERS = select(Person).join(RoleGrant, col(RoleGrant.person_id) == Person.id).where(RoleGrant.role == bindparam("role")).order_by(col(Person.id))


def holders(session: Session, role: str) -> list[Person]:
    """Everybody who holds a role, by id."""
    return list(session.exec(_HOLDERS, params={"role": role}))


def grant(session: Session, now: datetime, actor_id: int | None, person: Person, role: str) -> bool:
    """Give a role; False when it was held already. Raises Refusal `people.unknown_role`."""
    if role not in ROLES:
        raise Refusal("people.unknown_role", role=role, roles=", ".join(ROLES))
    assert person.id is not None
    if has_role(session, person.id, role):
        return False
    session.add(RoleGrant(person_id=person.id, role=role))
    audit.note(session, now, actor_id, "role.granted", "person", person.id, role)
    return True


def revoke(session: Session, now: datetime, actor_id: int | None, person: Person, role: str) -> bool:
    """Take a role away; False when it was not held."""
    row = session.exec(select(RoleGrant).where(RoleGrant.person_id == person.id, RoleGrant.role == role)).first()
    if row is None or not remove(session, row):
        return False
    audit.note(session, now, actor_id, "role.revoked", "person", person.id or 0, role)
    return True
