"""A story in more than one language: everyone gets it in theirs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from bot import audit
from bot.db import remove
from bot.errors import FieldRefusal
from bot.stories.records import Story, StoryWording
from bot.stories.text import LOCALES, checked_link, clean
from bot.stories.versions import keep


@dataclass(frozen=True)
class Worded:
    """What of a story depends on the reader's language."""

    locale: str
    title: str
    summary: str
    link: str


def wordings(session: Session, story_id: int) -> list[StoryWording]:
    """The story's further languages, by language."""
    return list(session.exec(select(StoryWording).where(StoryWording.story_id == story_id).order_by(col(StoryWording.locale))))


def worded(session: Session, story: Story, locale: str) -> Worded:
    """The story as somebody who reads that language gets it; in its own language where it has no wording in theirs."""
    if locale != story.language:
        row = session.exec(select(StoryWording).where(StoryWording.story_id == story.id, StoryWording.locale == locale)).first()
        if row is not None:
            return Worded(locale, row.title, row.summary, row.link or story.link)
    return Worded(story.language, story.title, story.summary, story.link)


def set_wording(session: Session, now: datetime, actor_id: int, story: Story, locale: str, values: Mapping[str, str]) -> None:
    """Put a language in force (`title`, `summary`, `link`); without a title it is taken out. Raises FieldRefusal."""
    if locale not in LOCALES or locale == story.language:
        raise FieldRefusal("language", "stories.refused.language")
    title, summary = clean(values.get("title", ""), 120), clean(values.get("summary", ""), 1500, lines=True)
    link = checked_link(values["link"]) if values.get("link", "").strip() else ""
    if not title and (summary or link):
        raise FieldRefusal("title", "stories.refused.title")
    row = session.exec(select(StoryWording).where(StoryWording.story_id == story.id, StoryWording.locale == locale)).first()
    was = (row.title, row.summary, row.link) if row else ("", "", "")
    if was == (title, summary, link):
        return
    keep(session, now, actor_id, story, "wording")
    if row and not title:
        remove(session, row)
    elif title:
        row = row or StoryWording(story_id=story.id or 0, locale=locale, title=title)
        row.title, row.summary, row.link = title, summary, link
        session.add(row)
    session.flush()
    audit.note(session, now, actor_id, "story.worded", "story", story.id or 0, locale)
