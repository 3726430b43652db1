"""What people's records forget: expired sign-in links and sessions, unfinished imports, and a person who asks to be erased."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, delete
from sqlmodel import Field, Session, SQLModel, col, or_, select

from bot.db import utc_field
from bot.people.identities import Identity
from bot.people.records import Person, PersonChange, RoleGrant
from bot.people.sign_in import SignInLink, WebSession
from bot.people.staging import ImportLine
from bot.vault import Vault

PAGE = 1000


def expired(session: Session, now: datetime) -> bool:
    """Delete what nobody can use any more, up to 1,000 rows of each sort; True while there is more.

    Links and sessions keep wall time and `now` is programme time, which the demo moves ahead by months: so they go long
    after they ended, not at once.
    """
    links = _some(session, SignInLink, col(SignInLink.expires_at) < now - timedelta(days=1))
    sessions = _some(session, WebSession, or_(col(WebSession.expires_at) < now - timedelta(days=365), col(WebSession.revoked_at) < now - timedelta(days=1)))
    lines = session.execute(delete(ImportLine).where(col(ImportLine.at) < now - timedelta(days=1), col(ImportLine.run).in_(_oldest_run(now))))
    return max(links, sessions) == PAGE or (isinstance(lines, CursorResult) and lines.rowcount > 0)


def _oldest_run(now: datetime) -> Any:
    return select(ImportLine.run).where(col(ImportLine.at) < now - timedelta(days=1)).limit(1)


def _some(session: Session, table: type[SQLModel], condition: Any) -> int:
    key: Any = table.__mapper__.primary_key[0]  # type: ignore[attr-defined]
    result = session.execute(delete(table).where(key.in_(select(key).where(condition).limit(PAGE))))
    return result.rowcount if isinstance(result, CursorResult) else 0


def erase(session: Session, now: datetime, person: Person) -> None:
    """Forget who a person is. The row stays without a name, because the ledger and others point at its id."""
    person_id = person.id or 0
    session.execute(delete(ImportLine).where(col(ImportLine.email) == person.email))
    for table in (Identity, SignInLink, WebSession, RoleGrant, PersonChange):
        session.execute(delete(table).where(col(table.person_id) == person_id))
    for field, value in (_NOBODY | {"email": f"erased-{person_id}@invalid"}).items():
        setattr(person, field, value)
    gone_on = now.date() - timedelta(days=1)  # a last day of today would still count as here
    person.end_on = min(person.end_on or gone_on, gone_on)
    person.erased_at, person.version = now, person.version + 1
    session.add(person)
    session.flush()


# Contractor: alumni and stakeholders would count as here for ever.
_NOBODY: dict[str, Any] = {
    "name": "–", "department": "", "location": "", "country": "", "subdivision": "", "kind": "contractor", "locale": "en", "time_zone": "UTC",
    "manager_id": None, "start_on": None, "notice_on": None, "enrolled_at": None, "paused_until": None, "on_leaderboard": False, "preferred_platform": "",
    "is_locale_own": False, "is_time_zone_own": False, "erase_asked_at": None,
}  # fmt: skip


class AskedOut(SQLModel, table=True):
    """Somebody with this address asked to be erased: a keyed hash, so that no people file brings them back into the programme."""

    address_hash: str = Field(primary_key=True)
    at: datetime = utc_field()


def keep_out(session: Session, vault: Vault, now: datetime, email: str) -> None:
    """From now on a people file does not bring this address back into the programme."""
    session.merge(AskedOut(address_hash=vault.keyed_hash(email), at=now))


def let_in(session: Session, vault: Vault, email: str) -> bool:
    """They want to come back: people files may bring them again. False when nobody with this address had asked to be erased."""
    hashes = vault.keyed_hashes(email.strip().lower())
    done = session.execute(delete(AskedOut).where(col(AskedOut.address_hash).in_(hashes)))
    return isinstance(done, CursorResult) and done.rowcount > 0


def asked_out(session: Session) -> frozenset[str]:
    """The keyed hashes of everybody who asked to be erased."""
    return frozenset(session.exec(select(AskedOut.address_hash)))
