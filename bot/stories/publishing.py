"""From draft to published, and its end: schedule, publish, expire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

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
    _require_ready(session, row)
    _require_free(row, plan.get("publish_at") or now, plan.get("embargo_until", row.embargo_until))
    return move(session, now, actor_id, story_id, version, ("draft", "scheduled", "held"), "draft", **plan)


def _require_ready(session: Session, row: Story) -> None:
    if not row.is_internal and len(captions(session, row.id or 0)) < NEEDED_CAPTIONS:
        raise Refusal("stories.refused.captions", count=NEEDED_CAPTIONS)
    if row.image_url and not row.image_alt:
        raise Refusal("intake.refused.alt")


def _require_free(row: Story, at: datetime, embargo_until: datetime | None) -> None:
    if embargo_until is not None and at < embargo_until:
        raise FieldRefusal("day", "stories.refused.embargo", moment=embargo_until)


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
    _require_ready(session, row)
    _require_free(row, publish_at, row.embargo_until)
    values = {"publish_at": publish_at, "audience_id": audience_id, "strategy_id": strategy_id, "expires_at": expires_at}
    return move(session, now, actor_id, story_id, version, ("draft", "scheduled", "held"), "scheduled", **values)


def shift(session: Session, now: datetime, actor_id: int, story_id: int, version: int, publish_at: datetime) -> Story:
    """Another moment for a story that has a plan; it stays the draft, the scheduled or the held one that it is, and all else too.

    Raises FieldRefusal `day` for a time that has passed, is behind the story's own end or before its embargo ends; Stale.
    """
    row = get(session, story_id)
    if publish_at < now:
        raise FieldRefusal("day", "stories.refused.past")
    if row.expires_at is not None and row.expires_at <= publish_at:
        raise FieldRefusal("day", "stories.refused.expiry_before", moment=row.expires_at)
    _require_free(row, publish_at, row.embargo_until)
    states = {"draft": "draft", "scheduled": "scheduled", "held": "scheduled"}
    to = states.get(row.state, "")
    return move(session, now, actor_id, story_id, version, (row.state,) if to else (), to, publish_at=publish_at)


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
