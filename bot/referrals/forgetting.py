"""Making everything a candidate told us unreadable."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from bot import audit
from bot.referrals.details import owner
from bot.referrals.endorsing import Endorsement
from bot.referrals.keeping import Kept
from bot.referrals.notes import forget_notes
from bot.referrals.papers import drop_paper
from bot.referrals.records import Candidate, Referral, StageChange
from bot.vault import ANSWERS, erase_key


def shred(session: Session, now: datetime, candidate: Candidate) -> None:
    """Make everything a candidate told us unreadable, the referrals' stages untouched (a hire stays a hire)."""
    cid = candidate.id or 0
    candidate.sealed = candidate.email_hash = candidate.phone_hash = ""
    candidate.erased_at = candidate.erased_at or now
    session.add(candidate)
    session.execute(update(Referral).where(col(Referral.candidate_id) == cid).values(former_person_id=None, known_on=None, is_relative=False))
    mine = select(Referral.id).where(Referral.candidate_id == cid)
    session.execute(update(StageChange).where(col(StageChange.referral_id).in_(mine)).values(sealed=""))
    forget_notes(session, cid)
    session.execute(delete(Endorsement).where(col(Endorsement.referral_id).in_(mine)))
    drop_paper(session, cid)
    session.execute(delete(Kept).where(col(Kept.candidate_id) == cid))
    for key in (owner(cid), ANSWERS):  # what a recruiter was answered may show the candidate's details
        erase_key(session, key)
    session.flush()
    audit.note(session, now, None, "candidate.shredded", "candidate", cid)
