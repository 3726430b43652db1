"""The cage around fetching. Names are resolved by a fake, and only loopback is ever connected to."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from loopback.stranger import PUBLIC, Internet, Say, Stranger, always, answer

from adapters.feeds.addresses import is_public, target
from adapters.feeds.fetching import Cage, Fetched, fetch
from adapters.feeds.unread import Unread

Serve = Callable[[Say], Internet]


@pytest.fixture
def serve() -> Iterator[Serve]:
    made: list[Stranger] = []

    def start(say: Say) -> Internet:
        made.append(Stranger(say))
        return Internet(made[-1])

    yield start
    for stranger in made:
        stranger.close()


def get(net: Internet, url: str = "http://feed.example.org/", most: int = 1000, seconds: float = 2.0, **more: object) -> Fetched:
    return fetch(url, most=most, cage=net.cage, seconds=seconds, **more)  # type: ignore[arg-type]


def why(net: Internet, url: str = "http://feed.example.org/", **more: object) -> str:
    with pytest.raises(Unread) as caught:
        get(net, url, **more)  # type: ignore[arg-type]
    return caught.value.key


def test_a_page_is_fetched_from_the_address_that_was_checked(serve: Serve) -> None:
    net = serve(always(answer("200 OK", b"hello", 'ETag: "v1"', "Last-Modified: Mon, 02 Mar 2026 09:00:00 GMT", "Content-Type: text/html; charset=latin-1")))
    got = get(net, "http://feed.example.org/a?b=c~d%20e")
    assert got == Fetched(200, "http://feed.example.org/a?b=c~d%20e", b"hello", "latin-1", "text/html", '"v1"', "Mon, 02 Mar 2026 09:00:00 GMT")
    assert net.stranger.came == ["GET /a?b=c~d%20e HTTP/1.1"]
    assert (net.looked_up, net.connected) == (["feed.example.org"], [(PUBLIC, 80)])
    assert "Cookie" not in net.stranger.asked[0] and "\r\nHost: feed.example.org\r\n" in net.stranger.asked[0]


def test_what_is_known_already_is_asked_for_conditionally_and_comes_empty(serve: Serve) -> None:
    net = serve(always(b'HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\nConnection: close\r\n\r\n'))
    got = get(net, headers={"If-None-Match": '"v1"'})
    assert (got.status, got.body, got.etag) == (304, b"", '"v1"')
    assert '\r\nIf-None-Match: "v1"\r\n' in net.stranger.asked[0]


# --- what must never be connected to -------------------------------------------------------------

INSIDE = [  # addresses that a name may answer with
    "127.0.0.1", "0.0.0.0", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255", "192.0.2.1",
    "198.18.0.1", "0.1.2.3", "::1", "::", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::a00:1", "2002:7f00:1::", "fec0::1",
    "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "2001:0:4136:e378:8000:63bf:80ff:fffe", "::127.0.0.1", "240.0.0.1",
    "168.63.129.16", "192.0.0.192", "::ffff:168.63.129.16", "2002:a83f:8110::", "3fff::1", "5f00::1",
    "64:ff9b:1:7f00:0:100:808:808",  # 127.0.0.1 behind a /48 of one's own, with a public address where a /96 has it
    "::ffff:0:127.0.0.1", "192.88.99.1%1", "2130706433", "0177.0.0.1", "nonsense", "",
]  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_a_name_that_also_answers_with_an_address_of_the_inside_is_not_connected_to(serve: Serve, address: str) -> None:
    net = serve(always(answer("200 OK", b"secret")))
    net.names["feed.example.org"] = [PUBLIC, address]
    assert not is_public(address)
    assert why(net) == "inside" and net.connected == []


def test_public_addresses_are_public() -> None:
    assert is_public(PUBLIC) and is_public("2606:2800:21f:cb07:6820:80da:af6b:8b2c") and is_public("8.8.8.8")


FORMS = [  # what somebody may paste; none is even looked up
    "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://0x7f.0.0.1/", "http://0177.0.0.1/", "http://017700000001/",
    "http://0/", "http://0.0.0.0/", "http://00000000.0/", "http://127.0.0.1./", "http://[::1]/", "http://[::]/", "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/", "http://[0:0:0:0:0:ffff:0a00:0001]/", "http://[64:ff9b::7f00:1]/", "http://[64:ff9b:1::a9fe:a9fe]/", "http://[2002:7f00:1::]/",
    "http://[fe80::1]/", "http://[fe80::1%25eth0]/", "http://[fe80::1%eth0]/", "http://[fec0::1]/", "http://[fc00::1]/", "http://[ff02::1]/",
    "http://[fd00:ec2::254]/latest/meta-data/", "http://169.254.169.254/latest/meta-data/", "http://2852039166/", "http://0xa9fea9fe/", "http://100.64.0.1/",
    "http://100.100.100.200/", "http://224.0.0.1/", "http://255.255.255.255/", "http://10.0.0.1/", "http://172.31.255.255/", "http://192.168.0.1/",
    "http://localhost/", "http://LOCALHOST/", "http://localhost./", "http://localhost.localdomain/", "http://db.internal/", "http://printer.local/",
    "http://metadata.google.internal/", "http://intranet/", "http://a.test/", "http://hidden.onion/",
    "http://\uff11\uff12\uff17.\uff10.\uff10.\uff11/", "http://127\u30020\u30020\u30021/", "http://\u2460\u2461\u2466.0.0.1/", "http://\u0661\u0662\u0667.0.0.1/",
    "http://\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3/", "http://127.0.0.1%2f@feed.example.org/", "http://127%2e0%2e0%2e1/",
    "http://user@feed.example.org/", "http://user:pw@127.0.0.1/", "http://feed.example.org@127.0.0.1/", "http://feed.example.org\\@127.0.0.1/",
    "http://127.0.0.1\\.feed.example.org/", "http://feed.example.org:22/", "http://feed.example.org:6379/", "http://feed.example.org:99999/",
    "http://feed.example.org:-1/", "http://feed.example.org:\u0668\u0660/", "http://feed.example.org\r\nHost: 127.0.0.1/", "http://feed.exam\tple.org/",
    "http://feed.example.org /", "http://feed.example.org\0/", "http://feed..example.org/", "http://.example.org/", "http://-/", "http://", "http:///x",
    "http:feed.example.org", "//feed.example.org/", "http://[::1/", "http://[feed.example.org]/", "http://[127.0.0.1]/", "http://1.2.3/", "http://256.256.256.256/",
    "file:///etc/passwd", "gopher://feed.example.org/", "ftp://feed.example.org/", "dict://feed.example.org:11211/", "javascript:alert(1)", "data:text/html,x",
    "jar:http://feed.example.org!/", "unix:///var/run/docker.sock", "", "\u202ehttp://feed.example.org/", "http://" + "a" * 64 + ".example.org/",
    "http://feed.example.org/" + "a" * 3000,
]  # fmt: skip


def test_there_are_more_than_forty_forms() -> None:
    assert len(set(FORMS)) > 80


@pytest.mark.parametrize("url", FORMS, ids=range(len(FORMS)))
def test_an_address_that_only_looks_like_the_webs_is_neither_looked_up_nor_connected_to(serve: Serve, url: str) -> None:
    net = serve(always(answer("200 OK", b"secret")))
    assert why(net, url) in ("form", "inside", "port")
    assert (net.looked_up, net.connected, net.stranger.came) == ([], [], [])


@pytest.mark.parametrize("url", FORMS, ids=range(len(FORMS)))
def test_nor_when_a_server_outside_leads_there(serve: Serve, url: str) -> None:
    location = url.encode("utf-8", "replace").decode("latin-1").replace("\r\n", "").replace("\0", "")
    net = serve(lambda client, asked: client.sendall(f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode("latin-1")))
    why(net, "http://feed.example.org/")
    assert {a for a, _ in net.connected} == {PUBLIC}  # what is no address at all leads back to where it was found, and ends


def test_host_names_that_look_odd_and_are_fine_are_fetched(serve: Serve) -> None:
    net = serve(always(answer("200 OK", b"ok")))
    for url, host in {
        "http://J\u00e4\u00e4.example.org/": "xn--j-0faa.example.org",
        "http://feed.example.org./": "feed.example.org",
        "http://feed\u3002example\u3002org/": "feed.example.org",
        "http://127.0.0.1.example.org/": "127.0.0.1.example.org",
        "http://0x7f000001.example.org/": "0x7f000001.example.org",
        "http://_dmarc.example.org:8080/": "_dmarc.example.org",
    }.items():
        assert get(net, url).body == b"ok"
        assert net.looked_up[-1] == host
    assert get(net, f"http://{PUBLIC}/").body == b"ok" and len(net.looked_up) == 6  # an address needs no looking up


def test_every_redirect_is_checked_again_and_a_name_is_asked_once_per_hop(serve: Serve) -> None:
    net = serve(always(answer("302 Found", b"", "Location: http://inside.example.org/secret")))
    net.names["inside.example.org"] = ["10.0.0.5"]
    assert why(net) == "inside"
    assert net.looked_up == ["feed.example.org", "inside.example.org"] and net.connected == [(PUBLIC, 80)]


def test_a_name_that_answers_differently_the_second_time_changes_nothing(serve: Serve) -> None:
    net = serve(always(answer("200 OK", b"ok")))
    answers = iter([[PUBLIC], ["127.0.0.1"]])
    cage = Cage(resolve=lambda host, port: next(answers), connect=net.connect)
    assert fetch("http://feed.example.org/", most=10, cage=cage).body == b"ok"
    assert net.connected == [(PUBLIC, 80)]
    with pytest.raises(Unread, match="not on the open internet"):
        fetch("http://feed.example.org/", most=10, cage=cage)
    assert len(net.connected) == 1


def test_a_redirect_to_another_path_is_followed_without_what_was_given_on_the_way(serve: Serve) -> None:
    def say(client: socket.socket, asked: str) -> None:
        first = asked.startswith("GET /old")
        client.sendall(answer("301 Moved", b"", "Location: ../new?x=1", "Set-Cookie: a=b") if first else answer("200 OK", b"here"))

    net = serve(say)
    assert get(net, "http://feed.example.org/old/x").url == "http://feed.example.org/new?x=1"
    assert net.stranger.came == ["GET /old/x HTTP/1.1", "GET /new?x=1 HTTP/1.1"] and "Cookie" not in net.stranger.asked[1]


def test_https_does_not_lead_to_http_and_a_wrong_certificate_is_said(serve: Serve) -> None:
    net = serve(always(b"not tls"))
    assert why(net, "https://feed.example.org/") in ("certificate", "unreachable")
    assert net.connected == [(PUBLIC, 443)]


@pytest.mark.parametrize("onward", ["http://feed.example.org/x", "HTTP://feed.example.org/x", "hTTp://other.example.org/"])
def test_no_redirect_leads_from_https_to_http(serve: Serve, onward: str) -> None:
    net = serve(lambda client, asked: client.sendall(answer("302 Found", b"", f"Location: {onward}")))
    plainly = Cage(resolve=net.resolve, connect=net.connect, target=lambda url: replace(target(url), scheme="http"))
    with pytest.raises(Unread) as caught:
        fetch("https://feed.example.org/", most=1000, cage=plainly, seconds=2.0)
    assert caught.value.key == "downgrade" and len(net.stranger.came) == 1


def test_headers_that_no_database_and_no_request_could_hold_are_passed_over(serve: Serve) -> None:
    net = serve(always(answer("200 OK", b"hi", 'ETag: "a\0b"', "Last-Modified: Mon,\r\n 02 Mar", 'Content-Type: text/html; charset="u\0tf"')))
    got = get(net)
    assert (got.etag, got.last_modified, got.charset, got.kind) == ("", "", "", "text/html")


def test_no_proxy_is_asked(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    net = serve(always(answer("200 OK", b"ok")))
    assert get(net).body == b"ok" and net.stranger.came == ["GET / HTTP/1.1"]


# --- servers that mean no good --------------------------------------------------------------------


def test_redirects_in_a_circle_end(serve: Serve) -> None:
    net = serve(always(answer("302 Found", b"", "Location: /again")))
    assert why(net) == "circle" and len(net.stranger.came) == 6


def pour(client: socket.socket, asked: str) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    for _ in range(1000):
        client.sendall(b"x" * 10_000)


def test_too_much_is_refused_or_cut_whatever_the_headers_say(serve: Serve) -> None:
    net = serve(pour)
    assert why(net, most=50_000) == "large"
    got = get(net, most=50_000, may_cut=True)
    assert (len(got.body), got.is_cut) == (50_000, True)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "x-gzip", " GZIP"])
def test_what_was_compressed_unasked_is_not_unpacked(serve: Serve, encoding: str) -> None:
    assert why(serve(always(answer("200 OK", b"\x1f\x8b" * 100, f"Content-Encoding: {encoding}")))) == "compressed"


def drip(head: bytes, drop: bytes) -> Say:
    def say(client: socket.socket, asked: str) -> None:
        client.sendall(head)
        while not threading.Event().wait(0.05):
            client.sendall(drop)

    return say


@pytest.mark.parametrize(
    ("head", "drop"),
    [(b"", b"H"), (b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"), (b"HTTP/1.1 200 OK\r\n\r\n", b"x"), (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
     (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"), (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1", b"0")],
)  # fmt: skip
def test_a_byte_now_and_then_does_not_hold_us(serve: Serve, head: bytes, drop: bytes) -> None:
    assert why(serve(drip(head, drop)), seconds=0.5) in ("slow", "unreachable")


@pytest.mark.parametrize("url", ["http://feed.example.org/", "https://feed.example.org/"])
def test_silence_does_not_hold_us(serve: Serve, url: str) -> None:
    net = serve(lambda client, asked: client.recv(1) and None)
    assert why(net, url, seconds=0.4) in ("slow", "certificate")


def test_a_resolver_that_hangs_does_not_hold_us(serve: Serve) -> None:
    stop = threading.Event()
    cage = Cage(resolve=lambda host, port: [str(stop.wait(20))])
    with pytest.raises(Unread, match="too long"):
        fetch("http://feed.example.org/", most=10, cage=cage, seconds=0.3)
    stop.set()


@pytest.mark.parametrize(
    "reply",
    [b"", b"garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000 + b"\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
     b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", b"HTTP/9.9 200 OK\r\n\r\n",
     b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n" + b"a" * 5000],
)  # fmt: skip
def test_bad_answers_are_said_plainly(serve: Serve, reply: bytes) -> None:
    assert why(serve(always(reply))) in ("unreachable", "large")


@pytest.mark.parametrize("status", ["404 Not Found", "410 Gone", "500 No", "503 Later", "206 Partial Content", "204 No Content", "302 Found"])
def test_other_answers_are_named_by_their_number(serve: Serve, status: str) -> None:
    with pytest.raises(Unread, match=f"answered {status[:3]}"):
        get(serve(always(answer(status))))


@pytest.mark.parametrize(
    ("given", "least", "most"),
    [("120", 120, 120), ("in an hour", 3500, 3600), ("nonsense", 0, 0), ("-5", 0, 0), ("9" * 40, 604800, 604800),
     ("\u0661\u0662", 0, 0), ("Wed, 21 Oct 2015 07:28:00 GMT", 0, 0), ("Wed, 99 Oct 2015", 0, 0)],
)  # fmt: skip
def test_when_to_come_again_is_read_as_seconds_or_as_a_date(serve: Serve, given: str, least: int, most: int) -> None:
    given = format_datetime(datetime.now(UTC) + timedelta(hours=1)) if given == "in an hour" else given
    net = serve(always(b"HTTP/1.1 429 Too Many\r\nRetry-After: " + given.encode() + b"\r\nContent-Length: 0\r\n\r\n"))
    with pytest.raises(Unread) as caught:
        get(net)
    assert least <= caught.value.retry_after <= most


def test_a_second_address_is_tried_where_the_first_does_not_answer(serve: Serve) -> None:
    net = serve(always(answer("200 OK", b"ok")))
    net.names["feed.example.org"] = ["2606:2800:21f:cb07:6820:80da:af6b:8b2c", PUBLIC]

    def connect(address: str, port: int, seconds: float) -> socket.socket:
        if ":" in address:
            raise OSError("no route")
        return net.connect(address, port, seconds)

    assert fetch("http://feed.example.org/", most=10, cage=Cage(resolve=net.resolve, connect=connect)).body == b"ok"


def test_the_path_is_sent_as_it_was_and_nothing_else_gets_into_the_request() -> None:
    assert target("http://feed.example.org/\u00e4?q=\u00f6 ".strip() + "&a=%20").path == "/%C3%A4?q=%C3%B6&a=%20"
    with pytest.raises(Unread):
        target("http://feed.example.org/ HTTP/1.1\r\nX: y")
