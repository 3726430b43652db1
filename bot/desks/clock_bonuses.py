"""What time does for bonuses: first days, leavers, due days at nine in the morning, and the nightly reading of the ledger."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from bot import audit, bonuses, ledger, outbox, people, settings
from bot.desks.turn import Deployment

READ_AT = 3  # o'clock, company time


def start_waiting(session: Session, deployment: Deployment, now: datetime) -> bool:
    """The newcomer's first day."""
    return bonuses.start_waiting(session, now, deployment.today(now))


def drop_leavers(session: Session, deployment: Deployment, now: datetime) -> bool:
    """Who has left before the due day."""
    return bonuses.drop_leavers(session, now, deployment.today(now))


def raise_due(session: Session, deployment: Deployment, now: datetime) -> bool:
    """Due bonuses raise themselves at nine (a setting), and HR is told once that day; the list of the mornings before goes, since the
    newest holds all that still waits."""
    today = _day_from(session, deployment, now)
    raised, more = bonuses.raise_due(session, now, today)
    if raised:
        for person in people.holders(session, "hr"):
            if person.is_here(today):
                outbox.owe_newest(session, now, f"bonuses:due:{today}:person:{person.id}", "bonus.digest", today.toordinal(), person)
    return more


def _day_from(session: Session, deployment: Deployment, now: datetime) -> date:
    """Today from that hour on; before it, still yesterday."""
    local = now.astimezone(ZoneInfo(deployment.time_zone))
    return local.date() if local.hour >= int(settings.get(session, "bonus.raise_hour")) else local.date() - timedelta(days=1)


def read_ledger(session: Session, deployment: Deployment, now: datetime) -> bool:
    """Read the whole book once a night, a page at a time; a row that is not sound is named to the admin room."""
    local = now.astimezone(ZoneInfo(deployment.time_zone))
    last = ledger.last_check(session)
    if local.hour < READ_AT or (last and last.day >= local.date()):
        return False
    check = ledger.check_page(session, now, local.date())
    if check.finished_at is None:
        return True
    if check.bad_id is not None:
        audit.note(session, now, None, "ledger.broken", "ledger", check.bad_id, check.reason)
        outbox.owe_room(session, now, f"ledger:broken:{check.day}", "ledger.alarm", check.id or 0, "admin")
    return False


STEPS = {"bonuses.start": start_waiting, "bonuses.leavers": drop_leavers, "bonuses.due": raise_due, "ledger.read": read_ledger}
