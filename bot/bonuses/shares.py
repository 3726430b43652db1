"""Whose a referral's bonus is: the referrer's alone, or divided."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from bot.bonuses.records import ReferralShare
from bot.referrals import Referral


@dataclass(frozen=True)
class Share:
    """One person's part of a referral's bonus, in proportion to the whole-number weights of all shares."""

    person_id: int
    weight: int = 1


_OF_REFERRAL = select(ReferralShare).where(ReferralShare.referral_id == bindparam("referral_id")).order_by(col(ReferralShare.share_no))  # built once


def shares_of(session: Session, referral: Referral) -> tuple[Share, ...]:
    """The shares of a referral in their order, as proposed or settled; the referrer's alone where there are none."""
    return tuple(Share(r.person_id, r.basis_points) for r in rows_of(session, referral.id or 0)) or (Share(referral.referrer_id),)


def has_part(session: Session, referral: Referral) -> bool:
    """The referrer gets something of what the referral earns: it is undivided, or a share of it is theirs."""
    return referral.referrer_id in {share.person_id for share in shares_of(session, referral)}


def is_settled(session: Session, referral: Referral) -> bool:
    """Nobody has to be asked any more whose the bonus is: undivided, accepted by all, or decided by HR."""
    return all(r.accepted_at or r.decided_by for r in rows_of(session, referral.id or 0))


def rows_of(session: Session, referral_id: int) -> list[ReferralShare]:
    """The shares of a referral as HR proposed them last, in their order."""
    return list(session.exec(_OF_REFERRAL, params={"referral_id": referral_id}))
