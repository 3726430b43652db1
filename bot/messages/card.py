"""The card: what a platform can show. A closed set of blocks; every platform draws each of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from bot.messages.chart import Chart
from bot.messages.text import Text

Style = Literal["default", "primary", "danger"]


@dataclass(frozen=True)
class Button:
    """Something to press. `action` names a desk's function and `value` is one opaque id, never authority.

    With `url` the button opens that address (https, from our own database) in a browser instead. `action` may be given
    beside it: the platform then also reports the press where it can.
    `confirm` asks once more before a step that cannot be taken back.
    """

    text: Text
    action: str = ""
    value: str = ""
    style: Style = "default"
    url: str = ""
    confirm: Text | None = None


@dataclass(frozen=True)
class Paragraph:
    """Running text."""

    text: Text
    kind: Literal["paragraph"] = "paragraph"


@dataclass(frozen=True)
class Note:
    """Small print beside the matter: when, why, how to stop it."""

    text: Text
    kind: Literal["note"] = "note"


@dataclass(frozen=True)
class Heading:
    """A heading inside a card."""

    text: Text
    kind: Literal["heading"] = "heading"


@dataclass(frozen=True)
class Fact:
    """One label with its value."""

    label: Text
    value: Text


@dataclass(frozen=True)
class Facts:
    """Labels with values, at most ten."""

    rows: tuple[Fact, ...]
    kind: Literal["facts"] = "facts"


@dataclass(frozen=True)
class Picture:
    """An image by https address, with its alternative text. `is_code`: a square that is read by a camera, so nothing of it may be cut off."""

    url: str
    alt: Text
    is_code: bool = False
    kind: Literal["picture"] = "picture"


@dataclass(frozen=True)
class Copyable:
    """Text that is meant to be copied whole, such as a link or a caption."""

    label: Text
    text: str
    kind: Literal["copyable"] = "copyable"


@dataclass(frozen=True)
class Item:
    """One row of a list: a title, a line beneath, and what can be done with it (at most two buttons)."""

    title: Text
    detail: Text | None = None
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True)
class Items:
    """A list of rows, at most ten; a desk pages longer ones with a *more* button."""

    rows: tuple[Item, ...]
    kind: Literal["items"] = "items"


@dataclass(frozen=True)
class Buttons:
    """A row of buttons, at most five."""

    buttons: tuple[Button, ...]
    kind: Literal["buttons"] = "buttons"


@dataclass(frozen=True)
class Divider:
    """A line between matters."""

    kind: Literal["divider"] = "divider"


@dataclass(frozen=True)
class ChartBlock:
    """A chart, drawn by the platform itself."""

    chart: Chart
    kind: Literal["chart"] = "chart"


Block: TypeAlias = Annotated[Paragraph | Note | Heading | Facts | Picture | Copyable | Items | Buttons | Divider | ChartBlock, Field(discriminator="kind")]


@dataclass(frozen=True)
class Card:
    """A message or an answer: a title and blocks, read top to bottom.

    The title also is the notification's text, so it says on its own what happened.
    """

    title: Text
    blocks: tuple[Block, ...] = ()
    tone: Literal["plain", "good", "warning", "refusal"] = field(default="plain")


def buttons_of(block: Block) -> tuple[Button, ...]:
    """Every button of a block, those beside its rows too."""
    match block:
        case Buttons(row):
            return row
        case Items(rows):
            return tuple(button for item in rows for button in item.buttons)
    return ()
