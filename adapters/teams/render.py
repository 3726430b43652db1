"""Cards as Adaptive Cards 1.5 (the newest that every Teams client draws). https://adaptivecards.io/explorer/"""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from adapters.teams.buttons import Place, buttons_to_elements
from adapters.teams.charts import chart_to_adaptive
from adapters.teams.elements import Element, clean, column, columns, container, lines, table
from bot.messages import Block, Buttons, Card, ChartBlock, Copyable, Divider, Facts, Heading, Item, Items, Note, Paragraph, Picture, say
from content.catalog import Words

CONTENT_TYPE = "application/vnd.microsoft.card.adaptive"
SCHEMA = "http://adaptivecards.io/schemas/adaptive-card.json"
LIMIT = 28 * 1024  # bytes of UTF-8: the smallest of the limits Microsoft names (facts: platforms 1.7)
_TONES = {"good": "good", "warning": "warning", "refusal": "attention"}
_SHORT = 18  # characters of a button that fits beside its row on a phone


def card_to_adaptive(card: Card, words: Words, place: Place | None = None) -> Element:
    """The card's JSON, at most LIMIT bytes: what does not fit is left out from the end, and the card says so."""
    place = place or Place()
    body, parted = [_title(card, words)], False
    for block in card.blocks:
        if isinstance(block, Divider):  # the line belongs to what follows it
            parted = True
        elif drawn := _block(block, words, place):
            body += [drawn[0] | {"separator": True, "spacing": "Medium"}, *drawn[1:]] if parted else drawn
            parted = False
    whole = envelope(body, is_wide=any(isinstance(b, ChartBlock | Items) for b in card.blocks))
    return fitted(whole | {"fallbackText": words(say("teams.too_old"))}, words)


def envelope(body: list[Element], *, is_wide: bool = False) -> Element:
    """An Adaptive Card around its elements."""
    card: Element = {"type": "AdaptiveCard", "$schema": SCHEMA, "version": "1.5", "body": body}
    return card | {"msteams": {"width": "Full"}} if is_wide else card


def fitted(card: Element, words: Words) -> Element:
    """The same card within the limit."""
    if _size(card) <= LIMIT:
        return card
    body = list(card["body"])
    rest = lines(words(say("teams.cut")), isSubtle=True)
    while len(body) > 1 and _size(card | {"body": body + rest}) > LIMIT:
        body.pop()
    return card | {"body": body + rest}


def _size(card: Element) -> int:
    return len(json.dumps(card, ensure_ascii=False, separators=(",", ":")).encode())


def summary(card: Card, words: Words) -> str:
    """The notification's line."""
    return clean(words(card.title))[:250]


def _title(card: Card, words: Words) -> Element:
    title = lines(words(card.title), size="Large" if card.blocks else "Medium", weight="Bolder")
    return container(title, style=_TONES[card.tone], bleed=True) if card.tone in _TONES else container(title)


def _block(block: Block, words: Words, place: Place) -> list[Element]:  # noqa: C901 one case per widget, and the set is closed
    match block:
        case Paragraph(text):
            return lines(words(text))
        case Note(text):
            return lines(words(text), "Small", size="Small", isSubtle=True)
        case Heading(text):
            return lines(words(text), "Large", size="Medium", weight="Bolder")
        case Facts(rows):
            return [table([(words(f.label), words(f.value)) for f in rows])]
        case Picture(url, alt, is_code):
            return _picture(url, clean(words(alt)), "auto" if is_code else "Stretch")
        case Copyable(label, text):
            return [*lines(words(label), size="Small", isSubtle=True), container(_copyable(text), style="emphasis", spacing="Small")]
        case Items(items):
            return [element for item in items for element in _item(item, words, place)]
        case Buttons(buttons):
            return buttons_to_elements(buttons, words, place)
        case ChartBlock(chart):
            return [chart_to_adaptive(chart, words)]
        case Divider():
            return []


def _picture(url: str, alt: str, size: str) -> list[Element]:
    if urlsplit(url).scheme not in ("https", "http"):
        return lines(alt, isSubtle=True)
    return [{"type": "Image", "url": url, "altText": alt, "size": size}]


def _copyable(text: str) -> list[Element]:
    """A link reads best in even letters; a caption of several lines reads best as prose."""
    return lines(text) if "\n" in text.strip() or len(text) > 160 else lines(text, fontType="Monospace")


def _item(item: Item, words: Words, place: Place) -> list[Element]:
    said = lines(words(item.title), "None", weight="Bolder")
    if item.detail is not None:
        said += lines(words(item.detail), "None", isSubtle=True)
    drawn = buttons_to_elements(item.buttons, words, place)
    if len(drawn) == 1 and len(item.buttons) == 1 and len(words(item.buttons[0].text)) <= _SHORT:
        beside = [column(said, "stretch", verticalContentAlignment="Center"), column(drawn, "auto", verticalContentAlignment="Center")]
        return [columns(beside, separator=True)]
    return [container(said + drawn, separator=True)]
