"""The secret address at which somebody's own calendar program reads the plan, and what it finds there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, or_, select

from bot import people
from bot.desks.turn import NEWSROOM, Deployment, Turn
from bot.messages import Answer, Button, Buttons, Card, Copyable, Note, Paragraph, Replace, Show, say
from bot.people import Person
from bot.stories import Story, calendar_keys

BACK, MOST = timedelta(days=92), 1000


@dataclass(frozen=True)
class FeedEntry:
    """One story in the feed: its title and no name of anybody. `version` grows with each change."""

    id: int
    version: int
    title: str
    kind: str
    state: str
    at: datetime
    created_at: datetime


@dataclass(frozen=True)
class Feed:
    """What a calendar program reads, in the language of whoever's address it is."""

    locale: str
    time_zone: str
    entries: tuple[FeedEntry, ...]


def address_buttons(turn: Turn) -> tuple[Button, ...]:
    """Make an address, or make another one and end it."""
    if calendar_keys.given(turn.session, turn.person_id) is None:
        return (Button(say("calendar.address.make"), "calendar.address"),)
    again = Button(say("calendar.address.again"), "calendar.address", confirm=say("calendar.address.confirm"))
    return again, Button(say("calendar.address.revoke"), "calendar.revoke", style="danger")


def own(session: Session, deployment: Deployment, person_id: int, now: datetime) -> Card:
    """The part of the calendar's page about one's own calendar program. Raises Refusal."""
    turn = Turn.of(session, deployment, person_id, now)
    turn.require(*NEWSROOM)
    has = calendar_keys.given(session, person_id)
    words = Note(say("calendar.address.since", moment=has.created_at)) if has else Note(say("calendar.address.none"))
    return Card(say("calendar.address.own"), (words, Buttons(address_buttons(turn))))


def make(turn: Turn, value: str) -> Answer:
    """Button *Into my own calendar*: the address, shown this once."""
    turn.require(*NEWSROOM)
    token = turn.deployment.new_token()
    calendar_keys.give(turn.session, turn.now, turn.person_id, token)
    link = turn.deployment.link(f"calendar/{token}.ics")
    blocks = (Paragraph(say("calendar.address.how")), Copyable(say("calendar.address.label"), link), Note(say("calendar.address.secret")))
    return Show(
        Card(say("calendar.address.title"), (*blocks, Buttons((Button(say("calendar.address.revoke"), "calendar.revoke", style="danger"),))), tone="good")
    )


def revoke(turn: Turn, value: str) -> Answer:
    """Button *End the address*: it leads nowhere any more."""
    turn.require(*NEWSROOM)
    calendar_keys.revoke(turn.session, turn.now, turn.person_id)
    make_one = Buttons((Button(say("calendar.address.make"), "calendar.address"),))
    return Replace(Card(say("calendar.address.ended"), (Paragraph(say("calendar.address.ended_text")), make_one), tone="good"))


def feed(session: Session, deployment: Deployment, now: datetime, token: str) -> Feed | None:
    """What stands at an address: the stories of the last three months and all that is planned; None where the address is none (any
    more), or its holder may not see the calendar any more."""
    person_id = calendar_keys.holder(session, token)
    person = session.get(Person, person_id) if person_id else None
    if person is None or not person.is_here(deployment.today(now)) or not people.has_role(session, person.id or 0, *NEWSROOM):
        return None
    since = now - BACK
    planned = col(Story.publish_at) >= since, col(Story.state).in_(("draft", "scheduled", "held", "recalled"))
    out = col(Story.published_at) >= since, col(Story.state).in_(("published", "expired", "recalled"))
    query = select(Story).where(or_(planned[0] & planned[1], out[0] & out[1])).order_by(col(Story.id).desc()).limit(MOST)
    return Feed(person.locale, person.time_zone, tuple(_entry(row) for row in session.exec(query)))


def _entry(row: Story) -> FeedEntry:
    at = row.published_at or row.publish_at or row.created_at
    return FeedEntry(row.id or 0, row.version, row.title, row.kind, row.state, at, row.created_at)


BUTTONS = {"calendar.address": make, "calendar.revoke": revoke}
