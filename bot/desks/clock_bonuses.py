"""What time does for bonuses: first days, leavers, due days at nine in the morning, and the nightly reading of the ledger."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Session

from bot import audit, bonuses, ledger, outbox, people, referrals, settings
from bot.bonuses import budgets, joiners
from bot.desks.clock_days import begun, has_begun
from bot.desks.turn import Deployment
from bot.referrals import Referral

READ_AT = 3  # o'clock, company time


def start_waiting(session: Session, deployment: Deployment, now: datetime) -> bool:
    """The newcomer's first day."""
    return bonuses.start_waiting(session, now, deployment.today(now))


def drop_leavers(session: Session, deployment: Deployment, now: datetime) -> bool:
    """Who has left before the due day; HR reads that day's once. What was due already when the directory heard of it stops and asks."""
    today = deployment.today(now)
    ended, more = bonuses.drop_leavers(session, now, today)
    if ended:
        _tell_hr(session, now, today, "leavers")
    stopped, more_to_ask = bonuses.ask_about_leavers(session, now, today)
    if stopped:
        _list_to_decide(session, now, today, f"bonuses:left:{today}")
    return more or more_to_ask


def greet_joiners(session: Session, deployment: Deployment, now: datetime) -> bool:
    """Somebody in the directory may be the newcomer of a hire, or begins on another day than was written down: recruiting is asked."""
    for referral, person_id in joiners.unknown(session, deployment.today(now)):
        _ask_recruiting(session, now, referral, "bonus.joiner", f"referral:{referral.id}:joiner:{person_id}")
    for referral, day in joiners.starting_otherwise(session):
        _ask_recruiting(session, now, referral, "bonus.first_day", f"referral:{referral.id}:begins:{day}:here:{referral.start_on}")
    return False


def _ask_recruiting(session: Session, now: datetime, referral: Referral, notice: str, key: str) -> None:
    for person in referrals.recruiters_of(session, referral, now):
        outbox.owe(session, now, f"{key}:person:{person.id}", notice, referral.id or 0, person)


def _tell_hr(session: Session, now: datetime, today: date, what: str) -> None:
    for person in people.holders(session, "hr"):
        if person.is_here(today):
            outbox.owe(session, now, f"bonuses:{what}:{today}:person:{person.id}", f"bonus.{what}", today.toordinal(), person)


def raise_due(session: Session, deployment: Deployment, now: datetime) -> bool:
    """Due bonuses raise themselves at nine (a setting), and HR is told once that day; the list of the mornings before goes, since the
    newest holds all that still waits."""
    today = begun(now, deployment.time_zone, int(settings.get(session, "bonus.raise_hour")))
    raised, more = bonuses.raise_due(session, now, today)
    if raised:
        _list_to_decide(session, now, today, f"bonuses:due:{today}")
    return more


def _list_to_decide(session: Session, now: datetime, today: date, key: str) -> None:
    """Owe HR the list of all that waits for a decision; it takes the place of those before it."""
    for person in people.holders(session, "hr"):
        if person.is_here(today):
            outbox.owe_newest(session, now, f"{key}:person:{person.id}", "bonus.digest", today.toordinal(), person)


def read_ledger(session: Session, deployment: Deployment, now: datetime) -> bool:
    """Read the whole book once a night, a page at a time; a row that is not sound is named to the admin room."""
    today, last = deployment.today(now), ledger.last_check(session)
    if not has_begun(now, deployment.time_zone, READ_AT) or (last and last.day >= today):
        return False
    check = ledger.check_page(session, now, today)
    if check.finished_at is None:
        return True
    if check.reason:
        audit.note(session, now, None, "ledger.broken", "ledger", check.bad_id or 0, check.bad_account or check.reason)
        outbox.owe_room(session, now, f"ledger:broken:{check.day}", "ledger.alarm", check.id or 0, "admin")
    return False


def review_budgets(session: Session, deployment: Deployment, now: datetime) -> bool:
    """Budgets that were used up may have room again."""
    budgets.review_full(session, now, deployment.today(now), deployment.time_zone)
    return False


STEPS = {
    "bonuses.start": start_waiting, "bonuses.joiners": greet_joiners, "bonuses.leavers": drop_leavers, "bonuses.due": raise_due,
    "bonuses.budgets": review_budgets, "ledger.read": read_ledger,
}  # fmt: skip
