"""Putting a hire right: bonuses are cancelled by contra entries and promised anew; what payroll has stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from bot import ledger, outbox, plans
from bot.bonuses.hire import check_start
from bot.bonuses.moves import accrual, move, note, still_held
from bot.bonuses.records import OWED, Bonus
from bot.errors import Refusal
from bot.people import Person
from bot.referrals import Referral
from bot.referrals.matching import put_start

_KEPT = ("referral_id", "share_no", "milestone_no", "beneficiary_id", "reward", "amount_minor", "currency", "days_off", "charity_id", "start_on", "due_on",
         "plan_id", "payee_type", "wage_code", "created_at")  # fmt: skip


def correct_start(session: Session, now: datetime, actor_id: int, referral_id: int, version: int, start_on: date, time_zone: str) -> Referral:
    """Put the first day of a hire right. Bonuses that are not with payroll yet are promised anew with the days that follow.

    Raises FieldRefusal `start_on` as `hire` does, Refusal for a referral that is no hire, or Stale.
    """
    referral = session.get(Referral, referral_id)
    if referral is None or referral.start_on is None or referral.confirmed_at is None:
        raise Refusal("bonuses.no_hire")
    zone = ZoneInfo(time_zone)
    check_start(start_on, referral.confirmed_at.astimezone(zone).date(), now.astimezone(zone).date())
    referral = put_start(session, now, actor_id, referral_id, version, start_on)
    rows = open_of(session, referral_id)
    promise = plans.promise_of_version(session, referral.plan_id, referral.campaign_id) if referral.plan_id else None

    def moved(bonus: Bonus) -> dict[str, Any]:
        return {"start_on": start_on, "due_on": promise.part(bonus.milestone_no).due_on(start_on)} if promise else {}

    made = replace(session, now, actor_id, rows, "start_corrected", f"corrected:{referral.version}", moved)
    for person_id in sorted({b.beneficiary_id for b in made}):
        first = next(b for b in made if b.beneficiary_id == person_id)
        key = f"referral:{referral_id}:corrected:{referral.version}:person:{person_id}"
        outbox.owe(session, now, key, "bonus.rescheduled", first.id or 0, session.get_one(Person, person_id))
    return referral


def open_of(session: Session, referral_id: int) -> list[Bonus]:
    """The bonuses of a referral that may still change, locked, in the order of their ids."""
    query = select(Bonus).where(Bonus.referral_id == referral_id, col(Bonus.state).in_(OWED)).order_by(col(Bonus.id))
    return list(session.exec(query.with_for_update().execution_options(populate_existing=True)))


def replace(
    session: Session, now: datetime, actor_id: int, rows: Sequence[Bonus], reason: str, deed: str, change: Callable[[Bonus], dict[str, Any]]
) -> list[Bonus]:
    """Cancel bonuses (locked by `open_of`) and promise each anew with what `change` says of it. One that HR had stopped stays stopped.

    `deed` makes the keys of the new entries: one word for one correction (`corrected:5`).
    """
    made = []
    for bonus in rows:
        made.append(Bonus(**kept_of(bonus) | still_held([bonus]) | change(bonus), state_since=now))
        move(session, now, actor_id, bonus, "void", reason)
    return promise(session, now, actor_id, made, deed)


def kept_of(bonus: Bonus) -> dict[str, Any]:
    """The columns that whatever takes the place of a bonus begins with."""
    return {name: getattr(bonus, name) for name in _KEPT}


def promise(session: Session, now: datetime, actor_id: int, made: list[Bonus], deed: str) -> list[Bonus]:
    """Write down bonuses that take the place of others, with their entries."""
    session.add_all(made)
    session.flush()
    for bonus in made:
        note(session, now, actor_id, bonus, "")
    ledger.post_many(session, now, [accrual(b, deed) for b in made if b.amount_minor])
    return made
