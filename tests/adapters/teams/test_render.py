"""The exact JSON of every widget, and that the published schema takes it."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

import pytest
from contracts.gallery import FORM, FULL, HOSTILE
from loopback.adaptive import nodes, problems

from adapters.teams import preview
from adapters.teams.buttons import Place
from adapters.teams.forms import form_to_adaptive
from adapters.teams.preview import dialog_page
from adapters.teams.render import LIMIT, card_to_adaptive, summary
from adapters.teams.sealed import Sealer
from bot.desks import Deployment
from bot.messages import (
    Block,
    Button,
    Buttons,
    Card,
    Chart,
    ChartBlock,
    ChoiceField,
    Copyable,
    DayField,
    Divider,
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
    Say,
    Series,
    TextField,
    TickField,
)
from content.catalog import LOCALES, Words

W = Words("en", "UTC")
P = Plain


def rich(text: str, spacing: str = "", **style: Any) -> dict[str, Any]:
    block: dict[str, Any] = {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **style}]}
    return block | {"spacing": spacing} if spacing else block


def drawn(*blocks: Block) -> list[dict[str, Any]]:
    card = card_to_adaptive(Card(P("T"), blocks), W)
    assert not problems(card), problems(card)
    return list(card["body"][1:])


def cell(element: dict[str, Any]) -> dict[str, Any]:
    return {"type": "TableCell", "items": [element]}


EXECUTE = {"title": "Go", "type": "Action.Execute", "verb": "a.b", "data": {"vinkki": {"a": "a.b", "v": "1"}}, "associatedInputs": "none"}
WIDGETS: list[tuple[Block, list[dict[str, Any]]]] = [
    (Paragraph(P("one\n\ntwo")), [rich("one"), rich("two", "Small")]),
    (Note(P("n")), [rich("n", "Small", size="Small", isSubtle=True)]),
    (Heading(P("h")), [rich("h", "Large", size="Medium", weight="Bolder")]),
    (
        Facts((Fact(P("a"), P("b")),)),
        [
            {
                "type": "Table",
                "columns": [{"width": 2}, {"width": 3}],
                "showGridLines": False,
                "firstRowAsHeader": False,
                "rows": [{"type": "TableRow", "cells": [cell(rich("a", "None", isSubtle=True)), cell(rich("b", "None", weight="Bolder"))]}],
            }
        ],
    ),
    (Picture("https://e.example/x.png", P("alt")), [{"type": "Image", "url": "https://e.example/x.png", "altText": "alt", "size": "Stretch"}]),
    (Picture("https://e.example/q.png", P("alt"), is_code=True), [{"type": "Image", "url": "https://e.example/q.png", "altText": "alt", "size": "auto"}]),
    (Picture("javascript:alert(1)", P("alt")), [rich("alt", isSubtle=True)]),
    (
        Copyable(P("l"), "https://e.example"),
        [
            rich("l", size="Small", isSubtle=True),
            {"type": "Container", "items": [rich("https://e.example", fontType="Monospace")], "style": "emphasis", "spacing": "Small"},
        ],
    ),
    (Buttons((Button(P("Go"), "a.b", "1"),)), [{"type": "ActionSet", "actions": [EXECUTE]}]),
    (Buttons((Button(P("Go"), "a.b", "1", "primary"),)), [{"type": "ActionSet", "actions": [EXECUTE | {"style": "positive"}]}]),
    (
        Buttons((Button(P("Read"), url="https://e.example/?a=1"),)),
        [{"type": "ActionSet", "actions": [{"title": "Read", "type": "Action.OpenUrl", "url": "https://e.example/?a=1"}]}],
    ),
    (Buttons((Button(P("Read"), url="javascript:alert(1)"),)), []),
    (
        Buttons((Button(P("Go"), "a.b", "1", "danger", confirm=P("Sure?")),)),
        [
            {"type": "ActionSet", "actions": [{"title": "Go", "style": "destructive", "type": "Action.ToggleVisibility", "targetElements": ["sure0"]}]},
            {
                "type": "Container",
                "id": "sure0",
                "isVisible": False,
                "style": "attention",
                "items": [
                    rich("Sure?", weight="Bolder"),
                    {
                        "type": "ActionSet",
                        "actions": [
                            EXECUTE | {"style": "destructive"},
                            {"type": "Action.ToggleVisibility", "title": "Never mind", "targetElements": ["sure0"]},
                        ],
                    },
                ],
            },
        ],
    ),
    (
        Items((Item(P("t"), P("d"), (Button(P("Go"), "a.b", "1"),)), Item(P("u")))),
        [
            {
                "type": "ColumnSet",
                "separator": True,
                "columns": [
                    {
                        "type": "Column",
                        "width": "stretch",
                        "verticalContentAlignment": "Center",
                        "items": [rich("t", "None", weight="Bolder"), rich("d", "None", isSubtle=True)],
                    },
                    {"type": "Column", "width": "auto", "verticalContentAlignment": "Center", "items": [{"type": "ActionSet", "actions": [EXECUTE]}]},
                ],
            },
            {"type": "Container", "separator": True, "items": [rich("u", "None", weight="Bolder")]},
        ],
    ),
]


@pytest.mark.parametrize(("block", "expected"), WIDGETS, ids=lambda x: type(x).__name__)
def test_a_widget_is_drawn_as_agreed(block: Block, expected: list[dict[str, Any]]) -> None:
    assert drawn(block) == expected


@pytest.mark.parametrize("locale", LOCALES)
def test_a_client_too_old_for_the_card_says_so_in_the_readers_language(locale: str) -> None:
    card = card_to_adaptive(Card(P("[T](https://evil.example)"), ()), Words(locale, "UTC"))
    assert not problems(card) and card["fallbackText"] == Words(locale, "UTC")(Say("teams.too_old")) and "evil" not in card["fallbackText"]


def test_a_divider_is_the_line_above_what_follows() -> None:
    assert drawn(Paragraph(P("a")), Divider(), Paragraph(P("b")), Divider()) == [rich("a"), rich("b") | {"separator": True, "spacing": "Medium"}]


@pytest.mark.parametrize("tone", ["good", "warning", "refusal"])
def test_a_tone_colours_the_title(tone: Any) -> None:
    title = card_to_adaptive(Card(P("T"), (), tone), W)["body"][0]
    assert (title["style"], title["bleed"]) == ({"good": "good", "warning": "warning", "refusal": "attention"}[tone], True)


@pytest.mark.parametrize(
    ("shape", "series", "kind", "data"),
    [
        ("bar", 1, "Chart.VerticalBar", [{"x": "a", "y": 1}, {"x": "b", "y": 2}]),
        ("bar", 2, "Chart.VerticalBar.Grouped", [{"legend": f"s{i}", "values": [{"x": "a", "y": 1}, {"x": "b", "y": 2}]} for i in range(2)]),
        ("line", 1, "Chart.Line", [{"legend": "s0", "values": [{"x": "a", "y": 1}, {"x": "b", "y": 2}]}]),
        ("pie", 1, "Chart.Donut", [{"legend": "a", "value": 1}, {"legend": "b", "value": 2}]),
    ],
)
def test_a_chart_is_native_and_has_a_table_to_fall_back_on(shape: Any, series: int, kind: str, data: list[dict[str, Any]]) -> None:
    chart = Chart(P("C"), (P("a"), P("b")), tuple(Series(P(f"s{i}"), (1, 2)) for i in range(series)), shape)
    (element,) = drawn(ChartBlock(chart))
    assert (element["type"], element["title"], element["data"]) == (kind, "C", data)
    assert element["fallback"]["items"][1]["type"] == "Table"


def test_every_button_in_a_dialog_submits_and_remembers_where_it_began() -> None:
    card = card_to_adaptive(FULL, W, Place(is_dialog=True, origin="m1"))
    assert not problems(card, in_dialog=True)
    pressed = [n for n in nodes(card) if n["type"] == "Action.Submit"]
    assert pressed and all(n["data"]["vinkki"]["m"] == "m1" and "msteams" not in n["data"] for n in pressed)


def test_hostile_text_stays_text() -> None:
    card = card_to_adaptive(Card(P(HOSTILE), (Paragraph(P(HOSTILE)), Facts((Fact(P(HOSTILE), P(HOSTILE)),)), Items((Item(P(HOSTILE), P(HOSTILE)),)))), W)
    assert not problems(card) and not [n for n in nodes(card) if n["type"] in ("TextBlock", "FactSet", "Action.OpenUrl")]
    assert "{{" not in json.dumps(card) and "\u202e" not in json.dumps(card, ensure_ascii=False)
    assert "\n" not in summary(Card(P("a" * 300)), W) and len(summary(Card(P("a" * 300)), W)) == 250


def test_a_card_that_is_too_large_says_that_there_is_more() -> None:
    for text in ("x" * 900, "ä" * 900, "🛥" * 400):
        card = card_to_adaptive(Card(P("T"), tuple(Paragraph(P(text)) for _ in range(60))), W)
        assert not problems(card) and "There is more" in json.dumps(card["body"][-1])
        assert len(json.dumps(card, ensure_ascii=False).encode()) > LIMIT * 0.8


def form(deployment: Deployment, asked: Form, *more: Any) -> dict[str, Any]:
    card = form_to_adaptive(asked, W, Sealer(deployment), Place(is_dialog=True), *more)
    assert not problems(card, in_dialog=True), problems(card, in_dialog=True)
    return card


def test_every_field_is_drawn_as_agreed(deployment: Deployment) -> None:
    fields = (
        TextField("n", P("Name"), initial="x", max_length=20, hint=P("hint")),
        TextField("w", P("Why"), rows=4, optional=True),
        TextField("e", P("Mail"), shape="email", optional=True),
        ChoiceField("c", P("One"), (Option("a", P("*A*")),), optional=True),
        ChoiceField("m", P("More"), (Option("a", P("A")),), initial="a", multiple=True, optional=True),
        LookupField("l", P("Look"), "src", initial=Option("9", P("Nine")), optional=True),
        DayField("d", P("Day"), initial="2026-03-02", optional=True),
        TickField("t", P("Tick"), initial=True),
    )
    assert form(deployment, Form("f", P("F"), P("S"), fields, intro=(Note(P("intro")),)))["body"] == [
        rich("intro", size="Small", isSubtle=True),
        {"type": "Input.Text", "maxLength": 20, "value": "x", "id": "f_n", "label": "Name", "isRequired": True, "errorMessage": "Please fill this in."},
        rich("hint", "Small", size="Small", isSubtle=True),
        {"type": "Input.Text", "maxLength": 300, "value": "", "isMultiline": True, "id": "f_w", "label": "Why"},
        {"type": "Input.Text", "maxLength": 300, "value": "", "style": "Email", "id": "f_e", "label": "Mail"},
        {
            "type": "Input.ChoiceSet", "style": "compact", "isMultiSelect": False, "wrap": True, "value": "",
            "choices": [{"title": "\\*A\\*", "value": "a"}], "id": "f_c", "label": "One",
        },
        {
            "type": "Input.ChoiceSet", "style": "compact", "isMultiSelect": True, "wrap": True, "value": "a",
            "choices": [{"title": "A", "value": "a"}], "id": "f_m", "label": "More",
        },
        {
            "type": "Input.ChoiceSet", "style": "filtered", "isMultiSelect": False, "choices": [{"title": "Nine", "value": "9"}],
            "choices.data": {"type": "Data.Query", "dataset": "src"}, "value": "9", "id": "f_l", "label": "Look",
        },
        {"type": "Input.Date", "value": "2026-03-02", "id": "f_d", "label": "Day"},
        {"type": "Input.Toggle", "title": "Tick", "valueOn": "yes", "valueOff": "", "value": "yes", "id": "f_t"},
    ]  # fmt: skip


def test_an_error_stands_beneath_its_field_and_what_was_typed_stays(deployment: Deployment) -> None:
    body = form(deployment, FORM, {"name": "Bo", "topics": "a,c"}, {"name": P("No Bo"), "elsewhere": P("Odd")})["body"]
    place = next(i for i, e in enumerate(body) if e.get("id") == "f_name")
    assert body[place]["value"] == "Bo" and body[place + 2] == rich("⚠ No Bo", "Small", color="Attention", weight="Bolder")
    assert rich("⚠ Odd", "Small", color="Attention", weight="Bolder") in body
    assert next(e for e in body if e.get("id") == "f_topics")["value"] == "a,c"


def test_a_form_survives_the_journey_and_only_our_own_does(deployment: Deployment) -> None:
    sealer = Sealer(deployment)
    assert sealer.open(sealer.seal(FORM)) == FORM
    assert sealer.open(sealer.seal(FORM)[:-3]) is None and sealer.open("ä") is None and sealer.open("") is None
    many = Form("f", P("F"), P("S"), (ChoiceField("c", P("C"), tuple(Option(str(i), P(f"Opening number {i}")) for i in range(100))),))
    assert len(json.dumps(form(deployment, many))) < LIMIT


@pytest.mark.parametrize("locale", LOCALES)
def test_the_preview_shows_the_card_and_runs_nothing(locale: str, deployment: Deployment) -> None:
    class Reader(HTMLParser):
        tags: list[str] = []

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.tags.append(tag)
            assert not [a for a, _ in attrs if a.startswith("on")]

    hostile = preview(Card(P(HOSTILE), (*FULL.blocks, Paragraph(P(HOSTILE)))), locale, "Europe/Helsinki")
    page = dialog_page("T", form(deployment, FORM))
    for html in (hostile, page):
        reader = Reader()
        reader.feed(html)
        assert not {"script", "a", "form", "iframe", "object"} & set(reader.tags)
    assert "A boat at the pier" in hostile and "Shares by team" in hostile and "&lt;script&gt;" in hostile and "Your name" in page
