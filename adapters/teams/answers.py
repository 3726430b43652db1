"""What an invoke is answered: a card in place of another, a line, a dialog, options; and cards for what has no dialog."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from adapters.teams.buttons import Place, opener
from adapters.teams.elements import Element, clean, lines
from adapters.teams.forms import form_to_adaptive
from adapters.teams.inbound import Pressed
from adapters.teams.render import CONTENT_TYPE, card_to_adaptive, envelope, summary
from adapters.teams.sealed import Sealer
from bot.desks.tables import is_aside
from bot.messages import Answer, Ask, Card, Command, Correct, Form, Heard, Note, Offer, Paragraph, Press, Replace, Reply, Show, Text, Unknown, say
from content.catalog import Words

MESSAGE = "application/vnd.microsoft.activity.message"
SEARCH = "application/vnd.microsoft.search.searchResponse"
_OPTIONS = 15  # that many fit a typeahead's list on Teams
Body = dict[str, Any]


def words_of(reply: Reply) -> Words:
    """How to speak to whoever gets the reply."""
    return Words(reply.locale, reply.time_zone)


def replaced(card: Element) -> Body:
    """Answer to Action.Execute: this card takes the place of the one pressed."""
    return {"statusCode": 200, "type": CONTENT_TYPE, "value": card}


def told(line: str) -> Body:
    """Answer to Action.Execute: the card stays, a line is shown."""
    return {"statusCode": 200, "type": MESSAGE, "value": line}


def offered(answer: Answer, words: Words) -> Body:
    """Answer to a typeahead."""
    options = answer.options if isinstance(answer, Offer) else ()
    results = [{"title": clean(words(o.text)), "value": o.value} for o in options[:_OPTIONS]]
    return {"statusCode": 200, "type": SEARCH, "value": {"results": results}}


def dialog(title: str, card: Element) -> Body:
    """A dialog that shows this card."""
    shown = {"title": title[:64] or "Vinkki", "height": "medium", "width": "medium", "card": {"contentType": CONTENT_TYPE, "content": card}}
    return {"task": {"type": "continue", "value": shown}}


def problems(errors: Mapping[str, Text]) -> Card:
    """What was wrong with a form that is not at hand any more."""
    return Card(say("refused.title"), tuple(Paragraph(text) for text in errors.values()), tone="refusal")


def card_of(answer: Answer) -> Card:
    """The card of an answer that is shown as one."""
    match answer:
        case Show(card) | Replace(card) | Unknown(card):
            return card
        case Correct(errors):
            return problems(errors)
    return Card(say("teams.nothing"))


def dialog_of(reply: Reply, pressed: Pressed | None, sealer: Sealer, place: Place) -> Body:
    """An answer inside a dialog: the next form, the same form with its errors, or a card."""
    words, answer = words_of(reply), reply.answer
    if isinstance(answer, Ask):
        return _form_dialog(answer.form, words, form_to_adaptive(answer.form, words, sealer, place))
    if isinstance(answer, Correct) and pressed is not None and pressed.form is not None:
        drawn = form_to_adaptive(pressed.form, words, sealer, place, pressed.values, answer.errors)
        return _form_dialog(pressed.form, words, drawn)
    return dialog("Vinkki", card_to_adaptive(card_of(answer), words, place))


def _form_dialog(form: Form, words: Words, card: Element) -> Body:
    return dialog(clean(words(form.title)), card)


@dataclass(frozen=True)
class Message:
    """An answer as a chat message: its card, and the notification's line."""

    card: Element
    line: str


def message_of(reply: Reply, heard: Heard, pressed: Pressed | None, sealer: Sealer) -> Message:
    """An answer in a chat. A form is opened by a button, since nothing but a button can open a dialog on Teams; and so is what says
    who a candidate is, since a message would stay in the chat when they are erased."""
    words, answer = words_of(reply), reply.answer
    if isinstance(answer, Ask) and isinstance(heard, Command | Press):
        return Message(_opener(answer.form.title, answer.form.intro, words, heard), clean(words(answer.form.title)))
    if isinstance(answer, Show | Replace) and isinstance(heard, Command | Press) and is_aside(heard) and answer.card.tone != "refusal":
        return Message(_opener(answer.card.title, (Note(say("teams.aside")),), words, heard), clean(words(answer.card.title)))
    if isinstance(answer, Ask):
        return Message(form_to_adaptive(answer.form, words, sealer, Place()), clean(words(answer.form.title)))
    if isinstance(answer, Correct) and pressed is not None and pressed.form is not None:
        drawn = form_to_adaptive(pressed.form, words, sealer, Place(), pressed.values, answer.errors)
        return Message(drawn, clean(words(pressed.form.title)))
    card = card_of(answer)
    return Message(card_to_adaptive(card, words), summary(card, words))


def _opener(title: Text, intro: Iterable[Paragraph | Note], words: Words, heard: Command | Press) -> Element:
    ours = {"c": heard.name, "t": heard.text} if isinstance(heard, Command) else {"a": heard.action, "v": heard.value}
    body = lines(words(title), size="Medium", weight="Bolder")
    for part in intro:
        body += lines(words(part.text), isSubtle=not isinstance(part, Paragraph))
    return envelope(body) | {"actions": [opener(words, words(say("teams.open")), **ours)]}


def failed(words: Words) -> Card:
    """The kind card for a failure of ours."""
    return Card(say("teams.failed.title"), (Paragraph(say("teams.failed.text")),), tone="warning")
