"""A candidate's rights over their data: withdraw, take it along, have it erased; and the end that time puts to it."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from bot.referrals.details import open_details, unseal
from bot.referrals.endorsing import endorsement, forget_words_of
from bot.referrals.forgetting import shred
from bot.referrals.keeping import due_by
from bot.referrals.leave import forget_leave
from bot.referrals.links import retire_links
from bot.referrals.moving import move
from bot.referrals.notes import notes_of
from bot.referrals.papers import paper_facts
from bot.referrals.records import Candidate, ConsentRecord, Referral, StageChange
from bot.vault import Vault, token_hash


def by_token(session: Session, token: str) -> Candidate | None:
    """The candidate whose private address this is."""
    return session.exec(select(Candidate).where(Candidate.token_hash == token_hash(token))).first()


def referrals_of(session: Session, candidate_id: int, *, lock: bool = False) -> list[Referral]:
    """A candidate's referrals, oldest first. With `lock` nobody else moves them until the transaction ends, and they are as they
    are now: a candidate's own will is never refused because a recruiter pressed at the same moment."""
    query = select(Referral).where(Referral.candidate_id == candidate_id).order_by(col(Referral.id))
    return list(session.exec(query.with_for_update().execution_options(populate_existing=True) if lock else query))


def withdraw(session: Session, now: datetime, referral_id: int) -> Referral:
    """The candidate takes the referral back. Raises Refusal `referrals.no_such_move` where it is over already."""
    return move(session, now, None, referral_id, "withdrawn", by="candidate")


def erase_candidate(session: Session, now: datetime, actor_id: int | None, candidate_id: int, *, by: str) -> bool:
    """Forget a candidate for good: the key, the hashes, every referral's tie to a person; the referrals become `erased`.

    by: candidate, hr or time. Ids, stages, days and amounts stay, so bonuses stand. False when they were erased before.
    """
    mine = referrals_of(session, candidate_id, lock=True)
    candidate = session.get(Candidate, candidate_id, populate_existing=True)
    if candidate is None or (candidate.erased_at and all(r.stage == "erased" for r in mine)):
        return False
    for referral in mine:
        if referral.stage != "erased":
            move(session, now, actor_id, referral.id or 0, "erased", by=by)
    return True


def export(session: Session, vault: Vault, candidate: Candidate, *, with_notes: bool = False) -> dict[str, object]:
    """Everything we hold about a candidate, as plain data (GDPR articles 15 and 20). What recruiters wrote for themselves comes along
    `with_notes` alone: HR answers for it, since it may speak of others too (article 15(4))."""
    details = open_details(session, vault, candidate)
    consents = session.exec(select(ConsentRecord).where(ConsentRecord.candidate_id == candidate.id).order_by(col(ConsentRecord.id)))
    about: dict[str, object] = {k: v for k, v in vars(details).items() if k not in ("token", "answers")} if details else {}
    paper = paper_facts(session, candidate.id or 0)
    return about | {
        "answers": [{"question": q, "answer": a} for q, a in details.answered] if details else [],
        "cv": {"kind": paper[0], "bytes": paper[1]} if paper else None,
        "language": candidate.locale, "referrer_may_see": candidate.referrer_may_see, "about_other_openings": candidate.about_others,
        "erased_at": candidate.erased_at.isoformat() if candidate.erased_at else None,
        "consents": [
            {"notice": c.text_version, "sha256": c.text_hash, "language": c.locale, "at": c.at.isoformat()} for c in consents
        ],
        "referrals": [
            _exported(session, vault, r) | (_noted(session, vault, r) if with_notes else {}) for r in referrals_of(session, candidate.id or 0)
        ],
    }  # fmt: skip


def retain(session: Session, now: datetime, limit: int = 200) -> bool:
    """Erase what nobody needs any more; True when more is due."""
    due = due_by(session, now, limit)
    for one in due:
        candidate = session.get(Candidate, one.candidate_id)
        if candidate and one.was_hired:
            shred(session, now, candidate)
        elif candidate:
            erase_candidate(session, now, None, one.candidate_id, by="time")
    return len(due) == limit


def erase_person(session: Session, now: datetime, person_id: int) -> None:
    """What is forgotten here when somebody of the directory is erased: their links take nobody in any more, and what they
    wrote for candidates goes. Referrals hold ids only."""
    retire_links(session, person_id)
    forget_leave(session, person_id)
    forget_words_of(session, person_id)


def _exported(session: Session, vault: Vault, referral: Referral) -> dict[str, object]:
    changes = session.exec(select(StageChange).where(StageChange.referral_id == referral.id).order_by(col(StageChange.id)))
    return {
        "referral": referral.id, "opening": referral.opening_id, "stage": "confirmed" if referral.stage == "duplicate" else referral.stage,
        "said_by_referrer": endorsement(session, vault, referral),
        "history": [{"stage": "confirmed" if c.new == "duplicate" else c.new, "at": c.at.isoformat()} for c in changes],
    }  # fmt: skip


def _noted(session: Session, vault: Vault, referral: Referral) -> dict[str, object]:
    sealed = session.exec(select(StageChange.sealed).where(StageChange.referral_id == referral.id, StageChange.sealed != "").order_by(col(StageChange.id)))
    reasons = [reason for text in sealed if (reason := unseal(session, vault, referral.candidate_id, text).get("reason"))]
    notes = [{"kind": note.kind, "at": note.at.isoformat(), "text": text} for note, text in notes_of(session, vault, referral)]
    return {"private_reasons": reasons, "notes": notes}
