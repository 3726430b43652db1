"""Feeds that stories are taken in from: where they are, for whom, when they are read next, and what was wrong the last time.

The row is the schedule: whoever holds the network claims what is due, and brings back what was found. Nothing here is fetched.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, Index, delete, func, or_, text, update
from sqlmodel import Field, Session, SQLModel, col, select

from bot import audit, outbox, settings
from bot.db import utc_field
from bot.errors import FieldRefusal, Refusal, Stale
from bot.stories.records import Story
from bot.stories.text import LOCALES, checked_link, clean
from bot.strategy import KINDS

FIRST = 10  # entries of a new feed that become drafts; the older ones are only remembered
MOST = 50  # new entries a reading; the rest come with the next one
LEASE = timedelta(minutes=10)  # for one reading
LONGEST_PAUSE = timedelta(days=1)
DOUBLED = 6  # times at most
REMEMBERED = timedelta(days=400)
GONE = 410


class Feed(SQLModel, table=True):
    """One RSS or Atom feed. What comes from it waits in review, with its kind, strategy and audience.

    `next_at` is when it is read next, `asked_at` when it was tried last, `read_at` when that went well. `problem` names the words
    (`intake.unread.<problem>`) for what was wrong the last time, empty where nothing was.
    """

    __table_args__ = (Index("ix_feed_due", "next_at", sqlite_where=text("is_on"), postgresql_where=text("is_on")),)
    id: int | None = Field(default=None, primary_key=True)
    name: str
    url: str = Field(unique=True)
    kind: str = "give"
    strategy_id: int | None = Field(default=None, foreign_key="strategy.id")
    audience_id: int | None = Field(default=None, foreign_key="audience.id")
    language: str = ""  # of stories whose feed names none
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
    taken: int = 0  # stories, ever
    left_out: int = 0  # entries of the last reading that are no stories
    author_id: int | None = Field(default=None, foreign_key="person.id")
    created_at: datetime = utc_field()
    version: int = 1

    @property
    def source(self) -> str:
        """The `source` of its stories: GUIDs count within one feed."""
        return f"feed:{self.id}"


class FeedEntry(SQLModel, table=True):
    """An entry of a feed that was seen: it is no news any more, whatever became of it."""

    feed_id: int = Field(foreign_key="feed.id", primary_key=True)
    guid: str = Field(primary_key=True)
    seen_at: datetime = utc_field()


@dataclass(frozen=True)
class FeedDraft:
    """A feed to be, as HR filled it in; nothing is checked yet."""

    name: str
    url: str
    kind: str = "give"
    strategy_id: int | None = None
    audience_id: int | None = None
    language: str = ""


@dataclass(frozen=True)
class FeedAsk:
    """A feed that is due: its address and what the server told us to ask with."""

    feed_id: int
    url: str
    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True)
class FeedAnswer:
    """How a reading went. `problem` is empty where it went well; `wait` is how many seconds the server asked us to stay away."""

    etag: str = ""
    last_modified: str = ""
    problem: str = ""
    status: int = 0
    wait: int = 0


def add_feed(session: Session, now: datetime, actor_id: int, draft: FeedDraft) -> Feed:
    """A new feed, due at once. Raises FieldRefusal."""
    row = Feed(**_checked(session, draft, 0), next_at=now, author_id=actor_id, created_at=now)
    session.add(row)
    session.flush()
    audit.note(session, now, actor_id, "feed.added", "feed", row.id or 0)
    return row


def change_feed(session: Session, now: datetime, actor_id: int, feed_id: int, version: int, draft: FeedDraft) -> Feed:
    """Change a feed; it is read again at once, as if never read, where its address is another. Raises FieldRefusal, Stale."""
    row = get_feed(session, feed_id)
    values = _checked(session, draft, feed_id)
    if values["url"] != row.url:
        values |= {"etag": "", "last_modified": "", "next_at": now, "failures": 0, "failing_since": None, "told_at": None, "problem": ""}
    return _change(session, now, actor_id, feed_id, version, "feed.changed", **values)


def switch_feed(session: Session, now: datetime, actor_id: int, feed_id: int, version: int, *, on: bool) -> Feed:
    """Stop reading a feed, or begin again. Raises Stale."""
    again: dict[str, Any] = {"next_at": now, "failures": 0, "failing_since": None, "told_at": None} if on else {}
    return _change(session, now, actor_id, feed_id, version, "feed.resumed" if on else "feed.stopped", is_on=on, **again)


def read_soon(session: Session, now: datetime, actor_id: int, feed_id: int, version: int) -> Feed:
    """Let a feed be read at the next opportunity. Raises Stale."""
    return _change(session, now, actor_id, feed_id, version, "feed.asked", next_at=now)


def remove_feed(session: Session, now: datetime, actor_id: int, feed_id: int, version: int) -> None:
    """Forget a feed; the stories that came from it stay. Raises Stale."""
    session.execute(delete(FeedEntry).where(col(FeedEntry.feed_id) == feed_id))
    done = session.execute(delete(Feed).where(col(Feed.id) == feed_id, col(Feed.version) == version))
    if not isinstance(done, CursorResult) or done.rowcount != 1:
        raise Stale("intake.refused.feed_stale")
    audit.note(session, now, actor_id, "feed.removed", "feed", feed_id)


def _change(session: Session, now: datetime, actor_id: int, feed_id: int, version: int, what: str, **values: Any) -> Feed:
    change = update(Feed).where(col(Feed.id) == feed_id, col(Feed.version) == version)
    done = session.execute(change.values(version=version + 1, **values).execution_options(synchronize_session=False))
    if not isinstance(done, CursorResult) or done.rowcount != 1:
        raise Stale("intake.refused.feed_stale")
    audit.note(session, now, actor_id, what, "feed", feed_id)
    row = get_feed(session, feed_id)
    session.refresh(row)
    return row


def _checked(session: Session, draft: FeedDraft, feed_id: int) -> dict[str, Any]:
    name = clean(draft.name, 80)
    if not name:
        raise FieldRefusal("name", "intake.refused.feed_name")
    url = checked_link(draft.url, "url")
    if session.exec(select(Feed.id).where(Feed.url == url, Feed.id != feed_id)).first():
        raise FieldRefusal("url", "intake.refused.feed_twice")
    if draft.kind not in KINDS:
        raise FieldRefusal("kind", "stories.refused.kind")
    if draft.language and draft.language not in LOCALES:
        raise FieldRefusal("language", "stories.refused.language")
    return {"name": name, "url": url, "kind": draft.kind, "language": draft.language, "strategy_id": draft.strategy_id, "audience_id": draft.audience_id}


def get_feed(session: Session, feed_id: int) -> Feed:
    """The feed. Raises Refusal `intake.refused.feed_unknown`."""
    row = session.get(Feed, feed_id)
    if row is None:
        raise Refusal("intake.refused.feed_unknown")
    return row


def listed_feeds(session: Session, page: int, size: int) -> list[Feed]:
    """One page (from 0) of all feeds by name; one more than `size` where there are more."""
    return list(session.exec(select(Feed).order_by(func.lower(Feed.name), col(Feed.id)).offset(page * size).limit(size + 1)))


def feed_named(session: Session, source: str) -> str:
    """The name of the feed a story's source names, or the empty text."""
    number = source.removeprefix("feed:")
    row = session.get(Feed, int(number)) if source.startswith("feed:") and number.isascii() and number.isdigit() else None
    return row.name if row else ""


def is_feed_due(session: Session, now: datetime) -> bool:
    """Some feed is to be read now."""
    return session.exec(select(Feed.id).where(col(Feed.is_on), _due(now)).limit(1)).first() is not None


def _due(now: datetime) -> ColumnElement[bool]:
    """Its time has come, or nobody asked it yet; or it was asked in what is the future by now: the clock was put back, and its next
    time is as far off."""
    return or_(col(Feed.next_at) <= now, col(Feed.asked_at).is_(None), col(Feed.asked_at) > now + LEASE)


def claim_feeds(session: Session, now: datetime, most: int) -> list[FeedAsk]:
    """Take up to `most` feeds that are due, so that no other process reads them meanwhile. One whose reader dies is due again soon."""
    due = select(Feed).where(col(Feed.is_on), _due(now)).order_by(col(Feed.next_at), col(Feed.id)).limit(most)
    rows = list(session.exec(due.with_for_update(skip_locked=True)))
    for row in rows:
        row.next_at, row.asked_at = now + LEASE, now
        session.add(row)
    return [FeedAsk(r.id or 0, r.url, r.etag, r.last_modified) for r in rows]


def fresh_guids(session: Session, feed_id: int, guids: Sequence[str]) -> set[str]:
    """Those of the GUIDs (at most 500) that were not seen in this feed yet."""
    seen = set(session.exec(select(FeedEntry.guid).where(FeedEntry.feed_id == feed_id, col(FeedEntry.guid).in_(guids))))
    return set(guids) - seen


def remember(session: Session, now: datetime, feed_id: int, guids: Iterable[str]) -> None:
    """These entries are no news any more; those of long ago are forgotten."""
    session.add_all(FeedEntry(feed_id=feed_id, guid=guid, seen_at=now) for guid in guids)
    session.execute(delete(FeedEntry).where(col(FeedEntry.feed_id) == feed_id, col(FeedEntry.seen_at) < now - REMEMBERED))
    session.flush()


def settle_feed(
    session: Session, now: datetime, row: Feed, answer: FeedAnswer, jitter: float, *, taken: int = 0, left_out: int = 0, more: bool = False
) -> None:
    """Write down how a reading went and when the next one is. `jitter` is a random number from 0 to 1: feeds of one server shall not
    be asked in step. `more`: not everything went in, so the server is asked again in full."""
    every = timedelta(minutes=max(5, int(settings.get(session, "feeds.every_minutes"))))
    row.problem, row.problem_status, row.taken = answer.problem, answer.status, row.taken + taken
    if answer.problem:
        row.failures, row.failing_since = row.failures + 1, row.failing_since or now
        row.is_on = row.is_on and answer.status != GONE
        _tell(session, now, row)
    else:
        row.failures, row.failing_since, row.told_at, row.read_at, row.left_out = 0, None, None, now, left_out
        row.etag, row.last_modified = ("", "") if more else (answer.etag[:200], answer.last_modified[:100])
    pause = min(every * 2 ** min(row.failures, DOUBLED), max(every, LONGEST_PAUSE))
    row.next_at = now + max(pause * (0.9 + 0.2 * jitter), timedelta(seconds=answer.wait))
    session.add(row)


def _tell(session: Session, now: datetime, row: Feed) -> None:
    """HR is told once of a feed that has failed for days, or that is gone for good."""
    days = timedelta(days=int(settings.get(session, "feeds.tell_days")))
    if row.told_at is None and row.failing_since and (now - row.failing_since >= days or row.problem_status == GONE):
        row.told_at = now
        outbox.owe_room(session, now, f"feed failing:{row.id}:since {row.failing_since:%Y-%m-%dT%H:%M}", "feed_failing", row.id or 0, "admin")


def waiting_from(session: Session, row: Feed) -> int:
    """How many stories of a feed wait in review."""
    query = select(func.count()).select_from(Story).where(Story.source == row.source, Story.state == "review")
    return int(session.exec(query).one())
