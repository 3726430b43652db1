"""The directory from a CSV file: streamed in pages, checked as a whole, then put in place. Importing twice changes nothing.

A file goes through three passes. Lines are checked and staged (memory stays flat); lines that contradict each other or the
directory are refused; what is left is counted and, unless it is a dry run or would retire too many, put in place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from typing import Any, Protocol

from sqlalchemy import insert
from sqlmodel import Session

from bot import audit, settings
from bot.db import Database
from bot.errors import Refusal
from bot.people import checking, leaving, merging
from bot.people.checking import NO_ROLES, Refused
from bot.people.records import Person, grant, revoke, roles_of
from bot.people.staging import ImportLine
from bot.vault import Vault

PAGE = 1000  # rows a transaction: others wait about 5 ms for it


class Company(Protocol):
    """What an import must know about the deployment."""

    @property
    def default_locale(self) -> str: ...
    @property
    def time_zone(self) -> str: ...
    @property
    def new_token(self) -> Callable[[], str]: ...
    @property
    def vault(self) -> Vault: ...
    def today(self, now: datetime) -> date: ...


@dataclass(frozen=True)
class Report:
    """What an import did, or (dry run, or `needs_consent`) would do. Counts are people; `refused` holds every refused line."""

    lines: int
    joined: int
    changed: int
    unchanged: int
    leavers: int
    refused: tuple[Refused, ...]
    leaver_percent: int  # leavers of all employees and contractors, rounded up
    is_dry_run: bool
    needs_consent: bool  # stopped: more leavers than `people.retire_share_percent`; nothing was done


@dataclass
class _Run:
    db: Database
    company: Company
    now: datetime
    id: str
    columns: tuple[str, ...] = ()
    lines: int = 0
    last_line: int = 0
    refused: list[Refused] = field(default_factory=list)

    @property
    def pages(self) -> list[tuple[int, int]]:
        """First and last line of each page of the file read so far."""
        return [(first, first + PAGE - 1) for first in range(1, self.last_line + 1, PAGE)]


def import_csv(
    db: Database,
    company: Company,
    now: datetime,
    actor_id: int | None,
    lines: Iterable[str | bytes],
    *,
    dry_run: bool = False,
    allow_retire: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Report:
    """Read a people file. `lines` is read once, front to back; `progress` is told how many lines were read so far.

    Runs in the calling thread for seconds: call it in a worker thread. Raises Refusal when the header is wrong.
    """
    run = _Run(db, company, now, company.new_token())
    try:
        _stage(run, lines, progress)
        _refuse_contradictions(run)
        report = _plan(run, dry_run, allow_retire)
        if not dry_run and not report.needs_consent:
            _apply(run, actor_id, report)
        return report
    finally:
        for first, last in run.pages:
            db.write_now(merging.forget, run.id, first, last)


def _stage(run: _Run, lines: Iterable[str | bytes], progress: Callable[[int], None] | None) -> None:
    records = checking.records(lines)
    run.columns = checking.header(next(records, (1, None))[1])
    rows = _checked(run, records)
    while page := list(islice(rows, PAGE)):
        run.db.write_now(_put_lines, page)
        if progress:
            progress(run.lines)


def _put_lines(session: Session, page: list[dict[str, Any]]) -> None:
    if session.get_bind().dialect.name != "postgresql":
        session.execute(insert(ImportLine), page)
        return
    raw: Any = session.connection().connection.driver_connection  # psycopg's COPY: several times as fast as rows one by one
    with raw.cursor() as cursor, cursor.copy(f"COPY importline ({', '.join(page[0])}) FROM STDIN") as copy:
        for line in page:
            copy.write_row([line[name] for name in page[0]])


def _checked(run: _Run, records: Iterator[tuple[int, list[str] | None]]) -> Iterator[dict[str, Any]]:
    email_at = run.columns.index("email")
    blank: dict[str, Any] = dict.fromkeys(checking.COLUMNS, "") | {"kind": "employee", "start_on": None, "notice_on": None, "end_on": None, "reason": ""}
    out = run.db.read_now(leaving.asked_out)
    for line, row in records:
        run.lines, run.last_line = run.lines + 1, line
        fixed = blank | {"run": run.id, "line": line, "at": run.now, "has_asked_out": False}
        try:
            found = fixed | checking.read_line(run.columns, row)
            yield found | {"has_asked_out": not out.isdisjoint(run.company.vault.keyed_hashes(found["email"]))} if out else found
        except Refusal as e:
            run.refused.append(Refused(line, e.key, e.params))
            email = row[email_at].strip().lower() if row and len(row) > email_at else ""
            if checking.is_email(email):  # somebody whose line is bad is still in the file, and no leaver
                yield fixed | {"email": email, "reason": e.key}


def _refuse_contradictions(run: _Run) -> None:
    again = run.db.read_now(merging.duplicates, run.id)
    _refuse(run, [Refused(line, "people.import.twice", {"earlier": earlier}) for line, earlier in again])
    _refuse(run, [Refused(line, "people.import.asked_out") for line in run.db.read_now(merging.unwanted, run.id)])
    if "manager_email" not in run.columns:
        return
    while _refuse(run, _without_manager(run)) or _refuse(run, _in_circles(run)):
        pass  # a refused manager leaves others without one, and a refused line keeps the manager it had


def _without_manager(run: _Run) -> list[Refused]:
    return [Refused(line, "people.import.manager_unknown", {"manager": email}) for line, email in run.db.read_now(merging.without_manager, run.id)]


def _in_circles(run: _Run) -> list[Refused]:
    found: list[Refused] = []
    for circle in circles(run.db.read_now(merging.managers_after, run.id)):
        way = " → ".join([*circle[:4], *(["…"] if len(circle) > 4 else []), circle[0]])
        for i in range(0, len(circle), PAGE):
            page = run.db.read_now(merging.lines_of, run.id, circle[i : i + PAGE])
            found += [Refused(line, "people.import.manager_circle", {"way": way}) for line, _ in page]
    return found


def circles(manager_of: dict[str, str]) -> list[list[str]]:
    """Every circle in "whose manager is who": each as the people on it, in order."""
    found: list[list[str]] = []
    walked: dict[str, int] = {}
    for number, start in enumerate(manager_of):
        path, who = [], start
        while who in manager_of and who not in walked:
            walked[who] = number
            path.append(who)
            who = manager_of[who]
        if walked.get(who) == number and path:
            found.append(path[path.index(who) :])
    return found


def _refuse(run: _Run, refused: list[Refused]) -> bool:
    run.refused += refused
    for i in range(0, len(refused), PAGE):
        run.db.write_now(merging.refuse, run.id, [(r.line, r.key) for r in refused[i : i + PAGE]])
    return bool(refused)


def _plan(run: _Run, dry_run: bool, allow_retire: bool) -> Report:
    return run.db.read_now(_count, run, dry_run, allow_retire)


def _count(session: Session, run: _Run, dry_run: bool, allow_retire: bool) -> Report:
    today = run.company.today(run.now)
    joined, leavers = merging.joining(session, run.id), merging.leaving(session, run.id, today)
    changed = len(merging.changing(session, run.id, run.columns) | _role_changes(session, run))
    percent = -(-100 * leavers // max(merging.here(session, today), 1))
    return Report(
        lines=run.lines,
        joined=joined,
        changed=changed,
        unchanged=run.lines - len(run.refused) - joined - changed,
        leavers=leavers,
        refused=tuple(sorted(run.refused, key=lambda r: r.line)),
        leaver_percent=percent,
        is_dry_run=dry_run,
        needs_consent=not allow_retire and percent > settings.get(session, "people.retire_share_percent"),
    )


def _role_changes(session: Session, run: _Run) -> set[int]:
    lines = merging.role_lines(session, run.id)
    return {line for line, person_id, roles in lines if person_id and roles_of(session, person_id) != _wanted(roles)}


def _wanted(roles: str) -> frozenset[str]:
    return frozenset() if roles == NO_ROLES else frozenset(roles.split(","))


def _apply(run: _Run, actor_id: int | None, report: Report) -> None:
    db, company, today = run.db, run.company, run.company.today(run.now)
    newest = db.read_now(merging.newest_id)
    for first, last in run.pages:
        db.write_now(merging.put_people, run.id, first, last, run.now, run.columns, company.default_locale, company.time_zone)
    if "manager_email" in run.columns:
        for first, last in run.pages:
            db.write_now(merging.put_managers, run.id, first, last, run.now, newest)
    lines = db.read_now(merging.role_lines, run.id)
    for i in range(0, len(lines), PAGE):
        db.write_now(_put_roles, run, actor_id, lines[i : i + PAGE])
    while db.write_now(merging.retire, run.id, run.now, today, PAGE) == PAGE:
        pass
    detail = f"lines={report.lines} joined={report.joined} changed={report.changed} leavers={report.leavers} refused={len(report.refused)}"
    db.write_now(audit.note, run.now, actor_id, "people.imported", "people", 0, detail)


def _put_roles(session: Session, run: _Run, actor_id: int | None, lines: list[tuple[int, int, str]]) -> None:
    for _, person_id, roles in lines:
        person, wanted, held = session.get_one(Person, person_id), _wanted(roles), roles_of(session, person_id)
        for role in sorted(wanted - held):
            grant(session, run.now, actor_id, person, role)
        for role in sorted(held - wanted):
            revoke(session, run.now, actor_id, person, role)
