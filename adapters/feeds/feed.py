"""RSS and Atom: whatever a stranger's server sends is read in a child process that can be killed, and comes back as plain JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from adapters.feeds.found import Broken, Found
from bot.desks.hr.stories import Draft
from bot.errors import VinkkiError
from bot.messages import say

SECONDS = 5
CHILD = Path(__file__).with_name("reading.py")
_WHY = {
    "not_xml": "this is not a feed: it is no XML (a web page, perhaps; look for its RSS address)",
    "not_feed": "this is XML, and neither RSS nor Atom",
    "entities": "this feed declares entities, which feeds have no need of",
    "empty": "there is nothing in it",
}


def read(body: bytes) -> Iterator[Found | Broken]:
    """The stories of a feed's bytes, at most 500. The GUID makes an entry the same story again; a second one in a feed is left out.

    Raises VinkkiError with a sentence when the whole is no feed or takes too long to read.
    """
    seen: set[str] = set()
    for i, entry in enumerate(entries(body), start=1):
        where = entry["title"][:80] or f"entry {i}"
        guid = entry["guid"] or entry["link"]
        if not entry["title"] or not entry["link"]:
            yield Broken(where, say("feeds.feed.incomplete"))
        elif guid not in seen:
            seen.add(guid)
            draft = Draft(entry["title"], entry["link"], entry["summary"], kind="tell", language=_language(entry["language"]), source="feed", source_guid=guid)
            yield Found(where, draft)


def _language(code: str) -> str:
    short = code.strip().lower()[:2]
    return short if short in ("en", "fi", "sv") else "en"


def entries(body: bytes, seconds: float = SECONDS) -> list[dict[str, str]]:
    """The entries as the child read them: title, link, summary, guid, language, all text. Raises VinkkiError."""
    if not body.strip():
        raise VinkkiError(_WHY["empty"])
    try:
        # -I: no user site, no PYTHON* variables; the environment is empty, so that no secret is in the child's reach
        done = subprocess.run(  # noqa: S603 (our own interpreter and file)
            [sys.executable, "-I", str(CHILD)], input=body, capture_output=True, timeout=seconds, env={}, check=False
        )
    except subprocess.TimeoutExpired:
        raise VinkkiError("reading this feed took too long") from None
    if done.returncode != 0:
        raise VinkkiError("this feed could not be read: it took too much time or memory")
    answer = json.loads(done.stdout)
    if "wrong" in answer:
        raise VinkkiError(_WHY[answer["wrong"]])
    found: list[dict[str, str]] = answer["entries"]
    return found
