from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer, make_mocked_request

from adapters.guard import CHAT_LIMIT, TRUSTED_PROXIES, Limiter, Refused, client_address, guarded, read_form, trusted


def _route(seen: list[object], seconds: float = 5.0):
    def headers(request: web.Request) -> None:
        if request.headers.get("X-Key", "") not in ("good", "late"):
            raise Refused(401)

    async def authenticate(request: web.Request, body: bytes) -> str:
        if request.headers["X-Key"] != "good":
            raise Refused(401)
        return "proof"

    def envelope(proof: str, body: bytes) -> dict[str, object]:
        seen.append(body)
        try:
            parsed = json.loads(body)
        except (ValueError, RecursionError):
            raise Refused(400) from None
        if not isinstance(parsed, dict):
            raise Refused(400)
        return parsed

    async def handler(request: web.Request, envelope: dict[str, object]) -> web.StreamResponse:
        assert json.loads(await request.text()) == envelope  # the body is cached for an SDK that reads it again
        return web.json_response(envelope)

    return guarded(handler, authenticate=authenticate, envelope=envelope, headers=headers, content_types=("application/json",), seconds=seconds)


@pytest.fixture
async def seen() -> list[object]:
    return []


@pytest.fixture
async def client(seen: list[object]) -> AsyncIterator[TestClient]:
    app = web.Application(client_max_size=32)  # the guard's own limit counts, not the application's
    app.router.add_post("/chat", _route(seen))
    app.router.add_post("/slow", _route(seen, seconds=0.1))
    async with TestClient(TestServer(app)) as c:
        yield c


GOOD = {"X-Key": "good", "Content-Type": "application/json"}


async def test_a_genuine_request_reaches_the_handler(client: TestClient) -> None:
    answer = await client.post("/chat", data=b'{"a": "' + b"x" * 100_000 + b'"}', headers=GOOD)
    assert answer.status == 200


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"Content-Type": "application/json"}, b"{}", 401),
        ({"X-Key": "late", "Content-Type": "application/json"}, b"[" * 100_000, 401),
        (GOOD, b"[1]", 400),
        (GOOD, b"[" * 100_000, 400),
        (GOOD, b"\xff\xfe", 400),
        (GOOD, b"", 400),
        (GOOD | {"Content-Type": "text/plain"}, b"{}", 415),
        (GOOD | {"Content-Encoding": "gzip"}, b"{}", 415),
        (GOOD, b"x" * (CHAT_LIMIT + 1), 413),
    ],
)
async def test_what_is_refused_and_how(client: TestClient, seen: list[object], headers: dict[str, str], body: bytes, status: int) -> None:
    answer = await client.post("/chat", data=io.BytesIO(body), headers=headers)
    assert answer.status == status
    assert len(await answer.read()) < 40
    assert status == 400 or seen == [], "nothing is parsed before it is genuine"


async def test_a_body_without_a_length_is_cut_at_the_limit(client: TestClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"x" * 64 * 1024

    answer = await client.post("/chat", data=endless(), headers=GOOD)
    assert answer.status == 413


async def test_a_body_that_dawdles_is_given_up(client: TestClient) -> None:
    reader, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(b"POST /slow HTTP/1.1\r\nHost: x\r\nX-Key: good\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{")
    head = await reader.readuntil(b"\r\n\r\n")
    writer.close()
    assert b" 408 " in head and b"Connection: close" in head


async def test_a_broken_form_is_a_refusal_and_not_an_error() -> None:
    async def take(request: web.Request) -> web.Response:
        try:
            return web.json_response({k: str(v) for k, v in (await read_form(request, limit=1000)).items()})
        except Refused as refused:
            return refused.response()

    app = web.Application()
    app.router.add_post("/", take)
    form = "application/x-www-form-urlencoded"
    async with TestClient(TestServer(app)) as client:
        assert await (await client.post("/", data={"name": "Aino"})).json() == {"name": "Aino"}
        for body, kind, status in [
            (b"a=" + b"x" * 1000, form, 413),
            (b"a=%ff%fe", form + "; charset=nonsense", 400),
            (b"--nothing", "multipart/form-data", 400),
            (b"--b\r\nContent-Disposition: form-data\r\n\r\nx", "multipart/form-data; boundary=b", 400),
            (b"{}", "application/json", 415),
        ]:
            assert (await client.post("/", data=body, headers={"Content-Type": kind})).status == status, (body[:20], kind)


@pytest.mark.parametrize(
    ("forwarded", "proxies", "expected"),
    [
        ("", "", "192.0.2.1"),
        ("203.0.113.9", "", "192.0.2.1"),  # nobody is trusted: the header is ignored
        ("203.0.113.9", "192.0.2.1", "203.0.113.9"),
        ("6.6.6.6, 203.0.113.9", "192.0.2.1", "203.0.113.9"),  # what the client itself wrote is not read
        ("203.0.113.9, 192.0.2.2", "192.0.2.1, 192.0.2.2", "203.0.113.9"),
        ("6.6.6.6, 203.0.113.9, 10.1.2.3", "10.0.0.0/8, 192.0.2.0/24", "203.0.113.9"),  # a network of proxies
        ("203.0.113.9:50123", "192.0.2.1", "203.0.113.9"),  # Azure's write the port too
        ("[2001:db8::7]:50123", "192.0.2.1", "2001:db8::7"),
        ("2001:db8::7", "192.0.2.1, ::1", "2001:db8::7"),
        ("<script>", "192.0.2.1", ""),
    ],
)
def test_forwarded_addresses_are_believed_from_trusted_proxies_only(forwarded: str, proxies: str, expected: str) -> None:
    app = web.Application()
    app[TRUSTED_PROXIES] = trusted(proxies)
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request = make_mocked_request("GET", "/", headers=headers, app=app).clone(remote="192.0.2.1")
    request._match_info = make_mocked_request("GET", "/", app=app)._match_info
    assert client_address(request) == expected


def test_a_limiter_lets_a_burst_through_and_then_says_how_long_to_wait() -> None:
    moment = 0.0
    limiter = Limiter(per_minute=6, burst=2, size=2, clock=lambda: moment)
    limiter.require("a"), limiter.require("a")
    with pytest.raises(Refused) as refused:
        limiter.require("a")
    assert refused.value.status == 429 and refused.value.retry_after == 10
    moment = 10.0
    limiter.require("a")
    for key in "bcd":
        limiter.require(key)
    assert len(limiter._buckets) == 2, "the memory of a limiter is bounded"
