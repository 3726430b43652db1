"""A button must know before it is pressed whether it opens a dialog: what the desks tell about their own buttons."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from contracts.gallery import open_gallery

from adapters.teams.buttons import Place, button_to_action
from bot.desks.tables import TABLE, may_ask
from bot.messages import Ask, Button, Plain
from content.catalog import Words


@pytest.fixture(autouse=True)
def gallery() -> Iterator[None]:
    with open_gallery():
        yield


def kind(action: str, value: str = "") -> Any:
    drawn = button_to_action(Button(Plain("x"), action, value), Words("en"), Place())
    assert drawn is not None
    return drawn["type"]


def test_a_button_that_asks_opens_a_dialog_and_others_act_in_place() -> None:
    assert (kind("gallery.ask"), kind("gallery.press"), kind("gallery.replace")) == ("Action.Submit", "Action.Execute", "Action.Execute")


def test_a_button_that_says_a_command_opens_a_dialog_when_the_command_asks() -> None:
    assert kind("front.run", "refer") == kind("front.run", "vinkki propose") == "Action.Submit"
    assert kind("front.run", "stories") == kind("front.run", "vinkki help") == kind("front.run", "nothing at all") == "Action.Execute"


def test_every_button_that_says_it_asks_is_known_to() -> None:
    """Where a desk's function is annotated to return a form, the button opens a dialog at the first press."""
    asking = [name for name, f in TABLE.buttons.items() if getattr(f, "__annotations__", {}).get("return") in ("Ask", Ask)]
    assert asking and all(may_ask(name) for name in asking)
    assert not may_ask("no.such.button")
