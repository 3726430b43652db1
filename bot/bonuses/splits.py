"""The split of a referral's bonus among several people: HR proposes, those concerned accept, or HR decides and says why.

Parts that are not with payroll yet are cancelled by contra entries and promised anew; whatever was exported or paid stays.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlmodel import Session, col, delete, select

from bot import audit, ledger, outbox, plans
from bot.bonuses.approvals import given_reason
from bot.bonuses.correct import open_of
from bot.bonuses.hire import bonus_of
from bot.bonuses.moves import accrual, move, note, require_hr, still_held
from bot.bonuses.records import OWED, Bonus, ReferralShare
from bot.bonuses.rules import reason_against
from bot.bonuses.shares import is_settled, rows_of
from bot.errors import FieldRefusal, Refusal, Stale
from bot.messages import Say, say
from bot.money import Money, split
from bot.people import Person
from bot.plans import Instalment
from bot.referrals import HIDDEN, Referral

WHOLE = 10_000  # basis points
MOST = 4  # people
# `created_at` is the day of the hire, by which budgets count
_KEPT = ("referral_id", "milestone_no", "plan_id", "start_on", "due_on", "reward", "charity_id", "created_at")


@dataclass(frozen=True)
class Part:
    """One person's part, in basis points of the whole (5,000 are half)."""

    person_id: int
    basis_points: int


def propose(
    session: Session, now: datetime, actor_id: int, referral_id: int, version: int, parts: Sequence[Part], today: date, reason: str = ""
) -> list[ReferralShare]:
    """HR divides what a referral earns. With a `reason` it is decided; without one, everybody concerned is asked, and until all have
    accepted nothing of it can be paid. `version` is the proposal that HR saw, 0 for none.

    Raises Refusal `forbidden`, `splits.gone`, `splits.own` or `splits.with_payroll`, FieldRefusal `person_N`, `share_N` or `reason`,
    and Stale `splits.changed` naming who was quicker.
    """
    require_hr(session, actor_id)
    referral = _locked(session, referral_id)
    before = rows_of(session, referral_id)
    _require_version(session, before, version)
    words = given_reason(reason) if reason.strip() else ""
    _check(session, actor_id, referral, parts, before, today, is_decided=bool(words))
    if has_bonuses(session, referral_id) and not _open_milestones(session, referral_id):
        raise Refusal("splits.with_payroll")
    session.execute(delete(ReferralShare).where(col(ReferralShare.referral_id) == referral_id))
    rows = [
        ReferralShare(
            referral_id=referral_id, person_id=part.person_id, share_no=number, basis_points=part.basis_points, proposed_by=actor_id, proposed_at=now,
            decided_by=actor_id if words else None, reason=words, version=version + 1,
        )
        for number, part in enumerate(parts, start=1)
    ]  # fmt: skip
    session.add_all(rows)
    session.flush()
    points = " ".join(f"{p.person_id}:{p.basis_points}" for p in parts)
    audit.note(session, now, actor_id, "split.decided" if words else "split.proposed", "referral", referral_id, f"version {version + 1}, {points}")
    if words:
        _settle(session, now, actor_id, referral, rows)
    else:
        _ask(session, now, actor_id, rows)
    return rows


def accept(session: Session, now: datetime, person_id: int, share_id: int, version: int) -> ReferralShare:
    """Somebody agrees to their part; the last one settles the split. The same answer again changes nothing.

    Raises Stale `splits.changed` when HR has proposed something else since, Refusal `splits.gone` for what is not theirs.
    """
    referral, row = _own(session, person_id, share_id, version)
    if row.accepted_at is None:
        row.accepted_at, row.declined_at = now, None
        session.add(row)
        session.flush()
        audit.note(session, now, person_id, "split.accepted", "referral", row.referral_id, f"version {version}, share {row.share_no}")
        if is_settled(session, referral):
            _settle(session, now, person_id, referral, rows_of(session, row.referral_id))
    return row


def decline(session: Session, now: datetime, person_id: int, share_id: int, version: int) -> ReferralShare:
    """Somebody does not agree: HR is told, and proposes something else or decides. Raises as `accept`."""
    referral, row = _own(session, person_id, share_id, version)
    if is_settled(session, referral):
        raise Refusal("splits.settled_already")
    if row.declined_at is None:
        row.declined_at, row.accepted_at = now, None
        session.add(row)
        audit.note(session, now, person_id, "split.declined", "referral", row.referral_id, f"version {version}, share {row.share_no}")
        proposer = session.get_one(Person, row.proposed_by)
        outbox.owe(session, now, f"referral:{row.referral_id}:split:{version}:declined:share:{row.share_no}", "split.declined", row.id or 0, proposer)
    return row


def open_splits(session: Session, limit: int) -> list[int]:
    """Referrals whose split nobody settled yet, by id."""
    waits = col(ReferralShare.accepted_at).is_(None) & col(ReferralShare.decided_by).is_(None)
    query = select(ReferralShare.referral_id).where(waits).distinct().order_by(col(ReferralShare.referral_id)).limit(limit)
    return list(session.exec(query))


def others(session: Session, referral_id: int) -> list[int]:
    """Who else referred the same candidate: the people a split is usually about."""
    query = select(Referral.referrer_id).where(Referral.duplicate_of_id == referral_id).distinct().order_by(col(Referral.referrer_id))
    return list(session.exec(query))


def come_to(session: Session, referral: Referral) -> dict[int, list[Instalment]]:
    """What each share of a split is worth, by its number: of all parts before the hire; then of those that are divided so, and of those
    that can be."""
    found: dict[int, list[Instalment]] = defaultdict(list)
    rows, rid = rows_of(session, referral.id or 0), referral.id or 0
    if not rows or referral.plan_id is None:
        return found
    promise, is_hired = plans.promise_of_version(session, referral.plan_id, referral.campaign_id), has_bonuses(session, rid)
    open_parts = _open_milestones(session, rid) if is_hired else set(promise.numbers)
    for number in promise.numbers:
        shared = _shared(promise.part(number), rows)
        if number in open_parts or (is_hired and _stands_so(session, rid, number, rows, shared)):
            for share_no, part in shared.items():
                found[share_no].append(part)
    return found


def _shared(part: Instalment, rows: list[ReferralShare]) -> dict[int, Instalment]:
    """A part divided, by the number of the share; whoever gets nothing of it is not there."""
    weights = [row.basis_points for row in rows]
    each = zip(rows, part.money.split(weights), split(part.days_off, weights), strict=True)
    return {row.share_no: replace(part, money=money, days_off=off) for row, money, off in each if money.amount_minor or off}


def _stands_so(session: Session, referral_id: int, number: int, rows: list[ReferralShare], shared: dict[int, Instalment]) -> bool:
    """A part was divided like this, wherever it is by now."""
    there = session.exec(select(Bonus).where(Bonus.referral_id == referral_id, Bonus.milestone_no == number, Bonus.state != "void"))
    wanted = {(r.share_no, r.person_id, p.money.amount_minor, p.days_off) for r in rows if (p := shared.get(r.share_no))}
    return {_what(bonus) for bonus in there} == wanted


def has_bonuses(session: Session, referral_id: int) -> bool:
    """Something was accrued for it that counts."""
    return session.exec(select(Bonus.id).where(Bonus.referral_id == referral_id, Bonus.state != "void").limit(1)).first() is not None


def _locked(session: Session, referral_id: int) -> Referral:
    referral = session.get(Referral, referral_id, with_for_update=True, populate_existing=True)
    if referral is None or referral.stage in HIDDEN:
        raise Refusal("splits.gone")
    return referral


def _require_version(session: Session, rows: list[ReferralShare], version: int) -> None:
    if (rows[0].version if rows else 0) != version:
        if not rows:
            raise Stale("splits.gone")
        who = session.get(Person, rows[0].proposed_by)
        raise Stale("splits.changed", name=who.name if who else "?", at=rows[0].proposed_at)


def _check(session: Session, actor_id: int, referral: Referral, parts: Sequence[Part], before: list[ReferralShare], today: date, *, is_decided: bool) -> None:
    ids = [part.person_id for part in parts]
    if actor_id in (*ids, referral.referrer_id):
        raise Refusal("splits.own")
    if not 1 <= len(parts) <= MOST:
        raise FieldRefusal("person_1", "splits.too_many", count=MOST)
    for number, part in enumerate(parts, start=1):
        person = session.get(Person, part.person_id)
        if person is None or person.erased_at or not person.is_here(today):
            raise FieldRefusal(f"person_{number}", "splits.nobody")
        if part.person_id in ids[: number - 1]:
            raise FieldRefusal(f"person_{number}", "splits.twice")
        if not 1 <= part.basis_points <= WHOLE:
            raise FieldRefusal(f"share_{number}", "splits.no_part")
    if (total := sum(part.basis_points for part in parts)) != WHOLE:
        raise FieldRefusal(f"share_{len(parts)}", "splits.sum", sum=percent(total))
    had = {referral.referrer_id, *(row.person_id for row in before if is_settled(session, referral))}
    if lost := had - set(ids):
        who = session.get(Person, min(lost))
        if not is_decided:  # whoever loses a part that was theirs is not asked by a message: HR answers for it
            raise FieldRefusal("reason", "splits.takes_away", name=who.name if who else "?")


def percent(basis_points: int) -> Say:
    """Basis points in words, as the reader's language writes them: 3333 are 33.33 %, or 33,33 %."""
    whole, part = divmod(basis_points, 100)
    return say("splits.percent_part", whole=whole, part=f"{part:02d}".rstrip("0")) if part else say("splits.percent_whole", whole=whole)


def _ask(session: Session, now: datetime, actor_id: int, rows: list[ReferralShare]) -> None:
    """Ask everybody, and let nothing be paid meanwhile."""
    for row in rows:
        key = f"referral:{row.referral_id}:split:{row.version}:person:{row.person_id}"
        outbox.owe(session, now, key, "split.asked", row.id or 0, session.get_one(Person, row.person_id))
    open_parts = _open_milestones(session, rows[0].referral_id)
    for bonus in open_of(session, rows[0].referral_id):
        if bonus.milestone_no in open_parts and bonus.state in ("eligible", "approved"):
            move(session, now, actor_id, bonus, "held", "split_open")


def _settle(session: Session, now: datetime, actor_id: int, referral: Referral, rows: list[ReferralShare]) -> None:
    audit.note(session, now, actor_id, "split.settled", "referral", referral.id or 0, f"version {rows[0].version}")
    for bonus in _divide(session, now, actor_id, referral, rows):
        if bonus.state == "held" and bonus.reason == "split_open":
            move(session, now, actor_id, bonus, "waiting")  # the rules are asked again, at once where the day has come
    for row in rows:
        key = f"referral:{row.referral_id}:split:{row.version}:settled:person:{row.person_id}"
        outbox.owe(session, now, key, "split.settled", row.id or 0, session.get_one(Person, row.person_id))


def _divide(session: Session, now: datetime, actor_id: int, referral: Referral, rows: list[ReferralShare]) -> list[Bonus]:
    """Cancel and promise anew every part that is divided otherwise; returns those that stand as they were."""
    open_parts = _open_milestones(session, referral.id or 0)
    found = [b for b in open_of(session, referral.id or 0) if b.milestone_no in open_parts]
    standing: list[Bonus] = []
    made: list[Bonus] = []
    for number in sorted(open_parts):
        mine = [b for b in found if b.milestone_no == number]
        wanted = _wanted(session, now, mine, rows)
        if {_what(b) for b in mine} == {_what(b) for b in wanted}:
            standing += mine
            continue
        for bonus in mine:
            move(session, now, actor_id, bonus, "void", "split_changed")
        made += wanted
    session.add_all(made)
    session.flush()
    for bonus in made:
        note(session, now, actor_id, bonus, "")
    ledger.post_many(session, now, [accrual(b, f"split:{rows[0].version}") for b in made if b.amount_minor])
    for bonus in made:
        if reason := reason_against(session, referral, session.get_one(Person, bonus.beneficiary_id)):
            move(session, now, None, bonus, "forfeited", reason)
    return standing


def _wanted(session: Session, now: datetime, mine: list[Bonus], rows: list[ReferralShare]) -> list[Bonus]:
    first, weights = mine[0], [row.basis_points for row in rows]
    money = Money(sum(b.amount_minor for b in mine), first.currency).split(weights)
    days = split(sum(b.days_off for b in mine), weights)
    kept = {name: getattr(first, name) for name in _KEPT} | still_held(mine) | {"state_since": now}
    return [
        bonus_of(session, session.get_one(Person, row.person_id), part, kept | {"share_no": row.share_no, "days_off": off})
        for row, part, off in zip(rows, money, days, strict=True)
        if part.amount_minor or off
    ]  # fmt: skip


def _what(bonus: Bonus) -> tuple[object, ...]:
    return bonus.share_no, bonus.beneficiary_id, bonus.amount_minor, bonus.days_off


def _open_milestones(session: Session, referral_id: int) -> set[int]:
    """Parts of which nothing is with payroll, paid or ended: only such a part can be divided otherwise."""
    rows = session.exec(select(Bonus.milestone_no, Bonus.state).where(Bonus.referral_id == referral_id, Bonus.state != "void")).all()
    return {number for number, _ in rows} - {number for number, state in rows if state not in OWED}


def _own(session: Session, person_id: int, share_id: int, version: int) -> tuple[Referral, ReferralShare]:
    row = session.get(ReferralShare, share_id)
    if row is None:
        raise Stale("splits.gone")
    referral = _locked(session, row.referral_id)
    session.refresh(row)
    if row.person_id != person_id:
        raise Refusal("splits.gone")
    _require_version(session, rows_of(session, row.referral_id), version)
    return referral, row
