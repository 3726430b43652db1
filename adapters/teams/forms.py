"""Forms as Adaptive Cards for a dialog: each field with its label, its hint, and what is wrong with the answer."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.teams.buttons import Place
from adapters.teams.elements import Element, clean, lines, unmarked
from adapters.teams.render import envelope
from adapters.teams.sealed import Sealer
from bot.messages import ChoiceField, DayField, Form, FormField, LookupField, Option, Paragraph, Text, TextField, TickField, say
from content.catalog import Words

_STYLES = {"email": "Email", "url": "Url"}


def form_to_adaptive(
    form: Form,
    words: Words,
    sealer: Sealer,
    place: Place,
    values: Mapping[str, str] | None = None,
    errors: Mapping[str, Text] | None = None,
) -> Element:
    """The form's JSON. `values` is what was typed before, `errors` what was wrong with it, both by field name."""
    body: list[Element] = []
    for part in form.intro:
        body += lines(words(part.text)) if isinstance(part, Paragraph) else lines(words(part.text), size="Small", isSubtle=True)
    for name in (errors or {}).keys() - {f.name for f in form.fields}:
        body += _error(words((errors or {})[name]))
    for field in form.fields:
        body += _field(field, words, None if values is None else values.get(field.name, ""))
        if errors and field.name in errors:
            body += _error(words(errors[field.name]))
    submit = {"type": "Action.Submit", "title": clean(words(form.submit)), "style": "positive", "data": place.data(f=sealer.seal(form))}
    return envelope(body) | {"actions": [submit]}


def _error(text: str) -> list[Element]:
    return lines(f"⚠ {text}", "Small", color="Attention", weight="Bolder")


def _field(field: FormField, words: Words, typed: str | None) -> list[Element]:
    drawn = _input(field, words, typed) | {"id": f"f_{field.name}"}
    if not isinstance(field, TickField):  # whose title stands beside the box
        drawn["label"] = clean(words(field.label))
        if not field.optional:
            drawn |= {"isRequired": True, "errorMessage": words(say("teams.required"))}
    hint = lines(words(field.hint), "Small", size="Small", isSubtle=True) if field.hint is not None else []
    return [drawn, *hint]


def _input(field: FormField, words: Words, typed: str | None) -> Element:
    match field:
        case TextField():
            return _text(field, field.initial if typed is None else typed)
        case ChoiceField():
            return _choice(field, words, field.initial if typed is None else typed)
        case LookupField():
            return _lookup(field, words, typed)
        case DayField():
            day = field.initial if typed is None else typed
            return {"type": "Input.Date", "value": day} if day else {"type": "Input.Date"}
        case TickField():
            on = field.initial if typed is None else typed == "yes"
            return {"type": "Input.Toggle", "title": unmarked(words(field.label)), "valueOn": "yes", "valueOff": "", "value": "yes" if on else ""}


def _text(field: TextField, value: str) -> Element:
    drawn: Element = {"type": "Input.Text", "maxLength": field.max_length, "value": value}
    if field.rows > 1:
        drawn["isMultiline"] = True
    if field.shape in _STYLES:  # numbers stay text: a decimal comma must arrive as it was typed
        drawn["style"] = _STYLES[field.shape]
    return drawn


def _choice(field: ChoiceField, words: Words, value: str) -> Element:
    choices = [_option(o, words) for o in field.options]
    return {"type": "Input.ChoiceSet", "style": "compact", "isMultiSelect": field.multiple, "wrap": True, "choices": choices, "value": value}


def _option(option: Option, words: Words) -> Element:
    return {"title": unmarked(words(option.text)), "value": option.value}


def _lookup(field: LookupField, words: Words, typed: str | None) -> Element:
    """Found by typing: Teams asks us with `application/search` and offers what comes back (at most 15 fit its list)."""
    chosen = [_option(field.initial, words)] if field.initial is not None else []
    value = (field.initial.value if field.initial is not None else "") if typed is None else typed
    if value and not chosen:
        chosen = [{"title": value, "value": value}]
    query = {"type": "Data.Query", "dataset": field.source}
    return {"type": "Input.ChoiceSet", "style": "filtered", "isMultiSelect": False, "choices": chosen, "choices.data": query, "value": value}
