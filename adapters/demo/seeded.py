"""The note beside the database that says: the company is complete, since when, and under which address it was last served."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True)
class Seeded:
    """`at`: the programme's moment at which the visitor's own doing begins. `base_url`: where the company lives."""

    at: datetime
    base_url: str


def is_there(folder: Path) -> bool:
    """The company was completed; a demo that was stopped before is made anew."""
    return (folder / "seeded.json").exists()


def read(folder: Path) -> Seeded:
    """The note of a company that is there."""
    row = json.loads((folder / "seeded.json").read_text(encoding="utf-8"))
    return Seeded(datetime.fromisoformat(row["seeded_at"]), row["base_url"])


def write(folder: Path, note: Seeded) -> None:
    """Leave the note, whole or not at all."""
    half = folder / "seeded.part"
    half.write_text(json.dumps({"seeded_at": note.at.isoformat(), "base_url": note.base_url}), encoding="utf-8")
    half.replace(folder / "seeded.json")


def running_at(folder: Path) -> str:
    """` at http://…`, where the note says it, or the empty text."""
    return f" at {read(folder).base_url}/demo/tour" if is_there(folder) else ""
