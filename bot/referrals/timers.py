"""Nobody is left in silence: whom a promise is due to is brought up on its morning, and goes to HR's channel when the day has passed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlmodel import Session, and_, col, func, or_, select

from bot import audit, outbox, settings
from bot.referrals.deadlines import DAYS, Deadline, deadline
from bot.referrals.records import Referral
from bot.referrals.responsible import recruiters_of
from bot.referrals.workdays import Calendar


def remind(session: Session, now: datetime, limit: int = 200) -> bool:
    """Remind whoever is responsible on the morning of the day that was promised; True when more is due."""
    count = 0
    for referral, promise in _waiting(session, now, escalate=False):
        if promise.remind_at > now or not promise.calendar.is_open(now):
            continue
        rid = referral.id or 0
        for person in recruiters_of(session, referral, now):
            outbox.owe(session, now, f"{_key(referral, promise)}:reminder:{person.id}", "referral_waiting", rid, person)
        referral.reminded_at = now
        session.add(referral)
        audit.note(session, now, None, "referral.reminded", "referral", rid, referral.stage)
        if (count := count + 1) == limit:
            break
    session.flush()
    return count == limit


def escalate(session: Session, now: datetime, limit: int = 200) -> bool:
    """Bring what is late to HR's channel, `referral.escalate_days` working days after the day that was promised; True when more is due."""
    count = 0
    for referral, promise in _waiting(session, now, escalate=True):
        if promise.escalate_at > now or not promise.calendar.is_open(now):
            continue
        rid = referral.id or 0
        outbox.owe_room(session, now, f"{_key(referral, promise)}:escalation", "referral_stuck", rid, "admin")
        referral.escalated_at = now
        session.add(referral)
        audit.note(session, now, None, "referral.escalated", "referral", rid, referral.stage)
        if (count := count + 1) == limit:
            break
    session.flush()
    return count == limit


def _key(referral: Referral, promise: Deadline) -> str:
    return f"referral:{referral.id}:{referral.stage} since {promise.since:%Y-%m-%dT%H:%M:%S}"


def _waiting(session: Session, now: datetime, *, escalate: bool) -> Iterator[tuple[Referral, Deadline]]:
    """What may be due: a working day is no longer than a day of the calendar, so the younger ones need no look at it."""
    since = func.coalesce(col(Referral.waits_since), col(Referral.stage_since))
    old = [and_(col(Referral.stage) == stage, since <= now - timedelta(days=max(0, int(settings.get(session, name)) - 1))) for stage, name in DAYS.items()]
    done = Referral.escalated_at if escalate else Referral.reminded_at
    rows = session.exec(select(Referral).where(or_(*old), col(done).is_(None)).order_by(col(Referral.id))).all()
    known: dict[tuple[int | None, int | None], Calendar] = {}
    return ((row, promise) for row in rows if (promise := deadline(session, now, row, known)))
