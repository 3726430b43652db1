"""A card as lines for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

from adapters.cli.common import words

if TYPE_CHECKING:
    from bot.messages import Block, Card, Item

WIDTH = 100


def plain_lines(card: Card) -> Iterator[str]:
    """The card's text in the operator's language, without its buttons."""
    yield words(card.title)
    for block in card.blocks:
        yield from _lines(block)


def _lines(block: Block) -> Iterator[str]:
    from bot.messages import Facts, Heading, Items, Note, Paragraph

    match block:
        case Facts(rows):
            yield ""
            yield from (f"{words(row.label)}: {words(row.value)}" for row in rows)
        case Heading(text):
            yield from ("", words(text).upper())
        case Paragraph(text) | Note(text):
            yield from ("", *textwrap.wrap(words(text), WIDTH))
        case Items(rows):
            for row in rows:
                yield from _item(row)


def _item(row: Item) -> Iterator[str]:
    yield f"* {words(row.title)}"
    if row.detail:
        yield from textwrap.wrap(words(row.detail), WIDTH, initial_indent="  ", subsequent_indent="  ")
