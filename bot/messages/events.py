"""What a platform can hear."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TypeAlias

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True)
class Caller:
    """Who speaks, as the platform authenticated them. `address` is opaque text by which only that platform can reach them.

    platform: "slack", "teams", "portal" or "memory". workspace: team or tenant id ("" on the portal).
    user: the platform's own id of the person (the portal's is our person id as text). room: the opaque address of the
    channel it was said in, "" in private.
    """

    platform: str
    workspace: str
    user: str
    address: str = ""
    room: str = ""


@dataclass(frozen=True)
class Command:
    """A typed command. `name` is one of stories, refer, referrals, vinkki, admin; `text` is what follows it."""

    name: str
    text: str = ""


@dataclass(frozen=True)
class Press:
    """A button was pressed."""

    action: str
    value: str = ""


@dataclass(frozen=True)
class Submission:
    """A form came back. `values` holds the text of every field by name, the empty text where nothing was given."""

    form: str
    subject: str = ""
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Lookup:
    """Somebody types into a lookup field."""

    source: str
    query: str = ""


@dataclass(frozen=True)
class HomeOpened:
    """A person opened their home (Slack's App Home, Teams' personal tab or install, the portal's first page)."""


Heard: TypeAlias = Command | Press | Submission | Lookup | HomeOpened


@dataclass(frozen=True)
class Event:
    """One thing heard. `key` is unique per platform delivery: hearing it again has no second effect.

    An empty key means that the platform gives none and nothing is lost by hearing it twice (lookups, homes).
    """

    key: str
    caller: Caller
    heard: Heard


def tidy(event: Event) -> Event:
    """The event with U+FFFD for NUL and for half surrogate pairs: PostgreSQL keeps no NUL, UTF-8 no halves, and JSON can bring both."""
    return Event(storable(event.key), event.caller, _tidy(event.heard))


def _tidy(heard: Heard) -> Heard:
    match heard:
        case Command(name, text):
            return Command(storable(name), storable(text))
        case Press(action, value):
            return Press(storable(action), storable(value))
        case Lookup(source, query):
            return Lookup(storable(source), storable(query))
        case Submission(form, subject, values):
            return Submission(storable(form), storable(subject), {storable(k): storable(v) for k, v in values.items()})
    return heard


def storable(text: str) -> str:
    """The text with U+FFFD for NUL and for half surrogate pairs."""
    return text if text.isascii() and "\0" not in text else _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)
