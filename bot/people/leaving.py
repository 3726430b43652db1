"""What people's records forget: expired sign-in links and sessions, unfinished imports, and a person who asks to be erased."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, delete
from sqlmodel import Session, SQLModel, col, or_, select

from bot import audit
from bot.people.identities import Identity
from bot.people.records import Person, RoleGrant
from bot.people.sign_in import SignInLink, WebSession
from bot.people.staging import ImportLine

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


def erase(session: Session, now: datetime, person_id: int) -> bool:
    """Forget who a person is. The row stays without a name, because the ledger and others point at its id; False when unknown."""
    person = session.get(Person, person_id)
    if person is None:
        return False
    for table in (Identity, SignInLink, WebSession, RoleGrant):
        session.execute(delete(table).where(col(table.person_id) == person_id))
    person.email, person.name, person.department, person.location, person.country = f"erased-{person_id}@invalid", "–", "", "", ""
    person.enrolled_at, person.on_leaderboard, person.manager_id = None, False, None
    person.end_on = person.end_on or now.date()
    person.kind = "contractor" if person.kind in ("alumna", "stakeholder") else person.kind  # these would count as here for ever
    person.version += 1
    session.add(person)
    session.flush()
    audit.note(session, now, None, "person.erased", "person", person_id)
    return True
