"""The calendar in a chat: what goes out next, what waits, what is missing, and the way to the big one."""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import col, select

from bot import stories
from bot.desks.balance_words import audience_word
from bot.desks.hr.calendar.address import address_buttons
from bot.desks.hr.calendar.slots import Slot, empty_slots
from bot.desks.turn import NEWSROOM, Turn
from bot.desks.wording import read_id
from bot.messages import Answer, Block, Button, Buttons, Card, Heading, Item, Items, Paragraph, Plain, Say, Show, say
from bot.stories import Story

PAGE, AHEAD = 8, timedelta(days=14)


def show(turn: Turn, text: str) -> Answer:
    """`/vinkki-admin calendar`."""
    turn.require(*NEWSROOM)
    return Show(_card(turn, 0))


def page(turn: Turn, value: str) -> Answer:
    """A page of it."""
    turn.require(*NEWSROOM)
    return Show(_card(turn, read_id(value)))


def _card(turn: Turn, number: int) -> Card:
    query = select(Story).where(col(Story.state).in_(("scheduled", "held")), col(Story.publish_at).is_not(None))
    rows = turn.session.exec(query.order_by(col(Story.publish_at), col(Story.id)).offset(number * PAGE).limit(PAGE + 1)).all()
    items = tuple(_item(turn, row) for row in rows[:PAGE])
    blocks: list[Block] = [Items(items) if items else Paragraph(say("calendar.none"))]
    planned = stories.upcoming(turn.session, turn.deployment.time_zone)
    slots = empty_slots(turn.session, turn.today, planned, turn.today, turn.today + AHEAD)[:4] if not number else []
    if slots:
        blocks.append(Heading(say("calendar.missing")))
        blocks += [Paragraph(_slot(turn, s)) for s in slots]
    more = (Button(say("stories.button.more"), "calendar.page", str(number + 1)),) if len(rows) > PAGE else ()
    big = Button(say("calendar.open"), url=turn.deployment.link("admin/calendar"))
    return Card(say("calendar.title"), (*blocks, Buttons((*more, big, *address_buttons(turn)))))


def _slot(turn: Turn, slot: Slot) -> Say:
    return say("calendar.slot", kind=say(f"stories.kind.{slot.kind}"), audience=audience_word(turn.session, slot.audience_id), day=slot.on)


def _item(turn: Turn, row: Story) -> Item:
    kind, state, audience = say(f"stories.kind.{row.kind}"), say(f"stories.state.{row.state}"), audience_word(turn.session, row.audience_id)
    what = say("calendar.line", kind=kind, state=state, audience=audience, moment=row.publish_at)
    return Item(Plain(row.title), what, (Button(say("stories.button.open"), "story.open", str(row.id)),))


BUTTONS = {"calendar.page": page}
