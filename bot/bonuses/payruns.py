"""Pay runs: approved bonuses are exported once, numbered, with the bytes of the file stored in the transaction that closes it."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import func, insert, update
from sqlmodel import Session, col, select

from bot import audit, ledger, people, settings
from bot.bonuses.moves import locked, note, overtaken, tell
from bot.bonuses.payfile import PayLine, Shape, pay_file
from bot.bonuses.records import Bonus, PayRun, PayRunFile, PayRunLine
from bot.errors import Refusal, Stale
from bot.ledger import CASH, LedgerEntry, Movement, clearing
from bot.money import Money
from bot.people import Person

_PAGE = 500


def close(session: Session, now: datetime, actor_id: int, currency: str) -> PayRun:
    """Export every approved bonus of a currency: one closed pay run with its file.

    Two at once never hold the same bonus: the rows are locked, then moved. Raises Refusal `forbidden`, or `payruns.empty`.
    """
    _require(session, actor_id)
    ready = select(Bonus).where(Bonus.state == "approved", Bonus.currency == currency).order_by(col(Bonus.id))
    bonuses = list(session.exec(ready.with_for_update().execution_options(populate_existing=True)))
    if not bonuses:
        raise Refusal("payruns.empty", currency=currency)
    ledger.lock(session)  # the next number is read behind the ledger's head, so two runs cannot take the same one
    number = (session.exec(select(func.max(PayRun.number))).one() or 0) + 1
    content = pay_file(_lines(session, number, bonuses), _shape(session))
    run = PayRun(
        number=number, currency=currency, bonus_count=len(bonuses), total_minor=sum(b.amount_minor for b in bonuses), closed_at=now, closed_by=actor_id,
        sha256=hashlib.sha256(content).hexdigest(),
    )  # fmt: skip
    session.add(run)
    session.flush()
    run_id = run.id or 0
    session.add(PayRunFile(pay_run_id=run_id, format="csv", sha256=run.sha256, content=content))
    lines = [{"pay_run_id": run_id, "line_no": n, "bonus_id": b.id, "amount_minor": b.amount_minor, "is_returned": False} for n, b in enumerate(bonuses, 1)]
    session.execute(insert(PayRunLine), lines)
    _move_all(session, now, actor_id, bonuses, "exported", run_id)
    ledger.post_many(session, now, [_export(b, number) for b in bonuses if b.amount_minor])
    audit.note(session, now, actor_id, "payrun.closed", "payrun", run_id, f"number {number}, {len(bonuses)} bonuses, sha256 {run.sha256}")
    return run


def pay(session: Session, now: datetime, actor_id: int, run_id: int) -> PayRun:
    """Payroll has paid a run: its bonuses are paid and everybody hears of theirs.

    Raises Refusal `forbidden`, or Stale `payruns.paid_already` naming who marked it.
    """
    _require(session, actor_id)
    run = _locked_run(session, run_id)
    if run.paid_at:
        raise _paid_already(session, run)
    query = select(Bonus).where(Bonus.pay_run_id == run_id, Bonus.state == "exported").order_by(col(Bonus.id))
    bonuses = list(session.exec(query.with_for_update().execution_options(populate_existing=True)))
    run.paid_at, run.paid_by = now, actor_id
    session.add(run)
    _move_all(session, now, actor_id, bonuses, "paid", run_id)
    ledger.post_many(session, now, [_payment(b, run.number) for b in bonuses if b.amount_minor])
    for bonus in bonuses:
        tell(session, now, bonus, "paid")
    audit.note(session, now, actor_id, "payrun.paid", "payrun", run_id, f"number {run.number}, {len(bonuses)} bonuses")
    return run


def send_back(session: Session, now: datetime, actor_id: int, bonus_id: int, version: int) -> Bonus:
    """Payroll could not pay one bonus of a run: it is approved again, for the next run. The closed file stays as it is.

    Raises Refusal `forbidden`, or Stale.
    """
    _require(session, actor_id)
    bonus = locked(session, bonus_id, version)
    if bonus.state != "exported" or bonus.pay_run_id is None:
        raise overtaken(session, bonus)
    run = session.get_one(PayRun, bonus.pay_run_id)
    session.execute(update(PayRunLine).where(col(PayRunLine.pay_run_id) == run.id, col(PayRunLine.bonus_id) == bonus_id).values(is_returned=True))
    _move_all(session, now, actor_id, [bonus], "approved", None)
    if bonus.amount_minor:
        entry = session.exec(select(LedgerEntry).where(LedgerEntry.key == _export(bonus, run.number).key)).one()
        ledger.reverse(session, now, f"bonus:{bonus_id}:returned:run:{run.number}", entry.id or 0)
    return bonus


def by_number(session: Session, number: int) -> PayRun | None:
    """The run with this number."""
    return session.exec(select(PayRun).where(PayRun.number == number)).first()


def content(session: Session, run: PayRun) -> bytes:
    """The stored bytes of a run's file, checked against the checksum that was stored with them. Raises Refusal `payruns.damaged`."""
    found = session.get_one(PayRunFile, (run.id, "csv")).content
    if hashlib.sha256(found).hexdigest() != run.sha256:
        raise Refusal("payruns.damaged", number=run.number)
    return found


def page(session: Session, limit: int, offset: int = 0) -> list[PayRun]:
    """Closed runs, the newest first."""
    return list(session.exec(select(PayRun).order_by(col(PayRun.number).desc()).offset(offset).limit(limit)))


def ready(session: Session) -> list[tuple[Money, int]]:
    """What a run would hold now, by currency: (total, number of bonuses)."""
    sums = select(Bonus.currency, func.sum(Bonus.amount_minor), func.count()).where(Bonus.state == "approved").group_by(Bonus.currency)
    return [(Money(int(total), currency), count) for currency, total, count in session.exec(sums.order_by(Bonus.currency))]


def _move_all(session: Session, now: datetime, actor_id: int, bonuses: list[Bonus], to: str, run_id: int | None) -> None:
    """Locked rows from one state to the next in one statement per page, each with its audit row."""
    old = bonuses[0].state if bonuses else ""
    for i in range(0, len(bonuses), _PAGE):
        rows = bonuses[i : i + _PAGE]
        moved = update(Bonus).where(col(Bonus.id).in_([b.id for b in rows]), col(Bonus.state) == old)
        new = moved.values(state=to, state_since=now, version=Bonus.version + 1, pay_run_id=run_id, reason="")
        session.execute(new.execution_options(synchronize_session=False))
    for bonus in bonuses:
        session.expire(bonus)
    for bonus in bonuses:
        note(session, now, actor_id, bonus, old)


def _export(bonus: Bonus, number: int) -> Movement:
    return Movement(f"bonus:{bonus.id}:exported:run:{number}", bonus.account, clearing(number), bonus.money, "bonus", bonus.id or 0)


def _payment(bonus: Bonus, number: int) -> Movement:
    return Movement(f"bonus:{bonus.id}:paid:run:{number}", clearing(number), CASH, bonus.money, "bonus", bonus.id or 0)


def _lines(session: Session, number: int, bonuses: list[Bonus]) -> list[PayLine]:
    ids = sorted({b.beneficiary_id for b in bonuses})
    payees: dict[int, Person] = {}
    for i in range(0, len(ids), _PAGE):
        payees |= {p.id or 0: p for p in session.exec(select(Person).where(col(Person.id).in_(ids[i : i + _PAGE])))}
    return [
        PayLine(number, line, b.id or 0, b.beneficiary_id, payees[b.beneficiary_id].email, payees[b.beneficiary_id].name, b.payee_type, b.wage_code,
                b.money, b.referral_id, b.milestone_no, b.start_on, b.due_on)
        for line, b in enumerate(bonuses, start=1)
    ]  # fmt: skip


def _shape(session: Session) -> Shape:
    delimiter = str(settings.get(session, "payroll.delimiter"))
    return Shape(delimiter if delimiter in (";", ",", "\t", "|") else ";", bool(settings.get(session, "payroll.decimal_comma")))


def _locked_run(session: Session, run_id: int) -> PayRun:
    run = session.get(PayRun, run_id, with_for_update=True, populate_existing=True)
    if run is None:
        raise Stale("payruns.gone")
    return run


def _paid_already(session: Session, run: PayRun) -> Stale:
    who = session.get(Person, run.paid_by) if run.paid_by else None
    assert run.paid_at is not None
    return Stale("payruns.paid_already", number=run.number, name=who.name if who else "?", at=run.paid_at)


def _require(session: Session, actor_id: int) -> None:
    if not people.has_role(session, actor_id, "hr", "payroll"):
        raise Refusal("forbidden")
