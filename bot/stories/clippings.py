"""What was read from a page for somebody, until they make a proposal of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, delete, func
from sqlmodel import Field, Session, SQLModel, col, select

from bot.db import remove, utc_field
from bot.errors import Refusal, Stale
from bot.stories.text import LOCALES, checked_link, clean

LIFE = timedelta(days=2)
PAGE = 1000
MOST_AN_HOUR = 30  # pages for one person


class Clipping(SQLModel, table=True):
    """A page somebody pasted the link of: what it says of itself, and what they said with it. `problem` names the words
    (`intake.unread.<problem>`) for why it could not be read."""

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    url: str
    words: str = ""  # of the message the link stood in, or why it is worth sharing
    caption: str = ""
    is_credited: bool = False
    is_sent: bool = False  # the form was sent off: it becomes a proposal as soon as it was read
    title: str = ""
    summary: str = ""
    image_url: str = ""
    image_alt: str = ""
    language: str = ""
    site: str = ""
    problem: str = ""
    problem_status: str = ""
    created_at: datetime = utc_field(index=True)


def clip(
    session: Session, now: datetime, person_id: int, url: str, words: str = "", *, caption: str = "", is_credited: bool = False, is_sent: bool = False,
) -> Clipping:  # fmt: skip
    """Begin with a link. Raises FieldRefusal for an address that we cannot lead to, Refusal for somebody who asks for ever more
    pages: nobody shall use us to knock at other people's servers."""
    recent = select(func.count()).select_from(Clipping).where(Clipping.person_id == person_id, col(Clipping.created_at) > now - timedelta(hours=1))
    if session.exec(recent).one() >= MOST_AN_HOUR:
        raise Refusal("intake.refused.many")
    words, caption = clean(words, 1500, lines=True), clean(caption, 1000, lines=True)
    row = Clipping(person_id=person_id, url=checked_link(url), words=words, caption=caption, is_credited=is_credited, is_sent=is_sent, created_at=now)
    session.add(row)
    session.flush()
    return row


def fill_clipping(session: Session, row: Clipping, found: Mapping[str, str]) -> None:
    """Put in what the page says: title, summary, image_url, image_alt, language, site; or why it could not be read (`unread`)."""
    row.problem, row.problem_status = clean(found.get("unread", ""), 40), clean(found.get("status", ""), 3)
    row.title, row.summary = clean(found.get("title", ""), 120), clean(found.get("summary", ""), 1500)
    row.site, row.image_alt = clean(found.get("site", ""), 100), clean(found.get("image_alt", ""), 300)
    row.language = found.get("language", "") if found.get("language", "") in LOCALES else ""
    image = found.get("image_url", "")
    row.image_url = image if image.startswith("https://") and len(image) <= 2000 else ""
    session.add(row)


def clipping_of(session: Session, person_id: int, clipping_id: int) -> Clipping:
    """Somebody's own clipping. Raises Stale `intake.refused.clipping` when it is not there any more."""
    row = session.exec(select(Clipping).where(Clipping.id == clipping_id, Clipping.person_id == person_id)).first()
    if row is None:
        raise Stale("intake.refused.clipping")
    return row


def drop_clipping(session: Session, row: Clipping) -> None:
    """It became a proposal."""
    remove(session, row)


def forget_clippings(session: Session, person_id: int) -> None:
    """Forget what somebody looked at and proposed nothing of."""
    session.execute(delete(Clipping).where(col(Clipping.person_id) == person_id))


def old_clippings(session: Session, now: datetime) -> bool:
    """Delete clippings nothing became of, at most 1,000; True while there are more."""
    old = select(Clipping.id).where(col(Clipping.created_at) < now - LIFE).limit(PAGE)
    done = session.execute(delete(Clipping).where(col(Clipping.id).in_(old)))
    return isinstance(done, CursorResult) and done.rowcount == PAGE
