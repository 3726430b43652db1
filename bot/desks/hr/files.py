"""Files that are brought to the admin desk: who may bring which, what a file would do, and doing it in that person's name.

The role is read again in every transaction. A run takes seconds and many transactions: call it in a thread of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from sqlmodel import Session

from bot.db import Database
from bot.desks.hr import openings
from bot.desks.hr.openings import RefusedLine, TakenIn
from bot.desks.hr.stories import Draft, Taken, take_in
from bot.desks.turn import Deployment, Turn
from bot.messages import Fact, Say, Text, say
from bot.people import checking, importing
from bot.people.importing import Report

STORY_COLUMNS = ("title", "link", "summary", "kind", "language", "topics", "image", "image_alt", "guid", "captions_en", "captions_fi", "captions_sv")
T = TypeVar("T")
MAY_BRING = {"people": ("hr",), "openings": ("hr", "recruiter"), "stories": ("hr", "curator")}
COLUMNS = {"people": checking.COLUMNS, "openings": openings.COLUMNS, "stories": STORY_COLUMNS}


class Line(Protocol):
    """A refused line: its number in the file (the header is 1) and why, in words."""

    @property
    def line(self) -> int: ...
    @property
    def reason(self) -> Say: ...


class OpeningsRun(Protocol):
    """What an import of openings counted."""

    @property
    def lines(self) -> int: ...
    @property
    def created(self) -> int: ...
    @property
    def changed(self) -> int: ...
    @property
    def unchanged(self) -> int: ...
    @property
    def refused(self) -> tuple[RefusedLine, ...]: ...


@dataclass(frozen=True)
class FileReport:
    """What a file did, or would do (`is_done` False). `question` must be answered with yes before it is done; with
    `has_effect` False there is nothing to do."""

    title: Text
    facts: tuple[Fact, ...]
    refused: Sequence[Line] = ()
    question: Text | None = None
    has_effect: bool = True
    is_done: bool = False


def require(session: Session, deployment: Deployment, now: datetime, person_id: int, noun: str) -> None:
    """Raises Refusal `forbidden` unless the person may bring a file of `people`, `openings` or `stories` at this moment."""
    Turn.of(session, deployment, person_id, now).require(*MAY_BRING[noun])


def import_people(
    db: Database,
    deployment: Deployment,
    now: datetime,
    person_id: int,
    lines: Iterable[bytes],
    *,
    is_dry_run: bool,
    may_retire: bool,
    progress: Callable[[int], None],
) -> FileReport:
    """Read a people file, only to say what would happen, or for good. Raises Refusal for a header that cannot be read."""
    db.read_now(require, deployment, now, person_id, "people")
    report = importing.import_csv(db, deployment, now, person_id, lines, dry_run=is_dry_run, allow_retire=may_retire, progress=progress)
    return _people_report(report)


def _people_report(report: Report) -> FileReport:
    is_done = not (report.is_dry_run or report.needs_consent)
    rows = [(name, say("people.number", count=getattr(report, name))) for name in ("joined", "changed", "unchanged", "leavers")]
    rows.append(("refused", say("people.import.lines", count=len(report.refused))))
    facts = tuple(Fact(say(f"people.import.{name}"), value) for name, value in rows)
    question = say("files.people.question", count=report.leavers, percent=report.leaver_percent) if report.needs_consent else None
    has_effect = bool(report.joined or report.changed or report.leavers)
    return FileReport(_title("people", report.lines, is_done=is_done), facts, report.refused, question, has_effect, is_done)


def take_openings(session: Session, deployment: Deployment, now: datetime, person_id: int | None, rows: Sequence[tuple[int, Mapping[str, str]]]) -> TakenIn:
    """Put lines of an openings file in place (see openings.take_in), in the name of somebody who may. Raises Refusal."""
    require(session, deployment, now, person_id or 0, "openings")
    return openings.take_in(session, deployment, now, person_id, rows)


def rehearse_openings(session: Session, deployment: Deployment, now: datetime, person_id: int | None, rows: Sequence[tuple[int, Mapping[str, str]]]) -> TakenIn:
    """What take_openings would do. Every line is tried and everything undone."""
    return _undone(session, lambda: take_openings(session, deployment, now, person_id, rows))


def openings_report(run: OpeningsRun, *, is_dry_run: bool) -> FileReport:
    """What an openings file did or would do, in words."""
    facts = tuple(Fact(say(f"files.openings.{name}"), say("people.number", count=getattr(run, name))) for name in ("created", "changed", "unchanged"))
    refused = Fact(say("people.import.refused"), say("people.import.lines", count=len(run.refused)))
    title = _title("openings", run.lines, is_done=not is_dry_run)
    return FileReport(title, (*facts, refused), run.refused, None, bool(run.created or run.changed), not is_dry_run)


def take_stories(session: Session, deployment: Deployment, now: datetime, person_id: int | None, drafts: Sequence[Draft]) -> list[Taken]:
    """Put the stories of a file into review, in the name of somebody who may. Raises Refusal."""
    require(session, deployment, now, person_id or 0, "stories")
    return take_in(session, deployment, now, person_id, drafts)


def rehearse_stories(session: Session, deployment: Deployment, now: datetime, person_id: int | None, drafts: Sequence[Draft]) -> list[Taken]:
    """What take_stories would do. Every story is tried and everything undone."""
    return _undone(session, lambda: take_stories(session, deployment, now, person_id, drafts))


def _undone(session: Session, do: Callable[[], T]) -> T:
    """What `do` answers; everything it wrote is taken back."""
    with session.begin_nested() as tried:
        result = do()
        tried.rollback()
    session.expire_all()
    return result


def stories_report(lines: int, new: int, known: int, refused: Sequence[tuple[int | str, Text]], *, is_dry_run: bool) -> FileReport:
    """What a file of stories did or would do, in words; `refused` by the number of the line."""
    bad = sorted((RefusedLine(line, why) for line, why in refused if isinstance(line, int) and isinstance(why, Say)), key=lambda row: row.line)
    counts = [Fact(say(f"files.stories.{name}"), say("people.number", count=count)) for name, count in (("new", new), ("known", known))]
    facts = (*counts, Fact(say("people.import.refused"), say("people.import.lines", count=len(bad))))
    return FileReport(_title("stories", lines, is_done=not is_dry_run), facts, bad, None, bool(new), not is_dry_run)


def _title(noun: str, lines: int, *, is_done: bool) -> Say:
    return say(f"files.{noun}.done" if is_done else "files.would", count=lines)
