"""What goes when a person is erased: their yes to being thanked, and what HR wrote about them in words. Amounts, days and ids stay."""

from __future__ import annotations

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from bot.bonuses.records import Bonus, ReferralShare, Thanks


def erase_person(session: Session, person_id: int) -> None:
    """Forget it. Who decided stays by id, as does every state and amount."""
    session.execute(delete(Thanks).where(col(Thanks.person_id) == person_id))
    session.execute(update(Bonus).where(col(Bonus.beneficiary_id) == person_id, col(Bonus.override_reason) != "").values(override_reason=""))
    theirs = select(ReferralShare.referral_id).where(ReferralShare.person_id == person_id)
    session.execute(update(ReferralShare).where(col(ReferralShare.referral_id).in_(theirs), col(ReferralShare.reason) != "").values(reason=""))
