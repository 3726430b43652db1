"""Finding referrals again: a person's own, those a recruiter has in hand; and giving a general one an opening."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import func, or_
from sqlmodel import Session, SQLModel, col, select

from bot import audit, outbox
from bot.errors import FieldRefusal, Refusal
from bot.openings import JobOpening
from bot.people import Person
from bot.plans import BonusPlan
from bot.referrals.leave import covered_by
from bot.referrals.links import named_openings
from bot.referrals.moving import put
from bot.referrals.promising import promised
from bot.referrals.records import Candidate, Referral, ReferralLink
from bot.referrals.stages import ACTIVE


def of_referrer(session: Session, person_id: int, offset: int, limit: int) -> tuple[list[Referral], int]:
    """One page of what somebody referred, newest first, and how many there are."""
    which = col(Referral.referrer_id) == person_id
    total = session.exec(select(func.count()).select_from(Referral).where(which)).one()
    return list(session.exec(select(Referral).where(which).order_by(col(Referral.id).desc()).offset(offset).limit(limit))), total


def in_hand(session: Session, now: datetime, person_id: int, offset: int, limit: int) -> tuple[list[Referral], int]:
    """One page of what waits for a recruiter: theirs, those of whom they stand in for now, and those that nobody has taken; oldest
    stage first, and how many there are."""
    mine = or_(
        col(Referral.recruiter_id).in_((person_id, *covered_by(session, person_id, now))),
        col(Referral.recruiter_id).is_(None),
        col(Referral.stage) == "confirmed",
    )
    which = col(Referral.stage).in_(ACTIVE) & mine
    total = session.exec(select(func.count()).select_from(Referral).where(which)).one()
    rows = session.exec(select(Referral).where(which).order_by(col(Referral.stage_since), col(Referral.id)).offset(offset).limit(limit))
    return list(rows), total


def beside(session: Session, rows: Sequence[Referral]) -> list[SQLModel]:
    """What stands beside a page of referrals: candidates, openings and plans, in one query each. Whoever draws the page holds on to
    them, since a session forgets what nobody holds and would ask for each of them again."""
    held: list[SQLModel] = []
    for model, ids in ((Candidate, {r.candidate_id for r in rows}), (JobOpening, {r.opening_id for r in rows}), (BonusPlan, {r.plan_id for r in rows})):
        held += session.exec(select(model).where(col(model.id).in_(ids - {None}))).all()
    return held


def match(session: Session, now: datetime, actor_id: int, referral_id: int, version: int, opening_id: int, today: date) -> Referral:
    """Give a general referral an opening, or let one go on for another opening that its link names; the candidate is told.

    The plan stays as it was promised; where nothing was promised, the opening's counts from now.

    Raises FieldRefusal on `opening`, Refusal `referrals.matched_already`, or Stale.
    """
    referral, opening = session.get(Referral, referral_id), session.get(JobOpening, opening_id)
    if referral is None:
        raise Refusal("referrals.unknown")
    if opening is None or not opening.takes_referrals(today):
        raise FieldRefusal("opening", "refer.error.opening_closed")
    if referral.opening_id and opening_id not in [o.id for o in others_named(session, referral)]:
        raise Refusal("referrals.matched_already")
    promise = promised(session, referral.referrer_id, opening, today) if referral.plan_id is None else None
    new: dict[str, object] = {"opening_id": opening_id} | ({"plan_id": promise.plan_id, "campaign_id": promise.campaign_id} if promise else {})
    put(session, actor_id, referral, version, new, col(Referral.stage).in_(ACTIVE))
    audit.note(session, now, actor_id, "referral.matched", "referral", referral_id, f"opening {opening_id}")
    candidate = session.get(Candidate, referral.candidate_id)
    if candidate and candidate.email_hash:
        outbox.owe_mail(session, now, f"referral:{referral_id}:matched {opening_id}:candidate", "candidate_matched", referral_id)
    if referrer := session.get(Person, referral.referrer_id):
        outbox.owe(session, now, f"referral:{referral_id}:matched {opening_id}:referrer", "referral_matched", referral_id, referrer)
    outbox.owe_change(session, now, "update", "referral_new", referral_id)
    return referral


def others_named(session: Session, referral: Referral) -> list[JobOpening]:
    """The other openings that the referrer named with the link, in that order."""
    link = session.get(ReferralLink, referral.link_id)
    return [opening for opening in named_openings(session, link) if opening.id != referral.opening_id] if link else []


def put_start(session: Session, now: datetime, actor_id: int, referral_id: int, version: int, start_on: date) -> Referral:
    """Put the first day of a hire right. What follows for bonuses is theirs (bonuses.correct_start). Raises Stale."""
    return _put(session, now, actor_id, referral_id, version, "referral.start_corrected", {"start_on": start_on})


def put_facts(session: Session, now: datetime, actor_id: int, referral_id: int, version: int, known_on: date | None, is_relative: bool) -> Referral:
    """What recruiting knows that the rules of bonuses ask for: when they last knew the candidate by another way, and whether the
    candidate is a relative of the referrer. Raises Stale."""
    return _put(session, now, actor_id, referral_id, version, "referral.facts", {"known_on": known_on, "is_relative": is_relative})


def _put(session: Session, now: datetime, actor_id: int, referral_id: int, version: int, what: str, new: dict[str, object]) -> Referral:
    referral = session.get(Referral, referral_id)
    if referral is None:
        raise Refusal("referrals.unknown")
    put(session, actor_id, referral, version, new)
    audit.note(session, now, actor_id, what, "referral", referral_id, f"version {referral.version}")
    return referral


def link_hire(session: Session, now: datetime, actor_id: int, referral_id: int, version: int, person_id: int) -> Referral:
    """Tie a hire to the newcomer's row in the directory. Raises FieldRefusal `email` for the referrer, or Stale."""
    referral = session.get(Referral, referral_id)
    if referral is None:
        raise Refusal("referrals.unknown")
    if person_id == referral.referrer_id:
        raise FieldRefusal("email", "recruiter.error.email_referrer")
    put(session, actor_id, referral, version, {"hired_person_id": person_id}, col(Referral.start_on).is_not(None))
    audit.note(session, now, actor_id, "referral.hire_linked", "referral", referral_id, f"person {person_id}")
    return referral
