"""What a story does to the balance and the rhythm, before it goes out; and the word that lets an ask go early."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from bot import stories, strategy
from bot.desks.balance_words import amount, audience_word, counts, owed, owed_to, rhythm_line
from bot.desks.turn import NEWSROOM, Turn
from bot.desks.wording import read_version
from bot.errors import Refusal
from bot.messages import Answer, Ask, Block, Form, Note, Paragraph, Say, TextField, say
from bot.people import Person
from bot.stories import Story
from bot.strategy import Earning
from bot.strategy.overrides import REASON_MAX
from bot.strategy.rhythm import WEEK


def day_of(turn: Turn, row: Story) -> date:
    """The day on which it goes out: today where none is set or it has passed."""
    zone = ZoneInfo(turn.deployment.time_zone)
    return max(turn.today, row.publish_at.astimezone(zone).date()) if row.publish_at else turn.today


def effect(turn: Turn, row: Story) -> list[Block]:
    """What publishing does: the balance after it, whether an ask is earned and if not when, and whether the week gets too full."""
    on, zone = day_of(turn, row), turn.deployment.time_zone
    planned = stories.upcoming(turn.session, zone, on, row.id) if on > turn.today else []
    after = strategy.balance(turn.session, row.audience_id, on, planned).plus(row.kind)
    name, kind = audience_word(turn.session, row.audience_id), say(f"stories.kind.{row.kind}")
    if row.kind == "ask":
        words = say("balance.effect_ask", kind=kind, audience=name, days=after.days, counts=counts(after))
        return [Paragraph(words), *asking(turn, row), *_crowded(turn, row, on)]
    words = say("balance.effect", kind=kind, audience=name, days=after.days, counts=counts(after), owed=owed(after))
    return [Paragraph(words), *_crowded(turn, row, on)]


def asking(turn: Turn, row: Story) -> list[Block]:
    """Whether this ask is earned on its day, what is owed first, by when that is made up for, and who would be asked too much."""
    found = stories.forecast(turn.session, row, turn.today, turn.deployment.time_zone)
    word = strategy.override_of(turn.session, row.id or 0, row.audience_id)
    if word is not None:
        person = turn.session.get(Person, word.actor_id)
        return [Paragraph(say("balance.let_go", name=person.name if person else "–", reason=word.reason))]
    if found.is_earned:
        return [Paragraph(say("balance.earned"))]
    name = audience_word(turn.session, row.audience_id)
    blocks: list[Block] = [Paragraph(say("balance.waits", amount=amount(found.gives, found.tells), audience=name))]
    if found.short and found.after.is_even:
        blocks.append(Paragraph(say("balance.overlap", count=found.short, all=found.people)))
    on = stories.earned_by(turn.session, row.audience_id, turn.today, turn.deployment.time_zone) if not found.after.is_even else None
    return [*blocks, Note(say("balance.earned_on", day=on) if on else say("balance.not_in_sight"))]


def may_go_by_plan(turn: Turn, row: Story) -> bool:
    """On its day it will be earned by what is scheduled, or somebody let it go early."""
    return strategy.override_of(turn.session, row.id or 0, row.audience_id) is not None or _found(turn, row).is_earned


def held_line(turn: Turn, row: Story) -> Say:
    """“Waits: 2 gives to Alumni are owed”, for lists."""
    return say("balance.held_line", owed=owed_to(turn.session, row.audience_id, _found(turn, row)))


def _found(turn: Turn, row: Story) -> Earning:
    return stories.forecast(turn.session, row, turn.today, turn.deployment.time_zone)


def _crowded(turn: Turn, row: Story, on: date) -> list[Block]:
    """A word when this story makes a flood."""
    planned = [*stories.upcoming(turn.session, turn.deployment.time_zone, apart_from=row.id), strategy.Sent(row.audience_id, row.kind, on)]
    found = [f for f in strategy.floods(turn.session, turn.today, planned) if f.audience_id == row.audience_id]
    near = [f for f in found if f.from_on <= on < f.from_on + timedelta(days=WEEK)]
    return [Paragraph(say("rhythm.flood_here", audience=audience_word(turn.session, f.audience_id), count=f.count, day=f.from_on)) for f in near]


def rhythm_notes(turn: Turn, limit: int = 3) -> tuple[Note, ...]:
    """The gaps that are near, for the form in which a story gets its audience and day."""
    planned = stories.upcoming(turn.session, turn.deployment.time_zone)
    found = [r for r in strategy.rhythms(turn.session, turn.today, planned) if r.state in ("gap", "late")]
    return tuple(Note(rhythm_line(turn.session, r)) for r in sorted(found, key=lambda r: r.due_on)[:limit])


def ask_override(turn: Turn, value: str) -> Answer:
    """Button *Let it go early…*: not without a reason."""
    turn.require(*NEWSROOM)
    story_id, _version = read_version(value)
    row = stories.get(turn.session, story_id)
    found = _found(turn, row)
    if row.kind != "ask" or found.is_earned or row.state not in ("draft", "scheduled", "held"):
        raise Refusal("balance.refused.nothing_owed")
    intro = (Paragraph(say("balance.override_intro", owed=owed_to(turn.session, row.audience_id, found))), Note(say("balance.override_note")))
    field = TextField("reason", say("balance.reason"), max_length=REASON_MAX, rows=3, hint=say("balance.reason_hint"))
    return Ask(Form("story.override", say("balance.override_title"), say("balance.override_submit"), (field,), value, intro))
