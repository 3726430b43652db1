"""Earlier versions: each change of a story leaves it as it was before, with who changed it and when, to be read and put back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import delete
from sqlmodel import Session, col, select

from bot.errors import Refusal
from bot.stories.records import Caption, Story, StoryVersion, StoryWording

FIELDS = ("title", "summary", "link", "kind", "language", "topics", "image_url", "image_alt", "is_internal")


class Content(BaseModel):
    """All that somebody wrote of a story."""

    title: str
    summary: str
    link: str
    kind: str
    language: str
    topics: str
    image_url: str
    image_alt: str
    is_internal: bool
    captions: list[tuple[str, str, str]] = []  # language, network, text
    wordings: list[tuple[str, str, str, str]] = []  # language, title, summary, link


def content(session: Session, story: Story) -> Content:
    """A story as it is now."""
    texts = (
        select(Caption).where(Caption.story_id == story.id, col(Caption.is_retired).is_(False)).order_by(Caption.locale, Caption.network, col(Caption.position))
    )
    languages = select(StoryWording).where(StoryWording.story_id == story.id).order_by(col(StoryWording.locale))
    values: dict[str, Any] = {name: getattr(story, name) for name in FIELDS}
    values["captions"] = [(c.locale, c.network, c.text) for c in session.exec(texts)]
    values["wordings"] = [(w.locale, w.title, w.summary, w.link) for w in session.exec(languages)]
    return Content(**values)


def keep(session: Session, now: datetime, actor_id: int | None, story: Story, what: str) -> StoryVersion:
    """Keep the story as it is, just before it is changed."""
    row = StoryVersion(story_id=story.id or 0, what=what, content=content(session, story).model_dump_json(), actor_id=actor_id, at=now)
    session.add(row)
    session.flush()
    return row


def kept(session: Session, story_id: int, page: int, size: int) -> list[StoryVersion]:
    """One page (from 0) of the earlier versions, newest first; one more than `size` where there are more."""
    query = select(StoryVersion).where(StoryVersion.story_id == story_id).order_by(col(StoryVersion.id).desc())
    return list(session.exec(query.offset(page * size).limit(size + 1)))


def version(session: Session, story_id: int, version_id: int) -> StoryVersion:
    """One of them. Raises Refusal `versions.gone`."""
    row = session.exec(select(StoryVersion).where(StoryVersion.id == version_id, StoryVersion.story_id == story_id)).first()
    if row is None:
        raise Refusal("versions.gone")
    return row


def content_of(row: StoryVersion) -> Content:
    """What the story was then."""
    return Content.model_validate_json(row.content)


def after(session: Session, row: StoryVersion) -> Content:
    """What the story was after that change: before the next one, or as it is now."""
    later = select(StoryVersion).where(StoryVersion.story_id == row.story_id, col(StoryVersion.id) > row.id).order_by(col(StoryVersion.id)).limit(1)
    following = session.exec(later).first()
    return content_of(following) if following else content(session, session.get_one(Story, row.story_id))


def changed(one: Content, other: Content) -> list[str]:
    """The names of what differs between two, in the order of the form."""
    return [name for name in Content.model_fields if getattr(one, name) != getattr(other, name)]


def forget_versions(session: Session, story_ids: Any) -> None:
    """Earlier versions of stories that are deleted."""
    session.execute(delete(StoryVersion).where(col(StoryVersion.story_id).in_(story_ids)))
