"""What is owed, as a card: built at the moment of sending from the state of that moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from sqlmodel import Session

from bot import people
from bot.desks.turn import STAFF, Deployment
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


@dataclass(frozen=True)
class Outsider:
    """Somebody who is no Person here (a candidate): their e-mail address, and how to speak to them."""

    email: str
    locale: str
    time_zone: str


Builder: TypeAlias = Callable[[Owed], Card | None]
OutsiderOf: TypeAlias = Callable[[Owed], Outsider | None]


def build(session: Session, deployment: Deployment, delivery: Delivery, now: datetime) -> Card | None:
    """The card of a delivery, or None when there is nothing to say any more (it is then cancelled)."""
    from bot.desks.notices.table import BUILDERS, OF_RECRUITING  # the table imports the builders, which import Owed from here

    person = session.get(Person, delivery.person_id) if delivery.person_id else None
    if person and not person.is_here(deployment.today(now)):
        return None
    if person and delivery.notice in OF_RECRUITING and not people.has_role(session, person.id or 0, *STAFF):
        return None
    return BUILDERS[delivery.notice](Owed(session, deployment, delivery.subject_id, person, now))


def address(session: Session, deployment: Deployment, delivery: Delivery, now: datetime) -> Outsider | None:
    """To whom a mail goes that is owed neither to a person nor to a room (`outbox.owe_mail`): read at sending, never stored
    in the delivery. None when they gave no address or were erased: the delivery is then cancelled."""
    from bot.desks.notices.table import OUTSIDERS

    find = OUTSIDERS.get(delivery.notice)
    return find(Owed(session, deployment, delivery.subject_id, None, now)) if find else None
