"""From draft to published, and back out of the world: schedule, publish, expire, recall."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from bot import outbox, strategy
from bot.errors import FieldRefusal, Refusal
from bot.stories.drafting import captions, get
from bot.stories.earning import held, hold, may_go, next_held
from bot.stories.moving import move
from bot.stories.records import Story, StoryPlan

NEEDED_CAPTIONS = 2
PAGE = 100


def keep_plan(session: Session, now: datetime, actor_id: int, story_id: int, version: int, **plan: Any) -> Story:
    """Keep audience, strategy and times on a story without letting it out yet (`publish_at` None means at once)."""
    row = get(session, story_id)
    if not row.is_internal and len(captions(session, story_id)) < NEEDED_CAPTIONS:
        raise Refusal("stories.refused.captions", count=NEEDED_CAPTIONS)
    return move(session, now, actor_id, story_id, version, ("draft", "scheduled", "held"), "draft", **plan)


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
    return move(session, now, actor_id, story_id, version, ("draft", "scheduled", "held"), "scheduled", **values)


def unschedule(session: Session, now: datetime, actor_id: int, story_id: int, version: int) -> Story:
    """Back to a draft, before it went out."""
    return move(session, now, actor_id, story_id, version, ("scheduled", "held"), "draft", publish_at=None)


def publish(session: Session, now: datetime, today: date, story_id: int, actor_id: int | None = None) -> Story:
    """Let a scheduled (or held) story out: its balance entry and the plan of who is owed it, in this transaction.

    An ask that is not earned, or for whose audience another one waits already, is held instead: nobody is owed it yet.
    """
    row = get(session, story_id)
    if row.state == "scheduled" and row.kind == "ask" and not _is_its_turn(session, row, today):
        return hold(session, now, story_id)
    row = move(session, now, actor_id, story_id, None, ("scheduled", "held"), "published", published_at=now)
    strategy.enter(session, row.audience_id, story_id, row.kind, today)
    session.add(StoryPlan(key=f"plan story:{story_id}", story_id=story_id, notice="story", created_at=now))
    return row


def _is_its_turn(session: Session, row: Story, today: date) -> bool:
    if strategy.override_of(session, row.id or 0, row.audience_id):
        return True
    return not any(other.audience_id == row.audience_id for other in held(session)) and may_go(session, row, today)


def publish_due(session: Session, now: datetime, today: date) -> bool:
    """Publish what is due, at most a page; True when more is."""
    query = select(Story.id).where(Story.state == "scheduled", col(Story.publish_at) <= now).order_by(col(Story.publish_at), col(Story.id))
    due = list(session.exec(query.limit(PAGE).with_for_update(skip_locked=True)))
    for story_id in due:
        publish(session, now, today, story_id or 0)
    return len(due) == PAGE


def release_due(session: Session, now: datetime, today: date) -> bool:
    """Let the next held ask go that is earned by now, and end those whose time is up meanwhile; True when more may be due."""
    over = session.exec(select(Story.id).where(Story.state == "held", col(Story.expires_at) <= now).order_by(col(Story.id)).limit(PAGE)).all()
    for story_id in over:
        move(session, now, None, story_id or 0, None, ("held",), "expired")
    row = next_held(session, today)
    if row is None:
        return False
    publish(session, now, today, row.id or 0)
    outbox.owe_room(session, now, f"released:story:{row.id}", "story_released", row.id or 0, "admin")
    return True


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
    strategy.take_back(session, story_id)
    session.execute(update(StoryPlan).where(col(StoryPlan.key) == f"plan story:{story_id}").values(is_done=True))
    session.add(StoryPlan(key=f"plan recall:{story_id}", story_id=story_id, notice="story_recalled", created_at=now))
    return outbox.owe_change(session, now, "withdraw", "story", story_id)
