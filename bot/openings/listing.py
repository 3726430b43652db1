"""What a job board lists, put in place: new openings made, known ones changed, and of those that vanished HR is asked, once each.

The board's word counts for what it says (title, department, place, description, link, last day); who recruits, who manages and which
plan applies stays HR's. Nothing of an entry that cannot be kept is kept, and an opening whose entry is broken has not vanished.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from bot import audit, outbox, polling
from bot.errors import FieldRefusal, Stale
from bot.openings.boards import NOTHING_LISTED, BoardOutcome, get_board, note_reading
from bot.openings.drafting import Draft, create, edit, set_open
from bot.openings.finding import by_requisition
from bot.openings.records import BoardReport, JobBoard, JobOpening

NAMED = 10  # entries that cannot be kept are named, of more the number is told


@dataclass(frozen=True)
class Listed:
    """An opening as a board lists it. `key` is its id there; what is empty the board does not say."""

    key: str
    title: str
    department: str = ""
    location: str = ""
    country: str = ""
    language: str = ""
    description: str = ""
    link: str = ""
    requisition_id: str = ""
    open_until: date | None = None


@dataclass(frozen=True)
class LeftOut:
    """An entry that cannot be kept: where it stands, and why (words' key, with a count)."""

    where: str
    key: str
    count: int = 0


@dataclass(frozen=True)
class Brought:
    """How many openings a page of entries made, changed and opened again."""

    created: int = 0
    changed: int = 0
    reopened: int = 0

    def __add__(self, other: Brought) -> Brought:
        return Brought(self.created + other.created, self.changed + other.changed, self.reopened + other.reopened)


def sift(entries: Iterable[Listed]) -> tuple[list[Listed], list[LeftOut]]:
    """The entries that can be kept, and those that cannot: without an id or a title, with one id twice, with what is no web address."""
    kept: dict[str, Listed] = {}
    left: list[LeftOut] = []
    for number, entry in enumerate(entries, start=1):
        where = entry.title[:80] or f"{number}."
        if not entry.key:
            left.append(LeftOut(where, "boards.left.no_id"))
        elif entry.key in kept:
            left.append(LeftOut(where, "boards.left.twice"))
        elif "\N{REPLACEMENT CHARACTER}" in entry.title + entry.location + entry.department:
            left.append(LeftOut(where, "boards.left.unreadable"))
        else:
            try:
                _draft(entry, None, "en").check()
                kept[entry.key] = entry
            except FieldRefusal as e:
                left.append(LeftOut(where, e.key, int(str(e.params.get("count", 0)))))
    return list(kept.values()), left


def take_listed(session: Session, now: datetime, board_id: int, entries: Sequence[Listed], url: str = "") -> Brought:
    """Put a page of entries (at most 500, sifted) in place. Doing it twice changes nothing. Where the board was removed, or given
    another address than the `url` that was read, they are not of it."""
    board = _read_there(session, board_id, url)
    if board is None:
        return Brought()
    mine = select(JobOpening).where(JobOpening.board_id == board_id, col(JobOpening.board_key).in_([e.key for e in entries]))
    known = {row.board_key: row for row in session.exec(mine)}
    brought = Brought()
    for entry in entries:
        brought += _take(session, now, board, entry, known.get(entry.key) or _unclaimed(session, entry))
    return brought


def _unclaimed(session: Session, entry: Listed) -> JobOpening | None:
    """The same opening where it came by a file or by HR's hand before: it has that requisition id, and no board lists it yet."""
    row = by_requisition(session, entry.requisition_id) if entry.requisition_id else None
    return row if row and row.board_id is None else None


def _take(session: Session, now: datetime, board: JobBoard, entry: Listed, row: JobOpening | None) -> Brought:
    if row is None:
        row = create(session, now, None, _draft(entry, None, board.language, _free(session, entry)))
        row.board_id, row.board_key, row.board_state = board.id, entry.key, "listed"
        session.add(row)
        return Brought(created=1)
    before = row.version
    row = edit(session, now, None, row.id or 0, before, _draft(entry, row, board.language, row.requisition_id or _free(session, entry)))
    is_changed, is_back = row.version > before, row.board_state == "closed"
    if is_back:
        set_open(session, now, None, row.id or 0, row.version, True, keep_until=True)
    row.board_id, row.board_key, row.board_state, row.asked_in = board.id, entry.key, "listed", None
    session.add(row)
    return Brought(changed=int(is_changed and not is_back), reopened=int(is_back))


def _free(session: Session, entry: Listed) -> str:
    """Its requisition id, where no other opening has it: one requisition may be posted in several towns."""
    return entry.requisition_id if entry.requisition_id and by_requisition(session, entry.requisition_id) is None else ""


def _draft(entry: Listed, row: JobOpening | None, language: str, requisition_id: str = "") -> Draft:
    return Draft(
        entry.title, requisition_id, entry.department, entry.location, entry.country or (row.country if row else ""),
        entry.language or (row.language if row else language), row.hiring_manager_id if row else None, row.recruiter_id if row else None,
        row.plan_id if row else None, entry.open_until or (row.open_until if row else None), entry.description, entry.link,
    )  # fmt: skip


def settle_reading(
    session: Session,
    now: datetime,
    board_id: int,
    answer: BoardOutcome,
    jitter: float,
    keys: Iterable[str] | None = None,
    brought: Brought | None = None,
    left: Sequence[LeftOut] = (),
) -> BoardReport | None:
    """The end of a reading: when the next one is, which openings vanished, and what HR is told (nothing where nothing changed).

    `keys` are the ids of everything that was listed, kept or not; None where the board said that nothing is new, or failed. A board
    that suddenly lists nothing closes nothing: that is a problem, and HR is told. A board that was removed, or given another address
    meanwhile, is left alone.
    """
    board, brought, seen = _read_there(session, board_id, answer.url), brought or Brought(), None if keys is None else set(keys)
    if board is None:
        return None
    gone = [] if seen is None else [row for row in _on_board(session, board_id) if row.board_key not in seen]
    if seen is not None and not seen and gone:
        note_reading(session, now, board, BoardOutcome(problem=NOTHING_LISTED), jitter)
        return None
    note_reading(session, now, board, answer, jitter)
    if seen is None:
        return None
    board.left_out, board.left_out_count = json.dumps([[x.where, x.key, x.count] for x in left[:NAMED]]), len(left)
    asked = [row for row in gone if row.is_open]
    for row in gone:
        row.board_state = "asked" if row.is_open else "left"
        session.add(row)
    return _report(session, now, board, brought, asked, len(left)) if brought != Brought() or asked else None


def _read_there(session: Session, board_id: int, url: str) -> JobBoard | None:
    """The board, locked, where it is still the one that was read."""
    board = session.get(JobBoard, board_id, with_for_update=True)
    return None if board is None or polling.has_moved(board, url) else board


def _on_board(session: Session, board_id: int) -> Sequence[JobOpening]:
    return session.exec(select(JobOpening).where(JobOpening.board_id == board_id, JobOpening.board_state == "listed")).all()


def _report(session: Session, now: datetime, board: JobBoard, brought: Brought, asked: Sequence[JobOpening], left: int) -> BoardReport:
    report = BoardReport(
        board_id=board.id or 0, at=now, created=brought.created, changed=brought.changed, reopened=brought.reopened, missing=len(asked), left_out=left
    )
    session.add(report)
    session.flush()
    for row in asked:
        row.asked_in = report.id
        session.add(row)
    outbox.owe_room(session, now, f"board report:{report.id}", "board_report", report.id or 0, "admin")
    return report


def asked_about(session: Session, report_id: int) -> list[JobOpening]:
    """The openings that HR was asked about in this report and has not answered, by title."""
    still = select(JobOpening).where(JobOpening.asked_in == report_id, JobOpening.board_state == "asked", col(JobOpening.is_open))
    return list(session.exec(still.order_by(col(JobOpening.title), col(JobOpening.id))))


def nod(session: Session, now: datetime, actor_id: int, opening_id: int, version: int, *, close: bool) -> JobOpening:
    """HR's answer about an opening that vanished: it is closed (until it comes back), or stays open. Raises Stale `boards.refused.answered`."""
    row = session.get(JobOpening, opening_id)
    if row is None or row.board_state != "asked" or row.version != version or not row.is_open:
        raise Stale("boards.refused.answered")
    row = set_open(session, now, actor_id, opening_id, version, False) if close else row
    row.board_state = "closed" if close else "kept"
    row.version += 0 if close else 1
    session.add(row)
    session.flush()
    if not close:
        audit.note(session, now, actor_id, "opening.kept", "opening", opening_id)
    if row.asked_in:
        outbox.owe_change(session, now, "update", "board_report", row.asked_in)
    return row


def close_listed(session: Session, now: datetime, actor_id: int, board_id: int, version: int) -> int:
    """HR says that the board lists nothing because there is nothing: close its openings until they come back; returns how many.

    Raises Stale where the board has been read or changed meanwhile."""
    board = get_board(session, board_id)
    if board.problem != NOTHING_LISTED or board.version != version:
        raise Stale("boards.refused.stale")
    rows = _on_board(session, board_id)
    for row in rows:
        if row.is_open:
            set_open(session, now, actor_id, row.id or 0, row.version, False)
        row.board_state = "closed"
        session.add(row)
    board.problem, board.failures, board.failing_since, board.told_at, board.version = "", 0, None, None, version + 1
    session.add(board)
    audit.note(session, now, actor_id, "board.emptied", "board", board_id, f"{len(rows)} closed")
    return len(rows)
