"""The hire: the referral moves to hired and what it earns is promised, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from bot import ledger, outbox, plans, referrals, settings
from bot.bonuses.budgets import watch
from bot.bonuses.moves import accrual, move, note
from bot.bonuses.records import Bonus
from bot.bonuses.rules import reason_against
from bot.bonuses.shares import Share, shares_of
from bot.errors import FieldRefusal
from bot.money import Money, split
from bot.people import Person
from bot.plans import Promise
from bot.referrals import Referral

FAR = timedelta(days=730)


def hire(
    session: Session, now: datetime, actor_id: int | None, referral_id: int, start_on: date, time_zone: str, *,
    version: int | None = None, hired_person_id: int | None = None, shares: Sequence[Share] = (),
) -> Referral:  # fmt: skip
    """Move a referral to hired and accrue its bonuses; the referrer's alone unless `shares` says otherwise.

    `start_on` is the newcomer's first day, `time_zone` the company's. A hire that is on record with the same day changes nothing.
    Raises FieldRefusal `start_on` for a day before the referral or more than two years away, and what `referrals.move` raises.
    """
    known = session.get(Referral, referral_id)
    if known and known.stage == "hired" and known.start_on == start_on and version is None:
        return known
    if known and known.confirmed_at:
        check_start(start_on, known.confirmed_at.astimezone(ZoneInfo(time_zone)).date(), now.astimezone(ZoneInfo(time_zone)).date())
    facts: dict[str, int] = {"hired_person_id": hired_person_id} if hired_person_id else {}
    referral = referrals.move(session, now, actor_id, referral_id, "hired", version, start_on=start_on, **facts)  # type: ignore[arg-type]
    if referral.plan_id:
        _accrue(session, now, actor_id, referral, plans.promise_of_version(session, referral.plan_id, referral.campaign_id), start_on,
                shares or shares_of(session, referral))  # fmt: skip
        watch(session, now, referral.plan_id, now.astimezone(ZoneInfo(time_zone)).date(), time_zone)
    return referral


def check_start(start_on: date, referred_on: date, today: date) -> None:
    """Raises FieldRefusal `start_on` for a first day before the referral, or more than two years away."""
    if start_on < referred_on:
        raise FieldRefusal("start_on", "bonuses.start_before_referral", day=referred_on)
    if start_on > today + FAR:
        raise FieldRefusal("start_on", "bonuses.start_too_far")


def _accrue(session: Session, now: datetime, actor_id: int | None, referral: Referral, promise: Promise, start_on: date, shares: Sequence[Share]) -> None:
    """One bonus per milestone and share; each part is split so that the shares sum to it to the cent."""
    payees = [session.get_one(Person, s.person_id) for s in shares]
    weights = [s.weight for s in shares]
    same = {"referral_id": referral.id, "plan_id": promise.plan_id, "start_on": start_on, "state_since": now, "created_at": now}
    made: list[Bonus] = []
    for milestone_no in promise.numbers:
        part = promise.part(milestone_no)
        place = same | {"milestone_no": milestone_no, "due_on": part.due_on(start_on), "reward": part.reward, "charity_id": part.charity_id}
        worth = zip(payees, part.money.split(weights), split(part.days_off, weights), strict=True)
        for share_no, (payee, money, days_off) in enumerate(worth, start=1):
            if money.amount_minor or days_off:  # 0.01 among three leaves nothing for two of them
                made.append(bonus_of(session, payee, money, place | {"share_no": share_no, "days_off": days_off}))
    session.add_all(made)
    session.flush()
    for bonus in made:
        note(session, now, actor_id, bonus, "")
    ledger.post_many(session, now, [accrual(b) for b in made if b.amount_minor])
    for payee in payees:
        _tell_or_refuse(session, now, referral, payee, [b for b in made if b.beneficiary_id == payee.id])


def bonus_of(session: Session, payee: Person, money: Money, place: dict[str, Any]) -> Bonus:
    """A share's bonus, with payee type and wage code as they are now; `place` holds its other columns, `reward` among them."""
    kind = "employee" if payee.kind == "employee" else "other"
    wage_code = settings.get(session, f"payroll.wage_code_{kind if place['reward'] == 'money' else place['reward']}")
    return Bonus(
        **place, beneficiary_id=payee.id or 0, payee_type=payee.kind, wage_code=wage_code, amount_minor=money.amount_minor,
        currency=money.currency,
    )  # fmt: skip


def _tell_or_refuse(session: Session, now: datetime, referral: Referral, person: Person, mine: list[Bonus]) -> None:
    """The good news once for all parts; or, where a rule says no, the parts are forfeited with the reason and that is told once."""
    if not mine:
        return
    reason = reason_against(session, referral, person)
    if reason is None:
        outbox.owe(session, now, f"referral:{referral.id}:hired:bonus:person:{person.id}", "bonus.accrued", mine[0].id or 0, person)
    for number, bonus in enumerate(mine):
        if reason:
            move(session, now, None, bonus, "forfeited", reason, is_told=number == 0)


def of_referral(session: Session, referral_id: int) -> list[Bonus]:
    """Every bonus of a referral that counts, in order of day and share."""
    query = select(Bonus).where(Bonus.referral_id == referral_id, Bonus.state != "void")
    return list(session.exec(query.order_by(col(Bonus.due_on), col(Bonus.share_no))))


def opening_id(session: Session, bonus: Bonus) -> int | None:
    """The opening a bonus was earned with; None for a referral to the organisation at large."""
    return session.get_one(Referral, bonus.referral_id).opening_id


def of_person(session: Session, person_id: int, limit: int = 50, offset: int = 0) -> list[Bonus]:
    """A person's own bonuses that count, the newest first."""
    query = select(Bonus).where(Bonus.beneficiary_id == person_id, Bonus.state != "void")
    return list(session.exec(query.order_by(col(Bonus.id).desc()).offset(offset).limit(limit)))
