"""A hire that turns out otherwise: another first day, a newcomer found in the directory, somebody who leaves."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from bonus_world import MONDAY, ZONE, World, make_world
from conftest import START, add_person
from sqlmodel import col, select

from bot import bonuses, ledger, settings
from bot.audit import AuditEntry
from bot.bonuses import Bonus
from bot.db import Database
from bot.desks import Deployment, notices
from bot.desks.clock import STEPS
from bot.errors import FieldRefusal, Refusal, Stale
from bot.outbox import Delivery
from bot.referrals import Candidate, Referral, shred
from bot.referrals.matching import put_facts

LATER = MONDAY + timedelta(days=30)


@pytest.fixture
def world(db: Database) -> World:
    return make_world(db)


def correct(world: World, referral: int, start_on: date, now: datetime = START) -> None:
    version = world.db.read_now(lambda s: s.get_one(Referral, referral)).version
    world.db.write_now(bonuses.correct_start, now, world.recruiter.id, referral, version, start_on, ZONE)


def owed(world: World, notice: str) -> list[str]:
    return list(world.db.read_now(lambda s: s.exec(select(Delivery.key).where(Delivery.notice == notice).order_by(col(Delivery.id))).all()))


def test_a_later_first_day_moves_the_due_days_by_contra_entries(world: World) -> None:
    """500 € posted for 2 March; the day was 1 April: the first entry is reversed, a second one stands, and 500 € is owed once."""
    referral = world.refer(world.plan((90, "100"), (180, "400")))
    old = world.hire(referral, MONDAY)
    correct(world, referral, LATER)
    new = world.bonuses(referral)
    assert [b.due_on for b in new] == [LATER + timedelta(days=90), LATER + timedelta(days=180)] and world.owed() == 50_000
    assert [world.bonus(b.id).state for b in old] == ["void", "void"] and [b.state for b in new] == ["accrued", "accrued"]
    assert [b.created_at for b in new] == [b.created_at for b in old], "in the budget of the month of the hire"
    entries = world.db.read_now(ledger.latest, 10)
    assert len(entries) == 6 and sum(e.reverses_id is not None for e in entries) == 2 and world.db.read_now(ledger.verify).is_sound
    events = world.db.read_now(lambda s: s.exec(select(AuditEntry.detail).where(AuditEntry.what == "bonus.void")).all())
    assert all(detail.endswith("start_corrected") for detail in events)
    assert owed(world, "bonus.rescheduled") == [f"referral:{referral}:corrected:{referral_version(world, referral)}:person:{world.referrer.id}"]


def referral_version(world: World, referral: int) -> int:
    return world.db.read_now(lambda s: s.get_one(Referral, referral)).version


def test_back_and_forth_posts_each_time_anew(world: World) -> None:
    referral = world.refer(world.plan((90, "500")))
    world.hire(referral, MONDAY)
    for day in (LATER, MONDAY, LATER):
        correct(world, referral, day)
    (bonus,) = world.bonuses(referral)
    assert bonus.start_on == LATER and world.owed() == 50_000 and world.db.read_now(ledger.verify).entries == 7


def test_an_approval_does_not_outlive_the_day_it_was_given_for(world: World) -> None:
    referral = world.refer(world.plan((90, "500")), hired=add_person(world.db, "Uusi Tulija"))
    (bonus,) = world.hire(referral, MONDAY)
    world.morning(MONDAY)
    world.morning(bonus.due_on)
    world.approve(world.bonus(bonus.id))
    correct(world, referral, LATER)
    assert [b.state for b in world.bonuses(referral)] == ["accrued"]
    with pytest.raises(Refusal):
        world.close_run()


def test_a_question_of_hr_outlives_a_corrected_day(world: World) -> None:
    referral = world.refer(world.plan((0, "500")), hired=add_person(world.db, "Uusi Tulija"))
    (bonus,) = world.hire(referral, MONDAY)
    for _ in range(2):
        world.morning(MONDAY)
    world.db.write_now(bonuses.hold, START, world.hr.id, bonus.id, world.bonus(bonus.id).version, "hr_question")
    correct(world, referral, MONDAY + timedelta(days=1))
    for _ in range(2):
        world.morning(LATER)
    (held,) = world.bonuses(referral)
    assert (held.state, held.reason) == ("held", "hr_question"), "whoever recruits does not answer for HR"
    answered = world.db.write_now(bonuses.confirm, START, world.other_hr.id, held.id, held.version, LATER)
    assert answered.state in ("held", "approved") and answered.reason != "hr_question"


def test_what_payroll_has_stays_as_it_is(world: World) -> None:
    referral = world.refer(world.plan((30, "100"), (180, "400")), hired=add_person(world.db, "Uusi Tulija"))
    first, _ = world.hire(referral, MONDAY)
    world.morning(MONDAY)
    world.morning(first.due_on)
    world.approve(world.bonus(first.id))
    world.close_run()
    correct(world, referral, LATER)
    kept, moved = sorted(world.bonuses(referral), key=lambda b: b.milestone_no)
    assert (kept.id, kept.state, kept.start_on) == (first.id, "exported", MONDAY)
    assert (moved.state, moved.due_on) == ("accrued", LATER + timedelta(days=180))


def test_a_correction_from_an_old_card_changes_nothing(world: World) -> None:
    referral = world.refer(world.plan((90, "500")))
    world.hire(referral, MONDAY)
    old = referral_version(world, referral)
    correct(world, referral, LATER)
    with pytest.raises(Stale):
        world.db.write_now(bonuses.correct_start, START, world.recruiter.id, referral, old, MONDAY, ZONE)
    assert [b.start_on for b in world.bonuses(referral)] == [LATER]


@pytest.mark.parametrize("day", [MONDAY - timedelta(days=1), MONDAY + timedelta(days=800)])
def test_a_day_that_cannot_be_is_refused_before_anything_moves(world: World, day: date) -> None:
    referral = world.refer(world.plan((90, "500")))
    world.hire(referral, MONDAY)
    with pytest.raises(FieldRefusal) as refused:
        correct(world, referral, day)
    assert refused.value.field == "start_on" and [b.start_on for b in world.bonuses(referral)] == [MONDAY]


def test_what_was_never_a_hire_has_no_first_day(world: World) -> None:
    referral = world.refer(world.plan((90, "500")))
    with pytest.raises(Refusal) as refused:
        correct(world, referral, LATER)
    assert refused.value.key == "bonuses.no_hire"


def due(world: World, bonus: Bonus) -> tuple[str, str]:
    world.morning(bonus.start_on)
    world.morning(bonus.due_on)
    seen = world.bonus(bonus.id)
    return seen.state, seen.reason


def test_a_directory_with_another_first_day_asks_hr_on_the_due_day(world: World) -> None:
    newcomer = add_person(world.db, "Uusi Tulija", start_on=LATER)
    (bonus,) = world.hire(world.refer(world.plan((90, "500")), hired=newcomer), MONDAY)
    assert due(world, bonus) == ("held", "start_differs")


@pytest.mark.parametrize(("known", "reason"), [(1, "known_before"), (183, "known_before"), (184, ""), (0, "")])
def test_whom_recruiting_knew_already_earns_nobody_a_bonus(world: World, known: int, reason: str) -> None:
    referral = world.refer(world.plan((90, "500")))
    version = referral_version(world, referral)
    world.db.write_now(put_facts, START, world.recruiter.id, referral, version, MONDAY - timedelta(days=known), False)
    (bonus,) = world.hire(referral, MONDAY)
    assert (bonus.state, bonus.reason) == (("forfeited", reason) if reason else ("accrued", ""))


@pytest.mark.parametrize(("is_on", "expected"), [(True, ("held", "relative")), (False, ("eligible", ""))])
def test_a_relative_is_for_hr_to_decide(world: World, is_on: bool, expected: tuple[str, str]) -> None:
    world.db.write_now(settings.put, START, world.hr.id, "bonus.ask_about_relatives", is_on)
    referral = world.refer(world.plan((90, "500")), hired=add_person(world.db, "Uusi Tulija"))
    world.db.write_now(put_facts, START, world.recruiter.id, referral, referral_version(world, referral), None, True)
    (bonus,) = world.hire(referral, MONDAY)
    assert due(world, bonus) == expected


@pytest.mark.parametrize(
    ("setting", "who"), [("bonus.hire_must_be_here", "newcomer"), ("bonus.referrer_must_be_here", "referrer")],
)  # fmt: skip
@pytest.mark.parametrize("is_on", [True, False])
def test_whether_a_leaver_s_bonus_ends_is_a_setting(world: World, setting: str, who: str, is_on: bool) -> None:
    world.db.write_now(settings.put, START, world.hr.id, setting, is_on)
    newcomer = add_person(world.db, "Uusi Tulija")
    (bonus,) = world.hire(world.refer(world.plan((90, "500")), hired=newcomer), MONDAY)
    world.change(newcomer if who == "newcomer" else world.referrer, end_on=bonus.due_on - timedelta(days=1))
    assert due(world, bonus)[0] == ("forfeited" if is_on else "eligible")


def test_notice_given_is_asked_about_only_where_hr_wants(world: World) -> None:
    world.db.write_now(settings.put, START, world.hr.id, "bonus.ask_about_notice", False)
    newcomer = add_person(world.db, "Uusi Tulija", notice_on=MONDAY)
    (bonus,) = world.hire(world.refer(world.plan((90, "500")), hired=newcomer), MONDAY)
    assert due(world, bonus) == ("eligible", "")


def tick(world: World, deployment: Deployment, step: str, now: datetime = START) -> None:
    while world.db.write_now(STEPS[step], deployment, now):
        pass


def cards(world: World, deployment: Deployment, notice: str, now: datetime = START) -> list[object]:
    def build(session):  # type: ignore[no-untyped-def]
        rows = session.exec(select(Delivery).where(Delivery.notice == notice).order_by(Delivery.id)).all()
        return [notices.build(session, deployment, d, now) for d in rows]

    return [c for c in world.db.read_now(build) if c]


def test_a_newcomer_in_the_directory_is_offered_to_recruiting_once(world: World, deployment: Deployment) -> None:
    referral = world.refer(world.plan((90, "500")))
    world.hire(referral, MONDAY)
    tick(world, deployment, "bonuses.joiners")
    assert owed(world, "bonus.joiner") == [], "nobody began that day"
    newcomer = add_person(world.db, "Uusi Tulija", start_on=MONDAY)
    for _ in range(2):
        tick(world, deployment, "bonuses.joiners")
    assert owed(world, "bonus.joiner") == [f"referral:{referral}:joiner:{newcomer.id}:person:{world.recruiter.id}"]
    assert len(cards(world, deployment, "bonus.joiner")) == 1
    world.db.write_now(lambda s: setattr(s.get_one(Referral, referral), "hired_person_id", newcomer.id))
    assert cards(world, deployment, "bonus.joiner") == [], "known by now"


def test_somebody_else_s_newcomer_is_not_offered(world: World, deployment: Deployment) -> None:
    newcomer = add_person(world.db, "Uusi Tulija", start_on=MONDAY)
    plan = world.plan((90, "500"))
    world.hire(world.refer(plan, hired=newcomer), MONDAY)
    world.hire(world.refer(plan), MONDAY)
    tick(world, deployment, "bonuses.joiners")
    assert owed(world, "bonus.joiner") == []


def test_another_first_day_in_the_directory_is_told_to_recruiting(world: World, deployment: Deployment) -> None:
    newcomer = add_person(world.db, "Uusi Tulija", start_on=LATER)
    referral = world.refer(world.plan((90, "500")), hired=newcomer)
    world.hire(referral, MONDAY)
    tick(world, deployment, "bonuses.joiners")
    assert owed(world, "bonus.first_day") == [f"referral:{referral}:begins:{LATER}:here:{MONDAY}:person:{world.recruiter.id}"]
    assert len(cards(world, deployment, "bonus.first_day")) == 1
    correct(world, referral, LATER)
    assert cards(world, deployment, "bonus.first_day") == [], "put right meanwhile"


def test_hr_reads_once_a_day_whose_leaving_ended_a_bonus(world: World, deployment: Deployment) -> None:
    newcomer = add_person(world.db, "Uusi Tulija", start_on=MONDAY)
    world.hire(world.refer(world.plan((30, "100"), (90, "500")), hired=newcomer), MONDAY)
    world.change(newcomer, end_on=MONDAY + timedelta(days=3))
    now = START + timedelta(days=5)
    for _ in range(2):
        tick(world, deployment, "bonuses.leavers", now)
    day = MONDAY + timedelta(days=5)
    assert sorted(owed(world, "bonus.leavers")) == sorted(f"bonuses:leavers:{day}:person:{p.id}" for p in (world.hr, world.other_hr))
    assert len(cards(world, deployment, "bonus.leavers", now)) == 2 and world.owed() == 0
    world.change(world.other_hr, end_on=MONDAY)
    assert len(cards(world, deployment, "bonus.leavers", now)) == 1


def test_a_referrer_who_left_is_not_written_to(world: World, deployment: Deployment) -> None:
    (bonus,) = world.hire(world.refer(world.plan((90, "500")), hired=add_person(world.db, "Uusi Tulija")), MONDAY)
    world.change(world.referrer, end_on=MONDAY + timedelta(days=3))
    now = START + timedelta(days=5)
    tick(world, deployment, "bonuses.leavers", now)
    assert world.bonus(bonus.id).reason == "referrer_left" and cards(world, deployment, "bonus.forfeited", now) == []


def test_what_recruiting_noted_about_a_candidate_goes_with_the_candidate(world: World) -> None:
    referral = world.refer(world.plan((90, "500")))
    world.db.write_now(put_facts, START, world.recruiter.id, referral, referral_version(world, referral), MONDAY, True)
    world.db.write_now(lambda s: shred(s, START, s.get_one(Candidate, s.get_one(Referral, referral).candidate_id)))
    row = world.db.read_now(lambda s: s.get_one(Referral, referral))
    assert (row.known_on, row.is_relative) == (None, False)
