"""Every notice by name."""

from __future__ import annotations

from bot.desks.notices import Builder

BUILDERS: dict[str, Builder] = {}
