"""What an importer finds: a draft, or something broken, each with where it was: the number of a line, or a name."""

from __future__ import annotations

from dataclasses import dataclass

from bot.desks.hr.stories import Draft
from bot.messages import Text


@dataclass(frozen=True)
class Found:
    """A draft; nothing in it is checked yet."""

    where: int | str
    draft: Draft


@dataclass(frozen=True)
class Broken:
    """Something that is no story, and why."""

    where: int | str
    reason: Text
