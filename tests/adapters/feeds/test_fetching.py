"""The cage around fetching. Names are resolved by a fake, and only loopback is ever connected to."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from adapters.feeds.fetching import fetch, is_public
from bot.errors import VinkkiError


class Server:
    """A socket that says what it is told to, and counts who came."""

    def __init__(self, say: Callable[[socket.socket, str], None]) -> None:
        self.came: list[str] = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self._say = say
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            with client:
                asked = client.recv(65536).decode()
                self.came.append(asked.split("\r\n")[0])
                try:
                    self._say(client, asked)
                except OSError:
                    continue


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Callable[[socket.socket, str], None]], Server]]:
    made: list[Server] = []

    def start(say: Callable[[socket.socket, str], None]) -> Server:
        server = Server(say)
        made.append(server)
        real = socket.create_connection
        monkeypatch.setattr(socket, "create_connection", lambda address, timeout=None: real((address[0], server.port), timeout))
        return server

    yield start
    for server in made:
        server.socket.close()


def answer(status: str, body: bytes = b"", *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "Connection: close", "", ""]).encode() + body


def loopback(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


def as_public(address: str) -> bool:
    return address == "127.0.0.1"


def get(url: str = "http://feed.example/", most: int = 1000, seconds: float = 2.0) -> bytes:
    return fetch(url, most=most, resolve=loopback, allowed=as_public, seconds=seconds)


def test_a_page_is_fetched_from_the_address_that_was_checked(serve) -> None:
    server = serve(lambda c, asked: c.sendall(answer("200 OK", b"hello")))
    assert get("http://feed.example/a?b=c d") == b"hello"
    assert server.came == ["GET /a?b=c%20d HTTP/1.1"]


FORBIDDEN = [
    "127.0.0.1",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.5.4",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "192.0.2.1",
    "198.18.0.1",
    "0.1.2.3",
    "::1",
    "::",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::a00:1",
    "2002:7f00:1::",
    "fec0::1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "ff02::1",
    "2001:db8::1",
    "2001:0:4136:e378:8000:63bf:80ff:fffe",
    "::127.0.0.1",
    "240.0.0.1",
    "nonsense",
    "",
]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_addresses_that_are_not_of_the_open_internet(address: str) -> None:
    assert not is_public(address)
    with pytest.raises(VinkkiError, match="not on the open internet"):
        fetch("http://feed.example/", most=10, resolve=lambda host, port: ["93.184.215.14", address])


def test_public_addresses_are_public() -> None:
    assert is_public("93.184.215.14") and is_public("2606:2800:21f:cb07:6820:80da:af6b:8b2c")


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "gopher://x/",
        "ftp://feed.example/",
        "http://",
        "http:///x",
        "http://user@feed.example/",
        "http://user:pw@feed.example/",
        "http://feed.example:22/",
        "http://feed.example:99999/",
        "http://127%2e0%2e0%2e1/",
        "http://feed.example\\@127.0.0.1/",
        "//feed.example",
        "javascript:alert(1)",
        "http://[::1/",
    ],
)
def test_addresses_that_are_not_even_looked_up(url: str) -> None:
    def never(host: str, port: int) -> list[str]:
        raise AssertionError("looked up")

    with pytest.raises(VinkkiError):
        fetch(url, most=10, resolve=never)


def test_numbers_that_mean_loopback_are_refused_by_what_they_resolve_to() -> None:
    for host in ("127.1", "2130706433", "0x7f000001", "0177.0.0.1", "localhost", "[::1]", "127.0.0.1"):
        with pytest.raises(VinkkiError, match="not on the open internet"):
            fetch(f"http://{host}/", most=10, resolve=loopback)


def test_a_redirect_is_checked_again_and_the_name_is_asked_once_per_hop(serve) -> None:
    server = serve(lambda c, asked: c.sendall(answer("302 Found", b"", "Location: http://inside.example/secret")))
    names: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        names.append(host)
        return ["127.0.0.1"] if host == "feed.example" else ["10.0.0.5"]

    with pytest.raises(VinkkiError, match="not on the open internet"):
        fetch("http://feed.example/", most=10, resolve=rebinding, allowed=as_public)
    assert names == ["feed.example", "inside.example"] and len(server.came) == 1


@pytest.mark.parametrize("where", ["file:///etc/passwd", "gopher://feed.example/", "http://user@feed.example/", "http://feed.example:22/"])
def test_a_redirect_to_another_kind_of_address_is_refused(serve, where: str) -> None:
    server = serve(lambda c, asked: c.sendall(answer("301 Moved", b"", f"Location: {where}")))
    with pytest.raises(VinkkiError):
        get()
    assert len(server.came) == 1


def test_redirects_in_a_circle_end(serve) -> None:
    server = serve(lambda c, asked: c.sendall(answer("302 Found", b"", "Location: /again")))
    with pytest.raises(VinkkiError, match="on and on"):
        get()
    assert len(server.came) == 6


def test_too_much_is_cut_whatever_the_headers_say(serve) -> None:
    def pour(c: socket.socket, asked: str) -> None:
        c.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        for _ in range(1000):
            c.sendall(b"x" * 10_000)

    serve(pour)
    with pytest.raises(VinkkiError, match="more than a feed may hold"):
        get(most=50_000)


def test_what_was_compressed_unasked_is_not_unpacked(serve) -> None:
    serve(lambda c, asked: c.sendall(answer("200 OK", b"\x1f\x8b", "Content-Encoding: gzip")))
    with pytest.raises(VinkkiError, match="compressed"):
        get()


@pytest.mark.parametrize("where", ["headers", "body"])
def test_a_byte_now_and_then_does_not_hold_us(serve, where: str) -> None:
    stop = threading.Event()

    def drip(c: socket.socket, asked: str) -> None:
        c.sendall(b"HTTP/1.1 200 OK\r\n" if where == "headers" else b"HTTP/1.1 200 OK\r\n\r\n")
        while not stop.wait(0.05):
            c.sendall(b"X-A: b\r\n" if where == "headers" else b"x")

    serve(drip)
    with pytest.raises(VinkkiError, match=r"too long|could not be reached"):
        get(seconds=0.4)
    stop.set()


@pytest.mark.parametrize(
    "reply", [b"", b"garbage\r\n\r\n", b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000 + b"\r\n\r\n"]
)
def test_bad_answers_are_said_plainly(serve, reply: bytes) -> None:
    serve(lambda c, asked: c.sendall(reply))
    with pytest.raises(VinkkiError):
        get()
