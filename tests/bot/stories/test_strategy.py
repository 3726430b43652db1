from __future__ import annotations

from datetime import timedelta

import pytest
from conftest import START, add_person
from hypothesis import given
from hypothesis import strategies as st
from story_world import Talk, button, published, shared, steps, text_of

from bot import insights, shares, strategy
from bot.db import Database
from bot.desks import Deployment
from bot.insights import Adoption, EnrolledDay
from bot.messages import Ask, ChartBlock, Correct
from bot.shares import Visit
from bot.strategy import Balance

TODAY = START.date()


def balance(give: int, tell: int, ask: int) -> Balance:
    return Balance(give, tell, ask, (4, 1, 1), 30)


@pytest.mark.parametrize(("give", "ask", "owed"), [(0, 0, 0), (4, 1, 0), (3, 1, 1), (0, 1, 4), (4, 2, 4), (9, 2, 0)])
def test_an_ask_is_made_up_for_by_four_gives(give: int, ask: int, owed: int) -> None:
    assert balance(give, 0, ask).gives_owed == owed


@given(st.integers(0, 50), st.integers(0, 20))
def test_giving_what_is_owed_settles_it(give: int, ask: int) -> None:
    now = balance(give, 0, ask)
    for _ in range(now.gives_owed):
        now = now.plus("give")
    assert now.gives_owed == 0 and now.ask == ask


def test_the_window_rolls_and_what_goes_to_everyone_goes_to_each_audience(db: Database) -> None:
    from bot import audiences

    hr = add_person(db, "Nora Holm", "hr", kind="employee")
    add_person(db, "Alva Ek", kind="alumna")
    group = db.write_now(audiences.save, START, hr.id, "Alumni", audiences.Rule(kinds=("alumna",)), TODAY)
    for story_id, (audience, days) in enumerate([(None, 0), (None, 29), (None, 30), (group.id, 0)], start=1):
        db.write_now(strategy.enter, audience, story_id, "give", TODAY - timedelta(days=days))
    db.write_now(strategy.enter, None, 1, "ask", TODAY)  # once per story
    assert db.read_now(strategy.balance, None, TODAY) == balance(2, 0, 0)
    assert db.read_now(strategy.balance, group.id, TODAY).give == 3  # its own, and what went to everyone


async def test_hr_makes_a_strategy_and_sees_figures_against_targets(db: Database, deployment: Deployment) -> None:
    hr, aino = add_person(db, "Nora Holm", "hr", locale="fi"), add_person(db, "Aino Salo")
    talk = Talk(db, deployment, START - timedelta(days=1))
    form = (await talk.press(hr, button((await talk.command(hr, "admin", "strategy")).card, "strategy.create"))).form
    good = {"name": "Alumni first", "goal": "Former colleagues think of us.", "figure": "human_clicks", "target": "4", "deadline": "2026-06-30"}
    for field, value in (
        ("name", " "),
        ("goal", ""),
        ("target", "many"),
        ("target", "0"),
        ("deadline", "2026-03-01"),
        ("deadline", "soon"),
        ("figure", "likes"),
    ):
        wrong = await talk.submit(hr, form, **{**good, field: value})
        assert isinstance(wrong, Correct) and set(wrong.errors) == {field}, (field, value)
        text_of(list(wrong.errors.values()), "sv")
    made = await talk.submit(hr, form, **good)
    assert "0 of 4 by 30 June 2026, on plan" in text_of(made)
    again = await talk.submit(hr, form, **good)
    assert set(again.errors) == {"name"}

    row = db.read_now(strategy.listed)[0]
    measure = await talk.press(hr, button(made.card, "strategy.measure"))
    assert isinstance(measure, Ask)
    await talk.submit(hr, measure.form, figure="adoption", target="50", deadline="2026-06-30")
    story = published(db, deployment, hr)

    def belongs(session):
        story.strategy_id = row.id
        session.merge(story)

    db.write_now(belongs)
    share = shared(db, deployment, aino, story)
    db.write_raw_now(lambda raw: shares.record_clicks(raw, [Visit(share.id, aino.id, story.id, START, s) for s in ("human", "human", "preview", "own")]))
    later = Talk(db, deployment, START + timedelta(days=1))
    opened = await later.press(hr, "strategy.open", str(row.id))
    assert "2 of 4" in text_of(opened) and "50 of 50, reached" in text_of(opened)
    (chart,) = [b.chart for b in opened.card.blocks if isinstance(b, ChartBlock)]
    assert chart.series[0].values == (50, 100) and chart.series[1].values == (1, 1)
    assert "Kuinka pitkällä ollaan" in text_of(opened, "fi")


def test_past_adoption_keeps_the_days_own_number(db: Database, deployment: Deployment) -> None:
    people = [add_person(db, f"Person {i}") for i in range(4)]
    steps(db, deployment, START)
    story = published(db, deployment, people[0])
    shared(db, deployment, people[0], story)
    shared(db, deployment, people[0], story, "x")
    for i in range(4):
        add_person(db, f"Newcomer {i}")
    steps(db, deployment, START + timedelta(days=1))
    steps(db, deployment, START + timedelta(days=1, hours=1))

    def of(days: int) -> Adoption:
        return db.read_now(insights.adoption, START - timedelta(days=1), START + timedelta(days=days, hours=1), TODAY + timedelta(days=1))

    assert of(0) == Adoption(1, 4) and of(0).percent == 25
    assert of(1) == Adoption(1, 8) and of(1).percent == 13
    assert db.read_now(lambda s: s.get(EnrolledDay, TODAY)).people == 4
    assert Adoption(0, 0).percent == 0


async def test_joining_and_leaving_the_board_counts_at_once(db: Database, deployment: Deployment) -> None:
    aino = add_person(db, "Aino Salo")
    share = shared(db, deployment, aino, published(db, deployment, aino))
    db.write_raw_now(lambda raw: shares.record_clicks(raw, [Visit(share.id, aino.id, share.story_id, START, "human")]))
    steps(db, deployment, START)
    talk = Talk(db, deployment)
    board = await talk.command(aino, "vinkki", "leaderboard")
    assert "Nobody is on the leaderboard" in text_of(board) and "Your clicks this month\n1" in text_of(board)
    assert "Only you see these numbers." in text_of(board)
    joined = await talk.press(aino, button(board.card, "leaderboard.join"))
    assert "your clicks this month stand on the leaderboard" in text_of(joined)
    assert "1. Aino Salo\n1 click" in text_of(joined)
    left = await talk.press(aino, button(joined.card, "leaderboard.leave"))
    assert "Aino Salo" not in text_of(left)
