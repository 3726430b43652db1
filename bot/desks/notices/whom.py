"""Whom a delivery is for and where they are reached, decided at the moment of sending."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col

from bot import people
from bot.desks.notices import address
from bot.desks.notices.table import BY_MAIL, POLITE
from bot.desks.turn import Deployment
from bot.outbox import Delivery
from bot.people import Identity, Person, Reach
from bot.stories import quiet_hours


@dataclass(frozen=True)
class Whom:
    """One reader: where they are reached now, where else if that platform is not connected, and how to speak to them."""

    reach: Reach
    others: tuple[Reach, ...]
    locale: str
    time_zone: str


def whom(session: Session, deployment: Deployment, delivery: Delivery, now: datetime) -> Whom | None:
    """The reader of a delivery to a person or to somebody outside; None when there is nobody any more. Not for rooms."""
    if delivery.person_id is None:
        outsider = address(session, deployment, delivery, now)
        return Whom(Reach("mail", "", outsider.email), (), outsider.locale, outsider.time_zone) if outsider else None
    person = session.get(Person, delivery.person_id)
    if person is None:
        return None
    mail, portal = Reach("mail", "", person.email), Reach("portal", "", str(person.id))
    if delivery.notice in BY_MAIL:
        return Whom(mail, (), person.locale, person.time_zone)
    return Whom(people.reach(session, person), (mail, portal), person.locale, person.time_zone)


def not_before(session: Session, delivery: Delivery, time_zone: str, now: datetime) -> datetime:
    """When this may be said to a reader in a zone: now, or when their quiet hours end."""
    return quiet_hours(session).until(now, time_zone) if delivery.notice in POLITE else now


def lost(session: Session, person_id: int, platform: str, workspace: str) -> None:
    """A platform says that this person cannot be reached there any more (blocked, gone): the next notice goes elsewhere."""
    where = col(Identity.person_id) == person_id, col(Identity.platform) == platform, col(Identity.workspace) == workspace
    session.execute(update(Identity).where(*where).values(is_reachable=False))
