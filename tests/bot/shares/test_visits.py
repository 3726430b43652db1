from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from functools import partial

import pytest
from conftest import START, add_person
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import col, select
from story_world import published, shared, steps

from bot import insights, shares
from bot.db import Database
from bot.desks import Deployment, visitor
from bot.errors import FieldRefusal
from bot.people import Person
from bot.shares import Click, ClickMark, ClickTotal, Repeats, Share, StoryTotal, Visit, tagged
from bot.stories import Story
from bot.stories.records import Caption


def resolve(db: Database, token: str, now=START):
    return db.write_raw_now(lambda raw: visitor.resolve(raw, token, now))


def test_a_link_leads_to_the_story_with_our_tags(db: Database, deployment: Deployment) -> None:
    hr = add_person(db, "Nora Holm", "hr")
    story = published(db, deployment, hr, link="https://meri.example/ice?lang=fi#sound")
    share = shared(db, deployment, hr, story, "bluesky")
    target = resolve(db, share.token)
    tags = f"utm_source=bluesky&utm_medium=advocacy&utm_campaign=story-{story.id}"
    assert (target.answer, target.url) == ("go", f"https://meri.example/ice?lang=fi&{tags}#sound")
    assert (target.share_id, target.person_id, target.story_id) == (share.id, hr.id, story.id)


def test_expired_recalled_and_unknown_links_lead_nowhere(db: Database, deployment: Deployment) -> None:
    hr = add_person(db, "Nora Holm", "hr")
    share = shared(db, deployment, hr, published(db, deployment, hr))

    def ends(session):
        row = session.exec(select(Story)).one()
        row.expires_at = START + timedelta(hours=1)
        session.add(row)

    db.write_now(ends)
    assert resolve(db, share.token, START + timedelta(minutes=59)).answer == "go"
    assert resolve(db, share.token, START + timedelta(minutes=59)).until == START + timedelta(hours=1)
    assert resolve(db, share.token, START + timedelta(hours=1)).answer == "expired"
    for token in ("", "short", "x" * 65, "../../etc/passwd", "' or 1=1--", "token\x00aaaaaaaaa", "unknown00000000000001", "ä" * 22):
        assert resolve(db, token) == shares.visits.UNKNOWN


@pytest.mark.parametrize(("link", "query"), [
    ("https://a.example/", "utm_source=x&utm_medium=advocacy&utm_campaign=story-3"),
    ("https://a.example/?utm_source=news&b=%20c&utm_content=k", "b=+c&utm_content=k&utm_source=x&utm_medium=advocacy&utm_campaign=story-3"),
    ("https://a.example/?q=a+b%26c", "q=a+b%26c&utm_source=x&utm_medium=advocacy&utm_campaign=story-3"),
])  # fmt: skip
def test_tags_replace_their_own_kind_and_leave_the_rest(link: str, query: str) -> None:
    assert tagged(link, "x", 3).partition("?")[2] == query


def test_a_repeat_is_told_for_a_day_and_then_forgotten() -> None:
    salts = iter([b"a" * 32, b"b" * 32, b"c" * 32])
    repeats = Repeats(lambda: next(salts))
    monday, tuesday = date(2026, 3, 2), date(2026, 3, 3)
    assert not repeats.seen(monday, 1, "192.0.2.1", "UA")
    assert repeats.seen(monday, 1, "192.0.2.1", "UA")
    assert not repeats.seen(monday, 2, "192.0.2.1", "UA")
    assert not repeats.seen(monday, 1, "192.0.2.2", "UA")
    assert not repeats.seen(tuesday, 1, "192.0.2.1", "UA")
    assert len(repeats._seen) == 1 and b"192" not in b"".join(repeats._seen)


def click(share: Share, minutes: float = 0, sort: str = "human") -> Visit:
    return Visit(share.id, share.person_id, share.story_id, START + timedelta(minutes=minutes), sort)


def test_clicks_are_stored_without_a_trace_of_the_visitor(db: Database, deployment: Deployment) -> None:
    hr = add_person(db, "Nora Holm", "hr")
    share = shared(db, deployment, hr, published(db, deployment, hr))
    db.write_raw_now(lambda raw: visitor.record_clicks(raw, [click(share), click(share, 1.5, "preview")]))
    rows = db.read_now(lambda s: list(s.exec(select(Click).order_by(col(Click.id)))))
    assert [(r.at, r.sort) for r in rows] == [(START, "human"), (START + timedelta(minutes=1.5), "preview")]
    assert set(Click.model_fields) == {"id", "share_id", "person_id", "story_id", "at", "sort"}


def totals(db: Database) -> tuple[set[tuple[str, int, int]], set[tuple[int, str, int]]]:
    def read(session):
        people = {(t.period, t.person_id, t.clicks) for t in session.exec(select(ClickTotal)) if t.clicks}
        return people, {(t.story_id, t.sort, t.clicks) for t in session.exec(select(StoryTotal)) if t.clicks}

    return db.read_now(read)


SORT = st.sampled_from(shares.SORTS)
DEED = st.one_of(
    st.tuples(st.just("click"), st.integers(0, 2), SORT, st.integers(-70 * 1440, 70 * 1440)), st.tuples(st.just("roll"), st.integers(1, 7)),
    st.tuples(st.just("change"), st.integers(0, 60), SORT),
)  # fmt: skip


@pytest.fixture
def three(db: Database, deployment: Deployment) -> list[Share]:
    people = [add_person(db, name) for name in ("Aino Salo", "Elias Berg", "Mika Lind")]
    story = published(db, deployment, people[0])
    return [shared(db, deployment, p, story) for p in people]


@settings(max_examples=30)
@given(deeds=st.lists(DEED, max_size=20))
def test_totals_equal_a_recount_after_anything(db: Database, deployment: Deployment, three: list[Share], deeds: list[tuple]) -> None:
    def wipe(session):
        for table in (Click, ClickTotal, StoryTotal, ClickMark):
            for row in session.exec(select(table)):
                session.delete(row)

    db.write_now(wipe)
    for deed, *rest in deeds:
        if deed == "click":
            who, sort, minutes = rest
            visits = [click(three[who], minutes, sort)]
            db.write_raw_now(partial(shares.record_clicks, batch=visits))
        elif deed == "roll":
            while db.write_now(shares.roll_up, "Europe/Helsinki", rest[0]):
                pass
        else:
            ids = db.read_now(lambda s: list(s.exec(select(Click.id).order_by(col(Click.id)))))
            if ids:
                db.write_now(shares.reclassify, ids[rest[0] % len(ids)], rest[1], "Europe/Helsinki")
    rolled = totals(db)
    db.write_now(shares.recount, "Europe/Helsinki")
    assert totals(db) == rolled


def test_no_click_is_lost_to_a_roll_up_under_way(db: Database, deployment: Deployment, three: list[Share]) -> None:
    def writer(who: int) -> None:
        for _ in range(15):
            db.write_raw_now(lambda raw: shares.record_clicks(raw, [click(three[who])]))

    def roller() -> None:
        for _ in range(15):
            db.write_now(shares.roll_up, "UTC", 7)

    with ThreadPoolExecutor(4) as pool:
        for job in [*(pool.submit(writer, i) for i in range(3)), pool.submit(roller)]:
            job.result()
    while db.write_now(shares.roll_up, "UTC"):
        pass
    assert {(p, n) for period, p, n in totals(db)[0] if period == "all"} == {(s.person_id, 15) for s in three}


def test_the_leaderboard_shows_only_those_who_want_to_be_seen(db: Database, deployment: Deployment, three: list[Share]) -> None:
    aino, elias, mika = (s.person_id for s in three)
    batch = [click(three[0])] * 3 + [click(three[1])] * 5 + [click(three[2])] * 3 + [click(three[0], -3 * 1440)] * 9 + [click(three[0], 0, "own")] * 4
    db.write_raw_now(lambda raw: shares.record_clicks(raw, batch))
    steps(db, deployment, START)

    def opt_in(session):
        for person_id in (aino, mika):
            session.get(Person, person_id).on_leaderboard = True

    db.write_now(opt_in)
    board = db.read_now(insights.leaderboard, START, 20, "Europe/Helsinki")
    assert [(s.place, s.person_id, s.clicks) for s in board] == [(1, mika, 3), (1, aino, 3)]
    assert db.read_now(insights.own, START, aino, "Europe/Helsinki") == insights.Own(month=3, ever=12, shares=1)
    assert db.read_now(insights.own, START, elias, "Europe/Helsinki").month == 5


def test_sharing_again_keeps_the_link_and_changes_the_words(db: Database, deployment: Deployment) -> None:
    hr = add_person(db, "Nora Holm", "hr")
    story = published(db, deployment, hr)
    caption = db.read_now(lambda s: s.exec(select(Caption)).first())
    first = db.write_now(shares.create, START, "token-one-0000000000", hr.id, story.id, "x", caption.id, "one")
    second = db.write_now(shares.create, START, "token-two-0000000000", hr.id, story.id, "x", None, "two")
    other = db.write_now(shares.create, START, "token-three-00000000", hr.id, story.id, "copy", None, "three")
    assert (first.id, first.token, second.caption) == (second.id, second.token, "two") and other.token != first.token
    with pytest.raises(FieldRefusal):
        db.write_now(shares.create, START, "token-four-000000000", hr.id, story.id, "myspace", None, "four")


def test_a_colleagues_share_cannot_be_opened(db: Database, deployment: Deployment, three: list[Share]) -> None:
    assert not db.write_now(shares.opened, START, three[1].person_id, three[0].id)
    assert db.read_now(shares.get, three[0].id, three[1].person_id) is None
