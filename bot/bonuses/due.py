"""What time does to bonuses: the newcomer starts, somebody leaves, the qualifying period is over. Pages of at most 1,000."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import Date, bindparam, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, SQLModel, col, select

from bot import settings
from bot.bonuses.moves import let_pass_against, move
from bot.bonuses.records import UNDUE, Bonus
from bot.bonuses.rules import EMPLOYED, has_left, verdict
from bot.people import Person
from bot.referrals import Referral

PAGE = 500
LEFT = ("hire_left", "referrer_left")  # what `has_left` says
_REFERRER, _NEWCOMER = aliased(Person), aliased(Person)  # made once: an alias has a copy of every column
_TODAY = bindparam("today", type_=Date())


def start_waiting(session: Session, now: datetime, today: date) -> bool:
    """The first day has come: accrued -> waiting. True when more is due."""
    rows = _page(session, "accrued", today)
    for bonus in rows:
        move(session, now, None, bonus, "waiting")
    return len(rows) == PAGE


def drop_leavers(session: Session, now: datetime, today: date) -> tuple[int, bool]:
    """Whoever has left before the day their bonus was due, as referrer or as newcomer, ends it, and the referrer is told why.

    Reads the directory as it is now, so that no change the people import brought can be missed. Returns how many ended, and whether
    more is due.
    """
    rows = _of_leavers(session, today, is_late=False)
    for bonus in rows:
        move(session, now, None, bonus, "forfeited", has_left(session, bonus))
    return len(rows), len(rows) == PAGE


def ask_about_leavers(session: Session, now: datetime, today: date) -> tuple[int, bool]:
    """The directory heard late that somebody had left before the due day, and the bonus is eligible or approved by then: it stops, and
    HR is asked, since the referrer was told otherwise already. What HR let pass for that reason is not asked again.

    Returns how many were stopped, and whether more is due.
    """
    rows = _of_leavers(session, today, is_late=True)
    for bonus in rows:
        move(session, now, None, bonus, "held", has_left(session, bonus))
    return len(rows), len(rows) == PAGE


def _of_leavers(session: Session, today: date, *, is_late: bool) -> list[Bonus]:
    """Bonuses whose referrer or newcomer left before the due day, as far as the rules ask for that; locked."""
    asked = bool(settings.get(session, "bonus.referrer_must_be_here")), bool(settings.get(session, "bonus.hire_must_be_here"))
    return list(session.exec(_leavers(is_late, *asked), params={"today": today})) if any(asked) else []


@cache
def _leavers(is_late: bool, referrer_must_be_here: bool, hire_must_be_here: bool) -> Any:
    """The query of `_of_leavers`, made once for each set of rules: it runs every morning and at every change of the directory."""
    referrer_left = col(Bonus.payee_type).in_(EMPLOYED) & (col(_REFERRER.end_on) < _TODAY) & (col(_REFERRER.end_on) < col(Bonus.due_on))
    newcomer_left = (col(_NEWCOMER.end_on) < _TODAY) & (col(_NEWCOMER.end_on) < col(Bonus.due_on))
    left = [condition for condition, is_asked in ((referrer_left, referrer_must_be_here), (newcomer_left, hire_must_be_here)) if is_asked]
    is_hrs_to_answer = (col(Bonus.state) == "held") & col(Bonus.reason).in_(LEFT)
    states, unless = (("eligible", "approved"), let_pass_against(*LEFT)) if is_late else ((*UNDUE, "held"), is_hrs_to_answer)
    return (
        select(Bonus)
        .join(Referral, col(Bonus.referral_id) == col(Referral.id))
        .join(_REFERRER, col(Bonus.beneficiary_id) == _REFERRER.id)
        .outerjoin(_NEWCOMER, col(Referral.hired_person_id) == _NEWCOMER.id)
        .where(col(Bonus.state).in_(states), ~unless, or_(*left))
        .order_by(col(Bonus.id))
        .limit(PAGE)
        .with_for_update(of=Bonus, skip_locked=True)
    )


def raise_due(session: Session, now: datetime, today: date) -> tuple[int, bool]:
    """Bonuses whose qualifying period ended by today: eligible, held for HR's answer, or forfeited.

    Returns how many now wait for HR, and whether more is due.
    """
    rows = _page(session, "waiting", today)
    raised, _kept = 0, _looked_at(session, rows)
    for bonus in rows:
        to, reason = verdict(session, bonus)
        move(session, now, None, bonus, to, reason)
        raised += to != "forfeited"
    return raised, len(rows) == PAGE


def _looked_at(session: Session, rows: list[Bonus]) -> list[SQLModel]:
    """The referrals and people that the rules look at, in two statements instead of a dozen for each bonus: while somebody holds them,
    the session does not read them again."""
    if not rows:
        return []
    referrals = session.exec(select(Referral).where(col(Referral.id).in_({b.referral_id for b in rows}))).all()
    concerned = {b.beneficiary_id for b in rows} | {r.hired_person_id for r in referrals if r.hired_person_id}
    return [*referrals, *session.exec(select(Person).where(col(Person.id).in_(concerned)))]


# Rows to move, all locked before the first one is, so that the ledger's head is always the last lock taken.
_DUE = {
    state: select(Bonus).where(Bonus.state == state, day <= _TODAY).order_by(col(Bonus.id)).limit(PAGE)
    .with_for_update(skip_locked=True).execution_options(populate_existing=True)
    for state, day in (("accrued", col(Bonus.start_on)), ("waiting", col(Bonus.due_on)))
}  # fmt: skip


def _page(session: Session, state: str, today: date) -> list[Bonus]:
    """Bonuses in a state whose day has come."""
    return list(session.exec(_DUE[state], params={"today": today}))
