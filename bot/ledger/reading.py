"""What the book says: balances, which are one row each, and entries."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, func, or_
from sqlmodel import Session, col, select

from bot.ledger.records import LedgerAccount, LedgerEntry, LedgerHead


@dataclass(frozen=True)
class TrialRow:
    """One account, or one kind of account, in one currency: all its debits and credits in minor units."""

    account: str
    currency: str
    debit_minor: int
    credit_minor: int


def balance(session: Session, account: str, currency: str) -> int:
    """Debits minus credits of an account in minor units; what is owed is therefore negative."""
    query = select(col(LedgerAccount.debit_minor) - col(LedgerAccount.credit_minor))
    return session.exec(query.where(LedgerAccount.account == account, LedgerAccount.currency == currency)).first() or 0


def trial_balance(session: Session) -> list[TrialRow]:
    """Every account with its debits and credits, by currency and account; both columns sum to the same."""
    rows = session.exec(select(LedgerAccount).order_by(col(LedgerAccount.currency), col(LedgerAccount.account)))
    return [TrialRow(r.account, r.currency, r.debit_minor, r.credit_minor) for r in rows]


def totals(session: Session, kind: str) -> list[TrialRow]:
    """All accounts of a kind (`payable`, `payroll_clearing`, `cash`, `expense`) together, a row per currency."""
    debit, credit, currency = func.sum(col(LedgerAccount.debit_minor)), func.sum(col(LedgerAccount.credit_minor)), col(LedgerAccount.currency)
    theirs = or_(col(LedgerAccount.account) == kind, col(LedgerAccount.account).startswith(f"{kind}:", autoescape=True))
    return [TrialRow(kind, c, int(d), int(k)) for c, d, k in session.exec(select(currency, debit, credit).where(theirs).group_by(currency).order_by(currency))]


def head(session: Session) -> LedgerHead:
    """The end of the chain as it is now, unlocked; an empty book has GENESIS."""
    found = session.exec(select(LedgerHead.entries, LedgerHead.hash).where(LedgerHead.id == 1)).first()
    return LedgerHead(entries=found[0], hash=found[1]) if found else LedgerHead()


_ENTRIES_OF = (
    select(LedgerEntry).where(LedgerEntry.subject == bindparam("subject"), LedgerEntry.subject_id == bindparam("subject_id")).order_by(col(LedgerEntry.id))
)


def entries_of(session: Session, subject: str, subject_id: int) -> list[LedgerEntry]:
    """Every entry about one thing, in the order of the book."""
    return list(session.exec(_ENTRIES_OF, params={"subject": subject, "subject_id": subject_id}))


def latest(session: Session, limit: int, before: int | None = None) -> list[LedgerEntry]:
    """The newest entries first; `before` continues below that number."""
    query = select(LedgerEntry).order_by(col(LedgerEntry.id).desc()).limit(limit)
    return list(session.exec(query.where(col(LedgerEntry.id) < before) if before else query))
