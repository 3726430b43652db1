"""What an importer finds: a draft, or something broken, each with where it was."""

from __future__ import annotations

from dataclasses import dataclass

from bot.desks.hr.stories import Draft
from bot.messages import Text


@dataclass(frozen=True)
class Found:
    """A draft; nothing in it is checked yet."""

    where: str
    draft: Draft


@dataclass(frozen=True)
class Broken:
    """Something that is no story, and why."""

    where: str
    reason: Text
