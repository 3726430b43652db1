from __future__ import annotations

import pytest
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.basic_objects import JsonObject
from slack_sdk.models.blocks import (
    ActionsBlock,
    ButtonElement,
    ConfirmObject,
    ContextBlock,
    DividerBlock,
    HeaderBlock,
    InputBlock,
    Option,
    PlainTextInputElement,
    RichTextBlock,
    RichTextElementParts,
    RichTextPreformattedElement,
    SectionBlock,
    StaticSelectElement,
)

from adapters.slack.blocks import to_json
from adapters.slack.text import bold, plain

BUTTON = ButtonElement(
    text=plain("Go"), action_id="story.share#0", value="17", style="danger",
    confirm=ConfirmObject(title=plain("Sure?"), text=plain("It is gone then"), confirm=plain("Go"), deny=plain("No")),
)  # fmt: skip
DRAWN: tuple[JsonObject, ...] = (
    plain("Literal", 20),
    HeaderBlock(text=plain("A title")),
    SectionBlock(text=bold("Boats", "from 1872"), accessory=BUTTON),
    SectionBlock(fields=[bold("Stage"), plain("hired")]),
    ContextBlock(elements=[plain("By the way")]),
    DividerBlock(),
    ActionsBlock(elements=[BUTTON, ButtonElement(text=plain("Open"), action_id="x#1", url="https://example.com/")]),
    RichTextBlock(elements=[RichTextPreformattedElement(elements=[RichTextElementParts.Text(text="copy me")])]),
    InputBlock(label=plain("Why"), element=PlainTextInputElement(action_id="why", initial_value=""), optional=True),
    InputBlock(label=plain("Which"), element=StaticSelectElement(action_id="which", options=[Option(text=plain("One"), value="1")])),
)


@pytest.mark.parametrize("part", DRAWN, ids=lambda part: type(part).__name__)
def test_a_block_becomes_the_dict_that_slack_sdk_makes_of_it(part: JsonObject) -> None:
    assert to_json(part) == part.to_dict()


@pytest.mark.parametrize("part", [HeaderBlock(text=plain("x" * 151, 151)), SectionBlock(), ActionsBlock(elements=[BUTTON] * 26)], ids=["long", "empty", "many"])
def test_what_slack_sdk_refuses_is_refused(part: JsonObject) -> None:
    with pytest.raises(SlackObjectFormationError):
        to_json(part)
