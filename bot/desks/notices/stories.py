"""Cards about stories that are owed to somebody: the story itself, a test of it, its recall, and the way of a proposal."""

from __future__ import annotations

from sqlmodel import Session

from bot import stories
from bot.desks.balance_words import audience_name
from bot.desks.notices import Owed
from bot.desks.wording import person_name
from bot.messages import Block, Button, Buttons, Card, Fact, Facts, Note, Paragraph, Picture, Plain, Say, Text, say
from bot.stories import Review, Story, StoryChange
from bot.stories.wordings import Worded
from bot.strategy import Strategy


def story_card(session: Session, story: Story, locale: str, title: Text | None = None, note: Text | None = None) -> Card:
    """The card an advocate gets, in the story's wording for their language: the very same in previews, tests and lists."""
    told = stories.worded(session, story, locale)
    blocks: list[Block] = [Note(note)] if note else []
    if story.image_url:
        blocks.append(Picture(story.image_url, Plain(story.image_alt)))
    if told.summary:
        blocks.append(Paragraph(Plain(told.summary)))
    blocks.append(Note(say(f"stories.card.{'internal' if story.is_internal else story.kind}")))
    if name := credit(session, story):
        blocks.append(Note(say("intake.credit", name=name)))
    if story.expires_at:
        blocks.append(Note(say("stories.card.until", moment=story.expires_at)))
    blocks.append(Buttons(card_buttons(story, told.link)))
    return Card(title or say("stories.card.internal_title" if story.is_internal else "stories.card.title", title=told.title), tuple(blocks))


def credit(session: Session, story: Story) -> str:
    """The name of whoever proposed it and wants that to be said; else the empty text."""
    return person_name(session, story.proposer_id) if story.is_credited else ""


def card_buttons(story: Story, link: str) -> tuple[Button, ...]:
    """Share (unless it is for inside only) and Read, which leads to `link`."""
    read = Button(say("stories.button.read"), url=link)
    return (read,) if story.is_internal else (Button(say("stories.button.share"), "story.share", str(story.id), "primary"), read)


def story(owed: Owed) -> Card | None:
    """A published story; nothing once it was recalled or expired, or the person left the programme or paused."""
    row, person = owed.session.get(Story, owed.subject_id), owed.person
    today = owed.deployment.today(owed.now)
    if row is None or row.state != "published" or person is None or person.enrolled_at is None:
        return None
    if (row.expires_at and row.expires_at <= owed.now) or (person.paused_until and person.paused_until > today):
        return None
    return story_card(owed.session, row, person.locale)


def story_test(owed: Owed) -> Card | None:
    """A test to oneself: the very card, with a note on top."""
    row = owed.session.get(Story, owed.subject_id)
    if row is None or row.state == "recalled" or owed.person is None:
        return None
    return story_card(owed.session, row, owed.person.locale, note=say("stories.card.test"))


def story_recalled(owed: Owed) -> Card | None:
    """To everyone who shared it: it was taken back, why, and what that means for their post."""
    found = _changed(owed)
    if found is None:
        return None
    told, change = found
    words = Paragraph(say("correcting.why", words=change.words))
    return Card(say("stories.recalled.title", title=told.title), (Paragraph(say("stories.recalled.text")), words), tone="warning")


def story_corrected(owed: Owed) -> Card | None:
    """To everyone who shared it: what was put right and why, and whether their post needs a look. Nothing once it was recalled."""
    found, row = _changed(owed), None
    if found is not None:
        row = owed.session.get(Story, found[1].story_id)
    if found is None or row is None or row.state == "recalled":
        return None
    told, change = found
    fields = change.fields.split(",")
    what = tuple(Fact(say(f"versions.field.{name}"), _now(told, row, name)) for name in fields)
    blocks: list[Block] = [Paragraph(say("correcting.why", words=change.words)), Facts(what)]
    blocks.append(Paragraph(say("correcting.captions" if "captions" in fields else "correcting.link")))
    return Card(say("correcting.title", title=told.title), (*blocks, Buttons(card_buttons(row, told.link))), tone="warning")


def _now(told: Worded, row: Story, name: str) -> Text:
    if name in ("title", "summary", "link"):
        return Plain(getattr(told, name) or "–")
    return say("versions.new")


def _changed(owed: Owed) -> tuple[Worded, StoryChange] | None:
    change = owed.session.get(StoryChange, owed.subject_id)
    row = owed.session.get(Story, change.story_id) if change else None
    if change is None or row is None or owed.person is None:
        return None
    return stories.worded(owed.session, row, owed.person.locale), change


def story_proposed(owed: Owed) -> Card | None:
    """To the admin room: somebody proposed a story. Nothing once it was decided."""
    row = owed.session.get(Story, owed.subject_id)
    if row is None or row.state != "review":
        return None
    return proposal_card(owed.session, row)


def proposal_card(session: Session, row: Story) -> Card:
    """A story in review, with what a curator can do."""
    blocks: list[Block] = [Picture(row.image_url, Plain(row.image_alt))] if row.image_url else []
    blocks += [Paragraph(Plain(row.summary))] if row.summary else []
    blocks += [Note(Plain(row.link)), Note(whence(session, row)), *flags(session, row), Facts(_meant(session, row))]
    value = f"{row.id}:{row.version}"
    blocks.append(
        Buttons((
            Button(say("stories.button.approve"), "story.approve", value, "primary"), Button(say("stories.button.edit"), "story.edit", str(row.id)),
            Button(say("stories.button.refuse"), "story.refuse", value), Button(say("stories.button.read"), url=row.link),
        ))
    )  # fmt: skip
    return Card(say("stories.review.title", title=row.title), tuple(blocks))


def _meant(session: Session, row: Story) -> tuple[Fact, ...]:
    """What it is and for whom, until a curator says otherwise."""
    goal = session.get(Strategy, row.strategy_id) if row.strategy_id else None
    language = Fact(say("stories.form.language"), say(f"stories.language.{row.language}"))
    audience = Fact(say("stories.fact.audience"), audience_name(session, row.audience_id))
    facts = (Fact(say("stories.fact.kind"), say(f"stories.kind.{row.kind}")), language, audience)
    return (*facts, Fact(say("stories.fact.strategy"), Plain(goal.name))) if goal else facts


def whence(session: Session, row: Story, *, brief: bool = False) -> Say:
    """Who proposed it (and whether they like to be named, unless `brief`), or the feed it came from."""
    if name := person_name(session, row.proposer_id):
        return say("intake.review.by_credited" if row.is_credited and not brief else "stories.review.by", name=name)
    return say("stories.review.from", source=stories.feed_named(session, row.source) or _file_of(row))


def _file_of(row: Story) -> Say | str:
    return say(f"stories.source.{row.source}") if row.source in ("csv", "markdown", "feed") else "–"


def flags(session: Session, row: Story) -> list[Block]:
    """What HR should look at before it goes out: words of the setting, and a picture nobody has described."""
    found: list[Block] = []
    if words := stories.watched_in(session, row):
        found.append(Paragraph(say("intake.flag.words", words=", ".join(words))))
    if row.image_url and not row.image_alt:
        found.append(Paragraph(say("intake.flag.alt")))
    return found


def story_reviewed(owed: Owed) -> Card | None:
    """To whoever proposed it: what became of it, with the curator's word."""
    answer = owed.session.get(Review, owed.subject_id)
    row = owed.session.get(Story, answer.story_id) if answer else None
    if answer is None or row is None:
        return None
    verdict = "approved" if answer.is_approved else "refused"
    blocks: list[Block] = [Paragraph(say(f"stories.reviewed.{verdict}_text"))]
    if answer.word:
        blocks.append(Paragraph(Plain(answer.word)))
    return Card(say(f"stories.reviewed.{verdict}", title=row.title), tuple(blocks), tone="good" if answer.is_approved else "plain")


BUILDERS = {
    "story": story,
    "story_test": story_test,
    "story_recalled": story_recalled,
    "story_corrected": story_corrected,
    "story_proposed": story_proposed,
    "story_reviewed": story_reviewed,
}
