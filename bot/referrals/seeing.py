"""What the referrer may see of a referral: as much as the candidate allowed, and never that somebody is known here already."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from bot.referrals.records import Candidate, Referral, StageChange
from bot.referrals.stages import ENDS, HIDDEN


def shown_stage(session: Session, referral: Referral) -> str:
    """The stage as the referrer sees it: its own name, or one of two coarse ones.

    private: the candidate keeps the way to themselves. over: it has ended, and how is the candidate's matter. A hire is always told:
    a bonus hangs on it. A duplicate looks like a confirmed referral until the one that holds the candidate has ended.
    """
    candidate = session.get(Candidate, referral.candidate_id)
    if referral.stage == "duplicate":
        return "over" if _holder_is_over(session, referral) else _confirmed(candidate)
    if referral.stage in HIDDEN or referral.stage == "hired":
        return referral.stage
    if candidate and candidate.referrer_may_see:
        return referral.stage
    if referral.stage == "closed" and referral.start_on:
        return "closed"
    return "over" if referral.stage in ENDS or referral.stage == "closed" else "private"


def shown_step(session: Session, referral: Referral, change: StageChange) -> str | None:
    """A step of the way as the referrer may read it, then and ever after; None where the step is none of theirs (any more).

    The latest step is the stage as shown. The first stays the first. The others stay readable for as long as the candidate lets
    the referrer see the way; of somebody erased, or who turned out to be another's candidate, they do not.
    """
    if change.new == "invited":
        return "invited"  # what they asked for themselves stays what it was
    shown, is_first = shown_stage(session, referral), change.old in ("", "invited")
    if referral.stage == change.new:
        return shown if is_first or shown != "private" else None
    if is_first:
        is_told_apart = referral.stage == "duplicate" or referral.stage in HIDDEN
        return shown if is_told_apart else "confirmed" if may_see_name(session, referral) else "private"
    is_gone = referral.stage in ("erased", "duplicate") or referral.stage in HIDDEN
    if is_gone or change.new in ("erased", "duplicate"):
        return None
    return change.new if change.new == "hired" or may_see_name(session, referral) else None


def shown_since(session: Session, referral: Referral) -> datetime:
    """Since when it is in the stage the referrer sees; never a moment that would tell what they may not know."""
    if shown_stage(session, referral) in ("private", "confirmed") or referral.stage == "duplicate":
        return referral.confirmed_at or referral.stage_since
    return referral.stage_since


def may_see_name(session: Session, referral: Referral) -> bool:
    """Whether the candidate let the referrer see who they are in the list."""
    candidate = session.get(Candidate, referral.candidate_id)
    return candidate is not None and candidate.referrer_may_see and referral.stage not in HIDDEN


def _confirmed(candidate: Candidate | None) -> str:
    return "confirmed" if candidate and candidate.referrer_may_see else "private"


def _holder_is_over(session: Session, referral: Referral) -> bool:
    holder = session.get(Referral, referral.duplicate_of_id) if referral.duplicate_of_id else None
    return holder is None or holder.stage in ENDS or holder.stage in ("hired", "closed")
