"""Stories about the same page: what is proposed twice is told kindly, what a feed brings twice is taken in once."""

from __future__ import annotations

from sqlalchemy import case
from sqlmodel import Session, col, select

from bot.stories.records import Story
from bot.stories.text import checked_link, link_key

_WEIGHT = {"published": 0, "scheduled": 1, "held": 1, "draft": 2, "review": 3}  # the state that says most first; others do not count


def same_link(session: Session, link: str, *, but: int = 0) -> Story | None:
    """The story about this page that is out, planned or looked at; None where there is none. Raises FieldRefusal for a bad link."""
    query = select(Story).where(Story.link_key == link_key(checked_link(link)), col(Story.state).in_(_WEIGHT), Story.id != but)
    return session.exec(query.order_by(case(_WEIGHT, value=col(Story.state)), col(Story.id)).limit(1)).first()
