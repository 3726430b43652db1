"""Who earns a bonus, and what happens on the due day: each rule with its reason."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from bonus_world import MONDAY, World, make_world
from conftest import START, add_person
from sqlmodel import Session

from bot import bonuses, settings
from bot.bonuses import MOVES, STATES, Bonus
from bot.db import Database
from bot.errors import Refusal, Stale
from bot.people import Person, PersonChange, RoleGrant
from content.catalog import LOCALES, entries


@pytest.fixture
def world(lite: Database) -> World:
    return make_world(lite)


def hired(world: World, referrer: Person | None = None, **people: Person) -> Bonus:
    return world.hire(world.refer(world.plan((90, "500")), referrer, **people), MONDAY)[0]


@pytest.mark.parametrize(
    ("roles", "fields", "reason"),
    [
        (("hr",), {}, "recruiting"), (("recruiter",), {}, "recruiting"), (("executive",), {}, "executive"), ((), {"kind": "contractor"}, "contractor"),
        (("curator",), {}, ""), (("payroll",), {}, ""), ((), {"kind": "alumna"}, ""), ((), {"kind": "stakeholder"}, ""), ((), {}, ""),
    ],
)  # fmt: skip
def test_who_earns_and_who_does_not(world: World, roles: tuple[str, ...], fields: dict[str, object], reason: str) -> None:
    bonus = hired(world, add_person(world.db, "Suositteleva Henkilö", *roles, **fields))
    assert (bonus.state, bonus.reason) == (("forfeited", reason) if reason else ("accrued", ""))


@pytest.mark.parametrize(
    ("setting", "roles", "fields"),
    [
        ("bonus.exclude_recruiting", ("recruiter",), {}), ("bonus.exclude_executives", ("executive",), {}),
        ("bonus.exclude_contractors", (), {"kind": "contractor"}),
    ],
)  # fmt: skip
def test_each_rule_can_be_switched_off(world: World, setting: str, roles: tuple[str, ...], fields: dict[str, object]) -> None:
    world.db.write_now(settings.put, START, world.hr.id, setting, False)
    assert hired(world, add_person(world.db, "Suositteleva Henkilö", *roles, **fields)).state == "accrued"


def test_the_hiring_manager_and_everybody_above_earn_nothing(world: World) -> None:
    director = add_person(world.db, "Johtava Johtaja")
    manager = add_person(world.db, "Vetävä Esihenkilö", manager_id=director.id)
    peer = add_person(world.db, "Samassa Tiimissä", manager_id=manager.id)
    reasons = [hired(world, who, manager=manager).reason for who in (manager, director, peer)]
    assert reasons == ["manager", "manager", ""]


def test_a_chain_of_managers_that_bites_its_tail_is_no_endless_loop(world: World) -> None:
    manager = add_person(world.db, "Vetävä Esihenkilö")
    world.change(manager, manager_id=manager.id)
    assert hired(world, manager=manager).state == "accrued"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"start_on": MONDAY - timedelta(days=400)}, "candidate_employee"),
        ({"start_on": date(2019, 1, 1), "end_on": MONDAY - timedelta(days=300)}, "candidate_former_employee"),
        ({"start_on": date(2019, 1, 1), "end_on": MONDAY - timedelta(days=366)}, ""),
        ({"kind": "contractor"}, "candidate_contractor"),
        ({"start_on": MONDAY}, ""),
        ({}, ""),
    ],
)
def test_who_worked_here_lately_is_no_new_hire(world: World, fields: dict[str, object], reason: str) -> None:
    assert hired(world, hired=add_person(world.db, "Uusi Tulija", **fields)).reason == reason


def test_who_came_back_is_known_by_what_the_directory_said_before(world: World) -> None:
    newcomer = add_person(world.db, "Uusi Tulija", start_on=MONDAY)
    left = (MONDAY - timedelta(days=100)).isoformat()
    world.db.write_now(lambda s: s.add(PersonChange(person_id=newcomer.id, field="end_on", old=left, new="", at=START)))
    assert hired(world, hired=newcomer).reason == "candidate_former_employee"


def due(world: World, bonus: Bonus) -> tuple[str, str]:
    world.morning(MONDAY)
    world.morning(bonus.due_on)
    seen = world.bonus(bonus.id)
    return seen.state, seen.reason


def test_a_newcomer_the_directory_does_not_know_is_never_guessed_about(world: World) -> None:
    assert due(world, hired(world)) == ("held", "hire_unknown")


def test_notice_on_the_due_day_asks_hr(world: World) -> None:
    newcomer = add_person(world.db, "Uusi Tulija")
    first, second = hired(world, hired=newcomer), hired(world, hired=newcomer)
    world.change(newcomer, notice_on=first.due_on + timedelta(days=1))
    assert due(world, first) == ("eligible", "")
    world.change(world.referrer, notice_on=second.due_on)
    world.db.write_now(bonuses.void, START, world.hr.id, second.id, world.bonus(second.id).version)
    third = hired(world, hired=newcomer)
    assert due(world, third) == ("held", "referrer_notice")
    world.change(world.referrer, notice_on=None)
    world.change(newcomer, notice_on=third.due_on)
    assert due(world, hired(world, hired=newcomer)) == ("held", "hire_notice")


def test_a_new_role_since_the_promise_asks_hr_and_takes_nothing_by_itself(world: World) -> None:
    bonus = hired(world, hired=add_person(world.db, "Uusi Tulija"))
    world.db.write_now(lambda s: s.add(RoleGrant(person_id=world.referrer.id or 0, role="recruiter")))
    assert due(world, bonus) == ("held", "recruiting")
    held = world.bonus(bonus.id)
    with pytest.raises(Refusal, match=r"bonuses\.needs_reason"):
        world.db.write_now(bonuses.confirm, START, world.hr.id, held.id, held.version, held.due_on)
    passed = world.db.write_now(bonuses.let_pass, START, world.hr.id, held.id, held.version, "Moved to recruiting only later", held.due_on)
    assert (passed.state, passed.override_by, passed.reason) == ("eligible", world.hr.id, "")


def test_a_bonus_missed_by_a_stopped_server_comes_up_when_it_is_back(world: World) -> None:
    bonus = hired(world, hired=add_person(world.db, "Uusi Tulija"))
    world.morning(bonus.due_on + timedelta(days=40))
    world.morning(bonus.due_on + timedelta(days=40))
    assert world.bonus(bonus.id).state == "eligible"


def test_time_going_backwards_makes_no_money_appear(world: World) -> None:
    bonus = hired(world, hired=add_person(world.db, "Uusi Tulija"))
    world.morning(MONDAY)
    world.morning(MONDAY - timedelta(days=400))
    assert world.bonus(bonus.id).state == "waiting"


def test_every_state_can_be_reached_and_no_move_leads_out_of_the_table() -> None:
    assert {to for targets in MOVES.values() for to in targets} | {"accrued"} == set(STATES)


@pytest.mark.parametrize("deed", ["approve", "confirm", "refuse", "hold", "void", "send_back"])
def test_no_move_but_those_of_the_table(world: World, deed: str) -> None:
    """Each of HR's deeds on a bonus in each state: it works exactly where the table of states says so."""
    allowed = {
        "approve": {"eligible"}, "confirm": {"held"}, "refuse": {"held"}, "hold": {"waiting", "eligible", "approved"},
        "void": {"accrued", "waiting", "held", "eligible", "approved"}, "send_back": {"exported"},
    }  # fmt: skip
    for state in ("accrued", "waiting", "held", "eligible", "approved", "exported", "paid", "forfeited", "void"):
        bonus = in_state(world, state)
        try:
            world.db.write_now(do, world, deed, bonus)
        except Refusal as e:
            assert isinstance(e, Stale) and state not in allowed[deed], (deed, state, e)
        else:
            assert state in allowed[deed], (deed, state)


def do(session: Session, world: World, deed: str, bonus: Bonus) -> None:
    args = (session, START, world.hr.id, bonus.id, bonus.version)
    if deed == "confirm":
        bonuses.confirm(*args, bonus.due_on)
    elif deed == "hold":
        bonuses.hold(*args, "hr_question")
    elif deed == "send_back":
        bonuses.payruns.send_back(*args)
    else:
        getattr(bonuses, deed)(*args)


def in_state(world: World, state: str) -> Bonus:
    """A fresh bonus, brought to a state by the way that leads there."""
    newcomer = add_person(world.db, "Uusi", email=f"uusi{world.db.read_now(lambda s: bonuses.everything(s, 0, 1))[1]}@meri.example")
    bonus = hired(world, hired=None if state == "held" else newcomer)
    if state != "accrued":
        world.morning(MONDAY)
    if state in ("held", "eligible", "approved", "exported", "paid"):
        world.db.write_now(bonuses.raise_due, START, bonus.due_on)
    if state in ("approved", "exported", "paid"):
        world.approve(world.bonus(bonus.id))
    if state in ("exported", "paid"):
        run = world.close_run()
        if state == "paid":
            world.db.write_now(bonuses.payruns.pay, START, world.payroll.id, run.id)
    if state == "forfeited":
        world.change(newcomer, end_on=MONDAY)
        world.db.write_now(bonuses.drop_leavers, START, MONDAY + timedelta(days=1))
    if state == "void":
        world.db.write_now(bonuses.void, START, world.hr.id, bonus.id, world.bonus(bonus.id).version)
    found = world.bonus(bonus.id)
    assert found.state == state
    return found


def test_every_state_reason_and_event_has_its_words() -> None:
    reasons = ("recruiting", "executive", "manager", "contractor", "candidate_contractor", "candidate_employee", "candidate_former_employee",
               "referrer_left", "hire_left", "hire_unknown", "referrer_notice", "hire_notice", *bonuses.HOLD_REASONS)  # fmt: skip
    for locale in LOCALES:
        have = entries(locale)
        missing = [k for k in (f"bonuses.{kind}.{s}" for kind in ("state", "event") for s in STATES) if k not in have]
        assert not missing and not [r for r in reasons if f"bonuses.reason.{r}" not in have]
