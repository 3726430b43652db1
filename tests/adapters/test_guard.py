from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer, make_mocked_request

from adapters import guard
from adapters.guard import CHAT_LIMIT, PIECE, TRUSTED_PROXIES, Limiter, Refused, arriving, client_address, guarded, read_form, see_off, trusted


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
            return web.json_response(await read_form(request, limit=1000))
        except Refused as refused:
            return refused.response()

    app = web.Application()
    app.router.add_post("/", take)
    form = "application/x-www-form-urlencoded"
    async with TestClient(TestServer(app)) as client:
        assert await (await client.post("/", data=[("name", "Åke"), ("name", ""), ("x", "a b&=")])).json() == {"name": ["Åke", ""], "x": ["a b&="]}
        latin = {"Content-Type": form + "; charset=iso-8859-1"}
        assert await (await client.post("/", data=b"a=%C5ke&b=%00&c\r\n", headers=latin)).json() == {
            "a": ["Åke"],
            "b": ["\N{REPLACEMENT CHARACTER}"],
            "c": [""],
        }
        for body, kind, status in [
            (b"a=" + b"x" * 1000, form, 413),
            (b"a=%ff%fe", form + "; charset=nonsense", 400),
            (b"a=" + b"bcdz0" * 100, form + "; charset=punycode", 400),  # minutes of work, if there were more of it
            (b"a=\xff", form, 400),
            (b"&a" * 499, form, 200),
            (b"--b\r\n", "multipart/form-data; boundary=b", 415),
            (b"{}", "application/json", 415),
        ]:
            assert (await client.post("/", data=body, headers={"Content-Type": kind})).status == status, (body[:20], kind)


@pytest.fixture
async def gate() -> AsyncIterator[TestClient]:
    """Takes bodies as they arrive; what it answered while one still came, it sees off. It never lingers by itself."""

    async def take(request: web.Request) -> web.StreamResponse:
        try:
            async with arriving(request, 1000_000, float(request.query.get("longest", "inf"))) as body:
                size = 0
                while piece := await body.read(PIECE):
                    size += len(piece)
            return web.Response(text=str(size))
        except Refused as refused:
            return refused.response()

    async def refuse(request: web.Request) -> web.StreamResponse:
        answer = Refused(413).response()
        await see_off(request, answer)
        return answer

    app = web.Application()
    app.router.add_post("/", take)
    app.router.add_post("/off", refuse)
    server = TestServer(app)
    await server.start_server(lingering_time=0)
    async with TestClient(server) as c:
        yield c


@asynccontextmanager
async def speaking(client: TestClient, path: str, length: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A post of which only the header is sent."""
    reader, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode())
    yield reader, writer
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


async def test_whoever_drips_is_out_however_long_it_would_take(gate: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "BODY_SECONDS", 0.2)
    async with speaking(gate, "/", 1000) as (reader, writer):
        answer = asyncio.create_task(reader.readline())
        while not answer.done():
            writer.write(b"x")
            await asyncio.wait([answer], timeout=0.02)
        assert b" 408 " in await answer


async def test_a_body_that_is_slow_but_fast_enough_is_taken(gate: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "BODY_SECONDS", 1.0)
    monkeypatch.setattr(guard, "PACE", 10)

    async def say(query: str) -> bytes:
        async with speaking(gate, f"/{query}", 1005) as (reader, writer):
            writer.write(b"x" * 1000)  # a hundred seconds' worth
            for _ in range(5):
                await asyncio.sleep(0.3)
                writer.write(b"x")
            return (await reader.readline()).split()[1]

    assert await asyncio.gather(say(""), say("?longest=1")) == [b"200", b"408"]


async def test_a_body_that_falls_silent_is_given_up_however_fast_it_began(gate: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "BODY_SECONDS", 0.1)
    monkeypatch.setattr(guard, "PACE", 10)
    async with speaking(gate, "/", 1001) as (reader, writer):
        writer.write(b"x" * 1000)
        assert b" 408 " in await reader.readline()


async def test_a_body_that_arrives_without_a_length_is_cut_at_its_limit(gate: TestClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"x" * PIECE

    assert (await gate.post("/", data=endless())).status == 413


async def test_whoever_sends_to_the_end_before_they_read_sees_the_answer(gate: TestClient) -> None:
    async with speaking(gate, "/off", 16_000_000) as (reader, writer):
        for _ in range(16):
            writer.write(b"x" * 1000_000)
            await writer.drain()  # raises where the connection was closed
        assert (await reader.read()).startswith(b"HTTP/1.1 413 ") and reader.at_eof()


async def test_what_is_thrown_away_has_an_end(gate: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "UPLOAD_LIMIT", 100_000)
    async with speaking(gate, "/off", 64_000_000) as (_, writer):
        with pytest.raises(ConnectionError):
            for _ in range(64):
                writer.write(b"x" * 1000_000)
                await writer.drain()


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
