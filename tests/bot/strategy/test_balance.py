"""The balance in worked examples that HR can read, and its edges."""

from __future__ import annotations

from datetime import timedelta

import pytest
from conftest import START, add_person
from plan_world import TODAY, Plan, goes_out, planned_company
from sqlmodel import Session, col, select
from story_world import draft

from bot import audiences, settings, stories, strategy
from bot.audiences import Rule
from bot.db import Database
from bot.desks import Deployment, clock
from bot.errors import FieldRefusal, Refusal
from bot.outbox import Delivery
from bot.stories import Story
from bot.strategy import Balance, Sent

DAY = timedelta(days=1)


def balance(give: int, tell: int, ask: int) -> Balance:
    return Balance(give, tell, ask, (4, 1, 1), 30)


@pytest.mark.parametrize(
    ("given", "told", "asked", "gives", "tells"),
    [
        (0, 0, 0, 0, 0),  # nothing asked, nothing owed
        (0, 0, 1, 4, 1),  # one ask wants four gives and one tell
        (2, 1, 1, 2, 0),  # "two gives"
        (4, 0, 1, 0, 1),  # a tell is still owed
        (5, 0, 1, 0, 0),  # a fifth give does for the tell
        (0, 9, 1, 4, 0),  # tells never do for gives
        (7, 2, 2, 1, 0),
    ],
)
def test_worked_examples(given: int, told: int, asked: int, gives: int, tells: int) -> None:
    found = balance(given, told, asked)
    assert (found.gives_owed, found.tells_owed) == (gives, tells)


@pytest.mark.parametrize(("days_ago", "counts"), [(0, True), (29, True), (30, False), (-1, False)])
def test_the_window_has_thirty_days_with_today_in_it(db: Database, days_ago: int, counts: bool) -> None:
    db.write_now(strategy.enter, None, 1, "give", TODAY - days_ago * DAY)
    assert db.read_now(strategy.balance, None, TODAY).give == int(counts)


def test_the_window_and_the_ratio_are_settings(db: Database) -> None:
    plan = planned_company(db)
    for name, value in (("balance.window_days", 7), ("balance.give", 1), ("balance.tell", 0)):
        db.write_now(settings.put, START, plan.hr.id, name, value)
    goes_out(db, plan, "give", plan.alumni, START - 7 * DAY)
    assert not db.read_now(strategy.earning, plan.alumni, TODAY).is_earned
    goes_out(db, plan, "give", plan.alumni, START - 6 * DAY)
    assert db.read_now(strategy.earning, plan.alumni, TODAY).is_earned


def test_what_goes_to_a_wider_audience_counts_for_those_within(db: Database) -> None:
    plan = planned_company(db)
    goes_out(db, plan, "give", None)
    goes_out(db, plan, "give", plan.alumni)
    found = db.read_now(strategy.accounts, [None, plan.alumni, plan.engineers], TODAY)
    assert [found[a].give for a in (None, plan.alumni, plan.engineers)] == [1, 2, 1]


def earn(db: Database, plan: Plan, audience: int | None, days_ago: int = 5) -> None:
    for kind in ("give", "give", "give", "give", "tell"):
        goes_out(db, plan, kind, audience, START - days_ago * DAY)


def test_an_ask_waits_says_what_is_owed_and_goes_by_itself_once_it_is_earned(db: Database, deployment: Deployment) -> None:
    plan = planned_company(db)
    goes_out(db, plan, "give", plan.alumni, START - DAY)
    goes_out(db, plan, "give", plan.alumni, START - DAY)
    goes_out(db, plan, "tell", plan.alumni, START - DAY)
    ask = goes_out(db, plan, "ask", plan.alumni)
    assert ask.state == "held"
    found = db.read_now(strategy.earning, plan.alumni, TODAY)
    assert (found.gives, found.tells) == (2, 0)
    tick(db, deployment, 0)
    assert state(db, ask) == "held"
    goes_out(db, plan, "give", plan.alumni)
    tick(db, deployment, 1)
    assert state(db, ask) == "held"
    goes_out(db, plan, "give", None)
    tick(db, deployment, 2)
    assert state(db, ask) == "published"
    assert db.read_now(strategy.balance, plan.alumni, TODAY) == balance(4, 1, 1)
    notices = db.read_now(lambda s: set(s.exec(select(Delivery.notice).where(Delivery.room == "admin"))))
    assert {"story_held", "story_released"} <= notices


def tick(db: Database, deployment: Deployment, minutes: int) -> None:
    for step in clock.STEPS.values():
        while db.write_now(step, deployment, START + timedelta(minutes=minutes)):
            pass


def state(db: Database, story: Story) -> str:
    return db.read_now(lambda s: s.get_one(Story, story.id).state)


def test_a_scheduled_ask_is_held_at_its_time_and_nobody_is_owed_it(db: Database, deployment: Deployment) -> None:
    plan = planned_company(db)

    def later(session: Session) -> Story:
        row = stories.create(session, START, plan.hr.id, draft(kind="ask"))
        return stories.schedule(session, START, 1, row.id or 0, None, START + timedelta(minutes=5), audience_id=plan.alumni)

    ask = db.write_now(later)
    tick(db, deployment, 10)
    assert state(db, ask) == "held"
    assert db.read_now(lambda s: s.exec(select(Delivery.id).where(Delivery.notice == "story")).all()) == []


def test_two_asks_do_not_spend_the_same_gives_and_go_in_their_order(db: Database, deployment: Deployment) -> None:
    plan = planned_company(db)
    waits = goes_out(db, plan, "ask", plan.alumni)
    earn(db, plan, plan.alumni)
    second = goes_out(db, plan, "ask", plan.alumni)
    assert second.state == "held", "the first one has waited longer"
    tick(db, deployment, 1)
    assert (state(db, waits), state(db, second)) == ("published", "held")


def test_a_recalled_give_counts_no_more_and_a_recalled_ask_was_asked_all_the_same(db: Database) -> None:
    plan = planned_company(db)
    earn(db, plan, plan.alumni)
    ask = goes_out(db, plan, "ask", plan.alumni)
    give = goes_out(db, plan, "give", plan.alumni)
    for story in (ask, give):
        db.write_now(stories.recall, START, plan.hr.id, story.id, story.version, "It was wrong.")
    assert db.read_now(strategy.balance, plan.alumni, TODAY) == balance(4, 1, 1)


def test_people_of_two_audiences_are_not_asked_twice_for_the_same_gives(db: Database) -> None:
    """Five gifts to everyone earn one ask to each audience; who is in both has been asked once and given to once."""
    plan = planned_company(db)
    nordic = db.write_now(audiences.save, START, plan.hr.id, "Finland", Rule(countries=("FI",)), TODAY).id
    earn(db, plan, None)
    assert goes_out(db, plan, "ask", plan.engineers).state == "published"
    found = db.read_now(strategy.earning, nordic, TODAY)
    assert found.after.is_even, "Finland itself was given enough"
    assert (found.people, found.short, found.gives, found.tells) == (3, 3, 4, 1), "but its three engineers were asked already"
    assert goes_out(db, plan, "ask", nordic).state == "held"
    assert goes_out(db, plan, "ask", plan.alumni).state == "published", "no alumna is an engineer"


def test_a_tenth_of_the_people_may_be_in_another_audience_that_was_asked(db: Database) -> None:
    plan = planned_company(db)
    for i in range(8):
        add_person(db, f"Seller {i}", department="Sales", country="FI")
    nordic = db.write_now(audiences.save, START, plan.hr.id, "Finland", Rule(countries=("FI",)), TODAY).id
    earn(db, plan, None)
    goes_out(db, plan, "ask", plan.engineers)
    found = db.read_now(strategy.earning, nordic, TODAY)
    assert (found.people, found.short, found.is_earned) == (11, 3, False)
    db.write_now(settings.put, START, plan.hr.id, "balance.overlap_percent", 30)
    assert db.read_now(strategy.earning, nordic, TODAY).is_earned


def test_only_a_reason_lets_an_ask_go_early_and_it_counts(db: Database, deployment: Deployment) -> None:
    plan = planned_company(db)
    ask = goes_out(db, plan, "ask", plan.alumni)
    go = (START, plan.hr.id, ask.id, ask.version)
    with pytest.raises(FieldRefusal, match="reason"):
        db.write_now(stories.let_go, *go, "because", TODAY, "UTC")
    db.write_now(stories.let_go, *go, "The call closes on Friday.", TODAY, "UTC")
    tick(db, deployment, 1)
    assert state(db, ask) == "published"
    (word,) = db.read_now(strategy.overrides_since, START - DAY, START + DAY)
    assert (word.gives_owed, word.tells_owed, word.reason) == (4, 1, "The call closes on Friday.")
    assert db.read_now(strategy.balance, plan.alumni, TODAY).gives_owed == 4
    with pytest.raises(Refusal):
        db.write_now(stories.let_go, START, plan.hr.id, ask.id, ask.version + 2, "The call closes on Friday.", TODAY, "UTC")


def test_a_word_for_one_audience_is_none_for_another(db: Database) -> None:
    plan = planned_company(db)
    ask = goes_out(db, plan, "ask", plan.alumni)
    db.write_now(stories.let_go, START, plan.hr.id, ask.id, ask.version, "The call closes on Friday.", TODAY, "UTC")
    moved = db.write_now(lambda s: stories.schedule(s, START, 1, ask.id or 0, None, START, audience_id=plan.engineers))
    assert db.write_now(stories.publish, START, TODAY, moved.id).state == "held"


def test_the_forecast_counts_what_is_scheduled_before_it_and_what_leaves_the_window(db: Database) -> None:
    plan = planned_company(db)
    planned = [Sent(plan.alumni, "give", TODAY + i * DAY) for i in range(1, 5)] + [Sent(None, "tell", TODAY + DAY)]
    found = [db.read_now(strategy.earning, plan.alumni, TODAY + i * DAY, planned).gives for i in (0, 3, 4, 30, 31)]
    assert found == [4, 1, 0, 0, 1]


def test_a_held_ask_whose_end_has_come_ends(db: Database, deployment: Deployment) -> None:
    plan = planned_company(db)
    ask = goes_out(db, plan, "ask", plan.alumni)

    def end(session: Session) -> None:
        session.get_one(Story, ask.id).expires_at = START + timedelta(minutes=1)

    db.write_now(end)
    tick(db, deployment, 2)
    assert state(db, ask) == "expired"
    assert db.read_now(lambda s: s.exec(select(Story.id).where(col(Story.state) == "held")).all()) == []


@pytest.mark.parametrize("audience", ["everyone", "alumni", "engineers"])
def test_the_first_day_on_which_an_ask_is_earned_is_the_first_whose_balance_is_even_with_it(db: Database, audience: str) -> None:
    plan = planned_company(db)
    for number, (to, kind) in enumerate(((plan.alumni, "ask"), (plan.engineers, "ask"), (None, "give"))):
        db.write_now(strategy.enter, to, 900 + number, kind, TODAY)
    mine = {"everyone": None, "alumni": plan.alumni, "engineers": plan.engineers}[audience]
    planned = [Sent(mine, kind, TODAY + (3 * i + 2) * DAY) for i, kind in enumerate(("give", "give", "tell", "give", "give", "give"))]
    for given in ((), planned[:4], planned):
        days = [TODAY + i * DAY for i in range(36)]
        first = next((on for on in days if db.read_now(strategy.balance, mine, on, given).plus("ask").is_even), None)
        assert db.read_now(strategy.even_on, mine, TODAY, 35, given) == first
