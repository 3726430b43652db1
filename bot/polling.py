"""Addresses on the web that are read now and then: feeds of stories, job boards. Nothing here is fetched: the row is the schedule,
and whoever holds the network claims what is due and brings back how it went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, CursorResult, or_, update
from sqlmodel import Field, Session, SQLModel, col, select

from bot import settings
from bot.db import utc_field
from bot.errors import Stale

LEASE = timedelta(minutes=10)  # for one reading
GONE = 410
# What a source starts with that is read as if nothing had ever gone wrong with it.
AFRESH = MappingProxyType({"failures": 0, "failing_since": None, "told_at": None})


class Polled(SQLModel):
    """The columns of such an address.

    `next_at` is when it is read next, `asked_at` when it was tried last, `read_at` when that went well. `problem` names the words
    (`intake.unread.<problem>`) for what was wrong the last time, empty where nothing was.
    """

    id: int | None = Field(default=None, primary_key=True)
    name: str
    url: str = Field(unique=True)
    is_on: bool = True
    etag: str = ""
    last_modified: str = ""
    next_at: datetime = utc_field()
    asked_at: datetime | None = utc_field(default=None)
    read_at: datetime | None = utc_field(default=None)
    failures: int = 0  # in a row
    failing_since: datetime | None = utc_field(default=None)
    told_at: datetime | None = utc_field(default=None)  # HR was told that it fails
    problem: str = ""
    problem_status: int = 0
    created_at: datetime = utc_field()
    version: int = 1


P = TypeVar("P", bound=Polled)


@dataclass(frozen=True)
class Due:
    """A source that is to be read: its id, its address, and what the server told us to ask with."""

    id: int
    url: str
    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True)
class Outcome:
    """How a reading of `url` went. `problem` is empty where it went well; `wait` is how many seconds the server asked us to stay away."""

    etag: str = ""
    last_modified: str = ""
    problem: str = ""
    status: int = 0
    wait: int = 0
    url: str = ""


def is_due(session: Session, source: type[Polled], now: datetime) -> bool:
    """Some source of this kind is to be read now."""
    return session.exec(select(source.id).where(col(source.is_on), _is_due(source, now)).limit(1)).first() is not None


def claim_due(session: Session, source: type[Polled], now: datetime, most: int) -> list[Due]:
    """Take up to `most` that are due, so that no other process reads them meanwhile. One whose reader dies is due again soon."""
    due = select(source).where(col(source.is_on), _is_due(source, now)).order_by(col(source.next_at), col(source.id)).limit(most)
    return [claim(session, row, now) for row in session.exec(due.with_for_update(skip_locked=True))]


def claim(session: Session, row: Polled, now: datetime) -> Due:
    """Take this one, whether it is due or not."""
    row.next_at, row.asked_at = now + LEASE, now
    session.add(row)
    return Due(row.id or 0, row.url, row.etag, row.last_modified)


def change(session: Session, row: P, version: int, stale: str, **values: Any) -> P:
    """Write `values` where the row is still in the version that was seen. Raises Stale with the key `stale`."""
    source = type(row)
    seen = update(source).where(col(source.id) == row.id, col(source.version) == version)
    done = session.execute(seen.values(version=version + 1, **values).execution_options(synchronize_session=False))
    if not isinstance(done, CursorResult) or done.rowcount != 1:
        raise Stale(stale)
    session.refresh(row)
    return row


def moved_to(now: datetime) -> dict[str, Any]:
    """The columns of a source whose address is another now: read at once, as if never read."""
    return {**AFRESH, "next_at": now, "etag": "", "last_modified": "", "problem": ""}


def has_moved(row: Polled, url: str) -> bool:
    """Its address became another one while `url` was read: what came from there is of another source, and the new one is still due."""
    return bool(url) and row.url != url


def settle(session: Session, row: Polled, now: datetime, outcome: Outcome) -> None:
    """Write down how a reading went. A server that says `410 Gone` is not asked again."""
    row.problem, row.problem_status = outcome.problem, outcome.status
    if outcome.problem:
        row.failures, row.failing_since = row.failures + 1, row.failing_since or now
        row.is_on = row.is_on and outcome.status != GONE
    else:
        row.failures, row.failing_since, row.told_at, row.read_at = 0, None, None, now
        row.etag, row.last_modified = outcome.etag[:200], outcome.last_modified[:100]
    session.add(row)


def read_again_in(row: Polled, now: datetime, pause: timedelta, outcome: Outcome) -> None:
    """The next reading is after `pause`, or when the server wants us back, whichever is later."""
    row.next_at = now + max(pause, timedelta(seconds=outcome.wait))


def is_to_be_told(session: Session, row: Polled, now: datetime, *, is_pressing: bool = False) -> bool:
    """HR is told once: at once of what is gone or pressing, of any other trouble when it has lasted for days (a setting)."""
    if row.told_at is not None or row.failing_since is None:
        return False
    days = timedelta(days=int(settings.get(session, "feeds.tell_days")))
    if not is_pressing and row.problem_status != GONE and now - row.failing_since < days:
        return False
    row.told_at = now
    return True


def _is_due(source: type[Polled], now: datetime) -> ColumnElement[bool]:
    """Its time has come, or nobody asked it yet; or it was asked in what is the future by now: the clock was put back, and its next
    time is as far off."""
    return or_(col(source.next_at) <= now, col(source.asked_at).is_(None), col(source.asked_at) > now + LEASE)
