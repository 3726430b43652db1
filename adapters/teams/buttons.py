"""Buttons. Where one leads must be settled before it is pressed on Teams: in place (Action.Execute) or into a dialog."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import urlsplit

from adapters.teams.elements import Element, clean, container, lines
from bot.desks.tables import is_aside, may_ask
from bot.messages import Button, Press, say
from content.catalog import Words

_STYLES = {"primary": "positive", "danger": "destructive"}


@dataclass
class Place:
    """Where a card is drawn: in a chat or inside a dialog. `origin` is the chat message that the dialog was opened from.

    In a dialog every button submits, since Teams knows no Action.Execute there.
    """

    is_dialog: bool = False
    origin: str = ""
    ids: Iterator[int] = field(default_factory=count)

    def data(self, **ours: str) -> Element:
        """What comes back with a button."""
        return {"vinkki": ours | {"m": self.origin}} if self.origin else {"vinkki": dict(ours)}


def button_to_action(button: Button, words: Words, place: Place) -> Element | None:
    """One button as an action; None for a link that leads nowhere a browser should go."""
    action: Element = {"title": clean(words(button.text))}
    if button.style in _STYLES:
        action["style"] = _STYLES[button.style]
    if button.url:
        return action | {"type": "Action.OpenUrl", "url": button.url} if urlsplit(button.url).scheme in ("https", "http", "mailto") else None
    data = place.data(a=button.action, v=button.value)
    if place.is_dialog:
        return action | {"type": "Action.Submit", "data": data}
    if may_ask(button.action, button.value) or is_aside(Press(button.action, button.value)):
        return action | {"type": "Action.Submit", "data": data | {"msteams": {"type": "task/fetch"}}}
    return action | {"type": "Action.Execute", "verb": button.action, "data": data, "associatedInputs": "none"}


def buttons_to_elements(buttons: Iterable[Button], words: Words, place: Place) -> list[Element]:
    """A row of buttons, followed by the hidden question of each that is confirmed first."""
    actions: list[Element] = []
    questions: list[Element] = []
    for button in buttons:
        action = button_to_action(button, words, place)
        if action is None:
            continue
        if button.confirm is not None:
            name = f"sure{next(place.ids)}"
            questions.append(_question(name, action, button, words))
            action = {k: action[k] for k in ("title", "style") if k in action} | {"type": "Action.ToggleVisibility", "targetElements": [name]}
        actions.append(action)
    return [{"type": "ActionSet", "actions": actions}, *questions] if actions else []


def _question(name: str, action: Element, button: Button, words: Words) -> Element:
    """Teams has no confirmation of its own: the question and the real button unfold beneath, a second press folds them."""
    assert button.confirm is not None
    never_mind = {"type": "Action.ToggleVisibility", "title": words(say("teams.never_mind")), "targetElements": [name]}
    asked = [*lines(words(button.confirm), weight="Bolder"), {"type": "ActionSet", "actions": [action, never_mind]}]
    return container(asked, id=name, isVisible=False, style="attention" if button.style == "danger" else "emphasis")


def opener(words: Words, title: str, **ours: str) -> Element:
    """The button that opens a dialog, for answers to what was typed: only a button can open one."""
    return {"type": "Action.Submit", "title": clean(title), "style": "positive", "data": {"vinkki": ours, "msteams": {"type": "task/fetch"}}}
