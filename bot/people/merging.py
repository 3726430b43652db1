"""The people file put into the directory: set-based SQL that SQLite (3.39+) and PostgreSQL both read, a page of lines at a time.

Every statement is built from the constants below; nothing of a file ever becomes SQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, TextClause, bindparam, text
from sqlmodel import Session

from bot.db import UtcDateTime

_PLAIN = ("name", "department", "location", "country", "subdivision", "kind", "start_on", "notice_on", "end_on")
_WATCHED = ("kind", "department", "start_on", "notice_on", "end_on")  # what bonuses and others are fed from
_DAYS = ("start_on", "notice_on", "end_on")
# A language or zone that the person chose stays; an empty cell says nothing about them.
_VALUES = {name: f"s.{name}" for name in _PLAIN} | {
    name: f"CASE WHEN p.is_{name}_own OR s.{name} = '' THEN p.{name} ELSE s.{name} END" for name in ("locale", "time_zone")
}
_TAKEN = "s.run = :run AND s.reason = ''"
_PAGE = f"{_TAKEN} AND s.line BETWEEN :first AND :last"
_MANAGER = "(SELECT m.id FROM person m WHERE m.email = s.manager_email AND s.manager_email <> '')"
_GONE = (
    "p.kind IN ('employee', 'contractor') AND (p.end_on IS NULL OR p.end_on > :today)"
    " AND NOT EXISTS (SELECT 1 FROM importline s WHERE s.run = :run AND s.email = p.email)"
)


def _sql(statement: str) -> TextClause:
    types: dict[str, Any] = {"now": UtcDateTime(), "today": Date()}
    return text(statement).bindparams(*(bindparam(name, type_=kind) for name, kind in types.items() if f":{name}" in statement))


def _differs(columns: Iterable[str]) -> str:
    return " OR ".join(f"p.{name} IS DISTINCT FROM {value}" for name, value in _VALUES.items() if name in columns)


def duplicates(session: Session, run: str) -> list[tuple[int, int]]:
    """(line, earlier line with the same address) for every address that comes twice."""
    found = session.execute(
        _sql(
            "SELECT s.line, e.line FROM importline s JOIN (SELECT email, min(line) AS line FROM importline WHERE run = :run GROUP BY email"
            f" HAVING count(*) > 1) e ON e.email = s.email WHERE {_TAKEN} AND s.line > e.line"
        ),
        {"run": run},
    )
    return [(line, earlier) for line, earlier in found]


def unwanted(session: Session, run: str) -> list[int]:
    """Lines of alumni and stakeholders who asked to be erased and are not in the directory (an employer's staff list is another thing)."""
    statement = (
        f"SELECT s.line FROM importline s WHERE {_TAKEN} AND s.has_asked_out AND s.kind IN ('alumna', 'stakeholder')"
        " AND NOT EXISTS (SELECT 1 FROM person p WHERE p.email = s.email)"
    )
    return list(session.scalars(_sql(statement), {"run": run}))


def without_manager(session: Session, run: str) -> list[tuple[int, str]]:
    """(line, manager's address) where the manager is neither in the directory nor on a line that was taken."""
    found = session.execute(
        _sql(
            f"SELECT s.line, s.manager_email FROM importline s WHERE {_TAKEN} AND s.manager_email <> ''"
            " AND NOT EXISTS (SELECT 1 FROM person p WHERE p.email = s.manager_email)"
            " AND NOT EXISTS (SELECT 1 FROM importline m WHERE m.run = s.run AND m.email = s.manager_email AND m.reason = '')"
        ),
        {"run": run},
    )
    return [(line, email) for line, email in found]


def managers_after(session: Session, run: str) -> dict[str, str]:
    """Who would have which manager once the file is in: by address, people without one left out."""
    found = session.execute(
        _sql(
            f"SELECT s.email, s.manager_email FROM importline s WHERE {_TAKEN} AND s.manager_email <> '' UNION ALL"
            " SELECT p.email, m.email FROM person p JOIN person m ON m.id = p.manager_id"
            f" WHERE NOT EXISTS (SELECT 1 FROM importline s WHERE {_TAKEN} AND s.email = p.email)"
        ),
        {"run": run},
    )
    return {email: manager for email, manager in found}


def lines_of(session: Session, run: str, emails: Sequence[str]) -> list[tuple[int, str]]:
    """(line, address) of the taken lines of these people."""
    statement = _sql(f"SELECT s.line, s.email FROM importline s WHERE {_TAKEN} AND s.email IN :emails").bindparams(bindparam("emails", expanding=True))
    return [(line, email) for line, email in session.execute(statement, {"run": run, "emails": list(emails)})]


def joining(session: Session, run: str) -> int:
    """How many taken lines are of people who are not in the directory yet."""
    return _count(session, f"FROM importline s WHERE {_TAKEN} AND NOT EXISTS (SELECT 1 FROM person p WHERE p.email = s.email)", run=run)


def changing(session: Session, run: str, columns: Sequence[str]) -> set[int]:
    """Lines that would change somebody's row."""
    differs = [_differs(columns)] + ([f"p.manager_id IS DISTINCT FROM {_MANAGER}"] if "manager_email" in columns else [])
    statement = _sql(f"SELECT s.line FROM importline s JOIN person p ON p.email = s.email WHERE {_TAKEN} AND ({' OR '.join(differs)})")
    return set(session.scalars(statement, {"run": run}))


def leaving(session: Session, run: str, today: date) -> int:
    """How many employees and contractors are not in the file at all."""
    return _count(session, f"FROM person p WHERE {_GONE}", run=run, today=today)


def here(session: Session, today: date) -> int:
    """How many employees and contractors there are now."""
    return _count(session, "FROM person p WHERE p.kind IN ('employee', 'contractor') AND (p.end_on IS NULL OR p.end_on > :today)", today=today)


def role_lines(session: Session, run: str) -> list[tuple[int, int, str]]:
    """(line, person id or 0, roles as the file has them) for every taken line that says something about roles."""
    found = session.execute(
        _sql(f"SELECT s.line, p.id, s.roles FROM importline s LEFT JOIN person p ON p.email = s.email WHERE {_TAKEN} AND s.roles <> '' ORDER BY s.line"),
        {"run": run},
    )
    return [(line, person_id or 0, roles) for line, person_id, roles in found]


def refuse(session: Session, run: str, lines: Iterable[tuple[int, str]]) -> None:
    """Mark (line, reason key) as not taken."""
    if rows := [{"run": run, "line": line, "reason": reason} for line, reason in lines]:
        session.execute(text("UPDATE importline SET reason = :reason WHERE run = :run AND line = :line"), rows)


def put_people(session: Session, run: str, first: int, last: int, now: datetime, columns: Sequence[str], locale: str, time_zone: str) -> None:
    """Change and add the people of a page, and keep a PersonChange for each watched field that changed."""
    by_index(session)
    page: dict[str, Any] = {"run": run, "first": first, "last": last}
    for name in (n for n in _WATCHED if n in columns):
        _note_change(session, name, _text("p", name), _text("s", name), "JOIN importline s ON s.email = p.email", _PAGE, page | {"now": now})
    sets = ", ".join(f"{name} = {value}" for name, value in _VALUES.items() if name in columns)
    session.execute(
        _sql(f"UPDATE person AS p SET {sets}, version = p.version + 1 FROM importline s WHERE {_PAGE} AND s.email = p.email AND ({_differs(columns)})"), page
    )
    session.execute(
        _sql(
            f"INSERT INTO person (email, {', '.join(_PLAIN)}, locale, time_zone, enrolled_at, on_leaderboard, preferred_platform,"
            " is_locale_own, is_time_zone_own, version)"
            f" SELECT s.email, {', '.join(f's.{n}' for n in _PLAIN)}, CASE s.locale WHEN '' THEN :locale ELSE s.locale END,"
            f" CASE s.time_zone WHEN '' THEN :time_zone ELSE s.time_zone END,"
            f" CASE WHEN s.has_asked_out THEN NULL ELSE :now END, false, '', false, false, 1 FROM importline s WHERE {_PAGE}"
            " ORDER BY s.line ON CONFLICT (email) DO NOTHING"
        ),
        page | {"now": now, "locale": locale, "time_zone": time_zone},
    )


def put_managers(session: Session, run: str, first: int, last: int, now: datetime, newest: int) -> None:
    """Set the managers of a page, now that everybody is there. People with an id above `newest` are new: no PersonChange."""
    by_index(session)
    page: dict[str, Any] = {"run": run, "first": first, "last": last}
    where = f"{_PAGE} AND p.manager_id IS DISTINCT FROM {_MANAGER}"
    joined, new = "JOIN importline s ON s.email = p.email", f"CAST({_MANAGER} AS TEXT)"
    _note_change(session, "manager_id", "CAST(p.manager_id AS TEXT)", new, joined, f"{where} AND p.id <= :newest", page | {"now": now, "newest": newest})
    session.execute(
        _sql(f"UPDATE person AS p SET manager_id = {_MANAGER}, version = p.version + 1 FROM importline s WHERE {where} AND s.email = p.email"), page
    )


def retire(session: Session, run: str, now: datetime, today: date, limit: int) -> int:
    """Make leavers of up to `limit` people who are not in the file: their last day is today. Returns how many."""
    ids = list(session.scalars(_sql(f"SELECT p.id FROM person p WHERE {_GONE} ORDER BY p.id LIMIT :limit"), {"run": run, "today": today, "limit": limit}))
    if ids:
        who: dict[str, Any] = {"low": ids[0], "high": ids[-1], "run": run, "today": today}
        where = f"{_GONE} AND p.id BETWEEN :low AND :high"
        _note_change(session, "end_on", _text("p", "end_on"), "CAST(:day AS TEXT)", "", where, who | {"now": now, "day": today.isoformat()})
        session.execute(_sql(f"UPDATE person AS p SET end_on = :today, version = p.version + 1 WHERE {where}"), who)
    return len(ids)


def newest_id(session: Session) -> int:
    """The highest person id there is."""
    return session.scalar(text("SELECT max(id) FROM person")) or 0


def forget(session: Session, run: str, first: int, last: int) -> None:
    """Throw away a page of a run's lines."""
    session.execute(text("DELETE FROM importline WHERE run = :run AND line BETWEEN :first AND :last"), {"run": run, "first": first, "last": last})


def by_index(session: Session) -> None:
    """Make PostgreSQL read a page by its indexes: right after a large file came in it has no statistics yet, and would read
    the whole directory for every page (100,000 lines: 45 s instead of a few)."""
    if session.get_bind().dialect.name == "postgresql":
        for way in ("hashjoin", "mergejoin", "seqscan"):
            session.execute(text(f"SET LOCAL enable_{way} = off"))


def _text(table: str, column: str) -> str:
    return f"CAST({table}.{column} AS TEXT)" if column in _DAYS else f"{table}.{column}"


def _note_change(session: Session, field: str, old: str, new: str, join: str, where: str, values: dict[str, Any]) -> None:
    session.execute(
        _sql(
            f"INSERT INTO personchange (person_id, field, old, new, at) SELECT p.id, '{field}', COALESCE({old}, ''), COALESCE({new}, ''), :now"
            f" FROM person p {join} WHERE {where} AND {old} IS DISTINCT FROM {new}"
        ),
        values,
    )


def _count(session: Session, rest: str, **values: Any) -> int:
    return int(session.scalar(_sql(f"SELECT count(*) {rest}"), values) or 0)
