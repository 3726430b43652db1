"""The desks on a large screen: offered by role, allowed by the desk itself; previews in frames that may do nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import add_person
from contracts.drivers.portal import Browser, Portal
from contracts.gallery import FULL, Gallery
from html_reader import read_html
from sqlmodel import col, select, update

from adapters.portal import visitor_page
from bot import outbox
from bot.outbox import Delivery
from bot.people import Person
from bot.stories import Story


async def _as(portal: Portal, name: str, *roles: str) -> Browser:
    person = add_person(portal.world.db, name, *roles)
    await portal.join(person)
    return portal.browsers[person.id or 0]


@pytest.fixture
async def hr(portal: Portal) -> Browser:
    return await _as(portal, "Nora Berg", "hr")


async def test_the_navigation_offers_what_a_role_can_use(portal: Portal, browser: Browser) -> None:
    offered = {a.attrs["href"] for a in (await browser.get("/menu")).root.one("header").all("a")}
    assert "/stories" in offered and not {"/admin", "/recruiting"} & offered
    recruiter = await _as(portal, "Rita Aho", "recruiter")
    offered = {a.attrs["href"] for a in (await recruiter.get("/menu")).root.one("header").all("a")}
    assert "/recruiting" in offered and "/admin" not in offered


@pytest.mark.parametrize("path", ["/admin", "/admin/deliveries", "/admin/openings", "/admin/stories/1", "/admin/stories/1/as/portal", "/payruns/1.csv"])
async def test_a_known_address_opens_no_desk(browser: Browser, path: str) -> None:
    page = await browser.get(path)
    assert (page.status in (200, 403, 404) and "role" in page.main.text.lower()) or page.status == 403


async def test_a_payroll_clerk_sees_pay_runs_and_no_stories(portal: Portal) -> None:
    page = await (await _as(portal, "Anna Hill", "payroll")).get("/admin")
    assert {a.attrs["href"] for a in page.main.all("a", class_="tile")} == {"/admin/payrun", "/admin/forecast", "/admin/ledger"}


async def test_every_part_of_the_admin_desk_answers(hr: Browser) -> None:
    for tile in (await hr.get("/admin")).main.all("a", class_="tile"):
        page = await hr.get(tile.attrs["href"])
        assert page.status == 200 and page.main.all("h1"), tile.attrs["href"]
        assert page.main.one("nav", class_="tabs").one("a", aria_current="page").attrs["href"] == tile.attrs["href"]


async def test_the_room_shows_what_everyone_at_the_desk_is_told(portal: Portal, hr: Browser, gallery: Gallery) -> None:
    gallery.notices[5] = FULL
    now = portal.world.clock.now()
    await portal.world.db.write(lambda s: outbox.owe_room(s, now, "gallery:5:room:admin", "gallery", 5, "admin"))
    page = await hr.get("/admin")
    room = page.main.one("section", aria_labelledby="room-title")
    assert "Gallery title" in room.text
    form = next(f for f in room.all("form", class_="press") if dict(f.fields())["action"] == "gallery.press")
    assert "Heard" in (await hr.send(form)).main.text


async def test_what_could_not_be_sent_is_listed_and_tried_again(portal: Portal, hr: Browser, aino: Person, gallery: Gallery) -> None:
    def park(session):  # type: ignore[no-untyped-def]
        outbox.owe(session, portal.world.clock.now(), "gallery:9", "gallery", 9, session.get(Person, aino.id))
        row = session.exec(select(Delivery).where(Delivery.key == "gallery:9")).one()
        row.state, row.error = "parked", "the mailbox <is> full"

    await portal.world.db.write(park)
    page = await hr.get("/admin/deliveries")
    assert "Aino Salo" in page.main.text and "the mailbox <is> full" in page.main.text
    form = next(f for f in page.main.all("form", class_="press") if dict(f.fields())["action"] == "delivery.retry")
    after = await hr.send(form)
    assert "the mailbox" not in after.main.text
    assert await portal.world.db.read(lambda s: s.exec(select(Delivery.state).where(Delivery.key == "gallery:9")).one()) == "owed"


async def test_a_lane_is_paused_and_goes_on(portal: Portal, hr: Browser, aino: Person, gallery: Gallery) -> None:
    now = portal.world.clock.now()
    await portal.world.db.write(lambda s: outbox.owe(s, now, "gallery:8", "gallery", 8, s.get(Person, aino.id)))
    page = await hr.get("/admin/deliveries")
    paused = await hr.send(next(f for f in page.main.all("form", class_="press") if dict(f.fields())["action"] == "lane.pause"))
    assert "Paused" in paused.main.text
    runs = await hr.send(next(f for f in paused.main.all("form", class_="press") if dict(f.fields())["action"] == "lane.resume"))
    assert "Running" in runs.main.text


@pytest.fixture
def story(portal: Portal) -> int:
    def make(session):  # type: ignore[no-untyped-def]
        row = Story(title="Ice <i>tests</i>", summary="Eight photos", link="https://meri.example/ice", kind="tell", state="draft", language="en",
                    created_at=datetime(2026, 3, 1, tzinfo=UTC))  # fmt: skip
        session.add(row)
        session.flush()
        return row.id

    return portal.world.db.write_now(make)


async def test_a_story_is_seen_as_on_every_platform(portal: Portal, hr: Browser, story: int) -> None:
    portal.adapter.portal.previews["slack"] = lambda card, locale, zone: f"<p>slack in {locale}</p>"
    page = await hr.get(f"/admin/stories/{story}")
    frames = page.main.all("iframe")
    assert [f.attrs["src"].split("/as/")[1] for f in frames] == ["slack?look=en", "portal?look=en"]
    assert all(f.attrs["sandbox"] == "" and f.attrs["title"] for f in frames)
    assert "Ice <i>tests</i>" in page.main.text


@pytest.mark.parametrize(("scheme", "is_said"), [("http", True), ("https", False)])
async def test_a_picture_that_slack_would_not_fetch_is_explained_under_its_preview(portal: Portal, hr: Browser, story: int, scheme: str, is_said: bool) -> None:
    portal.adapter.portal.previews["slack"] = lambda *_: ""
    change = update(Story).where(col(Story.id) == story).values(image_url=f"{scheme}://meri.example/ice.png", image_alt="Ice")
    portal.world.db.write_now(lambda s: s.execute(change))
    page = await hr.get(f"/admin/stories/{story}")
    assert ("Slack shows its description" in page.main.text) == is_said


async def test_a_preview_is_a_page_that_may_do_nothing(hr: Browser, story: int) -> None:
    status, headers, text = await hr.raw("GET", f"/admin/stories/{story}/as/portal?look=fi")
    assert status == 200 and "sandbox" in headers["Content-Security-Policy"] and "script-src" not in headers["Content-Security-Policy"]
    page = read_html(text)
    assert page.one("html").attrs["lang"] == "fi" and "Ice <i>tests</i>" in page.one("main").text and not page.all("form")


@pytest.mark.parametrize("path", ["/admin/stories/999", "/admin/stories/999/as/portal", "/payruns/999.csv"])
async def test_what_is_not_there_is_said(hr: Browser, path: str) -> None:
    assert (await hr.get(path)).status == 404


async def test_an_unknown_platform_has_no_preview(hr: Browser, story: int) -> None:
    assert (await hr.get(f"/admin/stories/{story}/as/pigeon")).status == 404


async def test_an_answer_stands_in_its_place_of_the_navigation(hr: Browser) -> None:
    page = await hr.get("/admin/people")
    form = next(f for f in page.main.all("form", class_="press") if dict(f.fields())["action"] == "people.find")
    for seen, place in ((page, "/admin"), (await hr.send(form), "/admin"), (await hr.get("/refer"), "/refer"), (await hr.get("/menu"), "/menu")):
        assert [a.attrs["href"] for a in seen.root.one("header", class_="rail").one("nav").all("a", aria_current="page")] == [place]


async def test_the_preview_button_opens_the_large_view(hr: Browser, story: int) -> None:
    page = await hr.get("/menu")
    token = dict(page.main.one("form").fields())["csrf"]
    page = await hr.post("/press", [("csrf", token), ("nonce", "n" * 16), ("action", "story.preview"), ("value", str(story))])
    assert page.path == f"/admin/stories/{story}"


@pytest.mark.parametrize("kind", ["expired", "recalled", "unknown", "problem"])
@pytest.mark.parametrize("locale", ["en", "fi", "sv"])
def test_a_visitor_of_an_old_link_is_told_kindly(kind: str, locale: str) -> None:
    page = read_html(visitor_page(kind, locale, "Meri Oy"))
    assert page.one("html").attrs["lang"] == locale and page.one("h1").text and not page.all("script")
    assert len(page.one("main").text) > 60


def test_the_portals_files_stay_short() -> None:
    here = Path(__file__).parents[3] / "adapters" / "portal"
    assert not [p.name for p in here.rglob("*") if p.suffix in (".py", ".html", ".js", ".css") and len(p.read_text().splitlines()) > 400]
