"""The portal has words for everything its pages say, and says everything it has words for."""

from __future__ import annotations

import re
from pathlib import Path

from content.catalog import entries

HERE = Path(__file__).parents[3] / "adapters" / "portal"
SOURCES = "\n".join(p.read_text(encoding="utf-8") for p in HERE.rglob("*") if p.suffix in (".py", ".html"))
SAID = set(re.findall(r'\bt\("([a-z_.0-9]+)"[,)]', SOURCES)) | set(re.findall(r'"portal\.([a-z_.0-9]+)"', SOURCES)) - {"css", "js"}
STEMS = set(re.findall(r'\bt\("([a-z_.]+)" ~', SOURCES)) | set(re.findall(r'f"portal\.([a-z_.]+)\{', SOURCES))


def test_every_key_has_words() -> None:
    assert len(SAID) > 60
    assert {k for k in SAID if f"portal.{k}" not in entries("en")} == set()


def test_no_words_are_left_over() -> None:
    keys = {k.removeprefix("portal.") for k in entries("en") if k.startswith("portal.")}
    assert {k for k in keys if k not in SAID and not any(k.startswith(stem) for stem in STEMS)} == set()
