"""The starter stories are the product's voice: they read like something a careful person wrote, down to the quotation marks."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MARKDOWN = sorted((ROOT / "content" / "stories").glob("*.md"))
TABLE = ROOT / "adapters" / "demo" / "data" / "stories.csv"


def _words(line: str) -> str:
    """A line of a story without the quotes that are YAML's own."""
    text = line.strip().removeprefix("- ")
    return text[1:-1] if text[:1] == text[-1:] == '"' else text


def test_the_stories_are_here() -> None:
    assert len(MARKDOWN) == 15 and TABLE.exists()


@pytest.mark.parametrize("path", MARKDOWN, ids=lambda p: p.stem)
def test_quotes_and_apostrophes_are_those_of_print(path: Path) -> None:
    assert [line for line in path.read_text(encoding="utf-8").splitlines() if set("'\"") & set(_words(line))] == []


def test_the_table_has_them_too() -> None:
    with TABLE.open(encoding="utf-8", newline="") as file:
        assert [cell for cell in itertools.chain.from_iterable(csv.reader(file)) if set("'\"") & set(cell)] == []
