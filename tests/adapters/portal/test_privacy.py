"""What is kept about people stands on a public page, in three languages, with this organisation's name, contact and rules."""

from __future__ import annotations

import pytest
from contracts.drivers.portal import Browser, Portal
from html_reader import read_html

from adapters.portal import visitor_page
from bot import settings
from bot.desks.privacy_page import PARTS


async def _set(portal: Portal, name: str, value: object) -> None:
    now = portal.world.clock.now()
    await portal.world.db.write(lambda s: settings.put(s, now, None, name, value))


async def test_anybody_may_read_it_and_it_names_who_answers(portal: Portal, stranger: Browser) -> None:
    await _set(portal, "privacy.contact", "privacy@meri.example")
    page = await stranger.get("/privacy")
    assert page.status == 200 and len(page.main.all("h2")) == len(PARTS)
    assert page.main.text.count("privacy@meri.example") >= 3 and "Meri Oy" in page.main.text
    assert page.main.one("a", class_="button").attrs["href"] == "mailto:privacy@meri.example"


async def test_without_a_contact_hr_answers(stranger: Browser) -> None:
    page = await stranger.get("/privacy")
    assert "the HR department of Meri Oy" in page.main.text and not page.main.all("a", class_="button")


async def test_it_tells_the_rules_in_force(portal: Portal, stranger: Browser) -> None:
    before = (await stranger.get("/privacy")).main.text
    assert "365 days" in before and "memory until the day is over" in before
    await _set(portal, "privacy.not_hired_days", 200)
    await _set(portal, "click.dedupe", False)
    await _set(portal, "bonus.former_employee_days", 400)
    after = (await stranger.get("/privacy")).main.text
    assert "200 days" in after and "400 days after your last day" in after and "memory until the day is over" not in after


@pytest.mark.parametrize(("locale", "words"), [("en", "Who is responsible"), ("fi", "Kuka vastaa"), ("sv", "Vem som ansvarar")])
async def test_it_speaks_the_readers_language(stranger: Browser, browser: Browser, locale: str, words: str) -> None:
    _, _, text = await stranger.raw("GET", "/privacy", headers={"Accept-Language": locale})
    assert words in text and f'lang="{locale}"' in text
    for who in (stranger, browser):  # also where the signed-in person's own language is another
        page = await who.get(f"/privacy?lang={locale}")
        assert words in page.main.text and page.main.one("nav").one("a", aria_current="true").attrs["lang"] == locale


async def test_every_page_that_strangers_see_leads_there(stranger: Browser, browser: Browser) -> None:
    pages = [(await stranger.get(path)).root for path in ("/sign-in?lang=sv", "/r/nothing?lang=sv", "/privacy?lang=sv")]
    pages.append(read_html(visitor_page("recalled", "sv", "Meri Oy")))
    for page in pages:
        assert page.one("footer").one("a").attrs["href"] == "/privacy?lang=sv"
    assert (await browser.get("/menu")).root.one("footer").one("a").attrs["href"] == "/privacy?lang=en"


async def test_an_organisation_and_a_contact_may_be_called_anything(portal: Portal, stranger: Browser) -> None:
    await _set(portal, "privacy.contact", '<script>alert(1)</script>" {organisation}')
    page = await stranger.get("/privacy")
    assert not page.main.all("script") and '<script>alert(1)</script>" {organisation}' in page.main.text
