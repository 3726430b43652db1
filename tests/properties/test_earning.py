"""An ask never goes out before it is earned, whatever is published, recalled, held and released in whatever order, to audiences
that overlap. What the people got is counted here person by person, in plain Python, beside the house's own SQL."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest
from conftest import START, add_person
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, select
from story_world import draft

from bot import audiences, stories, strategy
from bot.audiences import Rule
from bot.db import Database
from bot.people import Person
from bot.stories import Story

TODAY = START.date()
RULES = (
    None, Rule(countries=("FI",)), Rule(countries=("FI",), departments=("Yard",)), Rule(departments=("Yard", "Sales")), Rule(kinds=("alumna",)),
    Rule(languages=("sv",)),
)  # fmt: skip


@dataclass
class World:
    """Everything that went out, as a person remembers it."""

    out: list[tuple[int, int, str, date]] = field(default_factory=list)  # story, audience, kind, day
    taken_back: set[int] = field(default_factory=set)


def company(db: Database) -> None:
    for i in range(20):
        add_person(
            db, f"Person {i}", country="FI" if i % 2 else "SE", department=("Yard", "Sales", "Law")[i % 3], locale="sv" if i % 5 == 0 else "fi",
            kind="alumna" if i % 7 == 0 else "employee",
        )  # fmt: skip


def belongs(person: Person, rule: Rule | None) -> bool:
    parts = (
        [(rule.countries, person.country), (rule.departments, person.department), (rule.kinds, person.kind), (rule.languages, person.locale)] if rule else []
    )
    return all(not wanted or value in wanted for wanted, value in parts)


def short(session: Session, world: World, audience: int, on: date) -> tuple[int, int]:
    """(members who were asked more than they were given, members), by all they got in the thirty days that end with `on`."""
    members = [p for p in session.exec(select(Person)) if belongs(p, RULES[audience])]
    worse = 0
    for person in members:
        got = [(story, kind) for story, to, kind, day in world.out if on - timedelta(days=29) <= day <= on and belongs(person, RULES[to])]
        give, tell = (sum(k == kind and story not in world.taken_back for story, k in got) for kind in ("give", "tell"))
        ask = sum(k == "ask" for _story, k in got)
        worse += give < 4 * ask or give + tell < 5 * ask
    return worse, len(members)


steps = st.lists(
    st.tuples(st.sampled_from(["give"] * 6 + ["tell", "tell", "ask", "ask", "recall"]), st.integers(0, len(RULES) - 1), st.integers(0, 4)),
    min_size=10,
    max_size=45,
)


@pytest.fixture
def world_db(lite: Database) -> Database:
    company(lite)

    def make(session: Session) -> None:
        for i, rule in enumerate(RULES):
            if rule is not None:
                audiences.save(session, START, None, f"A{i}", rule, TODAY)

    lite.write_now(make)
    return lite


@settings(max_examples=40)
@given(steps)
def test_no_ask_goes_out_before_it_is_earned(world_db: Database, taken: list[tuple[str, int, int]]) -> None:
    with Session(world_db.writer, expire_on_commit=False) as session:
        ids = [session.exec(select(audiences.Audience.id).where(audiences.Audience.name == f"A{i}")).first() for i in range(len(RULES))]
        world, now = World(), START
        for kind, audience, days in taken:
            now += timedelta(days=days, seconds=1)
            on = TODAY + (now - START)
            if kind == "recall":
                _recall(session, world, now)
                continue
            story = stories.create(session, now, None, draft(kind=kind))
            stories.schedule(session, now, 1, story.id or 0, None, now, audience_id=ids[audience])
            _note(session, world, stories.publish(session, now, on, story.id or 0), audience, on)
            while stories.release_due(session, now, on):
                released = session.exec(select(Story).where(Story.kind == "ask", col(Story.published_at) == now, Story.state == "published")).all()
                for row in released:
                    if row.id not in {s for s, *_ in world.out}:
                        _note(session, world, row, ids.index(row.audience_id), on)
        session.rollback()


def _note(session: Session, world: World, row: Story, audience: int, on: date) -> None:
    if row.state != "published":
        assert row.kind == "ask" and row.state == "held"
        return
    world.out.append((row.id or 0, audience, row.kind, on))
    if row.kind == "ask":
        worse, all_of_them = short(session, world, audience, on)
        assert worse <= all_of_them * 10 // 100, f"{worse} of {all_of_them} were asked more than they were given"


def _recall(session: Session, world: World, now: object) -> None:
    out = [story for story, _to, _kind, _on in world.out if story not in world.taken_back]
    if out:
        stories.recall(session, now, 1, out[-1], session.get_one(Story, out[-1]).version, "Wrong.")  # type: ignore[arg-type]
        world.taken_back.add(out[-1])


@given(st.integers(0, 12), st.integers(0, 4), st.integers(0, 3), st.tuples(st.integers(1, 6), st.integers(0, 3), st.integers(1, 3)))
def test_what_is_owed_is_enough_and_no_less_would_be(give: int, tell: int, ask: int, ratio: tuple[int, int, int]) -> None:
    now = strategy.Balance(give, tell, ask, ratio, 30)
    settled = now.plus("give", now.gives_owed).plus("tell", now.tells_owed)
    assert settled.is_even
    if now.gives_owed:
        assert not now.plus("give", now.gives_owed - 1).plus("tell", 99).is_even
    elif now.tells_owed:
        assert not now.plus("tell", now.tells_owed - 1).is_even
