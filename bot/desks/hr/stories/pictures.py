"""Putting a picture on a story: for the portal's page, which takes the file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from bot import stories
from bot.desks.hr.stories.showing import old_value, read_story
from bot.desks.hr.stories.writing import require_editable
from bot.desks.turn import Deployment, Turn


@dataclass(frozen=True)
class PictureLook:
    """What the page for a story's picture shows. `version` is the story's, as the page was drawn."""

    story_id: int
    version: int
    title: str
    url: str
    alt: str


@dataclass(frozen=True)
class PictureFile:
    """A picture as it is served."""

    kind: str
    content: bytes


def look(session: Session, deployment: Deployment, now: datetime, person_id: int, story_id: int) -> PictureLook:
    """The picture of a story that can still be changed. Raises Refusal."""
    row = read_story(Turn.of(session, deployment, person_id, now), story_id)
    require_editable(row)
    return PictureLook(row.id or 0, row.version, row.title, row.image_url, row.image_alt)


def put(session: Session, deployment: Deployment, now: datetime, person_id: int, value: str, content: bytes, alt: str) -> None:
    """Keep a picture and put it on the story (`id:version` as the page was drawn), with what it shows.

    Raises FieldRefusal `file` or `alt`, Stale where the story changed meanwhile, Refusal.
    """
    story_id, version = old_value(value)
    row = read_story(Turn.of(session, deployment, person_id, now), story_id)
    require_editable(row)
    stories.illustrate(session, now, person_id, story_id, version, alt=alt, content=content, token=deployment.new_token(), link=deployment.link)


def served(session: Session, token: str, ending: str) -> PictureFile | None:
    """The picture at an address, or None."""
    found = stories.picture(session, token)
    return PictureFile(found.kind, found.content) if found and found.path.endswith(f".{ending}") else None
