"""The exact JSON of every widget, and Slack's limits kept whatever a card holds."""

from __future__ import annotations

from typing import Any

import pytest
import slackblocks
from contracts.gallery import FULL, HOSTILE, p
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from loopback.slack_limits import problems
from loopback.slack_sight import words as words_shown

from adapters.slack.render import card_to_blocks, card_to_message
from bot.messages import (
    Block,
    Button,
    Buttons,
    Card,
    Chart,
    ChartBlock,
    Copyable,
    Divider,
    Fact,
    Facts,
    Heading,
    Item,
    Items,
    Note,
    Paragraph,
    Picture,
    Series,
)
from content.catalog import Words

EN = Words("en", "Europe/Helsinki")


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def drawn(block: Block, **how: Any) -> list[dict[str, Any]]:
    return card_to_blocks(Card(p("Title"), (block,)), EN, **how)[1:]


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (Paragraph(p("Hello")), {"type": "section", "text": plain("Hello")}),
        (Note(p("small")), {"type": "context", "elements": [plain("small")]}),
        (Heading(p("Part")), {"type": "section", "text": {"type": "mrkdwn", "text": "*Part*", "verbatim": True}}),
        (Divider(), {"type": "divider"}),
        (Picture("https://x.example/a.png", p("A boat")), {"type": "image", "image_url": "https://x.example/a.png", "alt_text": "A boat"}),
        (
            Facts((Fact(p("Due"), p("today")),)),
            {"type": "section", "fields": [{"type": "mrkdwn", "text": "*Due*", "verbatim": True}, plain("today")]},
        ),
        (
            Copyable(p("Link"), "https://x.example/?a=1&b=<2>"),
            {
                "type": "rich_text",
                "elements": [
                    {"type": "rich_text_section", "elements": [{"type": "text", "text": "Link", "style": {"bold": True}}]},
                    {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "https://x.example/?a=1&b=<2>"}]},
                ],
            },
        ),
        (
            Items((Item(p("Row"), p("more"), (Button(p("Open"), "row.open", "7"),)),)),
            {
                "type": "section",
                "text": {"type": "mrkdwn", "text": "*Row*\nmore", "verbatim": True},
                "accessory": {"type": "button", "text": plain("Open"), "action_id": "row.open#0", "value": "7"},
            },
        ),
        (
            Buttons((Button(p("Go"), "go", "1", "primary"), Button(p("Read"), url="https://x.example/"))),
            {
                "type": "actions",
                "elements": [
                    {"type": "button", "text": plain("Go"), "action_id": "go#0", "value": "1", "style": "primary"},
                    {"type": "button", "text": plain("Read"), "action_id": "#1", "url": "https://x.example/"},
                ],
            },
        ),
        (
            Buttons((Button(p("Delete"), "x.delete", "9", "danger", confirm=p("Really?")),)),
            {
                "type": "actions",
                "elements": [
                    {
                        "type": "button", "text": plain("Delete"), "action_id": "x.delete#0", "value": "9", "style": "danger",
                        "confirm": {"title": plain("Delete"), "text": plain("Really?"), "confirm": plain("Delete"), "deny": plain("No"), "style": "danger"},
                    }
                ],
            },
        ),
        (
            ChartBlock(Chart(p("Shares"), (p("Sales"), p("Yard")), (Series(p("Week 9"), (12, 7)),))),
            {
                "type": "data_visualization",
                "title": "Shares",
                "chart": {
                    "type": "bar",
                    "series": [{"name": "Week 9", "data": [{"label": "Sales", "value": 12}, {"label": "Yard", "value": 7}]}],
                    "axis_config": {"categories": ["Sales", "Yard"]},
                },
            },
        ),
        (
            ChartBlock(Chart(p("Kinds"), (p("give"), p("ask")), (Series(p("n"), (4, 0)),), "pie")),
            {"type": "data_visualization", "title": "Kinds", "chart": {"type": "pie", "segments": [{"label": "give", "value": 4}]}},
        ),
    ],
)  # fmt: skip
def test_each_widget_has_its_block(block: Block, expected: dict[str, Any]) -> None:
    assert drawn(block) == [expected]


def test_the_title_is_a_header_and_the_notification() -> None:
    message = card_to_message(Card(p("Aino shared <3"), (Paragraph(p("More & more")),), tone="good"), EN)
    assert message["blocks"][0] == {"type": "header", "text": plain("✅ Aino shared <3")}
    assert message["text"] == "Aino shared &lt;3\nMore &amp; more"


@pytest.mark.parametrize("surface", ["message", "modal", "home"])
def test_the_full_card_is_what_slack_takes_on_every_surface(surface: Any) -> None:
    assert problems(card_to_blocks(FULL, EN, surface), surface) == []


def test_slackblocks_agrees_about_charts() -> None:
    data = drawn(ChartBlock(Chart(p("Shares"), (p("Sales"), p("Yard")), (Series(p("Week"), (12, 7)),))))[0]
    points = [slackblocks.DataPoint(d["label"], d["value"]) for d in data["chart"]["series"][0]["data"]]
    axes = slackblocks.AxisConfig(categories=data["chart"]["axis_config"]["categories"])
    theirs = slackblocks.DataVisualizationBlock(
        title=data["title"], chart=slackblocks.BarChart(series=[slackblocks.DataSeries(name="Week", data=points)], axis_config=axes), block_id="b"
    )
    assert theirs._resolve() == data | {"block_id": "b"}


def test_a_modal_a_spare_card_and_a_third_chart_get_the_figures_as_text() -> None:
    chart = ChartBlock(Chart(p("Shares"), (p("Sales"), p("Yard")), (Series(p("Week"), (12, 6)),)))
    (as_text,) = drawn(chart, surface="modal")
    assert as_text == drawn(chart, is_spare=True)[0]
    assert as_text["elements"][1]["elements"][0]["text"] == "Sales  ████████████████ 12\nYard   ████████ 6"
    three = card_to_blocks(Card(p("T"), (chart, chart, chart)), EN)
    assert [b["type"] for b in three[1:]] == ["data_visualization", "data_visualization", "rich_text"]


def test_a_picture_that_slack_could_not_fetch_becomes_its_words() -> None:
    assert drawn(Picture("http://127.0.0.1:8765/a.png", p("A boat"))) == [{"type": "context", "elements": [plain("A boat")]}]


def test_hostile_words_stay_words() -> None:
    card = Card(p("x"), (Paragraph(p(HOSTILE)), Facts((Fact(p("*b* <!here>"), p(HOSTILE)),)), Items((Item(p(":smile: <@U1>")), Item(p("<@U1|a> & b"))))))
    blocks = card_to_blocks(card, EN)
    live = [t["text"] for t in _texts(blocks) if t["type"] == "mrkdwn"]
    assert live == ["*&lt;@U1|a&gt; &amp; b*"]
    assert HOSTILE.replace("\u202e", "") in "\n".join(words_shown(blocks))


def _texts(part: Any) -> list[dict[str, Any]]:
    if isinstance(part, list):
        return [t for x in part for t in _texts(x)]
    if isinstance(part, dict):
        return [part] if part.get("type") in ("mrkdwn", "plain_text") else [t for x in part.values() for t in _texts(x)]
    return []


def test_a_long_text_is_split_and_a_very_long_one_cut() -> None:
    long = " ".join(["word"] * 2000)
    blocks = drawn(Paragraph(p(long)))
    assert [len(b["text"]["text"]) <= 3000 for b in blocks] == [True] * 4
    assert " ".join(b["text"]["text"] for b in blocks) == long
    assert drawn(Paragraph(p("word " * 9000)))[-1]["text"]["text"].endswith("…")


def test_more_blocks_than_fit_end_in_a_note_and_keep_the_last_buttons() -> None:
    card = Card(p("T"), (*(Paragraph(p(f"{n}")) for n in range(80)), Buttons((Button(p("Next"), "next", "2"),))))
    blocks = card_to_blocks(card, EN)
    assert len(blocks) == 50 and blocks[-1]["type"] == "actions" and "browser" in blocks[-2]["elements"][0]["text"]
    assert problems(blocks, "message") == []


anything = st.one_of(
    st.text(max_size=40), st.text(min_size=0, max_size=1).map(lambda c: c * 4000), st.sampled_from([HOSTILE, "", " ", "\n", "&" * 2999, "😀" * 1600])
)
texts = anything.map(p)
values = st.text(alphabet="abc:123", max_size=20)
button = st.builds(Button, texts, st.sampled_from(["story.share", "a.b"]), values, st.sampled_from(["default", "primary", "danger"]), confirm=st.none() | texts)
chart = st.builds(
    Chart, texts, st.lists(texts, max_size=25).map(tuple),
    st.lists(st.builds(Series, texts, st.lists(st.integers(0, 10**6), max_size=25).map(tuple)), max_size=14).map(tuple),
    st.sampled_from(["bar", "line", "pie"]),
)  # fmt: skip
blocks = st.one_of(
    st.builds(Paragraph, texts), st.builds(Note, texts), st.builds(Heading, texts), st.just(Divider()), st.builds(Copyable, texts, anything),
    st.builds(Facts, st.lists(st.builds(Fact, texts, texts), min_size=1, max_size=10).map(tuple)), st.builds(ChartBlock, chart),
    st.builds(Picture, st.sampled_from(["https://x.example/a.png", "ftp://x", ""]), texts),
    st.builds(Buttons, st.lists(button, min_size=1, max_size=5).map(tuple)),
    st.builds(Items, st.lists(st.builds(Item, texts, st.none() | texts, st.lists(button, max_size=2).map(tuple)), min_size=1, max_size=10).map(tuple)),
)  # fmt: skip


@examples(max_examples=40)
@given(st.builds(Card, texts, st.lists(blocks, max_size=12).map(tuple)), st.sampled_from(["message", "modal", "home"]))
def test_whatever_a_card_holds_slack_takes_it(card: Card, surface: Any) -> None:
    assert problems(card_to_blocks(card, EN, surface), surface) == []
