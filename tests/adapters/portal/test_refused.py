"""Whatever is refused on the way in is answered to people by a kind page in their language, and to machines by a word."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer
from conftest import StillClock
from contracts.drivers.portal import Browser, Portal
from contracts.gallery import HOSTILE
from html_reader import Element, read_html

from adapters import guard, share_links
from adapters.guard import Limiter
from adapters.house import make_house
from adapters.hub import Hub
from adapters.portal import candidate
from bot.config import load
from bot.db import Database
from bot.desks import Deployment
from content.catalog import entries

BROWSER = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}
OURS = {"Origin": "http://127.0.0.1:8765", "Sec-Fetch-Site": "same-origin"}
LOCALES = ("en", "fi", "sv")


@pytest.fixture
def hub(lite: Database, deployment: Deployment, clock: StillClock) -> Hub:
    return Hub(load(_env_file=None, secret_key="a-test-key-that-is-long-enough-000"), lite, deployment, clock)


@pytest_asyncio.fixture
async def door(hub: Hub) -> AsyncIterator[TestClient]:
    """The whole house's routes, its lanes and clock standing still."""
    async with TestClient(TestServer(make_house(hub).app)) as client:
        yield client


async def _page(answer: ClientResponse, status: int, locale: str) -> Element:
    """The kind page of a status: its words in the reader's language, a strict policy, nothing of what was sent."""
    text = await answer.text()
    assert answer.status == status and answer.content_type == "text/html", text[:200]
    page, words, told = read_html(text), entries(locale), 400 if status == 415 else status
    assert page.one("html").attrs["lang"] == locale
    assert page.one("h1").text == words[f"portal.problem.title_{told}"] and words[f"portal.problem.text_{told}"] in page.one("main").text
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "script" not in policy and not page.all("script")
    assert answer.headers["Cache-Control"] == "no-store" and "canary" not in text
    return page


def _nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody may look even once."""
    monkeypatch.setattr(candidate, "Limiter", lambda **_: Limiter(per_minute=6, burst=0))


def _tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidate, "CANDIDATE_LIMIT", 10)


def _no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    async def slow(*_: object) -> None:
        raise guard.Refused(408)

    monkeypatch.setattr(candidate, "read_form", slow)


def _breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object) -> None:
        raise RuntimeError(HOSTILE)

    monkeypatch.setattr(candidate.candidate, "view", breaks)


def _no_clicks(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(share_links.ShareLinks, "_record", full)


def _as_it_is(_monkeypatch: pytest.MonkeyPatch) -> None:
    pass


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize(
    ("prepare", "method", "path", "headers", "status"),
    [
        (_nothing, "GET", "/r/canary-1234", {}, 429),
        (_nothing, "POST", "/r/canary-1234/erase", OURS, 429),
        (_as_it_is, "POST", "/r/canary-1234", {"Origin": "https://evil.example"}, 403),
        (_tiny, "POST", "/r/canary-1234", OURS, 413),
        (_no_time, "POST", "/r/canary-1234/withdraw", OURS, 408),
        (_as_it_is, "POST", "/r/canary-1234", OURS | {"Content-Type": "text/x-canary-1234"}, 415),
        (_as_it_is, "PUT", "/r/canary-1234", OURS, 405),
        (_breaks, "GET", "/r/canary-1234", {}, 500),
        (_as_it_is, "POST", "/s/canary-1234", OURS, 405),
        (_no_clicks, "GET", "/s/canary-1234", {}, 503),
        (_as_it_is, "GET", "/press", {}, 405),
        (_as_it_is, "GET", "/canary-1234", {}, 404),
        (_as_it_is, "GET", "/static/canary-1234", {}, 404),
    ],
)
async def test_a_browser_gets_a_kind_page_in_its_language(
    hub: Hub,
    monkeypatch: pytest.MonkeyPatch,
    locale: str,
    prepare: Callable[[pytest.MonkeyPatch], None],
    method: str,
    path: str,
    headers: dict[str, str],
    status: int,
) -> None:
    prepare(monkeypatch)
    kind = {"Content-Type": "application/x-www-form-urlencoded"} if method == "POST" else {}
    async with TestClient(TestServer(make_house(hub).app)) as client:
        sent = BROWSER | kind | headers | {"Accept-Language": locale}
        answer = await client.request(method, path, headers=sent, data=b"name=" + b"a" * 100 if kind else None)
        page = await _page(answer, status, locale)
    assert bool(page.one("main").all("a", href="/")) == (not path.startswith(("/r/", "/s/")))
    if status in (429, 503):
        assert int(answer.headers["Retry-After"]) > 0
    if status == 405:
        assert answer.headers["Allow"]


async def test_a_refused_post_of_somebody_signed_in_says_when_to_try_again(portal: Portal, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portal.adapter.imports.tries, "burst", 0)
    status, headers, text = await browser.raw("POST", "/admin/people/import", data=b"x", headers=OURS | {"Content-Type": "multipart/form-data; boundary=x"})
    assert status == 429 and headers["Retry-After"] == "10" and entries("en")["portal.problem.title_429"] in text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/healthz", 405),
        ("POST", "/readyz", 405),
        ("POST", "/metrics", 405),
        ("GET", "/slack/events", 404),
        ("GET", "/api/messages", 404),
        ("POST", "/slack/x", 404),
    ],
)
async def test_machines_get_a_word_even_if_they_would_take_a_page(door: TestClient, method: str, path: str, status: int) -> None:
    answer = await door.request(method, path, headers=BROWSER)
    assert answer.status == status and answer.content_type == "text/plain" and len(await answer.text()) < 40


async def test_a_script_that_asks_for_no_page_gets_a_word(door: TestClient) -> None:
    answer = await door.get("/nothing-here", headers={"Accept": "application/json"})
    assert (answer.status, answer.content_type, await answer.text()) == (404, "text/plain", "not found\n")


async def test_an_old_share_link_can_be_read_in_another_language(door: TestClient) -> None:
    page = read_html(await (await door.get("/s/canary-1234", headers={"Accept-Language": "fi"})).text())
    assert page.one("html").attrs["lang"] == "fi"
    swedish = page.one("nav").one("a", lang="sv").attrs["href"]
    assert read_html(await (await door.get(f"/s/canary-1234{swedish}")).text()).one("html").attrs["lang"] == "sv"
