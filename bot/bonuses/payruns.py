"""Pay runs: approved bonuses are exported once, numbered, with the bytes of the file stored in the transaction that closes it."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import CursorResult, bindparam, func, insert, update
from sqlmodel import Session, col, select

from bot import audit, ledger, outbox, people, settings
from bot.bonuses import thanks
from bot.bonuses.moves import locked, news_key, note_all, overtaken
from bot.bonuses.payfile import DELIMITERS, ENCODINGS, PayLine, Shape, pay_file, pay_sheet, read_columns, shape_json
from bot.bonuses.records import Bonus, PayRun, PayRunFile, PayRunLine
from bot.errors import Refusal, Stale
from bot.ledger import CASH, LedgerEntry, Movement, clearing
from bot.money import Money
from bot.people import Person
from bot.plans import Charity

_PAGE = 500


_READY = select(Bonus).where(Bonus.state == "approved", Bonus.currency == bindparam("currency")).order_by(col(Bonus.id)).with_for_update()


def close(session: Session, now: datetime, actor_id: int, currency: str) -> PayRun:
    """Export every approved bonus of a currency: one closed pay run with its files.

    Two at once never hold the same bonus: the rows are locked, then moved. Raises Refusal `forbidden`, or `payruns.empty`.
    """
    require(session, actor_id)
    bonuses = list(session.exec(_READY, params={"currency": currency}, execution_options={"populate_existing": True}))
    if not bonuses:
        raise Refusal("payruns.empty", currency=currency)
    ledger.lock(session)  # the next number is read behind the ledger's head, so two runs cannot take the same one
    number = (session.exec(select(func.max(PayRun.number))).one() or 0) + 1
    lines = _lines(session, number, bonuses)
    content, shape = pay_file(lines, _shape(session))
    run = PayRun(
        number=number, currency=currency, bonus_count=len(bonuses), total_minor=sum(b.amount_minor for b in bonuses), closed_at=now, closed_by=actor_id,
        sha256=hashlib.sha256(content).hexdigest(), shape=shape_json.dump_json(shape).decode(),
    )  # fmt: skip
    session.add(run)
    session.flush()
    run_id = run.id or 0
    for form, stored in (("csv", content), ("xlsx", pay_sheet(lines, shape, now))):
        session.add(PayRunFile(pay_run_id=run_id, format=form, sha256=hashlib.sha256(stored).hexdigest(), content=stored))
    rows = [{"pay_run_id": run_id, "line_no": n, "bonus_id": b.id, "amount_minor": b.amount_minor, "is_returned": False} for n, b in enumerate(bonuses, 1)]
    session.execute(insert(PayRunLine), rows)
    movements = [_export(b, number) for b in bonuses if b.amount_minor]
    _move_all(session, now, actor_id, bonuses, "exported", run_id)
    ledger.post_many(session, now, movements)
    audit.note(session, now, actor_id, "payrun.closed", "payrun", run_id, f"number {number}, {len(bonuses)} bonuses, sha256 {run.sha256}")
    return run


def pay(session: Session, now: datetime, actor_id: int, run_id: int, how: str = "by button") -> PayRun:
    """Payroll has paid a run: its bonuses are paid and everybody hears of theirs. `how` goes into the audit.

    Raises Refusal `forbidden`, or Stale `payruns.paid_already` naming who marked it.
    """
    require(session, actor_id)
    run = locked_run(session, run_id)
    if run.paid_at:
        raise paid_already(session, run)
    query = select(Bonus).where(Bonus.pay_run_id == run_id, Bonus.state == "exported").order_by(col(Bonus.id))
    bonuses = list(session.exec(query.with_for_update().execution_options(populate_existing=True)))
    run.paid_at, run.paid_by = now, actor_id
    session.add(run)
    movements = [_payment(b, run.number) for b in bonuses if b.amount_minor]
    _move_all(session, now, actor_id, bonuses, "paid", run_id)
    ledger.post_many(session, now, movements)
    _tell_all(session, now, bonuses)
    thanks.say(session, now, bonuses)
    audit.note(session, now, actor_id, "payrun.paid", "payrun", run_id, f"number {run.number}, {len(bonuses)} bonuses, {how}")
    return run


def send_back(session: Session, now: datetime, actor_id: int, bonus_id: int, version: int) -> Bonus:
    """Payroll could not pay one bonus of a run: it is approved again, for the next run. The closed file stays as it is.

    Raises Refusal `forbidden`, or Stale.
    """
    require(session, actor_id)
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


def content(session: Session, run: PayRun, form: str = "csv") -> bytes:
    """The stored bytes of a run's file (csv or xlsx), checked against the checksum that was stored with them. Raises Refusal
    `payruns.damaged`, or `payruns.gone` for another form."""
    stored = session.get(PayRunFile, (run.id, form))
    if stored is None:
        raise Refusal("payruns.gone")
    if hashlib.sha256(stored.content).hexdigest() != (run.sha256 if form == "csv" else stored.sha256):
        raise Refusal("payruns.damaged", number=run.number)
    return stored.content


def hand_out(session: Session, now: datetime, actor_id: int | None, run: PayRun, form: str, to: str) -> bytes:
    """A run's file for somebody to take away, and the audit row of it. `to` says by which way. Raises as `content`."""
    found = content(session, run, form)
    audit.note(session, now, actor_id, "payrun.downloaded", "payrun", run.id or 0, f"number {run.number}, {form}, {to}")
    return found


def page(session: Session, limit: int, offset: int = 0) -> list[PayRun]:
    """Closed runs, the newest first."""
    return list(session.exec(select(PayRun).order_by(col(PayRun.number).desc()).offset(offset).limit(limit)))


def ready(session: Session) -> list[tuple[Money, int]]:
    """What a run would hold now, by currency: (total, number of bonuses). Days off count as bonuses without an amount."""
    sums = select(Bonus.currency, func.sum(Bonus.amount_minor), func.count()).where(Bonus.state == "approved").group_by(Bonus.currency)
    return [(Money(int(total), currency), count) for currency, total, count in session.exec(sums.order_by(Bonus.currency))]


def left_in(session: Session, run: PayRun) -> tuple[Money, int]:
    """What of a run is to be paid with it: all but what payroll sent back (total, number of bonuses)."""
    lines = select(func.coalesce(func.sum(PayRunLine.amount_minor), 0), func.count()).where(
        PayRunLine.pay_run_id == run.id, col(PayRunLine.is_returned).is_(False)
    )
    minor, count = session.exec(lines).one()
    return Money(int(minor), run.currency), count


def _move_all(session: Session, now: datetime, actor_id: int, bonuses: list[Bonus], to: str, run_id: int | None) -> None:
    """Locked rows from one state to the next in one statement per page, each with its audit row."""
    old = bonuses[0].state if bonuses else ""
    for i in range(0, len(bonuses), _PAGE):
        ids = [b.id for b in bonuses[i : i + _PAGE]]
        moved = update(Bonus).where(col(Bonus.id).in_(ids), col(Bonus.state) == old)
        new = moved.values(state=to, state_since=now, version=Bonus.version + 1, pay_run_id=run_id, reason="", escalated_at=None)
        done = session.execute(new.execution_options(synchronize_session=False))
        if not isinstance(done, CursorResult) or done.rowcount != len(ids):
            raise Stale("payruns.changed")  # they are locked, so this is a fault: nothing of the run is kept
        list(session.exec(select(Bonus).where(col(Bonus.id).in_(ids)).execution_options(populate_existing=True)))
    note_all(session, now, actor_id, bonuses, old)


def _tell_all(session: Session, now: datetime, bonuses: list[Bonus]) -> None:
    """The news for everybody in a run; there may be thousands, so they are read and owed in pages."""
    people_by_id = _people(session, bonuses)
    outbox.owe_each(session, now, "bonus.paid", ((news_key(b, "paid"), b.id or 0, people_by_id[b.beneficiary_id]) for b in bonuses))


def _people(session: Session, bonuses: list[Bonus]) -> dict[int, Person]:
    ids = sorted({b.beneficiary_id for b in bonuses})
    found: dict[int, Person] = {}
    for i in range(0, len(ids), _PAGE):
        found |= {p.id or 0: p for p in session.exec(select(Person).where(col(Person.id).in_(ids[i : i + _PAGE])))}
    return found


def _export(bonus: Bonus, number: int) -> Movement:
    return Movement(f"bonus:{bonus.id}:exported:run:{number}", bonus.account, clearing(number), bonus.money, "bonus", bonus.id or 0)


def _payment(bonus: Bonus, number: int) -> Movement:
    return Movement(f"bonus:{bonus.id}:paid:run:{number}", clearing(number), CASH, bonus.money, "bonus", bonus.id or 0)


def _lines(session: Session, number: int, bonuses: list[Bonus]) -> list[PayLine]:
    payees = _people(session, bonuses)
    charities = {c.id: c for c in session.exec(select(Charity))}
    return [_line(number, line, b, payees[b.beneficiary_id], charities.get(b.charity_id)) for line, b in enumerate(bonuses, start=1)]


def _line(number: int, line: int, b: Bonus, payee: Person, charity: Charity | None) -> PayLine:
    return PayLine(
        number, line, b.id or 0, b.beneficiary_id, payee.email, payee.name, b.payee, b.wage_code, b.money, b.referral_id, b.milestone_no, b.start_on,
        b.due_on, b.days_off, charity.name if charity else "", charity.account if charity else "",
    )  # fmt: skip


def _shape(session: Session) -> Shape:
    """As HR set it. What cannot be (HR's form takes none of it, whoever writes a row by hand may) is as by default: a run can always be closed."""
    encoding = str(settings.get(session, "payroll.encoding")).strip().lower()
    try:
        columns = read_columns(str(settings.get(session, "payroll.columns")))
    except ValueError:
        columns = Shape().columns
    delimiter = DELIMITERS.get(str(settings.get(session, "payroll.delimiter")), ";")
    return Shape(delimiter, bool(settings.get(session, "payroll.decimal_comma")), encoding if encoding in ENCODINGS else "utf-8-sig", columns)


def locked_run(session: Session, run_id: int) -> PayRun:
    """The run, locked until the transaction ends. Raises Stale when there is none."""
    run = session.get(PayRun, run_id, with_for_update=True, populate_existing=True)
    if run is None:
        raise Stale("payruns.gone")
    return run


def paid_already(session: Session, run: PayRun) -> Stale:
    """The refusal that tells who marked a run as paid, and when."""
    who = session.get(Person, run.paid_by) if run.paid_by else None
    assert run.paid_at is not None
    return Stale("payruns.paid_already", number=run.number, name=who.name if who else "?", at=run.paid_at)


def require(session: Session, actor_id: int) -> None:
    """Raises Refusal `forbidden` unless the actor may do payroll's work at this moment."""
    if not people.has_role(session, actor_id, "hr", "payroll"):
        raise Refusal("forbidden")
