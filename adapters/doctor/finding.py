"""What the doctor says of one thing it looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["good", "missing", "wrong"]


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `missing` is fine as long as it is not wanted, `wrong` must be put right; `how` says how."""

    what: str
    state: State
    found: str
    how: str = ""


def good(what: str, found: str) -> Finding:
    """As it should be."""
    return Finding(what, "good", found)


def missing(what: str, found: str, how: str) -> Finding:
    """Not there (yet)."""
    return Finding(what, "missing", found, how)


def wrong(what: str, found: str, how: str) -> Finding:
    """To be put right."""
    return Finding(what, "wrong", found, how)
