"""Nobody is left in silence: whom a promise is due to is brought up on its morning, and goes to HR's channel when the day has passed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from sqlmodel import Session, and_, col, func, or_, select

from bot import audit, outbox, settings
from bot.referrals.deadlines import DAYS, Deadline, deadline
from bot.referrals.records import Referral
from bot.referrals.responsible import recruiters_of
from bot.referrals.workdays import Calendar


def remind(session: Session, now: datetime, limit: int = 200) -> bool:
    """Remind whoever is responsible on the morning of the day that was promised; True when more is due."""
    due = list(islice(_due(session, now, escalate=False), limit))
    for referral, key in due:
        for person in recruiters_of(session, referral, now):
            outbox.owe(session, now, f"{key}:reminder:{person.id}", "referral_waiting", referral.id or 0, person)
        referral.reminded_at = now
        _note(session, now, referral, "referral.reminded")
    return len(due) == limit


def escalate(session: Session, now: datetime, limit: int = 200) -> bool:
    """Bring what is late to HR's channel, `referral.escalate_days` working days after the day that was promised; True when more is due."""
    due = list(islice(_due(session, now, escalate=True), limit))
    for referral, key in due:
        outbox.owe_room(session, now, f"{key}:escalation", "referral_stuck", referral.id or 0, "admin")
        referral.escalated_at = now
        _note(session, now, referral, "referral.escalated")
    return len(due) == limit


def _note(session: Session, now: datetime, referral: Referral, what: str) -> None:
    session.add(referral)
    session.flush()
    audit.note(session, now, None, what, "referral", referral.id or 0, referral.stage)


def _due(session: Session, now: datetime, *, escalate: bool) -> Iterator[tuple[Referral, str]]:
    """Whose moment has come, with the key of this promise; nobody is reminded on a holiday."""
    for referral, promise in _waiting(session, now, escalate=escalate):
        if (promise.escalate_at if escalate else promise.remind_at) <= now and promise.calendar.is_open(now):
            yield referral, f"referral:{referral.id}:{referral.stage} since {promise.since:%Y-%m-%dT%H:%M:%S}"


def _waiting(session: Session, now: datetime, *, escalate: bool) -> Iterator[tuple[Referral, Deadline]]:
    """What may be due: a working day is no longer than a day of the calendar, so the younger ones need no look at it."""
    since = func.coalesce(col(Referral.waits_since), col(Referral.stage_since))
    old = [and_(col(Referral.stage) == stage, since <= now - timedelta(days=max(0, int(settings.get(session, name)) - 1))) for stage, name in DAYS.items()]
    done = Referral.escalated_at if escalate else Referral.reminded_at
    rows = session.exec(select(Referral).where(or_(*old), col(done).is_(None)).order_by(col(Referral.id))).all()
    known: dict[tuple[int | None, int | None], Calendar] = {}
    return ((row, promise) for row in rows if (promise := deadline(session, now, row, known)))
