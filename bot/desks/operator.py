"""The operator's desk: whoever runs the machine, at the command line. There is no role to check: they hold the database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, select

from bot import audit, ledger, outbox, people, privacy
from bot.bonuses import PayRun, payruns, reconcile
from bot.bonuses.reconcile import Reconciliation
from bot.db import Database
from bot.desks import privacy_report
from bot.desks.turn import Deployment
from bot.errors import Refusal, VinkkiError
from bot.ledger import Verdict
from bot.people import Identity, Person, importing, leaving
from bot.people.importing import Report
from bot.vault import Vault, VaultKey

__all__ = ["PayRun", "Report", "Verdict", "close_pay_run", "count_administrators", "count_people", "erase", "give_role", "import_people", "opens_with",
           "pay_run_file", "reconciliation", "rehearse_writing", "verify_ledger", "welcome", "workspaces"]  # fmt: skip


def import_people(
    db: Database,
    deployment: Deployment,
    now: datetime,
    lines: Iterable[str | bytes],
    *,
    dry_run: bool = False,
    allow_retire: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Report:
    """Read a people file in this thread (see bot.people.importing)."""
    return importing.import_csv(db, deployment, now, None, lines, dry_run=dry_run, allow_retire=allow_retire, progress=progress)


def give_role(session: Session, now: datetime, email: str, role: str) -> bool:
    """Give a role; False when it was held already. Raises Refusal for an address nobody has and for a role there is not."""
    person = people.by_email(session, email)
    if person is None:
        raise Refusal("operator.nobody", email=email)
    return people.grant(session, now, None, person, role)


def erase(session: Session, deployment: Deployment, now: datetime, email: str) -> bool:
    """Erase whoever has this address (a candidate also by phone number), as a candidate and as a colleague: True when it is done,
    False when it will be once no bonus waits. Raises Refusal `operator.nothing_kept`, and as `privacy.ask_erasure`.
    """
    person, candidates = people.by_email(session, email), privacy_report.erase_candidates(session, deployment, now, email)
    if person is None and candidates:
        return True
    if person is None:
        raise Refusal("operator.nothing_kept", email=email)
    return privacy.ask_erasure(session, deployment.vault, now, None, person.id or 0)


def welcome(session: Session, deployment: Deployment, email: str) -> bool:
    """Somebody who had asked to be erased wants to come back: people files may bring them again. False when they never asked."""
    return leaving.let_in(session, deployment.vault, email)


def verify_ledger(session: Session, noted: Mapping[int, str] | None = None) -> Verdict:
    """Check every row of the ledger; `noted` are hashes written down earlier, by row number (see ledger.verify)."""
    return ledger.verify(session, noted)


def count_people(session: Session) -> int:
    """Everybody in the directory."""
    return session.exec(select(func.count()).select_from(Person)).one()


def count_administrators(session: Session) -> int:
    """Who holds the role hr."""
    return len(people.holders(session, "hr"))


def workspaces(session: Session, platform: str) -> set[str]:
    """The workspaces (tenants) of a platform in which people here have accounts."""
    return set(session.exec(select(Identity.workspace).where(Identity.platform == platform).distinct()))


def rehearse_writing(session: Session, now: datetime) -> None:
    """Write a row and take it back. Raises SQLAlchemyError where this database, or this role, does not let us."""
    attempt = session.begin_nested()
    outbox.begin_receipt(session, f"doctor::{now.isoformat()}", now)
    attempt.rollback()


def opens_with(session: Session, vault: Vault) -> bool:
    """Whether the deployment's keys open what is sealed here (true where nothing is)."""
    row = session.exec(select(VaultKey).limit(1)).first()
    if row is None:
        return True
    try:
        vault.open(row.locked)
    except VinkkiError:
        return False
    return True


def close_pay_run(session: Session, now: datetime, email: str, currency: str, form: str = "csv") -> tuple[PayRun, bytes]:
    """Export what is approved, in the name of somebody with the role payroll; returns the run and its file."""
    person = people.by_email(session, email)
    if person is None or person.id is None:
        raise Refusal("operator.nobody", email=email)
    run = payruns.close(session, now, person.id, currency)
    audit.note(session, now, person.id, "payrun.closed_at_command_line", "payrun", run.id or 0)
    return run, payruns.hand_out(session, now, person.id, run, form, "command line")


def pay_run_file(session: Session, now: datetime, number: int, form: str = "csv") -> tuple[PayRun, bytes]:
    """The stored file (csv or xlsx) of an earlier run, byte for byte; it is audited. Raises Refusal when there is no such run."""
    run = payruns.by_number(session, number)
    if run is None:
        raise Refusal("operator.no_run", number=number)
    return run, payruns.hand_out(session, now, None, run, form, "command line")


def reconciliation(session: Session, number: int) -> list[Reconciliation]:
    """One run's reconciliation, or for number 0 that of all runs, by currency. Raises Refusal when there is no such run."""
    if not number:
        return [reconcile.overall(session, currency) for currency in reconcile.currencies(session)]
    run = payruns.by_number(session, number)
    if run is None:
        raise Refusal("operator.no_run", number=number)
    return [reconcile.of_run(session, run)]
