"""Invitations by e-mail, where HR allows them: one letter with the whole notice, one reminder, and forgotten after two weeks.

The employee affirms that they asked. The address is sealed; whether it is known here, or was asked before, shows in nothing that
the employee or a recruiter sees: the row, the work and the answer are the same, only no letter goes out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy import delete, func, update
from sqlmodel import Field, Session, SQLModel, col, select

from bot import outbox, people, settings
from bot.db import utc_field
from bot.errors import FieldRefusal, Refusal
from bot.outbox import Delivery
from bot.referrals.details import Details, email_hashes, is_email, seal
from bot.referrals.forgetting import shred
from bot.referrals.moving import last_change, move, record, tell
from bot.referrals.records import Candidate, Referral, ReferralLink, StageChange
from bot.vault import Vault, token_hash

LIFE = timedelta(days=14)  # facts of the notice: HR may shorten it (`privacy.unconfirmed_days`), never stretch it
NOTICE_WITHIN = timedelta(days=30)  # GDPR article 14(3)(a): one month at the latest
NOT_AGAIN = timedelta(days=183)


class InvitedBefore(SQLModel, table=True):
    """An address that was invited: a keyed hash for half a year, so that nobody is asked again and again."""

    address_hash: str = Field(primary_key=True)
    at: datetime = utc_field()


def invite(session: Session, now: datetime, vault: Vault, new_token: Callable[[], str], link: ReferralLink, email: str, locale: str) -> Referral:
    """Have one letter sent to somebody for whom this link's owner has asked. Nothing tells whether it will be.

    Raises Refusal `invite.off` or `invite.too_many`, FieldRefusal `email` for what is no address, or their own.
    """
    email = email.strip().lower()
    if not settings.get(session, "referral.invitations"):
        raise Refusal("invite.off")
    if not is_email(email):
        raise FieldRefusal("email", "candidate.error.email_unreadable")
    known = people.by_email(session, email)
    if known and known.id == link.person_id:
        raise FieldRefusal("email", "invite.self")
    if _sent_today(session, link.person_id, now) >= int(settings.get(session, "referral.invitations_per_day")):
        raise Refusal("invite.too_many")
    hashes = email_hashes(vault, email)
    asked = session.exec(select(InvitedBefore.address_hash).where(col(InvitedBefore.address_hash).in_(hashes), InvitedBefore.at > now - NOT_AGAIN)).first()
    session.merge(InvitedBefore(address_hash=hashes[0], at=now))
    token = new_token()
    candidate = Candidate(token_hash=token_hash(token), locale=locale, created_at=now)
    session.add(candidate)
    session.flush()
    candidate.sealed = seal(session, vault, candidate.id or 0, asdict(Details("", "" if known or asked else email, token=token)))
    referral = Referral(
        link_id=link.id or 0, referrer_id=link.person_id, candidate_id=candidate.id or 0, opening_id=link.opening_id, stage="invited", stage_since=now,
        notice_due_at=now + NOTICE_WITHIN, nonce=vault.keyed_hash(f"invitation {token}"),
    )  # fmt: skip
    session.add(referral)
    session.flush()
    change = record(session, now, link.person_id, referral, "", "referrer")
    tell(session, now, referral, change)
    outbox.owe_mail(session, now, f"referral:{referral.id}:invitation", "candidate_invited", change.id or 0)
    return referral


def pending(session: Session) -> int:
    """How many invitations wait for an answer: all that a recruiter is told of them."""
    return session.exec(select(func.count()).select_from(Referral).where(Referral.stage == "invited")).one()


def decline(session: Session, now: datetime, candidate: Candidate, referral: Referral) -> None:
    """No, thank you: the address goes at once; the mark that it was asked stays for its half year."""
    move(session, now, None, referral.id or 0, "declined", by="candidate")
    shred(session, now, candidate)


def remind(session: Session, now: datetime, limit: int = 200) -> bool:
    """One reminder, and never a second; True when more is due."""
    days = int(settings.get(session, "referral.invitation_remind_days"))
    due = _invited(session, now - timedelta(days=days), limit, col(Referral.reminded_at).is_(None)) if days else []
    for referral in due:
        change = last_change(session, referral.id or 0)
        outbox.owe_mail(session, now, f"referral:{referral.id}:invitation again", "candidate_invited_again", change.id if change and change.id else 0)
        referral.reminded_at = now
        session.add(referral)
    session.flush()
    return bool(days) and len(due) == limit


def expire(session: Session, now: datetime, limit: int = 200) -> bool:
    """Invitations that nobody answered end, and the address goes; so do marks of half a year ago. True when more is due."""
    session.execute(delete(InvitedBefore).where(col(InvitedBefore.at) < now - NOT_AGAIN))
    life = min(LIFE, timedelta(days=int(settings.get(session, "privacy.unconfirmed_days"))))
    due = _invited(session, now - life, limit)
    for referral in due:
        move(session, now, None, referral.id or 0, "expired")
        if candidate := session.get(Candidate, referral.candidate_id):
            shred(session, now, candidate)
    return len(due) == limit


def prove(session: Session, now: datetime) -> bool:
    """Write down when the letter with the notice had gone out, for those of whom that is not written down yet."""
    sent = (
        select(func.min(Delivery.sent_at))
        .join(StageChange, col(StageChange.id) == Delivery.subject_id)
        .where(StageChange.referral_id == Referral.id, Delivery.notice == "candidate_invited", Delivery.state == "sent")
        .scalar_subquery()
    )
    session.execute(update(Referral).where(col(Referral.stage) == "invited", col(Referral.noticed_at).is_(None)).values(noticed_at=sent))
    return False


def escalate_unnoticed(session: Session, now: datetime, limit: int = 200) -> bool:
    """Tell HR's room of candidates who have not been told in time what is kept about them; True when more is due."""
    open_ones = col(Referral.stage).not_in(("erased", "expired", "declined"))
    late = select(Referral.id).where(col(Referral.notice_due_at) < now, col(Referral.noticed_at).is_(None), open_ones).limit(limit)
    due = [rid or 0 for rid in session.exec(late)]
    return sum(outbox.owe_room(session, now, f"referral:{rid}:notice overdue", "notice_overdue", rid, "admin") for rid in due) == limit


def _invited(session: Session, since: datetime, limit: int, *where: object) -> list[Referral]:
    query = select(Referral).where(Referral.stage == "invited", Referral.stage_since <= since, *where)  # type: ignore[arg-type]
    return list(session.exec(query.order_by(col(Referral.id)).limit(limit)))


def _sent_today(session: Session, person_id: int, now: datetime) -> int:
    mine = (StageChange.actor_id == person_id, StageChange.new == "invited", StageChange.at > now - timedelta(days=1))
    return session.exec(select(func.count()).select_from(StageChange).where(*mine)).one()
