"""The README's pictures, taken from a fresh demo: `make screenshots`."""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parent))
from demo_process import running

PICTURES = Path(__file__).parent.parent / "docs" / "pictures"
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
DESK, TALL, PHONE = {"width": 1080, "height": 680}, {"width": 1280, "height": 1120}, {"width": 390, "height": 844}
LARGEST = 300_000  # bytes of a picture


def become(page: Page, base: str, name: str) -> None:
    """Look at the demo as somebody."""
    page.goto(f"{base}/demo/people")
    page.locator(".demo-person", has_text=name).click()
    page.wait_for_load_state()


def past_the_bar(page: Page) -> None:
    """Scroll to where the portal begins below the demo's own bar."""
    page.locator("header.rail").evaluate("rail => window.scrollTo(0, rail.getBoundingClientRect().top)")


def take(browser: Browser, base: str) -> None:
    """All pictures."""
    desk = browser.new_page(viewport=DESK)
    become(desk, base, "Elias Koski")
    past_the_bar(desk)
    desk.screenshot(path=PICTURES / "home.png")
    tall = browser.new_page(viewport=TALL)  # frames that are out of sight are not painted
    become(tall, base, "Nora Lind")
    tall.goto(f"{base}/admin/stories/10")
    tall.locator("#demo-guide").evaluate("guide => guide.open = false")
    for number in range(3):
        tall.frame_locator("iframe").nth(number).get_by_text("On a Saturday").wait_for()
    rail = tall.locator("header.rail").bounding_box()
    assert rail is not None
    tall.screenshot(path=PICTURES / "preview.png", clip={"x": 0, "y": rail["y"], "width": TALL["width"], "height": TALL["height"] - rail["y"]})
    tall.goto(f"{base}/admin/calendar")
    tall.locator("#demo-guide").evaluate("guide => guide.open = false")
    past_the_bar(tall)
    tall.screenshot(path=PICTURES / "calendar.png")
    become(desk, base, "Elias Koski")
    desk.goto(f"{base}/refer")
    desk.locator("main form button.primary").first.click()
    desk.wait_for_load_state()
    phone = browser.new_page(viewport=PHONE)
    become(phone, base, "Elias Koski")
    phone.locator("main .items form.press", has_text="Share").first.locator("button").click()
    phone.wait_for_load_state()
    past_the_bar(phone)
    phone.screenshot(path=PICTURES / "story.png")
    link = re.search(r"http://[^\s\"<]+/r/[\w-]+", desk.content())
    assert link, "the card of /refer shows a personal link"
    phone.goto(link.group())
    phone.screenshot(path=PICTURES / "referral-phone.png")


def main() -> None:
    """Start a demo of its own, take the pictures, end it."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    program = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
    if program is None:
        sys.exit("No Chromium here: apt-get install chromium")
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "demo") as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM)
        take(browser, base)
        browser.close()
    if large := [path.name for path in PICTURES.glob("*.png") if path.stat().st_size > LARGEST]:
        sys.exit(f"Larger than {LARGEST // 1000} KB: {', '.join(large)}")


if __name__ == "__main__":
    main()
