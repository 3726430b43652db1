"""What a referrer says for somebody: two questions, asked only once the candidate has confirmed and lets them see how it goes.

Sealed with the candidate's own key, so it goes when they are erased; read by a recruiter who opens the details, and by the candidate.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete
from sqlmodel import Field, Session, SQLModel, col, select

from bot import audit
from bot.db import utc_field
from bot.errors import FieldRefusal, Refusal
from bot.referrals.details import seal, unseal
from bot.referrals.records import Referral
from bot.referrals.seeing import may_see_name, shown_stage
from bot.referrals.stages import ACTIVE
from bot.vault import Vault

QUESTIONS = ("known", "why")  # how do you know each other; why this work
LONGEST = 600  # characters of an answer


class Endorsement(SQLModel, table=True):
    """A referrer's answers about one referral, sealed with the candidate's key."""

    referral_id: int = Field(primary_key=True, foreign_key="referral.id")
    sealed: str
    at: datetime = utc_field()


def may_endorse(session: Session, referral: Referral) -> bool:
    """Whether its referrer is asked now: it is under way as they see it, and they may know who it is. (Where the way is kept private
    they could not tell of whom they speak: one link may have been given to several.)"""
    return may_see_name(session, referral) and shown_stage(session, referral) in ACTIVE


def endorse(session: Session, now: datetime, vault: Vault, person_id: int, referral_id: int, answers: dict[str, str]) -> Referral:
    """Keep a referrer's answers by question, in place of earlier ones. Raises Refusal `endorse.not_now`, FieldRefusal where none is given."""
    referral = endorsable(session, person_id, referral_id)
    kept = {name: answers.get(name, "").strip() for name in QUESTIONS}
    if not any(kept.values()):
        raise FieldRefusal("known", "endorse.empty")
    for name, text in kept.items():
        if len(text) > LONGEST:
            raise FieldRefusal(name, "openings.too_long", count=LONGEST)
    row = session.get(Endorsement, referral_id) or Endorsement(referral_id=referral_id, sealed="", at=now)
    row.sealed, row.at = seal(session, vault, referral.candidate_id, kept), now
    session.add(row)
    session.flush()
    audit.note(session, now, person_id, "referral.endorsed", "referral", referral_id)
    return referral


def endorsable(session: Session, person_id: int, referral_id: int) -> Referral:
    """The referral, where this person may speak for its candidate now. Raises Refusal `endorse.not_now`."""
    referral = session.get(Referral, referral_id)
    if referral is None or referral.referrer_id != person_id or not may_endorse(session, referral):
        raise Refusal("endorse.not_now")
    return referral


def endorsement(session: Session, vault: Vault, referral: Referral) -> dict[str, str]:
    """The answers by question; nothing where none were given, or once the candidate is erased."""
    row = session.get(Endorsement, referral.id)
    found = unseal(session, vault, referral.candidate_id, row.sealed) if row else {}
    return {name: found[name] for name in QUESTIONS if found.get(name)}


def endorsed(session: Session, referral_ids: Iterable[int]) -> set[int]:
    """Those of the referrals whose referrer has answered."""
    return set(session.exec(select(Endorsement.referral_id).where(col(Endorsement.referral_id).in_(list(referral_ids)))))


def forget_words_of(session: Session, person_id: int) -> None:
    """What an erased referrer wrote goes with them."""
    mine = select(Referral.id).where(Referral.referrer_id == person_id)
    session.execute(delete(Endorsement).where(col(Endorsement.referral_id).in_(mine)))
