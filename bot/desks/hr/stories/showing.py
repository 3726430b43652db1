"""How a story looks to HR, how it will look to those who get it, and what it does to the balance."""

from __future__ import annotations

from datetime import date

from sqlmodel import Session, func, select

from bot import audiences, insights, stories, strategy
from bot.desks.balance_words import audience_word
from bot.desks.hr.stories.balance import effect
from bot.desks.notices.stories import flags, proposal_card, story_card
from bot.desks.turn import NEWSROOM, Turn
from bot.desks.wording import read_version
from bot.messages import Block, Button, Buttons, Card, Fact, Facts, Note, Paragraph, Plain, Say, Text, say
from bot.outbox import Delivery
from bot.stories import Story
from bot.stories.planning import is_being_planned

EVEN_CAPTIONS = 4


def read_story(turn: Turn, story_id: int) -> Story:
    """The story, for hr and curators. Raises Refusal `forbidden` or `stories.refused.unknown`."""
    turn.require(*NEWSROOM)
    return stories.get(turn.session, story_id)


def preview(turn: Turn, story_id: int, locale: str = "en") -> Card:
    """The very card an advocate gets; the platforms' previews draw this one in the reader's language."""
    return story_card(turn.session, read_story(turn, story_id), locale)


def admin_card(turn: Turn, row: Story) -> Card:
    """A story with all that HR can do with it in its state."""
    if row.state == "review":
        return proposal_card(turn.session, row)
    blocks: list[Block] = [Paragraph(Plain(row.summary))] if row.summary else []
    blocks.append(Facts(_facts(turn, row)))
    if not row.is_internal:
        blocks.append(caption_state(turn.session, row))
    blocks += flags(turn.session, row)
    if row.state in ("draft", "scheduled", "held"):
        blocks += effect(turn, row)
    blocks += [Buttons(buttons) for buttons in _buttons(row) if buttons]
    return Card(Plain(row.title), tuple(blocks))


def _facts(turn: Turn, row: Story) -> tuple[Fact, ...]:
    found: list[tuple[str, Text | None]] = [
        ("state", say(f"stories.state.{row.state}")),
        ("kind", say(f"stories.kind.{row.kind}")),
        ("audience", reach(turn.session, row, turn.today) if row.state != "draft" or row.audience_id else None),
        ("when", say("stories.moment", moment=row.published_at or row.publish_at) if row.published_at or row.publish_at else None),
        ("until", say("stories.moment", moment=row.expires_at) if row.expires_at else None),
        ("embargo", say("stories.moment", moment=row.embargo_until) if row.embargo_until else None),
        ("strategy", Plain(_strategy_name(turn.session, row)) if row.strategy_id else None),
    ]
    if row.state in ("published", "expired", "recalled"):
        found += [("sent", _sent(turn, row)), ("clicks", say("leaderboard.number", count=_clicks(turn.session, row)))]
    return tuple(Fact(say(f"stories.fact.{name}"), value) for name, value in found if value is not None)


def _clicks(session: Session, row: Story) -> int:
    return insights.story_clicks(session, [row.id or 0]).get(row.id or 0, 0)


def _sent(turn: Turn, row: Story) -> Say:
    query = select(func.count()).select_from(Delivery).where(Delivery.notice == "story", Delivery.subject_id == row.id, Delivery.deed == "send")
    sent, everyone = turn.session.exec(query.where(Delivery.state == "sent")).one(), turn.session.exec(query).one()
    if row.state == "published" and is_being_planned(turn.session, row.id or 0):
        everyone = max(everyone, audiences.count(turn.session, audiences.rule_of(turn.session, row.audience_id), turn.today))
    if row.state == "published" and not sent and everyone:
        return say("stories.going_out", count=everyone)
    return say("stories.sent", sent=sent, all=everyone)


def _strategy_name(session: Session, row: Story) -> str:
    found = session.get(strategy.Strategy, row.strategy_id)
    return found.name if found else ""


def reach(session: Session, row: Story, today: date) -> Say:
    """The audience with how many people it is now."""
    return say(
        "stories.reach", audience=audience_word(session, row.audience_id), count=audiences.count(session, audiences.rule_of(session, row.audience_id), today)
    )


def caption_state(session: Session, row: Story) -> Note | Paragraph:
    """Captions by language, or what is missing."""
    found = stories.captions(session, row.id or 0)
    if len(found) < 2:
        return Paragraph(say("stories.captions.missing"))
    general = {loc: sum(c.locale == loc and not c.network for c in found) for loc in stories.LOCALES}
    if max(general.values()) < EVEN_CAPTIONS:
        return Paragraph(say("stories.captions.few", count=max(general.values())))
    return Note(say("stories.captions.state", en=general["en"], fi=general["fi"], sv=general["sv"], networks=sum(1 for c in found if c.network)))


def _buttons(row: Story) -> list[tuple[Button, ...]]:
    value, ident = f"{row.id}:{row.version}", str(row.id)
    look = Button(say("stories.button.preview"), "story.preview", ident)
    test = Button(say("stories.button.test"), "story.test", ident)
    edit: tuple[Button, ...] = (
        Button(say("stories.button.edit"), "story.edit", ident),
        Button(say("stories.button.captions"), "story.captions", ident),
        Button(say("intake.button.picture"), "story.picture", ident),
    )
    more = Button(say("versions.button_languages"), "story.languages", ident), Button(say("versions.button"), "story.versions", f"{ident}:0")
    recall = Button(say("stories.button.recall"), "story.recall", value, "danger")
    edit = (*edit, *more)
    match row.state:
        case "draft":
            return [(Button(say("stories.button.publish"), "story.plan", value, "primary"), look, test), edit]
        case "scheduled" | "held":
            stop = Button(say("stories.button.unschedule"), "story.unschedule", value)
            early = (Button(say("balance.override"), "story.override", value),) if row.state == "held" else ()
            return [(Button(say("stories.button.replan"), "story.plan", value), look, test, stop, *early), edit if row.state == "scheduled" else ()]
        case "published":
            correct = Button(say("correcting.button"), "story.correct", value)
            return [(look, correct, recall), (*edit[1:2], *more)]
        case "expired":
            return [(look, recall), more]
    return [(look,)]


def old_value(value: str) -> tuple[int, int]:
    """`id:version` of a button, or Refusal `old_card`."""
    return read_version(value)
