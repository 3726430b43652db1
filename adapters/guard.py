"""The guard in front of every route: size, speed and origin are settled before anything is parsed, then the envelope's shape.

Why not leave it to the SDKs: slack-bolt 1.30 and botbuilder 4.17 parse first and answer 500 to forged nonsense (measured).
"""

from __future__ import annotations

import asyncio
import codecs
import ipaddress
import math
import re
import time
import warnings
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar, cast
from urllib.parse import parse_qs

from aiohttp import MultipartReader, StreamReader, web
from aiohttp.http_exceptions import HttpProcessingError

from bot.messages import storable

KIB = 1024
MIB = 1024 * KIB
CHAT_LIMIT = 1 * MIB  # Slack and Teams
FORM_LIMIT = 256 * KIB  # portal forms without a file
CANDIDATE_LIMIT = 6 * MIB  # the candidate's page, with a CV of 5 MiB at most
UPLOAD_LIMIT = 32 * MIB  # a signed-in CSV, streamed
BODY_SECONDS = 5.0
PACE = 32 * KIB  # so many bytes give a body with a file one more second: the 256 kbit/s of a phone on a train are enough
UPLOAD_SECONDS = 120.0  # and no more, however fast it began
PIECE = 64 * KIB
MOST_FIELDS = 1000

Proof = TypeVar("Proof")
Envelope = TypeVar("Envelope")
Route: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
TRUSTED_PROXIES: web.AppKey[tuple[Network, ...]] = web.AppKey("trusted_proxies", tuple)
# A broken multipart body shows in many ways in aiohttp.
_BROKEN = (web.RequestPayloadError, HttpProcessingError, ConnectionError, ValueError, LookupError, AssertionError, RuntimeError)
_SLOW = ("idna", "punycode")  # a quarter of a MiB takes Python's decoder of punycode twelve seconds
_WITH_PORT = re.compile(r"\[([^\]]+)\](?::\d+)?|([\d.]+):\d+")


class Refused(Exception):
    """A request goes no further. `word` is all the sender is told: one plain word or two, never a reason with data in it."""

    def __init__(self, status: int, word: str = "", retry_after: int = 0) -> None:
        super().__init__(f"{status} {word}")
        self.status = status
        self.word = word or {400: "malformed", 401: "unauthorised", 403: "forbidden", 408: "too slow", 413: "too large", 415: "unsupported"}.get(status, "")
        self.retry_after = retry_after

    def response(self) -> web.Response:
        """The tiny answer, for machines."""
        answer = web.Response(status=self.status, text=self.word + "\n")
        self.settle(answer)
        return answer

    def settle(self, answer: web.StreamResponse) -> None:
        """What every answer to it carries, a word or a whole page: when to come again, and an end where a body may still come."""
        if self.retry_after:
            answer.headers["Retry-After"] = str(self.retry_after)
        if self.status in (408, 413):
            answer.force_close()


def _no_check(_request: web.Request) -> None:
    return None


def guarded(
    handler: Callable[[web.Request, Envelope], Awaitable[web.StreamResponse]],
    *,
    authenticate: Callable[[web.Request, bytes], Awaitable[Proof]],
    envelope: Callable[[Proof, bytes], Envelope],
    headers: Callable[[web.Request], None] = _no_check,
    content_types: tuple[str, ...] = (),
    limit: int = CHAT_LIMIT,
    seconds: float = BODY_SECONDS,
) -> Route:
    """A route that lets only genuine, well-formed requests through to `handler(request, envelope)`.

    In this order, each step raising Refused(status): content type (415), declared length (413), `headers(request)`: what
    can be refused without the body (a signature's shape, a timestamp, a token); the body within `limit` bytes (413) and
    `seconds` (408); `authenticate(request, body)`, which returns what was proved; `envelope(proof, body)`, which parses
    and checks the shape (400) and what the proof allows (401, 403). The request handed on has its body cached: `await
    request.read()`, `.text()` and `.post()` work on it. A handler may raise Refused too.
    """

    async def route(request: web.Request) -> web.StreamResponse:
        try:
            _require_type(request, content_types)
            _require_length(request, limit)
            headers(request)
            request, body = await read_body(request, limit, seconds)
            return await handler(request, envelope(await authenticate(request, body), body))
        except Refused as refused:
            return refused.response()

    return route


def _require_type(request: web.Request, content_types: tuple[str, ...]) -> None:
    if content_types and request.content_type not in content_types:
        raise Refused(415)
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":  # no decompression before authentication
        raise Refused(415)


def _require_length(request: web.Request, limit: int) -> None:
    if request.content_length is not None and request.content_length > limit:
        raise Refused(413)


async def read_body(request: web.Request, limit: int = CHAT_LIMIT, seconds: float = BODY_SECONDS) -> tuple[web.Request, bytes]:
    """The whole body, and a request that has it cached. Raises Refused 413 beyond `limit` bytes, 408 after `seconds`."""
    _require_length(request, limit)
    bounded = request.clone(client_max_size=limit)
    try:
        async with asyncio.timeout(seconds):
            return bounded, await bounded.read()
    except TimeoutError:
        raise Refused(408) from None
    except web.HTTPRequestEntityTooLarge:
        raise Refused(413) from None
    except (web.RequestPayloadError, ConnectionError, ValueError):
        raise Refused(400) from None


async def read_form(request: web.Request, limit: int = FORM_LIMIT, seconds: float = BODY_SECONDS) -> dict[str, list[str]]:
    """A posted form without a file: values by field. Raises Refused 413, 408, 415 or 400.

    Check session and origin from the headers before calling this.
    """
    _require_type(request, ("application/x-www-form-urlencoded",))
    _, body = await read_body(request, limit, seconds)
    charset = request.charset or "utf-8"
    try:
        text = decoded(body.rstrip(), charset)
        found = parse_qs(text, keep_blank_values=True, encoding=charset, max_num_fields=MOST_FIELDS)
    except (ValueError, LookupError):
        raise Refused(400) from None
    return {storable(name): [storable(value) for value in values] for name, values in found.items()}


def decoded(raw: bytes, charset: str) -> str:
    """Text of a charset that its sender names, without what no database takes: some of Python's make NUL or half a character of
    plain letters. Raises ValueError and LookupError."""
    if codecs.lookup(charset).name in _SLOW:
        raise LookupError(charset)
    return storable(raw.decode(charset))


@asynccontextmanager
async def arriving(request: web.Request, limit: int, longest: float = math.inf) -> AsyncIterator[Arriving]:
    """A body that may have a file in it, as it arrives. Raises Refused 413 beyond `limit` bytes, 400 where it is broken, and 408 where
    it is slow: it has BODY_SECONDS and a second more for each PACE bytes that came, but `longest` seconds in all, and is never silent
    for BODY_SECONDS.

    That is how Apache's mod_reqtimeout gives bodies their time (`body=5,MinRate=32768`): whoever drips is out after five seconds.
    """
    try:
        async with asyncio.timeout(BODY_SECONDS) as within:
            yield Arriving(request, limit, within, longest)
    except TimeoutError:
        raise Refused(408) from None
    except _BROKEN:
        raise Refused(400) from None


class Arriving:
    """The stream under aiohttp's MultipartReader, measured: what that skips by itself (preambles, headers) counts too."""

    def __init__(self, request: web.Request, limit: int, within: asyncio.Timeout, longest: float) -> None:
        self._request, self._limit, self._within, self._longest = request, limit, within, longest
        self._began, self._taken = asyncio.get_running_loop().time(), 0

    def parts(self) -> MultipartReader:
        """The parts of a form. Raises Refused 415 for a body that is none."""
        _require_type(self._request, ("multipart/form-data",))
        return MultipartReader(self._request.headers, cast(StreamReader, self))

    async def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes, none at the end."""
        return self._measured(await self._request.content.read(size))

    async def readline(self, *, max_line_length: int | None = None) -> bytes:
        """A line with its end."""
        return self._measured(await self._request.content.readline(max_line_length=max_line_length))

    def at_eof(self) -> bool:
        """All of it was read."""
        return self._request.content.at_eof()

    def unread_data(self, data: bytes) -> None:
        """Take back what was read too far."""
        self._taken -= len(data)
        with warnings.catch_warnings():  # aiohttp 3.14 warns of what its own reader of parts needs
            warnings.simplefilter("ignore", DeprecationWarning)
            self._request.content.unread_data(data)

    def _measured(self, data: bytes) -> bytes:
        self._taken += len(data)
        if self._taken > self._limit:
            raise Refused(413)
        earned = self._began + min(BODY_SECONDS + self._taken / PACE, self._longest)
        self._within.reschedule(min(earned, asyncio.get_running_loop().time() + BODY_SECONDS))
        return data


async def see_off(request: web.Request, answer: web.StreamResponse) -> None:
    """Answer while the body still comes, and throw away the rest of it: as much as a signed-in CSV may have, at its pace.

    A browser sends to the end before it reads; one that meets a closed connection shows an error of its own and not our answer.
    """
    answer.force_close()
    with suppress(Refused):
        async with arriving(request, UPLOAD_LIMIT, UPLOAD_SECONDS) as body:
            await answer.prepare(request)
            await answer.write_eof()
            while await body.read(PIECE):
                pass


def trusted(addresses: str) -> tuple[Network, ...]:
    """VINKKI_TRUSTED_PROXIES as networks; an address is a network of one."""
    return tuple(ipaddress.ip_network(a.strip(), strict=False) for a in addresses.split(",") if a.strip())


def client_address(request: web.Request) -> str:
    """The address the request comes from: X-Forwarded-For is read from the right, and only as far as proxies we trust wrote it.

    Returns the empty text for a Unix socket or an unreadable header.
    """
    proxies = request.app.get(TRUSTED_PROXIES, ())
    address = request.remote or ""
    if not proxies:
        return address if _address(address) else ""
    hops = [_without_port(h.strip()) for line in request.headers.getall("X-Forwarded-For", []) for h in line.split(",")]
    while hops and (ip := _address(address)) and any(ip in network for network in proxies):
        address = hops.pop()
    return address if _address(address) else ""


def _without_port(hop: str) -> str:
    """Some proxies (Azure's among them) write the port too, and IPv6 in brackets."""
    found = _WITH_PORT.fullmatch(hop)
    return (found[1] or found[2]) if found else hop


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


@dataclass
class Limiter:
    """Token buckets by key (an address, a mailbox): `burst` at once, then `per_minute`. Remembers the latest `size` keys.

    In this process only, and on wall time: it slows guessing down, it is not what keeps a secret.
    """

    per_minute: float
    burst: int
    size: int = 10_000
    clock: Callable[[], float] = time.monotonic
    _buckets: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def require(self, key: str) -> None:
        """Take one token. Raises Refused 429 with the seconds to wait."""
        now = self.clock()
        tokens, since = self._buckets.pop(key, (float(self.burst), now))
        tokens = min(float(self.burst), tokens + (now - since) * self.per_minute / 60)
        self._buckets[key] = (tokens - 1 if tokens >= 1 else tokens, now)
        while len(self._buckets) > self.size:
            self._buckets.popitem(last=False)
        if tokens < 1:
            raise Refused(429, "too many requests", retry_after=max(1, round((1 - tokens) * 60 / self.per_minute)))
