"""The demo's mail server: letters end up in a file beside the database and are read on a page."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict
from pathlib import Path

from bot.ports import Letter


class Mailbox:
    """A Mailer that keeps letters, one JSON line each, newest last. A letter with a known key is kept once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._letters: dict[str, Letter] = {}
        for line in path.read_text(encoding="utf-8").split("\n") if path.exists() else ():
            with contextlib.suppress(ValueError, TypeError):  # a line that was cut off when the machine went down
                row = json.loads(line)
                key = row.pop("key")
                self._letters[key] = Letter(**row)

    async def post(self, letter: Letter, key: str) -> None:
        """Keep a letter."""
        if key in self._letters:
            return
        self._letters[key] = letter
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"key": key, **asdict(letter)}, ensure_ascii=False) + "\n")

    @property
    def count(self) -> int:
        """How many letters there are."""
        return len(self._letters)

    def newest(self, limit: int = 100) -> list[tuple[int, Letter]]:
        """The latest letters with their numbers, newest first."""
        return list(enumerate(self._letters.values()))[::-1][:limit]

    def letter(self, number: int) -> Letter | None:
        """One letter by its number."""
        letters = list(self._letters.values())
        return letters[number] if 0 <= number < len(letters) else None
