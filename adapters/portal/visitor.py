"""Kind pages for whoever follows a share link that no longer leads anywhere, and for addresses that lead nowhere."""

from __future__ import annotations

from typing import Literal

from adapters.portal.env import draw
from bot.messages import say
from content.catalog import Words

Kind = Literal["expired", "recalled", "unknown", "error", "missing"]


def visitor_page(kind: Kind, locale: str, organisation: str = "") -> str:
    """A whole page for a visitor without a session: a share link that has `expired`, whose story was `recalled`, that is
    `unknown`; a page that is `missing`, an `error` of ours. No script, nothing from elsewhere; send it with headers.PUBLIC."""
    words = Words(locale)
    title = words(say(f"portal.visitor.{kind}_title"))
    return draw("visitor.html", words, kind=kind, title=title, organisation=organisation)
