"""Deciding about what was proposed or came from a feed, with a word for whoever brought it."""

from __future__ import annotations

from bot import stories
from bot.desks.hr.stories.showing import admin_card, old_value, read_story
from bot.desks.turn import Turn
from bot.messages import Answer, Ask, Button, Buttons, Card, Form, Paragraph, Show, TextField, say


def approve(turn: Turn, value: str) -> Answer:
    """Button *Approve*: a word may go with it."""
    return _ask(turn, value, "approve")


def refuse(turn: Turn, value: str) -> Answer:
    """Button *Refuse*: a word has to go with it."""
    return _ask(turn, value, "refuse")


def _ask(turn: Turn, value: str, verdict: str) -> Answer:
    story_id, version = old_value(value)
    row = read_story(turn, story_id)
    field = TextField("word", say(f"stories.review.word.{verdict}"), optional=verdict == "approve", max_length=500, rows=3, hint=say("stories.review.hint"))
    return Ask(Form(f"story.{verdict}", say(f"stories.review.form.{verdict}"), say(f"stories.button.{verdict}"), (field,), subject=f"{row.id}:{version}"))


def approved(turn: Turn, subject: str, values: dict[str, str]) -> Answer:
    """It is a draft now, ready for captions and a time."""
    card = admin_card(turn, _decide(turn, subject, values, approve=True))
    return Show(Card(card.title, (*card.blocks, *_further(turn)), card.tone))


def refused(turn: Turn, subject: str, values: dict[str, str]) -> Answer:
    """It is out of the queue."""
    row = _decide(turn, subject, values, approve=False)
    told = "stories.review.told" if row.proposer_id else "stories.review.closed"
    return Show(Card(say("stories.review.refused", title=row.title), (Paragraph(say(told)), *_further(turn))))


def _further(turn: Turn) -> tuple[Buttons, ...]:
    """The way to those that still wait, where any do."""
    waiting = stories.waiting(turn.session)
    return (Buttons((Button(say("stories.review.further", count=waiting), "stories.tab", "review:0"),)),) if waiting else ()


def _decide(turn: Turn, subject: str, values: dict[str, str], *, approve: bool) -> stories.Story:
    story_id, version = old_value(subject)
    read_story(turn, story_id)
    return stories.decide(turn.session, turn.now, turn.person_id, story_id, version, approve=approve, word=values.get("word", ""))


BUTTONS = {"story.approve": approve, "story.refuse": refuse}
FORMS = {"story.approve": approved, "story.refuse": refused}
