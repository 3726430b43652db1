"""Fetching from the open web, caged: public addresses only, checked after every redirect, and the connection goes to the very
address that was checked (a name may answer differently the second time). 5 seconds and so many bytes for everything together.
No proxy is asked, nothing is unpacked, no cookie is kept."""

from __future__ import annotations

import contextlib
import http.client
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeAlias
from urllib.parse import urljoin

from adapters.feeds.addresses import Target, is_literal, is_public, target
from adapters.feeds.unread import Unread

Resolve: TypeAlias = Callable[[str, int], Sequence[str]]
Allowed: TypeAlias = Callable[[str], bool]
Connect: TypeAlias = Callable[[str, int, float], socket.socket]
SECONDS = 5.0
MOST_HOPS = 5
MOST_ADDRESSES = 3  # of one name are tried
ONWARD = (301, 302, 303, 307, 308)
LONGEST_WAIT = 7 * 24 * 3600  # seconds a server may send us away for
AGENT = "Vinkki (story intake)"


def system_resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, by the system's resolver."""
    return [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def system_connect(address: str, port: int, seconds: float) -> socket.socket:
    """A connection straight to an address."""
    return socket.create_connection((address, port), timeout=seconds)


@dataclass(frozen=True)
class Cage:
    """What fetching may reach. `target` checks an address's form, `resolve` finds addresses by name, `allowed` judges each of
    them, `connect` opens a connection to one. Only tests and the demo put anything else in place."""

    resolve: Resolve = system_resolve
    allowed: Allowed = is_public
    connect: Connect = system_connect
    target: Callable[[str], Target] = target


OPEN_WEB = Cage()


@dataclass(frozen=True)
class Fetched:
    """What came. `status` is 200, or 304 where nothing is new; `url` is where the redirects led; `is_cut`: there was more."""

    status: int
    url: str
    body: bytes = field(default=b"", repr=False)
    charset: str = ""
    kind: str = ""  # the media type, without its parameters
    etag: str = ""
    last_modified: str = ""
    is_cut: bool = False


def fetch(url: str, *, most: int, cage: Cage = OPEN_WEB, seconds: float = SECONDS, headers: Mapping[str, str] | None = None, may_cut: bool = False) -> Fetched:
    """What is behind an address, following up to five redirects: at most `most` bytes, of which more are an error unless `may_cut`.

    `headers` are added to each request. Raises Unread with a reason that names no inside.
    """
    deadline = time.monotonic() + seconds
    ask = _Ask(most, cage, deadline, headers or {}, may_cut)
    try:
        for _ in range(MOST_HOPS + 1):
            found = ask.hop(cage.target(url), url)
            if isinstance(found, Fetched):
                return found
            onward = urljoin(url, found)
            if url[:6].lower() == "https:" and onward[:5].lower() == "http:":
                raise Unread("downgrade")
            url = onward
    except TimeoutError:
        raise Unread("slow") from None
    except ssl.SSLError:
        raise Unread("certificate") from None
    except (OSError, http.client.HTTPException, UnicodeError, ValueError):
        raise Unread("unreachable") from None
    raise Unread("circle")


@dataclass(frozen=True)
class _Ask:
    """One fetch under way."""

    most: int
    cage: Cage
    deadline: float
    headers: Mapping[str, str]
    may_cut: bool

    def hop(self, to: Target, url: str) -> Fetched | str:
        """One request: what came, or where it leads."""
        with self._connected(to) as connection:
            try:
                connection.request("GET", to.path, headers=_HEADERS | {"Host": _host(to)} | dict(self.headers))
                with contextlib.closing(connection.getresponse()) as answer:  # it holds the socket open by itself
                    return self._heard(answer, url)
            except (OSError, http.client.HTTPException, ValueError):
                self.left()  # hung up on for being slow: then that is the reason
                raise

    def _heard(self, answer: http.client.HTTPResponse, url: str) -> Fetched | str:
        if answer.status in ONWARD and (onward := answer.getheader("Location")):
            return onward
        if answer.status not in (200, 304):
            raise Unread("status", retry_after=_wait(answer.getheader("Retry-After", "")), status=answer.status)
        body, is_cut = (b"", False) if answer.status == 304 else self._body(answer)
        self.left()  # hung up on, a body looks as if it had ended
        return _fetched(answer, url, body, is_cut=is_cut)

    @contextlib.contextmanager
    def _connected(self, to: Target) -> Iterator[http.client.HTTPConnection]:
        """A connection to a checked address; the certificate still has to be the host's. Closed by force when time is up: a server
        that sends a byte now and then never lets a socket's own timeout run out."""
        held = [self._open(to)]
        guard = threading.Timer(self.left(), lambda: _hang_up(held[0]))
        guard.daemon = True
        guard.start()
        connection = http.client.HTTPConnection(to.host, to.port)
        try:
            if to.scheme == "https":
                held[0] = ssl.create_default_context().wrap_socket(held[0], server_hostname=to.host, do_handshake_on_connect=False)
                held[0].settimeout(self.left())
                held[0].do_handshake()  # type: ignore[attr-defined]
            connection.sock = held[0]
            yield connection
        finally:
            guard.cancel()
            connection.close()
            held[0].close()

    def _open(self, to: Target) -> socket.socket:
        addresses = [to.host] if is_literal(to.host) else self._resolved(to)
        if not addresses or not all(self.cage.allowed(a) for a in addresses):
            raise Unread("inside")
        failure: OSError = OSError("no address")
        for address in addresses[:MOST_ADDRESSES]:
            try:
                sock = self.cage.connect(address, to.port, self.left())
                sock.settimeout(self.left())
                return sock
            except TimeoutError:
                raise
            except OSError as e:
                failure = e
        raise failure

    def _resolved(self, to: Target) -> list[str]:
        """The name's addresses, within the time that is left: a resolver waits for as long as it likes."""
        answer: queue.SimpleQueue[list[str] | BaseException] = queue.SimpleQueue()

        def ask() -> None:
            try:
                answer.put(list(self.cage.resolve(to.host, to.port)))
            except BaseException as e:  # handed on to whoever waits
                answer.put(e)

        threading.Thread(target=ask, daemon=True, name="resolve").start()
        try:
            found = answer.get(timeout=self.left())
        except queue.Empty:
            raise TimeoutError from None
        if isinstance(found, BaseException):
            raise found
        return found

    def _body(self, answer: http.client.HTTPResponse) -> tuple[bytes, bool]:
        if answer.getheader("Content-Encoding", "identity").strip().lower() not in ("identity", ""):
            raise Unread("compressed")
        parts: list[bytes] = []
        size = 0
        while part := answer.read1(65536):
            self.left()
            parts.append(part)
            size += len(part)
            if size > self.most and self.may_cut:
                return b"".join(parts)[: self.most], True
            if size > self.most:
                raise Unread("large", count=self.most // 1024)
        if answer.length:
            raise http.client.IncompleteRead(b"")
        return b"".join(parts), False

    def left(self) -> float:
        """Seconds until it is enough. Raises TimeoutError when none are left."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


_HEADERS = {"User-Agent": AGENT, "Accept-Encoding": "identity", "Connection": "close"}


def _host(to: Target) -> str:
    host = f"[{to.host}]" if ":" in to.host else to.host
    return host if to.is_usual_port else f"{host}:{to.port}"


def _fetched(answer: http.client.HTTPResponse, url: str, body: bytes, *, is_cut: bool) -> Fetched:
    kind = answer.headers.get_content_type() if answer.getheader("Content-Type") else ""
    return Fetched(
        answer.status, url, body, _word(answer.headers.get_content_charset(), 40), kind,
        _word(answer.getheader("ETag"), 200), _word(answer.getheader("Last-Modified"), 100), is_cut,
    )  # fmt: skip


def _word(value: str | None, most: int) -> str:
    """A header's value to keep and to send back: nothing where it has NUL, a folded line or more than ASCII, which PostgreSQL and
    servers refuse."""
    return value[:most] if value and value.isascii() and value.isprintable() else ""


def _wait(retry_after: str) -> int:
    """Retry-After in seconds; it is given as such or as a date (RFC 9110 10.2.3)."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:9]), LONGEST_WAIT)
    try:
        seconds = (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return 0
    return min(max(0, round(seconds)), LONGEST_WAIT)


def _hang_up(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
