"""The reconciliation of a pay run: what was approved, exported, paid and posted must be one and the same, and what differs says why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import Session, col, select

from bot import ledger
from bot.bonuses import payback, payruns
from bot.bonuses.records import OWED, Bonus, PayRun, PayRunLine
from bot.errors import Refusal
from bot.ledger import CASH, LedgerEntry, clearing
from bot.money import Money

PAID = ("paid", "clawback_due", "recovered", "waived")  # it was paid, whatever came later
FAULTS = frozenset({"file_damaged", "file_other", "amount_changed", "not_posted", "posted_otherwise", "left_behind", "payable_differs"})


@dataclass(frozen=True)
class Sum:
    """One of the figures that must agree: `name` is of content `payruns.sums.<name>`."""

    name: str
    money: Money
    count: int


@dataclass(frozen=True)
class Difference:
    """Why two figures do not agree (content `payruns.differs.<kind>`): about one bonus, or a whole run where `bonus_id` is None."""

    kind: str
    money: Money
    run: int
    bonus_id: int | None = None

    @property
    def is_fault(self) -> bool:
        """It must not be; the rest is work that is under way (sent back, not paid yet)."""
        return self.kind in FAULTS


@dataclass(frozen=True)
class Reconciliation:
    """One run's figures, or all runs' of one currency (`run` None), and everything that differs, the faults first."""

    currency: str
    run: PayRun | None
    sums: tuple[Sum, ...]
    differences: tuple[Difference, ...]

    @property
    def is_sound(self) -> bool:
        """Nothing differs that must not."""
        return not any(d.is_fault for d in self.differences)


def of_run(session: Session, run: PayRun) -> Reconciliation:
    """One run: the approved amounts as the bonuses hold them, the stored file, the lines, the payments and the ledger."""
    rows = list(session.exec(select(PayRunLine, Bonus).join(Bonus, col(PayRunLine.bonus_id) == Bonus.id).where(PayRunLine.pay_run_id == run.id)))
    posted = _posted(session, run.number)
    found = [d for line, bonus in rows if (d := _difference(run, line, bonus, posted.get(bonus.id or 0, (0, 0))))]
    exported: list[tuple[int, int | None]] = [(line.amount_minor, line.bonus_id) for line, _ in rows if not line.is_returned]
    sums = (
        _sum(run, "approved", ((bonus.amount_minor, bonus.id) for line, bonus in rows if not line.is_returned)),
        _sum(run, "exported", exported),
        _sum(run, "paid", ((line.amount_minor, bonus.id) for line, bonus in rows if not line.is_returned and bonus.state in PAID)),
        Sum("posted", Money(sum(out for out, _ in posted.values()), run.currency), sum(out > 0 for out, _ in posted.values())),
        Sum("posted_paid", Money(sum(paid for _, paid in posted.values()), run.currency), sum(paid > 0 for _, paid in posted.values())),
    )
    if run.paid_at is None:
        found.append(Difference("not_paid", sums[1].money, run.number))
    return Reconciliation(run.currency, run, sums, tuple(sorted((*_of_file(session, run, rows), *found), key=lambda d: not d.is_fault)))


def overall(session: Session, currency: str) -> Reconciliation:
    """Every run of a currency, and what is approved or promised beside them: the ledger's debts must be the bonuses' own."""
    runs = list(session.exec(select(PayRun).where(PayRun.currency == currency).order_by(col(PayRun.number))))
    parts = [of_run(session, run) for run in runs]
    sums: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for one in (s for part in parts for s in part.sums):
        minor, count = sums[one.name]
        sums[one.name] = minor + one.money.amount_minor, count + one.count
    owed, count = _owed(session, currency)
    debt = sum(r.credit_minor - r.debit_minor for r in ledger.totals(session, "payable") if r.currency == currency)
    found = [d for part in parts for d in part.differences]
    if debt != owed:
        found.append(Difference("payable_differs", Money(debt - owed, currency), 0))
    names = ("approved", "exported", "paid", "posted", "posted_paid")
    figures = (*(Sum(name, Money(sums[name][0], currency), sums[name][1]) for name in names), Sum("owed", Money(owed, currency), count))
    return Reconciliation(currency, None, figures, tuple(sorted(found, key=lambda d: not d.is_fault)))


def currencies(session: Session) -> list[str]:
    """Those that there is anything in, by name."""
    return sorted({*session.exec(select(PayRun.currency).distinct()), *session.exec(select(Bonus.currency).distinct())})


def _sum(run: PayRun, name: str, amounts: Iterable[tuple[int, int | None]]) -> Sum:
    every = [minor for minor, _ in amounts]
    return Sum(name, Money(sum(every), run.currency), len(every))


def _posted(session: Session, number: int) -> dict[int, tuple[int, int]]:
    """What the ledger says of a run, by bonus: (handed to payroll and not sent back, paid), in minor units."""
    account = clearing(number)
    sums: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    rows = session.exec(select(LedgerEntry).where((col(LedgerEntry.debit_account) == account) | (col(LedgerEntry.credit_account) == account)))
    for entry in rows:
        if entry.credit_account == account:
            sums[entry.subject_id][0] += entry.amount_minor
        elif entry.credit_account == CASH:
            sums[entry.subject_id][1] += entry.amount_minor
        else:  # the reversal of what came back
            sums[entry.subject_id][0] -= entry.amount_minor
    return {bonus_id: (out, paid) for bonus_id, (out, paid) in sums.items()}


def _difference(run: PayRun, line: PayRunLine, bonus: Bonus, posted: tuple[int, int]) -> Difference | None:
    is_paid = bonus.state in PAID and not line.is_returned
    expected = (0 if line.is_returned else line.amount_minor, line.amount_minor if is_paid else 0)
    kind, minor = "", line.amount_minor
    if line.amount_minor != bonus.amount_minor:
        kind, minor = "amount_changed", bonus.amount_minor - line.amount_minor
    elif posted != expected:
        kind, minor = "posted_otherwise" if any(posted) else "not_posted", sum(posted) - sum(expected)
    elif line.is_returned:
        kind = "returned"
    elif run.paid_at and not is_paid:
        kind = "left_behind"
    return Difference(kind, Money(minor, run.currency), run.number, bonus.id) if kind else None


def _of_file(session: Session, run: PayRun, rows: list[tuple[PayRunLine, Bonus]]) -> list[Difference]:
    """The stored file against the lines."""
    try:
        payruns.content(session, run, "xlsx")
        stored = payback.stored_amounts(session, run)
    except Refusal:
        return [Difference("file_damaged", run.total, run.number)]
    lines = {line.bonus_id: line.amount_minor for line, _ in rows}
    if stored != lines or sum(lines.values()) != run.total_minor or len(lines) != run.bonus_count:
        return [Difference("file_other", Money(sum(stored.values()) - sum(lines.values()), run.currency), run.number)]
    return []


def _owed(session: Session, currency: str) -> tuple[int, int]:
    query = select(func.coalesce(func.sum(Bonus.amount_minor), 0), func.count()).where(Bonus.currency == currency, col(Bonus.state).in_(OWED))
    minor, count = session.exec(query).one()
    return int(minor), count
