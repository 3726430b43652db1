"""The portal in a real browser: on a phone and a desk, light and dark, with and without a script, by keyboard, checked by axe."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from axe_playwright_python.base import AXE_SCRIPT
from conftest import START, add_person
from contracts.driver import World
from contracts.drivers.portal import Portal, serve
from contracts.gallery import FULL, Gallery
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect
from sqlmodel import col, select

from adapters.portal import PortalAdapter, home
from bot import outbox, referrals
from bot.desks import front
from bot.messages import Button, Buttons, Card, Plain
from bot.people import Person
from bot.stories import Story

CHROMIUM = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),  # the loop on which the one Chromium of all these tests is driven
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine (apt-get install chromium)"),
]
PHONE, DESK = {"width": 360, "height": 780}, {"width": 1280, "height": 900}
# Style sheets are ours and need no second fetch; a preview's frame runs no script, so axe cannot look into it and would only wait.
AXE_RUN = "axe.run({resultTypes: ['violations'], preload: false, iframes: false}).then(found => found.violations)"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """One Chromium for all; each test has contexts of its own."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def portal(world: World, gallery: Gallery) -> AsyncIterator[Portal]:
    adapter = PortalAdapter(world.hub(), {})
    async with serve(adapter) as client:
        yield Portal(adapter, client, world)


@pytest_asyncio.fixture(loop_scope="session")
async def aino(world: World, portal: Portal) -> Person:
    person = add_person(world.db, "Aino Salo")
    await portal.join(person)
    return person


@pytest_asyncio.fixture(loop_scope="session")
async def hr(world: World, portal: Portal) -> Person:
    person = add_person(world.db, "Nora Berg", "hr", "recruiter")
    await portal.join(person)
    return person


async def _context(chromium: Browser, portal: Portal, person: Person | None = None, **options: object) -> BrowserContext:
    context = await chromium.new_context(base_url=str(portal.client.make_url("")), locale="en-GB", **options)  # type: ignore[arg-type]
    context.set_default_timeout(10_000)
    if person is not None:
        cookies = portal.browsers[person.id or 0].cookies
        await context.add_cookies([{"name": "vinkki", "value": cookies["vinkki"], "url": str(portal.client.make_url(""))}])
    return context


async def _owe(portal: Portal, person: Person, number: int, card: Card, gallery: Gallery) -> None:
    gallery.notices[number] = card
    now = portal.world.clock.now()
    await portal.world.db.write(lambda s: outbox.owe(s, now, f"gallery:{number}", "gallery", number, s.get(Person, person.id)))


async def _require_good(page: Page, path: str, only: dict[str, int] | None = None) -> None:
    """On a phone by day and at a desk by night: no finding of axe, nothing wider than the screen."""
    await page.evaluate(AXE_SCRIPT)
    for screen, scheme in ((PHONE, "light"), (DESK, "dark")):
        if only not in (None, screen):
            continue
        await page.set_viewport_size(screen)  # type: ignore[arg-type]
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        found = await page.evaluate(AXE_RUN)
        assert not found, f"{path} ({scheme}): " + "; ".join(f"{v['id']} at {v['nodes'][0]['target']} {v['nodes'][0].get('failureSummary', '')}" for v in found)
        wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{path} is {wide} pixels too wide at {screen['width']}"


async def test_every_page_is_accessible_and_fits(chromium: Browser, portal: Portal, hr: Person, gallery: Gallery) -> None:
    await _owe(portal, hr, 1, FULL, gallery)
    context = await _context(chromium, portal, hr, reduced_motion="reduce")  # colours change at once
    page = await context.new_page()
    errors: list[str] = []  # what the page's own policy blocks is an error too
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" and "Failed to load" not in m.text else None)
    page.on("pageerror", lambda e: errors.append(str(e)))
    story = await _story(portal)
    paths = (
        "/",
        "/stories",
        "/refer",
        "/referrals",
        "/leaderboard",
        "/help",
        "/menu",
        "/admin",
        "/admin/stories",
        f"/admin/stories/{story}",
        "/admin/calendar",
        "/recruiting",
    )
    for path in (*paths, "/admin/calendar", "/admin/deliveries", "/answer/nothing-here", "gallery", "form", "wrong"):
        await _open(page, path)
        await _require_good(page, path)
    await context.clear_cookies()
    link = await _link(portal)
    for path in ("/sign-in", "/sign-in/sent", "/sign-in/some-token", "/privacy", link, "/r/nothing"):
        await page.goto(path)
        await _require_good(page, path)
    assert not errors
    await context.close()


async def _open(page: Page, path: str) -> None:
    if path == "gallery":
        await page.goto("/menu")
        await page.fill("#say", "vinkki gallery")
        await page.press("#say", "Enter")
        await page.wait_for_url("**/answer/**")
        for details in await page.locator("main details").all():
            await details.locator("summary").click()
    elif path == "form":
        await page.click("form.press button:has-text('Ask')")
        await page.wait_for_selector("form.form")
    elif path == "wrong":
        await page.fill("#f-name", "wrong")
        await page.click("form.form button.primary")
        await expect(page.locator("#e-name")).to_be_visible()
    else:
        await page.goto(path)


async def _story(portal: Portal) -> int:
    row = Story(title="Ice tests", summary="Eight photos", link="https://meri.example/ice", created_at=START)
    await portal.world.db.write(lambda s: s.add(row))
    return row.id or 0


async def test_a_story_is_moved_by_dragging_and_by_the_arrow_keys(chromium: Browser, portal: Portal, hr: Person) -> None:
    def plan(session):  # type: ignore[no-untyped-def]
        session.add(Story(title="Ice tests", link="https://meri.example/ice", state="scheduled", publish_at=START + timedelta(days=9), created_at=START))

    await portal.world.db.write(plan)
    context = await _context(chromium, portal, hr, viewport=DESK, reduced_motion="reduce")
    page = await context.new_page()
    await page.goto("/admin/calendar?span=month&on=2026-03-01")
    entry, days = page.locator(".week [data-story]"), page.locator(".week td[data-day='2026-03-13']")
    await entry.drag_to(days.last)
    await expect(page.locator("#calendar-told")).to_contain_text("13 March 2026")
    await expect(days.locator("[data-story]")).to_be_visible()
    await page.locator(".week .move summary").focus()
    for key, day in (("ArrowRight", "14 March"), ("ArrowDown", "21 March"), ("ArrowLeft", "20 March")):
        await page.keyboard.press(key)
        await expect(page.locator("#calendar-told")).to_contain_text(day)
        await expect(page.locator("#told")).to_contain_text(day)  # said to who does not see it
        await expect(page.locator(".week .move summary")).to_be_focused()
    for _ in range(3):
        await page.keyboard.press("ArrowUp")
        await expect(page.locator("#calendar")).not_to_have_attribute("aria-busy", "true")
    await expect(page.locator("#calendar-told")).to_contain_text("That time has passed")
    await page.keyboard.press("Enter")
    await expect(page.locator(".week .move form")).to_be_visible()
    await _require_good(page, "/admin/calendar", DESK)
    await page.keyboard.press("Escape")
    await expect(page.locator(".week .move summary")).to_be_focused()
    await context.close()


async def _link(portal: Portal) -> str:
    onni = add_person(portal.world.db, "Onni Kallio")
    world = portal.world
    made = await world.db.write(lambda s: referrals.link_for(s, world.clock.now(), onni.id or 0, None, world.deployment.new_token))
    return f"/r/{made.token}"


@pytest.mark.parametrize("screen", [PHONE, DESK], ids=["phone", "desk"])
async def test_a_file_is_brought_shown_and_put_in_place(chromium: Browser, portal: Portal, hr: Person, screen: dict[str, int]) -> None:
    lines = ["email,name,department", "nora.berg@meri.example,Nora Berg,HR", "bo.ek@meri.example,Bo Ek,Yard", "no address,Nobody,Yard"]
    context = await _context(chromium, portal, hr, viewport=screen, reduced_motion="reduce")
    page = await context.new_page()
    await page.goto("/admin/people")
    await page.get_by_role("link", name="Bring a file").click()
    await _require_good(page, "choosing a file", screen)
    await page.get_by_label("CSV file").set_input_files({"name": "people.csv", "mimeType": "text/csv", "buffer": "\n".join(lines).encode()})
    await page.get_by_role("button", name="Check the file").click()
    await expect(page.locator("main dl")).to_contain_text("1 line")  # refused; it came here by itself
    assert await portal.world.db.read(lambda s: s.exec(select(Person.name)).all()) == ["Nora Berg"]
    await _require_good(page, "what it would do", screen)
    await page.locator("main form button.primary").click()
    await expect(page.locator("main h1")).to_contain_text("up to date")
    await expect(page.locator("main tbody tr")).to_contain_text("“no address” is not an e-mail address.")
    await _require_good(page, "what it did", screen)
    await page.get_by_role("link", name="To the people").click()
    await expect(page).to_have_url(re.compile("/admin/people$"))
    assert await portal.world.db.read(lambda s: s.exec(select(Person.name).order_by(col(Person.id))).all()) == ["Nora Berg", "Bo Ek"]
    await context.close()


async def test_the_whole_conversation_works_without_a_script(chromium: Browser, portal: Portal, hr: Person, gallery: Gallery) -> None:
    context = await _context(chromium, portal, hr, viewport=PHONE, java_script_enabled=False)
    page = await context.new_page()
    await page.goto("/")
    await page.fill("#say", "/vinkki gallery")
    await page.press("#say", "Enter")
    await expect(page.locator("main h1")).to_have_text("Gallery title")
    await expect(page.get_by_role("button", name="Copy")).to_have_count(0)  # it could not work
    await page.locator("summary", has_text="Delete").click()
    await page.locator("details[open] button").click()
    await expect(page.locator("main h1")).to_contain_text("Heard gone")
    await page.go_back()
    await page.get_by_role("button", name="Ask").click()
    await page.fill("#f-name", "Bo")
    await page.fill("#f-opening", "boat")
    await page.get_by_role("button", name="Search").click()
    await page.get_by_label("boat 1").check()
    await page.get_by_role("button", name="Send it").click()
    await expect(page.locator("main h1")).to_have_text("Thank you Bo")
    assert "opening=1" in gallery.heard[-1]
    await context.close()


async def test_a_candidate_needs_no_script_and_nothing_from_elsewhere(chromium: Browser, portal: Portal) -> None:
    context = await _context(chromium, portal, viewport=PHONE, java_script_enabled=False)
    page = await context.new_page()
    hosts: set[str] = set()
    page.on("request", lambda r: hosts.add(r.url.split("/")[2]))
    await page.goto(await _link(portal))
    await page.fill("#f-name", "Ida Lund")
    await page.fill("#f-email", "ida@home.example")
    await page.locator("form.form .submit-row button").click()
    await expect(page.locator("main h1")).to_contain_text("Ida")
    await page.locator("summary", has_text="Erase").click()
    await page.locator("details[open] button").click()
    await expect(page.locator("main")).not_to_contain_text("ida@home.example")
    assert hosts == {f"127.0.0.1:{portal.client.port}"}
    await context.close()


async def test_a_cv_that_is_far_too_large_is_answered_in_the_form_and_what_was_typed_is_there(chromium: Browser, portal: Portal, tmp_path: Path) -> None:
    cv = tmp_path / "cv.pdf"
    with cv.open("wb") as file:
        file.truncate(30 * 1024 * 1024)
    context = await _context(chromium, portal, viewport=PHONE, java_script_enabled=False)
    page = await context.new_page()
    await page.goto(await _link(portal))
    await page.fill("#f-name", "Ida Lund")
    await page.fill("#f-message", "I like boats")
    await page.get_by_label("CV").set_input_files(cv)
    async with page.expect_response(lambda r: r.request.method == "POST") as answer:
        await page.locator("form.form .submit-row button").click()
    assert (await answer.value).status == 413
    await expect(page.locator("#cv-error")).to_contain_text("larger than 5 MB")
    await expect(page.locator("#f-name")).to_have_value("Ida Lund")
    await expect(page.locator("#f-message")).to_have_value("I like boats")
    await page.locator("form.form .submit-row button").click()  # an e-mail address is still missing
    await expect(page.locator(".problems")).to_be_visible()
    await page.fill("#f-email", "ida@home.example")
    await page.locator("form.form .submit-row button").click()
    await expect(page.locator("main h1")).to_contain_text("Ida")
    await context.close()


async def test_pressed_twice_in_a_hurry_it_counts_once(chromium: Browser, portal: Portal, aino: Person, gallery: Gallery) -> None:
    await _owe(portal, aino, 1, FULL, gallery)
    context = await _context(chromium, portal, aino)
    page = await context.new_page()
    await page.goto("/")
    await page.locator("#inbox").get_by_role("button", name="Press me").dblclick()
    await expect(page.locator("main h1")).to_contain_text("Heard main")
    await page.reload()
    assert gallery.heard.count(("press", "main")) == 1
    await context.close()


async def test_a_link_is_copied_by_a_button(chromium: Browser, portal: Portal, aino: Person, gallery: Gallery) -> None:
    await _owe(portal, aino, 1, FULL, gallery)
    context = await _context(chromium, portal, aino)
    await context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = await context.new_page()
    await page.goto("/")
    await page.locator("[data-copy]").click()
    await expect(page.locator("#told")).to_have_text("Copied")
    assert await page.evaluate("navigator.clipboard.readText()") == "https://example.com/s/abc?x=1&y=2"
    await context.close()


async def test_typing_offers_and_choosing_is_enough(chromium: Browser, portal: Portal, aino: Person, gallery: Gallery) -> None:
    context = await _context(chromium, portal, aino)
    page = await context.new_page()
    await page.goto("/menu")
    await _open(page, "gallery")
    await _open(page, "form")
    await page.locator("#f-opening").press_sequentially("sea")
    await expect(page.locator("#l-opening option[value='sea 1']")).to_be_attached()
    await page.fill("#f-opening", "sea 1")  # what choosing from the list does
    await expect(page.locator(".lookup-found input")).to_be_checked()
    await page.get_by_role("button", name="Send it").click()
    await expect(page.locator("main h1")).to_contain_text("Thank you")
    assert "opening=1" in gallery.heard[-1]
    await context.close()


async def test_whom_an_audience_selects_is_said_while_it_is_chosen(chromium: Browser, portal: Portal, hr: Person, aino: Person) -> None:
    context = await _context(chromium, portal, hr, reduced_motion="reduce")  # colours change at once
    page = await context.new_page()
    await page.goto("/admin/audiences")
    await page.get_by_role("button", name="New audience").click()
    sight = page.locator(".sight")
    await expect(sight).to_have_text("This selects 2 people: Aino Salo, Nora Berg")
    await page.get_by_label("Alumna or alumnus").check()
    await expect(sight).to_have_text("This selects nobody. Choose fewer conditions.")
    await _require_good(page, "the form of an audience")
    await context.close()


async def test_a_new_message_comes_in_by_itself(chromium: Browser, portal: Portal, aino: Person, gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home, "SETTLE", 0.05)
    context = await _context(chromium, portal, aino)
    page = await context.new_page()
    async with page.expect_response("**/events"):
        await page.goto("/")
    await expect(page.locator("#inbox .empty")).to_be_visible()
    await _owe(portal, aino, 1, Card(Plain("A boat for you"), (Buttons((Button(Plain("Take"), "gallery.press", "1"),)),)), gallery)
    portal.adapter.hub.wake()
    await expect(page.locator("#inbox article h3")).to_have_text("A boat for you")
    await expect(page.locator("#told")).to_contain_text("A boat for you")
    await page.locator("#inbox").get_by_role("button", name="Take").click()
    await expect(page.locator("main h1")).to_contain_text("Heard 1")
    await context.close()


async def test_a_button_out_opens_a_tab_and_answers_here(chromium: Browser, portal: Portal, aino: Person, gallery: Gallery) -> None:
    out = str(portal.client.make_url("/sign-in/sent"))
    await _owe(portal, aino, 1, Card(Plain("Share"), (Buttons((Button(Plain("LinkedIn"), "gallery.press", "out", url=out),)),)), gallery)
    context = await _context(chromium, portal, aino)
    page = await context.new_page()
    await page.goto("/")
    async with context.expect_page() as opened:
        await page.locator("#inbox").get_by_role("button", name="LinkedIn").click()
    assert (await opened.value).url == out
    await expect(page.locator("main h1")).to_contain_text("Heard out")
    await context.close()


async def test_the_keyboard_reaches_everything_in_order(chromium: Browser, portal: Portal, aino: Person) -> None:
    context = await _context(chromium, portal, aino, viewport=DESK)
    page = await context.new_page()
    await page.goto("/")
    await page.keyboard.press("Tab")
    await expect(page.locator(".skip")).to_be_focused()
    box = await page.locator(".skip").bounding_box()
    assert box is not None and box["y"] >= 0  # it shows itself
    await page.keyboard.press("Enter")
    await expect(page.locator("#main")).to_be_focused()
    await page.keyboard.press("Tab")
    outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    await context.close()


async def test_signing_in_and_out_by_hand(chromium: Browser, portal: Portal) -> None:
    from datetime import UTC, datetime

    eva = add_person(portal.world.db, "Eva Niemi", kind="alumna")
    link = await portal.world.db.write(front.sign_in_link, portal.world.deployment, eva.email, datetime.now(UTC))
    context = await _context(chromium, portal, viewport=PHONE)
    page = await context.new_page()
    await page.goto(link.removeprefix("http://127.0.0.1:8765"))
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.locator("main h1")).to_contain_text("Eva")
    await page.get_by_role("link", name="More").click()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.locator("main h1")).to_have_text("Sign in")
    await page.go_back()
    await expect(page.locator("main h1")).to_have_text("Sign in")  # nothing of the session is kept by the browser
    await context.close()
