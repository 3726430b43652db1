"""The thank-you in the team's channel: only by name of somebody who said yes, and they are asked once. Never an amount, never the newcomer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from bot import audit, outbox, settings
from bot.bonuses.records import Bonus, Thanks
from bot.people import Person

_PAGE = 500


def say(session: Session, now: datetime, bonuses: Sequence[Bonus]) -> None:
    """Bonuses were paid: thank those who said yes, once a referral; ask those who were never asked. Nothing while HR has it off."""
    if not settings.get(session, "bonus.thank_in_channel"):
        return
    known = _known(session, sorted({b.beneficiary_id for b in bonuses}))
    for bonus in bonuses:
        person_id = bonus.beneficiary_id
        if person_id not in known:
            known[person_id] = None
            session.add(Thanks(person_id=person_id, asked_at=now))
            outbox.owe(session, now, f"thanks:ask:person:{person_id}", "thanks.ask", bonus.id or 0, session.get_one(Person, person_id))
        elif known[person_id]:
            _thank(session, now, bonus)


def answer(session: Session, now: datetime, person_id: int, *, may_say: bool) -> None:
    """Somebody's yes or no; they may change it at any time. A first yes also thanks them for what they were asked about."""
    row = session.get(Thanks, person_id, with_for_update=True, populate_existing=True) or Thanks(person_id=person_id, asked_at=now)
    is_first, row.may_say = row.may_say is None, may_say
    session.add(row)
    audit.note(session, now, person_id, f"thanks.{'yes' if may_say else 'no'}", "person", person_id)
    if may_say and is_first and settings.get(session, "bonus.thank_in_channel"):
        paid = select(Bonus).where(Bonus.beneficiary_id == person_id, Bonus.state == "paid").order_by(col(Bonus.state_since).desc(), col(Bonus.id).desc())
        if bonus := session.exec(paid.limit(1)).first():
            _thank(session, now, bonus)


def may_say(session: Session, person_id: int) -> bool | None:
    """Whether somebody may be thanked in the channel; None when they have not said."""
    row = session.get(Thanks, person_id)
    return row.may_say if row else None


def _thank(session: Session, now: datetime, bonus: Bonus) -> None:
    key = f"referral:{bonus.referral_id}:thanks:person:{bonus.beneficiary_id}"
    outbox.owe_room(session, now, key, "thanks.said", bonus.id or 0, "thanks")


def _known(session: Session, ids: list[int]) -> dict[int, bool | None]:
    found: dict[int, bool | None] = {}
    for i in range(0, len(ids), _PAGE):
        found |= {row.person_id: row.may_say for row in session.exec(select(Thanks).where(col(Thanks.person_id).in_(ids[i : i + _PAGE])))}
    return found
