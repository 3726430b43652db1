"""The guided tour, finished by somebody who reads nothing but the guide: on a phone and at a desk; key steps without a script."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from demo_process import running
from flows import tour_walk
from flows.tour_walk import Walk
from playwright.async_api import async_playwright, expect

CHROMIUM = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
pytestmark = [
    pytest.mark.long,
    pytest.mark.browser,
    pytest.mark.xdist_group("tour"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine (apt-get install chromium)"),
]
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a demo as its first start leaves it, made once; every walk begins from a copy."""
    folder = tmp_path_factory.mktemp("tour") / "demo"
    with running(folder):
        return folder


@pytest.fixture
def demo(company: Path, tmp_path: Path) -> Iterator[str]:
    """The address of a demo in which nobody did anything yet."""
    shutil.copytree(company, tmp_path / "demo")
    with running(tmp_path / "demo") as address:
        yield address


@asynccontextmanager
async def newcomer(base: str, **options: object) -> AsyncIterator[Walk]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        context = await browser.new_context(base_url=base, locale="en-GB", user_agent=tour_walk.AGENT, **options)  # type: ignore[arg-type]
        context.set_default_timeout(10_000)
        await context.route("**/*", lambda route: route.continue_() if route.request.url.startswith(base) else route.abort())  # no network
        yield Walk(context, await context.new_page())
        await browser.close()


async def test_key_steps_need_no_script(demo: str) -> None:
    async with newcomer(demo, viewport=PHONE, java_script_enabled=False) as walk:
        await walk.page.goto("/demo/people")
        await walk.page.get_by_role("button", name="Mikael Strand").click()
        await expect(walk.page.locator(".demo-bar")).to_contain_text("Mikael Strand")
        await walk.page.goto("/demo/tour")
        await walk.main.locator(".is-next").get_by_role("button").click()
        await expect(walk.page.locator("#demo-guide")).to_have_attribute("open", "")
        await walk.press("drafts")
        await walk.press("open")
        await expect(walk.button("publish")).to_be_visible()
        await walk.page.goto("/demo/clock")
        await walk.page.get_by_role("button", name="1 day later").click()
        await expect(walk.main).to_contain_text("1 day has passed")


@pytest.mark.parametrize("options", [{"viewport": PHONE, "has_touch": True}, {"viewport": DESK}], ids=["phone", "desk"])
async def test_a_newcomer_finishes_the_whole_tour(demo: str, options: dict[str, object]) -> None:
    async with newcomer(demo, **options) as walk:
        for step in tour_walk.WHOLE:
            await step(walk)
        await expect(walk.page.locator(".demo-over")).to_be_visible()
        await walk.page.goto("/demo/tour")
        await expect(walk.page.locator(".demo-step.is-done")).to_have_count(len(tour_walk.WHOLE))
        await walk.accessible("the finished tour")


async def test_its_pages_fit_a_desk(demo: str) -> None:
    async with newcomer(demo, viewport=DESK, color_scheme="dark") as walk:
        await walk.page.goto("/demo/people")
        await walk.page.locator(".demo-person", has_text="Nora Lind").click()
        for path in ("/demo/tour", "/demo/people", "/demo/clock", "/demo/mail", "/demo/mail/0", "/", "/admin/stories", "/admin/ledger", "/admin/bonuses"):
            await walk.page.goto(path)
            await walk.accessible(path)
        for path in ("/nothing/here", "/press", "/s/nothing", "/r/nothing"):  # what a refused browser gets
            await walk.page.goto(path)
            await expect(walk.main.locator("h1")).not_to_be_empty()
            await walk.accessible(path)
