"""What time does to what nobody needs any more."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from bot import outbox, privacy, referrals, shares
from bot.desks.turn import Deployment
from bot.referrals import inviting, keeping


def prune(session: Session, deployment: Deployment, now: datetime) -> bool:
    """Receipts, used-up sign-in links, ended sessions and broken-off imports go."""
    return privacy.expired(session, now)


def erase_people(session: Session, deployment: Deployment, now: datetime) -> bool:
    """Those who asked to be erased and for whom no bonus waits any more, and leavers whose time is over."""
    return privacy.erase_due(session, now, deployment.today(now))


def untie_clicks(session: Session, deployment: Deployment, now: datetime) -> bool:
    """Clicks of more than a year ago no longer name whose link was followed."""
    return shares.untie(session, now, deployment.time_zone)


def show_before(session: Session, deployment: Deployment, now: datetime) -> bool:
    """Once a week HR's room hears whose details go next, a week before at least."""
    year, week, _ = deployment.today(now).isocalendar()
    key = f"privacy:erasures:{year}-W{week:02}"
    if not outbox.is_owed(session, key) and referrals.due_by(session, now + keeping.SHOWN_BEFORE, 1):
        outbox.owe_room(session, now, key, "privacy_erasures", year * 100 + week, "admin")
    return False


def invite_again(session: Session, deployment: Deployment, now: datetime) -> bool:
    """The one reminder of an invitation."""
    return inviting.remind(session, now)


def end_invitations(session: Session, deployment: Deployment, now: datetime) -> bool:
    """Invitations without an answer end, and the address goes."""
    return inviting.expire(session, now)


def prove_notices(session: Session, deployment: Deployment, now: datetime) -> bool:
    """Which letters with a notice have gone out, and of which nothing proves it in time."""
    inviting.prove(session, now)
    return inviting.escalate_unnoticed(session, now)


STEPS = {
    "notices.prove": prove_notices, "invitations.remind": invite_again, "invitations.end": end_invitations, "erasures.show": show_before,
    "prune": prune, "people.erase": erase_people, "clicks.untie": untie_clicks,
}  # fmt: skip
