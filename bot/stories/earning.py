"""The gate for asks: one that is not earned is held, and released by itself as soon as it is."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from bot import outbox, strategy
from bot.errors import Refusal
from bot.stories.drafting import get
from bot.stories.moving import move
from bot.stories.records import Story
from bot.strategy import Earning, Sent


def upcoming(session: Session, time_zone: str, until: date | None = None, apart_from: int | None = None) -> list[Sent]:
    """What is scheduled, by the day of the company's calendar on which it goes out; up to a day if given, without one story if given."""
    zone = ZoneInfo(time_zone)
    query = sa_select(col(Story.audience_id), col(Story.kind), col(Story.publish_at)).where(col(Story.state) == "scheduled", col(Story.id) != (apart_from or 0))
    found = [Sent(audience_id, kind, at.astimezone(zone).date()) for audience_id, kind, at in session.execute(query) if at]
    return [sent for sent in found if until is None or sent.on <= until]


def forecast(session: Session, row: Story, today: date, time_zone: str) -> Earning:
    """What the story would meet as an ask on the day it goes out (today where none is set), with all that is scheduled before it."""
    on = row.publish_at.astimezone(ZoneInfo(time_zone)).date() if row.publish_at else today
    on = max(on, today)
    return strategy.earning(session, row.audience_id, on, upcoming(session, time_zone, on, row.id) if on > today else ())


def may_go(session: Session, row: Story, today: date) -> bool:
    """No ask, or an earned one, or one that somebody let go early. Whoever asks holds the gate until the transaction ends."""
    if row.kind != "ask":
        return True
    strategy.one_at_a_time(session)
    if strategy.override_of(session, row.id or 0, row.audience_id):
        return True
    return strategy.earning(session, row.audience_id, today).is_earned


def hold(session: Session, now: datetime, story_id: int) -> Story:
    """Its time has come and it is not earned: it waits, and the admin room hears what is owed."""
    row = move(session, now, None, story_id, None, ("scheduled",), "held")
    outbox.owe_room(session, now, f"held:story:{story_id}:{row.version}", "story_held", story_id, "admin")
    return row


def let_go(session: Session, now: datetime, actor_id: int, story_id: int, version: int, reason: str, today: date, time_zone: str) -> Story:
    """HR lets an ask go before it is earned, with a reason. Raises FieldRefusal `reason`, Stale, or Refusal where nothing is owed."""
    row = get(session, story_id)
    found = forecast(session, row, today, time_zone)
    if row.kind != "ask" or found.is_earned or strategy.override_of(session, story_id, row.audience_id):
        raise Refusal("balance.refused.nothing_owed")
    strategy.override(session, now, actor_id, story_id, row.audience_id, reason, found)
    return move(session, now, actor_id, story_id, version, (row.state,) if row.state in ("draft", "scheduled", "held") else (), row.state)


def held(session: Session, limit: int = 1000) -> list[Story]:
    """The asks that wait to be earned, in the order in which they will go."""
    return list(session.exec(select(Story).where(Story.state == "held").order_by(col(Story.publish_at), col(Story.id)).limit(limit)))


def next_held(session: Session, today: date) -> Story | None:
    """The first held ask that may go now: the oldest of its audience, or one that somebody let go early."""
    first: dict[int | None, Story] = {}
    for row in held(session):
        if strategy.override_of(session, row.id or 0, row.audience_id):
            return row
        first.setdefault(row.audience_id, row)
    accounts = strategy.accounts(session, first, today)
    return next((row for audience_id, row in first.items() if accounts[audience_id].plus("ask").is_even and may_go(session, row, today)), None)


def earned_by(session: Session, audience_id: int | None, today: date, time_zone: str, days: int = 60) -> date | None:
    """The first day on which one more ask to the audience would be earned by what is scheduled and what leaves the window; None
    when none within so many days is."""
    return strategy.even_on(session, audience_id, today, days, upcoming(session, time_zone, today + timedelta(days=days)))
