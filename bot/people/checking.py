"""One line of the people file: what each column takes, and the named reason why a line is refused."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from itertools import chain
from typing import Any
from zoneinfo import available_timezones

from bot.errors import Refusal
from bot.messages import Say, say
from bot.people.records import KINDS, ROLES

COLUMNS = (
    "email",
    "name",
    "locale",
    "time_zone",
    "department",
    "location",
    "country",
    "subdivision",
    "manager_email",
    "roles",
    "kind",
    "start_on",
    "notice_on",
    "end_on",
)
LOCALES = ("en", "fi", "sv")
NO_ROLES = "none"  # in the column `roles`: takes every role away; an empty cell leaves them as they are

_LENGTHS = {"email": 254, "name": 200, "department": 100, "location": 100, "country": 60, "subdivision": 12, "manager_email": 254}
_EMAIL = re.compile(r"[^@\s,;:<>()\"\\]+@[^@\s,;:<>()\"\\]+\.[^@\s.,;:<>()\"\\]+\Z")
_UNREADABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffd]")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")


@dataclass(frozen=True)
class Refused:
    """A line that was not taken: its number in the file (the header is 1) and the reason as words."""

    line: int
    key: str
    params: dict[str, Any] = field(default_factory=dict)

    @property
    def reason(self) -> Say:
        """Why, and what to do, in words."""
        return say(self.key, **self.params)


def is_email(text: str) -> bool:
    """Looks like an e-mail address."""
    return len(text) <= _LENGTHS["email"] and _EMAIL.match(text) is not None


def records(lines: Iterable[str | bytes]) -> Iterator[tuple[int, list[str] | None]]:
    """The file's records with the number of the line each begins on; None for one that is no CSV. Blank lines are left out.

    Takes commas, or semicolons as Finnish and Swedish spreadsheets write them; bytes are read as UTF-8.
    """
    texts = (line.decode("utf-8", "replace") if isinstance(line, bytes) else line for line in lines)
    first = next(texts, "").removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
    reader = csv.reader(chain([first], texts), delimiter=";" if first.count(";") > first.count(",") else ",")
    while True:
        begins = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield begins, None
            continue
        if any(row):
            yield begins, row


def header(row: Sequence[str] | None) -> tuple[str, ...]:
    """The file's columns, in its order. Raises Refusal when the first line cannot be the header of a people file."""
    names = tuple(cell.strip().lower() for cell in row or ())
    if missing := [c for c in ("email", "name") if c not in names]:
        raise Refusal("people.import.no_header", columns=",".join(COLUMNS), missing=", ".join(missing))
    if unknown := [n for n in names if n not in COLUMNS]:
        raise Refusal("people.import.unknown_column", column=unknown[0][:40] or "–", columns=",".join(COLUMNS))
    if twice := [n for n in names if names.count(n) > 1]:
        raise Refusal("people.import.column_twice", column=twice[0])
    return names


def read_line(columns: Sequence[str], row: Sequence[str] | None) -> dict[str, Any]:
    """The checked values of one record, for an ImportLine. Raises Refusal with the reason of the first fault."""
    if row is None:
        raise Refusal("people.import.not_csv")
    if len(row) != len(columns):
        raise Refusal("people.import.cells", expected=len(columns), count=len(row))
    cells = {name: cell.strip() for name, cell in zip(columns, row, strict=True)}
    for name, cell in cells.items():
        if _UNREADABLE.search(cell):
            raise Refusal("people.import.unreadable", column=name)
        if len(cell) > _LENGTHS.get(name, 200):
            raise Refusal("people.import.too_long", column=name, count=_LENGTHS.get(name, 200))
    found: dict[str, Any] = dict(cells)
    found["email"], found["manager_email"] = _email(cells["email"]), _manager(cells.get("manager_email", ""), cells["email"])
    if not cells["name"]:
        raise Refusal("people.import.no_name")
    found["locale"], found["time_zone"] = _locale(cells.get("locale", "")), _zone(cells.get("time_zone", ""))
    found["kind"], found["roles"] = _kind(cells.get("kind", "")), _roles(cells.get("roles", ""))
    for name in ("start_on", "notice_on", "end_on"):
        found[name] = _day(name, cells.get(name, ""))
    if found["start_on"] and found["end_on"] and found["end_on"] < found["start_on"]:
        raise Refusal("people.import.ends_before_start")
    return found


def _email(text: str) -> str:
    if not text:
        raise Refusal("people.import.no_email")
    if not _EMAIL.match(text):
        raise Refusal("people.import.bad_email", text=text[:80])
    return text.lower()


def _manager(text: str, email: str) -> str:
    if text and not _EMAIL.match(text):
        raise Refusal("people.import.bad_manager", text=text[:80])
    if text and text.lower() == email.lower():
        raise Refusal("people.import.own_manager")
    return text.lower()


@lru_cache(256)
def _locale(text: str) -> str:
    language = re.split(r"[-_]", text.lower())[0]
    if text and language not in LOCALES:
        raise Refusal("people.import.bad_locale", text=text[:40], locales=", ".join(LOCALES))
    return language


@lru_cache(1024)
def _zone(text: str) -> str:
    if text and text not in zones():
        raise Refusal("people.import.bad_zone", text=text[:60])
    return text


@lru_cache(1)
def zones() -> frozenset[str]:
    """Every time zone name of the IANA database."""
    return frozenset(available_timezones())


@lru_cache(64)
def _kind(text: str) -> str:
    if text and text.lower() not in KINDS:
        raise Refusal("people.import.bad_kind", text=text[:40], kinds=", ".join(KINDS))
    return text.lower() or "employee"


@lru_cache(1024)
def _roles(text: str) -> str:
    names = sorted({n for n in re.split(r"[\s,;|]+", text.lower()) if n})
    if names == [NO_ROLES]:
        return NO_ROLES
    if unknown := [n for n in names if n not in ROLES]:
        raise Refusal("people.import.bad_role", text=unknown[0][:40], roles=", ".join(ROLES))
    return ",".join(names)


@lru_cache(4096)
def _day(column: str, text: str) -> date | None:
    if not text:
        return None
    try:
        if _DAY.match(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise Refusal("people.import.bad_day", column=column, text=text[:40])
