"""The editorial calendar: what it shows, moving with and without a script, and the feed for one's own calendar program."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from conftest import START, add_person
from contracts.driver import World
from contracts.drivers.portal import Browser, Portal
from html_reader import Element
from icalendar import Calendar
from sqlmodel import select
from story_world import draft

from bot import stories, strategy
from bot.people import Person, RoleGrant
from bot.stories import Story


@pytest.fixture
async def hr(world: World, portal: Portal) -> Person:
    person = add_person(world.db, "Nora Holm", "hr", time_zone="Europe/Helsinki")
    await portal.join(person)
    return person


@pytest.fixture
def desk(portal: Portal, hr: Person) -> Browser:
    return portal.browsers[hr.id or 0]


def plan(world: World, hr: Person, at: datetime, **fields: Any) -> Story:
    def go(session: Any) -> Story:
        row = stories.create(session, START, hr.id, draft(**fields))
        return stories.schedule(session, START, hr.id or 0, row.id or 0, None, at, audience_id=None)

    return world.db.write_now(go)


def now(world: World, story: Story) -> Story:
    return world.db.read_now(lambda s: s.get_one(Story, story.id))


def form_of(root: Element, story: Story) -> Element:
    return next(f for f in root.all("form", action="/admin/calendar/move") if dict(f.fields())["story"] == str(story.id))


async def test_a_month_shows_each_story_in_its_audience_s_lane_at_hr_s_own_hour(world: World, desk: Browser, hr: Person) -> None:
    story = plan(world, hr, datetime(2026, 3, 12, 7, 30, tzinfo=UTC), title="What <b>ice</b> sounds like", kind="tell")
    page = await desk.get("/admin/calendar?span=month&on=2026-03-01")
    cell = next(td for td in page.main.all("td") if td.attrs.get("data-day") == "2026-03-12" and td.all("a"))
    assert cell.one("a").attrs["href"] == f"/admin/stories/{story.id}" and cell.one("a").text == "What <b>ice</b> sounds like"
    assert "09:30" in cell.text and "Tell" in cell.text and "Scheduled" in cell.text
    week = await desk.get("/admin/calendar?span=week&on=2026-03-12")
    assert "What <b>ice</b> sounds like" in week.main.text and len(week.main.all("table")) == 1


async def test_it_shows_the_balance_empty_slots_asks_that_wait_and_drafts_without_a_day(world: World, desk: Browser, hr: Person) -> None:
    def more(session: Any) -> None:
        goal = strategy.create(session, START, hr.id or 0, "Calm", "People stay calm", None)
        strategy.add_action(session, START, hr.id or 0, goal.id or 0, None, "give", 7, START.date())
        ask = stories.create(session, START, hr.id, draft(title="Come and work", kind="ask"))
        stories.schedule(session, START, hr.id or 0, ask.id or 0, None, START, audience_id=None)
        stories.publish(session, START, START.date(), ask.id or 0)
        stories.create(session, START, hr.id, draft(title="Someday"))

    world.db.write_now(more)
    page = (await desk.get("/admin/calendar?on=2026-03-01")).main
    slots = [td.attrs["data-day"] for td in page.all("td") if td.all("p", class_="slot")]
    assert slots[:4] == ["2026-03-09", "2026-03-16", "2026-03-23", "2026-03-30"]
    assert "Owed first" in page.text and "Come and work" in page.text and "Someday" in page.text and "The balance on 31 March 2026" in page.text
    assert "Next ask: needs 4 gives and 1 tell first" in page.text


@pytest.mark.parametrize(("locale", "first"), [("en", "1 Apr"), ("fi", "1.4."), ("sv", "1 apr.")])
async def test_the_first_of_a_month_is_written_as_its_reader_does(world: World, desk: Browser, hr: Person, locale: str, first: str) -> None:
    world.db.write_now(lambda session: setattr(session.get_one(Person, hr.id), "locale", locale))
    heads = [th.text.split(maxsplit=1)[-1].strip() for th in (await desk.get("/admin/calendar?on=2026-03-01")).main.all("th") if th.attrs.get("scope") == "col"]
    assert first in heads and "31" in heads


async def test_a_form_moves_a_story_and_it_keeps_its_hour_across_a_change_of_the_clocks(world: World, desk: Browser, hr: Person) -> None:
    story = plan(world, hr, datetime(2026, 3, 26, 7, tzinfo=UTC))
    page = await desk.get("/admin/calendar?on=2026-03-01")
    moved = await desk.send(form_of(page.root, story), ("day", "2026-03-30"), ("time", ""))
    assert moved.status == 200 and "30 March" in moved.main.text
    assert now(world, story).publish_at == datetime(2026, 3, 30, 6, tzinfo=UTC), "nine o'clock before and after"
    assert now(world, story).state == "scheduled"


@pytest.mark.parametrize(
    ("day", "hour", "told"),
    [
        ("2026-03-01", "", "That time has passed"), ("2026-03-29", "03:30", "leap over 03:30 on that day"), ("nonsense", "", "This is not a day"),
        ("2026-03-20", "99:99", "This is not a time"), ("0001-01-01", "", "This is not a day"),
    ],
)  # fmt: skip
async def test_what_cannot_be_is_refused_in_words_and_nothing_moves(world: World, desk: Browser, hr: Person, day: str, hour: str, told: str) -> None:
    at = datetime(2026, 3, 12, 7, tzinfo=UTC)
    story = plan(world, hr, at)
    form = form_of((await desk.get("/admin/calendar?on=2026-03-01")).root, story)
    refused = await desk.send(form, ("day", day), ("time", hour))
    assert refused.status == 422 and told in refused.main.text
    assert now(world, story).publish_at == at


async def test_the_hour_that_comes_twice_is_the_first_and_says_so_to_a_script(world: World, desk: Browser, hr: Person) -> None:
    story = plan(world, hr, datetime(2026, 10, 20, 0, 30, tzinfo=UTC))  # 3:30 in Helsinki
    form = form_of((await desk.get("/admin/calendar?on=2026-10-01")).root, story)
    fields = {**dict(form.fields()), "day": "2026-10-25"}
    status, _, text = await desk.raw("POST", "/admin/calendar/move", data=fields, headers={**desk.headers, "Accept": "application/json"})
    assert status == 200 and "goes out at the first" in text
    assert now(world, story).publish_at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    status, _, text = await desk.raw("POST", "/admin/calendar/move", data=fields, headers={**desk.headers, "Accept": "application/json"})
    assert status == 422 and "Somebody was quicker" in text, "the page was out of date"


async def test_only_hr_and_curators_look_and_move(world: World, portal: Portal, hr: Person, desk: Browser, browser: Browser, aino: Person) -> None:
    story = plan(world, hr, datetime(2026, 3, 12, 7, tzinfo=UTC))
    assert (await browser.get("/admin/calendar")).status == 403
    fields = dict(form_of((await desk.get("/admin/calendar?on=2026-03-01")).root, story).fields())
    fields["csrf"] = dict((await browser.get("/menu")).root.all("form")[0].fields())["csrf"]
    assert (await browser.post("/admin/calendar/move", [*{**fields, "day": "2026-03-13"}.items()])).status == 403
    assert (await desk.post("/admin/calendar/move", [*{**fields, "csrf": "forged"}.items()])).status == 403
    assert now(world, story).publish_at == datetime(2026, 3, 12, 7, tzinfo=UTC)


async def _address(desk: Browser) -> str:
    page = await desk.get("/admin/calendar")
    press = next(f for f in page.root.all("form", class_="press") if dict(f.fields())["action"] == "calendar.address")
    made = await desk.send(press)
    link = next(v for f in made.root.all("input") if (v := f.attrs.get("value", "")).endswith(".ics"))
    return str(link).removeprefix("http://127.0.0.1:8765")


async def test_the_feed_opens_in_a_strict_parser_with_stable_names_and_the_right_moments(world: World, desk: Browser, hr: Person, stranger: Browser) -> None:
    story = plan(world, hr, datetime(2026, 3, 12, 7, 30, tzinfo=UTC), title="Ice; loud, and " + "long " * 18 + "\\n")
    address = await _address(desk)
    status, headers, text = await stranger.raw("GET", address)
    assert status == 200 and headers["Content-Type"] == "text/calendar; charset=utf-8" and headers["Cache-Control"] == "private, max-age=300"
    assert "Set-Cookie" not in headers and "\r\n" in text and all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    (event,) = Calendar.from_ical(text).events
    assert not event.errors and event["uid"] == f"story-{story.id}@127.0.0.1" and event["status"] == "CONFIRMED"
    assert event.start == datetime(2026, 3, 12, 7, 30, tzinfo=UTC) and event.end - event.start == timedelta(minutes=30)
    assert event["summary"] == f"Give: {story.title}"
    assert "Nora" not in text and "Holm" not in text and "@meri" not in text
    assert (await stranger.raw("GET", address, headers={"If-None-Match": headers["Etag"]}))[0] == 304
    world.db.write_now(stories.shift, START, hr.id or 0, story.id or 0, now(world, story).version, datetime(2026, 3, 13, 7, 30, tzinfo=UTC))
    status, _, later = await stranger.raw("GET", address, headers={"If-None-Match": headers["Etag"]})
    (moved,) = Calendar.from_ical(later).events
    assert status == 200 and moved["uid"] == event["uid"] and moved["sequence"] > event["sequence"] and moved.start.day == 13


async def test_a_recalled_story_is_cancelled_in_the_feed_and_a_held_one_tentative(world: World, desk: Browser, hr: Person, stranger: Browser) -> None:
    def go(session: Any) -> None:
        for kind in ("give", "ask"):
            row = stories.create(session, START, hr.id, draft(kind=kind))
            stories.schedule(session, START, hr.id or 0, row.id or 0, None, START, audience_id=None)
            row = stories.publish(session, START, START.date(), row.id or 0)
            if kind == "give":
                stories.recall(session, START, hr.id or 0, row.id or 0, row.version, "Wrong.")

    world.db.write_now(go)
    _, _, text = await stranger.raw("GET", await _address(desk))
    assert [str(e["status"]) for e in Calendar.from_ical(text).events] == ["CANCELLED", "TENTATIVE"]


async def test_an_address_ends_with_a_new_one_by_hand_or_with_the_role_and_is_kept_nowhere(world: World, desk: Browser, hr: Person, stranger: Browser) -> None:
    first = await _address(desk)
    second = await _address(desk)
    assert [(await stranger.raw("GET", a))[0] for a in (first, second, "/calendar/" + "x" * 22 + ".ics")] == [404, 200, 404]
    rows = world.db.read_now(lambda s: [(k.token_hash, k.revoked_at) for k in s.exec(select(stories.calendar_keys.CalendarKey))])
    assert len(rows) == 2 and all(second.split("/")[2].removesuffix(".ics") not in kept for kept, _ in rows)
    world.db.write_now(lambda s: s.delete(s.exec(select(RoleGrant).where(RoleGrant.person_id == hr.id)).one()))
    assert (await stranger.raw("GET", second))[0] == 404
