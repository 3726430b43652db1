"""Putting an earlier version of a story back in force. What it replaces is kept in its turn."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CursorResult, delete, update
from sqlmodel import Session, col

from bot import audit
from bot.errors import Stale
from bot.stories.correcting import corrected
from bot.stories.drafting import EDITABLE, captions, get, set_captions
from bot.stories.records import Story, StoryWording
from bot.stories.versions import FIELDS, Content, content, content_of, keep, version

_FIXED = ("kind", "language", "is_internal")  # as it went out


def restore(session: Session, now: datetime, actor_id: int, story_id: int, story_version: int, version_id: int, words: str = "") -> Story:
    """The story is again as it was before that change. One that is out is corrected by it, which needs `words` for its sharers.

    Raises Stale when it changed meanwhile or can be changed no more, FieldRefusal `words`, Refusal for a version of another story.
    """
    row, then = get(session, story_id), content_of(version(session, story_id, version_id))
    before = content(session, row)
    keep(session, now, actor_id, row, "restored")
    fields = [name for name in FIELDS if row.state != "published" or name not in _FIXED]
    change = update(Story).where(col(Story.id) == story_id, col(Story.version) == story_version, col(Story.state).in_((*EDITABLE, "published")))
    values = {name: getattr(then, name) for name in fields}
    done = session.execute(change.values(**values, version=story_version + 1).execution_options(synchronize_session=False))
    if not isinstance(done, CursorResult) or done.rowcount != 1:
        raise Stale("stories.refused.stale")
    session.refresh(row)
    _texts(session, story_id, then)
    if row.state == "published":
        corrected(session, now, actor_id, row, words, before)
    audit.note(session, now, actor_id, "story.restored", "story", story_id, f"version {version_id}")
    return row


def _texts(session: Session, story_id: int, then: Content) -> None:
    here = {(c.locale, c.network) for c in captions(session, story_id)}
    for locale, network in sorted(here | {(loc, net) for loc, net, _text in then.captions}):
        set_captions(session, story_id, locale, network, [text for loc, net, text in then.captions if (loc, net) == (locale, network)])
    session.execute(delete(StoryWording).where(col(StoryWording.story_id) == story_id))
    session.add_all(StoryWording(story_id=story_id, locale=loc, title=title, summary=summary, link=link) for loc, title, summary, link in then.wordings)
    session.flush()
