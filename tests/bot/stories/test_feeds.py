"""Feeds at the desk: when they are read, what becomes of their entries, what HR is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from conftest import START, add_person
from sqlmodel import Session, col, select
from story_world import Talk, text_of

from bot import audiences, outbox, settings, stories, strategy
from bot.audiences import Rule
from bot.db import Database
from bot.desks import Deployment, notices
from bot.desks.hr.stories import Draft, feeds_due, take_from_feed
from bot.errors import FieldRefusal, Stale
from bot.outbox import Delivery
from bot.people import Person
from bot.polling import Outcome
from bot.stories import Feed, FeedDraft, Story

FINE = Outcome('"v1"', "Mon, 02 Mar 2026 09:00:00 GMT")
BROKEN = Outcome(problem="status", status=503)


@pytest.fixture
def hr(db: Database) -> Person:
    return add_person(db, "Nora Holm", "hr")


@pytest.fixture
def feed(db: Database, hr: Person) -> Feed:
    return db.write_now(stories.add_feed, START, hr.id, FeedDraft("Blog", "https://meri.example/rss", "give"))


def entries(*numbers: int, link: str = "https://meri.example/{}") -> list[Draft]:
    return [Draft(f"Title {n}", link.format(n), f"Summary {n}", language="", source_guid=f"guid-{n}") for n in numbers]


def due(db: Database, now: datetime) -> list[int]:
    return [ask.id for ask in db.write_now(feeds_due, now, 10)]


def read(db: Database, feed: Feed, now: datetime, answer: Outcome = FINE, drafts: list[Draft] | None = None, left_out: int = 0, jitter: float = 0.5) -> int:
    return db.write_now(take_from_feed, now, feed.id, answer, drafts or [], left_out, jitter)


def now_of(db: Database, feed: Feed) -> Feed:
    return db.read_now(lambda s: s.get_one(Feed, feed.id))


def taken(db: Database) -> list[Story]:
    return db.read_now(lambda s: list(s.exec(select(Story).order_by(col(Story.id)))))


def told(db: Database) -> list[Delivery]:
    return db.read_now(lambda s: list(s.exec(select(Delivery).where(Delivery.notice == "feed_failing"))))


def test_a_new_entry_waits_in_review_with_the_feeds_strategy_audience_kind_and_language(db: Database, deployment: Deployment, hr: Person) -> None:
    def made(session: Session) -> Feed:
        session.add(Person(name="Alma Lind", email="alma@meri.example", kind="alumna", enrolled_at=START))
        session.flush()
        group = audiences.save(session, START, hr.id or 0, "Alumni", Rule(kinds=("alumna",)), START.date())
        session.add(goal := strategy.Strategy(name="Ice", goal="Why", audience_id=group.id, created_at=START))
        session.flush()
        return stories.add_feed(session, START, hr.id or 0, FeedDraft("Blog", "https://meri.example/rss", "ask", goal.id, group.id, "sv"))

    feed = db.write_now(made)
    assert read(db, feed, START, drafts=[*entries(1), replace(entries(2)[0], language="fi")]) == 2
    first, second = taken(db)
    assert (first.state, first.kind, first.language, first.strategy_id, first.audience_id) == ("review", "ask", "sv", feed.strategy_id, feed.audience_id)
    assert (second.language, second.source, second.source_guid, second.author_id) == ("fi", f"feed:{feed.id}", "guid-2", None)


def test_of_a_new_feed_the_first_ten_go_in_and_the_rest_is_no_news(db: Database, feed: Feed) -> None:
    assert read(db, feed, START, drafts=entries(*range(300))) == 10
    assert read(db, feed, START, drafts=entries(*range(300))) == 0
    assert read(db, feed, START, drafts=entries(1000, *range(300))) == 1
    assert [s.title for s in taken(db)] == [*(f"Title {n}" for n in range(10)), "Title 1000"] and now_of(db, feed).taken == 11


def test_later_fifty_at_once_go_in_and_the_others_come_next(db: Database, feed: Feed) -> None:
    read(db, feed, START)
    assert read(db, feed, START, drafts=entries(*range(80))) == 50 and now_of(db, feed).etag == ""  # asked for in full the next time
    assert read(db, feed, START, drafts=entries(*range(80))) == 30 and now_of(db, feed).etag == '"v1"'


def test_a_guid_counts_within_its_feed_and_a_page_only_once_wherever_it_comes_from(db: Database, feed: Feed, hr: Person) -> None:
    other = db.write_now(stories.add_feed, START, hr.id, FeedDraft("Other", "https://meri.example/atom"))
    assert read(db, feed, START, drafts=entries(1)) == 1
    assert read(db, other, START, drafts=entries(1, link="https://elsewhere.example/{}")) == 1  # the same GUID of another feed
    assert read(db, other, START, drafts=[replace(entries(1, link="http://www.meri.example/{}/?utm_source=x#top")[0], source_guid="new")]) == 0
    assert len(taken(db)) == 2


def test_an_entry_that_cannot_be_taken_is_counted_and_the_others_go_in(db: Database, feed: Feed) -> None:
    bad = [Draft("T", "javascript:alert(1)", source_guid="a"), Draft("", "https://meri.example/x", source_guid="b")]
    assert read(db, feed, START, drafts=[*bad, *entries(1)], left_out=3) == 1
    assert now_of(db, feed).left_out == 5


def test_a_feed_is_read_each_hour_a_little_out_of_step_and_by_one_reader_only(db: Database, feed: Feed) -> None:
    assert due(db, START) == [feed.id]
    assert due(db, START) == []  # somebody has it
    for jitter, minutes in ((0.0, 54), (0.5, 60), (1.0, 66)):
        read(db, feed, START, jitter=jitter)
        assert now_of(db, feed).next_at == START + timedelta(minutes=minutes)
    assert due(db, START + timedelta(minutes=65)) == [] and due(db, START + timedelta(minutes=66)) == [feed.id]


def test_a_reader_that_died_loses_its_feed_after_ten_minutes(db: Database, feed: Feed) -> None:
    assert due(db, START) == [feed.id] and due(db, START + timedelta(minutes=9)) == []
    assert due(db, START + timedelta(minutes=10)) == [feed.id]


def test_what_fails_is_asked_ever_less_often_but_once_a_day(db: Database, feed: Feed) -> None:
    pauses, now = [], START
    for _ in range(8):
        read(db, feed, now, BROKEN)
        row = now_of(db, feed)
        pauses.append((row.next_at - now).total_seconds() / 3600)
        now = row.next_at
    assert pauses == [2, 4, 8, 16, 24, 24, 24, 24]
    assert (row.failures, row.problem, row.problem_status, row.failing_since) == (8, "status", 503, START)
    read(db, feed, now)
    row = now_of(db, feed)
    assert (row.failures, row.problem, row.failing_since, row.read_at, row.next_at) == (0, "", None, now, now + timedelta(hours=1))


def test_a_server_that_asks_us_to_stay_away_is_left_alone_for_so_long(db: Database, feed: Feed) -> None:
    read(db, feed, START, Outcome(problem="status", status=429, wait=5 * 3600))
    assert now_of(db, feed).next_at == START + timedelta(hours=5)


def test_hr_is_told_once_of_a_feed_that_fails_for_days_and_again_when_it_breaks_anew(db: Database, deployment: Deployment, feed: Feed) -> None:
    now = START
    while now < START + timedelta(days=9):
        read(db, feed, now, BROKEN)
        assert len(told(db)) == (now - START >= timedelta(days=3))
        now = now_of(db, feed).next_at
    card = db.read_now(notices.build, deployment, told(db)[0], now)
    assert text_of(card).startswith("A feed brings nothing: Blog") and "The server answered 503." in text_of(card)
    read(db, feed, now)
    assert db.read_now(notices.build, deployment, told(db)[0], now) is None  # it works: nothing to say any more
    for days in range(4):
        read(db, feed, now + timedelta(days=days), BROKEN)
    assert len(told(db)) == 2


def test_a_feed_that_is_gone_for_good_is_not_asked_again_and_hr_is_told_at_once(db: Database, deployment: Deployment, feed: Feed) -> None:
    read(db, feed, START, Outcome(problem="status", status=410))
    assert not now_of(db, feed).is_on and due(db, START + timedelta(days=30)) == []
    assert "gone for good" in text_of(db.read_now(notices.build, deployment, told(db)[0], START))


def test_what_comes_for_a_feed_that_was_stopped_or_removed_meanwhile_is_left(db: Database, feed: Feed, hr: Person) -> None:
    row = db.write_now(lambda s: stories.switch_feed(s, START, hr.id or 0, feed.id or 0, 1, on=False))
    assert read(db, feed, START, drafts=entries(1)) == 0
    db.write_now(stories.remove_feed, START, hr.id, feed.id, row.version)
    assert read(db, feed, START, drafts=entries(1)) == 0 and taken(db) == []


def test_another_address_is_read_as_if_it_were_new(db: Database, feed: Feed, hr: Person) -> None:
    read(db, feed, START, drafts=entries(1))
    row = now_of(db, feed)
    changed = FeedDraft("Blog", "https://meri.example/new", "tell")
    db.write_now(stories.change_feed, START, hr.id, feed.id, row.version, changed)
    row = now_of(db, feed)
    assert (row.etag, row.last_modified, row.next_at, row.kind) == ("", "", START, "tell")
    with pytest.raises(Stale):
        db.write_now(stories.change_feed, START, hr.id, feed.id, 1, changed)


@pytest.mark.parametrize(
    ("draft", "field"),
    [(FeedDraft("", "https://a.example/"), "name"), (FeedDraft("N", "ftp://a.example/"), "url"), (FeedDraft("N", "https://meri.example/rss"), "url"),
     (FeedDraft("N", "https://a.example/", "post"), "kind"), (FeedDraft("N", "https://a.example/", language="de"), "language")],
)  # fmt: skip
def test_what_is_wrong_with_a_feed_is_said_at_its_field(db: Database, feed: Feed, hr: Person, draft: FeedDraft, field: str) -> None:
    with pytest.raises(FieldRefusal) as caught:
        db.write_now(stories.add_feed, START, hr.id, draft)
    assert caught.value.field == field


async def test_hr_adds_a_feed_and_sees_how_it_stands(db: Database, deployment: Deployment, hr: Person) -> None:
    talk = Talk(db, deployment)
    assert "No feed yet" in text_of(await talk.command(hr, "admin", "feeds"))
    form = (await talk.press(hr, "feed.new")).form
    card = (await talk.submit(hr, form, url="https://meri.example/rss", name="Blog", kind="give")).card
    assert "Last read\nNot yet" in text_of(card)
    assert "soon" in text_of(await talk.command(hr, "admin", "feeds"))
    db.write_now(lambda s: setattr(s.exec(select(Feed)).one(), "next_at", START + timedelta(hours=3)))
    assert "first time on 2 March 2026 14:00" in text_of(await talk.command(hr, "admin", "feeds"))
    feed = db.read_now(lambda s: s.exec(select(Feed)).one())
    read(db, feed, START, drafts=entries(1))
    read(db, feed, START + timedelta(hours=1), Outcome(problem="html"))
    shown = text_of(await talk.press(hr, "feed.open", str(feed.id)))
    assert "web page and not a feed" in shown and "In review\n1 story" in shown
    again = (await talk.press(hr, "feed.now", f"{feed.id}:{feed.version}")).card
    assert "within a minute" in text_of(again) and now_of(db, feed).next_at == START
    assert "Brought 1" not in text_of(await talk.press(hr, "feed.remove", f"{feed.id}:{now_of(db, feed).version}")) and len(taken(db)) == 1
    assert "Blog" not in text_of(await talk.command(hr, "admin", "feeds"))


def test_the_pause_is_a_setting(db: Database, feed: Feed) -> None:
    db.write_now(settings.put, START, None, "feeds.every_minutes", 240)
    read(db, feed, START)
    assert now_of(db, feed).next_at == START + timedelta(hours=4)


def test_a_notice_about_a_removed_feed_has_nothing_to_say(db: Database, deployment: Deployment, feed: Feed, hr: Person) -> None:
    db.write_now(outbox.owe_room, START, "x", "feed_failing", feed.id, "admin")
    db.write_now(stories.remove_feed, START, hr.id, feed.id, 1)
    assert db.read_now(notices.build, deployment, told(db)[0], START) is None
