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
DESK, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 844}


def become(page: Page, base: str, name: str) -> None:
    """Look at the demo as somebody."""
    page.goto(f"{base}/demo/people")
    page.locator(".demo-person", has_text=name).click()
    page.wait_for_load_state()


def take(browser: Browser, base: str) -> None:
    """All pictures."""
    desk = browser.new_page(viewport=DESK)
    become(desk, base, "Elias Koski")
    desk.screenshot(path=PICTURES / "home.png")
    become(desk, base, "Nora Lind")
    desk.goto(f"{base}/admin/stories/10")
    desk.screenshot(path=PICTURES / "preview.png", full_page=True)
    become(desk, base, "Elias Koski")
    desk.goto(f"{base}/refer")
    desk.locator("main form button.primary").first.click()
    desk.wait_for_load_state()
    link = re.search(r"http://[^\s\"<]+/r/[\w-]+", desk.content())
    assert link, "the card of /refer shows a personal link"
    phone = browser.new_page(viewport=PHONE)
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


if __name__ == "__main__":
    main()
