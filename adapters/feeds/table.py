"""Stories from a CSV file: `title,link,summary,kind,language,topics,guid,captions_en,captions_fi,captions_sv`, captions one per line in their cell."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from adapters.feeds.found import Broken, Found
from bot.desks.hr.stories import CaptionDraft, Draft
from bot.errors import VinkkiError
from bot.messages import say

NEEDED = {"title", "link"}
LOCALES = ("en", "fi", "sv")
FIELD_MAX = 64 * 1024


def read(path: Path) -> Iterator[Found | Broken]:
    """Every line as a draft; comma or semicolon, whichever the first line has more of. The `guid` (or the link) makes it the same story again."""
    csv.field_size_limit(FIELD_MAX)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline(FIELD_MAX)
            file.seek(0)
            yield from _lines(csv.DictReader(file, delimiter=";" if first.count(";") > first.count(",") else ","))
    except UnicodeDecodeError:
        raise VinkkiError(f"{path.name} is not in UTF-8: save it as “CSV UTF-8”") from None


def _lines(lines: csv.DictReader[str]) -> Iterator[Found | Broken]:
    names = {(name or "").strip().lower() for name in lines.fieldnames or ()}
    if missing := NEEDED - names:
        raise VinkkiError(f"the first line has to name the columns; missing: {', '.join(sorted(missing))}")
    while True:
        try:
            line = next(lines)
        except StopIteration:
            return
        except csv.Error:
            yield Broken(f"line {lines.line_num}", say("feeds.table.line"))
            continue
        where = f"line {lines.line_num}"
        if None in line:  # more cells than columns
            yield Broken(where, say("feeds.table.cells"))
            continue
        yield Found(where, _draft({(k or "").strip().lower(): (v or "").strip() for k, v in line.items()}))


def _draft(cell: dict[str, str]) -> Draft:
    captions = tuple(CaptionDraft(text, locale) for locale in LOCALES for text in cell.get(f"captions_{locale}", "").splitlines() if text.strip())
    return Draft(
        title=cell["title"], link=cell["link"], summary=cell.get("summary", ""), kind=cell.get("kind") or "give", language=cell.get("language") or "en",
        topics=tuple(cell.get("topics", "").split(",")), image_url=cell.get("image", ""), image_alt=cell.get("image_alt", ""), captions=captions,
        source="csv", source_guid=cell.get("guid") or cell["link"],
    )  # fmt: skip
