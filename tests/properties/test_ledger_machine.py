"""Bonuses and the ledger under whatever people and time may do, in any order: the invariants hold after every step.

A hypothesis state machine over the real code on SQLite in memory. `VINKKI_SOAK=1` runs it long. The mutants at the end are
faults put in on purpose: a machine that misses them would prove nothing.
"""

from __future__ import annotations

import dataclasses
import os
import sqlite3
from collections import defaultdict, namedtuple
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from bonus_world import ZONE, World, make_world
from conftest import add_person
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule, run_state_machine_as_test
from sqlalchemy import create_engine, event
from sqlalchemy.pool import StaticPool
from sqlmodel import Session

from bot import bonuses, ledger
from bot.bonuses import MOVES, OWED, Share, moves, payruns
from bot.errors import Refusal
from bot.money import Money

SOAK = bool(os.environ.get("VINKKI_SOAK"))
BUDGET = settings(
    max_examples=2000 if SOAK else 20, stateful_step_count=50 if SOAK else 25, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True,
    phases=list(Phase) if SOAK else [Phase.explicit, Phase.reuse, Phase.generate],
)  # fmt: skip
DAY_ONE = date(2026, 3, 2)
PEOPLE = 4


@cache
def row_type(names: tuple[str, ...]) -> Callable[..., Any]:
    """Rows with names; made once per query, since making a class is slow."""
    return namedtuple("Row", names, rename=True)  # type: ignore[misc]


class MemoryDatabase:
    """The few things of Database that the world uses, on one connection in memory."""

    is_sqlite = True

    def __init__(self, template: sqlite3.Connection) -> None:
        self.engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)

        @event.listens_for(self.engine, "connect")
        def _connect(dbapi: Any, _record: Any) -> None:
            template.backup(dbapi)
            self.raw = dbapi
            dbapi.isolation_level = None
            dbapi.execute("PRAGMA foreign_keys=ON")
            dbapi.execute("PRAGMA recursive_triggers=ON")

        @event.listens_for(self.engine, "begin")
        def _begin(connection: Any) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    @property
    def writer(self) -> Any:
        return self.engine

    def write_now(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            return fn(session, *args, **kwargs)

    def read_now(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        with Session(self.engine, expire_on_commit=False) as session:
            return fn(session, *args, **kwargs)

    def rows(self, query: str) -> list[Any]:
        """Rows by plain SQL, past the code under test."""
        cursor = self.raw.execute(query)
        make = row_type(tuple(c[0] for c in cursor.description))
        return [make(*values) for values in cursor]


TEMPLATE: dict[str, sqlite3.Connection] = {}
COMPANY: dict[str, Any] = {}
HR_DEEDS = st.sampled_from(["approve", "confirm", "hold", "void", "refuse"])
OWN = -1  # the beneficiary acts
DEEDS = st.sampled_from(["approve", "approve", "approve", "confirm", "confirm", "refuse", "hold", "void", "send_back"])
actors = st.sampled_from([0, 0, 0, 1, 2, 3, OWN])
people = st.integers(0, PEOPLE - 1)


class LedgerMachine(RuleBasedStateMachine):
    made = Bundle("made")  # bonus ids
    runs = Bundle("runs")

    @initialize(parts=st.lists(st.tuples(st.integers(0, 60), st.integers(1, 100_000)), min_size=1, max_size=3, unique_by=lambda p: p[0]))
    def company(self, parts: list[tuple[int, int]]) -> None:
        self.db = MemoryDatabase(TEMPLATE["company"])
        self.world: World = dataclasses.replace(COMPANY["world"], db=self.db)
        self.people, self.newcomers = COMPANY["people"], COMPANY["newcomers"]
        self.actors = [self.world.hr, self.world.other_hr, self.world.payroll, self.world.recruiter]
        self.plan = self.world.plan(*((days, f"{minor // 100}.{minor % 100:02d}") for days, minor in sorted(parts)))
        self.total = sum(minor for _, minor in parts)
        self.today, self.entries, self.last_hash = DAY_ONE, 0, ledger.GENESIS
        self.audited = 0
        self.state: dict[int, str] = {}
        self.files: dict[int, str] = {}

    def now(self) -> datetime:
        return datetime(self.today.year, self.today.month, self.today.day, 9, tzinfo=UTC)

    def attempt(self, deed: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Do something as somebody; a refusal is an answer and leaves no trace (the invariants see to that)."""
        with suppress(Refusal):
            return self.db.write_now(deed, *args, **kwargs)
        return None

    @rule(
        target=made, who=st.lists(people, min_size=1, max_size=3, unique=True), weights=st.lists(st.integers(1, 100), min_size=3, max_size=3),
        newcomer=st.sampled_from([None, 0, 1, 2]), days=st.integers(0, 60),
    )  # fmt: skip
    def hire(self, who: list[int], weights: list[int], newcomer: int | None, days: int) -> Any:
        shares = [Share(self.people[p].id or 0, w) for p, w in zip(who, weights, strict=False)]
        hired = None if newcomer is None else self.newcomers[newcomer]
        referral = self.world.refer(self.plan, self.people[who[0]], hired=hired)
        start_on = self.today + timedelta(days=days)
        before = len(self.db.rows("SELECT 1 FROM ledgerentry"))
        for _ in range(2):  # a webhook comes twice
            self.db.write_now(bonuses.hire, self.now(), self.world.recruiter.id, referral, start_on, ZONE, shares=shares)
        made = self.db.rows(f"SELECT id, amount_minor FROM bonus WHERE referral_id = {referral}")
        accrued = len(self.db.rows("SELECT 1 FROM ledgerentry WHERE reverses_id IS NULL")) - len(
            self.db.rows(f"SELECT 1 FROM ledgerentry WHERE reverses_id IS NULL AND id <= {before}")
        )
        assert accrued == len(made) and sum(r.amount_minor for r in made) == self.total, "shares sum to the whole to the cent"
        return multiple(*(r.id for r in made))

    @rule(days=st.integers(1, 45))
    def time_passes(self, days: int) -> None:
        self.today += timedelta(days=days)
        self.morning(self.today)

    @rule(back=st.integers(1, 60))
    def the_clock_jumps_back(self, back: int) -> None:
        before = self.db.rows("SELECT id, state FROM bonus WHERE state IN ('eligible', 'held', 'approved', 'exported', 'paid')")
        self.morning(self.today - timedelta(days=back))
        after = self.db.rows("SELECT id, state FROM bonus WHERE state IN ('eligible', 'held', 'approved', 'exported', 'paid')")
        assert set(after) <= set(before), "time going backwards makes no money appear"

    def morning(self, day: date) -> None:
        for step in (bonuses.start_waiting, bonuses.drop_leavers, bonuses.raise_due):
            self.db.write_now(step, self.now(), day)

    @rule(bonus=made, actor=actors, deed=DEEDS)
    def decide(self, bonus: int, actor: int, deed: str) -> None:
        self.press(bonus, self.seen(bonus)[1], actor, deed)

    @rule(bonus=made, first=st.tuples(st.just(0), HR_DEEDS), second=st.tuples(st.just(1), HR_DEEDS))
    def two_press_on_the_same_card(self, bonus: int, first: tuple[int, str], second: tuple[int, str]) -> None:
        card = self.seen(bonus)
        self.press(bonus, card[1], *first)
        after = self.seen(bonus)
        self.press(bonus, card[1], *second)
        assert after == card or self.seen(bonus) == after, "an old card has no effect"

    def seen(self, bonus: int) -> tuple[str, int, int]:
        """State, version and beneficiary."""
        (row,) = self.db.rows(f"SELECT state, version, beneficiary_id FROM bonus WHERE id = {bonus}")
        return tuple(row)

    def press(self, bonus: int, version: int, actor: int, deed: str) -> None:
        who = self.seen(bonus)[2] if actor == OWN else self.actors[actor].id
        match deed:
            case "confirm":
                self.attempt(bonuses.confirm, self.now(), who, bonus, version, self.today)
            case "hold":
                self.attempt(bonuses.hold, self.now(), who, bonus, version, "hr_question")
            case "send_back":
                self.attempt(payruns.send_back, self.now(), who, bonus, version)
            case _:
                self.attempt(getattr(moves, deed), self.now(), who, bonus, version)

    @rule(target=runs, actor=actors)
    def the_month_ends(self, actor: int) -> Any:
        """Somebody works through everything that waits, and payroll closes a run: otherwise few examples would come this far."""
        for b in self.db.rows("SELECT id, version, state FROM bonus WHERE state IN ('eligible', 'held') LIMIT 5"):
            self.press(b.id, b.version, actor, "approve" if b.state == "eligible" else "confirm")
        return self.close_run(2)

    @rule(target=runs, actor=st.integers(0, 3))
    def close_run(self, actor: int) -> Any:
        run = self.attempt(payruns.close, self.now(), self.actors[actor].id, "EUR")
        return multiple() if run is None else run.id

    @rule(run=runs, actor=st.integers(0, 3))
    def pay_run(self, run: int, actor: int) -> None:
        self.attempt(payruns.pay, self.now(), self.actors[actor].id, run)

    @rule(run=consumes(runs))
    def pay_a_run_twice(self, run: int) -> None:
        for actor in (0, 2):
            self.attempt(payruns.pay, self.now(), self.actors[actor].id, run)

    @rule(who=st.integers(0, PEOPLE - 2), newcomer=st.sampled_from([None, 0, 1, 2]), ahead=st.integers(-5, 60), field=st.sampled_from(["end_on", "notice_on"]))
    def somebody_leaves(self, who: int, newcomer: int | None, ahead: int, field: str) -> None:
        person = self.people[who] if newcomer is None else self.newcomers[newcomer]
        self.world.change(person, **{field: self.today + timedelta(days=ahead)})

    @invariant()
    def the_money_is_where_the_states_say(self) -> None:
        """3, 4 and 14 of facts/reliability.md §4, per person and per run."""
        if not hasattr(self, "db"):
            return
        balance: dict[str, int] = defaultdict(int)
        for e in self.db.rows("SELECT debit_account, credit_account, amount_minor FROM ledgerentry"):
            balance[e.debit_account] += e.amount_minor
            balance[e.credit_account] -= e.amount_minor
        expected: dict[str, int] = defaultdict(int)
        for b in self.db.rows("SELECT b.state, b.amount_minor, b.beneficiary_id, r.number FROM bonus b LEFT JOIN payrun r ON r.id = b.pay_run_id"):
            if b.state in OWED:
                expected[f"payable:person:{b.beneficiary_id}"] -= b.amount_minor
            if b.state == "exported":
                expected[f"payroll_clearing:run:{b.number}"] -= b.amount_minor
            if b.state == "paid":
                expected["cash"] -= b.amount_minor
            if b.state not in ("forfeited", "void"):
                expected["expense:bonus"] += b.amount_minor
        assert {a: m for a, m in balance.items() if m} == {a: m for a, m in expected.items() if m}

    @invariant()
    def each_move_is_in_the_table_and_on_record(self) -> None:
        """6, 7, 8 and 9: state is the fold of the audit rows; who, when, which plan; nobody approves their own, nor too early."""
        if not hasattr(self, "db"):
            return
        news = self.db.rows(
            "SELECT a.id, a.what, a.actor_id, a.detail, a.at, b.id AS bonus, b.beneficiary_id, b.due_on, b.plan_id FROM auditentry a "
            f"JOIN bonus b ON b.id = a.subject_id WHERE a.subject = 'bonus' AND a.id > {self.audited} ORDER BY a.id"
        )
        for a in news:
            old, new = self.state.get(a.bonus, ""), a.what.removeprefix("bonus.")
            allowed = new == "accrued" if not old else new in MOVES[old] or (old, new) == ("exported", "approved")
            assert allowed, f"{old} to {new}"
            assert f"plan {a.plan_id}" in a.detail
            if new == "approved" and old == "eligible":
                assert a.actor_id != a.beneficiary_id and a.actor_id in (self.world.hr.id, self.world.other_hr.id)
                assert str(a.at)[:10] >= str(a.due_on), "approved before it was due"
            self.state[a.bonus], self.audited = new, a.id
        assert self.state == {r.id: r.state for r in self.db.rows("SELECT id, state FROM bonus")}

    @invariant()
    def nothing_is_paid_twice_and_closed_files_stay(self) -> None:
        """2, 4 and 15."""
        if not hasattr(self, "db"):
            return
        assert not self.db.rows("SELECT subject_id FROM ledgerentry WHERE credit_account = 'cash' GROUP BY subject_id HAVING count(*) > 1")
        assert not self.db.rows("SELECT bonus_id FROM payrunline WHERE is_returned = 0 GROUP BY bonus_id HAVING count(*) > 1")
        totals = {r.id: r.total_minor for r in self.db.rows("SELECT id, total_minor FROM payrun")}
        assert totals == {r.id: r.total for r in self.db.rows("SELECT pay_run_id AS id, sum(amount_minor) AS total FROM payrunline GROUP BY pay_run_id")}
        for run in self.db.rows("SELECT r.id, r.sha256, f.content FROM payrun r JOIN payrunfile f ON f.pay_run_id = r.id"):
            assert self.files.setdefault(run.id, run.sha256) == run.sha256

    @invariant()
    def the_book_grows_and_follows(self) -> None:
        """1 and 5, for what is new since the last step; the whole book is read at the end."""
        if not hasattr(self, "db"):
            return
        verdict, self.last_hash = self.db.read_now(ledger.check, self.entries, self.last_hash)
        assert verdict.is_sound, verdict
        self.entries = verdict.entries
        assert self.entries == self.db.read_now(ledger.head).entries

    def teardown(self) -> None:
        if hasattr(self, "db"):
            assert self.db.read_now(ledger.verify).is_sound
            rows = self.db.read_now(ledger.trial_balance)
            assert sum(r.debit_minor for r in rows) == sum(r.credit_minor for r in rows)
            for run in self.db.rows("SELECT id FROM payrun"):
                content = self.db.read_now(lambda s, i=run.id: payruns.content(s, s.get_one(bonuses.PayRun, i)))
                cells = [line.split(";")[8].strip('"') for line in content.decode("utf-8-sig").splitlines()[1:]]
                total = self.db.rows(f"SELECT total_minor FROM payrun WHERE id = {run.id}")[0].total_minor
                assert sum(int(c.replace(",", "")) for c in cells) == total
            self.db.engine.dispose()


@pytest.fixture(scope="module", autouse=True)
def template(sqlite_template: Path) -> Any:
    """The migrated schema, in memory."""
    empty = sqlite3.connect(":memory:", check_same_thread=False)
    with sqlite3.connect(sqlite_template) as on_disk:
        on_disk.backup(empty)
    on_disk.close()
    TEMPLATE["company"] = empty
    db: Any = MemoryDatabase(empty)
    COMPANY["world"] = make_world(db)
    COMPANY["people"] = [add_person(db, f"Tuoja {n}", start_on=date(2020, 1, 1)) for n in range(PEOPLE - 1)]
    COMPANY["people"].append(add_person(db, "Alumna", kind="alumna", end_on=date(2024, 1, 1)))
    COMPANY["newcomers"] = [add_person(db, f"Tulija {n}") for n in range(3)]
    db.raw.backup(empty)
    db.engine.dispose()
    yield
    empty.close()


def test_whatever_happens_the_invariants_hold() -> None:
    run_state_machine_as_test(LedgerMachine, settings=BUDGET)


def _no_posting_on_export(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payruns.ledger, "post_many", lambda s, now, m: ledger_post(s, now, [x for x in m if ":exported:" not in x.key]))


def _own_bonuses_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moves, "_require_judge", lambda s, actor, bonus: None)


def _any_state_may_be_approved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moves, "MOVES", {s: frozenset(MOVES) for s in MOVES})


def _void_without_reversal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moves.ledger, "reverse", lambda *a: None)


def _old_cards_work(monkeypatch: pytest.MonkeyPatch) -> None:
    real = moves.locked
    monkeypatch.setattr(moves, "locked", lambda s, bonus_id, version=None: real(s, bonus_id))


def _a_cent_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Money, "split", lambda self, w: [Money(self.amount_minor * x // sum(w), self.currency) for x in w])


ledger_post = ledger.post_many
MUTANTS = [_no_posting_on_export, _own_bonuses_too, _any_state_may_be_approved, _void_without_reversal, _old_cards_work, _a_cent_is_lost]


def a_year(machine: LedgerMachine) -> Iterator[object]:
    """One ordinary year in the machine's own steps, with every kind of deed in it; the random runs go everywhere else."""
    yield machine.company([(30, 10_001), (60, 40_000)])
    first = machine.hire(who=[0, 1, 3], weights=[1, 1, 1], newcomer=0, days=0).values
    yield first
    yield machine.hire(who=[2], weights=[1, 1, 1], newcomer=None, days=10)
    yield machine.time_passes(30)
    for actor in (OWN, 2, 3):
        yield machine.decide(first[0], actor, "approve")
    yield machine.two_press_on_the_same_card(first[0], (0, "approve"), (1, "hold"))
    yield machine.decide(first[3], 0, "approve")  # its day has not come
    yield machine.decide(first[1], 0, "void")
    yield machine.the_month_ends(1)
    yield machine.decide(first[0], 2, "send_back")
    yield machine.the_month_ends(1)
    yield machine.pay_run(1, 2)
    yield machine.pay_a_run_twice(2)
    yield machine.the_clock_jumps_back(20)
    yield machine.somebody_leaves(1, None, -1, "end_on")
    yield machine.time_passes(40)
    yield machine.the_month_ends(0)


def live_through(machine: LedgerMachine) -> None:
    """The year, with every invariant after each step."""
    for _ in a_year(machine):
        machine.the_money_is_where_the_states_say()
        machine.each_move_is_in_the_table_and_on_record()
        machine.nothing_is_paid_twice_and_closed_files_stay()
        machine.the_book_grows_and_follows()
    machine.teardown()


def test_an_ordinary_year_is_sound() -> None:
    machine = LedgerMachine()
    live_through(machine)
    assert set(machine.state.values()) >= {"paid", "void", "forfeited"}
    assert len(machine.files) >= 3, "as many pay runs"


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: m.__name__.strip("_"))
def test_a_fault_put_in_on_purpose_is_found(mutant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch) -> None:
    mutant(monkeypatch)
    with pytest.raises(AssertionError):
        live_through(LedgerMachine())
