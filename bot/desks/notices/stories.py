"""Cards about stories that are owed to somebody: the story itself, a test of it, its recall, and the way of a proposal."""

from __future__ import annotations

from sqlmodel import Session

from bot.desks.notices import Owed
from bot.messages import Block, Button, Buttons, Card, Note, Paragraph, Picture, Plain, Text, say
from bot.people import Person
from bot.stories import Review, Story


def story_card(story: Story, title: Text | None = None, note: Text | None = None) -> Card:
    """The card an advocate gets: the very same in previews, tests and lists."""
    blocks: list[Block] = [Note(note)] if note else []
    if story.image_url:
        blocks.append(Picture(story.image_url, Plain(story.image_alt)))
    if story.summary:
        blocks.append(Paragraph(Plain(story.summary)))
    blocks.append(Note(say(f"stories.card.{'internal' if story.is_internal else story.kind}")))
    if story.expires_at:
        blocks.append(Note(say("stories.card.until", moment=story.expires_at)))
    blocks.append(Buttons(card_buttons(story)))
    return Card(title or say("stories.card.internal_title" if story.is_internal else "stories.card.title", title=story.title), tuple(blocks))


def card_buttons(story: Story) -> tuple[Button, ...]:
    """Share (unless it is for inside only) and Read."""
    read = Button(say("stories.button.read"), url=story.link)
    return (read,) if story.is_internal else (Button(say("stories.button.share"), "story.share", str(story.id), "primary"), read)


def story(owed: Owed) -> Card | None:
    """A published story; nothing once it was recalled or expired, or the person left the programme or paused."""
    row, person = owed.session.get(Story, owed.subject_id), owed.person
    today = owed.deployment.today(owed.now)
    if row is None or row.state != "published" or person is None or person.enrolled_at is None:
        return None
    if (row.expires_at and row.expires_at <= owed.now) or (person.paused_until and person.paused_until > today):
        return None
    return story_card(row)


def story_test(owed: Owed) -> Card | None:
    """A test to oneself: the very card, with a note on top."""
    row = owed.session.get(Story, owed.subject_id)
    return story_card(row, note=say("stories.card.test")) if row else None


def story_recalled(owed: Owed) -> Card | None:
    """To everyone who shared it: it was taken back, and what that means for their post."""
    row = owed.session.get(Story, owed.subject_id)
    if row is None:
        return None
    return Card(say("stories.recalled.title", title=row.title), (Paragraph(say("stories.recalled.text")),), tone="warning")


def story_proposed(owed: Owed) -> Card | None:
    """To the admin room: somebody proposed a story. Nothing once it was decided."""
    row = owed.session.get(Story, owed.subject_id)
    if row is None or row.state != "review":
        return None
    return proposal_card(owed.session, row)


def proposal_card(session: Session, row: Story) -> Card:
    """A story in review, with what a curator can do."""
    proposer = session.get(Person, row.proposer_id) if row.proposer_id else None
    blocks: list[Block] = [Paragraph(Plain(row.summary))] if row.summary else []
    blocks.append(Note(say("stories.review.by", name=proposer.name) if proposer else say("stories.review.from", source=row.source or "–")))
    value = f"{row.id}:{row.version}"
    blocks.append(
        Buttons((
            Button(say("stories.button.approve"), "story.approve", value, "primary"), Button(say("stories.button.refuse"), "story.refuse", value),
            Button(say("stories.button.read"), url=row.link),
        ))
    )  # fmt: skip
    return Card(say("stories.review.title", title=row.title), tuple(blocks))


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
    "story_proposed": story_proposed,
    "story_reviewed": story_reviewed,
}
