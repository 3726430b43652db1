from __future__ import annotations

from datetime import timedelta

from conftest import START
from plan_world import TODAY, goes_out, planned_company
from story_world import text_of

from bot import strategy
from bot.db import Database
from bot.desks.balance_words import rhythm_line
from bot.desks.hr.calendar.slots import empty_slots
from bot.strategy import Sent

DAY = timedelta(days=1)


def states(db: Database, *planned: Sent, days: int = 0) -> list[str]:
    return [r.state for r in db.read_now(strategy.rhythms, TODAY + days * DAY, list(planned))]


def test_a_gap_is_seen_a_week_ahead_and_closed_by_what_is_scheduled(db: Database) -> None:
    plan = planned_company(db)  # a give every 7 days, a tell every 30
    goes_out(db, plan, "give", plan.alumni, START)
    goes_out(db, plan, "tell", None, START)
    assert states(db) == ["gap", "kept"], "the give is due in seven days; the tell, which everyone got, in thirty"
    soon = Sent(None, "give", TODAY + 6 * DAY)
    assert states(db, soon) == ["kept", "kept"]
    assert states(db, Sent(plan.engineers, "give", TODAY + 6 * DAY)) == ["gap", "kept"], "others' gives are no gives to the alumni"
    assert states(db, Sent(plan.alumni, "give", TODAY + 9 * DAY)) == ["gap", "kept"], "two days late"
    assert states(db, days=8) == ["late", "kept"]
    assert states(db, Sent(plan.alumni, "give", TODAY + 2 * DAY)) == ["crowded", "kept"]
    two = Sent(plan.alumni, "give", TODAY + 9 * DAY), Sent(plan.alumni, "give", TODAY + 10 * DAY)
    assert states(db, *two) == ["gap", "kept"], "that two come close together later hides no gap"


def test_a_story_that_comes_late_is_said_to_come_and_fills_its_slot(db: Database) -> None:
    plan = planned_company(db)
    goes_out(db, plan, "give", plan.alumni, START - 12 * DAY)
    coming = [Sent(plan.alumni, "give", TODAY + 2 * DAY), Sent(plan.alumni, "give", TODAY + 10 * DAY)]
    (give, _tell) = db.read_now(strategy.rhythms, TODAY, coming)
    line = "Alumni – Give: was due on 25 February 2026; the next one is scheduled for 4 March 2026."
    assert text_of(db.read_now(rhythm_line, give)) == line
    slots = db.read_now(empty_slots, TODAY, coming, TODAY, TODAY + 20 * DAY)
    assert [((s.on - TODAY).days, s.is_late) for s in slots if s.kind == "give"] == [(0, True), (17, False)], (
        "the one of the 12th comes a day late and fills the slot of the 11th"
    )


def test_a_flood_is_more_than_five_in_seven_days_counting_what_went_to_everyone(db: Database) -> None:
    plan = planned_company(db)
    for days in (0, 1, 2):
        goes_out(db, plan, "give", None, START - days * DAY)
    quiet = [Sent(plan.alumni, "give", TODAY + DAY), Sent(plan.alumni, "tell", TODAY + 4 * DAY)]
    assert db.read_now(strategy.floods, TODAY, quiet) == []
    (flood,) = db.read_now(strategy.floods, TODAY, [*quiet, Sent(plan.alumni, "give", TODAY + 4 * DAY)])
    assert (flood.audience_id, flood.from_on, flood.count) == (plan.alumni, TODAY - 2 * DAY, 6)
    assert db.read_now(strategy.floods, TODAY + 10 * DAY, []) == []


def test_a_rhythm_for_the_same_audience_and_kind_takes_the_place_of_the_one_before(db: Database) -> None:
    plan = planned_company(db)
    db.write_now(strategy.add_action, START, plan.hr.id, plan.strategy, plan.alumni, "give", 14, TODAY)
    assert [(a.kind, a.every_days) for a in db.read_now(strategy.actions, plan.strategy)] == [("give", 14), ("tell", 30)]
