"""The guided tour's facts: what counts as a step made."""

from __future__ import annotations

from datetime import timedelta

from bonus_world import MONDAY, make_world
from conftest import START, add_person

from bot.db import Database
from bot.desks import tour


def test_an_older_hires_bonus_that_comes_due_on_the_way_is_not_the_one_that_is_waited_for(lite: Database) -> None:
    world = make_world(lite)
    plan = world.plan((90, "500"))
    [older] = world.hire(world.refer(plan, hired=add_person(lite, "Kim Novak", start_on=MONDAY)), MONDAY)
    began = START + timedelta(hours=1)
    [newer] = world.hire(world.refer(plan, hired=add_person(lite, "Sanna Virta")), MONDAY + timedelta(days=20), began + timedelta(hours=1))

    def made() -> set[str]:
        return {step.name for step in lite.read_now(tour.steps, began) if step.is_done} & {"hire", "wait", "approve"}

    world.morning(MONDAY + timedelta(days=90))
    world.approve(world.bonus(older.id), now=began + timedelta(days=90))
    assert made() == {"hire"}
    world.morning(MONDAY + timedelta(days=110))
    assert made() == {"hire", "wait"}
    world.approve(world.bonus(newer.id), now=began + timedelta(days=110))
    assert made() == {"hire", "wait", "approve"}
