"""The form: what a platform can ask. A closed set of fields; answers come back as text by field name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from bot.messages.card import Note, Paragraph
from bot.messages.text import Text


@dataclass(frozen=True)
class TextField:
    """Typed text; `rows` > 1 gives a larger box. Lengths in characters."""

    name: str
    label: Text
    initial: str = ""
    optional: bool = False
    max_length: int = 300
    rows: int = 1
    hint: Text | None = None
    shape: Literal["text", "email", "url", "number"] = "text"
    kind: Literal["text"] = "text"


@dataclass(frozen=True)
class Option:
    """One answer of a choice: an opaque value (≤ 150 characters) and its words."""

    value: str
    text: Text


@dataclass(frozen=True)
class ChoiceField:
    """One of at most 100 options; `multiple` lets several be taken (answers joined with commas)."""

    name: str
    label: Text
    options: tuple[Option, ...]
    initial: str = ""
    optional: bool = False
    multiple: bool = False
    hint: Text | None = None
    kind: Literal["choice"] = "choice"


@dataclass(frozen=True)
class LookupField:
    """One of very many, found by typing: the platform sends a Lookup for `source` and offers what comes back."""

    name: str
    label: Text
    source: str
    initial: Option | None = None
    optional: bool = False
    hint: Text | None = None
    kind: Literal["lookup"] = "lookup"


@dataclass(frozen=True)
class DayField:
    """A calendar day, answered as YYYY-MM-DD."""

    name: str
    label: Text
    initial: str = ""
    optional: bool = False
    hint: Text | None = None
    kind: Literal["day"] = "day"


@dataclass(frozen=True)
class TickField:
    """A box to tick, answered as `yes` or the empty text."""

    name: str
    label: Text
    initial: bool = False
    hint: Text | None = None
    kind: Literal["tick"] = "tick"


FormField: TypeAlias = Annotated[TextField | ChoiceField | LookupField | DayField | TickField, Field(discriminator="kind")]
Intro: TypeAlias = Annotated[Paragraph | Note, Field(discriminator="kind")]


@dataclass(frozen=True)
class Form:
    """Questions for one person. `name` names the desk's function that takes the answers; `subject` is one opaque id.

    Titles and submit words stay within 24 characters in every language (Slack's limit).
    """

    name: str
    title: Text
    submit: Text
    fields: tuple[FormField, ...]
    subject: str = ""
    intro: tuple[Intro, ...] = ()
