"""Signing in without a password: a one-time link by e-mail, then a session. Only hashes of tokens are kept.

Every `now` here is wall time: links and sessions do not age with the demo clock.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import CursorResult, update
from sqlmodel import Field, Session, SQLModel, col, select

from bot.db import utc_field
from bot.people.records import Person
from bot.vault import token_hash

LINK_LIFE = timedelta(minutes=20)
SESSION_LIFE = timedelta(days=30)
ASKS_PER_HOUR = 6  # links for one address; more are answered alike and not sent


class SignInLink(SQLModel, table=True):
    """A one-time link. For an address nobody has, the row stands there all the same (`person_id` None) and leads nowhere.

    `sealed` is the token under the deployment's key, for the letter that is built later; it goes when the link is used.
    """

    id: int | None = Field(default=None, primary_key=True)
    token_hash: str = Field(unique=True)
    sealed: str
    salt: str  # with the token it makes the session's token: neither the mailbox nor the database has both
    purpose: str  # sign_in | link_identity
    person_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    address_hash: str = Field(index=True)  # keyed hash of the e-mail that was typed
    platform: str = ""  # the account to be tied, for link_identity
    workspace: str = ""
    user: str = ""
    address: str = ""
    created_at: datetime = utc_field()
    expires_at: datetime = utc_field(index=True)
    used_at: datetime | None = utc_field(default=None)


class WebSession(SQLModel, table=True):
    """A signed-in browser."""

    id: int | None = Field(default=None, primary_key=True)
    token_hash: str = Field(unique=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    created_at: datetime = utc_field()
    expires_at: datetime = utc_field(index=True)
    revoked_at: datetime | None = utc_field(default=None)


@dataclass(frozen=True)
class Account:
    """The chat account that a link is to tie to a person; all empty for a plain sign-in."""

    platform: str = ""
    workspace: str = ""
    user: str = ""
    address: str = ""


def code_of(token: str) -> str:
    """Four digits shown where the link was asked for and where it is opened: a link asked for by somebody else shows other ones."""
    return f"{int(token_hash(token)[:12], 16) % 10_000:04d}"


def asked_lately(session: Session, address_hash: str, now: datetime) -> int:
    """How many links were asked for with this address in the last hour."""
    query = select(SignInLink.id).where(SignInLink.address_hash == address_hash, SignInLink.created_at > now - timedelta(hours=1))
    return len(session.exec(query).all())


def usable(session: Session, token: str, purpose: str, now: datetime) -> SignInLink | None:
    """The link of a token while it can be used: known, for a person, not used, not expired."""
    row = session.exec(select(SignInLink).where(SignInLink.token_hash == token_hash(token), SignInLink.purpose == purpose)).first()
    return row if row and row.person_id is not None and row.used_at is None and row.expires_at > now else None


def use(session: Session, link: SignInLink, now: datetime) -> bool:
    """Use a link up; False when somebody was quicker."""
    done = update(SignInLink).where(col(SignInLink.id) == link.id, col(SignInLink.used_at).is_(None))
    result = session.execute(done.values(used_at=now, sealed=""))
    return isinstance(result, CursorResult) and result.rowcount == 1


def open_session(session: Session, token: str, now: datetime) -> str | None:
    """Trade a sign-in link's token for a session's token (for the browser's cookie); None when the link is not usable."""
    link = usable(session, token, "sign_in", now)
    if link is None or link.person_id is None or not use(session, link, now):
        return None
    secret = hmac.new(link.salt.encode(), token.encode(), hashlib.sha256).hexdigest()
    session.add(WebSession(token_hash=token_hash(secret), person_id=link.person_id, created_at=now, expires_at=now + SESSION_LIFE))
    return secret


def session_person(session: Session, token: str, now: datetime, today: date) -> Person | None:
    """Who is signed in with this session token; None when it is unknown, closed or over, or the person has left. `today` is the
    company's day: a last day ends at its midnight."""
    query = select(Person).join(WebSession, col(WebSession.person_id) == Person.id)
    query = query.where(WebSession.token_hash == token_hash(token), col(WebSession.revoked_at).is_(None), WebSession.expires_at > now)
    person = session.exec(query).first()
    return person if person and person.is_here(today) else None


def close_session(session: Session, token: str, now: datetime) -> None:
    """Sign out one browser."""
    session.execute(update(WebSession).where(col(WebSession.token_hash) == token_hash(token), col(WebSession.revoked_at).is_(None)).values(revoked_at=now))
