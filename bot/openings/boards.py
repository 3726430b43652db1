"""Job boards: where they are, when they are read next, what was wrong the last time. Nothing here is fetched: the row is the schedule,
and whoever holds the network claims what is due and brings back what was found."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import delete, func, update
from sqlmodel import Session, col, select

from bot import audit, outbox, polling, settings
from bot.errors import FieldRefusal, Refusal
from bot.openings.drafting import is_web_address
from bot.openings.records import LOCALES, BoardReport, JobBoard, JobOpening
from bot.polling import Due, Outcome

FIRST_RETRY = timedelta(hours=1)
NOTHING_LISTED = "none_listed"  # a board that held openings suddenly holds none
_BOARD = re.compile(r"/(?:embed/job_board/?|)([A-Za-z0-9_-]{1,80})/?(?:jobs/?.*)?\Z")


@dataclass(frozen=True)
class BoardDraft:
    """A job board to be, as HR filled it in; nothing is checked yet."""

    name: str
    url: str
    language: str = "en"


@dataclass(frozen=True)
class BoardOutcome(Outcome):
    """How a reading of a board went; `form` is what kind of list it was."""

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
        values |= polling.moved_to(now)
    return _change(session, now, actor_id, board_id, version, "board.changed", **values)


def switch_board(session: Session, now: datetime, actor_id: int, board_id: int, version: int, *, on: bool) -> JobBoard:
    """Stop reading a board, or begin again. Raises Stale."""
    again: dict[str, Any] = {**polling.AFRESH, "next_at": now} if on else {}
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


def claim_board(session: Session, now: datetime, board_id: int) -> Due:
    """Take one board, whether it is due or not, and read it in full. Raises Refusal `boards.refused.unknown`."""
    return replace(polling.claim(session, get_board(session, board_id), now), etag="", last_modified="")


def note_reading(session: Session, now: datetime, row: JobBoard, outcome: BoardOutcome, jitter: float) -> None:
    """Write down how a reading went and when the next one is: a day later, sooner after a failure, then ever less often up to a day.

    `jitter` is a random number from 0 to 1: boards of one server shall not be asked in step.
    """
    polling.settle(session, row, now, outcome)
    if not outcome.problem:
        row.form = outcome.form or row.form
    if polling.is_to_be_told(session, row, now, is_pressing=row.problem == NOTHING_LISTED):
        outbox.owe_room(session, now, f"board failing:{row.id}:since {row.failing_since:%Y-%m-%dT%H:%M}:{row.problem}", "board_failing", row.id or 0, "admin")
    every = timedelta(hours=max(1, int(settings.get(session, "boards.every_hours"))))
    pause = min(every, FIRST_RETRY * 2 ** min(row.failures - 1, 10)) if outcome.problem else every
    polling.read_again_in(row, now, pause * (0.95 + 0.1 * jitter), outcome)


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
    row = polling.change(session, get_board(session, board_id), version, "boards.refused.stale", **values)
    audit.note(session, now, actor_id, what, "board", board_id)
    return row
