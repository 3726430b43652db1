"""Stories from a CSV file (bot.desks.hr.files.COLUMNS): captions of a language one per line in their cell."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from itertools import chain

from adapters.feeds.found import Broken, Found
from bot.desks.hr.stories import CaptionDraft, Draft
from bot.errors import Refusal
from bot.messages import say
from content.catalog import LOCALES

NEEDED = {"title", "link"}
FIELD_MAX = 64 * 1024


def read(lines: Iterable[bytes]) -> Iterator[Found | Broken]:
    """Every line as a draft; comma or semicolon, whichever the first line has more of. The `guid` (or the link) makes it the same story again.

    Raises Refusal for a file that is not in UTF-8, or whose first line does not name the columns.
    """
    csv.field_size_limit(FIELD_MAX)
    texts = _texts(lines)
    first = next(texts, "").removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
    return _lines(csv.DictReader(chain([first], texts), delimiter=";" if first.count(";") > first.count(",") else ","))


def _texts(lines: Iterable[bytes]) -> Iterator[str]:
    try:
        for line in lines:
            yield line.decode()
    except UnicodeDecodeError:
        raise Refusal("feeds.table.encoding") from None


def _lines(lines: csv.DictReader[str]) -> Iterator[Found | Broken]:
    names = _names(lines)
    if missing := NEEDED - names:
        raise Refusal("feeds.table.columns", columns=", ".join(sorted(missing)))
    while True:
        try:
            line = next(lines)
        except StopIteration:
            return
        except csv.Error:
            yield Broken(lines.line_num, say("feeds.table.line"))
            continue
        where = lines.line_num
        if None in line:  # more cells than columns
            yield Broken(where, say("feeds.table.cells"))
            continue
        yield Found(where, _draft({(k or "").strip().lower(): (v or "").strip() for k, v in line.items()}))


def _names(lines: csv.DictReader[str]) -> set[str]:
    try:
        return {(name or "").strip().lower() for name in lines.fieldnames or ()}
    except csv.Error:  # a name longer than any column's
        return set()


def _draft(cell: dict[str, str]) -> Draft:
    captions = tuple(CaptionDraft(text, locale) for locale in LOCALES for text in cell.get(f"captions_{locale}", "").splitlines() if text.strip())
    return Draft(
        title=cell["title"], link=cell["link"], summary=cell.get("summary", ""), kind=cell.get("kind") or "give", language=cell.get("language") or "en",
        topics=tuple(cell.get("topics", "").split(",")), image_url=cell.get("image", ""), image_alt=cell.get("image_alt", ""), captions=captions,
        source="csv", source_guid=cell.get("guid") or cell["link"],
    )  # fmt: skip
