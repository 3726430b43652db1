"""Claw-back: asking a paid bonus back when the newcomer leaves soon after. Off by default; never a deduction by itself."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Date, bindparam
from sqlmodel import Session, col, select

from bot import audit, ledger, settings
from bot.bonuses.approvals import given_reason
from bot.bonuses.moves import let_pass_against, locked, move, overtaken, require_hr
from bot.bonuses.records import Bonus
from bot.db import UtcDateTime
from bot.errors import Refusal
from bot.ledger import CASH, EXPENSE, Movement, receivable
from bot.people import Person
from bot.referrals import Referral

PAGE = 500
LATEST = timedelta(days=400)  # a leaver that the directory learns of later than this asks nothing back

_PAID_AND_LEFT = (
    select(col(Bonus.id), col(Bonus.state_since), col(Person.end_on))
    .join(Referral, col(Bonus.referral_id) == col(Referral.id))
    .join(Person, col(Referral.hired_person_id) == col(Person.id))
    .where(Bonus.state == "paid", Bonus.reward == "money", col(Person.end_on) < bindparam("today", type_=Date()))
    .where(col(Bonus.state_since) > bindparam("since", type_=UtcDateTime()), ~let_pass_against("hire_left"))
)


def ask_back_leavers(session: Session, now: datetime, today: date, time_zone: str) -> tuple[int, bool]:
    """Newcomers who left within the set days after the payment: those bonuses are to be paid back, and HR recovers or waives each.

    Money paid to the referrer alone; a donation and a day off are gone. What HR let pass although the newcomer had left is not asked
    back. Returns how many, and whether more is due.
    """
    days = int(settings.get(session, "bonus.clawback_days"))
    if not days:
        return 0, False
    paid = session.exec(_PAID_AND_LEFT, params={"today": today, "since": now - LATEST - timedelta(days=days)})
    ids = [i for i, paid_at, left_on in paid if left_on and left_on <= _last_day(paid_at, days, time_zone)]
    if not ids:
        return 0, False
    query = select(Bonus).where(col(Bonus.id).in_(ids[:PAGE]), Bonus.state == "paid").order_by(col(Bonus.id))
    found = list(session.exec(query.with_for_update(skip_locked=True).execution_options(populate_existing=True)))
    for bonus in found:
        _ask_back(session, now, None, bonus)
    return len(found), len(ids) > PAGE


def ask_back(session: Session, now: datetime, actor_id: int, bonus_id: int, version: int, today: date, time_zone: str) -> Bonus:
    """HR asks a paid bonus back, where the directory does not know the newcomer. Raises Refusal `forbidden`, `bonuses.own` or
    `clawback.off` (by setting, or too late), or Stale."""
    bonus = _judged(session, actor_id, bonus_id, version, "paid")
    if not may_ask_back(session, bonus, today, time_zone):
        raise Refusal("clawback.off")
    return _ask_back(session, now, actor_id, bonus)


def may_ask_back(session: Session, bonus: Bonus, today: date, time_zone: str) -> bool:
    """Whether the rule is on and the bonus was paid that lately."""
    days = int(settings.get(session, "bonus.clawback_days"))
    return bool(days) and bonus.state == "paid" and bonus.reward == "money" and today <= _last_day(bonus.state_since, days, time_zone)


def recover(session: Session, now: datetime, actor_id: int, bonus_id: int, version: int) -> Bonus:
    """It was paid back. Raises Refusal `forbidden` or `bonuses.own`, or Stale."""
    bonus = _judged(session, actor_id, bonus_id, version, "clawback_due")
    bonus = move(session, now, actor_id, bonus, "recovered")
    ledger.post(session, now, Movement(f"bonus:{bonus_id}:recovered", CASH, receivable(bonus.beneficiary_id), bonus.money, "bonus", bonus_id))
    return bonus


def waive(session: Session, now: datetime, actor_id: int, bonus_id: int, version: int, reason: str) -> Bonus:
    """It need not be paid back after all, and HR says why. Raises as `recover`, and FieldRefusal `reason` without one."""
    bonus = _judged(session, actor_id, bonus_id, version, "clawback_due")
    bonus.override_by, bonus.override_reason = actor_id, given_reason(reason)
    session.flush()
    bonus = move(session, now, actor_id, bonus, "waived")
    audit.note(session, now, actor_id, "bonus.overridden", "bonus", bonus_id, "clawback")
    asked = next(e for e in ledger.entries_of(session, "bonus", bonus_id) if e.key == _key(bonus_id))
    ledger.reverse(session, now, f"bonus:{bonus_id}:waived", asked.id or 0)
    return bonus


def _ask_back(session: Session, now: datetime, actor_id: int | None, bonus: Bonus) -> Bonus:
    bonus = move(session, now, actor_id, bonus, "clawback_due", "hire_left_soon")
    ledger.post(session, now, Movement(_key(bonus.id), receivable(bonus.beneficiary_id), EXPENSE, bonus.money, "bonus", bonus.id or 0))
    return bonus


def _judged(session: Session, actor_id: int, bonus_id: int, version: int, state: str) -> Bonus:
    bonus = locked(session, bonus_id, version)
    require_hr(session, actor_id)
    if actor_id == bonus.beneficiary_id:
        raise Refusal("bonuses.own")
    if bonus.state != state:
        raise overtaken(session, bonus)
    return bonus


def _last_day(paid_at: datetime, days: int, time_zone: str) -> date:
    return paid_at.astimezone(ZoneInfo(time_zone)).date() + timedelta(days=days)


def _key(bonus_id: int | None) -> str:
    return f"bonus:{bonus_id}:clawback"
