"""A page that somebody pasted the link of: its title, summary and picture, as it wants to be shared."""

from __future__ import annotations

import asyncio
import contextlib
import time
from urllib.parse import urljoin, urlsplit

import structlog

from adapters.feeds import child
from adapters.feeds.addresses import is_literal, target
from adapters.feeds.feed import language
from adapters.feeds.fetching import OPEN_WEB, SECONDS, Cage, fetch
from adapters.feeds.unread import Unread

MOST_BYTES = 256 * 1024
LEAST_SECONDS = 0.5  # for reading what came at the last moment
AT_ONCE = 3
log = structlog.get_logger("vinkki.feeds")


def read(url: str, cage: Cage = OPEN_WEB, seconds: float = SECONDS) -> dict[str, str]:
    """What a page says of itself: title, summary, image_url, image_alt, language, site; texts that may be empty.

    Only the first 256 KiB are looked at, for five seconds in all. Raises Unread.
    """
    deadline = time.monotonic() + seconds
    got = fetch(url, most=MOST_BYTES, cage=cage, seconds=seconds, headers={"Accept": "text/html, application/xhtml+xml;q=0.9"}, may_cut=True)
    if got.kind and got.kind not in ("text/html", "application/xhtml+xml"):
        raise Unread("not_page")
    said: dict[str, str] = child.read("page", got.body, got.charset, max(LEAST_SECONDS, deadline - time.monotonic()))["page"]
    image = _image(got.url, said["image"]) if said["image"] else ""
    return {"title": said["title"], "summary": said["summary"], "image_url": image, "image_alt": said["image_alt"] if image else "",
            "language": language(said["language"], ""), "site": said["site"] or urlsplit(got.url).hostname or ""}  # fmt: skip


def _image(base: str, link: str) -> str:
    """The picture's address where people can be shown it: https and of the open web, else the empty text."""
    with contextlib.suppress(Unread, ValueError):
        url = urljoin(base, link)  # raises ValueError for `http://[`
        if url.startswith("https://") and not is_literal(target(url).host):
            return url
    return ""


class PageReader:
    """Reads pages for the desks, a few at once, and never fails: what went wrong is one of the values (`unread`)."""

    def __init__(self, cage: Cage = OPEN_WEB) -> None:
        self.cage = cage
        self._places = asyncio.Semaphore(AT_ONCE)

    async def __call__(self, url: str) -> dict[str, str]:
        """The page's values, or `{"unread": <words' key>}`."""
        async with self._places:
            try:
                return await asyncio.to_thread(read, url, self.cage) | {"unread": ""}
            except Unread as e:
                log.info("page not read", reason=e.key)
                return {"unread": e.key, "status": str(e.params.get("status", ""))}
