"""What a post needs before anything is heard, and that the same post is heard once."""

from __future__ import annotations

import asyncio

import pytest
from conftest import add_person
from contracts.drivers.portal import Browser, Page, Portal
from contracts.gallery import Gallery
from html_reader import Element

from adapters.portal.env import local
from bot.people import Person

OURS = {"Origin": "http://127.0.0.1:8765", "Sec-Fetch-Site": "same-origin"}


async def _gallery(browser: Browser) -> Page:
    menu = await browser.get("/menu")
    return await browser.send(menu.root.one("form", action="/say"), ("text", "vinkki gallery"))


def _asking(page: Page) -> Element:
    return next(f for f in page.root.all("form", class_="press") if dict(f.fields())["action"] == "gallery.ask")


@pytest.mark.parametrize("path", ["/say", "/press", "/submit", "/sight", "/sign-out"])
async def test_without_a_session_nothing_is_heard(stranger: Browser, gallery: Gallery, path: str) -> None:
    page = await stranger.post(path, [("action", "gallery.press"), ("text", "vinkki gallery"), ("nonce", "n" * 16)])
    assert page.status == 401 and "Please sign in again" in page.main.text
    assert not gallery.heard


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:8765.evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:8765", "Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {},
    ],
)
async def test_a_post_from_elsewhere_is_refused(browser: Browser, gallery: Gallery, headers: dict[str, str]) -> None:
    form = (await _gallery(browser)).root.all("form", class_="press")[0]
    gallery.heard.clear()
    browser.headers = headers
    assert (await browser.send(form)).status == 403
    assert not gallery.heard


async def test_a_refused_post_is_not_even_read(browser: Browser, stranger: Browser, gallery: Gallery) -> None:
    """The answer comes although the body never does."""
    for headers, status in (({**OURS}, 401), ({"Origin": "https://evil.example"}, 403)):
        reader, writer = await asyncio.open_connection(stranger.client.host, stranger.client.port)
        lines = ["POST /press HTTP/1.1", "Host: x", "Content-Type: application/x-www-form-urlencoded", "Content-Length: 100000"]
        writer.write("\r\n".join([*lines, *(f"{k}: {v}" for k, v in headers.items()), "", ""]).encode())
        line = await asyncio.wait_for(reader.readline(), 5)
        assert line.split()[1] == str(status).encode()
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize("token", ["", "wrong", "ä" * 43])
async def test_the_sessions_token_is_needed_too(browser: Browser, gallery: Gallery, token: str) -> None:
    form = (await _gallery(browser)).root.all("form", class_="press")[0]
    gallery.heard.clear()
    page = await browser.send(form, ("csrf", token))
    assert page.status == 403 and "out of date" in page.main.text and not gallery.heard


async def test_one_persons_token_is_nothing_in_anothers_session(portal: Portal, browser: Browser, gallery: Gallery) -> None:
    other = add_person(portal.world.db, "Bo Ek")
    await portal.join(other)
    form = (await _gallery(portal.browsers[other.id or 0])).root.all("form", class_="press")[0]
    gallery.heard.clear()
    assert (await browser.send(form)).status == 403 and not gallery.heard


async def test_sent_twice_it_is_heard_once_and_answered_alike(browser: Browser, gallery: Gallery) -> None:
    form = (await _gallery(browser)).root.all("form", class_="press")[0]
    gallery.heard.clear()
    first, second = await asyncio.gather(browser.send(form), browser.send(form))
    assert len(gallery.heard) == 1
    assert first.main.text == second.main.text and first.path == second.path


async def test_the_answer_has_an_address_of_its_own_that_may_be_reloaded(browser: Browser, gallery: Gallery) -> None:
    answer = await browser.send((await _gallery(browser)).root.all("form", class_="press")[0])
    assert answer.path.startswith("/answer/")
    heard = list(gallery.heard)
    assert (await browser.get(answer.path)).main.text == answer.main.text
    assert gallery.heard == heard


async def test_nobody_else_can_read_that_answer(portal: Portal, browser: Browser) -> None:
    answer = await browser.send((await _gallery(browser)).root.all("form", class_="press")[0])
    other = add_person(portal.world.db, "Bo Ek")
    await portal.join(other)
    assert (await portal.browsers[other.id or 0].get(answer.path)).status == 404


@pytest.mark.parametrize("nonce", ["", "short", "x" * 65, "a b c d e f g h", "../../etc/passwd"])
async def test_a_post_without_a_proper_key_is_refused(browser: Browser, gallery: Gallery, nonce: str) -> None:
    form = (await _gallery(browser)).root.all("form", class_="press")[0]
    gallery.heard.clear()
    assert (await browser.send(form, ("nonce", nonce))).status == 400 and not gallery.heard


async def test_a_forms_definition_cannot_be_made_up(portal: Portal, browser: Browser, gallery: Gallery) -> None:
    page = await _gallery(browser)
    form = (await browser.send(_asking(page))).root.one("form", class_="form")
    other = add_person(portal.world.db, "Bo Ek")
    await portal.join(other)
    theirs = (await portal.browsers[other.id or 0].send(_asking(await _gallery(portal.browsers[other.id or 0])))).root
    sealed_for_other = dict(theirs.one("form", class_="form").fields())["form"]
    gallery.heard.clear()
    vault = portal.world.deployment.vault
    for wrong in ("", "nonsense", "ä", vault.seal("form:1:{}"), vault.seal("x"), sealed_for_other):
        assert (await browser.send(form, ("form", wrong))).status == 400
    assert not gallery.heard


async def test_a_lookup_typed_by_hand_asks_which_one_is_meant(browser: Browser, gallery: Gallery) -> None:
    page = await _gallery(browser)
    form = (await browser.send(_asking(page))).root.one("form", class_="form")
    searched = await browser.send(form, ("q.opening", "boat"), ("search", "opening"), ("f.name", "Kept"))
    choices = [(e.attrs["value"], e.within("label").text) for e in searched.root.all("input", name="f.opening") if e.attrs["value"]]  # type: ignore[union-attr]
    assert choices == [("0", "boat 0"), ("1", "boat 1"), ("2", "boat 2")]
    again = searched.root.one("form", class_="form")
    assert dict(again.fields())["f.name"] == "Kept"
    unchosen = await browser.send(form, ("q.opening", "boat"))
    assert unchosen.status == 422 and "Several fit" in unchosen.root.one(id="e-opening").text
    done = await browser.send(again, ("f.opening", "2"))
    assert "Thank you Kept" in done.main.text and "opening=2" in gallery.heard[-1]


async def test_a_button_that_leads_out_is_heard_and_goes_on(portal: Portal, browser: Browser, aino: Person, gallery: Gallery) -> None:
    form = (await _gallery(browser)).root.all("form", class_="press")[0]
    seal = portal.world.deployment.vault.seal
    status, headers, text = await browser.raw("POST", "/press", data=[*form.fields(), ("go", seal("https://example.com/share?x=1"))], headers=browser.headers)
    assert status == 200 and headers["Refresh"] == "0; url=https://example.com/share?x=1" and "https://example.com/share?x=1" in text
    assert gallery.heard
    for wrong in ("https://evil.example/", "javascript:alert(1)"):
        status, headers, _ = await browser.raw("POST", "/press", data=[*form.fields(), ("go", wrong)], headers=browser.headers)
        assert status == 400 and "Refresh" not in headers


@pytest.mark.parametrize("path", ["https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil", "javascript:alert(1)", "", "/a\nb", "/a\tb", " /a"])
def test_the_way_back_stays_in_the_house(path: str) -> None:
    assert local(path) == "/"


async def test_pages_carry_their_policy_and_are_not_kept(browser: Browser, stranger: Browser) -> None:
    for who, path in ((browser, "/menu"), (stranger, "/sign-in")):
        _, headers, _ = await who.raw("GET", path)
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe-inline" not in policy and "frame-ancestors 'none'" in policy
        assert headers["Cache-Control"] == "no-store" and headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY" and headers["Referrer-Policy"] == "same-origin"


async def test_too_large_a_post_is_refused(browser: Browser, gallery: Gallery) -> None:
    form = (await _gallery(browser)).root.all("form", class_="press")[0]
    gallery.heard.clear()
    assert (await browser.send(form, ("value", "x" * 300_000))).status == 413 and not gallery.heard


async def test_static_files_are_the_portals_own_and_nothing_else(stranger: Browser) -> None:
    status, headers, _ = await stranger.raw("GET", "/static/portal.css?v=1")
    assert status == 200 and "immutable" in headers["Cache-Control"] and headers["Content-Type"].startswith("text/css")
    for name in ("../env.py", "..%2fenv.py", "nothing.css", "%00"):
        status, _, _ = await stranger.raw("GET", f"/static/{name}")
        assert status == 404
