"""Faults put in on purpose: a machine that misses one of them would prove nothing. Each replaces one function by a wrong one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from bonus_model.company import ZONE
from sqlmodel import Session, select

from bot import bonuses, ledger, plans
from bot.bonuses import Bonus, approvals, clawback, correct, due, moves, payback, payruns, rules, splits
from bot.ledger import posting
from bot.money import Money
from bot.plans import BonusPlan, Instalment

Patch = pytest.MonkeyPatch
MUTANTS: list[Callable[[Patch], None]] = []


def mutant(put_in: Callable[[Patch], None]) -> Callable[[Patch], None]:
    """Enter a fault in the list."""
    MUTANTS.append(put_in)
    return put_in


def _without(patch: Patch, name: str, words: str) -> None:
    """The ledger forgets the movements whose key holds these words."""
    real = getattr(ledger, name)

    def forgetful(session: Session, now: datetime, *rest: Any) -> Any:
        if name == "post_many":
            return real(session, now, [m for m in rest[0] if words not in m.key])
        key = rest[0] if name == "reverse" else rest[0].key
        return None if words in key else real(session, now, *rest)

    patch.setattr(ledger, name, forgetful)


@mutant
def an_export_posts_nothing(patch: Patch) -> None:
    _without(patch, "post_many", ":exported:")


@mutant
def a_payment_posts_nothing(patch: Patch) -> None:
    _without(patch, "post_many", ":paid:")


@mutant
def a_cancelled_bonus_stays_owed(patch: Patch) -> None:
    _without(patch, "reverse", ":void")


@mutant
def what_payroll_sends_back_stays_with_payroll(patch: Patch) -> None:
    _without(patch, "reverse", ":returned:")


@mutant
def asking_back_posts_nothing(patch: Patch) -> None:
    _without(patch, "post", ":clawback")


@mutant
def a_donation_is_owed_to_the_referrer(patch: Patch) -> None:
    patch.setattr(Bonus, "account", property(lambda self: ledger.payable(self.beneficiary_id)))


@mutant
def a_cent_is_lost(patch: Patch) -> None:
    patch.setattr(Money, "split", lambda self, w: [Money(self.amount_minor * x // sum(w), self.currency) for x in w])


@mutant
def the_plan_in_force_is_paid_instead_of_the_promised_one(patch: Patch) -> None:
    real = plans.promise_of_version

    def newest(session: Session, plan_id: int, campaign_id: int | None = None) -> Any:
        name = session.get_one(BonusPlan, plan_id).name
        now = session.exec(select(BonusPlan).where(BonusPlan.name == name, BonusPlan.is_current)).first()
        return real(session, (now.id if now else None) or plan_id, campaign_id)

    patch.setattr(plans, "promise_of_version", newest)


@mutant
def days_are_counted_in_hours(patch: Patch) -> None:
    def by_the_hour(self: Instalment, start_on: date) -> date:
        midnight = datetime(start_on.year, start_on.month, start_on.day, tzinfo=ZoneInfo(ZONE)).astimezone(UTC)
        return (midnight + timedelta(hours=24 * self.days)).astimezone(ZoneInfo(ZONE)).date()

    patch.setattr(Instalment, "due_on", by_the_hour)


@mutant
def bonuses_come_up_a_day_early(patch: Patch) -> None:
    real = due.raise_due
    patch.setattr(bonuses, "raise_due", lambda session, now, today: real(session, now, today + timedelta(days=1)))


@mutant
def whoever_left_is_paid(patch: Patch) -> None:
    patch.setattr(rules, "has_left", lambda *_: "")
    patch.setattr(bonuses, "drop_leavers", lambda *_: (0, False))


@mutant
def news_of_a_leaver_come_too_late(patch: Patch) -> None:
    patch.setattr(bonuses, "ask_about_leavers", lambda *_: (0, False))


@mutant
def a_newcomer_nobody_knows_counts_as_here(patch: Patch) -> None:
    real = rules.verdict
    patch.setattr(due, "verdict", lambda session, bonus: ("eligible", "") if (found := real(session, bonus))[1] == "hire_unknown" else found)


@mutant
def one_approves_their_own(patch: Patch) -> None:
    patch.setattr(approvals, "_require_judge", lambda session, actor, bonus: moves.require_hr(session, actor))


@mutant
def whoever_let_it_pass_approves_it(patch: Patch) -> None:
    patch.setattr(approvals, "authors", lambda *_: set())


@mutant
def one_approver_is_always_enough(patch: Patch) -> None:
    patch.setattr(approvals, "needs_two", lambda *_: False)


@mutant
def an_open_split_holds_nothing(patch: Patch) -> None:
    for room in (rules, approvals):
        patch.setattr(room, "is_settled", lambda *_: True)


@mutant
def a_correction_answers_for_hr(patch: Patch) -> None:
    for room in (correct, splits):
        patch.setattr(room, "still_held", lambda _: {})


@mutant
def old_cards_work(patch: Patch) -> None:
    real = moves.locked
    for room in (moves, approvals, payruns, clawback):
        patch.setattr(room, "locked", lambda session, bonus_id, version=None: real(session, bonus_id))


@mutant
def any_move_is_allowed(patch: Patch) -> None:
    patch.setattr(moves, "MOVES", {state: frozenset(moves.MOVES) for state in moves.MOVES})


@mutant
def a_hold_is_not_on_record(patch: Patch) -> None:
    real = moves.note
    patch.setattr(moves, "note", lambda session, now, actor, bonus, old: None if bonus.state == "held" else real(session, now, actor, bonus, old))


@mutant
def an_edited_file_is_paid(patch: Patch) -> None:
    patch.setattr(payback, "compare", lambda *_: iter(()))


@mutant
def totals_are_not_kept(patch: Patch) -> None:
    patch.setattr(posting, "_add_up", lambda *_: None)


@mutant
def rows_do_not_follow_from_each_other(patch: Patch) -> None:
    real = posting._row
    patch.setattr(posting, "_row", lambda number, last, now, m: real(number, ledger.GENESIS, now, m))
