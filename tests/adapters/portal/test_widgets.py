"""Every widget as HTML: the elements a browser, a keyboard and a screen reader rely on."""

from __future__ import annotations

import pytest
from contracts.gallery import FORM, FULL
from html_reader import Element, read_html

from adapters.portal.widgets import Filled, Frame, card_html, form_html
from bot.messages import (
    Block,
    Button,
    Buttons,
    Card,
    ChoiceField,
    Copyable,
    Fact,
    Facts,
    Form,
    FormField,
    Heading,
    Item,
    Items,
    LookupField,
    Option,
    Picture,
    Plain,
    TextField,
    say,
)
from content.catalog import Words

p = Plain


def frame() -> Frame:
    return Frame(Words("en"), "token", "/back", seal=lambda text: f"sealed({text})")


def draw(*blocks: Block, tone: str = "plain", level: int = 2) -> Element:
    return read_html(card_html(Card(p("Title"), blocks, tone), frame(), level=level)).one("article")  # type: ignore[arg-type]


def ask(*fields: FormField, filled: Filled | None = None) -> Element:
    return read_html(form_html(Form("f", p("Form"), p("Send"), fields), frame(), "sealed", filled)).one("form")


def test_a_card_is_an_article_named_by_its_title() -> None:
    card = draw(Heading(p("Inside")), level=1)
    assert card.one(id=card.attrs["aria-labelledby"]).text == "Title"
    assert [e.tag for e in card.walk() if e.tag in ("h1", "h2", "h3")] == ["h1", "h2"]


@pytest.mark.parametrize("tone", ["good", "warning", "refusal"])
def test_a_tone_is_a_mark_beside_the_words_not_only_a_colour(tone: str) -> None:
    card = draw(tone=tone)
    assert f"tone-{tone}" in card.classes and card.one("span", class_="tone-mark").all("svg", aria_hidden="true")


def test_facts_are_terms_with_descriptions() -> None:
    facts = draw(Facts((Fact(p("Bonus"), p("€ 500")), Fact(p("Due"), p("May"))))).one("dl")
    assert [(d.one("dt").text, d.one("dd").text) for d in facts.all("div")] == [("Bonus", "€ 500"), ("Due", "May")]


def test_a_picture_keeps_its_words_and_sends_no_referrer() -> None:
    assert draw(Picture("https://example.com/q.png", p("Code"), is_code=True)).one("img").attrs["class"] == "qr", "a code is never cut"
    image = draw(Picture("https://example.com/a.jpg", p("A boat"))).one("img")
    assert image.attrs["alt"] == "A boat" and image.attrs["referrerpolicy"] == "no-referrer"


def test_a_picture_from_nowhere_good_is_its_words_alone() -> None:
    card = draw(Picture("javascript:alert(1)", p("A boat")))
    assert not card.all("img") and "A boat" in card.text


def test_text_to_copy_stands_in_a_labelled_field_that_can_be_selected() -> None:
    card = draw(Copyable(p("Your link"), "https://example.com/s/1"))
    field = card.one("input", readonly="")
    assert card.one("label", for_=field.attrs["id"]).text == "Your link"
    assert field.attrs["value"] == "https://example.com/s/1"
    assert "hidden" in card.one("button", data_copy=field.attrs["id"]).attrs  # a script shows it where it works


def test_long_text_to_copy_keeps_its_lines() -> None:
    area = draw(Copyable(p("Caption"), "\none\ntwo")).one("textarea")
    assert "".join(str(c) for c in area.children) == "\n\none\ntwo"  # a browser drops the first newline of a textarea


def test_rows_are_a_list_with_their_buttons() -> None:
    rows = draw(Items((Item(p("One"), p("first"), (Button(p("Open"), "x.open", "1"),)), Item(p("Two"))))).one("ul").all("li")
    assert [r.one("p", class_="item-title").text for r in rows] == ["One", "Two"]
    assert rows[0].one("button").text == "Open"


def test_a_button_is_a_post_with_a_token_and_a_key_of_its_own() -> None:
    forms = draw(Buttons((Button(p("A"), "do.a", "1"), Button(p("B"), "do.b", "2", "danger")))).all("form")
    sent = [dict(f.fields()) for f in forms]
    assert [(s["action"], s["value"], s["csrf"], s["back"]) for s in sent] == [("do.a", "1", "token", "/back"), ("do.b", "2", "token", "/back")]
    assert sent[0]["nonce"] != sent[1]["nonce"] and len(sent[0]["nonce"]) >= 16
    assert {f.attrs["method"] for f in forms} == {"post"}
    assert "danger" in forms[1].one("button").classes


def test_a_step_that_cannot_be_taken_back_asks_first_without_a_script() -> None:
    details = draw(Buttons((Button(p("Delete"), "x.delete", "1", confirm=p("Sure?")),))).one("details")
    assert details.one("summary").text == "Delete"
    assert "Sure?" in details.text and details.one("form").one("button").text == "Delete"
    assert "open" not in details.attrs


def test_a_button_out_of_the_house_is_a_link_that_opens_anew() -> None:
    link = draw(Buttons((Button(p("Read"), url="https://example.com/a?b=1&c=2"),))).one("a")
    assert link.attrs["href"] == "https://example.com/a?b=1&c=2"
    assert link.attrs["rel"] == "noopener noreferrer" and "opens in a new tab" in link.text


def test_a_button_out_that_is_also_reported_carries_its_address_sealed() -> None:
    form = draw(Buttons((Button(p("LinkedIn"), "story.shared", "7", url="https://example.com/share"),))).one("form")
    assert dict(form.fields())["go"] == "sealed(https://example.com/share)" and form.attrs["target"] == "_blank"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "https://a\nb", "vbscript:x", "https://[", "\\\\evil"])
def test_no_button_leads_where_a_script_runs(url: str) -> None:
    assert not draw(Buttons((Button(p("Go"), url=url),))).all("a")


def test_without_a_session_buttons_are_only_drawn() -> None:
    card = read_html(card_html(FULL, Frame(Words("en"))))
    assert not card.all("form") and "Press me" in card.text


def test_a_chart_is_a_drawing_with_a_name_and_a_table_with_the_figures() -> None:
    figure = read_html(card_html(FULL, frame())).one("figure")
    drawing = figure.one("svg", role="img")
    assert "Shares by team" in drawing.attrs["aria-label"] and "Sales 12" in drawing.attrs["aria-label"]
    rows = figure.one("table").one("tbody").all("tr")
    assert [(r.one("th", scope="row").text, r.one("td").text) for r in rows] == [("Sales", "12"), ("Yard", "7")]
    assert not [e for e in figure.walk() if "style" in e.attrs]  # the page's policy forbids inline styles


def test_every_field_has_a_label_and_a_hint_that_belongs_to_it() -> None:
    form = read_html(form_html(FORM, frame(), "sealed")).one("form")
    for name in ("name", "why", "start", "opening"):
        control = form.one(id=f"f-{name}")
        assert form.one("label", for_=control.attrs["id"]).text
    assert form.one(id="f-name").attrs["aria-describedby"] == "h-name"
    assert form.one(id="f-team").one("legend").text == "Team"
    assert form.one(id="f-name").attrs["required"] == "" and "required" not in form.one(id="f-why").attrs


def test_a_form_sends_what_it_holds() -> None:
    sent = dict(read_html(form_html(FORM, frame(), "sealed")).one("form").fields())
    assert sent["f.name"] == "Aino" and sent["f.team"] == "yard" and "f.agree" not in sent and "f.topics" not in sent
    assert sent["form"] == "sealed" and sent["csrf"] == "token"


def test_errors_stand_beside_their_fields_and_values_are_kept() -> None:
    filled = Filled({"name": "Bo", "role": "b"}, {"name": say("money.negative")})
    form = ask(TextField("name", p("Name"), hint=p("Your own")), ChoiceField("role", p("Role"), (Option("a", p("A")), Option("b", p("B")))), filled=filled)
    control = form.one(id="f-name")
    assert control.attrs["value"] == "Bo" and control.attrs["aria-invalid"] == "true"
    assert control.attrs["aria-describedby"] == "h-name e-name"
    assert form.one(id="e-name").text.startswith("An amount cannot be negative.")
    assert form.one("div", role="alert").one("a").attrs["href"] == "#f-name"
    assert dict(form.fields())["f.role"] == "b"


@pytest.mark.parametrize("more", [0, 6])  # as buttons, and as a list that opens
def test_an_optional_choice_whose_own_words_say_nothing_is_chosen_gets_no_second_none(more: int) -> None:
    others = tuple(Option(str(n), p(f"Language {n}")) for n in range(1, 2 + more))
    told = ask(ChoiceField("language", p("Language"), (Option("", p("As the feed says")), *others), optional=True))
    assert [e.attrs.get("value") for e in (told.all("option") or told.all("input", type="radio"))].count("") == 1
    assert [
        e.attrs.get("value") for e in ask(ChoiceField("one", p("One"), others, optional=True)).all("option" if more else "input") if not e.attrs.get("value")
    ]


def test_many_options_become_a_list_to_choose_from() -> None:
    options = tuple(Option(str(i), p(f"Option {i}")) for i in range(9))
    form = ask(ChoiceField("one", p("One"), options, optional=True), ChoiceField("some", p("Some"), options, multiple=True, initial="1,3", optional=True))
    assert len(form.one("select", name="f.one").all("option")) == 10  # and none of them
    assert [v for n, v in form.fields() if n == "f.some"] == ["1", "3"]


def test_a_lookup_works_by_a_search_button_and_offers_choices() -> None:
    field = LookupField("who", p("Who"), "people", optional=True)
    form = ask(field)
    assert form.one("button", name="search", value="who").attrs["formnovalidate"] == ""
    assert form.one("input", name="q.who").attrs["list"] == "l-who"
    offered = ask(field, filled=Filled(offers={"who": [Option("7", p("Bo Ek"))]}, queries={"who": "bo"}))
    assert offered.one("input", name="f.who", value="7").attrs["type"] == "radio"
    assert dict(offered.fields())["q.who"] == dict(offered.fields())["was.who"] == "bo"


def test_enter_in_a_field_sends_the_form_and_does_not_search() -> None:
    form = ask(LookupField("who", p("Who"), "people"))
    assert "name" not in form.all("button")[0].attrs  # the first button is the one that Enter presses
