"""Why something of the open web could not be read, in words: for the person who pasted it, for HR whose feed it is."""

from __future__ import annotations

from bot.messages import Say, say

UNREAD = (
    "form", "port", "inside", "downgrade", "circle", "slow", "unreachable", "certificate", "status", "compressed", "large", "empty", "html", "not_xml",
    "not_feed", "entities", "not_page", "long", "heavy", "encoding", "not_json", "not_board", "not_jobs", "no_postings", "too_many", "none_listed",
)  # fmt: skip
FEED_KIB = 1024


def unread(key: str, status: int | str = 0, kib: int = FEED_KIB) -> Say:
    """The words for a reason (the keys of adapters.feeds.unread); `kib` is how much may be in what was read."""
    return say(f"intake.unread.{key if key in UNREAD else 'unreachable'}", status=status, count=kib)
