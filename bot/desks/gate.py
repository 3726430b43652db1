"""The gate: who is turned away, before they reach a desk or at it, and accounts that a platform closed."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, select

from bot import audit
from bot.people.identities import Identity


def turned_away(session: Session, now: datetime, platform: str, why: str) -> None:
    """Write down that a request of somebody else's workspace or tenant was refused: platform and a word, no ids of strangers."""
    audit.note(session, now, None, "refused.foreign", "platform", 0, f"{platform}: {why}"[:200])


def refused(session: Session, now: datetime, person_id: int | None, platform: str, what: str) -> None:
    """Write down that somebody asked for what needs a role they do not hold: where, and which button, form, command or page."""
    audit.note(session, now, person_id, "refused", "person", person_id or 0, f"{platform} {what[:80]}")


def account_closed(session: Session, now: datetime, platform: str, workspace: str, user: str) -> bool:
    """Forget an account that was deactivated or became a guest; should it come back, its e-mail is verified anew.

    Returns False when we did not know it. The person stays: they are reached where else they are known, or by mail.
    """
    row = session.exec(select(Identity).where(Identity.platform == platform, Identity.workspace == workspace, Identity.user == user)).first()
    if row is None:
        return False
    audit.note(session, now, None, "identity.closed", "person", row.person_id, platform)
    session.delete(row)
    return True
