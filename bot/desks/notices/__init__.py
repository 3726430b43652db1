"""What is owed, as a card: built at the moment of sending from the state of that moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from sqlmodel import Session

from bot.desks.turn import Deployment
from bot.messages import Card
from bot.outbox import Delivery
from bot.people import Person


@dataclass(frozen=True)
class Owed:
    """What a builder is given. `person` is None for a room; `now` is programme time."""

    session: Session
    deployment: Deployment
    subject_id: int
    person: Person | None
    now: datetime


Builder: TypeAlias = Callable[[Owed], Card | None]


def build(session: Session, deployment: Deployment, delivery: Delivery, now: datetime) -> Card | None:
    """The card of a delivery, or None when there is nothing to say any more (it is then cancelled)."""
    from bot.desks.notices.table import BUILDERS  # the table imports the builders, which import Owed from here

    person = session.get(Person, delivery.person_id) if delivery.person_id else None
    if person and not person.is_here(deployment.today(now)):
        return None
    return BUILDERS[delivery.notice](Owed(session, deployment, delivery.subject_id, person, now))
