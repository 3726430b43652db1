"""The few Adaptive Card elements we draw with. User text goes into TextRuns, which know no Markdown.

A TextBlock would turn "[x](https://evil)" into a link, and so would a FactSet; escaping differs between Teams' clients.
"""

from __future__ import annotations

import re
from typing import Any

Element = dict[str, Any]

# Controls, and what turns the direction of text around (Trojan Source); a line break and a tab stay.
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_MARKDOWN = re.compile(r"([\\`*_\[\]~])")


def clean(text: str) -> str:
    """Text without control characters; `{{DATE(…)}}` is the one template that clients fill in, so its braces are parted."""
    return _HIDDEN.sub("", text.replace("\r\n", "\n")).replace("{{", "{\u200b{")


def unmarked(text: str) -> str:
    """Text for the few places that have no TextRun (titles of choices): Markdown's characters are escaped."""
    return _MARKDOWN.sub(r"\\\1", clean(text))


def run(text: str, **style: Any) -> Element:
    """A piece of text."""
    return {"type": "TextRun", "text": clean(text), **style}


def lines(text: str, spacing: str = "Default", **style: Any) -> list[Element]:
    """Text as blocks, one per line: clients do not agree on what a line break inside a run is."""
    shown = [line for line in text.split("\n") if line.strip()] or [" "]
    return [rich([run(line, **style)], spacing if i == 0 else "Small") for i, line in enumerate(shown)]


def rich(runs: list[Element], spacing: str = "Default") -> Element:
    """Runs as one block."""
    block: Element = {"type": "RichTextBlock", "inlines": runs}
    return block if spacing == "Default" else block | {"spacing": spacing}


def container(items: list[Element], **settings: Any) -> Element:
    """Elements kept together."""
    return {"type": "Container", "items": items, **settings}


def column(items: list[Element], width: str, **settings: Any) -> Element:
    """One column."""
    return {"type": "Column", "width": width, "items": items, **settings}


def columns(parts: list[Element], **settings: Any) -> Element:
    """Columns side by side."""
    return {"type": "ColumnSet", "columns": parts, **settings}


def table(rows: list[tuple[str, str]]) -> Element:
    """Labels with values, aligned."""

    def cell(text: str, **style: Any) -> Element:
        return {"type": "TableCell", "items": lines(text, "None", **style)}

    drawn = [{"type": "TableRow", "cells": [cell(label, isSubtle=True), cell(value, weight="Bolder")]} for label, value in rows]
    return {"type": "Table", "columns": [{"width": 2}, {"width": 3}], "showGridLines": False, "firstRowAsHeader": False, "rows": drawn}
