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


@dataclass(frozen=True)
class ReadPage:
    """A page of the open web has to be read before this can be answered, and nobody in here reaches the network: the hub reads
    `url`, hands in what it found as a Submission of `form` about `subject`, and it is the answer to that which is shown.

    The values handed in: title, summary, image_url, image_alt, language, site (texts that may be empty), and `unread`, which
    names why the page could not be read (words `intake.unread.<unread>`, filled by `status`), empty where it could.
    """

    url: str
    form: str
    subject: str = ""
    kind: Literal["read_page"] = "read_page"


Answer: TypeAlias = Annotated[Show | Replace | Ask | Correct | Offer | Unknown | ReadPage, Field(discriminator="kind")]

answer_json: TypeAdapter[Answer] = TypeAdapter(Answer)


@dataclass(frozen=True)
class Reply:
    """An answer, and how to speak to whoever gets it: their language and time zone."""

    answer: Answer
    locale: str
    time_zone: str
