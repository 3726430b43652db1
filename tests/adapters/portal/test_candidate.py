"""The candidate's page: the notice first, their own yes, and their rights ever after, in a browser without a script."""

from __future__ import annotations

import json

import pytest
from conftest import add_person
from contracts.drivers.portal import Browser, Portal
from sqlmodel import func, select

from bot import openings, referrals
from bot.openings import Draft
from bot.outbox import Delivery
from bot.people import Person
from bot.referrals import Candidate, Referral

NAME = "Ida <b>Lund</b>"


@pytest.fixture
def link(portal: Portal) -> str:
    """Onni's referral link for an opening, as a path."""
    onni = add_person(portal.world.db, "Onni Kallio")

    def make(session):  # type: ignore[no-untyped-def]
        draft = Draft("Hull Designer", department="Design", location="Turku", description="Draw <hulls>.", link="https://meri.example/jobs/1")
        opening = openings.create(session, portal.world.clock.now(), None, draft)
        return referrals.link_for(session, portal.world.clock.now(), onni.id, opening.id, portal.world.deployment.new_token)

    return f"/r/{portal.world.db.write_now(make).token}"


async def _confirm(browser: Browser, link: str, **fields: str):  # type: ignore[no-untyped-def]
    page = await browser.get(link)
    given = {"f.name": NAME, "f.email": "ida@home.example"} | {f"f.{k}": v for k, v in fields.items()}
    return await browser.send(page.main.one("form"), *given.items())


async def _candidates(portal: Portal) -> int:
    return await portal.world.db.read(lambda s: s.exec(select(func.count()).select_from(Candidate)).one())


async def test_the_page_says_who_what_and_why_before_it_asks(portal: Portal, stranger: Browser, link: str) -> None:
    page = await stranger.get(link)
    assert page.status == 200
    for words in ("Onni Kallio", "Meri Oy", "Hull Designer", "Draw <hulls>."):
        assert words in page.main.text
    notice = page.main.one(id="notice")
    assert len(notice.text) > 400 and len(notice.all("h3")) >= 4
    texts = page.main.text
    assert texts.index(notice.text[:30]) < texts.rindex(page.main.one("form").all("button")[-1].text)


async def test_looking_changes_nothing(portal: Portal, stranger: Browser, link: str) -> None:
    for _ in range(3):
        await stranger.get(link)
    assert await _candidates(portal) == 0


async def test_the_page_is_closed_to_the_rest_of_the_world(stranger: Browser, link: str) -> None:
    _, headers, text = await stranger.raw("GET", link)
    policy = headers["Content-Security-Policy"]
    assert "script-src" not in policy and "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "https:" not in policy
    assert headers["Cache-Control"] == "no-store" and headers["Referrer-Policy"] == "no-referrer" and "noindex" in headers["X-Robots-Tag"]
    assert "<script" not in text and "Set-Cookie" not in headers


async def test_their_own_yes_makes_one_candidate_however_often_it_is_sent(portal: Portal, stranger: Browser, link: str) -> None:
    page = await stranger.get(link)
    form, given = page.main.one("form"), (("f.name", NAME), ("f.email", "ida@home.example"))
    first = await stranger.send(form, *given)
    second = await stranger.send(form, *given)
    assert first.path == second.path and first.path != link
    assert await _candidates(portal) == 1
    assert NAME in first.main.text and "ida@home.example" in first.main.text


async def test_two_tabs_are_one_candidate_and_both_lead_on(portal: Portal, stranger: Browser, link: str) -> None:
    """The link opened twice, both forms filled in: the second is kept as what it is, and nobody is told twice."""
    tabs = [(await stranger.get(link)).main.one("form") for _ in range(2)]
    first, second = [await stranger.send(form, ("f.name", NAME), ("f.email", "ida@home.example")) for form in tabs]
    assert first.status == second.status == 200 and first.main.one("h1").text == second.main.one("h1").text
    told = await portal.world.db.read(lambda s: s.exec(select(func.count()).select_from(Delivery).where(Delivery.notice == "referral_new")).one())
    stages = await portal.world.db.read(lambda s: list(s.exec(select(Referral.stage).order_by(Referral.id))))
    assert stages == ["confirmed", "duplicate"] and told == 1


async def test_a_mistake_is_said_beside_its_field_and_nothing_is_lost(portal: Portal, stranger: Browser, link: str) -> None:
    wrong = await _confirm(stranger, link, name="", email="not an address", message="I like boats")
    assert wrong.status == 422
    form = wrong.main.one("form")
    assert {"f.email", "f.name"} >= {f"f.{e.attrs['id'][2:]}" for e in form.all("p", class_="error")} != set()
    assert dict(form.fields())["f.message"] == "I like boats"
    said = wrong.main.one("div", class_="problems")
    assert wrong.main.text.index(said.text[:20]) < wrong.main.text.index("Onni Kallio"), "a page that comes again begins with what is wrong"
    assert [a.attrs["href"] for a in said.all("a")] == ["#f-name", "#f-email"]
    assert await _candidates(portal) == 0
    assert (await stranger.send(form, ("f.name", NAME), ("f.email", "ida@home.example"))).status == 200


@pytest.mark.parametrize("headers", [{}, {"Origin": "null"}, {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}])
async def test_a_yes_from_another_page_is_no_yes(portal: Portal, stranger: Browser, link: str, headers: dict[str, str]) -> None:
    form = (await stranger.get(link)).main.one("form")
    status, _, _ = await stranger.raw("POST", link, data=[*form.fields(), ("f.name", NAME), ("f.email", "a@b.example")], headers=headers)
    assert status == 403 and await _candidates(portal) == 0


async def test_a_page_without_a_referrer_may_post_to_itself(portal: Portal, stranger: Browser, link: str) -> None:
    """Browsers send `Origin: null` from a page with Referrer-Policy no-referrer."""
    stranger.headers = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
    assert (await _confirm(stranger, link)).status == 200 and await _candidates(portal) == 1


async def test_their_data_can_be_taken_along(stranger: Browser, link: str) -> None:
    done = await _confirm(stranger, link)
    status, headers, text = await stranger.raw("GET", f"{done.path.split('?')[0]}/download")
    assert status == 200 and "attachment" in headers["Content-Disposition"] and headers["Cache-Control"] == "no-store"
    assert json.loads(text)["controller"] == "Meri Oy" and NAME in text


async def test_taking_back_and_erasing_ask_once_more_and_happen(portal: Portal, stranger: Browser, link: str) -> None:
    done = await _confirm(stranger, link)
    back, erase = done.main.all("details", class_="confirm")
    assert "open" not in erase.attrs
    after = await stranger.send(back.one("form"))
    assert after.status == 200 and not [d for d in after.main.all("form") if d.attrs["action"].endswith("/withdraw")]
    gone = await stranger.send(after.main.one("details", class_="confirm").one("form"))
    assert gone.status == 410 and "ida@home.example" not in gone.main.text
    assert (await stranger.raw("POST", erase.one("form").attrs["action"], data={"x": "y"}, headers={"Origin": "https://evil.example"}))[0] == 403


async def test_the_page_speaks_three_languages(stranger: Browser, link: str) -> None:
    titles = set()
    for locale in ("en", "fi", "sv"):
        page = await stranger.get(f"{link}?lang={locale}")
        assert page.root.one("html").attrs["lang"] == locale
        titles.add(page.main.one("h1").text)
        assert page.root.one("nav", class_="languages").one("a", aria_current="true").attrs["lang"] == locale
    assert len(titles) == 3
    _, _, text = await stranger.raw("GET", link, headers={"Accept-Language": "sv-FI"})
    assert 'lang="sv"' in text


async def test_the_languages_stand_above_a_page_that_one_may_not_be_able_to_read(stranger: Browser, link: str) -> None:
    _, _, text = await stranger.raw("GET", link)
    assert text.index('class="languages"') < text.index("<main") and text.count('class="languages"') == 1


async def test_the_chosen_language_stays_after_the_yes(stranger: Browser, link: str) -> None:
    page = await stranger.get(f"{link}?lang=fi")
    done = await stranger.send(page.main.one("form"), ("f.name", NAME), ("f.email", "ida@home.example"))
    assert done.root.one("html").attrs["lang"] == "fi"


@pytest.mark.parametrize("token", ["nope", "x" * 5000, "%00", "..%2f..", "%F0%9F%92%A9"])
async def test_a_made_up_address_gets_a_kind_page(stranger: Browser, token: str) -> None:
    status, _, text = await stranger.raw("GET", f"/r/{token}")
    assert status in (400, 404) and "Traceback" not in text


async def test_an_old_link_says_that_it_is_over(portal: Portal, stranger: Browser, link: str) -> None:
    portal.world.clock.move(days=400)
    page = await stranger.get(link)
    assert page.status == 410 and not page.main.all("form")


async def test_a_signed_in_colleague_is_nobody_special_here(browser: Browser, link: str, aino: Person) -> None:
    page = await browser.get(link)
    assert "Aino" not in page.root.text
