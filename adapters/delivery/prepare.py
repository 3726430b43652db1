"""From a claimed row to what is sent: the card of this moment, the place where its reader is reached at this moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlmodel import Session

from adapters.hub import PlatformAdapter
from bot.desks import Deployment, notices
from bot.desks.notices.letters import as_letter
from bot.desks.notices.whom import Whom, not_before, whom
from bot.messages import Card
from bot.outbox import INTERRUPTED, Delivery
from bot.ports import Recipient

NOWHERE = timedelta(minutes=10)  # how often a delivery is looked at again that no connected platform can carry
ORIGINAL_IN_FLIGHT = timedelta(seconds=5)
log = structlog.get_logger("vinkki.delivery")


@dataclass(frozen=True)
class Job:
    """Something to send now. `reference` is that of the message to update or withdraw; `card` is None for a withdrawal, and for a new
    message that a crash interrupted and that is no longer to be said: it may have arrived, and is then taken back."""

    delivery: Delivery
    to: Recipient
    card: Card | None
    reference: str = ""


@dataclass(frozen=True)
class Ended:
    """How a claimed delivery ended, for outbox.settle. `is_lost`: its reader cannot be reached at `to` any more."""

    delivery: Delivery
    state: str
    values: dict[str, Any] = field(default_factory=dict)
    to: Recipient | None = None
    is_lost: bool = False


def again(delivery: Delivery, **values: Any) -> Ended:
    """Owed as before: this was not an attempt."""
    return Ended(delivery, "owed", {"attempts": delivery.attempts - 1} | values)


def prepare_all(
    session: Session, deployment: Deployment, platforms: Mapping[str, PlatformAdapter], claimed: list[Delivery], now: datetime
) -> list[Job | Ended]:
    """Prepare claimed deliveries, each on its own: one that cannot be built is parked and hinders no other."""
    out: list[Job | Ended] = []
    for delivery in claimed:
        try:
            out.append(_prepare(session, deployment, platforms, delivery, now))
        except Exception as e:
            session.rollback()
            log.exception("card cannot be built", notice=delivery.notice, delivery=delivery.id)
            out.append(Ended(delivery, "parked", {"error": f"the message cannot be built ({type(e).__name__})"}))
    return out


def _prepare(session: Session, deployment: Deployment, platforms: Mapping[str, PlatformAdapter], delivery: Delivery, now: datetime) -> Job | Ended:
    if delivery.deed != "send":
        return _change(session, deployment, platforms, delivery, now)
    to = _room(deployment, platforms, delivery.room) if delivery.room else _place(platforms, whom(session, deployment, delivery, now))
    if to is None:
        return Ended(delivery, "cancelled", {"error": "nobody is there to tell"})
    if not to.platform:
        return again(delivery, due_at=now + NOWHERE, error="no connected platform reaches this person")
    lane = lane_of(to)
    if lane != delivery.lane:
        return again(delivery, lane=lane)
    if (later := not_before(session, delivery, to.time_zone, now)) > now:
        return again(delivery, due_at=later)
    card = notices.build(session, deployment, delivery, now)
    if card is None:
        return Job(delivery, to, None) if delivery.error == INTERRUPTED else Ended(delivery, "cancelled")
    return Job(delivery, to, as_letter(deployment, delivery, card) if to.platform == "mail" else card)


def _change(session: Session, deployment: Deployment, platforms: Mapping[str, PlatformAdapter], delivery: Delivery, now: datetime) -> Job | Ended:
    original = session.get(Delivery, delivery.of_id)
    if original and original.state in ("owed", "sending"):
        return again(delivery, due_at=now + ORIGINAL_IN_FLIGHT)
    platform, _, workspace = original.lane.partition(":") if original else ("", "", "")
    if original is None or original.state != "sent" or not original.reference or platform not in platforms:
        return Ended(delivery, "cancelled")  # a letter, or a message that never went out
    reader = None if original.room else whom(session, deployment, original, now)
    locale, zone = (reader.locale, reader.time_zone) if reader else (deployment.default_locale, deployment.time_zone)
    to = Recipient(platform, workspace, original.reached, locale, zone)
    if delivery.deed == "withdraw":
        return Job(delivery, to, None, original.reference)
    card = notices.build(session, deployment, delivery, now)
    return Job(delivery, to, card, original.reference) if card else Ended(delivery, "cancelled")


def lane_of(to: Recipient) -> str:
    """The lane of a place: one per workspace or tenant."""
    return f"{to.platform}:{to.workspace}" if to.workspace else to.platform


def _place(platforms: Mapping[str, PlatformAdapter], reader: Whom | None) -> Recipient | None:
    """Where the reader is, on a platform that is connected; platform "" where there is none."""
    if reader is None:
        return None
    for reach in (reader.reach, *reader.others):
        if reach.platform in platforms:
            return Recipient(reach.platform, reach.workspace, reach.address, reader.locale, reader.time_zone)
    return Recipient("", "", "", reader.locale, reader.time_zone)


def _room(deployment: Deployment, platforms: Mapping[str, PlatformAdapter], room: str) -> Recipient | None:
    for name in sorted(platforms, key=lambda n: n == "portal"):  # a real channel before the portal's own page
        if place := platforms[name].room_address(room):
            return Recipient(name, *place, deployment.default_locale, deployment.time_zone)
    return None
