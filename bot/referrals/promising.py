"""What a referral by somebody would earn now: the opening's plan, and the campaign that runs for that person."""

from __future__ import annotations

from datetime import date

from sqlmodel import Session

from bot import audiences, plans
from bot.openings import JobOpening
from bot.plans import Promise, Where, Who


def promised(session: Session, referrer_id: int, opening: JobOpening | None, today: date) -> Promise | None:
    """The promise to freeze when a candidate confirms today (the company's calendar day); None when there is no plan."""

    def is_member(audience_id: int) -> bool:
        return audiences.matches(session, audiences.rule_of(session, audience_id), referrer_id)

    return plans.promise(session, opening.where if opening else Where(), Who(today, is_member))
