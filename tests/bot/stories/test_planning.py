from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from conftest import START, add_person
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert
from sqlmodel import col, select
from story_world import published, steps

from bot import stories
from bot.db import Database
from bot.desks import Deployment
from bot.outbox import Delivery
from bot.people import Identity, Person, reach
from bot.stories import QuietHours
from bot.stories.planning import _lanes
from bot.stories.records import StoryPlan


def test_lanes_in_bulk_are_the_lanes_of_reach(db: Database) -> None:
    def account(person, platform, workspace, hours, reachable=True):
        return Identity(
            person_id=person.id, platform=platform, workspace=workspace, user=f"{person.id}{platform}{workspace}", address="a", is_reachable=reachable,
            seen_at=START + timedelta(hours=hours),
        )  # fmt: skip

    people = {
        "slack:T1": (add_person(db, "A A"), [("teams", "X", 0), ("slack", "T1", 1)]),
        "teams:X": (add_person(db, "B B", preferred_platform="teams"), [("teams", "X", 0), ("slack", "T1", 1)]),
        "mail": (add_person(db, "C C"), []),
        "portal": (add_person(db, "D D"), [("portal", "", 0), ("slack", "T1", 5, False)]),
        "slack:T2": (add_person(db, "E E", preferred_platform="teams"), [("slack", "T1", 0), ("slack", "T2", 1), ("teams", "X", 9, False)]),
    }
    insists = add_person(db, "F F", preferred_platform="mail")

    def link(session):
        for person, accounts in people.values():
            session.add_all(account(person, *a) for a in accounts)
        session.add(account(insists, "slack", "T1", 1))

    db.write_now(link)
    lanes = {row[0]: row[2] for row in db.read_now(lambda s: s.execute(_lanes()).all())}
    assert lanes == {person.id: lane for lane, (person, _) in people.items()} | {insists.id: "mail"}
    for person in db.read_now(lambda s: list(s.exec(select(Person)))):
        assert db.read_now(reach, person).lane == lanes[person.id]


@pytest.mark.parametrize("size", [0, 1, 999, 1000, 1001, 2000])
def test_every_person_is_owed_once_whatever_the_pages(lite: Database, deployment: Deployment, size: int) -> None:
    hr = add_person(lite, "Nora Holm", "hr")
    rows = [{"email": f"p{i}@meri.example", "name": f"P {i}", "enrolled_at": START, "kind": "employee"} for i in range(size)]
    defaults = {c: "" for c in ("department", "location", "country", "preferred_platform")} | {
        "locale": "en",
        "time_zone": "Europe/Helsinki",
        "on_leaderboard": False,
        "version": 1,
    }
    if rows:
        lite.write_now(lambda s: s.execute(insert(Person), [r | defaults for r in rows]))
    published(lite, deployment, hr)
    steps(lite, deployment, START)
    keys = lite.read_now(lambda s: list(s.exec(select(Delivery.person_id).where(Delivery.notice == "story"))))
    assert len(keys) == len(set(keys)) == size + 1


def test_a_page_that_is_repeated_after_a_crash_owes_nothing_twice(db: Database, deployment: Deployment) -> None:
    hr = add_person(db, "Nora Holm", "hr")
    add_person(db, "Aino Salo")
    published(db, deployment, hr)
    steps(db, deployment, START)

    def forget(session):
        plan = session.exec(select(StoryPlan)).one()
        plan.after_id, plan.is_done = 0, False
        session.add(plan)

    db.write_now(forget)
    steps(db, deployment, START)
    assert len(db.read_now(lambda s: s.exec(select(Delivery)).all())) == 2


def test_paused_opted_out_and_departed_people_are_owed_nothing(db: Database, deployment: Deployment) -> None:
    hr = add_person(db, "Nora Holm", "hr")
    add_person(db, "Paula Pause", paused_until=date(2026, 4, 1))
    add_person(db, "Lena Left", end_on=date(2026, 2, 1))
    out = add_person(db, "Oskar Out")
    db.write_now(lambda s: setattr(s.get(Person, out.id), "enrolled_at", None))
    published(db, deployment, hr)
    steps(db, deployment, START)
    assert db.read_now(lambda s: list(s.exec(select(Delivery.person_id)))) == [hr.id]


ZONES = ("Europe/Helsinki", "America/New_York", "Asia/Tokyo", "Pacific/Auckland", "America/Santiago", "Asia/Kathmandu")


@given(
    st.integers(0, 6 * 366 * 1440), st.sampled_from(ZONES), st.integers(0, 23), st.integers(0, 23),
)  # fmt: skip
def test_nobody_is_told_in_their_quiet_hours_and_the_wait_is_short(minutes: int, zone: str, start: int, end: int) -> None:
    now, quiet = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes), QuietHours(start, end)
    due = quiet.until(now, zone)
    hour = due.astimezone(ZoneInfo(zone)).hour
    assert now <= due < now + timedelta(hours=25)
    assert start == end or not quiet._covers(hour)
    assert due == now or due.astimezone(ZoneInfo(zone)).hour in (end, (end + 1) % 24)  # a zone may leap over the hour


def test_an_unknown_zone_does_not_stop_the_rest() -> None:
    assert QuietHours(20, 8).until(START, "Not/AZone") == START


def test_publishing_writes_one_balance_entry_and_one_plan(db: Database, deployment: Deployment) -> None:
    from bot.strategy import BalanceEntry

    hr = add_person(db, "Nora Holm", "hr")
    story = published(db, deployment, hr, kind="tell")
    entries = db.read_now(lambda s: list(s.exec(select(BalanceEntry))))
    assert [(e.story_id, e.kind, e.audience_id) for e in entries] == [(story.id, "tell", None)]
    assert db.read_now(lambda s: s.exec(select(StoryPlan.key)).all()) == [f"plan story:{story.id}"]


def test_two_ticks_at_once_publish_once(db: Database, deployment: Deployment) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from story_world import draft

    hr = add_person(db, "Nora Holm", "hr")

    def plan(session):
        row = stories.create(session, START, hr.id, draft())
        stories.schedule(session, START, hr.id, row.id, None, START, audience_id=None)

    db.write_now(plan)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: db.write_now(stories.publish_due, START, START.date()), range(2)))
    assert len(db.read_now(lambda s: s.exec(select(StoryPlan).where(col(StoryPlan.notice) == "story")).all())) == 1
