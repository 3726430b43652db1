"""Signing in by a link that comes by mail: what it takes, what it gives away, and how it ends."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from conftest import add_person
from contracts.drivers.portal import Browser, Portal
from sqlmodel import select

from bot.outbox import Delivery
from bot.people import Person, SignInLink


async def _ask(browser: Browser, email: str, next_path: str = "") -> str:
    page = await browser.get(f"/sign-in?next={next_path}" if next_path else "/sign-in")
    sent = await browser.send(page.main.one("form"), ("email", email))
    assert sent.path == "/sign-in/sent"
    return sent.main.text


async def _token(portal: Portal) -> str:
    """The newest link's token, as the mail will carry it."""
    sealed = await portal.world.db.read(lambda s: s.exec(select(SignInLink.sealed).order_by(SignInLink.id.desc())).first())  # type: ignore[union-attr]
    assert sealed
    return portal.world.deployment.vault.open(sealed)


@pytest.fixture
def eva(portal: Portal) -> Person:
    return add_person(portal.world.db, "Eva Niemi", email="eva@home.example", kind="alumna", locale="en")


async def test_who_is_not_signed_in_is_led_to_signing_in_and_back(portal: Portal, eva: Person, stranger: Browser) -> None:
    page = await stranger.get("/answer/abcdefgh?back=/stories")
    assert page.path.startswith("/sign-in?next=/answer/abcdefgh")
    await _ask(stranger, "eva@home.example", "/menu")
    opened = await stranger.get(f"/sign-in/{await _token(portal)}")
    assert "Press the button" in opened.main.text
    signed_in = await stranger.send(opened.main.one("form"))
    assert signed_in.path == "/menu" and "Eva Niemi" in signed_in.root.text


async def test_a_mail_is_owed_to_a_known_address_only_and_nobody_can_tell(portal: Portal, eva: Person, stranger: Browser) -> None:
    known = await _ask(stranger, "Eva@Home.example")
    unknown = await _ask(Browser(portal.client), "nobody@home.example")
    hide = str.maketrans("0123456789", "#" * 10)
    assert known.translate(hide) == unknown.translate(hide)
    owed = await portal.world.db.read(lambda s: s.exec(select(Delivery.person_id).where(Delivery.state == "owed")).all())
    assert owed == [eva.id]


async def test_the_digits_are_the_same_where_it_was_asked_for_and_where_it_is_opened(portal: Portal, eva: Person, stranger: Browser) -> None:
    await _ask(stranger, "eva@home.example")
    asked = (await stranger.get("/sign-in/sent")).main.one("p", class_="code").text
    opened = await Browser(portal.client).get(f"/sign-in/{await _token(portal)}")
    assert opened.main.one("p", class_="code").text == asked and len(asked) == 4


async def test_opening_the_link_signs_nobody_in(portal: Portal, eva: Person, stranger: Browser) -> None:
    await _ask(stranger, "eva@home.example")
    token = await _token(portal)
    scanner = Browser(portal.client)
    for _ in range(3):
        assert (await scanner.get(f"/sign-in/{token}")).status == 200
    assert not scanner.cookies
    assert (await stranger.send((await stranger.get(f"/sign-in/{token}")).main.one("form"))).status == 200


async def test_a_link_works_once(portal: Portal, eva: Person, stranger: Browser) -> None:
    await _ask(stranger, "eva@home.example")
    form = (await stranger.get(f"/sign-in/{await _token(portal)}")).main.one("form")
    other = Browser(portal.client)
    await stranger.post(form.attrs["action"], form.fields())
    late = await other.post(form.attrs["action"], form.fields())
    assert late.status == 410 and "no longer works" in late.main.text and not other.cookies


async def test_the_cookie_is_for_this_server_and_no_script(portal: Portal, eva: Person, stranger: Browser) -> None:
    await _ask(stranger, "eva@home.example")
    async with portal.client.post(f"/sign-in/{await _token(portal)}", data={"x": "y"}, headers=stranger.headers, allow_redirects=False) as answer:
        cookie = next(c for c in answer.headers.getall("Set-Cookie") if c.startswith("vinkki="))
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie and "Domain" not in cookie


async def test_signing_out_ends_the_session_everywhere_it_was_copied_to(browser: Browser) -> None:
    copied = Browser(browser.client, dict(browser.cookies))
    page = await browser.get("/menu")
    out = await browser.send(page.main.one("form", action="/sign-out"))
    assert out.path == "/sign-in" and not browser.cookies
    assert (await copied.get("/menu")).path.startswith("/sign-in")


async def test_who_has_left_is_signed_out(portal: Portal, aino: Person, browser: Browser) -> None:
    def leave(session):  # type: ignore[no-untyped-def]
        session.get(Person, aino.id).end_on = datetime(2020, 1, 1).date()  # noqa: DTZ001

    await portal.world.db.write(leave)
    assert (await browser.get("/menu")).path.startswith("/sign-in")


@pytest.mark.parametrize("email", ["", "aino", "@", "a@", "a b@c.example", "x" * 300])
async def test_what_is_no_address_is_said_beside_the_field(stranger: Browser, email: str) -> None:
    page = await stranger.get("/sign-in")
    wrong = await stranger.send(page.main.one("form"), ("email", email))
    assert wrong.status == 422
    assert wrong.main.one(id="email").attrs["aria-describedby"] == wrong.main.one("p", class_="error").attrs["id"]


async def test_asking_again_and_again_is_slowed_down(stranger: Browser) -> None:
    statuses = []
    for _ in range(6):
        page = await stranger.get("/sign-in")
        statuses.append((await stranger.send(page.main.one("form"), ("email", "eva@home.example"))).status)
    assert statuses[0] == 200 and statuses[-1] == 429


async def test_the_page_speaks_the_browsers_language(stranger: Browser) -> None:
    for header, words in (("fi-FI,fi;q=0.9,en;q=0.8", "Kirjaudu sisään"), ("sv", "Logga in"), ("de, en;q=0.1", "Sign in"), ("xx;q=nonsense", "Sign in")):
        _, _, text = await stranger.raw("GET", "/sign-in", headers={"Accept-Language": header})
        assert words in text
    page = await stranger.get("/sign-in?lang=fi")
    assert page.root.one("html").attrs["lang"] == "fi" and "Kirjaudu" in page.root.one("head").one("title").children[0]


async def test_where_to_go_next_is_never_elsewhere(portal: Portal, eva: Person, stranger: Browser) -> None:
    await _ask(stranger, "eva@home.example", "https://evil.example/")
    stranger.cookies["vinkki_asked"] = "1234.//evil.example"
    status, headers, _ = await stranger.raw("POST", f"/sign-in/{await _token(portal)}", data={"x": "y"}, headers=stranger.headers)
    assert status == 303 and headers["Location"] == "/"


async def test_a_chat_account_is_connected_by_a_button_behind_a_mailed_link(portal: Portal, eva: Person, stranger: Browser) -> None:
    from bot.desks.sign_in import request_connection
    from bot.messages import Caller

    caller = Caller("slack", "T1", "U1", "D1")
    code = await portal.world.db.write(request_connection, portal.world.deployment, caller, "eva@home.example", datetime.now(UTC))
    token = await _token(portal)
    page = await stranger.get(f"/connect/{token}")
    assert "Eva Niemi" in page.main.text and "Slack" in page.main.text and page.main.one("p", class_="code").text == code
    assert "Connected" in (await stranger.send(page.main.one("form"))).main.text
    assert (await stranger.get(f"/connect/{token}")).status == 410


async def test_https_binds_the_cookie_to_the_host(portal: Portal) -> None:
    from dataclasses import replace

    from aiohttp import web

    from adapters.portal.visits import give_cookie

    response = web.Response()
    give_cookie(response, replace(portal.world.deployment, base_url="https://vinkki.example"), "s")
    (cookie,) = (morsel.OutputString() for morsel in response.cookies.values())
    assert cookie.startswith("__Host-vinkki=s") and "Secure" in cookie and "HttpOnly" in cookie
