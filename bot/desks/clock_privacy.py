"""What time does to what nobody needs any more."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from bot import privacy, shares
from bot.desks.turn import Deployment


def prune(session: Session, deployment: Deployment, now: datetime) -> bool:
    """Receipts, used-up sign-in links, ended sessions and broken-off imports go."""
    return privacy.expired(session, now)


def erase_people(session: Session, deployment: Deployment, now: datetime) -> bool:
    """Those who asked to be erased and for whom no bonus waits any more, and leavers whose time is over."""
    return privacy.erase_due(session, now, deployment.today(now))


def untie_clicks(session: Session, deployment: Deployment, now: datetime) -> bool:
    """Clicks of more than a year ago no longer name whose link was followed."""
    return shares.untie(session, now, deployment.time_zone)


STEPS = {"prune": prune, "people.erase": erase_people, "clicks.untie": untie_clicks}
