"""What a desk answers to whoever pressed. Whatever is owed to anyone else is a row in the outbox."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, TypeAdapter

from bot.messages.card import Card
from bot.messages.form import Form, Option
from bot.messages.text import Text


@dataclass(frozen=True)
class Show:
    """A card for the person alone."""

    card: Card
    kind: Literal["show"] = "show"


@dataclass(frozen=True)
class Replace:
    """A card that takes the place of the one whose button was pressed (elsewhere it is shown)."""

    card: Card
    kind: Literal["replace"] = "replace"


@dataclass(frozen=True)
class Ask:
    """A form to fill in."""

    form: Form
    kind: Literal["ask"] = "ask"


@dataclass(frozen=True)
class Correct:
    """The form stays open: what is wrong, by field name."""

    errors: dict[str, Text]
    kind: Literal["correct"] = "correct"


@dataclass(frozen=True)
class Offer:
    """Options for a lookup field, at most 20."""

    options: tuple[Option, ...]
    kind: Literal["offer"] = "offer"


@dataclass(frozen=True)
class Unknown:
    """Nobody is known by this identity yet: the adapter may verify an e-mail and ask again, or show `card`."""

    card: Card
    kind: Literal["unknown"] = "unknown"


Answer: TypeAlias = Annotated[Show | Replace | Ask | Correct | Offer | Unknown, Field(discriminator="kind")]

answer_json: TypeAdapter[Answer] = TypeAdapter(Answer)


@dataclass(frozen=True)
class Reply:
    """An answer, and how to speak to whoever gets it: their language and time zone."""

    answer: Answer
    locale: str
    time_zone: str
