"""Every table, imported so that Alembic sees it."""

from __future__ import annotations

import importlib
import pkgutil

from sqlmodel import SQLModel

import bot

for _found in pkgutil.walk_packages(bot.__path__, "bot."):
    if not _found.name.startswith(("bot.migrations", "bot.desks", "bot.messages")):
        importlib.import_module(_found.name)

metadata = SQLModel.metadata
