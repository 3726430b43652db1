"""Job boards: where they are, when they are read next, what was wrong the last time. Nothing here is fetched: the row is the schedule,
and whoever holds the network claims what is due and brings back what was found."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import ColumnElement, CursorResult, delete, func, or_, update
from sqlmodel import Session, col, select

from bot import audit, outbox, settings
from bot.errors import FieldRefusal, Refusal, Stale
from bot.openings.drafting import is_web_address
from bot.openings.records import LOCALES, BoardReport, JobBoard, JobOpening

LEASE = timedelta(minutes=10)  # for one reading
FIRST_RETRY = timedelta(hours=1)
GONE = 410
NOTHING_LISTED = "none_listed"  # a board that held openings suddenly holds none
_BOARD = re.compile(r"/(?:embed/job_board/?|)([A-Za-z0-9_-]{1,80})/?(?:jobs/?.*)?\Z")


@dataclass(frozen=True)
class BoardDraft:
    """A job board to be, as HR filled it in; nothing is checked yet."""

    name: str
    url: str
    language: str = "en"


@dataclass(frozen=True)
class BoardAsk:
    """A board that is due: its address and what the server told us to ask with."""

    board_id: int
    url: str
    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True)
class BoardAnswer:
    """How a reading went. `problem` is empty where it went well; `wait` is how many seconds the server asked us to stay away."""

    etag: str = ""
    last_modified: str = ""
    problem: str = ""
    status: int = 0
    wait: int = 0
    form: str = ""


def api_address(url: str) -> str:
    """The address to read for the address that people know: a board's web page on Greenhouse, Lever or Teamtailor has a list for
    machines beside it. Anything else is read as it is.

    Sources: developers.greenhouse.io/job-board.html (boards-api.greenhouse.io/v1/boards/<token>/jobs?content=true),
    github.com/lever/postings-api (api.lever.co and api.eu.lever.co, /v0/postings/<site>?mode=json), Teamtailor's career sites
    (<site>/jobs.rss).
    """
    parts = urlsplit(url.strip())
    host = (parts.hostname or "").lower()
    named = _BOARD.match(parts.path)
    if host in ("boards.greenhouse.io", "job-boards.greenhouse.io", "boards.eu.greenhouse.io", "job-boards.eu.greenhouse.io"):
        token = parse_qs(parts.query).get("for", [named.group(1) if named else ""])[0]
        return f"https://boards-api.greenhouse.io/v1/boards/{token}/jobs?content=true" if re.fullmatch(r"[\w-]+", token, re.ASCII) else url
    if host in ("jobs.lever.co", "jobs.eu.lever.co") and (site := parts.path.strip("/").split("/")[0]) and re.fullmatch(r"[\w.-]+", site, re.ASCII):
        return f"https://api{'.eu' if '.eu.' in host else ''}.lever.co/v0/postings/{site}?mode=json"
    if host.endswith(".teamtailor.com") and parts.path.rstrip("/") in ("", "/jobs"):
        return f"https://{host}/jobs.rss"
    return url.strip()


def add_board(session: Session, now: datetime, actor_id: int | None, draft: BoardDraft) -> JobBoard:
    """A new board, due at once. Raises FieldRefusal."""
    row = JobBoard(**_checked(session, draft, 0), next_at=now, created_at=now)
    session.add(row)
    session.flush()
    audit.note(session, now, actor_id, "board.added", "board", row.id or 0)
    return row


def change_board(session: Session, now: datetime, actor_id: int, board_id: int, version: int, draft: BoardDraft) -> JobBoard:
    """Change a board; it is read again at once where its address is another. Raises FieldRefusal, Stale."""
    row, values = get_board(session, board_id), _checked(session, draft, board_id)
    if values["url"] != row.url:
        values |= _AFRESH | {"next_at": now, "etag": "", "last_modified": "", "problem": ""}
    return _change(session, now, actor_id, board_id, version, "board.changed", **values)


def switch_board(session: Session, now: datetime, actor_id: int, board_id: int, version: int, *, on: bool) -> JobBoard:
    """Stop reading a board, or begin again. Raises Stale."""
    again: dict[str, Any] = _AFRESH | {"next_at": now} if on else {}
    return _change(session, now, actor_id, board_id, version, "board.resumed" if on else "board.stopped", is_on=on, **again)


def read_board_soon(session: Session, now: datetime, actor_id: int, board_id: int, version: int) -> JobBoard:
    """Let a board be read at the next opportunity. Raises Stale."""
    return _change(session, now, actor_id, board_id, version, "board.asked", next_at=now)


def remove_board(session: Session, now: datetime, actor_id: int, board_id: int, version: int) -> None:
    """Forget a board; its openings stay as they are, and belong to HR from now on. Raises Stale."""
    _change(session, now, actor_id, board_id, version, "board.removed", is_on=False)
    session.execute(update(JobOpening).where(col(JobOpening.board_id) == board_id).values(board_id=None, board_key="", board_state="", asked_in=None))
    session.execute(delete(BoardReport).where(col(BoardReport.board_id) == board_id))
    session.execute(delete(JobBoard).where(col(JobBoard.id) == board_id))


def get_board(session: Session, board_id: int) -> JobBoard:
    """The board. Raises Refusal `boards.refused.unknown`."""
    row = session.get(JobBoard, board_id)
    if row is None:
        raise Refusal("boards.refused.unknown")
    return row


def board_at(session: Session, url: str) -> JobBoard | None:
    """The board with this address, as people know it or as it is read."""
    return session.exec(select(JobBoard).where(JobBoard.url == api_address(url))).first()


def listed_boards(session: Session, page: int, size: int) -> list[JobBoard]:
    """One page (from 0) of all boards by name; one more than `size` where there are more."""
    return list(session.exec(select(JobBoard).order_by(func.lower(JobBoard.name), col(JobBoard.id)).offset(page * size).limit(size + 1)))


def openings_of(session: Session, board_id: int) -> int:
    """How many openings the board listed when it was last read."""
    query = select(func.count()).select_from(JobOpening).where(JobOpening.board_id == board_id, JobOpening.board_state == "listed")
    return session.exec(query).one()


def is_board_due(session: Session, now: datetime) -> bool:
    """Some board is to be read now."""
    return session.exec(select(JobBoard.id).where(col(JobBoard.is_on), _due(now)).limit(1)).first() is not None


def _due(now: datetime) -> ColumnElement[bool]:
    """Its time has come; or it was asked in what is the future by now: the clock was put back, and its next time is as far off."""
    return or_(col(JobBoard.next_at) <= now, col(JobBoard.asked_at) > now + LEASE)


def claim_boards(session: Session, now: datetime, most: int) -> list[BoardAsk]:
    """Take up to `most` boards that are due, so that no other process reads them meanwhile. One whose reader dies is due again soon."""
    due = select(JobBoard).where(col(JobBoard.is_on), _due(now)).order_by(col(JobBoard.next_at), col(JobBoard.id)).limit(most)
    return [_claimed(session, now, row) for row in session.exec(due.with_for_update(skip_locked=True))]


def claim_board(session: Session, now: datetime, board_id: int) -> BoardAsk:
    """Take one board, whether it is due or not, and read it in full. Raises Refusal `boards.refused.unknown`."""
    ask = _claimed(session, now, get_board(session, board_id))
    return BoardAsk(ask.board_id, ask.url)


def _claimed(session: Session, now: datetime, row: JobBoard) -> BoardAsk:
    row.next_at, row.asked_at = now + LEASE, now
    session.add(row)
    return BoardAsk(row.id or 0, row.url, row.etag, row.last_modified)


def note_reading(session: Session, now: datetime, row: JobBoard, answer: BoardAnswer, jitter: float) -> None:
    """Write down how a reading went and when the next one is: a day later, sooner after a failure, then ever less often up to a day.

    `jitter` is a random number from 0 to 1: boards of one server shall not be asked in step.
    """
    every = timedelta(hours=max(1, int(settings.get(session, "boards.every_hours"))))
    row.problem, row.problem_status = answer.problem, answer.status
    if answer.problem:
        row.failures, row.failing_since = row.failures + 1, row.failing_since or now
        row.is_on = row.is_on and answer.status != GONE
        _tell(session, now, row)
    else:
        row.failures, row.failing_since, row.told_at, row.read_at = 0, None, None, now
        row.etag, row.last_modified, row.form = answer.etag[:200], answer.last_modified[:100], answer.form or row.form
    pause = min(every, FIRST_RETRY * 2 ** min(row.failures - 1, 10)) if answer.problem else every
    row.next_at = now + max(pause * (0.95 + 0.1 * jitter), timedelta(seconds=answer.wait))
    session.add(row)


_AFRESH: dict[str, Any] = {"failures": 0, "failing_since": None, "told_at": None}


def _tell(session: Session, now: datetime, row: JobBoard) -> None:
    """HR is told once: at once of a board that is gone or suddenly empty, of any other trouble when it has lasted for days."""
    days = timedelta(days=int(settings.get(session, "feeds.tell_days")))
    is_pressing = row.problem == NOTHING_LISTED or row.problem_status == GONE
    if row.told_at is None and row.failing_since and (is_pressing or now - row.failing_since >= days):
        row.told_at = now
        outbox.owe_room(session, now, f"board failing:{row.id}:since {row.failing_since:%Y-%m-%dT%H:%M}:{row.problem}", "board_failing", row.id or 0, "admin")


def _checked(session: Session, draft: BoardDraft, board_id: int) -> dict[str, Any]:
    name, url = " ".join(draft.name.split())[:80], draft.url.strip()
    if not is_web_address(url) or len(url) > 2000:
        raise FieldRefusal("url", "openings.link_unreadable")
    url = api_address(url)
    if session.exec(select(JobBoard).where(JobBoard.url == url, JobBoard.id != board_id)).first():
        raise FieldRefusal("url", "boards.refused.twice")
    if not name:
        raise FieldRefusal("name", "boards.refused.name")
    if draft.language not in LOCALES:
        raise FieldRefusal("language", "openings.language_unknown", languages=", ".join(LOCALES))
    return {"name": name, "url": url, "language": draft.language}


def _change(session: Session, now: datetime, actor_id: int, board_id: int, version: int, what: str, **values: Any) -> JobBoard:
    row = get_board(session, board_id)
    here = (col(JobBoard.id) == board_id, col(JobBoard.version) == version)
    result = session.execute(update(JobBoard).where(*here).values(**values, version=version + 1).execution_options(synchronize_session=False))
    assert isinstance(result, CursorResult)
    if result.rowcount != 1:
        raise Stale("boards.refused.stale")
    session.refresh(row)
    audit.note(session, now, actor_id, what, "board", board_id)
    return row
