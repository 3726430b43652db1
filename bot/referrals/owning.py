"""HR's say over who referred whom: two referrals of one person become one; another referrer counts, for a reason."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlmodel import Session, col

from bot import audit, outbox, people, settings
from bot.errors import FieldRefusal, Refusal
from bot.people import Person
from bot.referrals.details import open_details
from bot.referrals.moving import move, put, stale
from bot.referrals.notes import write_note
from bot.referrals.records import Candidate, Referral
from bot.referrals.stages import ACTIVE, HIDDEN, OWNING
from bot.vault import Vault


def merge(session: Session, vault: Vault, now: datetime, actor_id: int, referral_id: int, version: int, other_id: int, why: str) -> tuple[Referral, Referral]:
    """Two referrals of one person: the one confirmed first holds the candidate, equal times go by number; the other becomes its
    duplicate. Returns (first, second). Raises FieldRefusal `other` or `why`, Refusal, or Stale."""
    mine, other = session.get(Referral, referral_id), session.get(Referral, other_id)
    if mine is None or mine.version != version:
        raise stale(session, mine, actor_id) if mine else Refusal("referrals.unknown")
    if other_id == referral_id:
        raise FieldRefusal("other", "merge.same")
    if other is None or other.stage in HIDDEN or other.stage not in OWNING or mine.stage not in OWNING:
        raise FieldRefusal("other", "merge.unknown")
    if actor_id in (mine.referrer_id, other.referrer_id):
        raise FieldRefusal("other", "owner.own")
    first, second = sorted((mine, other), key=lambda r: (r.confirmed_at or r.stage_since, r.id or 0))
    if first.start_on and second.start_on:
        raise FieldRefusal("other", "merge.hired")
    if second.stage not in ACTIVE:
        raise FieldRefusal("other", "merge.not_open", number=f"{second.id}")
    write_note(session, vault, now, actor_id, second, why, "merged", "why")
    move(session, now, actor_id, second.id or 0, "duplicate", by="hr", duplicate_of_id=first.id)
    audit.note(session, now, actor_id, "referral.merged", "referral", second.id or 0, f"into {first.id}")
    return first, second


def change_referrer(
    session: Session, vault: Vault, now: datetime, today: date, actor_id: int, referral_id: int, version: int, person_id: int, reason: str
) -> Referral:
    """Another referrer counts from now on. `today` is the company's calendar day. The plan stays as promised; the candidate's yes to
    being seen was for the former one and ends. Raises FieldRefusal `person` or `reason`, Refusal, or Stale."""
    referral, person = session.get(Referral, referral_id), session.get(Person, person_id)
    if referral is None:
        raise Refusal("referrals.unknown")
    if referral.stage not in ACTIVE:
        raise Refusal("owner.over")
    if person is None or not person.is_here(today):
        raise FieldRefusal("person", "outside.no_referrer")
    if actor_id in (person_id, referral.referrer_id):
        raise FieldRefusal("person", "owner.own")
    if person_id == referral.referrer_id:
        raise FieldRefusal("person", "owner.same")
    candidate = session.get_one(Candidate, referral.candidate_id)
    details = open_details(session, vault, candidate)
    known = people.by_email(session, details.email) if details and details.email else None
    if person_id in (referral.former_person_id, known.id if known else None):
        raise FieldRefusal("person", "owner.candidate")
    former = session.get(Person, referral.referrer_id)
    put(session, actor_id, referral, version, {"referrer_id": person_id}, col(Referral.stage).in_(ACTIVE))
    candidate.referrer_may_see = False
    session.add(candidate)
    write_note(session, vault, now, actor_id, referral, reason, "owner", "reason")
    audit.note(session, now, actor_id, "referral.referrer_changed", "referral", referral_id, f"from {former.id if former else 'nobody'} to {person_id}")
    for notice, whom in (("referral_owner_new", person), ("referral_owner_old", former)):
        if whom:
            outbox.owe(session, now, f"referral:{referral_id}:owner:{referral.version}:{whom.id}", notice, referral_id, whom)
    outbox.owe_change(session, now, "update", "referral_new", referral_id)
    return referral


def held_until(session: Session, referral: Referral) -> datetime | None:
    """Until when a referral holds its candidate for its referrer (setting `referral.ownership_days`)."""
    return referral.confirmed_at + timedelta(days=int(settings.get(session, "referral.ownership_days"))) if referral.confirmed_at else None
