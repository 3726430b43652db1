"""What time does for money that waits or has gone out: decisions that take too long, and newcomers who leave soon after a payment."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from bot import bonuses, outbox, people, settings
from bot.desks.turn import Deployment


def escalate(session: Session, deployment: Deployment, now: datetime) -> bool:
    """Decisions that have waited for too many days (a setting) are told to the admin room, once each, from the hour at which due
    bonuses are raised."""
    days = int(settings.get(session, "bonus.escalate_days"))
    local = now.astimezone(ZoneInfo(deployment.time_zone))
    if not days or local.hour < int(settings.get(session, "bonus.raise_hour")):
        return False
    if bonuses.escalate(session, now, now - timedelta(days=days)):
        outbox.owe_room(session, now, f"bonuses:overdue:{local.date()}", "bonus.overdue", local.date().toordinal(), "admin")
    return False


def ask_back(session: Session, deployment: Deployment, now: datetime) -> bool:
    """Where HR has switched it on: bonuses of newcomers who left soon after the payment are to be paid back, and HR decides on each."""
    today = deployment.today(now)
    asked, more = bonuses.clawback.ask_back_leavers(session, now, today, deployment.time_zone)
    if asked:
        for person in people.holders(session, "hr"):
            if person.is_here(today):
                outbox.owe_newest(session, now, f"bonuses:clawback:{today}:person:{person.id}", "bonus.digest", today.toordinal(), person)
    return more


STEPS = {"bonuses.overdue": escalate, "bonuses.clawback": ask_back}
