"""kill -9 at every write point of everything that moves a bonus or its money: all of it happened, or nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from bonus_world import World, make_world
from conftest import START, add_person
from sqlalchemy import text

from bot import ledger, settings
from bot.bonuses import payruns
from bot.db import Database
from bot.errors import Refusal

CHILD = str(Path(__file__).parents[2] / "bonus_children.py")
Doomed = Callable[[str, int, int, int], bool]
# deed -> the entries that it leaves in the ledger
DEEDS = {
    "hire": 2, "approve": 0, "close": 1, "pay": 1, "pay_by_file": 1, "send_back": 1, "divide": 6, "correct": 4, "leave": 2, "void": 1, "time": 0, "ask_back": 1,
}  # fmt: skip
ALWAYS = ("hire", "approve", "close", "pay")  # on PostgreSQL too; the rest there by `make soak`, since each write is a process of its own
TABLES = (
    "bonus", "bonusapproval", "ledgerentry", "ledgerhead", "ledgeraccount", "auditentry", "delivery", "payrun", "payrunline", "payrunfile", "referral",
    "referralshare",
)  # fmt: skip


@pytest.fixture
def world(db: Database) -> World:
    return make_world(db)


def prepared(world: World, deed: str) -> tuple[int, int]:
    """Everything up to the deed: (who does it, to what)."""
    newcomer = None if deed == "leave" else add_person(world.db, "Uusi Tulija")
    referral = world.refer(world.plan((0, "100.00"), (10, "400.00")), hired=newcomer)
    add_person(world.db, "Bo Ek")  # the newest in the directory: half of what is divided is theirs
    if deed in ("hire", "correct", "divide"):
        if deed != "hire":
            world.hire(referral, date(2026, 3, 2))
        return (world.hr if deed == "divide" else world.recruiter).id or 0, referral
    first, _ = world.hire(referral, date(2026, 3, 2))
    world.morning(date(2026, 3, 2))
    world.morning(date(2026, 3, 2))
    if deed in ("approve", "leave", "void", "time"):
        return world.hr.id or 0, first.id or 0
    world.approve(world.bonus(first.id))
    return _with_payroll(world, deed, first.id or 0)


def _with_payroll(world: World, deed: str, bonus: int) -> tuple[int, int]:
    if deed == "close":
        return world.payroll.id or 0, 0
    run = world.close_run().id or 0
    if deed == "ask_back":
        world.db.write_now(payruns.pay, START, world.payroll.id, run)
        world.db.write_now(settings.put, START, world.hr.id, "bonus.clawback_days", 30)
        return world.hr.id or 0, bonus
    return world.payroll.id or 0, bonus if deed == "send_back" else run


def everything(world: World) -> dict[str, list[tuple[object, ...]]]:
    """All that a deed could have written."""
    return {t: sorted(map(tuple, world.db.read_now(lambda s, t=t: s.execute(text(f"SELECT * FROM {t}")).all())), key=repr) for t in TABLES}


@pytest.fixture(scope="module")
def children() -> Iterator[subprocess.Popen[str]]:
    """The process whose children are killed: one for all tests, since it keeps no connection and is told the database each time."""
    process = subprocess.Popen([sys.executable, CHILD, "killed"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin and process.stdout
    yield process
    process.stdin.close()
    assert process.wait(timeout=30) == 0
    process.stdout.close()


@pytest.fixture
def doomed(world: World, children: subprocess.Popen[str]) -> Callable[[str, int, int, int], bool]:
    """Does a deed in a process that is killed at a write; False when it came to its end, since there were fewer."""

    def do(deed: str, who: int, subject: int, where: int) -> bool:
        print(world.db.url, deed, who, subject, where, file=children.stdin, flush=True)
        answer = children.stdout.readline().strip() if children.stdout else ""
        assert answer in ("killed", "lived"), answer
        return answer == "killed"

    return do


@pytest.mark.timeout(300)
@pytest.mark.parametrize("deed", DEEDS)
def test_killed_before_any_of_its_writes_it_leaves_no_trace_and_can_be_done_again(world: World, doomed: Doomed, deed: str) -> None:
    if world.db.url.startswith("postgresql") and deed not in ALWAYS and not os.environ.get("VINKKI_SOAK"):
        pytest.skip("on PostgreSQL by `make soak`")
    who, subject = prepared(world, deed)
    before, where = everything(world), 1
    assert doomed(deed, who, subject, -1) and everything(world) == before, "killed at the commit"
    while doomed(deed, who, subject, where):
        assert everything(world) == before, f"half of it was there after write {where}"
        where += 1
    assert where > 2, "there were several writes to be killed at"
    after = everything(world)
    assert after != before and world.db.read_now(ledger.verify).is_sound, "the last one lived, and did it once"
    assert len(after["ledgerentry"]) - len(before["ledgerentry"]) == DEEDS[deed]


def test_killed_after_the_commit_it_is_all_there_and_not_done_twice(world: World, doomed: Doomed) -> None:
    who, subject = prepared(world, "close")
    assert doomed("close", who, subject, -2)
    run = world.db.read_now(payruns.by_number, 1)
    assert run and run.bonus_count == 1 and world.owed() == 40_000 and world.db.read_now(ledger.verify).is_sound
    with pytest.raises(Refusal):
        world.db.write_now(payruns.close, START, who, "EUR")
