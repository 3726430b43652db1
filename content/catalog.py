"""Words in a person's language: keys from the TOML files beside this one, with numbers, days and money as that language writes them."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal

from bot.messages import Day, Moment, Param, Plain, Say, Text
from bot.money import Money

LOCALES = ("en", "fi", "sv")
_REGIONS = {"en": "en_GB", "fi": "fi_FI", "sv": "sv_FI"}  # day before month, a week that begins on Monday
_MOMENT = {"en": "d MMMM y HH:mm", "fi": "d. MMMM y 'klo' HH.mm", "sv": "d MMMM y 'kl.' HH.mm"}
_PLURALS = {"one", "other"}  # all that English, Finnish and Swedish have for whole numbers
_HERE = Path(__file__).parent


@cache
def entries(locale: str) -> dict[str, str | dict[str, str]]:
    """Every entry of a locale by its dotted key: a text, or plural forms (`one`, `other`).

    Raises ValueError when two files of the locale define the same key.
    """
    found: dict[str, str | dict[str, str]] = {}
    for path in sorted((_HERE / locale).glob("*.toml")):
        for key, value in _flatten(tomllib.loads(path.read_text(encoding="utf-8"))):
            if key in found:
                raise ValueError(f"{key} is defined twice for {locale}")
            found[sys.intern(key)] = value  # the same keys in three languages
    return found


def _flatten(table: Mapping[str, object], prefix: str = "") -> list[tuple[str, str | dict[str, str]]]:
    out: list[tuple[str, str | dict[str, str]]] = []
    for name, value in table.items():
        key = f"{prefix}{name}"
        if isinstance(value, str) or _is_plural(value):
            out.append((key, value))  # type: ignore[arg-type]
        elif isinstance(value, dict):
            out += _flatten(value, f"{key}.")
        else:
            raise ValueError(f"{key} is neither text nor a table")
    return out


def _is_plural(value: object) -> bool:
    return isinstance(value, dict) and "other" in value and value.keys() <= _PLURALS and all(isinstance(v, str) for v in value.values())


@dataclass(frozen=True)
class Words:
    """How to speak to one reader: their language and their time zone."""

    locale: str = "en"
    time_zone: str = "UTC"

    def __call__(self, text: Text) -> str:
        """The words of a Text. Somebody's own text comes back as it is: escaping is the renderer's work.

        Raises KeyError for a key without words or a placeholder without a param: a test holds every locale complete.
        """
        if isinstance(text, Plain):
            return text.plain
        entry = entries(self.locale if self.locale in LOCALES else "en")[text.key]
        if isinstance(entry, dict):
            entry = entry.get(self._plural(text), entry["other"])
        return entry.format_map({name: self.value(param) for name, param in text.params.items()}) if "{" in entry else entry

    def _plural(self, text: Say) -> str:
        count = text.params.get("count", 0)
        return str(self.babel.plural_form(count)) if isinstance(count, int) else "other"

    @property
    def babel(self) -> Locale:
        """The Babel locale that writes numbers and days."""
        return Locale.parse(_REGIONS.get(self.locale, "en_GB"))

    def value(self, param: Param) -> str:
        """One param, written as the reader's language writes it."""
        match param:
            case str():
                return param
            case int():
                return str(format_decimal(param, locale=self.babel))
            case Money():
                return str(format_currency(param.decimal, param.currency, locale=self.babel))
            case Day(day):
                return self.day(day)
            case Moment(moment):
                return self.moment(moment)
            case Say():
                return self(param)

    def day(self, day: date) -> str:
        """A calendar day."""
        return str(format_date(day, format="long", locale=self.babel))

    def moment(self, moment: datetime) -> str:
        """A moment, in the reader's time zone."""
        return str(format_datetime(moment, format=_MOMENT.get(self.locale, _MOMENT["en"]), tzinfo=ZoneInfo(self.time_zone), locale=self.babel))
