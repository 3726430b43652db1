"""A referral passes from hand to hand: given to another recruiter, taken over, asked about once more; and the word that it goes on."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col

from bot import audit, outbox
from bot.errors import FieldRefusal, Refusal
from bot.people import Person
from bot.referrals.deadlines import deadline, note_end
from bot.referrals.leave import day_of, is_away, leave_of, may_recruit
from bot.referrals.moving import causes_of, put, settle
from bot.referrals.records import Candidate, Referral
from bot.referrals.responsible import recruiters_of
from bot.referrals.stages import ACTIVE


def reassign(session: Session, now: datetime, actor_id: int, referral_id: int, version: int, recruiter_id: int) -> Referral:
    """Give a referral to another recruiter, who is told (unless they do it themselves). Handing over gives no more time for what was
    promised; only where the day has passed does a new one begin. Raises FieldRefusal `recruiter`, Refusal or Stale."""
    referral, recruiter = _active(session, referral_id), session.get(Person, recruiter_id)
    if recruiter is None or not may_recruit(session, recruiter, now):
        raise FieldRefusal("recruiter", "recruiting.error.recruiter")
    if is_away(session, recruiter, now) and recruiter_id != actor_id:
        leave = leave_of(session, recruiter_id)
        raise FieldRefusal("recruiter", "recruiting.error.away", name=recruiter.name, until=leave.until_on if leave else day_of(recruiter, now))
    if referral.recruiter_id == recruiter_id:
        raise FieldRefusal("recruiter", "recruiting.error.same", name=recruiter.name)
    new: dict[str, object] = {"recruiter_id": recruiter_id}
    promise, old = deadline(session, now, referral), referral.recruiter_id
    if promise and promise.is_late(now):
        new |= {"waits_since": now, "reminded_at": None, "escalated_at": None}
        note_end(session, now, referral_id, referral.stage, promise, is_ours=False)
    _put(session, actor_id, referral, version, new)
    audit.note(session, now, actor_id, "referral.reassigned", "referral", referral_id, f"from {old or 'nobody'} to {recruiter_id}")
    if recruiter_id != actor_id:
        outbox.owe(session, now, f"referral:{referral_id}:handed:{referral.version}", "referral_handed", referral_id, recruiter)
    outbox.owe_change(session, now, "update", "referral_new", referral_id)
    settle(session, now, referral_id)
    return referral


def still(session: Session, now: datetime, actor_id: int, referral_id: int, version: int) -> Referral:
    """Nothing new, and nobody is forgotten: the candidate hears so, and the referrer where they may; the next word is due anew."""
    referral = _active(session, referral_id)
    if referral.stage == "confirmed":
        raise Refusal("recruiting.error.not_taken")
    promise, stage = deadline(session, now, referral), referral.stage
    _put(session, actor_id, referral, version, {"waits_since": now, "reminded_at": None, "escalated_at": None})
    note_end(session, now, referral_id, stage, promise, is_ours=True)
    audit.note(session, now, actor_id, "referral.goes_on", "referral", referral_id, stage)
    key, candidate = f"referral:{referral_id}:goes on:{referral.version}", session.get(Candidate, referral.candidate_id)
    if candidate and candidate.email_hash:
        outbox.owe_mail(session, now, f"{key}:candidate", "candidate_still", referral_id)
    if referrer := session.get(Person, referral.referrer_id):
        outbox.owe(session, now, f"{key}:referrer", "referral_still", referral_id, referrer)
    outbox.owe_change(session, now, "update", "referral_new", referral_id)
    settle(session, now, referral_id)
    return referral


def nudge(session: Session, now: datetime, actor_id: int, referral_id: int) -> list[Person]:
    """Ask whoever is responsible once more, at most once a day each; returns who was asked. Raises Refusal when they were today."""
    referral = _active(session, referral_id)
    people = recruiters_of(session, referral, now)
    key = f"referral:{referral_id}:{referral.stage}:asked {now:%Y-%m-%d}"
    asked = [p for p in people if outbox.owe(session, now, f"{key}:{p.id}", "referral_asked", referral_id, p)]
    if not asked:
        raise Refusal("recruiting.error.asked_today")
    audit.note(session, now, actor_id, "referral.asked_again", "referral", referral_id, referral.stage)
    return asked


def _active(session: Session, referral_id: int) -> Referral:
    referral = session.get(Referral, referral_id)
    if referral is None or referral.stage not in ACTIVE:
        raise Refusal("recruiting.error.over" if referral and referral.confirmed_at else "referrals.unknown")
    return referral


def _put(session: Session, actor_id: int, referral: Referral, version: int, new: dict[str, object]) -> None:
    if not causes_of(session, actor_id):
        raise Refusal("forbidden")
    put(session, actor_id, referral, version, new, col(Referral.stage).in_(ACTIVE))
