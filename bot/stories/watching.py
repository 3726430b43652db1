"""Words that HR wants to look at before a story goes out."""

from __future__ import annotations

import re

from sqlmodel import Session

from bot import settings
from bot.stories.drafting import captions
from bot.stories.records import Story
from bot.stories.text import clean

MOST = 100


def watch_words(session: Session) -> list[str]:
    """The words of the setting, which separates them by commas or lines."""
    given = re.split(r"[,;\n]", str(settings.get(session, "stories.watch_words")))
    return list(dict.fromkeys(word for word in (clean(part, 60).casefold() for part in given) if word))[:MOST]


def watched(session: Session, *texts: str) -> list[str]:
    """Those of the words that a word of the texts begins with, whatever its case and ending ("palk" finds "Palkoista")."""
    words = watch_words(session)
    whole = clean("\n".join(texts), 200_000, lines=True).casefold() if words else ""
    return [word for word in words if re.search(rf"(?<!\w){re.escape(word)}", whole)]


def watched_in(session: Session, row: Story) -> list[str]:
    """The words that are in a story or in one of its captions in force."""
    texts = [c.text for c in captions(session, row.id or 0)]
    return watched(session, row.title, row.summary, row.topics, row.image_alt, *texts)
