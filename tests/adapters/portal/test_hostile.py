"""Hostile text through every widget: it is shown as it is, and nothing in it does anything."""

from __future__ import annotations

import pytest
from contracts.gallery import HOSTILE
from html_reader import Element, read_html

from adapters.portal import preview, visitor_page
from adapters.portal.widgets import Filled, Frame, card_html, form_html
from bot.messages import (
    Button,
    Buttons,
    Card,
    Chart,
    ChartBlock,
    ChoiceField,
    Copyable,
    DayField,
    Fact,
    Facts,
    Form,
    Heading,
    Item,
    Items,
    LookupField,
    Note,
    Option,
    Paragraph,
    Picture,
    Plain,
    Series,
    TextField,
    TickField,
)
from content.catalog import Words

STRINGS = [
    HOSTILE,
    '"><img src=x onerror=alert(1)>',
    "'><script>alert(1)</script>",
    "</textarea></select></option><script>alert(1)</script>",
    "</title></style></script><svg/onload=alert(1)>",
    "{{ 7*7 }} {% raw %} ${x} #{y}",
    "javascript:alert(1)//",
    "&lt;b&gt; &amp;",
    "a\u202eb\u0000c\ufeff",
]
SAFE = {
    "html", "head", "meta", "title", "style", "body", "main", "article", "header", "span", "svg", "path", "circle", "rect", "line", "polyline", "text", "h1",
    "h2", "h3", "p", "dl", "div", "dt", "dd", "img", "ul", "li", "form", "input", "button", "details", "summary", "a", "label", "textarea", "figure",
    "figcaption", "table", "caption", "thead", "tbody", "tr", "th", "td", "fieldset", "legend", "select", "option", "datalist", "hr", "#page",
}  # fmt: skip


def _frame() -> Frame:
    return Frame(Words("en"), "token", "/", seal=lambda text: "sealed")


def _card(text: str) -> Card:
    p = Plain(text)
    button = Button(p, text, text, confirm=p)
    return Card(p, (
        Paragraph(p), Note(p), Heading(p), Facts((Fact(p, p),)), Picture(text, p), Picture(f"https://example.com/{text}", p), Copyable(p, text),
        Copyable(p, f"{text}\n{text}"), Items((Item(p, p, (button,)),)), Buttons((button, Button(p, url=text), Button(p, text, url=text))),
        ChartBlock(Chart(p, (p, p), (Series(p, (3, 4)),))), ChartBlock(Chart(p, (p, p), (Series(p, (3, 4)),), "pie")),
        ChartBlock(Chart(p, (p, p), (Series(p, (3, 4)),), "line")),
    ))  # fmt: skip


def _form(text: str) -> Form:
    p = Plain(text)
    options = (Option(text, p), Option("b", p))
    return Form(text, p, p, (
        TextField("a", p, text, hint=p), TextField("b", p, text, rows=4), ChoiceField("c", p, options, text), ChoiceField("d", p, options * 4, text),
        ChoiceField("e", p, options, text, multiple=True), LookupField("f", p, text, Option(text, p)), DayField("g", p, text), TickField("h", p),
    ), text, (Paragraph(p), Note(p)))  # fmt: skip


def _require_harmless(page: Element) -> None:
    for e in page.walk():
        assert e.tag in SAFE, e.tag
        assert not [name for name in e.attrs if name.startswith("on")], e.attrs
        for name in ("href", "src", "action", "formaction", "data-open"):
            assert not e.attrs.get(name, "").lower().lstrip().startswith(("javascript:", "data:", "vbscript:")), e.attrs


@pytest.mark.parametrize("text", STRINGS)
def test_in_a_card_it_is_words(text: str) -> None:
    page = read_html(card_html(_card(text), _frame()))
    _require_harmless(page)
    seen = "".join(page.strings())
    assert text.replace("\x00", "") in seen.replace("\ufffd", "").replace("\x00", "")


@pytest.mark.parametrize("text", STRINGS)
def test_in_a_form_it_is_words_and_values(text: str) -> None:
    error = Plain(text)
    filled = Filled({"a": text}, {"a": error, "f": error}, {"f": [Option(text, Plain(text))]}, {"f": text})
    page = read_html(form_html(_form(text), _frame(), "sealed", filled))
    _require_harmless(page)
    assert dict(page.one("form").fields())["f.a"].replace("\x00", "") == text.replace("\x00", "")


@pytest.mark.parametrize("text", STRINGS)
def test_in_a_preview_it_is_words(text: str) -> None:
    _require_harmless(read_html(preview(_card(text), "en", "UTC")))


def test_an_organisation_may_be_called_anything() -> None:
    assert "<b>" not in visitor_page("expired", "en", "Meri <b>Oy</b>")
