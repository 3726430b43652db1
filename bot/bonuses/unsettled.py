"""Who must stay known because of a bonus: whoever it is to be paid to, and the newcomer whose qualifying period still runs."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, union
from sqlmodel import Session, col, select

from bot.bonuses.records import MOVES, Bonus
from bot.referrals import Referral

SETTLED = ("paid", *(state for state, onward in MOVES.items() if not onward))


def waited_for() -> Any:
    """SELECT of the ids of everybody without whom a bonus that is not settled could not be judged or paid."""
    newcomers = select(Referral.hired_person_id).join(Bonus, col(Bonus.referral_id) == Referral.id).where(col(Referral.hired_person_id).is_not(None))
    return union(select(Bonus.beneficiary_id).where(_is_open()), newcomers.where(_is_open()))


def count_of(session: Session, person_id: int) -> int:
    """How many bonuses that are not settled wait for this person, as the one who gets them or as the newcomer."""
    theirs = (col(Bonus.beneficiary_id) == person_id) | (col(Referral.hired_person_id) == person_id)
    return session.exec(select(func.count()).select_from(Bonus).join(Referral, col(Bonus.referral_id) == Referral.id).where(theirs, _is_open())).one()


def _is_open() -> Any:
    return col(Bonus.state).not_in(SETTLED)
