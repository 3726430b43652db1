"""Modals and the App Home: forms as views, cards as views, what is wrong beside its field."""

from __future__ import annotations

from typing import Any

from slack_sdk.models.blocks import (
    CheckboxesElement,
    ContextBlock,
    DatePickerElement,
    EmailInputElement,
    ExternalDataSelectElement,
    InputBlock,
    NumberInputElement,
    Option,
    PlainTextInputElement,
    RadioButtonsElement,
    SectionBlock,
    StaticMultiSelectElement,
    StaticSelectElement,
    UrlInputElement,
)
from slack_sdk.models.blocks.block_elements import InputInteractiveElement

from adapters.slack.blocks import Json, to_json
from adapters.slack.render import card_to_blocks
from adapters.slack.text import cut, pieces, plain, tidy
from bot.messages import Card, ChoiceField, DayField, Form, FormField, LookupField, Note, Text, TextField, TickField, say
from bot.messages import Option as Choice
from content.catalog import Words

TITLE = 24
NOTHING = "∅"  # Slack takes no empty option value; this stands for one
ANSWER = "answer"  # action id of every input; the block id is the field's name
LOOKUP = "lookup:"  # …but for lookups, whose action id names the source
_BOXES = 10  # radio buttons and checkboxes


def form_to_view(form: Form, words: Words) -> Json:
    """A modal with the form. `callback_id` names it, `private_metadata` holds its opaque subject and nothing else."""
    blocks: list[Json] = []
    for part in form.intro:
        texts = pieces(words(part.text), 2000) if isinstance(part, Note) else pieces(words(part.text))
        blocks += [to_json(ContextBlock(elements=[plain(t)]) if isinstance(part, Note) else SectionBlock(text=plain(t))) for t in texts]
    blocks += [_input(f, words) for f in form.fields][: 100 - len(blocks)]
    return {
        "type": "modal",
        "callback_id": form.name,
        "private_metadata": form.subject,
        "title": to_json(plain(words(form.title), TITLE)),
        "submit": to_json(plain(words(form.submit), TITLE)),
        "close": to_json(plain(words(say("slack.cancel")), TITLE)),
        "blocks": blocks,
    }


def card_to_view(card: Card, words: Words, *, is_spare: bool = False) -> Json:
    """A modal that shows a card. Its title bar has room for 24 characters only; the card's own title stands below it."""
    title = words(card.title)
    return {
        "type": "modal",
        "callback_id": "card",
        "title": to_json(plain(title if len(title) <= TITLE else "Vinkki", TITLE)),
        "close": to_json(plain(words(say("slack.close")), TITLE)),
        "blocks": card_to_blocks(card, words, "modal", is_spare=is_spare),
    }


def card_to_home(card: Card, words: Words, *, is_spare: bool = False) -> Json:
    """The App Home with a card."""
    return {"type": "home", "callback_id": "home", "blocks": card_to_blocks(card, words, "home", is_spare=is_spare)}


def errors_by_block(errors: dict[str, Text], words: Words, blocks: list[str]) -> dict[str, str]:
    """What is wrong, by the block it belongs to; what belongs to no block stands at the first."""
    out: dict[str, str] = {}
    for name, text in errors.items():
        place = name if name in blocks or not blocks else blocks[0]
        out[place] = cut(f"{out[place]} {words(text)}" if place in out else tidy(words(text)), 2000)
    return out


def options(choices: tuple[Choice, ...], words: Words) -> list[Json]:
    """Options for a lookup, at most a hundred."""
    return [to_json(_option(c, words)) for c in choices[:100]]


def _input(field: FormField, words: Words) -> Json:
    element, is_optional = _element(field, words)
    block = InputBlock(label=plain(words(field.label), 2000), element=element, block_id=field.name, optional=is_optional,
                       hint=plain(words(field.hint), 2000) if field.hint else None)  # fmt: skip
    return to_json(block)


def _element(field: FormField, words: Words) -> tuple[InputInteractiveElement, bool]:
    match field:
        case TextField():
            return _text(field), field.optional
        case ChoiceField():
            return _choice(field, words), field.optional
        case LookupField():
            initial = _option(field.initial, words) if field.initial else None
            action = LOOKUP + field.source
            return ExternalDataSelectElement(action_id=action, initial_option=initial, min_query_length=0, placeholder=_prompt(words)), field.optional
        case DayField():
            return DatePickerElement(action_id=ANSWER, initial_date=field.initial or None), field.optional
        case TickField():
            yes = Option(value="yes", text=plain(words(say("slack.yes")), 75))
            return CheckboxesElement(action_id=ANSWER, options=[yes], initial_options=[yes] if field.initial else None), True


def _text(field: TextField) -> InputInteractiveElement:
    initial = cut(field.initial, min(field.max_length, 3000)) or None
    match field.shape:
        case "email":
            return EmailInputElement(action_id=ANSWER, initial_value=initial)
        case "url":
            return UrlInputElement(action_id=ANSWER, initial_value=initial)
        case "number" if _is_number(field.initial):
            return NumberInputElement(action_id=ANSWER, initial_value=initial, is_decimal_allowed=True)
    return PlainTextInputElement(action_id=ANSWER, initial_value=initial, multiline=field.rows > 1, max_length=min(field.max_length, 3000))


def _is_number(text: str) -> bool:
    return not text or text.removeprefix("-").replace(".", "", 1).isdecimal()


def _choice(field: ChoiceField, words: Words) -> InputInteractiveElement:
    choices = [_option(o, words) for o in field.options[:100]] or [Option(value=NOTHING, text=plain(""))]
    taken = field.initial.split(",") if field.multiple else [field.initial]
    initial = [o for o, c in zip(choices, field.options, strict=False) if c.value in taken and (c.value or not field.multiple)]
    first: Any = initial[0] if initial else None
    if field.multiple and len(choices) <= _BOXES:
        return CheckboxesElement(action_id=ANSWER, options=choices, initial_options=initial or None)
    if field.multiple:
        return StaticMultiSelectElement(action_id=ANSWER, options=choices, initial_options=initial or None, placeholder=_prompt(words))
    if not field.optional and len(choices) <= 4:
        return RadioButtonsElement(action_id=ANSWER, options=choices, initial_option=first)
    return StaticSelectElement(action_id=ANSWER, options=choices, initial_option=first, placeholder=_prompt(words))


def _prompt(words: Words) -> Any:
    return plain(words(say("slack.choose")), 150)


def _option(choice: Choice, words: Words) -> Option:
    return Option(value=choice.value or NOTHING, text=plain(words(choice.text), 75))
