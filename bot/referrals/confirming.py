"""The candidate's own yes: only here does a candidate come to be, with the referral, the consent and what is owed, in one transaction."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, text
from sqlmodel import Session, col, select

from bot import people, settings
from bot.errors import Refusal
from bot.referrals import consent
from bot.referrals.details import Details, email_hashes, open_details, phone_hashes, put_details
from bot.referrals.links import first_open
from bot.referrals.moving import move, record, tell
from bot.referrals.papers import Paper, put_paper
from bot.referrals.promising import promised
from bot.referrals.records import Candidate, ConsentRecord, Referral, ReferralLink
from bot.referrals.stages import OWNING
from bot.vault import Vault, token_hash

DAILY_CAP = 50  # confirmations by one link in 24 hours: a link is for people one knows, more is a machine


@dataclass(frozen=True)
class Consent:
    """What a candidate was shown and ticked. `filled` is what stood in the notice's placeholders, without personal data."""

    locale: str
    referrer_may_see: bool
    about_others: bool
    filled: dict[str, object]


@dataclass(frozen=True)
class Confirmed:
    """A referral that stands, and the token of the candidate's private address."""

    referral_id: int
    token: str


def refused_email(session: Session, link: ReferralLink, email: str, today: date) -> str | None:
    """Why this address cannot be a candidate's (words' key): it is the referrer's own, or a colleague's."""
    person = people.by_email(session, email) if email else None
    if person is None:
        return None
    if person.id == link.person_id:
        return "candidate.error.self"
    return "candidate.error.employee" if person.kind in ("employee", "contractor") and person.is_here(today) else None


def confirm(
    session: Session, now: datetime, today: date, vault: Vault, new_token: Callable[[], str], link: ReferralLink, details: Details, given: Consent,
    nonce: str, paper: Paper | None = None, added_by: int | None = None,
) -> Confirmed:  # fmt: skip
    """Write the candidate, the referral, the consent, and everything that is owed.

    `today` is the company's calendar day. `details` were checked by `read_details` and `refused_email`. The same `nonce` again
    gives the same referral. `added_by` is HR's entry of somebody who said yes outside: its proof is a note, not a form.
    A candidate whom somebody referred before is kept as a `duplicate`; nothing in the answer tells.
    Raises Refusal `candidate.too_many`.
    """
    seen = vault.keyed_hash(f"form {link.id} {nonce}")
    _lock(session, seen, *email_hashes(vault, details.email), *phone_hashes(vault, details.phone))
    if again := _same_form(session, vault, seen):
        return again
    if _recent(session, link, now) >= DAILY_CAP:
        raise Refusal("candidate.too_many")
    details = replace(details, token=new_token())
    candidate = _candidate(session, now, vault, details, given)
    if paper:
        put_paper(session, now, vault, candidate.id or 0, paper)
    holder = holder_of(session, now, vault, details, candidate, link)
    referral = _referral(session, now, today, link, candidate, details, seen, holder)
    if added_by is None:
        put_consent(session, now, link.id or 0, candidate, given)
    tell(session, now, referral, record(session, now, added_by, referral, "", "candidate" if added_by is None else "hr"))
    return Confirmed(referral.id or 0, details.token)


def confirm_invited(
    session: Session, now: datetime, today: date, vault: Vault, candidate: Candidate, referral: Referral, details: Details, given: Consent,
    paper: Paper | None = None,
) -> Confirmed:  # fmt: skip
    """As `confirm`, by somebody who was invited by e-mail: the row that waited becomes theirs, and so does the address of its page.

    Whoever presses twice is confirmed once.
    """
    before, link = open_details(session, vault, candidate), session.get_one(ReferralLink, referral.link_id)
    if referral.stage != "invited" or before is None:
        return Confirmed(referral.id or 0, before.token if before else "")
    _lock(session, *email_hashes(vault, details.email), *phone_hashes(vault, details.phone))
    details = replace(details, token=before.token)
    candidate.locale, candidate.referrer_may_see, candidate.about_others = given.locale, given.referrer_may_see, given.about_others
    put_details(session, vault, candidate, details)
    if paper:
        put_paper(session, now, vault, candidate.id or 0, paper)
    holder = holder_of(session, now, vault, details, candidate, link)
    for name, value in (_facts(session, today, link, details, holder) | {"confirmed_at": now}).items():
        setattr(referral, name, value)
    referral.noticed_at = referral.noticed_at or now
    session.add(referral)
    put_consent(session, now, link.id or 0, candidate, given, by_mail=True)
    session.flush()
    move(session, now, None, referral.id or 0, "duplicate" if holder else "confirmed", by="candidate")
    return Confirmed(referral.id or 0, details.token)


def holder_of(session: Session, now: datetime, vault: Vault, details: Details, candidate: Candidate, link: ReferralLink) -> Referral | None:
    """The referral that holds this candidate already: the first confirmed one of the ownership period (setting
    `referral.ownership_days`) by somebody else, or by the same person for the same opening."""
    same = [col(Candidate.email_hash).in_(email_hashes(vault, details.email)), col(Candidate.phone_hash).in_(phone_hashes(vault, details.phone))]
    since = now - timedelta(days=int(settings.get(session, "referral.ownership_days")))
    opening = col(Referral.opening_id).in_(link.opening_ids) if link.opening_id else col(Referral.opening_id).is_(None)
    found = (
        select(Referral)
        .join(Candidate, col(Candidate.id) == Referral.candidate_id)
        .where(or_(*same), col(Candidate.id) != candidate.id, col(Referral.stage).in_(OWNING), col(Referral.confirmed_at) > since)
        .where(or_(col(Referral.referrer_id) != link.person_id, opening))
        .order_by(col(Referral.confirmed_at), col(Referral.id))
    )
    return session.exec(found.limit(1)).first()


def _candidate(session: Session, now: datetime, vault: Vault, details: Details, given: Consent) -> Candidate:
    row = Candidate(
        token_hash=token_hash(details.token), locale=given.locale, referrer_may_see=given.referrer_may_see, about_others=given.about_others, created_at=now
    )
    session.add(row)
    session.flush()
    put_details(session, vault, row, details)
    return row


def _referral(
    session: Session, now: datetime, today: date, link: ReferralLink, candidate: Candidate, details: Details, nonce: str, holder: Referral | None
) -> Referral:
    row = Referral(
        link_id=link.id or 0, referrer_id=link.person_id, candidate_id=candidate.id or 0, stage="duplicate" if holder else "confirmed", stage_since=now,
        notice_due_at=now, noticed_at=now, nonce=nonce, **_facts(session, today, link, details, holder) | {"confirmed_at": now},
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def _facts(session: Session, today: date, link: ReferralLink, details: Details, holder: Referral | None) -> dict[str, Any]:
    """What is decided at the moment of the yes, and frozen: the opening, the promise, who else holds the candidate."""
    opening = first_open(session, link, today)
    promise = promised(session, link.person_id, opening, today)
    former = people.by_email(session, details.email) if details.email else None
    return {
        "opening_id": opening.id if opening else None, "plan_id": promise.plan_id if promise else None,
        "campaign_id": promise.campaign_id if promise else None, "recruiter_id": opening.recruiter_id if opening and not holder else None,
        "former_person_id": former.id if former else None, "duplicate_of_id": holder.id if holder else None, "confirmed_on": today,
    }  # fmt: skip


def put_consent(session: Session, now: datetime, link_id: int, candidate: Candidate, given: Consent, *, by_mail: bool = False) -> None:
    """Keep the proof of what they were told and said yes to."""
    version = consent.BY_MAIL if by_mail else consent.VERSION
    session.add(ConsentRecord(
        candidate_id=candidate.id or 0, link_id=link_id, text_version=version, text_hash=consent.HASHES[version][given.locale], locale=given.locale,
        filled=json.dumps(given.filled, sort_keys=True), referrer_may_see=given.referrer_may_see, about_others=given.about_others, at=now,
    ))  # fmt: skip


def _same_form(session: Session, vault: Vault, nonce: str) -> Confirmed | None:
    row = session.exec(select(Referral).where(Referral.nonce == nonce)).first()
    candidate = session.get(Candidate, row.candidate_id) if row else None
    details = open_details(session, vault, candidate) if candidate else None
    return Confirmed(row.id or 0, details.token if details else "") if row else None


def _recent(session: Session, link: ReferralLink, now: datetime) -> int:
    since = now - timedelta(days=1)
    return session.exec(select(func.count()).select_from(Referral).where(Referral.link_id == link.id, col(Referral.confirmed_at) > since)).one()


def _lock(session: Session, *names: str) -> None:
    """Let two confirmations of one candidate, or two posts of one form, pass one after the other. SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        for name in sorted(names):
            session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": int(name[:15], 16)})
