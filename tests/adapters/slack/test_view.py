"""Forms as modals: each field's exact JSON, and what comes back read again."""

from __future__ import annotations

from typing import Any

import pytest
from contracts.gallery import FORM, FULL, p
from loopback.slack_limits import problems, view_problems
from loopback.slack_sight import state

from adapters.slack.envelope import from_dict
from adapters.slack.inbound import to_submission
from adapters.slack.view import card_to_home, card_to_view, errors_by_block, form_to_view
from bot.messages import ChoiceField, DayField, Form, FormField, LookupField, Option, Submission, TextField, TickField
from content.catalog import Words

EN = Words("en", "Europe/Helsinki")
MANY = tuple(Option(str(n), p(f"Option {n}")) for n in range(30))


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def option(value: str, text: str) -> dict[str, Any]:
    return {"value": value, "text": plain(text)}


def element(field: FormField) -> dict[str, Any]:
    view = form_to_view(Form("f", p("Form"), p("Send"), (field,)), EN)
    assert view_problems(view) == []
    return dict(view["blocks"][0]["element"])


CHOOSE = plain("Choose")
TYPED = {"type": "plain_text_input", "action_id": "answer", "multiline": False, "max_length": 300}
NUMBER = {"type": "number_input", "action_id": "answer", "is_decimal_allowed": True}
YES = [option("yes", "Yes")]


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (TextField("a", p("A")), TYPED),
        (TextField("a", p("A"), "x", rows=3, max_length=9000), TYPED | {"multiline": True, "max_length": 3000, "initial_value": "x"}),
        (TextField("a", p("A"), shape="email"), {"type": "email_text_input", "action_id": "answer"}),
        (TextField("a", p("A"), shape="url"), {"type": "url_text_input", "action_id": "answer"}),
        (TextField("a", p("A"), "12.5", shape="number"), NUMBER | {"initial_value": "12.5"}),
        (TextField("a", p("A"), "499,50", shape="number"), TYPED | {"initial_value": "499,50"}),
        (DayField("a", p("A"), "2026-03-04"), {"type": "datepicker", "action_id": "answer", "initial_date": "2026-03-04"}),
        (TickField("a", p("A"), True), {"type": "checkboxes", "action_id": "answer", "options": YES, "initial_options": YES}),
        (LookupField("a", p("A"), "openings"), {"type": "external_select", "action_id": "lookup:openings", "min_query_length": 0, "placeholder": CHOOSE}),
        (
            ChoiceField("a", p("A"), (Option("", p("None")), Option("x", p("X"))), ""),
            {"type": "radio_buttons", "action_id": "answer", "options": [option("∅", "None"), option("x", "X")], "initial_option": option("∅", "None")},
        ),
    ],
)  # fmt: skip
def test_each_field_has_its_element(field: FormField, expected: dict[str, Any]) -> None:
    assert element(field) == expected


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        (ChoiceField("a", p("A"), MANY), "static_select"),
        (ChoiceField("a", p("A"), MANY[:3], optional=True), "static_select"),
        (ChoiceField("a", p("A"), MANY, multiple=True), "multi_static_select"),
        (ChoiceField("a", p("A"), MANY[:9], multiple=True), "checkboxes"),
        (ChoiceField("a", p("A"), ()), "radio_buttons"),
    ],
)
def test_a_choice_is_drawn_by_how_much_there_is_to_choose_from(field: FormField, kind: str) -> None:
    assert element(field)["type"] == kind


def test_a_form_carries_its_name_and_an_opaque_subject_and_nothing_else() -> None:
    view = form_to_view(FORM, EN)
    assert (view["callback_id"], view["private_metadata"]) == ("gallery.form", "17")
    assert view_problems(view) == []
    assert [view[k]["text"] for k in ("title", "submit", "close")] == ["Gallery form", "Send it", "Cancel"]


def test_what_was_filled_in_is_read_as_text_by_field() -> None:
    view = form_to_view(FORM, EN)
    values = {"name": "Aino\x00 <b>", "why": "", "team": "sales", "topics": "a,c", "opening": "2", "start": "2026-04-01", "agree": "yes"}
    payload = {
        "type": "view_submission", "team": {"id": "T1"}, "user": {"id": "U1"}, "trigger_id": "t",
        "view": {**view, "id": "V1", "hash": "h1", "state": state(view, values)},
    }  # fmt: skip
    event = to_submission(from_dict(payload))  # type: ignore[arg-type]
    assert event.heard == Submission("gallery.form", "17", values | {"name": "Aino <b>"})
    again = to_submission(from_dict({**payload, "trigger_id": "other"}))  # type: ignore[arg-type]
    assert again.key == event.key, "pressing submit once more is the same event"
    corrected = {**payload, "view": {**payload["view"], "state": state(view, values | {"name": "Bo"})}}  # type: ignore[dict-item]
    assert to_submission(from_dict(corrected)).key != event.key  # type: ignore[arg-type]


def test_errors_stand_beside_their_field_or_at_the_first() -> None:
    assert errors_by_block({"b": p("wrong"), "gone": p("also")}, EN, ["a", "b"]) == {"b": "wrong", "a": "also"}


def test_cards_as_modal_and_home_are_what_slack_takes() -> None:
    assert view_problems(card_to_view(FULL, EN)) == []
    assert view_problems(card_to_home(FULL, EN)) == []
    assert problems(card_to_home(FULL, EN, is_spare=True)["blocks"], "home", has_charts=False) == []
