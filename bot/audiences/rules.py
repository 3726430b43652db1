"""The rule of an audience, as it is stored."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any

from bot.errors import Refusal

NAMED_MAX = 1000  # people by name in one rule


@dataclass(frozen=True)
class Rule:
    """Who is meant. Every part that is given narrows the selection; an empty rule means everybody.

    topics: chose at least one of them. under_ids: everybody below one of these managers, at any depth (not the manager).
    joined_before: first day at the company is earlier than this day; joined_after: on this day or later.
    person_ids: these too, whatever the other parts say (alone: these only). without_ids: never these.
    """

    kinds: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    under_ids: tuple[int, ...] = ()
    joined_before: date | None = None
    joined_after: date | None = None
    person_ids: tuple[int, ...] = ()
    without_ids: tuple[int, ...] = ()

    @property
    def is_everybody(self) -> bool:
        """Nothing narrows it."""
        return self == Rule()

    @property
    def has_conditions(self) -> bool:
        """Something is said about people, beside naming them."""
        return any(getattr(self, f.name) for f in fields(self) if f.name not in ("person_ids", "without_ids"))

    def to_json(self) -> str:
        """The rule as stored: only the parts that were given."""
        given = {k: v.isoformat() if isinstance(v, date) else v for k, v in asdict(self).items() if v}
        return json.dumps(given, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Rule:
        """Read a stored rule. Raises Refusal `audiences.unreadable` for anything else."""
        try:
            raw = json.loads(text)
            unknown = raw.keys() - {f.name for f in fields(cls)}
            if unknown:
                raise ValueError(f"unknown parts {sorted(unknown)}")
            parts: dict[str, Any] = {k: date.fromisoformat(v) if k.startswith("joined_") else tuple(v) for k, v in raw.items()}
            return cls(**parts)
        except (ValueError, TypeError, AttributeError):
            raise Refusal("audiences.unreadable") from None
