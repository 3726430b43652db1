"""One way in for stories, whatever they are written in. What is broken is named; the rest goes in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeAlias

from sqlmodel import Session

from adapters.feeds import feed, fetching, table
from adapters.feeds.found import Broken, Found
from bot.db import Database
from bot.desks import Deployment
from bot.desks.hr.stories import Draft, Taken, take_in
from bot.errors import VinkkiError
from bot.messages import Text, say

PAGE = 100
MOST_FEED_BYTES = 1024 * 1024


@dataclass
class ImportReport:
    """What an import did. `refused` names each thing that did not go in (a line's number, a file, a title) with the reason
    in words."""

    new: int = 0
    known: int = 0
    refused: list[tuple[int | str, Text]] = field(default_factory=list)
    looked_at: int = 0


Take: TypeAlias = Callable[[Session, Deployment, datetime, int | None, Sequence[Draft]], list[Taken]]


def import_stories(
    db: Database, deployment: Deployment, now: datetime, actor_id: int | None, path_or_url: str, progress: Callable[[int], None] = lambda done: None,
    *, cage: fetching.Cage = fetching.OPEN_WEB, is_checked: bool = False,
) -> ImportReport:  # fmt: skip
    """Take in every story of a Markdown folder (or file), a CSV file, a feed file or a feed's address. Importing twice changes nothing.

    `progress(done)` is told how many were looked at. `cage` is what fetching may reach (tests hand in their own); `is_checked` as in
    the desk's `take_in`. Raises VinkkiError with a sentence, or Refusal, when the whole cannot be read.
    """
    return import_found(db, deployment, now, actor_id, found(path_or_url, cage), progress, partial(take_in, is_checked=is_checked))


def import_found(
    db: Database, deployment: Deployment, now: datetime, actor_id: int | None, stream: Iterator[Found | Broken], progress: Callable[[int], None], take: Take
) -> ImportReport:
    """Hand in what an importer finds, a page at a time, each page in a transaction of its own by `take`."""
    report = ImportReport()
    while page := list(islice(stream, PAGE)):
        report.refused += [(item.where, item.reason) for item in page if isinstance(item, Broken)]
        whole = [item for item in page if isinstance(item, Found)]
        for item, taken in zip(whole, db.write_now(take, deployment, now, actor_id, [w.draft for w in whole]), strict=True):
            report.new += taken.outcome == "new"
            report.known += taken.outcome == "known"
            if taken.outcome == "refused":
                report.refused.append((item.where, taken.reason or say("feeds.broken")))
        report.looked_at += len(page)
        progress(report.looked_at)
    return report


def found(path_or_url: str, cage: fetching.Cage) -> Iterator[Found | Broken]:
    """Every story that is there, or what is wrong with it, in order."""
    if path_or_url.lower().startswith(("http://", "https://")):
        return feed.read(fetching.fetch(path_or_url, most=MOST_FEED_BYTES, cage=cage).body)
    path = Path(path_or_url)
    if path.is_dir() or path.suffix.lower() in (".md", ".markdown"):
        from adapters.feeds import markdown  # with a YAML reader that a server never needs

        return markdown.read(path)
    if not path.is_file():
        raise VinkkiError(f"{path_or_url} is neither a folder, a file nor an http address")
    if path.suffix.lower() == ".csv":
        return table.read(_lines(path))
    if path.suffix.lower() in (".xml", ".rss", ".atom"):
        if path.stat().st_size > MOST_FEED_BYTES:
            raise VinkkiError(f"{path_or_url} is larger than a feed may be (1 MiB)")
        return feed.read(path.read_bytes())
    raise VinkkiError(f"{path_or_url}: stories come as a folder of Markdown files, .csv, .xml, .rss, .atom or an http address")


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from file
