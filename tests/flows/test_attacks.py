"""What an attacker tries over HTTP, on the public routes as they are served: each line here was a hole, or looked like one."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Any

import pytest
import structlog
from aiohttp import web
from bonus_world import make_world
from conftest import START, StillClock, add_person
from contracts.driver import World
from contracts.drivers.portal import Browser as Signed
from contracts.drivers.portal import Portal, open_driver
from flows.browser import Browser, open_browser
from referral_desk import company
from sqlmodel import Session, col, select

from adapters import logs
from adapters.delivery import Lanes
from adapters.mail import MailAdapter
from adapters.portal import PortalAdapter
from adapters.web import PROXIED, make_app
from bot.bonuses import Bonus, PayRun
from bot.db import Database
from bot.desks import Deployment, front
from bot.people import Person, WebSession
from bot.ports import Letter
from bot.referrals import Referral, StageChange

OURS = "Sec-Fetch-Site: same-origin"
FORM = "Content-Type: application/x-www-form-urlencoded"
PARTS = "Content-Type: multipart/form-data; boundary=X"


@pytest.fixture
def world(db: Database, deployment: Deployment, clock: StillClock) -> World:
    return World(db, deployment, clock)


@pytest.fixture
def small(lite: Database, deployment: Deployment, clock: StillClock) -> World:
    return World(lite, deployment, clock)


@asynccontextmanager
async def served(world: World) -> AsyncIterator[int]:
    """The application's port on loopback; what fails in it is an error of ours."""
    runner = web.AppRunner(make_app(hub := world.hub(), [PortalAdapter(hub, {})], dict), auto_decompress=False, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def ask(port: int, method: str, path: str, *headers: str, body: bytes = b"") -> int:
    """The status of one request, sent byte for byte as it is written here."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = [f"{method} {path} HTTP/1.1", "Host: x", "Connection: close", "Accept: text/html", *headers]
    writer.write("\r\n".join([*lines, *([f"Content-Length: {len(body)}"] if body else []), "", ""]).encode("latin-1") + body)
    async with asyncio.timeout(20):
        answer = await reader.read()
    writer.close()
    return int(answer.split()[1])


def part(name: str, value: str, *headers: str) -> bytes:
    """One part of a multipart body, the whole of it where it is the only one."""
    lines = ["--X", f'Content-Disposition: form-data; name="{name}"', *headers, "", value, "--X--", ""]
    return "\r\n".join(lines).encode()


CHARSETS = ("unicode-escape", "raw-unicode-escape", "utf-7", "utf-16", "idna", "punycode", "rot13", "hex", "zlib", "nonexistent", "undefined")
ODD_BODIES = (
    *((PARTS, part("email", "a@b\\ud800.example", f"Content-Type: text/plain; charset={c}")) for c in CHARSETS),
    *((PARTS, part("email", "a\\x00@b.example", f"Content-Type: text/plain; charset={c}")) for c in CHARSETS[:2]),
    *((PARTS, part("email", "x" * 99, f"Content-Encoding: {c}")) for c in ("gzip", "deflate", "br")),
    (PARTS, part("email", "!", *["A: b"] * 3000)), (PARTS, part("email", "x", "Content-Type: a/b; charset=a\0b")), (PARTS, b"--X\r\n\r\n--X--"), (PARTS, b"x"),
    ("Content-Type: multipart/form-data", b"x"), ("Content-Type: multipart/form-data; boundary=", b"x"),
    (f"{FORM}; charset=unicode-escape", b"email=a@b\\ud800.c"), (f"{FORM}; charset=hex", b"email=a"), (FORM, b"email=a%00@b.example"), (FORM, b"\xff=%ff"),
    (FORM, b"&".join(b"a%d=1" % i for i in range(5000))), ("Content-Type: text/plain", b"email=a@b.c"),
)  # fmt: skip
ODD_PATHS = (
    "/r/%00", "/r/a%00b/download", "/s/%00%00%00%00%00%00%00%00", "/sign-in/%00",
    "/connect/%00", "/%00", "/r/%ff", "/r/%ED%A0%80", "/sign-in/%ED%A0%80", "//evil.example",
    "/..%2f..%2fetc/passwd", "/static/..%2f..%2fenv.py", "/r/x%0d%0aSet-Cookie:x=1", "/sign-in?next=%0d%0aX:1", "/sign-in?next=//evil.example", "/r/x?lang=%00",
    "/inbox?page=" + "9" * 5000, "/r/" + "a" * 8000, "/" + "a" * 9000, "http://evil.example/", "*",
)  # fmt: skip


async def test_no_path_is_an_error_of_ours(world: World) -> None:
    async with served(world) as port:
        found = {path[:40]: await ask(port, method, path) for path in ODD_PATHS for method in ("GET", "HEAD")}
        assert all(status < 500 for status in found.values()), found
        assert found["/r/%00"] == found["/sign-in/%00"] == 404
        for method in ("TRACE", "PUT", "DELETE", "OPTIONS", "CONNECT"):
            assert await ask(port, method, "/") in (404, 405)


async def test_no_header_is_an_error_of_ours(small: World) -> None:
    async with served(small) as port:
        for header in ("Cookie: vinkki=\xff\xfe", "Cookie: vinkki=" + "a" * 7000,
                       'Cookie: vinkki="\\000"; vinkki_asked=1234.//evil', "Accept-Language: \xff;q=nan,fi;q=1e999",
                       "User-Agent: \xff\xfe", "X-Forwarded-For: \xff, ::::, 1.2.3", "Origin: http://[", "Expect: foo", "Content-Length: -1",
                       *[f"X-{n}: {n}" for n in range(2)]):  # fmt: skip
            for path in ("/", "/sign-in", "/r/abc", "/static/portal.css"):
                assert await ask(port, "GET", path, header) < 500, header[:40]
        assert await ask(port, "GET", "/sign-in", *[f"X-{n}: {n}" for n in range(1000)]) == 400


async def test_no_body_is_an_error_of_ours(world: World) -> None:
    async with served(world) as port:
        for kind, body in ODD_BODIES:
            for path in ("/sign-in", "/r/abcdefgh"):
                assert await ask(port, "POST", path, OURS, kind, body=body) < 500, (kind, body[:60])
        assert await ask(port, "POST", "/sign-in", OURS, FORM, "Content-Encoding: gzip", body=b"\x1f\x8b") == 415


async def test_through_a_proxy_there_are_no_figures(small: World) -> None:
    async with served(small) as port:
        assert await ask(port, "GET", "/metrics") == 200
        for name in PROXIED:
            assert await ask(port, "GET", "/metrics", f"{name}: 203.0.113.7") == 404, name


async def test_sign_in_says_the_same_of_everybody(small: World) -> None:
    add_person(small.db, "Aino Salo")
    add_person(small.db, "Leo Lind", end_on=date(2020, 1, 1))
    async with open_browser(small) as browser:
        answers = [await browser.post("/sign-in", {"email": e}) for e in ("aino.salo@meri.example", "leo.lind@meri.example", "nobody@meri.example")]
        assert {(a.status, a.text, a.location) for a in answers} == {(303, "", "/sign-in/sent")}


async def _confirm(browser: Browser, address: str, email: str) -> str:
    page = await browser.get(address)
    fields = page.form(address) | {"f.name": "Maija Meikäläinen", "f.email": email, "lang": "en"}
    return (await browser.post(address, fields)).location.partition("?")[0]


async def test_whether_somebody_was_referred_before_cannot_be_seen(small: World) -> None:
    house = company(small.db, small.deployment)
    mine, theirs = await house.link(house.aino), await house.link(house.rolf)
    async with open_browser(small) as browser:
        first, second = await _confirm(browser, f"/r/{mine.token}", "maija@example.com"), await _confirm(browser, f"/r/{theirs.token}", "Maija@Example.com")
        assert [r.stage for r in house.rows(Referral)] == ["confirmed", "duplicate"]
        pages = [(await browser.get(address)).text.replace(address, "").replace("Rolf Berg", "Aino Salo") for address in (first, second)]
        assert pages[0] == pages[1] and "withdraw" in pages[1]
        assert (await browser.post(f"{second}/withdraw", {"lang": "en"})).status == 303
        assert [r.stage for r in house.rows(Referral)] == ["confirmed", "withdrawn"]


class Box:
    """A mailer that keeps what it was given."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []

    async def post(self, letter: Letter, key: str) -> None:
        self.letters.append(letter)


CANARIES = ("Canarynen", "canary@example.com", "+358401234567", "in/canary", "canary message")


@pytest.fixture
def at_debug() -> Iterator[None]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    logs.configure("DEBUG")
    yield
    root.handlers, root.level = before, level
    structlog.reset_defaults()


async def test_a_candidate_stands_in_no_table_and_no_log_in_clear_and_is_gone_when_erased(
    small: World, at_debug: None, capfd: pytest.CaptureFixture[str]
) -> None:
    house, box = company(small.db, small.deployment), Box()
    link = await house.link()
    values = {
        "name": "Maija Canarynen",
        "email": "canary@example.com",
        "phone": CANARIES[2],
        "linkedin": "https://www.linkedin.com/in/canary",
        "message": CANARIES[4],
    }
    token = house.confirm(link, **values).token
    lanes = Lanes(hub := small.hub(), {"mail": MailAdapter(hub, box)})
    await lanes.drain()
    assert "canary@example.com" in [letter.to for letter in box.letters]
    letters = [f"{letter.subject}{letter.text}" for letter in box.letters if letter.to != "canary@example.com"]
    assert letters and not [c for c in CANARIES for text in letters if c in text]
    assert not _found(small.db, (*CANARIES, token))
    async with open_browser(small) as browser:
        assert (await browser.post(f"/r/{token}/erase", {"lang": "en"})).status == 303
        assert (await browser.get(f"/r/{token}")).status == 410
    await lanes.drain()
    assert not _found(small.db, (*CANARIES, token))
    said = "".join(capfd.readouterr())
    assert not [c for c in (*CANARIES, token, link.token, "aino.salo@") if c in said]


def _found(db: Database, canaries: tuple[str, ...]) -> list[str]:
    """Which of the texts stand anywhere in the database."""

    def dump(raw: Any) -> str:
        return "\n".join(raw.driver_connection.iterdump())

    whole = db.write_raw_now(dump)
    return [c for c in canaries if c in whole]


async def _press(browser: Signed, action: str, value: str) -> int:
    page = await browser.get("/menu")
    csrf = dict(page.root.one("form", action="/say").fields())["csrf"]
    nonce = re.sub(r"\W", "", f"{action}{value}{id(browser)}")
    return (await browser.post("/press", [("csrf", csrf), ("nonce", nonce), ("action", action), ("value", value), ("back", "/")])).status


async def _joined(portal: Portal, *people: Person) -> list[Signed]:
    for person in people:
        await portal.join(person)
    return [portal.browsers[person.id or 0] for person in people]


async def test_of_two_recruiters_who_take_at_once_one_has_it(world: World) -> None:
    house = company(world.db, world.deployment)
    referral, _ = await house.confirmed()
    async with open_driver(world) as portal:
        rita, rolf, hanna = await _joined(portal, house.rita, house.rolf, house.hanna)
        value = f"{referral.id}:{referral.version}"
        assert await asyncio.gather(*(_press(who, "referral.take", value) for who in (rita, rolf, hanna))) == [200] * 3
    assert (after := house.referral(referral.id or 0)).stage == "taken" and after.version == referral.version + 1
    assert [c.new for c in house.rows(StageChange)].count("taken") == 1


async def test_approved_and_exported_at_once_it_is_paid_once(world: World) -> None:
    house = make_world(world.db)
    plan = house.plan((1, "500,00"))
    (bonus,) = house.hire(house.refer(plan, hired=add_person(world.db, "Uusi Tulija", start_on=START.date())), START.date())
    house.morning(date(2026, 3, 10))
    bonus = house.bonus(bonus.id)
    assert bonus.state == "eligible"
    async with open_driver(world) as portal:
        hr, other, payroll = await _joined(portal, house.hr, house.other_hr, house.payroll)
        await asyncio.gather(*(_press(who, "bonus.approve", f"{bonus.id}:{bonus.version}") for who in (hr, other)))
        assert (approved := house.bonus(bonus.id)).state == "approved" and approved.version == bonus.version + 1
        await asyncio.gather(*(_press(who, "payrun.close", "EUR") for who in (hr, other, payroll)))
        runs = world.db.read_now(lambda s: list(s.exec(select(PayRun))))
        assert len(runs) == 1 and runs[0].total_minor == 50_000
        await asyncio.gather(*(_press(who, "payrun.pay", f"{runs[0].id}") for who in (hr, other, payroll)))
    assert house.bonus(bonus.id).state == "paid" and house.owed() == 0
    assert world.db.read_now(lambda s: len(list(s.exec(select(Bonus).where(col(Bonus.state) == "paid"))))) == 1


async def test_one_sign_in_link_used_five_times_at_once_signs_in_once(world: World) -> None:
    person = add_person(world.db, "Aino Salo")
    link = await world.db.write(front.sign_in_link, world.deployment, person.email, datetime.now(UTC))
    async with open_browser(world) as browser:
        answers = await asyncio.gather(*(browser.post(link.removeprefix(world.deployment.base_url), {"x": "1"}) for _ in range(5)))
    assert sorted(a.status for a in answers) == [303, 410, 410, 410, 410]

    def sessions(session: Session) -> int:
        return len(list(session.exec(select(WebSession))))

    assert world.db.read_now(sessions) == 1


async def test_one_form_posted_four_times_at_once_makes_one_candidate_who_is_erased_once(world: World) -> None:
    house = company(world.db, world.deployment)
    link = await house.link()
    async with open_browser(world) as browser:
        fields = (await browser.get(f"/r/{link.token}")).form(f"/r/{link.token}") | {"f.name": "Maija M", "f.email": "maija@example.com"}
        answers = await asyncio.gather(*(browser.post(f"/r/{link.token}", fields) for _ in range(4)))
        assert {a.status for a in answers} == {303} and len({a.location for a in answers}) == 1
        own = answers[0].location.partition("?")[0]
        for method in ("GET", "HEAD"):  # looking changes nothing
            async with browser.session.request(method, f"{browser.base}{own}/erase") as response:
                assert response.status == 405
        ends = await asyncio.gather(*(browser.post(f"{own}/{right}", {"lang": "en"}) for right in ("erase", "withdraw", "erase")))
        assert {e.status for e in ends} == {303} and (await browser.get(own)).status == 410
    assert [r.stage for r in house.rows(Referral)] == ["erased"]
    assert [c.new for c in house.rows(StageChange)].count("erased") == 1


async def test_a_candidates_will_is_done_also_while_a_recruiter_presses(world: World) -> None:
    house = company(world.db, world.deployment)
    async with open_driver(world) as portal, open_browser(world) as browser:
        (rita,) = await _joined(portal, house.rita)
        for number in range(4):
            referral, own = await house.confirmed(email=f"maija{number}@example.com")
            press = _press(rita, "referral.take", f"{referral.id}:{referral.version}")
            page, _ = await asyncio.gather(browser.post(f"/r/{own}/erase", {"lang": "en"}), press)
            assert page.status == 303 and house.referral(referral.id or 0).stage == "erased"


@pytest.mark.parametrize("where", ["withdraw", "erase", "", "download"])
async def test_a_colleagues_link_gives_no_right_over_who_came_by_it(small: World, where: str) -> None:
    house = company(small.db, small.deployment)
    _, own = await house.confirmed()
    link = await house.link()
    async with open_browser(small) as browser:
        for token in (link.token, own[:-1], own + "x", own.swapcase()):
            page = await (browser.get(f"/r/{token}/download") if where == "download" else browser.post(f"/r/{token}/{where}".rstrip("/"), {"lang": "en"}))
            assert page.status < 500 and "maija" not in page.text.lower()
    assert house.last().stage == "confirmed"
