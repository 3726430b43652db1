"""A book of a million entries on SQLite: the balance of one account, a new entry, and reading all of it with flat memory."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
if __name__ == "__main__":
    sys.path[:0] = [str(HERE), str(HERE.parents[1])]

import psutil  # noqa: E402 (the path comes first where this file is run by itself)
from measure import Result  # noqa: E402

from bot import ledger  # noqa: E402
from bot.db import Database  # noqa: E402
from bot.ledger import CASH, EXPENSE, Movement, clearing, payable  # noqa: E402
from bot.migrations import upgrade  # noqa: E402
from bot.money import Money  # noqa: E402

ENTRIES = 1_000_000
PEOPLE = 20_000
RUN = 1_000  # bonuses in a pay run
MOMENT = datetime(2026, 3, 2, 9, tzinfo=UTC)
ASKED = 2_000


async def run() -> AsyncIterator[Result]:
    """Fill a book, then ask it. What reads the whole book is a process of its own, whose memory is its own."""
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "book.db"
        url = f"sqlite:///{file}"
        upgrade(url)
        seconds = fill(file)
        yield Result("a million entries filled in (bulk)", seconds, None, None, "s", "", None)
        for result in _asked(url):
            yield result
        found = await _read_whole(url)
    assert found["entries"] >= ENTRIES and not found["reason"], found
    yield Result("verify, a million entries", found["seconds"], None, None, "s", "< 30", found["seconds"] < 30)
    yield Result("verify, memory it takes", found["grown"], None, None, "MB", "< 20 (flat)", found["grown"] < 20)


def _asked(url: str) -> Iterator[Result]:
    db = Database(url)
    try:
        accounts = [EXPENSE, CASH, *(payable(1 + i * 7 % PEOPLE) for i in range(ASKED - 2))]
        spent = _timed(lambda n: db.read_now(ledger.balance, accounts[n % 4 and n], "EUR"), ASKED)  # every fourth asks for the busiest of all
        yield Result("balance of one account, p99", _p99(spent), None, None, "ms", "< 20", _p99(spent) < 20)
        spent = _timed(lambda n: db.write_now(ledger.post, MOMENT, Movement(f"bench:{n}", EXPENSE, payable(1), Money(100, "EUR"), "bonus", n)), 300)
        yield Result("one more entry, fsync included, p99", _p99(spent), None, None, "ms", "", None)
    finally:
        db.close()


def _timed(deed: Any, times: int) -> list[float]:
    spent = []
    for n in range(times):
        began = time.perf_counter()
        deed(n)
        spent.append(1000 * (time.perf_counter() - began))
    return spent


def _p99(spent: list[float]) -> float:
    return sorted(spent)[int(0.99 * len(spent))]


async def _read_whole(url: str) -> dict[str, Any]:
    child = await asyncio.create_subprocess_exec(sys.executable, __file__, url, stdout=asyncio.subprocess.PIPE)
    out, _ = await child.communicate()
    assert child.returncode == 0, child.returncode
    return dict(json.loads(out))


def _verify(url: str) -> None:
    db, me = Database(url), psutil.Process()
    db.read_now(ledger.balance, EXPENSE, "EUR")  # what opening a database takes is not what reading takes
    before, began = me.memory_full_info().uss, time.perf_counter()
    verdict = db.read_now(ledger.verify)
    seconds = time.perf_counter() - began
    grown = (me.memory_full_info().uss - before) / 2**20
    print(json.dumps({"entries": verdict.entries, "reason": verdict.reason, "seconds": seconds, "grown": grown}))  # noqa: T201


def fill(file: Path, entries: int = ENTRIES) -> float:
    """Bonuses promised, handed to payroll and paid, as `post_many` would have written them; returns the seconds it took."""
    began = time.perf_counter()
    with closing(sqlite3.connect(file, isolation_level=None)) as raw:
        raw.executescript("PRAGMA synchronous=OFF; PRAGMA cache_size=-200000; BEGIN")
        raw.executemany("INSERT INTO ledgerentry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", _rows(entries))
        (last,) = raw.execute("SELECT hash FROM ledgerentry ORDER BY id DESC LIMIT 1").fetchone()
        raw.execute("INSERT INTO ledgerhead (id, entries, hash) VALUES (1, ?, ?)", (entries, last))
        raw.execute(
            "INSERT INTO ledgeraccount (account, currency, debit_minor, credit_minor) SELECT account, currency, sum(debit), sum(credit) FROM "
            "(SELECT debit_account AS account, currency, amount_minor AS debit, 0 AS credit FROM ledgerentry "
            "UNION ALL SELECT credit_account, currency, 0, amount_minor FROM ledgerentry) GROUP BY account, currency"
        )
        raw.execute("COMMIT")
    return time.perf_counter() - began


def _rows(entries: int) -> Iterator[tuple[object, ...]]:
    last, stored = ledger.GENESIS, MOMENT.strftime("%Y-%m-%d %H:%M:%S.%f")
    for number in range(1, entries + 1):
        key, debit, credit, bonus = _movement(number - 1)
        plain = (number, key, debit, credit, 10_000 + bonus % 90_000, "EUR", None, "bonus", bonus)
        own = ledger.digest(*plain, MOMENT, last)
        yield (*plain, stored, last, own)
        last = own


def _movement(n: int) -> tuple[str, str, str, int]:
    """Three movements of each bonus, a run at a time: all promised, all handed over, all paid."""
    block, place = divmod(n, 3 * RUN)
    step, in_run = divmod(place, RUN)
    bonus = block * RUN + in_run + 1
    owed, handed = payable(1 + bonus % PEOPLE), clearing(block + 1)
    if step == 0:
        return f"referral:{bonus}:hired:share:1:part:1", EXPENSE, owed, bonus
    if step == 1:
        return f"bonus:{bonus}:exported:run:{block + 1}", owed, handed, bonus
    return f"bonus:{bonus}:paid:run:{block + 1}", handed, CASH, bonus


if __name__ == "__main__":
    _verify(sys.argv[1])
