"""The plan of a large house: 100,000 people, 500 audiences that overlap, 5,000 stories of a year; on SQLite and on PostgreSQL."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
from measure import Result, median
from sqlalchemy import create_engine, insert, text
from sqlalchemy.engine import make_url
from sqlmodel import Session
from tests_postgres import fresh_database, server

from bot import audiences, shares, stories, strategy
from bot.audiences import Audience, PersonTopic, Rule
from bot.db import Database
from bot.migrations import upgrade
from bot.people import Identity, Person
from bot.stories import Story, StoryPlan
from bot.strategy import Action, BalanceEntry, Sent, Strategy

PEOPLE, AUDIENCES, STORIES, REACHED = 100_000, 500, 5_000, 50_000
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TODAY = NOW.date()
DEPARTMENTS, PLACES = [f"Department {i}" for i in range(60)], [(f"Place {i}", ("FI", "SE", "NO", "DE", "US", "IN")[i % 6]) for i in range(120)]
TOPICS = [f"topic {i}" for i in range(40)]
ROUNDS = 7


async def run() -> AsyncIterator[Result]:
    for name, opened in (("SQLite", _lite), ("PostgreSQL", _postgres)):
        with opened() as (db, owners_url):
            half = _fill(db)
            _analyse(owners_url)
            for result in _measure(db, name, half):
                yield result


@contextmanager
def _lite() -> Iterator[tuple[Database, str]]:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'plan.db'}"
        upgrade(url)
        db = Database(url)
        yield db, url
        db.close()


@contextmanager
def _postgres() -> Iterator[tuple[Database, str]]:
    with server() as url, fresh_database(url, 1) as mine:
        db = Database(mine)
        yield db, make_url(url).set(database=make_url(mine).database).render_as_string(hide_password=False)
        db.close()


def _analyse(owners_url: str) -> None:
    """What PostgreSQL's autovacuum does by itself within a minute: only the owner may."""
    engine = create_engine(owners_url)
    with engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()
    engine.dispose()


def _fill(db: Database) -> int:
    """The house; returns the id of the audience that half of everybody is in."""
    dice = random.Random(7)
    people = [_person(dice, i) for i in range(1, PEOPLE + 1)]
    rules = [_rule(dice, i) for i in range(AUDIENCES - 1)]

    def write(session: Session) -> None:
        for i in range(0, PEOPLE, 5_000):
            session.execute(insert(Person), people[i : i + 5_000])
        _seats(session)
        session.execute(insert(PersonTopic), [{"person_id": i, "topic": t} for i in range(1, PEOPLE, 5) for t in dice.sample(TOPICS, 2)])
        session.execute(insert(Audience), [{"id": i + 1, "name": f"Audience {i:03}", "rule": r.to_json(), "is_offered": True} for i, r in enumerate(rules)])
        session.execute(insert(Audience), [{"id": AUDIENCES, "name": "Half", "rule": Rule(languages=("fi",)).to_json(), "is_offered": True}])
        session.execute(insert(Strategy), [{"id": 1, "name": "S", "goal": "G", "created_at": NOW}])
        plans = [(a, k) for a in range(1, AUDIENCES + 1) for k in ("give", "tell")]
        session.execute(insert(Action), [{"strategy_id": 1, "audience_id": a, "kind": k, "every_days": 14, "start_on": TODAY} for a, k in plans])
        session.execute(insert(Story), [_story(i) for i in range(1, STORIES + 1)])
        session.execute(insert(BalanceEntry), [_entry(dice, i) for i in range(1, STORIES + 1)])

    db.write_now(write)
    return AUDIENCES


def _seats(session: Session) -> None:
    for i in range(1, PEOPLE + 1, 5_000):
        session.execute(insert(Identity), [{"person_id": p, "platform": "slack", "workspace": "T1", "user": f"U{p}", "verified_by": "platform",
                                            "seen_at": NOW, "address": f"U{p}", "is_reachable": True} for p in range(i, i + 5_000)])  # fmt: skip


def _person(dice: random.Random, i: int) -> dict[str, Any]:
    place, country = dice.choice(PLACES)
    return {
        "id": i, "email": f"p{i}@meri.example", "name": f"Person {dice.randrange(10**6):06}", "department": dice.choice(DEPARTMENTS), "location": place,
        "country": country, "kind": dice.choice(("employee",) * 8 + ("alumna", "stakeholder")), "locale": dice.choice(("fi", "fi", "en", "sv")),
        "time_zone": dice.choice(("Europe/Helsinki", "America/New_York", "Asia/Kolkata")), "manager_id": i // 8 or None, "enrolled_at": NOW,
        "start_on": date(2010, 1, 1) + timedelta(days=dice.randrange(5800)),
    }  # fmt: skip


def _rule(dice: random.Random, i: int) -> Rule:
    match i % 5:
        case 0:
            return Rule(departments=tuple(dice.sample(DEPARTMENTS, 3)))
        case 1:
            return Rule(countries=(dice.choice(PLACES)[1],), kinds=("employee",))
        case 2:
            return Rule(locations=(dice.choice(PLACES)[0],), languages=("fi", "sv"))
        case 3:
            return Rule(topics=tuple(dice.sample(TOPICS, 2)), joined_after=date(2015, 1, 1))
    return Rule(under_ids=(dice.randrange(2, 400),))


def _story(i: int) -> dict[str, Any]:
    scheduled = i % 25 == 0
    return {"id": i, "title": f"Story {i}", "link": f"https://meri.example/{i}", "link_key": f"meri.example/{i}", "kind": _kind(i), "created_at": NOW,
            "state": "scheduled" if scheduled else "published", "audience_id": 1 + i % AUDIENCES,
            "publish_at": NOW + timedelta(days=i % 60 + 1) if scheduled else None, "published_at": None if scheduled else NOW}  # fmt: skip


def _kind(i: int) -> str:
    return ("give", "give", "give", "give", "tell", "ask")[i % 6]


def _entry(dice: random.Random, i: int) -> dict[str, Any]:
    return {"audience_id": 1 + i % AUDIENCES, "story_id": i, "kind": _kind(i), "on": TODAY - timedelta(days=dice.randrange(365)), "is_taken_back": False}


def _measure(db: Database, name: str, half: int) -> Iterator[Result]:
    looks = {
        "department": Rule(departments=tuple(DEPARTMENTS[:3])), "everybody in Finland": Rule(countries=("FI",)), "topics": Rule(topics=("topic 1", "topic 2")),
        "everybody under": Rule(under_ids=(2,)), "half of everybody": Rule(languages=("fi",)),
    }  # fmt: skip
    for what, rule in looks.items():
        ms = _ms(db, lambda session, rule=rule: audiences.look(session, rule, TODAY, 8))
        yield Result(f"{name}: audience preview, {what}", ms, None, None, "ms", "< 200", ms < 200)
    planned = db.read_now(stories.upcoming, "Europe/Helsinki")
    ms = _ms(db, lambda session: _all_of_them(session, planned))
    yield Result(f"{name}: balance, rhythm and floods of {AUDIENCES} audiences", ms, None, None, "ms", "< 1,000", ms < 1000)
    ms = _ms(db, lambda session: [strategy.earning(session, a, TODAY, planned) for a in (half,)])
    yield Result(f"{name}: is this ask earned, person by person", ms, None, None, "ms", "", None)
    seconds, grown = _publish(db, half)
    yield Result(f"{name}: plan a publish to {REACHED:,} people", seconds, None, None, "s", "< 5", seconds < 5)
    yield Result(f"{name}: memory it grows by", grown, None, None, "MB", "< 20", grown < 20)


def _all_of_them(session: Session, planned: list[Sent]) -> None:
    strategy.accounts(session, range(1, AUDIENCES + 1), TODAY)
    strategy.rhythms(session, TODAY, planned)
    strategy.floods(session, TODAY, planned)


def _ms(db: Database, work: Callable[[Session], Any]) -> float:
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        db.read_now(work)
        took.append((time.perf_counter() - began) * 1000)
    return median(took)


def _publish(db: Database, half: int) -> tuple[float, float]:
    def begin(session: Session) -> None:
        session.execute(insert(Story), [_story(STORIES + 1) | {"audience_id": half, "state": "published", "publish_at": None}])
        session.add(StoryPlan(key="plan bench", story_id=STORIES + 1, notice="story", created_at=NOW))

    db.write_now(begin)
    pages, began, before = 0, time.perf_counter(), 0
    while db.write_now(stories.plan_page, NOW, TODAY, shares.sharers):
        pages += 1
        before = before or (psutil.Process().memory_info().rss if pages == 10 else 0)  # caches are full by then
    return time.perf_counter() - began, (psutil.Process().memory_info().rss - before) / 2**20
