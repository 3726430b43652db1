"""RSS and Atom: whatever a stranger's server sends is read in a child process that can be killed, and comes back as plain JSON."""

from __future__ import annotations

from collections.abc import Iterator

from adapters.feeds import child
from adapters.feeds.found import Broken, Found
from adapters.feeds.unread import Unread
from bot.desks.hr.stories import Draft
from bot.messages import say
from content.catalog import LOCALES


def read(body: bytes) -> Iterator[Found | Broken]:
    """The stories of a feed's bytes, at most 500. The GUID makes an entry the same story again; a second one in a feed is left out.

    Raises Unread when the whole is no feed or takes too long to read.
    """
    seen: set[str] = set()
    for i, entry in enumerate(entries(body), start=1):
        where = entry["title"][:80] or f"entry {i}"
        guid = entry["guid"] or entry["link"]
        if not entry["title"] or not entry["link"]:
            yield Broken(where, say("feeds.feed.incomplete"))
        elif guid not in seen:
            seen.add(guid)
            draft = Draft(entry["title"], entry["link"], entry["summary"], kind="tell", language=language(entry["language"]), source="feed", source_guid=guid)
            yield Found(where, draft)


def language(code: str, otherwise: str = "en") -> str:
    """A language tag as one of ours."""
    short = code.strip().lower()[:2]
    return short if short in LOCALES else otherwise


def entries(body: bytes, seconds: float = child.SECONDS) -> list[dict[str, str]]:
    """The entries as the child read them: title, link, summary, guid, language, all text. Raises Unread."""
    if not body.strip():
        raise Unread("empty")
    found: list[dict[str, str]] = child.read("feed", body, seconds=seconds)["entries"]
    return found
