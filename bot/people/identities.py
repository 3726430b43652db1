"""Identities: by which account on which platform we know a person, and where a message to them goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Boolean, Integer, String, UniqueConstraint, bindparam, column, text, update
from sqlmodel import Field, Session, SQLModel, col, select

from bot import audit
from bot.db import UtcDateTime, insert_of, utc_field
from bot.people.records import Person, by_email


class Identity(SQLModel, table=True):
    """An account. `address` is opaque text that only its platform reads (a conversation reference, a DM's id)."""

    __table_args__ = (UniqueConstraint("platform", "workspace", "user"),)
    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    platform: str
    workspace: str = ""
    user: str
    address: str = ""
    verified_by: str = ""  # "platform" (its API gave the e-mail), "mail" (a one-time link), "admin"
    is_reachable: bool = True  # False once the platform says blocked or uninstalled
    seen_at: datetime = utc_field()


@dataclass(frozen=True)
class Reach:
    """Where a message to a person goes. platform "mail": the address is an e-mail address."""

    platform: str
    workspace: str
    address: str

    @property
    def lane(self) -> str:
        """The queue it waits in: one per workspace, tenant, mail server, or the portal."""
        return f"{self.platform}:{self.workspace}" if self.workspace else self.platform


# Built once: every event passes here, and building a statement costs as much as running it.
_PERSON_BY = (
    select(Person)
    .join(Identity, col(Identity.person_id) == Person.id)
    .where(Identity.platform == bindparam("platform"), Identity.workspace == bindparam("workspace"), Identity.user == bindparam("user"))
)


def person_by(session: Session, platform: str, workspace: str, user: str) -> Person | None:
    """The person behind an authenticated account, or None. Portal accounts are our own person ids."""
    if platform == "portal":
        return session.get(Person, int(user)) if user.isdigit() else None
    return session.exec(_PERSON_BY, params={"platform": platform, "workspace": workspace, "user": user}).first()


def link(session: Session, now: datetime, platform: str, workspace: str, user: str, address: str, email: str, verified_by: str) -> Person | None:
    """Tie an account to the person with a *verified* e-mail; None when nobody has that address."""
    person = by_email(session, email)
    if person is None or person.id is None:
        return None
    insert = insert_of(session)
    new = insert(Identity).values(
        person_id=person.id, platform=platform, workspace=workspace, user=user, address=address, verified_by=verified_by, is_reachable=True, seen_at=now
    )
    changes = {"person_id": person.id, "verified_by": verified_by, "is_reachable": True, "seen_at": now} | ({"address": address} if address else {})
    session.execute(new.on_conflict_do_update(index_elements=["platform", "workspace", "user"], set_=changes))
    for known in [row for row in session.identity_map.values() if isinstance(row, Identity)]:
        session.expire(known)
    audit.note(session, now, person.id, "identity.linked", "person", person.id, f"{platform} by {verified_by}")
    return person


_SEEN = text('SELECT id, address, is_reachable, seen_at FROM identity WHERE platform = :platform AND workspace = :workspace AND "user" = :user').columns(
    column("id", Integer), column("address", String), column("is_reachable", Boolean), column("seen_at", UtcDateTime())
)


def seen(session: Session, now: datetime, platform: str, workspace: str, user: str, address: str) -> None:
    """Keep the newest address of an account: a Teams service URL may move. Writes at most once an hour unless it changed.

    Plain SQL where nothing changed, since every event passes here.
    """
    row = session.connection().execute(_SEEN, {"platform": platform, "workspace": workspace, "user": user}).first()
    if row and (not row.is_reachable or (address and address != row.address) or (now - row.seen_at).total_seconds() > 3600):
        session.execute(update(Identity).where(col(Identity.id) == row.id).values(address=address or row.address, seen_at=now, is_reachable=True))


_OF_PERSON = (
    select(Identity.platform, Identity.workspace, Identity.address, Identity.user)
    .where(Identity.person_id == bindparam("person_id"), col(Identity.is_reachable))
    .order_by(col(Identity.seen_at).desc())
)


def reach(session: Session, person: Person) -> Reach:
    """Where to tell them: the preferred platform, else where they were last seen, else by mail. The portal shows it in any case."""
    if person.preferred_platform == "mail":
        return Reach("mail", "", person.email)
    found = sorted(session.exec(_OF_PERSON, params={"person_id": person.id}), key=lambda row: row[0] != person.preferred_platform)
    if found:
        platform, workspace, address, user = found[0]
        return Reach(platform, workspace, address or user)
    return Reach("mail", "", person.email)
