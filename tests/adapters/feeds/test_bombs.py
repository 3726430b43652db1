"""What strangers' servers may send, brought home by the real poller and page reader: each is refused or tamed, is named on the feed's
card, opens no connection that it should not, and leaves this process as it was."""

from __future__ import annotations

import resource
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import START, StillClock, add_person
from loopback.stranger import PUBLIC, Internet, Say, Stranger, always, answer
from sqlmodel import col, select

from adapters.feeds import page
from adapters.feeds.poller import Poller
from adapters.feeds.unread import Unread
from adapters.hub import Hub
from bot import stories
from bot.config import Config
from bot.db import Database
from bot.desks import Deployment
from bot.stories import Feed, FeedDraft, Story

Serve = Callable[[Say], Internet]
MIB = 1024 * 1024


@pytest.fixture
def serve() -> Iterator[Serve]:
    made: list[Stranger] = []

    def start(say: Say) -> Internet:
        made.append(Stranger(say))
        return Internet(made[-1])

    yield start
    for stranger in made:
        stranger.close()


def pour(total: int, *headers: str) -> Say:
    """So much of a feed, and a little of it again and again."""

    def say(client: socket.socket, asked: str) -> None:
        client.sendall("\r\n".join(["HTTP/1.1 200 OK", *headers, "Connection: close", "", ""]).encode() + b"<rss><channel>")
        piece = b"<item><title>x</title></item>" * 2000
        for _ in range(total // len(piece)):
            client.sendall(piece)

    return say


def drip(head: bytes, drop: bytes) -> Say:
    def say(client: socket.socket, asked: str) -> None:
        client.sendall(head)
        while not threading.Event().wait(0.05):
            client.sendall(drop)

    return say


def rss(inside: str | bytes = "", prolog: str = "") -> bytes:
    inner = inside.encode() if isinstance(inside, str) else inside
    return prolog.encode() + b"<rss><channel>" + inner + b"</channel></rss>"


def item(title: str = "T", link: str = "https://meri.example/a", guid: str = "g", more: str = "") -> str:
    return f"<item><title>{title}</title><link>{link}</link><guid>{guid}</guid>{more}</item>"


LAUGHS = "<!DOCTYPE r [<!ENTITY a 'ha'>" + "".join(f"<!ENTITY {c} '{f'&{p};' * 10}'>" for p, c in zip("abcdefghi", "bcdefghij", strict=True)) + "]>"
ok = lambda body: always(answer("200 OK", body, "Content-Type: application/rss+xml"))  # noqa: E731


def zeros(wbits: int) -> bytes:
    """Fifty megabytes of nothing, squeezed piece by piece: this process's own peak is measured below."""
    press = zlib.compressobj(9, zlib.DEFLATED, wbits)
    return b"".join([press.compress(bytes(MIB)) for _ in range(50)]) + press.flush()


BOMB_OF_ZEROS = zeros(31)  # 31: with gzip's header

# name -> what the server says, what HR reads of it (a key of intake.unread), or how many stories it makes at most
BOMBS: dict[str, tuple[Say, str | int]] = {
    "billion laughs": (ok(rss("<item><title>&j;</title><link>https://meri.example/</link></item>", LAUGHS)), "entities"),
    "quadratic blow-up": (ok(rss("<item><title>" + "&a;" * 50_000 + "</title></item>", "<!DOCTYPE r [<!ENTITY a '" + "x" * 50_000 + "'>]>")), "entities"),
    "a file as an entity": (ok(rss("<item><title>&x;</title></item>", "<!DOCTYPE r [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>")), "entities"),
    "an inside address as an entity": (ok(rss("", "<!DOCTYPE r [<!ENTITY % x SYSTEM 'http://127.0.0.1/x'>%x;]>")), "entities"),
    "a DTD from elsewhere": (ok(rss("", "<!DOCTYPE rss SYSTEM 'http://169.254.169.254/x.dtd'>")), 0),
    "a gzip bomb": (always(answer("200 OK", BOMB_OF_ZEROS, "Content-Encoding: gzip")), "compressed"),
    "a deflate bomb": (always(answer("200 OK", zeros(15), "Content-Encoding: deflate")), "compressed"),
    "a gzip bomb that says nothing of it": (ok(BOMB_OF_ZEROS), "not_xml"),
    "fifty megabytes": (pour(50 * MIB), "large"),
    "fifty megabytes announced as ten": (pour(50 * MIB, "Content-Length: 10"), "not_xml"),
    "nesting two hundred thousand deep": (ok(rss("<a>" * 150_000)), "not_xml"),
    "a closed nest": (ok(rss(b"<a>" * 140_000 + b"</a>" * 140_000)), 0),
    "a hundred thousand attributes": (ok(b"<rss " + b" ".join(b'a%d="%d"' % (i, i) for i in range(60_000)) + b"><channel/></rss>"), 0),
    "three hundred thousand elements": (ok(rss(b"<a/>" * 250_000)), 0),
    "thirty thousand entries": (ok(rss(b"<item><title>x</title></item>" * 30_000)), 0),
    "a body without end": (drip(b"HTTP/1.1 200 OK\r\n\r\n", b"x"), "slow"),
    "headers without end": (drip(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n" * 10), "unreachable"),
    "one header of a megabyte": (always(b"HTTP/1.1 200 OK\r\nX: " + b"a" * MIB + b"\r\n\r\n"), "unreachable"),
    "redirects in a circle": (always(answer("302 Found", b"", "Location: /round")), "circle"),
    "a redirect to the inside": (always(answer("302 Found", b"", "Location: http://169.254.169.254/latest/meta-data/")), "inside"),
    "a web page": (ok(b"<!doctype html><html><head><title>Hi</title></head><body><p>Hi<br></body></html>"), "html"),
    "a web page that is XML": (ok(b"<html xmlns='http://www.w3.org/1999/xhtml'><body/></html>"), "not_feed"),
    "nothing": (ok(b"  \n"), "empty"),
    "the wrong charset": (ok(b'<?xml version="1.0" encoding="utf-8"?>' + rss(item("J\u00e4\u00e4").encode("latin-1"))), "not_xml"),
    "a charset that is not there": (ok(b'<?xml version="1.0" encoding="klingon-8"?>' + rss(item())), "not_xml"),
    "UTF-16 without a mark": (ok(rss(item()).decode().encode("utf-16-le")), 1),
    "titles of a hundred thousand letters": (ok(rss("".join(item("x" * 100_000, f"https://meri.example/{i}", str(i)) for i in range(9)))), 9),
    "a GUID again and again": (ok(rss("".join(item(f"T{i}", f"https://meri.example/{i}", "same") for i in range(500)))), 1),
    "a page again and again": (ok(rss("".join(item(f"T{i}", f"https://meri.example/a?utm_source={i}", str(i)) for i in range(500)))), 1),
    "dates that are none": (ok(rss("".join(item(f"T{i}", f"https://meri.example/{i}", str(i), f"<pubDate>{d}</pubDate>")
                                           for i, d in enumerate(("never", "Mon, 99 Xyz 20260", "9999-99-99", "-1", "&#1632;"))))), 5),
    "links that lead nowhere good": (ok(rss("".join(item(f"T{i}", link, str(i)) for i, link in enumerate(
        ("javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "http://user:pw@meri.example/", "http://meri.example\\@127.0.0.1/"))))), 0),
    "null bytes": (ok(rss(item("a\0b"))), "not_xml"),
    "markup in markup in markup": (ok(rss(item("&lt;b&gt;" * 20_000 + "T", "https://meri.example/b", "b"))), 1),
}  # fmt: skip


class Home:
    """A house whose internet is the stranger's."""

    def __init__(self, db: Database, deployment: Deployment, net: Internet) -> None:
        self.db, self.net, self.clock = db, net, StillClock()
        hub = Hub(Config(), db, deployment, self.clock)  # type: ignore[call-arg]
        self.poller = Poller(hub, net.cage, jitter=lambda: 0.5)
        self.hr = add_person(db, "Nora Holm", "hr")
        self.feed_id = db.write_now(stories.add_feed, START, self.hr.id, FeedDraft("Blog", "http://feed.example.org/rss", "tell")).id

    async def read(self) -> Feed:
        assert await self.poller.read_due() == 1
        return self.feed()

    def feed(self) -> Feed:
        return self.db.read_now(lambda s: s.get_one(Feed, self.feed_id))

    def taken(self) -> list[Story]:
        return self.db.read_now(lambda s: list(s.exec(select(Story).order_by(col(Story.id)))))


def peak() -> int:
    """The most memory this process ever held, in bytes; the children's is counted apart."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def test_there_are_more_than_twenty_bombs() -> None:
    assert len(BOMBS) > 20


@pytest.mark.parametrize("name", BOMBS)
async def test_a_bomb_is_refused_and_the_house_goes_on(lite: Database, deployment: Deployment, serve: Serve, name: str) -> None:
    say, expected = BOMBS[name]
    home = Home(lite, deployment, serve(say))
    before, started = peak(), time.process_time()
    row = await home.read()
    assert peak() - before < 24 * MIB, "the parent grew"
    assert time.process_time() - started < 2, "the parent worked"
    assert {a for a, _ in home.net.connected} == {PUBLIC}
    if isinstance(expected, str):
        assert (row.problem, row.failures, home.taken()) == (expected, 1, [])
    else:
        assert (row.problem or "", len(home.taken())) in {("", expected), ("heavy", 0)}  # refused within the child's limits is as good
        assert all(len(s.title) <= 120 and len(s.summary) <= 1500 and s.state == "review" for s in home.taken())
    home.net.stranger.say = ok(rss(item("All is well", "https://meri.example/well", "well")))
    home.clock.moment = row.next_at
    assert (await home.read()).problem == "" and home.taken()[-1].title == "All is well"


PAGES: dict[str, tuple[bytes, str]] = {  # what a page may hold, and the title that is read of it
    "no title": (b"<html><body><p>Hi</p></body></html>", ""),
    "a title in the body of a script": (b"<script>var t='<title>No</title>'</script><title>Yes &amp; no</title>", "Yes & no"),
    "markup in the title": (b'<meta property="og:title" content="&lt;script&gt;alert(1)&lt;/script&gt;Ice &lt;b&gt;sings&lt;/b&gt;">', "Ice sings"),
    "a title of a megabyte": (b"<title>" + b"x" * MIB + b"</title>", "x" * 300),
    "deep nesting": (b"<div>" * 50_000 + b"<title>Deep</title>", "Deep"),
    "a tag with thousands of attributes": (b"<div " + b" ".join(b"a%d=%d" % (i, i) for i in range(20_000)) + b"><title>Many</title>", "Many"),
    "ten thousand metas": (b'<meta name="a" content="b">' * 8_000 + b"<title>Metas</title>", "Metas"),
    "broken JSON-LD": (b'<script type="application/ld+json">{"headline": </script><title>Broken</title>', "Broken"),
    "deep JSON-LD": (b'<script type="application/ld+json">' + b"[" * 100_000 + b"</script><title>Nest</title>", "Nest"),
    "JSON-LD of odd shapes": (b'<script type="application/ld+json">[1,null,{"headline":["x"]},{"@graph":5}]</script><title>Odd</title>', "Odd"),
    "the wrong charset": ("<meta charset=utf-8><title>J\u00e4\u00e4</title>".encode("latin-1"), "J\u00e4\u00e4"),
    "a charset that is not there": (b"<meta charset=klingon><title>Kl</title>", "Kl"),
    "a charset that is no text": (b"<meta charset=hex><title>Hex</title>", "Hex"),
    "UTF-16": ("<title>J\u00e4\u00e4</title>".encode("utf-16"), "J\u00e4\u00e4"),
    "bytes": (bytes(range(256)) * 900, ""),
    "nothing": (b"", ""),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_whatever_kind_is_read_or_refused_and_nothing_more(serve: Serve, name: str) -> None:
    body, title = PAGES[name]
    net = serve(always(answer("200 OK", body, "Content-Type: text/html")))
    before = peak()
    try:
        assert page.read("http://page.example.org/", net.cage, seconds=4)["title"] == title
    except Unread as e:
        assert e.key in ("heavy", "long") and name in ("deep nesting", "a tag with thousands of attributes")
    assert peak() - before < 16 * MIB and net.connected == [(PUBLIC, 80)]


def test_what_a_page_says_of_itself_is_read_from_where_it_says_it_best(serve: Serve) -> None:
    whole = (
        '<html lang="fi-FI"><head><title>Blogi | Meri</title><meta name="description" content="Kuvaus">'
        '<meta property="og:title" content="J\u00e4\u00e4 laulaa"><meta property="og:description" content="Kuuntele &amp; nauti.">'
        '<meta property="og:image" content="/kuva.jpg"><meta property="og:image:alt" content="J\u00e4\u00e4t\u00e4">'
        '<meta property="og:site_name" content="Meri">'
    )
    net = serve(always(answer("200 OK", whole.encode(), "Content-Type: text/html; charset=utf-8")))
    got = page.read("http://page.example.org/a/b", net.cage)
    assert got == {"title": "J\u00e4\u00e4 laulaa", "summary": "Kuuntele & nauti.", "image_url": "", "image_alt": "", "language": "fi", "site": "Meri"}
    net.stranger.say = always(answer("200 OK", whole.replace("/kuva.jpg", "https://img.example.org/k.jpg").encode(), "Content-Type: text/html"))
    got = page.read("http://page.example.org/a/b", net.cage)
    assert (got["image_url"], got["image_alt"]) == ("https://img.example.org/k.jpg", "J\u00e4\u00e4t\u00e4")


def test_schema_org_and_the_plain_head_are_read_where_there_is_no_open_graph(serve: Serve) -> None:
    linked = '<script type="application/ld+json">{"@graph": [{"@type": "Person"}, {"headline": "Ice", "description": "D", "image": [{"url": "https://i.example.org/i.png"}]}]}</script>'
    net = serve(always(answer("200 OK", (linked + "<title>Blog</title>").encode(), "Content-Type: text/html")))
    got = page.read("http://page.example.org/", net.cage)
    assert (got["title"], got["summary"], got["image_url"], got["site"]) == ("Ice", "D", "https://i.example.org/i.png", "page.example.org")
    net.stranger.say = always(answer("200 OK", b"<title>Blog</title><meta name=Description content=Words>", "Content-Type: text/html"))
    got = page.read("http://page.example.org/", net.cage)
    assert (got["title"], got["summary"], got["image_url"]) == ("Blog", "Words", "")


@pytest.mark.parametrize(
    "image",
    [
        "http://i.example.org/i.png",
        "https://127.0.0.1/i.png",
        "https://[::1]/i.png",
        "javascript:alert(1)",
        "https://u@i.example.org/",
        "https://db.internal/i",
        "http://[",
        "https://[::1/i.png",
    ],
)
def test_a_picture_that_not_everybody_can_open_safely_is_left_out(serve: Serve, image: str) -> None:
    net = serve(always(answer("200 OK", f'<title>T</title><meta property="og:image" content="{image}">'.encode(), "Content-Type: text/html")))
    assert page.read("http://page.example.org/", net.cage)["image_url"] == ""
    assert net.connected == [(PUBLIC, 80)]  # pictures are not fetched


def test_what_is_no_page_is_not_read(serve: Serve, tmp_path: Path) -> None:
    net = serve(always(answer("200 OK", b"%PDF", "Content-Type: application/pdf")))
    with pytest.raises(Unread, match="not a web page"):
        page.read("http://page.example.org/x.pdf", net.cage)


def test_only_the_first_256_kib_of_a_page_are_looked_at(serve: Serve) -> None:
    net = serve(always(answer("200 OK", b"<title>First</title>" + "\u00e4".encode() * 200_000 + b'<meta property="og:title" content="Last">')))
    assert page.read("http://page.example.org/", net.cage)["title"] == "First"


async def test_the_page_reader_names_what_went_wrong_instead_of_failing(serve: Serve) -> None:
    net = serve(always(answer("404 Not Found")))
    assert await page.PageReader(net.cage)("http://page.example.org/") == {"unread": "status", "status": "404"}
    assert (await page.PageReader(net.cage)("http://10.0.0.1/"))["unread"] == "inside"
