"""Two people press at once, on both databases: one wins, the other is told by whom, and no cent moves twice."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from bonus_children import approve_all
from bonus_world import World, make_world
from conftest import START, add_person
from sqlalchemy import insert, text
from sqlmodel import Session, col, select

from bot import bonuses, ledger
from bot.audit import AuditEntry
from bot.bonuses import Bonus, PayRun, PayRunLine
from bot.bonuses.moves import accrual
from bot.db import Database
from bot.errors import Refusal, Stale

CHILD = str(Path(__file__).parents[2] / "bonus_children.py")


@pytest.fixture
def world(db: Database) -> World:
    return make_world(db)


def at_once(*deeds: Callable[[], object]) -> list[object]:
    """Run deeds in threads of their own that start together; returns each one's result or the refusal it met, in order."""
    gate, results = threading.Barrier(len(deeds)), [None] * len(deeds)

    def run(place: int, deed: Callable[[], object]) -> None:
        gate.wait(timeout=30)
        try:
            results[place] = deed()
        except Refusal as e:
            results[place] = e

    threads = [threading.Thread(target=run, args=(n, deed)) for n, deed in enumerate(deeds)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(timeout=240)
    return list(results)


def eligible(world: World, count: int) -> list[Bonus]:
    newcomer = add_person(world.db, "Uusi Tulija")
    plan = world.plan((0, "500"))
    made = [world.hire(world.refer(plan, hired=newcomer), date(2026, 3, 2))[0] for _ in range(count)]
    world.morning(date(2026, 3, 2))
    world.morning(date(2026, 3, 2))
    return [world.bonus(b.id) for b in made]


def test_of_two_approvers_one_wins_and_the_other_is_told_by_whom(world: World) -> None:
    for bonus in eligible(world, 12):
        results = at_once(lambda b=bonus: world.approve(b, world.hr), lambda b=bonus: world.approve(b, world.other_hr))
        (loser,) = (r for r in results if isinstance(r, Refusal))
        winner = world.other_hr if isinstance(results[0], Refusal) else world.hr
        assert isinstance(loser, Stale) and loser.params["name"] == winner.name and loser.params["at"] == START
        history = world.db.read_now(lambda s, b=bonus: [e.what for e in bonuses.explain(s, b.id).events])
        assert history == ["bonus.accrued", "bonus.waiting", "bonus.eligible", "bonus.approved"]


def test_two_pay_runs_at_once_never_hold_the_same_bonus(world: World) -> None:
    for bonus in eligible(world, 20):
        world.approve(bonus)
    runs = at_once(*(lambda: world.close_run() for _ in range(3)))
    closed = [r for r in runs if isinstance(r, PayRun)]
    assert [r.key for r in runs if isinstance(r, Refusal)] == ["payruns.empty"] * (3 - len(closed))
    lines = world.db.read_now(lambda s: s.exec(select(PayRunLine.bonus_id)).all())
    assert len(lines) == len(set(lines)) == 20 and sum(r.bonus_count for r in closed) == 20
    assert world.owed() == 0 and world.db.read_now(ledger.verify).is_sound


def test_a_run_closed_while_bonuses_are_approved_takes_each_once(world: World) -> None:
    ready = eligible(world, 8)
    approvals = [lambda b=b: world.approve(b) for b in ready]
    at_once(*approvals, lambda: world.close_run(), lambda: world.close_run())
    last = at_once(lambda: world.close_run())
    states = [world.bonus(b.id).state for b in ready]
    assert states == ["exported"] * 8, last
    numbers = world.db.read_now(lambda s: sorted(s.exec(select(PayRun.number)).all()))
    assert numbers == list(range(1, len(numbers) + 1))
    assert sum(r.amount_minor for r in world.db.read_now(lambda s: s.exec(select(PayRunLine)).all())) == 400_000


def test_a_run_is_paid_once(world: World) -> None:
    for bonus in eligible(world, 3):
        world.approve(bonus)
    run = world.close_run()
    pay = [lambda who=who: world.db.write_now(bonuses.payruns.pay, START, who.id, run.id) for who in (world.payroll, world.hr)]
    results = at_once(*pay)
    (loser,) = (r for r in results if isinstance(r, Stale))
    assert loser.key == "payruns.paid_already" and loser.params["name"] in ("Pirjo Laine", "Hilla Rinne")
    assert world.db.read_now(ledger.balance, "cash", "EUR") == -150_000


def test_approving_and_holding_at_once_leaves_one_of_the_two(world: World) -> None:
    for bonus in eligible(world, 6):
        results = at_once(
            lambda b=bonus: world.approve(b),
            lambda b=bonus: world.db.write_now(bonuses.hold, START, world.other_hr.id, b.id, b.version, "hr_question"),
        )
        assert len([r for r in results if isinstance(r, Stale)]) == 1
        assert world.bonus(bonus.id).state in ("approved", "held")


def test_the_clock_ticking_twice_at_once_raises_each_bonus_once(world: World) -> None:
    plan = world.plan((90, "500"))
    made = [world.hire(world.refer(plan), date(2026, 3, 2))[0] for _ in range(10)]
    world.morning(date(2026, 3, 2))
    at_once(*(lambda: world.db.write_now(bonuses.raise_due, START, date(2026, 5, 31)) for _ in range(3)))
    world.morning(date(2026, 5, 31))
    assert {(world.bonus(b.id).state, world.bonus(b.id).version) for b in made} == {("held", 3)}


def test_hires_at_once_stand_in_one_line(world: World) -> None:
    plan = world.plan((90, "500"))
    referrals = [world.refer(plan) for _ in range(6)]
    at_once(*(lambda r=r: world.hire(r, date(2026, 3, 2)) for r in referrals))
    assert world.owed() == 300_000 and world.db.read_now(ledger.verify) == ledger.Verdict(6)


def test_the_same_hire_written_down_twice_at_once_counts_once(world: World) -> None:
    referral = world.refer(world.plan((90, "500")))
    at_once(*(lambda: world.hire(referral, date(2026, 3, 2)) for _ in range(4)))
    assert len(world.bonuses(referral)) == 1 and world.owed() == 50_000


MANY = 1000


def cards_of(world: World, count: int) -> list[tuple[int, int]]:
    """So many bonuses that wait for approval, as two people see them: (number, version). Copied in bulk from one that went the usual way."""
    (model,) = eligible(world, 1)

    def copy(session: Session) -> list[tuple[int, int]]:
        plain = {c.name: getattr(model, c.name) for c in Bonus.__table__.columns if c.name != "id"}  # type: ignore[attr-defined]
        session.execute(insert(Bonus), [plain | {"share_no": 2 + n} for n in range(count)])
        made = list(session.exec(select(Bonus).where(Bonus.share_no > 1).order_by(col(Bonus.id))))
        ledger.post_many(session, START, [accrual(b) for b in made])
        session.execute(insert(AuditEntry), [{"at": START, "what": "bonus.eligible", "subject": "bonus", "subject_id": b.id, "detail": ""} for b in made])
        return [(b.id or 0, b.version) for b in made]

    return world.db.write_now(copy)


def none_twice(world: World, cards: list[tuple[int, int]], won: dict[str, set[int]], lost: dict[str, dict[int, str]]) -> None:
    """Each bonus has one winner and one approval on record; whoever lost was told by whom."""
    ids = {bonus for bonus, _ in cards}
    (first, second), names = won.values(), list(won)
    assert first | second == ids and not first & second
    for loser, winner in (names, names[::-1]):
        assert lost[loser] == dict.fromkeys(won[winner], winner), "the loser is told by whom"
    twice = "SELECT subject_id FROM auditentry WHERE what = 'bonus.approved' GROUP BY subject_id HAVING count(*) > 1"
    assert world.db.read_now(lambda s: s.execute(text(twice)).all()) == []
    states = world.db.read_now(lambda s: s.execute(text("SELECT state, count(*) FROM bonus WHERE share_no > 1 GROUP BY state")).all())
    assert [tuple(r) for r in states] == [("approved", MANY)] and world.db.read_now(ledger.verify).is_sound


def sorted_out(results: list[dict[str, Any]]) -> tuple[set[int], dict[int, str]]:
    """What somebody won, and by whom the rest was taken."""
    assert {r["key"] for r in results} <= {"", "bonuses.overtaken"}
    return {r["bonus"] for r in results if not r["key"]}, {r["bonus"]: r["name"] for r in results if r["key"]}


@pytest.mark.timeout(300)
def test_a_thousand_approved_by_two_threads_at_once_and_none_twice(world: World) -> None:
    cards = cards_of(world, MANY)
    pair = (world.hr, world.other_hr)
    # one begins at the front and one at the back, so that they meet; each gets through to the end
    results = at_once(*(lambda p=p, c=c: approve_all(world.db, p.id or 0, c) for p, c in zip(pair, (cards, cards[::-1]), strict=True)))
    found = {p.name: sorted_out(r) for p, r in zip(pair, results, strict=True)}  # type: ignore[arg-type]
    none_twice(world, cards, {name: won for name, (won, _) in found.items()}, {name: lost for name, (_, lost) in found.items()})


@pytest.mark.timeout(300)
def test_a_thousand_approved_by_two_processes_at_once_and_none_twice(world: World) -> None:
    cards = cards_of(world, MANY)
    pair, command = (world.hr, world.other_hr), [sys.executable, CHILD, "approve", world.db.url]
    children = [subprocess.Popen([*command, str(p.id)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for p in pair]
    for child in children:
        assert child.stdin and child.stdout
        print(json.dumps(cards), file=child.stdin, flush=True)
        assert child.stdout.readline() == "ready\n"
    for child in children:
        print("go", file=child.stdin, flush=True)
    results = [json.loads(child.communicate(timeout=240)[0]) for child in children]
    found = {p.name: sorted_out(r) for p, r in zip(pair, results, strict=True)}
    none_twice(world, cards, {name: won for name, (won, _) in found.items()}, {name: lost for name, (_, lost) in found.items()})
