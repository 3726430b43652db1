"""What time does to bonuses: the newcomer starts, somebody leaves, the qualifying period is over. Pages of at most 1,000."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from bot.bonuses.hire import reason_against
from bot.bonuses.moves import move
from bot.bonuses.records import UNDUE, Bonus
from bot.people import Person
from bot.referrals import Referral

PAGE = 500


def start_waiting(session: Session, now: datetime, today: date) -> bool:
    """The first day has come: accrued -> waiting. True when more is due."""
    rows = _page(session, Bonus.state == "accrued", col(Bonus.start_on) <= today)
    for bonus in rows:
        move(session, now, None, bonus, "waiting")
    return len(rows) == PAGE


def drop_leavers(session: Session, now: datetime, today: date) -> bool:
    """Whoever has left before the day their bonus was due, as referrer or as newcomer, ends it, and the referrer is told why.

    Reads the directory as it is now, so that no change the people import brought can be missed. True when more is due.
    """
    referrer, newcomer = aliased(Person), aliased(Person)
    query = (
        select(Bonus)
        .join(Referral, col(Bonus.referral_id) == col(Referral.id))
        .join(referrer, col(Bonus.beneficiary_id) == referrer.id)
        .outerjoin(newcomer, col(Referral.hired_person_id) == newcomer.id)
        .where(col(Bonus.state).in_((*UNDUE, "held")))
        .where(
            or_(
                (col(Bonus.payee_type) == "employee") & (col(referrer.end_on) < today) & (col(referrer.end_on) < col(Bonus.due_on)),
                (col(newcomer.end_on) < today) & (col(newcomer.end_on) < col(Bonus.due_on)),
            )
        )
    )
    rows = list(session.exec(query.order_by(col(Bonus.id)).limit(PAGE).with_for_update(of=Bonus, skip_locked=True)))
    for bonus in rows:
        move(session, now, None, bonus, "forfeited", _left(session, bonus) or "hire_left")
    return len(rows) == PAGE


def raise_due(session: Session, now: datetime, today: date) -> tuple[int, bool]:
    """Bonuses whose qualifying period ended by today: eligible, held for HR's answer, or forfeited.

    Returns how many now wait for HR, and whether more is due.
    """
    rows = _page(session, Bonus.state == "waiting", col(Bonus.due_on) <= today)
    raised = 0
    for bonus in rows:
        to, reason = verdict(session, bonus)
        move(session, now, None, bonus, to, reason)
        raised += to != "forfeited"
    return raised, len(rows) == PAGE


def verdict(session: Session, bonus: Bonus) -> tuple[str, str]:
    """What becomes of a bonus on its due day, with the reason: (state, reason).

    Both must be employed on that day. Who left before it has left; everything that the directory cannot decide (is the newcomer
    still here, who gave notice, a change of role since the promise) holds the bonus and asks HR.
    """
    if left := _left(session, bonus):
        return "forfeited", left
    referral = session.get_one(Referral, bonus.referral_id)
    referrer = session.get_one(Person, bonus.beneficiary_id)
    newcomer = session.get(Person, referral.hired_person_id) if referral.hired_person_id else None
    if newcomer is None:
        return "held", "hire_unknown"
    if bonus.payee_type == "employee" and _under_notice(referrer, bonus.due_on):
        return "held", "referrer_notice"
    if _under_notice(newcomer, bonus.due_on):
        return "held", "hire_notice"
    if reason := reason_against(session, referral, referrer):
        return "held", reason
    return "eligible", ""


def _left(session: Session, bonus: Bonus) -> str:
    referral = session.get_one(Referral, bonus.referral_id)
    referrer = session.get_one(Person, bonus.beneficiary_id)
    newcomer = session.get(Person, referral.hired_person_id) if referral.hired_person_id else None
    if newcomer and newcomer.end_on and newcomer.end_on < bonus.due_on:
        return "hire_left"
    if bonus.payee_type == "employee" and referrer.end_on and referrer.end_on < bonus.due_on:
        return "referrer_left"
    return ""


def _under_notice(person: Person, day: date) -> bool:
    return person.notice_on is not None and person.notice_on <= day


def _page(session: Session, *where: object) -> list[Bonus]:
    """Rows to move, all locked before the first one is, so that the ledger's head is always the last lock taken."""
    query = select(Bonus).where(*where).order_by(col(Bonus.id)).limit(PAGE)  # type: ignore[arg-type]
    return list(session.exec(query.with_for_update(skip_locked=True).execution_options(populate_existing=True)))
