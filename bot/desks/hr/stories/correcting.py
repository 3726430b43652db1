"""A story that is out: recalled or corrected, with words for everyone who shared it."""

from __future__ import annotations

from bot import stories
from bot.desks.hr.stories.going_out import begin_both
from bot.desks.hr.stories.showing import admin_card, old_value, read_story
from bot.desks.turn import Turn
from bot.errors import Stale
from bot.messages import Answer, Ask, Card, Form, Note, Paragraph, Show, TextField, say
from bot.stories import Draft
from bot.stories.correcting import OUT, WORDS_MAX


def words_field() -> TextField:
    """What everyone who shared the story will read."""
    return TextField("words", say("correcting.words"), max_length=WORDS_MAX, rows=3, hint=say("correcting.words_hint"))


def ask_recall(turn: Turn, value: str) -> Answer:
    """Button *Recall…*: not without a reason."""
    story_id, _version = old_value(value)
    row = read_story(turn, story_id)
    if row.state not in OUT:
        raise Stale("stories.refused.stale")
    return Ask(
        Form("story.recall", say("correcting.recall"), say("stories.button.recall"), (words_field(),), value, (Paragraph(say("stories.confirm.recall")),))
    )


def recalled(turn: Turn, subject: str, values: dict[str, str]) -> Answer:
    """Out of every inbox; links lead to a kind page, sharers are told why."""
    story_id, version = old_value(subject)
    row = read_story(turn, story_id)
    count = stories.recall(turn.session, turn.now, turn.person_id, story_id, version, values.get("words", ""))
    begin_both(turn)
    return Show(Card(say("stories.recall.done", title=row.title), (Paragraph(say("stories.recall.text", count=count)),), tone="good"))


def ask_correct(turn: Turn, value: str) -> Answer:
    """Button *Correct…*: what it says, and what was wrong."""
    story_id, _version = old_value(value)
    row = read_story(turn, story_id)
    if row.state != "published":
        raise Stale("stories.refused.stale")
    fields = (
        TextField("title", say("stories.form.title"), row.title, max_length=120),
        TextField("link", say("stories.form.link"), row.link, max_length=2000, shape="url", hint=say("correcting.link_hint")),
        TextField("summary", say("stories.form.summary"), row.summary, optional=True, max_length=1500, rows=4),
        TextField("image_url", say("stories.form.image"), row.image_url, optional=True, max_length=2000, shape="url"),
        TextField("image_alt", say("stories.form.alt"), row.image_alt, optional=True, hint=say("stories.form.alt_hint")),
        words_field(),
    )
    return Ask(Form("story.correct", say("correcting.form"), say("correcting.submit"), fields, value, (Note(say("correcting.intro")),)))


def corrected(turn: Turn, subject: str, values: dict[str, str]) -> Answer:
    """Every message of it changes, and everyone who shared it is told."""
    story_id, version = old_value(subject)
    row = read_story(turn, story_id)
    draft = Draft(
        values.get("title", ""), values.get("link", ""), values.get("summary", ""), topics=tuple(row.topics.split(",")),
        image_url=values.get("image_url", ""), image_alt=values.get("image_alt", ""),
    )  # fmt: skip
    stories.correct(turn.session, turn.now, turn.person_id, story_id, version, draft, values.get("words", ""))
    begin_both(turn)
    card = admin_card(turn, stories.get(turn.session, story_id))
    return Show(Card(card.title, (Paragraph(say("correcting.done")), *card.blocks), tone="good"))


BUTTONS = {"story.recall": ask_recall, "story.correct": ask_correct}
FORMS = {"story.recall": recalled, "story.correct": corrected}
