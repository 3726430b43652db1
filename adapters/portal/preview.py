"""How a card will look on the portal: the real card in the real style, as a page of its own for a frame."""

from __future__ import annotations

from functools import cache

from markupsafe import Markup

from adapters.portal.env import STATIC, draw
from adapters.portal.widgets import Frame, card_html
from bot.messages import Card
from content.catalog import Words


@cache
def _style() -> Markup:
    return Markup((STATIC / "portal.css").read_text(encoding="utf-8"))  # noqa: S704 our own file


def preview(card: Card, locale: str, time_zone: str) -> str:
    """The card as the portal shows it; its buttons do nothing."""
    words = Words(locale, time_zone)
    return draw("preview.html", words, body=card_html(card, Frame(words)), style=_style(), title=words(card.title))
