"""Cards and forms as HTML: the portal's side of every widget of bot.messages. Works without JavaScript."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from adapters.portal.env import draw
from bot.desks import views
from bot.messages import Card, Form, LookupField, Option, Text
from content.catalog import Words


def _fresh() -> str:
    return secrets.token_urlsafe(12)


@dataclass
class Frame:
    """What a widget needs beside itself: the reader's words, the session's token against forged posts, the way back.

    `seal` locks text that comes back with a post (a form's own definition, a button's address), so that it can be believed.
    Without it (previews, public pages) nothing can be pressed. `nonce` is drawn anew for every button: it is the event's
    key, so the same page sent twice is heard once. `prefix` keeps element ids apart where two frames share a page.
    """

    words: Words
    csrf: str = ""
    back: str = "/"
    seal: Callable[[str], str] | None = None
    nonce: Callable[[], str] = _fresh
    prefix: str = ""
    _ids: itertools.count[int] = field(default_factory=itertools.count)

    @property
    def is_live(self) -> bool:
        """Buttons can be pressed here."""
        return self.seal is not None

    def locked(self, text: str) -> str:
        """Text sealed for its way through the browser."""
        return self.seal(text) if self.seal else ""

    def id(self, prefix: str) -> str:
        """An element id that is used once on a page."""
        return f"{self.prefix}{prefix}{next(self._ids)}"


@dataclass(frozen=True)
class Filled:
    """A form on its way back: what was given, what is wrong with it, and what a lookup offers."""

    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, Text] = field(default_factory=dict)
    offers: Mapping[str, Sequence[Option]] = field(default_factory=dict)
    queries: Mapping[str, str] = field(default_factory=dict)


def card_html(card: Card, frame: Frame, *, level: int = 2, anchor: str = "", sent: str = "") -> Markup:
    """A card as an article; `level` is the heading level of its title, `sent` says when it came."""
    return draw("card.html", frame.words, card=card, f=frame, level=level, anchor=anchor, sent=sent)


def form_html(form: Form, frame: Frame, sealed: str, filled: Filled | None = None, *, action: str = "/submit") -> Markup:
    """A form; `sealed` is its own definition, locked, with which a submission is read (see asking.py)."""
    filled = filled or Filled()
    values = {f.name: filled.values.get(f.name, initial(f)) for f in form.fields}
    chosen = {f.name: _choices(f, filled) for f in form.fields if isinstance(f, LookupField)}
    return draw("form.html", frame.words, form=form, f=frame, sealed=sealed, values=values, filled=filled, chosen=chosen, action=action,
                is_sighted=form.name in views.SIGHTS)  # fmt: skip


def initial(field: object) -> str:
    """What a field holds before anybody touched it, as it would be submitted."""
    value = getattr(field, "initial", "")
    if isinstance(value, Option):
        return value.value
    if isinstance(value, bool):
        return "yes" if value else ""
    return value or ""


def _choices(field: LookupField, filled: Filled) -> list[Option]:
    """What stands to be chosen below a lookup: what was offered, else what it held."""
    if field.name in filled.offers:
        return list(filled.offers[field.name])
    return [field.initial] if field.initial else []
