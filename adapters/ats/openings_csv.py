"""Openings from a CSV file: read line by line, put in place in pages; refused lines are named with their reason."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from typing import TypeAlias

from sqlmodel import Session

from bot.db import Database
from bot.desks import Deployment
from bot.desks.hr.openings import COLUMNS, RefusedLine, TakenIn, take_in
from bot.errors import Refusal
from bot.messages import say

PAGE = 500
MAX_CELL = 5000
Row = tuple[int, Mapping[str, str]]
Take: TypeAlias = Callable[[Session, Deployment, datetime, int | None, Sequence[Row]], TakenIn]


@dataclass(frozen=True)
class OpeningsReport:
    """What an import did; `refused` holds every line that was not taken, with its number (the header is 1)."""

    lines: int
    created: int
    changed: int
    unchanged: int
    refused: tuple[RefusedLine, ...]


def import_openings(
    db: Database,
    deployment: Deployment,
    now: datetime,
    actor_id: int | None,
    lines: Iterable[str | bytes],
    progress: Callable[[int], None] | None = None,
    take: Take = take_in,
) -> OpeningsReport:
    """Read an openings file: commas or semicolons, UTF-8, a header with `requisition_id` and `title`, in any order of columns.

    Runs in the calling thread. `progress` is told how many lines were read; `take` puts a page of them in place, in one
    transaction. Raises Refusal when the header cannot be read.
    """
    refused: list[RefusedLine] = []
    rows = _rows(lines, refused)
    done = {"created": 0, "changed": 0, "unchanged": 0}
    count = 0
    while page := list(islice(rows, PAGE)):
        result = db.write_now(take, deployment, now, actor_id, page)
        done = {name: number + getattr(result, name) for name, number in done.items()}
        refused += result.refused
        count += len(page)
        if progress:
            progress(count)
    refused.sort(key=lambda r: r.line)
    return OpeningsReport(sum(done.values()) + len(refused), **done, refused=tuple(refused))


def _rows(lines: Iterable[str | bytes], refused: list[RefusedLine]) -> Iterator[Row]:
    texts = (line.decode("utf-8", "replace") if isinstance(line, bytes) else line for line in lines)
    first = next(texts, "").removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
    reader = csv.reader(chain([first], texts), delimiter=";" if first.count(";") > first.count(",") else ",")
    columns = _header(next(_records(reader, refused), (1, []))[1])
    place, seen = columns.index("requisition_id"), dict[str, int]()
    for line, cells in _records(reader, refused):
        if len(cells) != len(columns):
            refused.append(RefusedLine(line, say("openings.import.cells", expected=len(columns), count=len(cells))))
        elif bad := next((c for c, cell in zip(columns, cells, strict=True) if _is_unreadable(cell)), None):
            refused.append(RefusedLine(line, say("openings.import.unreadable", column=bad)))
        elif earlier := seen.get(cells[place].strip()):
            refused.append(RefusedLine(line, say("openings.import.twice", earlier=earlier)))
        else:
            if cells[place].strip():
                seen[cells[place].strip()] = line
            yield line, dict(zip(columns, cells, strict=True))


def _records(reader: Iterator[list[str]], refused: list[RefusedLine]) -> Iterator[tuple[int, list[str]]]:
    while True:
        line = reader.line_num + 1  # type: ignore[attr-defined]
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            refused.append(RefusedLine(line, say("openings.import.not_csv")))
            continue
        if any(cells):
            yield line, cells


def _header(cells: list[str]) -> list[str]:
    names = [cell.strip().lower() for cell in cells]
    if missing := [c for c in ("requisition_id", "title") if c not in names]:
        raise Refusal("openings.import.no_header", missing=", ".join(missing), columns=",".join(COLUMNS))
    if unknown := [n for n in names if n not in COLUMNS]:
        raise Refusal("openings.import.unknown_column", column=unknown[0][:40] or "–", columns=",".join(COLUMNS))
    if len(set(names)) != len(names):
        raise Refusal("openings.import.column_twice")
    return names


def _is_unreadable(cell: str) -> bool:
    """Broken bytes, or control characters other than a line's end."""
    return len(cell) > MAX_CELL or any(c == "\N{REPLACEMENT CHARACTER}" or (ord(c) < 32 and c not in "\n\r\t") for c in cell)
