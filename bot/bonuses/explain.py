"""Why this amount on this day: everything on record about one bonus, for whoever may know."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session, col, select

from bot import audit, ledger, plans
from bot.audit import AuditEntry
from bot.bonuses.records import Bonus, PayRun
from bot.bonuses.shares import rows_of
from bot.ledger import LedgerEntry
from bot.money import split
from bot.plans import Instalment, Promise
from bot.referrals import Referral


@dataclass(frozen=True)
class Explanation:
    """One bonus with the rule it follows, what happened to it, and every ledger entry about it."""

    bonus: Bonus
    referral: Referral
    promise: Promise  # the plan's version that the referral was confirmed under
    part: Instalment  # the milestone of which this bonus is a share
    events: tuple[AuditEntry, ...]
    entries: tuple[LedgerEntry, ...]
    pay_run: PayRun | None
    successor: Bonus | None  # the bonus that took the place of a cancelled one
    predecessor_id: int | None  # the cancelled bonus in whose place this one was promised
    basis_points: int  # its share of the part, as the split says; 0 where it is undivided, or was divided otherwise by then

    @property
    def owed_minor(self) -> int:
        """What the entries come to on the account of whoever earns it: owed now, neither handed to payroll nor taken back."""
        account = self.bonus.account
        credits = sum(e.amount_minor for e in self.entries if e.credit_account == account)
        return credits - sum(e.amount_minor for e in self.entries if e.debit_account == account)

    @property
    def is_share(self) -> bool:
        """The milestone's amount is divided among several people."""
        return (self.bonus.amount_minor, self.bonus.days_off) != (self.part.money.amount_minor, self.part.days_off)


def explain(session: Session, bonus_id: int) -> Explanation | None:
    """Everything about one bonus, or None when there is none with that id. Whether the reader may see it is the desk's question."""
    bonus = session.get(Bonus, bonus_id)
    if bonus is None:
        return None
    referral = session.get_one(Referral, bonus.referral_id)
    promise = plans.promise_of_version(session, bonus.plan_id, referral.campaign_id)
    run = session.get(PayRun, bonus.pay_run_id) if bonus.pay_run_id else None
    events = tuple(audit.history(session, "bonus", bonus_id))
    return Explanation(
        bonus, referral, promise, promise.part(bonus.milestone_no), events, tuple(ledger.entries_of(session, "bonus", bonus_id)), run,
        _successor(session, bonus), _predecessor(session, bonus, events[0].id or 0), _basis_points(session, bonus, promise.part(bonus.milestone_no)),
    )  # fmt: skip


def _predecessor(session: Session, bonus: Bonus, first: int) -> int | None:
    """The bonus for the same part of which the last one was cancelled before this one's first event; its siblings of then do not count."""
    same = select(Bonus.id).where(Bonus.referral_id == bonus.referral_id, Bonus.milestone_no == bonus.milestone_no, Bonus.state == "void")
    gone = select(AuditEntry.subject_id).where(AuditEntry.subject == "bonus", AuditEntry.what == "bonus.void", col(AuditEntry.subject_id).in_(same))
    return session.exec(gone.where(col(AuditEntry.id) < first).order_by(col(AuditEntry.id).desc()).limit(1)).first()


def _basis_points(session: Session, bonus: Bonus, part: Instalment) -> int:
    rows = rows_of(session, bonus.referral_id)
    weights = [row.basis_points for row in rows]
    for row, money, days in zip(rows, part.money.split(weights), split(part.days_off, weights), strict=True) if rows else ():
        if (row.share_no, row.person_id, money.amount_minor, days) == (bonus.share_no, bonus.beneficiary_id, bonus.amount_minor, bonus.days_off):
            return row.basis_points
    return 0


def _successor(session: Session, bonus: Bonus) -> Bonus | None:
    if bonus.state != "void":
        return None
    same = (Bonus.referral_id == bonus.referral_id, Bonus.share_no == bonus.share_no, Bonus.milestone_no == bonus.milestone_no)
    return session.exec(select(Bonus).where(*same, col(Bonus.id) > bonus.id).order_by(col(Bonus.id)).limit(1)).first()
