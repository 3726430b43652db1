"""Feeds that stories are taken in from: where they are, for whom, when they are read next, and what was wrong the last time.

The row is the schedule: whoever holds the network claims what is due, and brings back what was found. Nothing here is fetched.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, Index, delete, func, text
from sqlmodel import Field, Session, SQLModel, col, select

from bot import audit, outbox, polling, settings
from bot.db import utc_field
from bot.errors import FieldRefusal, Refusal, Stale
from bot.polling import Outcome, Polled
from bot.stories.records import Story
from bot.stories.text import LOCALES, checked_link, clean
from bot.strategy import KINDS

FIRST = 10  # entries of a new feed that become drafts; the older ones are only remembered
MOST = 50  # new entries a reading; the rest come with the next one
LONGEST_PAUSE = timedelta(days=1)
DOUBLED = 6  # times at most
REMEMBERED = timedelta(days=400)


class Feed(Polled, table=True):
    """One RSS or Atom feed. What comes from it waits in review, with its kind, strategy and audience."""

    __table_args__ = (Index("ix_feed_due", "next_at", sqlite_where=text("is_on"), postgresql_where=text("is_on")),)
    kind: str = "give"
    strategy_id: int | None = Field(default=None, foreign_key="strategy.id")
    audience_id: int | None = Field(default=None, foreign_key="audience.id")
    language: str = ""  # of stories whose feed names none
    taken: int = 0  # stories, ever
    left_out: int = 0  # entries of the last reading that are no stories
    author_id: int | None = Field(default=None, foreign_key="person.id")

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
        values |= polling.moved_to(now)
    return _change(session, now, actor_id, feed_id, version, "feed.changed", **values)


def switch_feed(session: Session, now: datetime, actor_id: int, feed_id: int, version: int, *, on: bool) -> Feed:
    """Stop reading a feed, or begin again. Raises Stale."""
    again: dict[str, Any] = {**polling.AFRESH, "next_at": now} if on else {}
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
    row = polling.change(session, get_feed(session, feed_id), version, "intake.refused.feed_stale", **values)
    audit.note(session, now, actor_id, what, "feed", feed_id)
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


def fresh_guids(session: Session, feed_id: int, guids: Sequence[str]) -> set[str]:
    """Those of the GUIDs (at most 500) that were not seen in this feed yet."""
    seen = set(session.exec(select(FeedEntry.guid).where(FeedEntry.feed_id == feed_id, col(FeedEntry.guid).in_(guids))))
    return set(guids) - seen


def remember(session: Session, now: datetime, feed_id: int, guids: Iterable[str]) -> None:
    """These entries are no news any more; those of long ago are forgotten."""
    session.add_all(FeedEntry(feed_id=feed_id, guid=guid, seen_at=now) for guid in guids)
    session.execute(delete(FeedEntry).where(col(FeedEntry.feed_id) == feed_id, col(FeedEntry.seen_at) < now - REMEMBERED))
    session.flush()


def settle_feed(session: Session, now: datetime, row: Feed, outcome: Outcome, jitter: float, *, taken: int = 0, left_out: int = 0, more: bool = False) -> None:
    """Write down how a reading went and when the next one is. `jitter` is a random number from 0 to 1: feeds of one server shall not
    be asked in step. `more`: not everything went in, so the server is asked again in full."""
    polling.settle(session, row, now, outcome)
    row.taken += taken
    if not outcome.problem:
        row.left_out = left_out
    if more:
        row.etag = row.last_modified = ""
    if polling.is_to_be_told(session, row, now):
        outbox.owe_room(session, now, f"feed failing:{row.id}:since {row.failing_since:%Y-%m-%dT%H:%M}", "feed_failing", row.id or 0, "admin")
    every = timedelta(minutes=max(5, int(settings.get(session, "feeds.every_minutes"))))
    pause = min(every * 2 ** min(row.failures, DOUBLED), max(every, LONGEST_PAUSE))
    polling.read_again_in(row, now, pause * (0.9 + 0.2 * jitter), outcome)


def waiting_from(session: Session, row: Feed) -> int:
    """How many stories of a feed wait in review."""
    query = select(func.count()).select_from(Story).where(Story.source == row.source, Story.state == "review")
    return int(session.exec(query).one())
