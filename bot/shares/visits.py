"""The hot path of a share link: plain SQL on a DBAPI connection, SQLite's or PostgreSQL's. What it writes says nothing of the visitor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import blake2b
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

_TARGET = (
    "SELECT share.id, share.person_id, share.story_id, share.network, COALESCE(NULLIF(storywording.link, ''), story.link), story.state, story.expires_at "
    "FROM share JOIN story ON story.id = share.story_id "
    "LEFT JOIN storywording ON storywording.story_id = share.story_id AND storywording.locale = share.locale WHERE share.token = ?"
)
_CLICK = "INSERT INTO click (share_id, person_id, story_id, at, sort) VALUES (?, ?, ?, ?, ?)"


@dataclass(frozen=True)
class Target:
    """Where a token leads. `answer` is go, expired, recalled or unknown; `url` (tagged) is set for go alone.

    `until` is when a target that leads on stops doing so by itself; a cache keeps it no longer than that, nor than a recall
    may take to be seen.
    """

    answer: str
    url: str = ""
    share_id: int = 0
    person_id: int = 0
    story_id: int = 0
    until: datetime | None = None


@dataclass(frozen=True)
class Visit:
    """One click to record, with what it was (records.SORTS)."""

    share_id: int
    person_id: int
    story_id: int
    at: datetime
    sort: str


UNKNOWN = Target("unknown")


def resolve(raw: Any, token: str, now: datetime) -> Target:
    """Look a token up on a DBAPI connection. The address comes from the database alone and was checked when it was stored."""
    if not 8 <= len(token) <= 64 or not token.isascii() or not token.replace("-", "").replace("_", "").isalnum():
        return UNKNOWN
    cursor = raw.cursor()
    cursor.execute(_sql(raw, _TARGET), (token,))
    row = cursor.fetchone()
    cursor.close()
    if row is None:
        return UNKNOWN
    share_id, person_id, story_id, network, link, state, expires = row
    until = _moment(expires)
    if state != "published" or (until is not None and until <= now):
        return Target("recalled" if state == "recalled" else "expired", "", share_id, person_id, story_id)
    return Target("go", tagged(link, network, story_id), share_id, person_id, story_id, until)


def tagged(link: str, network: str, story_id: int) -> str:
    """The story's address with our UTM tags; tags of the same name that it had are replaced, the rest stays as it is."""
    ours = {"utm_source": network, "utm_medium": "advocacy", "utm_campaign": f"story-{story_id}"}
    parts = urlsplit(link)
    if "utm_" not in parts.query:
        query = f"{parts.query}&{urlencode(ours)}" if parts.query else urlencode(ours)
    else:
        query = urlencode([(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if k not in ours] + list(ours.items()))
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, parts.fragment))


def record_clicks(raw: Any, batch: Sequence[Visit]) -> None:
    """Write a batch of clicks; the caller's transaction commits them (before anyone is redirected)."""
    stored = _stored if _is_sqlite(raw) else _as_is
    cursor = raw.cursor()
    cursor.executemany(_sql(raw, _CLICK), [(v.share_id, v.person_id, v.story_id, stored(v.at), v.sort) for v in batch])
    cursor.close()


class Repeats:
    """Whether the same visitor came to the same share before today. Keyed hashes in memory, gone with the day or the process.

    `new_salt` gives 32 random bytes. Nothing here is ever written down; `click.dedupe` switches it off.
    """

    MOST = 1_000_000  # 64 bits each; beyond it repeats of the rest of the day count as first visits

    def __init__(self, new_salt: Callable[[], bytes]) -> None:
        self._new_salt = new_salt
        self._day: date | None = None
        self._salt = b""
        self._seen: set[bytes] = set()

    def seen(self, day: date, share_id: int, address: str, user_agent: str) -> bool:
        """True from the second visit of a day on."""
        if day != self._day:
            self._day, self._salt, self._seen = day, self._new_salt(), set()
        mark = blake2b(f"{share_id}\0{address}\0{user_agent}".encode("utf-8", "replace"), digest_size=8, key=self._salt[:64]).digest()
        if mark in self._seen:
            return True
        if len(self._seen) < self.MOST:
            self._seen.add(mark)
        return False


def _is_sqlite(raw: Any) -> bool:
    return "sqlite3" in type(getattr(raw, "driver_connection", raw)).__module__


def _sql(raw: Any, statement: str) -> str:
    return statement if _is_sqlite(raw) else statement.replace("?", "%s")


def _stored(at: datetime) -> str:
    """As SQLAlchemy keeps a moment on SQLite, so that both ways of writing compare."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def _as_is(at: datetime) -> datetime:
    return at


def _moment(value: Any) -> datetime | None:
    if value is None or isinstance(value, datetime):
        return value
    return datetime.fromisoformat(value).replace(tzinfo=UTC)
