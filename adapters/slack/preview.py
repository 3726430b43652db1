"""How a card or a form looks on Slack, as a page of its own: drawn from the very JSON that Slack would get.

Everything is escaped, nothing can be pressed, no script, no address but pictures'.
"""

from __future__ import annotations

from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from adapters.slack.blocks import Json
from adapters.slack.render import card_to_message
from adapters.slack.view import form_to_view
from bot.messages import Card, Form, say
from content.catalog import Words

_COLOURS = ("#1264a3", "#2bac76", "#e8912d", "#cd2553", "#7c3085", "#36c5f0")


def preview(card: Card, locale: str, time_zone: str) -> str:
    """A whole HTML page with the card as a message in Slack."""
    words = Words(locale, time_zone)
    blocks = card_to_message(card, words)["blocks"]
    who = '<div class="who"><b>Vinkki</b> <i>APP</i> <time>09:41</time></div>'
    return _page(f'<div class="message"><div class="face">V</div><div>{who}{_blocks(blocks, words)}</div></div>', locale)


def preview_form(form: Form, locale: str, time_zone: str) -> str:
    """A whole HTML page with the form as a modal in Slack."""
    words = Words(locale, time_zone)
    view = form_to_view(form, words)
    feet = f'<span class="button">{_text(view["close"])}</span><span class="button primary">{_text(view["submit"])}</span>'
    head = f"<header><span>{_text(view['title'])}</span><span>✕</span></header>"
    return _page(f'<div class="modal">{head}<main>{_blocks(view["blocks"], words)}</main><footer>{feet}</footer></div>', locale)


def _page(body: str, locale: str) -> str:
    return (
        f'<!doctype html><html lang="{escape(locale)}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Slack</title><style>{_style()}</style></head><body>{body}</body></html>"
    )


@cache
def _style() -> str:
    return (Path(__file__).parent / "preview.css").read_text(encoding="utf-8")


def _blocks(blocks: list[Json], words: Words) -> str:
    return "".join(_block(b, words) for b in blocks)


def _block(block: Json, words: Words) -> str:
    match block["type"]:
        case "header":
            return f"<h2>{_text(block['text'])}</h2>"
        case "section":
            return _section(block)
        case "context":
            return f'<div class="context words">{" ".join(_text(e) for e in block["elements"])}</div>'
        case "actions":
            return f'<div class="actions">{"".join(_button(b) for b in block["elements"])}</div>'
        case "image":
            return f'<img src="{escape(block["image_url"])}" alt="{escape(block["alt_text"])}">'
        case "rich_text":
            return f'<div class="rich">{"".join(_rich(e) for e in block["elements"])}</div>'
        case "data_visualization":
            return _chart(block)
        case "input":
            return _input(block, words)
    return "<hr>"


def _section(block: Json) -> str:
    text = f'<div class="words">{_text(block["text"])}</div>' if "text" in block else ""
    cells = "".join(f'<div class="words">{_text(f)}</div>' for f in block.get("fields", []))
    fields = f'<div class="fields">{cells}</div>' if cells else ""
    return f'<div class="section">{text}{fields}{_button(block["accessory"]) if "accessory" in block else ""}</div>'


def _text(part: Json) -> str:
    """A text object as HTML. mrkdwn is ours alone: escaped words, of which one leading line may be bold (text.bold)."""
    if part["type"] == "plain_text":
        return escape(part["text"])
    words = part["text"].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    head, _, tail = words.partition("\n")
    if head.startswith("*") and head.endswith("*"):
        return f"<b>{escape(head[1:-1])}</b>" + (f"\n{escape(tail)}" if tail else "")
    return escape(words)


def _button(button: Json) -> str:
    look = f" {button['style']}" if "style" in button else ""
    return f'<span class="button{look}">{_text(button["text"])}</span>'


def _rich(element: Json) -> str:
    words = "".join(f"<b>{escape(r['text'])}</b>" if r.get("style", {}).get("bold") else escape(r["text"]) for r in element["elements"])
    return f"<pre>{words}</pre>" if element["type"] == "rich_text_preformatted" else f'<div class="words">{words}</div>'


def _chart(block: Json) -> str:
    chart = block["chart"]
    series = chart.get("series") or [{"name": "", "data": chart.get("segments", [])}]
    top = max((abs(p["value"]) for s in series for p in s["data"]), default=0) or 1
    points = [(i, p) for n in range(_longest(series)) for i, s in enumerate(series) for p in s["data"][n : n + 1]]
    rows = "".join(_row(p, "" if i else p["label"], top, _COLOURS[i % len(_COLOURS)]) for i, p in points)
    keys = "".join(f'<span class="key" style="background:{_COLOURS[i % len(_COLOURS)]}"></span>{escape(s["name"])}' for i, s in enumerate(series) if s["name"])
    return f'<figure><figcaption>{escape(block["title"])}</figcaption>{rows}<div class="context">{keys}</div></figure>'


def _longest(series: list[Any]) -> int:
    return max((len(s["data"]) for s in series), default=0)


def _row(point: Json, label: str, top: float, colour: str) -> str:
    width = round(100 * abs(point["value"]) / top)
    bar = f'<span><span class="bar" style="width:{width}%;background:{colour}"></span></span>'
    return f'<div class="row"><span>{escape(label)}</span>{bar}<span>{point["value"]:g}</span></div>'


def _input(block: Json, words: Words) -> str:
    is_marked = block.get("optional") and block["element"]["type"] != "checkboxes"  # Slack says it beside the label, in its own words
    optional = f" ({escape(words(say('slack.optional')))})" if is_marked else ""
    hint = f'<div class="hint">{_text(block["hint"])}</div>' if "hint" in block else ""
    return f'<div class="input"><b>{_text(block["label"])}{optional}</b>{_element(block["element"])}{hint}</div>'


def _element(element: Json) -> str:
    if element["type"] in ("radio_buttons", "checkboxes"):
        taken = [*element.get("initial_options", []), element.get("initial_option")]
        signs = ("◉", "○") if element["type"] == "radio_buttons" else ("☑", "☐")
        return "<ul>" + "".join(f"<li>{signs[o not in taken]} {_text(o['text'])}</li>" for o in element["options"]) + "</ul>"
    held = element.get("initial_value") or element.get("initial_date") or ""
    if "initial_option" in element:
        held = element["initial_option"]["text"]["text"]
    prompt = _text(element["placeholder"]) if "placeholder" in element else ""
    return f'<div class="box{" tall" if element.get("multiline") else ""}">{escape(held) or prompt}</div>'
