"""Text objects: somebody's own words come out as they went in, whatever they contain.

`plain_text` is literal, so it is used wherever Slack allows it. Bold needs mrkdwn: it is used only for words in which
nothing could turn into formatting, and falls back to plain text otherwise, so that text is never changed.
"""

from __future__ import annotations

import re

from slack_sdk.models.blocks import MarkdownTextObject, PlainTextObject, TextObject

TEXT_LIMIT = 3000  # section, context and plain text objects (docs.slack.dev, block kit reference)
EMPTY = "–"  # Slack refuses an empty text object

# C0 controls but tab and newline, and the marks that reorder the text after them (a title must not turn a button around).
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_FORMATTING = re.compile(r"[*_~`]|:[\w+'-]+:|^\s*(>|&gt;)", re.MULTILINE)


def tidy(text: str, limit: int = TEXT_LIMIT) -> str:
    """Text as Slack takes it: without control characters, at most `limit` long, never empty."""
    clean = _UNSEEN.sub("", text)
    return cut(clean, limit) if clean.strip() else EMPTY


def cut(text: str, limit: int) -> str:
    """At most `limit` UTF-16 units (the strictest way to count), ending in an ellipsis where something was cut."""
    if len(text) * 2 <= limit or _units(text) <= limit:
        return text
    short = text[: limit - 1]
    while _units(short) > limit - 1:
        short = short[:-1]
    return short.rstrip() + "…"


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def pieces(text: str, limit: int = TEXT_LIMIT, at_most: int = 4) -> list[str]:
    """A long text in pieces, broken between lines or words; what does not fit into `at_most` pieces is cut."""
    out: list[str] = []
    rest = tidy(text, limit * at_most)
    while _units(rest) > limit and len(out) < at_most - 1:
        head = rest[: limit // 2 if _units(rest[:limit]) > limit else limit]
        end = max(head.rfind("\n"), head.rfind(" "))
        end = end if end > len(head) // 2 else len(head)
        out.append(head[:end])
        rest = rest[end:].lstrip()
    return [*out, tidy(rest, limit)]


def plain(text: str, limit: int = TEXT_LIMIT) -> PlainTextObject:
    """A literal text object: no links, no mentions, no emoji codes."""
    return PlainTextObject(text=tidy(text, limit), emoji=False)


def escape(text: str) -> str:
    """The three characters that mean something to Slack in mrkdwn and in a message's `text`."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def bold(text: str, after: str = "", limit: int = 2000) -> TextObject:
    """Bold words, then plain ones on a new line; all of it plain where something in it would turn into formatting."""
    head, tail = tidy(text, 300), tidy(after, limit - 400) if after else ""
    if _FORMATTING.search(head) or _FORMATTING.search(tail) or "\n" in head:
        return plain(f"{head}\n{tail}" if tail else head, limit)
    words = f"*{escape(head)}*" + (f"\n{escape(tail)}" if tail else "")
    if _units(words) > limit:  # escaping made it longer
        return plain(f"{head}\n{tail}", limit)
    return MarkdownTextObject(text=words, verbatim=True)


def from_mrkdwn(text: str) -> str:
    """A person's message as plain text, for the *Propose as story* shortcut: links become addresses, entities characters."""
    text = re.sub(r"<(https?://[^|>]{1,2000})(\|[^>]*)?>", r"\1", text)
    text = re.sub(r"<mailto:[^|>]*\|([^>]*)>", r"\1", text)
    text = re.sub(r"<[@#!][^|>]*\|([^>]*)>", r"\1", text)
    text = re.sub(r"<[@#!][^>]*>", "", text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()
