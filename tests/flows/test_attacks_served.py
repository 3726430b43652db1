"""What an attacker tries on a server that runs: `vinkki serve` as a process of its own with all three platforms and every logger at
DEBUG, spoken to byte by byte. Whatever was sent here stands in no line of its log."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, urlencode

import aiohttp
import jwt
import pytest
import pytest_asyncio
from conftest import add_person
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from loopback.slack import BOT_TOKEN, SECRET
from loopback.slack_people import EVENTS, FORM, SlackPeople, process
from loopback.slack_sight import state
from loopback.teams import APP_ID, APP_PASSWORD
from loopback.teams_client import TeamsClient, open_channel
from sqlmodel import SQLModel, func, select

from adapters.house import new_token
from bot.config import load
from bot.db import Database
from bot.desks import Deployment, front
from bot.outbox import Receipt
from bot.people import Person, WebSession
from bot.referrals import ReferralLink
from bot.vault import Vault

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("served-attacks")]

ROOT = Path(__file__).parents[2]
KEY = "canary-key-that-is-long-enough-000"
BASE = "http://127.0.0.1:8765"
OURS = f"Origin: {BASE}"
TYPED = "canarytyped"  # whatever strangers and colleagues type has this in it
AT_DEBUG = """
import functools, logging
from adapters import logs
logs._QUIET = ()
logs.configure = functools.partial(logs.configure, "DEBUG")
from adapters.main import cli
cli()
"""


@dataclass
class Served:
    """The running server, its database, its log, and those who speak to it."""

    port: int
    db: Database
    deployment: Deployment
    log: Path
    people: SlackPeople
    channel: TeamsClient
    sergeant: Person

    async def ask(self, method: str, path: str, *headers: str, body: bytes = b"") -> tuple[int, str]:
        """Status and whole answer of one request, sent as it is written here."""
        length = [f"Content-Length: {len(body)}"] if body else []
        lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", "Accept: text/html", *headers, *length, "", ""]
        answer = await self.say("\r\n".join(lines).encode("latin-1") + body)
        return int(answer.split()[1]), answer

    async def say(self, raw: bytes) -> str:
        """Everything the server answers to these bytes until it closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(raw)
        try:
            async with asyncio.timeout(20):
                return (await reader.read()).decode("latin-1")
        except ConnectionResetError:
            return ""
        finally:
            writer.close()

    async def drip(self, raw: bytes) -> str:
        """The same, and after these bytes one more every half second."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(raw)
        answer = asyncio.create_task(reader.readuntil(b"</html>"))
        async with asyncio.timeout(20):
            while not (await asyncio.wait([answer], timeout=0.5))[0]:
                writer.write(b"x")
        writer.close()
        return (await answer).decode()

    def count(self, table: type[SQLModel]) -> int:
        return self.db.read_now(lambda s: s.exec(select(func.count()).select_from(table)).one())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> AsyncIterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    (folder / "secret.txt").write_text(f"{TYPED}-beside-the-database")
    shutil.copy(sqlite_template, folder / "vinkki.db")
    url = f"sqlite:///{folder / 'vinkki.db'}"
    with process() as slack:
        async with open_channel() as channel, aiohttp.ClientSession() as session:
            given = {"SECRET_KEY": KEY, "BASE_URL": BASE, "DATABASE_URL": url, "TRUSTED_PROXIES": "127.0.0.1", "SLACK_BOT_TOKEN": BOT_TOKEN,
                     "SLACK_SIGNING_SECRET": SECRET, "SLACK_API_URL": f"{slack}/api/", **channel.settings()}  # fmt: skip
            with running(folder, given) as port:
                channel.bot_url = f"http://127.0.0.1:{port}/api/messages"
                people = SlackPeople(session, f"http://127.0.0.1:{port}", slack)
                db = Database(url)
                vault = Vault.of(load(_env_file=None, secret_key=KEY))
                deployment = Deployment(
                    base_url=BASE, organisation="Meri Oy", currency="EUR", time_zone="Europe/Helsinki", default_locale="en", vault=vault, new_token=new_token
                )
                sergeant = add_person(db, "Canarynen Kersantti", email=f"{TYPED}@meri.example")
                await people.account("U0CANARY", sergeant.email)
                served = Served(port, db, deployment, folder / "log", people, channel, sergeant)

                async def is_connected() -> bool:
                    return '"slack": true' in (await served.ask("GET", "/readyz"))[1]

                await until(is_connected)
                yield served
                db.close()


@contextmanager
def running(folder: Path, given: dict[str, object]) -> Iterator[int]:
    """The server as an operator runs it but for the loggers, and stopped as an operator stops it: cleanly."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("VINKKI_")}
    env = {**clean, "PYTHONPATH": str(ROOT), **{f"VINKKI_{k.upper()}": str(v) for k, v in given.items()}}
    log = folder / "log"
    with log.open("wb") as out:
        server = subprocess.Popen([sys.executable, "-c", AT_DEBUG, "serve", "--port", "0"], cwd=folder, env=env, stdout=out, stderr=out)
    try:
        deadline = time.monotonic() + 60
        while not (found := re.search(r"listening on [\w.]+:(\d+)", log.read_text())):
            assert server.poll() is None and time.monotonic() < deadline, log.read_text()[-2000:]
            time.sleep(0.05)
        yield int(found[1])
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) == 0, log.read_text()[-2000:]


async def until(found: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while True:
            if await found():
                return
            await asyncio.sleep(0.05)


def slow(path: str, *headers: str, length: int = 900) -> bytes:
    """A request whose body never comes whole."""
    return "\r\n".join([f"POST {path} HTTP/1.1", "Host: x", *headers, f"Content-Length: {length}", "", f"email={TYPED}"]).encode()


async def test_bodies_that_dawdle_are_given_up_while_everybody_else_is_answered(house: Served) -> None:
    stamped = [f"{k}: {v}" for k, v in house.people.signature.headers(b"x").items()]
    token = await house.channel.mint()
    doors = {
        "/slack/events": [*stamped, f"Content-Type: {FORM}"],
        "/api/messages": [f"Authorization: Bearer {token}", "Content-Type: application/json"],
        "/sign-in": [OURS, f"Content-Type: {FORM}"],
        "/sign-in/abcdefgh": [OURS, f"Content-Type: {FORM}"],
        "/r/abcdefgh": [OURS, f"Content-Type: {FORM}"],
        "/r/abcdefgh/erase": [OURS, f"Content-Type: {FORM}"],
    }
    dawdling = [asyncio.create_task(house.say(slow(path, *headers))) for path, headers in doors.items() for _ in range(8)]
    file = [OURS, "Content-Type: multipart/form-data; boundary=x", "X-Forwarded-For: 203.0.113.9"]
    dawdling += [asyncio.create_task(house.drip(slow("/r/abcdefgh", *file, length=length))) for length in (900, 5_000_000, 50_000_000) for _ in range(4)]
    others = [await house.ask("GET", path) for _ in range(5) for path in ("/healthz", "/sign-in", "/r/abcdefgh", "/s/abcdefgh")]
    assert [status for status, _ in others] == [200, 200, 404, 404] * 5 and not [d for d in dawdling if d.done()]
    answers = await asyncio.gather(*dawdling)
    assert [a.split()[1] for a in answers] == ["408"] * len(dawdling)
    refused = await asyncio.gather(*(house.say(slow(path, f"Content-Type: {FORM if 'slack' in path else 'application/json'}"))
                                     for path in ("/slack/events", "/api/messages")))  # fmt: skip
    assert [a.split()[1] for a in refused] == ["401", "401"], "without a signature or a token nobody waits for a body"


UP = ("..", "%2e%2e", ".%2e", "%252e%252e", "..%5c", "..;", "....//")
ODD = (
    *(f"/{room}/{up}/{up}/{up}/secret.txt" for room in ("static", "s", "r") for up in UP), "/static/%2fetc%2fpasswd", "/static//etc/passwd", "/static/.env",
    "/secret.txt", "/vinkki.db", "/.env", "/static/portal.css%00.txt", "/slack/events/..%2f..%2fmetrics", "/api/messages%00", "/SLACK/EVENTS", "//slack/events",
    "/s/%0d%0aSet-Cookie:%20x=1", f"/r/{TYPED}%0d%0aX-Owned:%201", "/s/" + "%f0%9f%98%80" * 300, "/metrics/../admin", "/admin/..;/metrics", "/%2e%2e/metrics",
)  # fmt: skip


async def test_no_path_leads_out_of_the_house(house: Served) -> None:
    for path in ODD:
        for method in ("GET", "HEAD", "POST"):
            status, answer = await house.ask(method, path, OURS)
            assert 300 <= status < 500, (method, path, status)
            assert f"{TYPED}-beside" not in answer and "root:x:" not in answer and "SQLite format" not in answer, path
            assert not re.search(r"(?im)^(set-cookie: x|x-owned)", answer), path
    for name in ("X-Forwarded-For", "Forwarded", "Via"):
        assert (await house.ask("GET", "/metrics", f"{name}: 203.0.113.7"))[0] == 404


async def test_no_header_of_the_sender_becomes_one_of_ours(house: Served) -> None:
    evil = "evil.example"
    for headers in ([f"X-Forwarded-Host: {evil}"], [f"X-Original-URL: //{evil}"], [f"Forwarded: host={evil};proto=https"], [f"X-Forwarded-Prefix: //{evil}"]):
        for path in ("/", "/inbox", "/sign-in", f"/sign-in?next=//{evil}", f"/sign-in?next=https://{evil}", "/sign-in?next=%0d%0aX-Owned:1", "/s/abcdefgh"):
            status, answer = await house.ask("GET", path, *headers, f"Cookie: vinkki={TYPED}", f"User-Agent: {TYPED}")
            where = re.search(r"(?im)^location: (.*?)\r$", answer)
            assert status < 400 or path.startswith("/s/"), path
            assert not (where and evil in where[1].split("?")[0]) and f'href="//{evil}' not in answer and f'value="//{evil}' not in answer, (path, answer[:300])
            assert not re.search(r"(?im)^x-owned", answer)
    asked = await house.ask("POST", "/sign-in", f"Host: {evil}", OURS, f"Content-Type: {FORM}", body=urlencode({"email": "x@y.example"}).encode())
    assert asked[0] in (303, 400) and evil not in asked[1]


TWICE = (
    "Content-Length: 6\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\nContent-Length: 6",
    "Content-Length: 6\r\nContent-Length: 0", "Content-Length: +6", "Content-Length: 0x6", "Transfer-Encoding : chunked", "Transfer-Encoding: xchunked",
    "Transfer-Encoding: chunked\r\n Content-Length: 6", "Content-Length: 6, 6", "Content-Length: 6\n\nGET /metrics HTTP/1.1",
)  # fmt: skip


async def test_no_request_hides_in_another(house: Served) -> None:
    hidden = b"0\r\n\r\nGET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    for framing in TWICE:
        answer = await house.say(f"POST /sign-in HTTP/1.1\r\nHost: x\r\n{OURS}\r\nContent-Type: {FORM}\r\n{framing}\r\n\r\n".encode() + hidden)
        assert "vinkki_http_requests" not in answer and " 500 " not in answer.split("\r\n")[0], framing
        assert answer == "" or 400 <= int(answer.split()[1]) < 500, (framing, answer[:100])


async def test_forged_requests_of_the_platforms_have_no_effect(house: Served) -> None:
    before, people = house.count(Receipt), house.people
    body = urlencode(people.command_body("U0CANARY", "/vinkki", TYPED)).encode()
    genuine = dict(people.signature.headers(body))
    old = str(int(time.time()) - 301)
    stated = genuine["X-Slack-Signature"]
    forged = [
        {}, genuine | {"X-Slack-Signature": "v0=" + "0" * 64}, genuine | {"X-Slack-Request-Timestamp": old},
        {"X-Slack-Request-Timestamp": old, "X-Slack-Signature": people.signature.sign(old, body)},
        dict(SlackPeople(people.session, "", "", "another-secret").signature.headers(body)), genuine | {"X-Slack-Signature": f"v1{stated[2:]}"},
    ]  # fmt: skip
    for headers in forged:
        status, _ = await house.ask("POST", EVENTS, *[f"{k}: {v}" for k, v in headers.items()], f"Content-Type: {FORM}", body=body)
        assert status == 401, headers
    assert (await house.ask("POST", EVENTS, *[f"{k}: {v}" for k, v in genuine.items()], f"Content-Type: {FORM}", body=body + b"&x=1"))[0] == 401
    foreign = urlencode(people.command_body("U0CANARY", "/vinkki", TYPED, team_id="T0OTHER")).encode()
    assert (await people.post(foreign, FORM))[0] == 403
    channel, activity = house.channel, house.channel.activity("aad-canary", text=f"vinkki {TYPED}")
    claims = {"iss": "https://api.botframework.com", "aud": APP_ID, "exp": int(time.time()) + 600, "serviceurl": channel.url}
    own_key = jwt.encode(claims, generate_private_key(65537, 2048), algorithm="RS256", headers={"kid": "key-1"})
    unsigned = jwt.encode(claims, None, algorithm="none")
    for token in (own_key, unsigned, jwt.encode(claims, APP_PASSWORD * 2, algorithm="HS256"), f"{await channel.mint()}x"):
        assert (await channel.post(activity, token))[0] == 401
    assert (await channel.post(activity | {"channelData": {"tenant": {"id": "of-somebody-else"}}}))[0] == 403
    assert (await channel.post(activity | {"serviceUrl": "https://evil.example/"}))[0] in (401, 403)
    assert house.count(Receipt) == before


async def test_what_is_played_again_has_one_effect(house: Served) -> None:
    people = house.people
    command = people.command_body("U0CANARY", "/refer")
    assert (await people.post_form(command))[0] == 200

    async def is_open() -> bool:
        return command["trigger_id"] in (await people.state())["opened"]

    await until(is_open)
    now = await people.state()
    view = now["views"][now["opened"][command["trigger_id"]]]
    sent = people.payload("view_submission", "U0CANARY", view=view | {"state": state(view, {})}, response_urls=[])
    body = urlencode({"payload": json.dumps(sent)}).encode()
    signed = [f"{k}: {v}" for k, v in people.signature.headers(body).items()]
    answers = await asyncio.gather(*(house.ask("POST", EVENTS, *signed, f"Content-Type: {FORM}", body=body) for _ in range(6)))
    assert {status for status, _ in answers} == {200} and house.count(ReferralLink) == 1
    await house.channel.ask("join", aad="aad-canary", email=house.sergeant.email)
    said = house.channel.activity("aad-canary", text="vinkki help")
    assert {status for status, _ in await asyncio.gather(*(house.channel.post(said) for _ in range(6)))} == {200}
    told = await house.channel.ask("messages", conversation=said["conversation"]["id"])
    assert len([m for m in told if m.get("attachments")]) == 1


async def test_a_sign_in_link_works_once_and_a_cookie_of_somebody_only_from_our_own_pages(house: Served) -> None:
    link = house.db.write_now(front.sign_in_link, house.deployment, house.sergeant.email, datetime.now(UTC)).removeprefix(BASE)
    assert (await house.ask("POST", link, "Origin: https://evil.example", f"Content-Type: {FORM}", body=b"x=1"))[0] == 403
    once, again = [await house.ask("POST", link, OURS, f"Content-Type: {FORM}", body=b"x=1") for _ in range(2)]
    assert (once[0], again[0]) == (303, 410) and house.count(WebSession) == 1
    given = re.search(r"(?im)^set-cookie: (vinkki=[^;]+)(.*?)\r$", once[1])
    assert given and "HttpOnly" in given[2] and "SameSite=Lax" in given[2]
    cookie, form = f"Cookie: {given[1]}", f"Content-Type: {FORM}"
    page = (await house.ask("GET", "/menu", cookie))[1]
    csrf = re.search(r'name="csrf" value="([^"]+)"', page)
    assert csrf
    post = urlencode({"csrf": csrf[1], "nonce": "nonce-of-this-page", "action": "settings", "value": "", "back": "/"}).encode()
    for headers in ([], [cookie], [cookie, "Origin: https://evil.example"], [cookie, "Origin: null"], [cookie, OURS, "Sec-Fetch-Site: cross-site"], [OURS]):
        status, answer = await house.ask("POST", "/press", *headers, form, body=post)
        assert status in (303, 401, 403) and "Location: /press" not in answer, headers
        assert status != 303 or re.search(r"(?im)^location: /sign-in", answer), headers
    wrong = post.replace(csrf[1].encode(), b"A" * len(csrf[1]))
    assert (await house.ask("POST", "/press", cookie, OURS, form, body=wrong))[0] == 403
    assert (await house.ask("POST", "/press", cookie, OURS, form, body=post))[0] == 200


async def test_asking_for_a_link_tells_nobody_who_works_here(house: Served) -> None:
    answers = []
    for number, email in enumerate((house.sergeant.email, f"nobody-{TYPED}@meri.example", house.sergeant.email.upper(), f"{TYPED}@else.example")):
        body = urlencode({"email": email}).encode()
        status, answer = await house.ask("POST", "/sign-in", OURS, f"Content-Type: {FORM}", f"X-Forwarded-For: 198.51.100.{number}", body=body)
        answers.append((status, re.sub(r"(?i)vinkki_asked=[^;]*|expires=[^;]*|date: .*", "", answer)))
    assert len(set(answers)) == 1 and answers[0][0] == 303
    refused = [
        (await house.ask("POST", "/sign-in", OURS, f"Content-Type: {FORM}", "X-Forwarded-For: 198.51.100.99", body=b"email=x@y.example"))[0] for _ in range(8)
    ]
    assert refused[-1] == 429, "one mailbox is written to a few times and then no more"


async def test_nothing_that_was_sent_stands_in_the_log(house: Served) -> None:
    tokens = house.db.read_now(lambda s: list(s.exec(select(ReferralLink.token))))
    path = f"/r/{tokens[0]}" if tokens else f"/r/{TYPED}1234"
    body = urlencode({"f.name": TYPED, "f.email": f"{TYPED}@home.example", "lang": "en", "confirm": "yes"}).encode()
    await house.ask("POST", path, OURS, f"Content-Type: {FORM}", body=body)
    await house.ask("GET", f"/s/{TYPED}?{TYPED}=1", f"Referer: https://x.example/{TYPED}", f"Accept-Language: {TYPED}")
    await house.ask("GET", f"/inbox?next={quote(TYPED)}", f"Cookie: vinkki={TYPED}; x={TYPED}")
    await house.people.command("U0CANARY", "/vinkki", f"help {TYPED}")
    await house.channel.post(house.channel.activity("aad-canary", text=f"vinkki help {TYPED}"))
    written = house.log.read_text()
    secrets = [KEY, SECRET, BOT_TOKEN, APP_PASSWORD, house.channel.token, "eyJ", *tokens]
    assert not [c for c in (TYPED, "Canarynen", "U0CANARY", *secrets) if c in written]
    lines = [json.loads(line) for line in written.splitlines() if line.startswith("{")]
    assert {line["level"] for line in lines} >= {"debug", "info"} and not [x for x in lines if x["level"] == "error"]
    assert "Traceback" not in written
