"""What the referrer waits for, among 100,000 people, 20,000 referrals and 2,000 openings on SQLite: an opening found by typing, the
answer to the form of `/refer`, and `/referrals`; through the desks, as every platform asks."""

from __future__ import annotations

import json
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path

from measure import KEY, Result

from bot import desks, plans
from bot.db import Database
from bot.desks import Deployment
from bot.messages import Caller, Command, Correct, Event, Heard, Lookup, Offer, Show, Submission
from bot.migrations import upgrade
from bot.money import Money
from bot.openings import finding
from bot.plans import Instalment, PlanDraft
from bot.vault import Vault

PEOPLE, REFERRALS, OPENINGS = 100_000, 20_000, 2_000
MOMENT = datetime(2026, 3, 2, 9, tzinfo=UTC)
ASKED = 600
TITLES = ("Ingeniör", "Kehittäjä", "Sähköasentaja", "Data engineer", "Service manager", "Straßenplaner", "Controller", "Lærling", "Projektledare", "Captain")
PLACES = ("Turku", "Åbo", "Jyväskylä", "København", "Malmö", "Göteborg", "Łódź", "Helsinki")
TYPED = ("ingen", "kehitt", "sahko", "jyvaskyla dev", "engineer abo", "e", "", "kobenhavn lær", "strasse", "1999", "data 100%", "service malmo", "nothing")
STAGES = ("confirmed", "taken", "contacted", "interviewing", "offered", "rejected", "hired", "withdrawn")


async def run() -> AsyncIterator[Result]:
    """Fill a deployment, then ask."""
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "crowd.db"
        upgrade(f"sqlite:///{file}")
        db, deployment = Database(f"sqlite:///{file}"), _deployment()
        try:
            plan = db.write_now(plans.adopt, MOMENT, None, PlanDraft("Standard", (Instalment(90, Money(50_000, "EUR")),), is_default=True))
            seconds = fill(file, deployment.vault, plan.id or 0)
            yield Result("100,000 people, 20,000 referrals, 2,000 openings", seconds, None, None, "s", "", None)
            for what, goal, heard in (
                ("an opening found by typing, p99", 50, [Lookup("openings", text) for text in TYPED]),
                ("the answer to /refer's form, p99", 100, list(_forms())),
                ("/referrals, p99", 100, [Command("referrals")]),
            ):
                spent = await _asked(db, deployment, heard)
                worst = _p99(spent)
                yield Result(what, worst, None, None, "ms", f"< {goal}", worst < goal)
        finally:
            db.close()


def _deployment() -> Deployment:
    numbers = iter(range(10**9))
    return Deployment("https://vinkki.example", "Meri Oy", "EUR", "Europe/Helsinki", "en", Vault(KEY), lambda: f"token{next(numbers):020d}")


def _forms() -> Iterator[Submission]:
    for n in range(50):
        yield Submission("refer.link", "", {"opening": str(1 + n * 37 % OPENINGS), "opening_2": str(1 + n * 41 % OPENINGS), "opening_3": "", "language": "fi"})


async def _asked(db: Database, deployment: Deployment, heard: Sequence[Heard]) -> list[float]:
    """Milliseconds of each answer; those who ask have referred twenty people each. The first ones warm up and do not count."""
    spent = []
    for n in range(ASKED + 50):
        event = Event(f"{heard[0]}:{n}"[:80], Caller("portal", "", str(1 + n % (REFERRALS // 20))), heard[n % len(heard)])
        began = time.perf_counter()
        reply = await desks.hear(db, deployment, event, MOMENT)
        spent.append(1000 * (time.perf_counter() - began))
        assert isinstance(reply.answer, Offer | Show) and not isinstance(reply.answer, Correct), reply.answer
    return spent[50:]


def _p99(spent: list[float]) -> float:
    return sorted(spent)[int(0.99 * len(spent))]


def fill(file: Path, vault: Vault, plan_id: int) -> float:
    """The rows, as the desks would have written them, put in at once; returns the seconds it took."""
    began = time.perf_counter()
    at = MOMENT.strftime("%Y-%m-%d %H:%M:%S.%f")
    later = (MOMENT + timedelta(days=180)).strftime("%Y-%m-%d %H:%M:%S.%f")
    with closing(sqlite3.connect(file, isolation_level=None)) as raw:
        raw.executescript("PRAGMA synchronous=OFF; PRAGMA foreign_keys=OFF; BEGIN")
        _put(raw, "person", ({"id": n, "name": f"Person {n}", "email": f"p{n}@meri.example", "enrolled_at": at, "locale": "fi", "manager_id": n // 10 or None}
                             for n in range(1, PEOPLE + 1)))  # fmt: skip
        _put(raw, "identity", ({"id": n, "person_id": n, "platform": "portal", "user": str(n), "verified_by": "admin", "seen_at": at}
                               for n in range(1, PEOPLE + 1)))  # fmt: skip
        _put(raw, "jobopening", (_opening(n, at, plan_id) for n in range(1, OPENINGS + 1)))
        _put(raw, "referrallink", ({"id": n, "token": f"link{n:020d}", "person_id": 1 + n % (REFERRALS // 20), "opening_id": 1 + n % OPENINGS,
                                    "others": str(n), "created_at": at, "expires_at": later} for n in range(1, REFERRALS + 1)))  # fmt: skip
        _candidates(raw, vault, at, plan_id)
        raw.execute("COMMIT")
        raw.execute("ANALYZE")
    return time.perf_counter() - began


def _opening(n: int, at: str, plan_id: int) -> dict[str, object]:
    title, place = f"{TITLES[n % 10]} {n}", PLACES[n % 8]
    return {"id": n, "title": title, "location": place, "department": f"Osasto {n % 40}", "plan_id": plan_id, "is_open": n % 5 > 0 or n < 10, "created_at": at,
            "search": finding.searchable(title, f"Osasto {n % 40}", place, "FI")}  # fmt: skip


def _candidates(raw: sqlite3.Connection, vault: Vault, at: str, plan_id: int) -> None:
    from cryptography.fernet import Fernet

    key = Fernet.generate_key()
    locked = vault.seal(key.decode())
    sealed = Fernet(key).encrypt(json.dumps({"name": "Maija Meikäläinen", "email": "maija@example.com"}).encode()).decode()
    numbers = range(1, REFERRALS + 1)
    _put(raw, "vaultkey", ({"owner": f"candidate:{n}", "locked": locked} for n in numbers))
    _put(raw, "candidate", ({"id": n, "token_hash": f"hash{n}", "sealed": sealed, "referrer_may_see": n % 3 > 0, "created_at": at} for n in numbers))
    _put(raw, "referral", ({"id": n, "link_id": n, "referrer_id": 1 + n % (REFERRALS // 20), "candidate_id": n, "opening_id": 1 + n % OPENINGS,
                            "stage": STAGES[n % len(STAGES)], "stage_since": at, "confirmed_at": at, "confirmed_on": at[:10], "plan_id": plan_id,
                            "nonce": f"nonce{n}"}
                           for n in numbers))  # fmt: skip


def _put(raw: sqlite3.Connection, table: str, rows: Iterator[dict[str, object]]) -> None:
    """Insert rows; columns that are not given get the empty value of their type, as the models would give them."""
    first = next(rows)
    columns = raw.execute(f"PRAGMA table_info({table})").fetchall()
    empty = {name: (0 if "INT" in kind or "BOOL" in kind else "") for _, name, kind, is_needed, default, is_key in columns if is_needed and default is None}
    empty |= {"version": 1} if "version" in empty else {}
    empty |= {name: 1 for name in ("is_live", "is_open") if name in empty}
    empty |= {"time_zone": "Europe/Helsinki", "kind": "employee"} if table == "person" else {}
    names = list({**empty, **first})
    marks = ", ".join("?" for _ in names)
    statement = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})"
    raw.executemany(statement, ([{**empty, **row}[name] for name in names] for row in chain((first,), rows)))
