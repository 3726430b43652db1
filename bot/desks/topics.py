"""Topics one can choose: those that HR names in the settings, else those that stories have."""

from __future__ import annotations

from collections import Counter

from sqlmodel import Session, col, select

from bot import settings
from bot.audiences.topics import LENGTH_MAX
from bot.stories import Story

OFFERED_MAX = 50
_LOOKED_AT = 1000  # the newest stories: what is told of today


def offered(session: Session) -> tuple[str, ...]:
    """At most OFFERED_MAX, in the order of the alphabet; the stories' most frequent ones where HR names none."""
    named = _split(str(settings.get(session, "topics.offered")))
    if named:
        return tuple(sorted(dict.fromkeys(named))[:OFFERED_MAX])
    known = ("published", "scheduled", "draft")
    rows = session.exec(select(Story.topics).where(Story.topics != "", col(Story.state).in_(known)).order_by(col(Story.id).desc()).limit(_LOOKED_AT))
    found = Counter(topic for row in rows for topic in _split(row))
    return tuple(sorted(topic for topic, _count in found.most_common(OFFERED_MAX)))


def _split(text: str) -> list[str]:
    return [t for t in (part.strip().lower()[:LENGTH_MAX] for part in text.split(",")) if t]
