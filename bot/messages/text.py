"""Words to come: a key with what fills it, or somebody's own text. content/ turns them into a language."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeAlias

from bot.money import Money


@dataclass(frozen=True)
class Plain:
    """Text that a person or a feed wrote. Hostile wherever it is shown: every renderer escapes it."""

    plain: str


@dataclass(frozen=True)
class Day:
    """A calendar day, written out in the reader's language."""

    day: date


@dataclass(frozen=True)
class Moment:
    """A point in time (UTC), written out in the reader's language and time zone."""

    moment: datetime


@dataclass(frozen=True)
class Say:
    """Words by key (content/<locale>/*.toml). A param named `count` chooses the plural form."""

    key: str
    params: dict[str, Param] = field(default_factory=dict)


Param: TypeAlias = "int | str | Money | Day | Moment | Say"
Text: TypeAlias = Say | Plain


def say(key: str, **params: object) -> Say:
    """Words by key; dates, times, money, numbers, text and other words may fill them.

    A string param is treated as somebody's own text. Raises TypeError for anything else (floats too: say what they mean).
    """
    return Say(key, {name: _param(value) for name, value in params.items()})


def _param(value: object) -> Param:
    if isinstance(value, datetime):
        return Moment(value)
    if isinstance(value, date):
        return Day(value)
    if isinstance(value, Plain):
        return value.plain
    if isinstance(value, (int, str, Money, Day, Moment, Say)):
        return value
    raise TypeError(f"cannot put a {type(value).__name__} into words")
