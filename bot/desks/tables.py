"""All desks in one table; two desks may not answer to the same name."""

from __future__ import annotations

import difflib

from bot.desks import front
from bot.desks.turn import Desk

DESKS: tuple[Desk, ...] = (front.DESK,)


def _merge(desks: tuple[Desk, ...]) -> Desk:
    whole = Desk()
    for desk in desks:
        for part in ("commands", "buttons", "forms", "lookups", "sections"):
            mine, new = getattr(whole, part), getattr(desk, part)
            if both := mine.keys() & new.keys():
                raise ValueError(f"two desks answer to {sorted(both)}")
            mine.update(new)
    return whole


TABLE = _merge(DESKS)


def nearest(command: str) -> list[str]:
    """Up to three commands that look like what was typed."""
    return difflib.get_close_matches(command, TABLE.commands, n=3, cutoff=0.5)
