"""Privacy: forgetting. Each noun forgets its own; this only calls them, and knows no table but those of what was said.

Whoever asks to be erased is out of the programme at once. Their entry goes at the same moment, unless a bonus is not settled yet
that could not be judged or paid without it: then it goes by itself as soon as that is done, and nobody loses money.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, delete, update
from sqlmodel import Session, col, select

from bot import audiences, audit, people, referrals, settings, shares
from bot.bonuses import erasing as bonus_erasing
from bot.bonuses import unsettled
from bot.errors import Refusal
from bot.outbox import Delivery, Receipt
from bot.people import Person, leaving
from bot.stories import erasing
from bot.vault import ANSWERS, Vault, erase_key

PAGE = 1000
ERASED_AT_ONCE = 50  # people a transaction
RECEIPT_LIFE = timedelta(days=2)  # every platform has long stopped repeating by then


def ask_erasure(session: Session, vault: Vault, now: datetime, actor_id: int | None, person_id: int) -> bool:
    """Somebody asked to be erased (or HR or the operator passes it on): True when it is done, False when a bonus must be settled first.

    Raises Refusal `privacy.erase.roles` for those who hold a role: somebody else takes it over first; `privacy.erase.nobody` for
    people who are not there (any more).
    """
    person = session.get(Person, person_id, with_for_update=True, populate_existing=True)
    if person is None or person.erased_at:
        raise Refusal("privacy.erase.nobody")
    if people.roles_of(session, person_id):
        raise Refusal("privacy.erase.roles")
    leaving.keep_out(session, vault, now, person.email)
    if not unsettled.count_of(session, person_id):
        erase_person(session, now, person, actor_id)
        return True
    _forget_doings(session, now, person_id)
    person.enrolled_at, person.on_leaderboard, person.erase_asked_at = None, False, person.erase_asked_at or now
    person.version += 1
    session.add(person)
    audit.note(session, now, actor_id, "person.erasure_asked", "person", person_id)
    return False


def stay(session: Session, vault: Vault, now: datetime, person: Person) -> None:
    """They change their mind before it was done, or come back: nothing will be erased, and people files may bring them again."""
    leaving.let_in(session, vault, person.email)
    if person.erase_asked_at:
        person.erase_asked_at = None
        audit.note(session, now, person.id, "person.erasure_taken_back", "person", person.id or 0)


def erase_person(session: Session, now: datetime, person: Person, actor_id: int | None = None) -> None:
    """Forget who a person of the directory is, in every noun. Amounts, days and counts stay under an id without a name."""
    person_id = person.id or 0
    _forget_doings(session, now, person_id)
    quiet = update(Delivery).where(col(Delivery.person_id) == person_id)
    session.execute(quiet.where(col(Delivery.state).in_(("owed", "sending", "parked", "unknown"))).values(state="cancelled", lease_until=None))
    session.execute(quiet.values(reached="", reference="", error=""))
    leaving.erase(session, now, person)
    audit.note(session, now, actor_id, "person.erased", "person", person_id)


def _forget_doings(session: Session, now: datetime, person_id: int) -> None:
    """What they did and wrote in the programme, and every answer that may show it or them."""
    referrals.erase_person(session, now, person_id)
    shares.erase_person(session, person_id)
    bonus_erasing.erase_person(session, person_id)
    erasing.erase_person(session, person_id)
    audiences.erase_person(session, person_id)
    erase_key(session, ANSWERS)


def erase_due(session: Session, now: datetime, today: date) -> bool:
    """Erase those who asked and for whom nothing waits any more, and leavers whose time is over; True while there is more.

    A leaver's entry stays for as long as the rules of bonuses look back (setting `bonus.former_employee_days`).
    """
    over = today - timedelta(days=int(settings.get(session, "bonus.former_employee_days")))
    left = col(Person.end_on) < over, col(Person.erased_at).is_(None), col(Person.kind).not_in(("alumna", "stakeholder"))
    asked = _nobody_waits_for(session, col(Person.erase_asked_at), col(Person.erase_asked_at).is_not(None))
    rows = [*asked, *_nobody_waits_for(session, col(Person.end_on), *left)]
    due = {person.id: person for person in rows}
    for person in due.values():
        erase_person(session, now, person)
    return len(due) >= ERASED_AT_ONCE


def _nobody_waits_for(session: Session, first: Any, *where: ColumnElement[bool]) -> list[Person]:
    """A page of people for whom no bonus waits. The clock asks every few seconds: `first` and `where` are of a small index."""
    query = select(Person).where(*where, col(Person.id).not_in(unsettled.waited_for())).order_by(first).limit(ERASED_AT_ONCE)
    return list(session.exec(query.with_for_update(skip_locked=True)))


def expired(session: Session, now: datetime) -> bool:
    """Delete what has had its time, at most 1,000 rows of a sort; True while there is more."""
    old = select(Receipt.key).where(col(Receipt.at) < now - RECEIPT_LIFE).limit(PAGE)
    receipts = session.execute(delete(Receipt).where(col(Receipt.key).in_(old)))
    more = isinstance(receipts, CursorResult) and receipts.rowcount == PAGE
    return leaving.expired(session, now) or more
