"""A newcomer who walks the guided tour in a browser, pressing what the guide names and nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import BrowserContext, Locator, Page, expect

from adapters.demo import tour
from content import Words

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"  # a headless browser says so and counts as a robot
STORY = "Thirty apprentices and what they taught us"
_AXE = "axe.run({resultTypes: ['violations'], preload: false, iframes: false}).then(found => found.violations)"


def label(name: str) -> str:
    """The words of a button or field, by the name the guide has for it."""
    return re.sub(r"\s*\(\d+\)$", "", Words("en")(tour.LABELS[name]))


@dataclass
class Walk:
    """One newcomer with one browser."""

    context: BrowserContext
    page: Page
    letters: list[str] = field(default_factory=list)

    @property
    def main(self) -> Locator:
        """The page without its frame."""
        return self.page.locator("main")

    def button(self, name: str, within: Locator | None = None) -> Locator:
        """A button that the guide names."""
        return (within or self.main).get_by_role("button", name=re.compile("^" + re.escape(label(name)))).first

    async def press(self, name: str, within: Locator | None = None) -> None:
        """Press it, and wait for the page that follows."""
        async with self.page.expect_navigation():
            await self.button(name, within).click()

    async def must_be(self, step: str) -> None:
        """The guide stands at this step, on whatever page we are, and tells what to press."""
        guide = self.page.locator("#demo-guide")
        await expect(guide).to_have_attribute("data-step", step)
        if not await guide.evaluate("e => e.open"):
            await guide.locator("summary").click()
        await expect(guide.locator("ol > li").first).to_be_visible()

    async def go(self, step: str) -> None:
        """To where the step begins, as whom it is walked, by the guide's own button."""
        await self.must_be(step)
        async with self.page.expect_navigation():
            await self.page.locator(".demo-bar .demo-go").click()
        await self.must_be(step)

    async def elsewhere(self, step: str) -> Page:
        """The guide's link, opened in another tab."""
        await self.must_be(step)
        async with self.context.expect_page() as opened:
            await self.page.locator(".demo-bar a.demo-go").click()
        tab = await opened.value
        await tab.wait_for_load_state()
        return tab

    async def accessible(self, where: str, page: Page | None = None) -> None:
        """No finding of axe, and nothing wider than the screen."""
        page = page or self.page
        await page.evaluate(AXE_SCRIPT)
        found: list[dict[str, Any]] = await page.evaluate(_AXE)
        told = "; ".join(f"{v['id']} at {v['nodes'][0]['target']} {v['nodes'][0].get('failureSummary', '')}" for v in found)
        assert not found, f"{where}: {told}"
        wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{where} is {wide} pixels too wide"


async def publish(walk: Walk) -> None:
    """Nora looks, tries it on herself, and publishes."""
    await walk.page.goto("/demo/tour")
    await walk.accessible("the tour")
    await walk.go("publish")
    await walk.press("drafts")
    await walk.press("open", walk.main.locator("li", has_text=STORY))
    await walk.press("preview")
    frames = walk.page.locator("iframe")
    await expect(frames).to_have_count(3)
    for number in range(3):
        await expect(frames.nth(number).content_frame.locator("body")).to_contain_text(STORY)
    await walk.accessible("the previews")
    await walk.press("back")
    await walk.press("test")
    await walk.press("back")
    await walk.press("publish")
    await walk.press("look")
    await walk.press("publish_now")


async def share(walk: Walk) -> None:
    """Elias chooses a caption, changes a word and opens the network's dialog."""
    await walk.go("share")
    await walk.accessible("the start page")
    await walk.press("share", walk.main.locator("li", has_text=STORY))
    await expect(walk.main.get_by_role("button", name=label("use"))).to_have_count(2)
    await walk.press("use")
    await walk.page.fill("#f-text", await walk.page.input_value("#f-text") + " Have a look.")
    await walk.page.get_by_label(label("network"), exact=True).select_option("linkedin")
    await walk.accessible("the share form")
    await walk.press("go_on")
    await expect(walk.main).to_contain_text(label("copy"))
    async with walk.context.expect_page() as opened:
        await walk.button("open_network").click()
    await (await opened.value).close()
    await expect(walk.page.locator("#demo-guide")).to_have_attribute("data-step", "click")


async def click(walk: Walk) -> None:
    """A visitor follows the link to the company's own site."""
    tab = await walk.elsewhere("click")
    await expect(tab.locator("main")).to_contain_text("utm_source")
    await walk.accessible("the company's site", tab)
    await tab.close()
    await walk.page.reload()


async def link(walk: Walk) -> None:
    """Elias gets his referral link."""
    await walk.go("link")
    await walk.page.locator("#f-opening").press_sequentially("control")
    offered = walk.page.locator("#l-opening option[value^='Control systems engineer']")
    await expect(offered).to_be_attached()
    await walk.page.fill("#f-opening", await offered.get_attribute("value") or "")
    await walk.press("get_link", walk.main.locator(".submit-row"))


async def confirm(walk: Walk) -> None:
    """The friend reads, fills in and says yes, in a tab of their own."""
    tab = await walk.elsewhere("confirm")
    await walk.accessible("the candidate's page", tab)
    await tab.fill("#f-name", "Kim Novak")
    await tab.fill("#f-email", "kim@mail.example")
    await tab.get_by_label(label("may_see")).check()
    await tab.locator(".submit-row").get_by_role("button", name=label("contact_me")).click()
    await expect(tab.locator("main h1")).to_contain_text("Kim")
    await walk.accessible("the candidate's own page", tab)
    await tab.close()
    await walk.page.reload()


async def hire(walk: Walk) -> None:
    """The recruiter moves it to hired."""
    await walk.go("hire")
    await walk.accessible("the recruiters' desk")
    for name in ("take", "contacted", "interview", "offer", "hired"):
        await walk.press(name)
    await walk.press("mark_hired", walk.main.locator(".submit-row"))
    await walk.page.goto("/demo/mail")
    await expect(walk.main).to_contain_text("kim@mail.example")
    await walk.accessible("the mailbox")


async def board(walk: Walk) -> None:
    """Elias looks at what came of it, and steps onto the board."""
    await walk.go("board")
    await expect(walk.main).to_contain_text("Kim Novak")
    await expect(walk.main).to_contain_text("€500.00")
    await walk.page.get_by_role("link", name=label("stories"), exact=True).click()
    await expect(walk.main).to_contain_text(STORY)
    more = walk.page.get_by_role("link", name=label("more"), exact=True)
    if await more.is_visible():  # a phone
        await more.click()
        await expect(walk.page).to_have_url(re.compile("/menu"))
    await walk.page.get_by_role("link", name=label("leaderboard"), exact=True).last.click()
    await walk.press("join")


async def wait(walk: Walk) -> None:
    """Ninety days go by."""
    await walk.go("wait")
    await walk.press("forward")
    await expect(walk.main).to_contain_text("90 days have passed", timeout=60_000)
    await walk.accessible("the clock")


async def approve(walk: Walk) -> None:
    """Nora approves what raised itself."""
    await walk.go("approve")
    await walk.press("still_here", walk.main.locator("li", has_text="Elias Koski"))


async def payrun(walk: Walk) -> None:
    """Anna closes the run, takes the file, and asks why."""
    await walk.go("payrun")
    await walk.main.locator("summary", has_text=label("close")).click()
    async with walk.page.expect_navigation():
        await walk.main.locator("details[open] button").click()
    address = await walk.main.get_by_role("link", name=label("download")).get_attribute("href")
    file = await walk.context.request.get(address or "")
    assert "500,00" in await file.text() and "Elias Koski" in await file.text()
    await walk.press("why")
    await expect(walk.main).to_contain_text("€500.00")
    await walk.accessible("why this amount")


WHOLE = (publish, share, click, link, confirm, hire, board, wait, approve, payrun)
