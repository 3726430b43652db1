"""What time erases, and what HR keeps back for a reason that the law allows (GDPR article 17(3)): one rule for the step that
erases, for the list that is shown before, and for the report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, case, delete, exists, or_
from sqlalchemy.orm import aliased
from sqlmodel import Field, Session, SQLModel, col, select

from bot import audit, settings
from bot.db import utc_field
from bot.errors import FieldRefusal, Refusal
from bot.referrals.records import Candidate, Referral
from bot.referrals.stages import ACTIVE

REASONS = ("claim", "authority", "asked")  # a legal claim; an authority asks for it; the candidate asked us to (article 18(1)(c))
LONGEST_DAYS = 365
SHOWN_BEFORE = timedelta(days=14)  # the list is made once a week, so everything stands on it for a week at least
_OVER = ("rejected", "withdrawn", "duplicate", "hired", "closed")
_POOLED = ("rejected", "closed")  # they said that they want to hear of other openings, and that has not been taken back


class Kept(SQLModel, table=True):
    """A candidate whose details are kept beyond their time: who decided it, why (one of REASONS), until when."""

    candidate_id: int = Field(primary_key=True, foreign_key="candidate.id")
    reason: str
    until: datetime = utc_field()
    actor_id: int | None = Field(default=None, foreign_key="person.id")
    at: datetime = utc_field()


@dataclass(frozen=True)
class Due:
    """A candidate whose time ends: the referral (a number that tells nobody who it is), since when it is over, when it is erased."""

    candidate_id: int
    referral_id: int
    opening_id: int | None
    stage: str
    was_hired: bool
    due_at: datetime


def due_by(session: Session, moment: datetime, limit: int, offset: int = 0) -> list[Due]:
    """Whose time ends until then, soonest first, unless they are kept (settings `privacy.not_hired_days`, `privacy.pool_days`)."""
    plain, pool = _days(session, "privacy.not_hired_days"), _days(session, "privacy.pool_days")
    pooled = and_(col(Candidate.about_others), col(Referral.stage).in_(_POOLED))
    other, kept = aliased(Referral), exists().where(col(Kept.candidate_id) == col(Candidate.id), col(Kept.until) > moment)
    in_process = exists().where(col(other.candidate_id) == col(Candidate.id), col(other.stage).in_((*ACTIVE, "invited")))
    since: Any = col(Referral.stage_since)
    over = or_(and_(pooled, since <= moment - max(pool, plain)), and_(~pooled, since <= moment - plain))
    life = case((pooled, 1), else_=0)
    query = (
        select(Referral, life)
        .join(Candidate, col(Candidate.id) == Referral.candidate_id)
        .where(col(Referral.stage).in_(_OVER), over, col(Candidate.erased_at).is_(None), ~in_process, ~kept)
        .order_by(since, col(Referral.id))
        .offset(offset)
        .limit(limit)
    )
    return [_due(row, max(pool, plain) if is_pooled else plain) for row, is_pooled in session.exec(query)]


def _due(row: Referral, life: timedelta) -> Due:
    return Due(row.candidate_id, row.id or 0, row.opening_id, row.stage, row.start_on is not None, row.stage_since + life)


def keep(session: Session, now: datetime, actor_id: int, referral_id: int, reason: str, days: int) -> None:
    """Keep a candidate's details for a reason, so many days from now. What candidates themselves want erased is erased all the same.

    Raises FieldRefusal `reason` or `days`, Refusal `retention.gone`.
    """
    referral = session.get(Referral, referral_id)
    candidate = session.get(Candidate, referral.candidate_id) if referral else None
    if candidate is None or candidate.erased_at:
        raise Refusal("retention.gone")
    if reason not in REASONS:
        raise FieldRefusal("reason", "retention.no_reason")
    if not 1 <= days <= LONGEST_DAYS:
        raise FieldRefusal("days", "retention.days", most=LONGEST_DAYS)
    session.merge(Kept(candidate_id=candidate.id or 0, reason=reason, until=now + timedelta(days=days), actor_id=actor_id, at=now))
    audit.note(session, now, actor_id, "candidate.kept", "referral", referral_id, f"{reason}, {days} days")


def let_go(session: Session, now: datetime, actor_id: int, candidate_id: int) -> None:
    """The reason is over: the candidate's own time counts again."""
    if session.get(Kept, candidate_id) is None:
        return
    session.execute(delete(Kept).where(col(Kept.candidate_id) == candidate_id))
    audit.note(session, now, actor_id, "candidate.let_go", "candidate", candidate_id)


def kept(session: Session, now: datetime, limit: int = 20) -> list[tuple[Kept, int]]:
    """Who is kept for a reason now, with a referral of theirs, the one that ends first at the front."""
    query = select(Kept, Referral.id).join(Referral, col(Referral.candidate_id) == Kept.candidate_id).where(col(Kept.until) > now)
    return [(row, rid or 0) for row, rid in session.exec(query.order_by(col(Kept.until)).limit(limit))]


def _days(session: Session, name: str) -> timedelta:
    return timedelta(days=int(settings.get(session, name)))
