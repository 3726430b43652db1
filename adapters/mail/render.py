"""A card as a letter: plain text, and simple HTML that a screen reader and an old mail program read alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from bot.desks import Deployment
from bot.messages import (
    Block,
    Buttons,
    Card,
    ChartBlock,
    Copyable,
    Facts,
    Heading,
    Items,
    Note,
    Paragraph,
    Picture,
    buttons_of,
    say,
)
from bot.ports import Letter, Recipient
from content import Words

_SMALL = "font-size:14px;color:#4a4f57"
_BOX = "padding:10px 12px;background:#f3f4f6;border-radius:6px;word-break:break-word"
_PLAIN_LINK = "color:#1f4f8f"
_LINK = "display:inline-block;padding:10px 16px;margin:4px 8px 4px 0;background:#1f4f8f;color:#ffffff;border-radius:6px;text-decoration:none"


@dataclass(frozen=True)
class _Piece:
    """One part of a letter in both forms."""

    text: str
    html: str


def card_to_letter(card: Card, to: Recipient, deployment: Deployment) -> Letter:
    """A card in the reader's language: its title is the subject and not said again, its last small print stands at the foot.

    Buttons with an address become links, primary ones look like buttons; for all others there is one link to the portal.
    """
    words = Words(to.locale, to.time_zone)
    blocks, small_print = _parted(card.blocks)
    pieces = [piece for block in blocks for piece in _block(block, words)]
    if any(b.action and not b.url for block in card.blocks for b in buttons_of(block)):
        hint, link = words(say("letters.open_hint")), deployment.link("/")
        pieces += [_Piece(hint, _p(hint)), _link(words(say("letters.open")), link, is_button=True)]
    footer = words(say("letters.footer", organisation=deployment.organisation))
    foot = [*(piece for block in small_print for piece in _block(block, words)), _Piece(footer, _p(footer, _SMALL))]
    text = "\n\n".join([*(p.text for p in pieces if p.text), "-- \n" + "\n\n".join(p.text for p in foot)]) + "\n"
    return Letter(to.address, words(card.title), text, _page(to.locale, words(card.title), _html(pieces), _html(foot)))


def _parted(blocks: tuple[Block, ...]) -> tuple[tuple[Block, ...], tuple[Block, ...]]:
    """The matter, and the small print after it: notes at the end, and the plain link that may follow one."""
    end = len(blocks)
    if end > 1 and isinstance(blocks[-2], Note) and all(b.url and b.style == "default" for b in buttons_of(blocks[-1])):
        end -= isinstance(blocks[-1], Buttons)
    while end > 1 and isinstance(blocks[end - 1], Note):
        end -= 1
    return blocks[:end], blocks[end:]


def _html(pieces: list[_Piece]) -> str:
    return "\n".join(p.html for p in pieces)


def _page(locale: str, title: str, body: str, foot: str) -> str:
    return (
        f'<!doctype html><html lang="{escape(locale)}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title></head>"
        '<body style="margin:0;padding:24px;background:#ffffff;color:#1b1e23;font:16px/1.5 system-ui,-apple-system,Segoe UI,Arial,sans-serif">'
        f'<div style="max-width:600px;margin:0 auto">{body}\n'
        f'<hr style="border:0;border-top:1px solid #d5d8dd;margin:24px 0"><div style="{_SMALL}">{foot}</div></div></body></html>'
    )


def _block(block: Block, words: Words) -> Iterator[_Piece]:
    match block:
        case Facts(rows):
            facts = [(words(r.label), words(r.value)) for r in rows]
            yield _Piece("\n".join(f"{label}: {value}" for label, value in facts), _table(facts))
        case Items(rows):
            for item in rows:
                title, detail = words(item.title), words(item.detail) if item.detail else ""
                text = f"* {title}\n  {detail}" if detail else f"* {title}"
                yield _Piece(text, f"<p><strong>{escape(title)}</strong><br>{_lines(detail)}</p>")
                yield from (_link(words(b.text), b.url) for b in item.buttons if b.url)
        case Buttons(row):
            yield from (_link(words(b.text), b.url, is_button=b.style == "primary") for b in row if b.url)
        case ChartBlock(chart):
            yield _Piece(words(chart.title), _p(words(chart.title)))
            for series in chart.series:
                figures = [(words(label), words.value(v)) for label, v in zip(chart.labels, series.values, strict=False)]
                name = words(series.name)
                yield _Piece(name + "\n" + "\n".join(f"{label}: {value}" for label, value in figures), _p(name) + _table(figures))
        case _:
            yield _plain_block(block, words)


def _plain_block(block: Block, words: Words) -> _Piece:
    match block:
        case Paragraph(text):
            return _Piece(words(text), _p(words(text)))
        case Note(text):
            return _Piece(words(text), _p(words(text), _SMALL))
        case Heading(text):
            return _Piece(words(text).upper(), f'<h2 style="font-size:18px">{escape(words(text))}</h2>')
        case Picture():
            alt = words(say("letters.picture", alt=words(block.alt)))  # not loaded: a picture would tell who read the letter
            return _Piece(f"[{alt}]", _p(alt, _SMALL))
        case Copyable():
            label = words(block.label)
            return _Piece(f"{label}:\n{block.text}", f'{_p(label, _SMALL)}<div style="{_BOX}">{_lines(block.text)}</div>')
    return _Piece("", '<hr style="border:0;border-top:1px solid #d5d8dd">')


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")


def _p(text: str, style: str = "") -> str:
    return f'<p style="{style}">{_lines(text)}</p>' if style else f"<p>{_lines(text)}</p>"


def _link(text: str, url: str, *, is_button: bool = False) -> _Piece:
    style = _LINK if is_button else _PLAIN_LINK
    return _Piece(f"{text}:\n{url}", f'<p><a style="{style}" href="{escape(url)}">{escape(text)}</a></p>')


def _table(rows: list[tuple[str, str]]) -> str:
    cells = "".join(
        f'<tr><th scope="row" style="text-align:left;padding:4px 16px 4px 0;font-weight:600;vertical-align:top">{escape(a)}</th>'
        f'<td style="padding:4px 0;vertical-align:top">{_lines(b)}</td></tr>'
        for a, b in rows
    )
    return f"<table>{cells}</table>"
