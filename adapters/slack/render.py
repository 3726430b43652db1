"""Cards as Block Kit. Every text is literal (text.py), every limit of Slack's is kept here (docs.slack.dev, block kit reference)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from slack_sdk.models.blocks import (
    ActionsBlock,
    ButtonElement,
    ConfirmObject,
    ContextBlock,
    DividerBlock,
    HeaderBlock,
    ImageBlock,
    RichTextBlock,
    RichTextElementParts,
    RichTextPreformattedElement,
    RichTextSectionElement,
    SectionBlock,
)

from adapters.slack.blocks import Json, to_json
from adapters.slack.chart import PER_MESSAGE, chart_block, chart_text
from adapters.slack.text import bold, cut, escape, pieces, plain, tidy
from bot.messages import (
    Block,
    Button,
    Buttons,
    Card,
    ChartBlock,
    Copyable,
    Divider,
    Facts,
    Heading,
    Item,
    Items,
    Note,
    Paragraph,
    Picture,
    say,
)
from content.catalog import Words

Surface = Literal["message", "modal", "home"]

MOST_BLOCKS: dict[Surface, int] = {"message": 50, "modal": 100, "home": 100}
_SIGNS = {"plain": "", "good": "✅ ", "warning": "⚠️ ", "refusal": "✋ "}
_ELEMENTS, _FIELDS, _VALUE, _URL = 25, 10, 2000, 3000


@dataclass
class Look:
    """How one card is drawn. `is_spare` leaves out what a workspace may refuse: charts, and pictures Slack cannot fetch."""

    words: Words
    surface: Surface = "message"
    is_spare: bool = False
    charts: int = 0
    numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def may_chart(self) -> bool:
        """One more chart may be drawn by Slack itself."""
        return not self.is_spare and self.surface != "modal" and self.charts < PER_MESSAGE


def card_to_blocks(card: Card, words: Words, surface: Surface = "message", *, is_spare: bool = False) -> list[Json]:
    """The blocks of a card. Action ids are `action#n`, unique within the card; values are the card's own opaque ids."""
    look = Look(words, surface, is_spare)
    blocks: list[Json] = [to_json(HeaderBlock(text=plain(_SIGNS[card.tone] + words(card.title), 150)))]
    for block in card.blocks:
        blocks += _block(block, look)
    return _within(blocks, look)


def card_to_message(card: Card, words: Words, *, is_spare: bool = False) -> Json:
    """`text` (for notifications and screen readers) and `blocks` of a message."""
    return {"text": summary(card, words), "blocks": card_to_blocks(card, words, is_spare=is_spare)}


def summary(card: Card, words: Words) -> str:
    """What a notification says: the title and the first paragraph, escaped."""
    first = next((words(b.text) for b in card.blocks if isinstance(b, Paragraph)), "")
    return escape(cut(tidy(words(card.title), 150) + (f"\n{tidy(first, 300)}" if first.strip() else ""), 460))


def _block(block: Block, look: Look) -> list[Json]:
    match block:
        case Picture(url, alt):
            return _picture(url, look.words(alt), look)
        case Items(rows):
            return [b for row in rows for b in _item(row, look)]
        case Buttons(buttons):
            return _actions(buttons, look)
        case ChartBlock(chart):
            drawn = chart_block(chart, look.words) if look.may_chart else None
            look.charts += drawn is not None
            return [drawn or chart_text(chart, look.words)]
        case _:
            return _wording(block, look.words)


def _wording(block: Paragraph | Note | Heading | Facts | Copyable | Divider, words: Words) -> list[Json]:
    match block:
        case Paragraph(text):
            return [to_json(SectionBlock(text=plain(piece))) for piece in pieces(words(text))]
        case Note(text):
            return [to_json(ContextBlock(elements=[plain(words(text), 2000)]))]
        case Heading(text):
            return [to_json(SectionBlock(text=bold(words(text))))]
        case Facts():
            return _facts(block, words)
        case Copyable(label, text):
            return [_copyable(words(label), text)]
        case Divider():
            return [to_json(DividerBlock())]


def _facts(facts: Facts, words: Words) -> list[Json]:
    """Two columns: the label, its value. A section holds five rows of them."""
    cells = [cell for row in facts.rows for cell in (bold(words(row.label), limit=300), plain(words(row.value), 2000))]
    return [to_json(SectionBlock(fields=cells[i : i + _FIELDS])) for i in range(0, len(cells), _FIELDS)]


def _picture(url: str, alt: str, look: Look) -> list[Json]:
    if look.is_spare or not url.startswith("https://") or len(url) > _URL:  # Slack fetches it, and only by https
        return [to_json(ContextBlock(elements=[plain(alt, 2000)]))]
    return [to_json(ImageBlock(image_url=url, alt_text=tidy(alt, 2000)))]


def _copyable(label: str, text: str) -> Json:
    head = RichTextElementParts.Text(text=tidy(label, 300), style=RichTextElementParts.TextStyle(bold=True))
    body = RichTextElementParts.Text(text=tidy(text, 2800))
    return to_json(RichTextBlock(elements=[RichTextSectionElement(elements=[head]), RichTextPreformattedElement(elements=[body])]))


def _item(item: Item, look: Look) -> list[Json]:
    words = look.words
    text = bold(words(item.title), words(item.detail) if item.detail else "")
    buttons = [_button(b, look) for b in item.buttons]
    if len(buttons) == 1:
        return [to_json(SectionBlock(text=text, accessory=buttons[0]))]
    return [to_json(SectionBlock(text=text)), *([to_json(ActionsBlock(elements=buttons))] if buttons else [])]


def _actions(buttons: tuple[Button, ...], look: Look) -> list[Json]:
    drawn = [_button(b, look) for b in buttons]
    return [to_json(ActionsBlock(elements=drawn[i : i + _ELEMENTS])) for i in range(0, len(drawn), _ELEMENTS)]


def _button(button: Button, look: Look) -> ButtonElement:
    words = look.words
    return ButtonElement(
        text=plain(words(button.text), 75),
        action_id=f"{button.action}#{next(look.numbers)}",
        value=button.value[:_VALUE] or None,
        url=button.url if button.url and len(button.url) <= _URL else None,
        style=button.style if button.style != "default" else None,
        confirm=_confirm(button, words) if button.confirm else None,
    )


def _confirm(button: Button, words: Words) -> ConfirmObject:
    assert button.confirm is not None
    title = words(button.text)
    return ConfirmObject(
        title=plain(title, 100), text=plain(words(button.confirm), 300), confirm=plain(title, 30), deny=plain(words(say("slack.no")), 30),
        style="danger" if button.style == "danger" else None,
    )  # fmt: skip


def _within(blocks: list[Json], look: Look) -> list[Json]:
    """No more blocks than the surface takes: the middle goes, a note says so, the last row of buttons stays."""
    most = MOST_BLOCKS[look.surface]
    if len(blocks) <= most:
        return blocks
    last = [blocks[-1]] if blocks[-1]["type"] == "actions" else []
    note = to_json(ContextBlock(elements=[plain(look.words(say("slack.shortened")))]))
    return [*blocks[: most - 1 - len(last)], note, *last]
