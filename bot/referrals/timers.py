"""Nobody is left in silence: who is to be reminded of a referral that waits, and when it goes to HR."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from bot import audit, outbox, settings
from bot.referrals.moving import recruiters_of
from bot.referrals.records import Referral


def remind(session: Session, now: datetime, limit: int = 200) -> bool:
    """Remind recruiters of what nobody took within `referral.take_days`; True when more is due."""
    due = _waiting(session, now, 1, limit, escalate=False)
    for referral in due:
        rid = referral.id or 0
        for person in recruiters_of(session, referral, now):
            outbox.owe(session, now, f"referral:{rid}:{referral.stage}:reminder:{person.id}", "referral_waiting", rid, person)
        referral.reminded_at = now
        session.add(referral)
        audit.note(session, now, None, "referral.reminded", "referral", rid, referral.stage)
    session.flush()
    return len(due) == limit


def escalate(session: Session, now: datetime, limit: int = 200) -> bool:
    """Bring what is still not taken after twice that time to HR's channel; True when more is due."""
    due = _waiting(session, now, 2, limit, escalate=True)
    for referral in due:
        rid = referral.id or 0
        outbox.owe_room(session, now, f"referral:{rid}:{referral.stage}:escalation", "referral_stuck", rid, "admin")
        referral.escalated_at = now
        session.add(referral)
        audit.note(session, now, None, "referral.escalated", "referral", rid, referral.stage)
    session.flush()
    return len(due) == limit


def _waiting(session: Session, now: datetime, times: int, limit: int, *, escalate: bool) -> list[Referral]:
    since = now - times * timedelta(days=int(settings.get(session, "referral.take_days")))
    done = Referral.escalated_at if escalate else Referral.reminded_at
    late = select(Referral).where(Referral.stage == "confirmed", Referral.stage_since <= since, col(done).is_(None))
    return list(session.exec(late.order_by(col(Referral.id)).limit(limit)))
