"""After publication: a story is recalled, or corrected everywhere it went, and everyone who shared it is told why."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import CursorResult, update
from sqlmodel import Session, col, select

from bot import audit, outbox, strategy
from bot.errors import FieldRefusal, Stale
from bot.stories.drafting import Draft, captions, checked, get, set_captions
from bot.stories.moving import move
from bot.stories.records import Caption, Story, StoryChange, StoryPlan
from bot.stories.text import clean
from bot.stories.versions import Content, changed, content, keep

WORDS_MAX = 500
OUT = ("published", "expired")


def recall(session: Session, now: datetime, actor_id: int, story_id: int, version: int, words: str) -> int:
    """Take a story back that is out: messages are withdrawn, its links lead to a kind page, everyone who shared it is told why.

    Returns how many messages will be withdrawn. Raises FieldRefusal `words` without a reason, Stale when it is not out (any more).
    """
    words = _required(words)
    move(session, now, actor_id, story_id, version, OUT, "recalled")
    strategy.take_back(session, story_id)
    change = _note(session, now, actor_id, story_id, words, is_recall=True)
    session.execute(update(StoryPlan).where(col(StoryPlan.story_id) == story_id).values(is_done=True))
    for earlier in session.exec(select(StoryChange.id).where(StoryChange.story_id == story_id, col(StoryChange.is_recall).is_(False))).all():
        outbox.cancel(session, "story_corrected", earlier or 0)
    session.add(StoryPlan(key=f"plan withdraw:{story_id}", story_id=story_id, notice="story", deed="withdraw", created_at=now))
    session.add(StoryPlan(key=f"plan recall:{story_id}", story_id=story_id, notice="story_recalled", change_id=change.id, created_at=now))
    outbox.cancel(session, "story", story_id)
    session.flush()
    return outbox.sent_count(session, "story", story_id)


def correct(session: Session, now: datetime, actor_id: int, story_id: int, version: int, draft: Draft, words: str) -> StoryChange:
    """Put right what a published story says. Its kind, language and whether it may be shared stay as they went out.

    Raises FieldRefusal (`words` too, where nothing is different), Stale when it changed or is not out any more.
    """
    row, words = get(session, story_id), _required(words)
    draft = replace(draft, kind=row.kind, language=row.language, is_internal=row.is_internal)
    before = content(session, row)
    keep(session, now, actor_id, row, "corrected")
    values = checked(draft, row.image_url)
    change = update(Story).where(col(Story.id) == story_id, col(Story.version) == version, col(Story.state) == "published")
    done = session.execute(change.values(**values, version=version + 1).execution_options(synchronize_session=False))
    if not isinstance(done, CursorResult) or done.rowcount != 1:
        raise Stale("stories.refused.stale")
    session.refresh(row)
    return corrected(session, now, actor_id, row, words, before)


def correct_captions(session: Session, now: datetime, actor_id: int, row: Story, locale: str, network: str, texts: list[str], words: str) -> StoryChange:
    """Put right the captions of a published story: what is taken out is offered to nobody any more, not even to those who had
    been given it. Raises FieldRefusal."""
    words, before = _required(words), content(session, row)
    keep(session, now, actor_id, row, "captions")
    set_captions(session, row.id or 0, locale, network, texts)
    return corrected(session, now, actor_id, row, words, before)


def corrected(session: Session, now: datetime, actor_id: int, row: Story, words: str, before: Content) -> StoryChange:
    """A published story is no longer what it was before: its messages are changed, everyone who shared it is told what and why."""
    fields = changed(before, content(session, row))
    if not fields:
        raise FieldRefusal("words", "stories.refused.unchanged")
    if "captions" in fields:
        here = {c.id for c in captions(session, row.id or 0)}
        gone = col(Caption.story_id) == row.id, col(Caption.is_retired), col(Caption.text).in_([text for _, _, text in before.captions])
        wrong = update(Caption).where(*gone, col(Caption.id).not_in(here)).values(is_wrong=True)
        session.execute(wrong.execution_options(synchronize_session=False))
    found = _note(session, now, actor_id, row.id or 0, _required(words), fields=",".join(fields))
    if set(fields) != {"captions"}:  # a story's message shows no captions
        plan = StoryPlan(key=f"plan update:{row.id}:change:{found.id}", story_id=row.id or 0, notice="story", deed="update", created_at=now)
        session.add(plan)
    plan = StoryPlan(key=f"plan correction:{row.id}:change:{found.id}", story_id=row.id or 0, notice="story_corrected", change_id=found.id, created_at=now)
    session.add(plan)
    session.flush()
    audit.note(session, now, actor_id, "story.corrected", "story", row.id or 0, found.fields)
    return found


def changes(session: Session, story_id: int) -> list[StoryChange]:
    """The corrections and the recall of a story, oldest first."""
    return list(session.exec(select(StoryChange).where(StoryChange.story_id == story_id).order_by(col(StoryChange.id))))


def _note(session: Session, now: datetime, actor_id: int, story_id: int, words: str, *, is_recall: bool = False, fields: str = "") -> StoryChange:
    row = StoryChange(story_id=story_id, is_recall=is_recall, words=words, fields=fields, actor_id=actor_id, at=now)
    session.add(row)
    session.flush()
    return row


def _required(words: str) -> str:
    words = clean(words, WORDS_MAX, lines=True)
    if not words:
        raise FieldRefusal("words", "stories.refused.why")
    return words
