"""How a card will look in Teams: a page drawn from the very Adaptive Card that Teams would get. Its buttons do nothing."""

from __future__ import annotations

import base64
from collections.abc import Callable
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from adapters.teams import drawing
from adapters.teams.elements import Element
from adapters.teams.icons import color_icon
from adapters.teams.render import card_to_adaptive
from bot.messages import Card
from content.catalog import Words


@cache
def _style() -> str:
    return (Path(__file__).parent / "preview.css").read_text(encoding="utf-8")


@cache
def _avatar() -> str:
    return f"data:image/png;base64,{base64.b64encode(color_icon()).decode()}"


def preview(card: Card, locale: str, time_zone: str) -> str:
    """The card in a Teams chat, as a page of its own for a frame."""
    words = Words(locale, time_zone)
    return message_page(card_to_adaptive(card, words), locale)


def message_page(card: Element, locale: str = "en") -> str:
    """An Adaptive Card as a message in a chat."""
    wide = " wide" if card.get("msteams", {}).get("width") == "Full" else ""
    said = f'<p class="who"><b>Vinkki</b> &nbsp;09:12</p><div class="card{wide}">{card_html(card)}</div>'
    return _page(locale, f'<div class="message"><img class="avatar" alt="" src="{_avatar()}"><div class="side">{said}</div></div>')


def dialog_page(title: str, card: Element, locale: str = "en") -> str:
    """An Adaptive Card in a dialog."""
    return _page(locale, f'<div class="dialog"><h1>{escape(title)}</h1><div class="card">{card_html(card)}</div></div>')


def _page(locale: str, body: str) -> str:
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Teams</title>'
    return f'<!doctype html><html lang="{escape(locale)}"><head>{head}<style>{_style()}</style></head><body>{body}</body></html>'


def card_html(card: Element) -> str:
    """The elements and actions of a card."""
    return _all(card["body"]) + _actions(card.get("actions", []))


def _all(elements: list[Element]) -> str:
    return "".join(_element(e) for e in elements if e.get("isVisible", True))


def _element(element: Element) -> str:
    kind = str(element["type"])
    if kind.startswith("Input."):
        return _input(element)
    if kind.startswith("Chart."):
        return drawing.chart(element)
    return _DRAWN[kind](element)


def _rich(element: Element) -> str:
    runs = "".join(f'<span class="{_classes(run)}">{escape(run["text"])}</span>' for run in element["inlines"])
    return f'<p class="{str(element.get("spacing", "")).lower()}{_rule(element)}">{runs}</p>'


def _classes(run: Element) -> str:
    named = {
        f"t-{str(run.get('size', 'default')).lower()}": True,
        "bolder": run.get("weight") == "Bolder",
        "subtle": run.get("isSubtle"),
        "mono": run.get("fontType") == "Monospace",
        "alarm": run.get("color") == "Attention",
    }
    return " ".join(name for name, is_on in named.items() if is_on)


def _container(element: Element) -> str:
    names = ["box", str(element.get("style", "")), "bleed" if element.get("bleed") else ""]
    return f'<div class="{" ".join(n for n in names if n)}{_rule(element)}">{_all(element["items"])}</div>'


def _column_set(element: Element) -> str:
    drawn = "".join(f'<div class="col {escape(str(c["width"]))}">{_all(c["items"])}</div>' for c in element["columns"])
    return f'<div class="cols{_rule(element)}">{drawn}</div>'


def _table(element: Element) -> str:
    rows = ("".join(f'<td class="cell">{_all(cell["items"])}</td>' for cell in row["cells"]) for row in element["rows"])
    return f'<div class="box{_rule(element)}"><table>{"".join(f"<tr>{row}</tr>" for row in rows)}</table></div>'


def _rule(element: Element) -> str:
    return " rule" if element.get("separator") else ""


def _image(element: Element) -> str:
    return f'<img class="{"picture" if element["size"] == "Stretch" else "qr"}" src="{escape(element["url"])}" alt="{escape(element["altText"])}">'


def _actions(actions: list[Element]) -> str:
    drawn = (f'<span class="button {escape(a.get("style", ""))}">{escape(a["title"])}{_arrow(a)}</span>' for a in actions)
    return f'<div class="actions">{"".join(drawn)}</div>' if actions else ""


def _arrow(action: Element) -> str:
    return " ↗" if action["type"] == "Action.OpenUrl" else ""


def _input(element: Element) -> str:
    value = str(element.get("value", ""))
    if element["type"] == "Input.Toggle":
        return f'<div class="input"><span class="tick">{"✓" if value == "yes" else ""}</span>{escape(element["title"])}</div>'
    label = escape(element["label"]) + (' <span class="alarm">*</span>' if element.get("isRequired") else "")
    return f'<div class="input"><span class="label">{label}</span>{_box(element, value)}</div>'


def _box(element: Element, value: str) -> str:
    choices = {c["value"]: c["title"] for c in element.get("choices", [])}
    if element.get("isMultiSelect"):
        taken = value.split(",")
        ticks = (f'<div><span class="tick">{"✓" if v in taken else ""}</span>{escape(t)}</div>' for v, t in choices.items())
        return "".join(ticks)
    shown: Any = choices.get(value, value)
    tail = {"Input.ChoiceSet": " ▾", "Input.Date": " 🗓"}.get(element["type"], "")
    return f'<div class="field{" tall" if element.get("isMultiline") else ""}">{escape(str(shown))}{tail}</div>'


_DRAWN: dict[str, Callable[[Element], str]] = {
    "RichTextBlock": _rich,
    "Container": _container,
    "ColumnSet": _column_set,
    "Table": _table,
    "Image": _image,
    "ActionSet": lambda element: f'<div class="{_rule(element)}">{_actions(element["actions"])}</div>',
}
