"""A bonus divided among several people: proposed, accepted or decided, posted anew to the cent, and never where payroll has it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from bonus_world import MONDAY, World, make_world
from conftest import START, add_person
from sqlmodel import select

from bot import audit, bonuses, ledger, settings
from bot.bonuses import Bonus, ReferralShare, splits
from bot.bonuses.shares import rows_of
from bot.bonuses.splits import Part
from bot.db import Database
from bot.errors import FieldRefusal, Refusal, Stale
from bot.money import Money
from bot.outbox import Delivery
from bot.people import Person
from bot.plans import Instalment, PlanDraft, adopt
from bot.referrals import Referral


@pytest.fixture
def world(db: Database) -> World:
    return make_world(db)


def propose(world: World, referral: int, *parts: tuple[Person, int], version: int = 0, by: Person | None = None, reason: str = "") -> list[ReferralShare]:
    given = [Part(p.id or 0, points) for p, points in parts]
    return world.db.write_now(splits.propose, START, (by or world.hr).id or 0, referral, version, given, MONDAY, reason)


def accept(world: World, row: ReferralShare, who: Person) -> ReferralShare:
    return world.db.write_now(splits.accept, START, who.id or 0, row.id or 0, row.version)


def every(world: World, referral: int) -> list[Bonus]:
    return world.db.read_now(lambda s: list(s.exec(select(Bonus).where(Bonus.referral_id == referral).order_by(Bonus.id))))


def told(world: World, notice: str) -> list[int | None]:
    return world.db.read_now(lambda s: list(s.exec(select(Delivery.person_id).where(Delivery.notice == notice).order_by(Delivery.id))))


def test_a_hundred_in_three_is_divided_to_the_cent_once_all_have_agreed(world: World) -> None:
    two, three = add_person(world.db, "Bo Ek"), add_person(world.db, "Cai Lund")
    referral = world.refer(world.plan((90, "100")))
    world.hire(referral, MONDAY)
    rows = propose(world, referral, (world.referrer, 3334), (two, 3333), (three, 3333))
    assert told(world, "split.asked") == [world.referrer.id, two.id, three.id]
    for row, who in zip(rows, (world.referrer, two, three), strict=True):
        assert [b.amount_minor for b in world.bonuses(referral)] == [10_000], "nothing moves before all have agreed"
        accept(world, row, who)
    found = world.bonuses(referral)
    assert [(b.share_no, b.beneficiary_id, b.amount_minor) for b in found] == [(1, world.referrer.id, 3334), (2, two.id, 3333), (3, three.id, 3333)]
    assert (world.owed(), world.owed(two), world.owed(three)) == (3334, 3333, 3333)
    old = every(world, referral)[0]
    assert old.state == "void" and [e.reverses_id is not None for e in world.db.read_now(ledger.entries_of, "bonus", old.id)] == [False, True]
    keys = [e.key for b in found for e in world.db.read_now(ledger.entries_of, "bonus", b.id)]
    assert keys == [f"referral:{referral}:split:1:share:{n}:part:1" for n in (1, 2, 3)] and world.db.read_now(ledger.verify).is_sound
    assert told(world, "split.settled") == [world.referrer.id, two.id, three.id]


def test_dividing_does_not_get_round_the_second_approver(world: World) -> None:
    world.db.write_now(settings.put, START, None, "bonus.two_approvers_from", 100)
    two = add_person(world.db, "Bo Ek")
    referral = world.refer(world.plan((0, "100")))
    world.hire(referral, MONDAY)
    for row, who in zip(propose(world, referral, (world.referrer, 5000), (two, 5000)), (world.referrer, two), strict=True):
        accept(world, row, who)
    halves = world.bonuses(referral)
    assert [b.amount_minor for b in halves] == [5000, 5000]
    assert [world.db.read_now(bonuses.needs_two, b) for b in halves] == [True, True]


def test_a_hold_of_hr_outlives_a_split_that_others_agree_on(world: World) -> None:
    other = add_person(world.db, "Bo Ek")
    referral = world.refer(world.plan((0, "500"), (90, "100")), hired=add_person(world.db, "Uusi Tulija"))
    first, _ = world.hire(referral, MONDAY)
    for _ in range(2):
        world.morning(MONDAY)
    world.db.write_now(bonuses.hold, START, world.hr.id, first.id, world.bonus(first.id).version, "hr_dispute")
    for row, who in zip(propose(world, referral, (world.referrer, 5000), (other, 5000), by=world.other_hr), (world.referrer, other), strict=True):
        accept(world, row, who)
    for _ in range(2):
        world.morning(MONDAY)
    found = sorted((b.milestone_no, b.state, b.reason) for b in world.bonuses(referral))
    assert found == [(1, "held", "hr_dispute")] * 2 + [(2, "waiting", "")] * 2


def test_a_split_later_on_costs_the_period_of_the_hire(world: World) -> None:
    """Else a budget that the hire had filled would have room again, and the next period's would be used by what is not of it."""
    referral = world.refer(world.plan((90, "500")))
    (bonus,) = world.hire(referral, MONDAY)
    parts = [Part(world.referrer.id or 0, 5000), Part(add_person(world.db, "Bo Ek").id or 0, 5000)]
    world.db.write_now(splits.propose, START + timedelta(days=40), world.hr.id or 0, referral, 0, parts, MONDAY, "Both knew her")
    assert [b.created_at for b in world.bonuses(referral)] == [bonus.created_at] * 2


def test_a_split_proposed_before_the_hire_divides_the_hire_and_holds_it_until_all_agree(world: World) -> None:
    other = add_person(world.db, "Bo Ek")
    referral = world.refer(world.plan((0, "500")), hired=add_person(world.db, "Uusi Tulija"))
    rows = propose(world, referral, (world.referrer, 5000), (other, 5000))
    made = world.hire(referral, MONDAY)
    assert [b.amount_minor for b in made] == [25_000, 25_000]
    for _ in range(2):
        world.morning(MONDAY)
    assert {(b.state, b.reason) for b in world.bonuses(referral)} == {("held", "split_open")}
    for name in ("confirm", "refuse"):
        more = (MONDAY,) if name == "confirm" else ()
        with pytest.raises(Refusal, match=r"splits\.settle_first"):
            world.db.write_now(getattr(bonuses, name), START, world.hr.id, made[0].id, world.bonus(made[0].id).version, *more)
    accept(world, rows[0], world.referrer)
    accept(world, rows[1], other)
    world.morning(MONDAY)
    assert {(b.id, b.state) for b in world.bonuses(referral)} == {(b.id, "eligible") for b in made}, "the same bonuses go on"


def test_a_proposal_stops_what_is_due_and_a_decision_divides_it(world: World) -> None:
    other = add_person(world.db, "Bo Ek")
    referral = world.refer(world.plan((0, "500")), hired=add_person(world.db, "Uusi Tulija"))
    (bonus,) = world.hire(referral, MONDAY)
    for _ in range(2):
        world.morning(MONDAY)
    world.approve(world.bonus(bonus.id))
    rows = propose(world, referral, (world.referrer, 6000), (other, 4000))
    assert world.bonus(bonus.id).state == "held" and world.bonus(bonus.id).reason == "split_open"
    world.db.write_now(splits.decline, START, other.id or 0, rows[1].id or 0, 1)
    assert told(world, "split.declined") == [world.hr.id]
    propose(world, referral, (world.referrer, 7500), (other, 2500), version=1, by=world.other_hr, reason="Both told us how it was")
    assert [b.amount_minor for b in world.bonuses(referral)] == [37_500, 12_500]
    for _ in range(2):
        world.morning(MONDAY)
    first = world.bonuses(referral)[0]
    with pytest.raises(Refusal, match=r"bonuses\.own_override"):
        world.approve(first, world.other_hr)
    assert world.approve(first, world.hr).state == "approved"
    whats = world.db.read_now(lambda s: [(e.what, e.actor_id) for e in audit.history(s, "referral", referral) if e.what.startswith("split.")])
    assert whats == [
        ("split.proposed", world.hr.id), ("split.declined", other.id), ("split.decided", world.other_hr.id), ("split.settled", world.other_hr.id),
    ]  # fmt: skip


def test_a_paid_part_never_changes_and_the_later_one_is_divided(world: World) -> None:
    other = add_person(world.db, "Bo Ek")
    referral = world.refer(world.plan((0, "100"), (90, "400")), hired=add_person(world.db, "Uusi Tulija"))
    first, second = world.hire(referral, MONDAY)
    for _ in range(2):
        world.morning(MONDAY)
    world.approve(world.bonus(first.id))
    run = world.close_run()
    world.db.write_now(bonuses.payruns.pay, START, world.payroll.id, run.id)
    propose(world, referral, (world.referrer, 5000), (other, 5000), reason="Agreed by mail")
    assert world.bonus(first.id).state == "paid" and world.bonus(second.id).state == "void"
    assert [(b.milestone_no, b.amount_minor) for b in world.bonuses(referral)] == [(1, 10_000), (2, 20_000), (2, 20_000)]
    assert world.db.read_now(bonuses.payruns.content, run)[:3] == b"\xef\xbb\xbf"


def test_with_everything_at_payroll_nothing_can_be_divided(world: World) -> None:
    other = add_person(world.db, "Bo Ek")
    referral = world.refer(world.plan((0, "100")), hired=add_person(world.db, "Uusi Tulija"))
    (bonus,) = world.hire(referral, MONDAY)
    for _ in range(2):
        world.morning(MONDAY)
    world.approve(world.bonus(bonus.id))
    world.close_run()
    with pytest.raises(Refusal, match=r"splits\.with_payroll"):
        propose(world, referral, (world.referrer, 5000), (other, 5000), reason="x")


@pytest.mark.parametrize(
    ("points", "field", "key"),
    [((5000, 4999), "share_2", "sum"), ((5000, 5001), "share_2", "sum"), ((10_000, 0), "share_2", "no_part"), ((-1, 10_001), "share_1", "no_part")],
)
def test_parts_that_are_not_the_whole_are_refused_beside_the_field(world: World, points: tuple[int, int], field: str, key: str) -> None:
    referral, other = world.refer(world.plan((90, "100"))), add_person(world.db, "Bo Ek")
    with pytest.raises(FieldRefusal) as refused:
        propose(world, referral, (world.referrer, points[0]), (other, points[1]))
    assert (refused.value.field, refused.value.key) == (field, f"splits.{key}")
    assert world.db.read_now(rows_of, referral) == []


def test_who_cannot_be_given_a_part(world: World) -> None:
    referral = world.refer(world.plan((90, "100")))
    gone = add_person(world.db, "Leo Lind", end_on=MONDAY - timedelta(days=1))
    for parts, key in (
        (((world.referrer, 5000), (gone, 5000)), "splits.nobody"),
        (((world.referrer, 5000), (world.referrer, 5000)), "splits.twice"),
        (((world.referrer, 5000), (world.hr, 5000)), "splits.own"),
        (((world.recruiter, 10_000),), "splits.takes_away"),
    ):
        with pytest.raises(Refusal) as refused:
            propose(world, referral, *parts)
        assert refused.value.key == key
    with pytest.raises(Refusal, match="forbidden"):
        propose(world, referral, (world.referrer, 10_000), by=world.recruiter)


def test_of_two_who_divide_at_once_the_second_is_told_by_whom(world: World) -> None:
    referral, other = world.refer(world.plan((90, "100"))), add_person(world.db, "Bo Ek")
    rows = propose(world, referral, (world.referrer, 5000), (other, 5000))
    with pytest.raises(Stale) as late:
        propose(world, referral, (world.referrer, 4000), (other, 6000), by=world.other_hr)
    assert late.value.params["name"] == "Hilla Rinne" and late.value.params["at"] == START
    propose(world, referral, (world.referrer, 4000), (other, 6000), by=world.other_hr, version=1)
    with pytest.raises(Stale):
        accept(world, rows[0], world.referrer)
    (mine, _) = world.db.read_now(rows_of, referral)
    with pytest.raises(Refusal, match=r"splits\.gone"):
        accept(world, mine, add_person(world.db, "Joku Muu"))
    assert all(r.accepted_at is None for r in world.db.read_now(rows_of, referral))


def test_a_share_of_somebody_whom_a_rule_excludes_ends_with_its_reason(world: World) -> None:
    referral = world.refer(world.plan((90, "100")))
    world.hire(referral, MONDAY)
    propose(world, referral, (world.referrer, 5000), (world.recruiter, 5000), reason="Asked for")
    assert [(b.beneficiary_id, b.state, b.reason) for b in world.bonuses(referral)] == [
        (world.referrer.id, "accrued", ""), (world.recruiter.id, "forfeited", "recruiting"),
    ]  # fmt: skip
    assert (world.owed(), world.owed(world.recruiter)) == (5_000, 0)


def test_days_off_are_divided_whole_and_post_nothing(world: World) -> None:
    draft = PlanDraft("Days", (Instalment(30, Money(0, "EUR"), "day_off", 3),), is_default=True)
    plan = world.db.write_now(adopt, START, world.hr.id, draft)
    referral, other = world.refer(plan.id), add_person(world.db, "Bo Ek")
    world.hire(referral, MONDAY)
    propose(world, referral, (world.referrer, 5000), (other, 5000), reason="Both")
    assert [b.days_off for b in world.bonuses(referral)] == [2, 1] and world.db.read_now(ledger.head).entries == 0


def test_who_else_referred_the_same_person_is_offered(world: World) -> None:
    plan, other = world.plan((90, "100")), add_person(world.db, "Bo Ek")
    referral, second = world.refer(plan), world.refer(plan, other)

    def mark(session: object) -> None:
        session.get_one(Referral, second).duplicate_of_id = referral  # type: ignore[attr-defined]

    world.db.write_now(mark)
    assert world.db.read_now(splits.others, referral) == [other.id]


def test_a_start_date_of_the_day_is_kept_by_a_split(world: World) -> None:
    referral, other = world.refer(world.plan((90, "100"))), add_person(world.db, "Bo Ek")
    world.hire(referral, date(2028, 2, 1))
    propose(world, referral, (world.referrer, 5000), (other, 5000), reason="x")
    assert {b.due_on for b in world.bonuses(referral)} == {date(2028, 5, 1)}, "90 days across the leap day"
