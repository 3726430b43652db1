"""From draft to published, and back out of the world: schedule, publish, expire, recall."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CursorResult, update
from sqlmodel import Session, col, select

from bot import audit, outbox, strategy
from bot.errors import FieldRefusal, Refusal, Stale
from bot.stories.drafting import captions, get
from bot.stories.records import Story, StoryPlan

NEEDED_CAPTIONS = 2
PAGE = 100


def move(session: Session, now: datetime, actor_id: int | None, story_id: int, version: int | None, frm: tuple[str, ...], to: str, **values: Any) -> Story:
    """One guarded step of a story's state. Raises Stale when it was not in `frm` (or not at `version`) any more."""
    change = update(Story).where(col(Story.id) == story_id, col(Story.state).in_(frm))
    if version is not None:
        change = change.where(col(Story.version) == version)
    done = session.execute(change.values(state=to, version=col(Story.version) + 1, **values).execution_options(synchronize_session=False))
    assert isinstance(done, CursorResult)
    if done.rowcount != 1:
        raise Stale("stories.refused.stale")
    audit.note(session, now, actor_id, f"story.{to}", "story", story_id)
    row = get(session, story_id)
    session.refresh(row)
    return row


def keep_plan(session: Session, now: datetime, actor_id: int, story_id: int, version: int, **plan: Any) -> Story:
    """Keep audience, strategy and times on a story without letting it out yet (`publish_at` None means at once)."""
    row = get(session, story_id)
    if not row.is_internal and len(captions(session, story_id)) < NEEDED_CAPTIONS:
        raise Refusal("stories.refused.captions", count=NEEDED_CAPTIONS)
    return move(session, now, actor_id, story_id, version, ("draft", "scheduled"), "draft", **plan)


def schedule(
    session: Session, now: datetime, actor_id: int, story_id: int, version: int | None, publish_at: datetime, *,
    audience_id: int | None, strategy_id: int | None = None, expires_at: datetime | None = None,
) -> Story:  # fmt: skip
    """Decide when and to whom a story goes out; the row is the schedule. The clock step publishes it at its time.

    Raises FieldRefusal for a time that has passed or an expiry before it, Refusal without captions to share it with.
    """
    row = get(session, story_id)
    if publish_at < now:
        raise FieldRefusal("day", "stories.refused.past")
    if expires_at is not None and expires_at <= publish_at:
        raise FieldRefusal("until", "stories.refused.expiry")
    if not row.is_internal and len(captions(session, story_id)) < NEEDED_CAPTIONS:
        raise Refusal("stories.refused.captions", count=NEEDED_CAPTIONS)
    values = {"publish_at": publish_at, "audience_id": audience_id, "strategy_id": strategy_id, "expires_at": expires_at}
    return move(session, now, actor_id, story_id, version, ("draft", "scheduled"), "scheduled", **values)


def unschedule(session: Session, now: datetime, actor_id: int, story_id: int, version: int) -> Story:
    """Back to a draft, before it went out."""
    return move(session, now, actor_id, story_id, version, ("scheduled",), "draft", publish_at=None)


def publish(session: Session, now: datetime, today: date, story_id: int, actor_id: int | None = None) -> Story:
    """Let a scheduled story out: its balance entry and the plan of who is owed it, in this transaction."""
    row = move(session, now, actor_id, story_id, None, ("scheduled",), "published", published_at=now)
    strategy.enter(session, row.audience_id, story_id, row.kind, today)
    session.add(StoryPlan(key=f"plan story:{story_id}", story_id=story_id, notice="story", created_at=now))
    return row


def publish_due(session: Session, now: datetime, today: date) -> bool:
    """Publish what is due, at most a page; True when more is."""
    query = select(Story.id).where(Story.state == "scheduled", col(Story.publish_at) <= now).order_by(col(Story.publish_at), col(Story.id))
    due = list(session.exec(query.limit(PAGE).with_for_update(skip_locked=True)))
    for story_id in due:
        publish(session, now, today, story_id or 0)
    return len(due) == PAGE


def expire_due(session: Session, now: datetime) -> bool:
    """Let stories end whose time is up, at most a page; what is still owed for them is cancelled. True when more is due."""
    query = select(Story.id).where(Story.state == "published", col(Story.expires_at) <= now).order_by(col(Story.id))
    due = list(session.exec(query.limit(PAGE).with_for_update(skip_locked=True)))
    for story_id in due:
        move(session, now, None, story_id or 0, None, ("published",), "expired")
        outbox.cancel(session, "story", story_id or 0)
    return len(due) == PAGE


def recall(session: Session, now: datetime, actor_id: int, story_id: int, version: int) -> int:
    """Take a published story back: messages are withdrawn, its links lead to a kind page, everyone who shared it is told.

    Returns how many messages will be withdrawn. Raises Stale when it is not published (any more).
    """
    move(session, now, actor_id, story_id, version, ("published",), "recalled")
    session.execute(update(StoryPlan).where(col(StoryPlan.key) == f"plan story:{story_id}").values(is_done=True))
    session.add(StoryPlan(key=f"plan recall:{story_id}", story_id=story_id, notice="story_recalled", created_at=now))
    return outbox.owe_change(session, now, "withdraw", "story", story_id)
