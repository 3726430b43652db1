"""Processes that press bonuses: one that approves what it is told, and one that is killed at a chosen point of a transaction.

`python tests/bonus_children.py approve URL WHO` reads cards, says `ready`, waits for a line and begins. `… killed` reads a line
`URL DEED WHO SUBJECT WHERE` and does it in a child of its own (forked, so that no time goes into starting), as often as it is told.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parent)]

from sqlalchemy import event, func  # noqa: E402 (the path comes first)
from sqlmodel import Session, select  # noqa: E402

from bot import bonuses  # noqa: E402
from bot.bonuses import Bonus, PayRun, clawback, payback, payruns, splits  # noqa: E402
from bot.db import Database  # noqa: E402
from bot.errors import Refusal  # noqa: E402
from bot.people import Person  # noqa: E402
from bot.referrals import Referral  # noqa: E402

LOADED_LATE = ("holidays.countries", "psycopg", "sqlalchemy.dialects.postgresql.psycopg", "sqlalchemy.dialects.sqlite", "xlsxwriter")
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def approve_all(db: Database, who: int, cards: list[list[int]]) -> list[dict[str, Any]]:
    """Approve each bonus as its card was drawn; what came of each: nothing, or by whom it was taken before."""
    return [_one(db, who, bonus, version) for bonus, version in cards]


def _one(db: Database, who: int, bonus: int, version: int) -> dict[str, Any]:
    try:
        db.write_now(bonuses.approve, NOW, who, bonus, version)
    except Refusal as refused:
        return {"bonus": bonus, "key": refused.key, "name": refused.params.get("name")}
    return {"bonus": bonus, "key": "", "name": None}


def die_at(db: Database, where: int) -> None:
    """Let this process be killed (-9) just before the statement with this number that writes, counted from 1; -1 is the moment before
    COMMIT, -2 the moment after it."""
    seen = 0

    @event.listens_for(db.writer, "before_cursor_execute")
    def _count(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        nonlocal seen
        seen += statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE"))
        if seen == where:
            os.kill(os.getpid(), signal.SIGKILL)

    @event.listens_for(db.writer, "commit")
    def _before_commit(_c: Any) -> None:
        if where == -1:
            os.kill(os.getpid(), signal.SIGKILL)


DEEDS: dict[str, Callable[..., Any]] = {
    "hire": lambda s, who, subject: bonuses.hire(s, NOW, who, subject, date(2026, 3, 2), "Europe/Helsinki"),
    "approve": lambda s, who, subject: bonuses.approve(s, NOW, who, subject, 3),
    "close": lambda s, who, subject: payruns.close(s, NOW, who, "EUR"),
    "pay": lambda s, who, subject: payruns.pay(s, NOW, who, subject),
    "send_back": lambda s, who, subject: payruns.send_back(s, NOW, who, subject, _version(s, subject)),
    "pay_by_file": lambda s, who, subject: payback.pay_by_file(s, NOW, who, subject, payruns.content(s, s.get_one(PayRun, subject)).replace(b";", b"|")),
    "divide": lambda s, who, subject: splits.propose(s, NOW, who, subject, 0, _halves(s, subject), NOW.date(), "You both helped"),
    "correct": lambda s, who, subject: bonuses.correct_start(s, NOW, who, subject, s.get_one(Referral, subject).version, date(2026, 3, 9), "Europe/Helsinki"),
    "leave": lambda s, who, subject: bonuses.refuse(s, NOW, who, subject, _version(s, subject)),
    "void": lambda s, who, subject: bonuses.void(s, NOW, who, subject, _version(s, subject)),
    "time": lambda s, who, subject: bonuses.raise_due(s, NOW, date(2026, 3, 12)),
    "ask_back": lambda s, who, subject: clawback.ask_back(s, NOW, who, subject, _version(s, subject), NOW.date(), "Europe/Helsinki"),
}


def _version(session: Session, bonus_id: int) -> int:
    return session.get_one(Bonus, bonus_id).version


def _halves(session: Session, referral_id: int) -> list[splits.Part]:
    """The referrer, and the newest person in the directory."""
    other = session.exec(select(func.max(Person.id))).one() or 0
    return [splits.Part(session.get_one(Referral, referral_id).referrer_id, 5000), splits.Part(other, 5000)]


def approve(url: str, who: int) -> None:
    """Read the cards, wait for the sign, approve them all and say what came of it."""
    db, cards = Database(url), json.loads(sys.stdin.readline())
    print("ready", flush=True)  # noqa: T201
    sys.stdin.readline()
    print(json.dumps(approve_all(db, who, cards)), flush=True)  # noqa: T201


def killed() -> None:
    """Do what each line says in a child, and answer `killed`, `lived` or `failed`. What every child needs is made ready before."""
    for name in LOADED_LATE:
        importlib.import_module(name)
    for line in sys.stdin:
        url, deed, *numbers = line.split()
        who, subject, where = map(int, numbers)
        db = rehearsed(url, deed, who, subject)
        if not (child := os.fork()):
            do(db, deed, who, subject, where)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        died = os.WIFSIGNALED(status)
        print("killed" if died else "failed" if os.WEXITSTATUS(status) else "lived", flush=True)  # noqa: T201


@lru_cache(1)
def rehearsed(url: str, deed: str, who: int, subject: int) -> Database:
    """A database with no connection, whose children need not compile the deed's SQL: it was done once here, and undone."""
    db = Database(url)
    with Session(db.writer) as session:
        DEEDS[deed](session, who, subject)
        session.flush()
        session.rollback()
    db.writer.dispose()
    return db


def do(db: Database, deed: str, who: int, subject: int, where: int) -> None:
    """One deed, unless the process is killed in it."""
    die_at(db, where)
    try:
        db.write_now(DEEDS[deed], who, subject)
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    if where == -2:
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    approve(sys.argv[2], int(sys.argv[3])) if sys.argv[1] == "approve" else killed()
