"""Finding the candidate who asks for their data or their erasure, by what they can be reached by."""

from __future__ import annotations

from sqlmodel import Session, col, select

from bot.referrals.details import email_hashes, open_details, phone_hashes
from bot.referrals.records import Candidate, Referral
from bot.vault import Vault


def candidates_at(session: Session, vault: Vault, address: str) -> list[Candidate]:
    """Every candidate with this e-mail address, or with this phone number where it holds no @; nobody who was erased.

    Who was invited and has not answered is found too. Theirs is an address without a hash, so that no invitation can be told from
    another by who is known here: each one is opened, and they are few, since they go after two weeks.
    """
    said = address.strip().lower()
    column, hashes = (Candidate.email_hash, email_hashes(vault, said)) if "@" in said else (Candidate.phone_hash, phone_hashes(vault, said))
    found = list(session.exec(select(Candidate).where(col(column).in_(hashes)).order_by(col(Candidate.id)))) if hashes else []
    waiting = select(Candidate).join(Referral, col(Referral.candidate_id) == Candidate.id).where(Referral.stage == "invited", Candidate.sealed != "")
    opened = [(row, open_details(session, vault, row)) for row in (session.exec(waiting) if said else ())]
    return found + [row for row, details in opened if details and details.email == said]
