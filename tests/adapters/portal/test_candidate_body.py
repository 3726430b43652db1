"""The candidate's form byte by byte: what is too large, too slow, odd or cut off, and what was typed beside it."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from typing import Any

import pytest
from conftest import add_person
from contracts.drivers.portal import Browser, Portal
from html_reader import read_html
from sample_papers import pdf
from sqlmodel import select

from adapters import guard
from bot import referrals
from bot.referrals import Candidate, CandidateFile, Referral
from content.catalog import entries

MIB = 1024 * 1024
CV = pdf(b"%Ida was here\n")
KIND = {"Content-Type": "multipart/form-data; boundary=x"}
TYPED = {
    "nonce": "a-nonce-of-this-page",
    "lang": "sv",
    "f.name": "Ida Lund",
    "f.email": "ida@home.example",
    "f.message": "Jag gillar båtar",
    "f.about_others": "yes",
}


@pytest.fixture
def link(portal: Portal) -> str:
    onni, world = add_person(portal.world.db, "Onni Kallio"), portal.world
    made = world.db.write_now(lambda s: referrals.link_for(s, world.clock.now(), onni.id or 0, None, world.deployment.new_token))
    return f"/r/{made.token}"


def part(name: str, content: str | bytes, *more: str, file: str | None = None) -> bytes:
    head = f'Content-Disposition: form-data; name="{name}"' + (f'; filename="{file}"' if file is not None else "")
    return "\r\n".join(["--x", head, *more, "", ""]).encode() + (content.encode() if isinstance(content, str) else content) + b"\r\n"


def fields(**more: str) -> bytes:
    return b"".join(part(name, value) for name, value in (TYPED | more).items())


def large(name: str = "cv") -> bytes:
    return part(name, b"%PDF-" + bytes(7 * MIB), file="cv.pdf")


END = b"--x--\r\n"


async def post(browser: Browser, path: str, body: bytes | AsyncIterator[bytes], **headers: str) -> tuple[int, dict[str, str], str]:
    data = io.BytesIO(body) if isinstance(body, bytes) else body
    return await browser.raw("POST", path, data=data, headers=browser.headers | KIND | headers)


async def in_pieces(body: bytes) -> AsyncIterator[bytes]:
    """Sent without a length."""
    for at in range(0, len(body), 128 * 1024):
        yield body[at : at + 128 * 1024]


def rows(portal: Portal, model: Any) -> list[Any]:
    return portal.world.db.read_now(lambda s: list(s.exec(select(model))))


def require_kind(answer: tuple[int, dict[str, str], str], status: int, *, locale: str = "en") -> None:
    assert answer[0] == status and entries(locale)[f"portal.problem.title_{status}"] in answer[2], answer[2][:300]


@pytest.mark.parametrize("has_length", [True, False], ids=["with a length", "in pieces"])
async def test_a_body_that_is_too_large_is_answered_by_the_form_with_what_was_typed(portal: Portal, stranger: Browser, link: str, has_length: bool) -> None:
    body = fields() + large() + part("f.phone", "0401234567") + END
    status, headers, text = await post(stranger, link, body if has_length else in_pieces(body))
    form = next(f for f in read_html(text).all("form") if f.attrs["action"] == link)
    assert status == 413 and headers["Connection"] == "close" and headers["Cache-Control"] == "no-store" and "script" not in headers["Content-Security-Policy"]
    assert {k: v for k, v in form.fields() if v and k != "cv"} == TYPED
    assert form.one(id="cv-error").text == entries("sv")["candidate.cv.wrong.large"] and form.one(id="cv").attrs["aria-invalid"] == "true"
    assert rows(portal, Candidate) == []
    assert (await post(stranger, link, fields() + part("cv", CV, file="cv.pdf") + END))[0] == 303, "a smaller one is taken afterwards"


async def test_the_file_comes_last_in_its_form_so_that_everything_typed_is_before_it(portal: Portal, stranger: Browser, link: str) -> None:
    form = (await stranger.get(link)).main.one("form", action=link)
    assert [e.attrs["name"] for e in form.walk() if e.tag in ("input", "textarea", "select")][-1] == "cv"
    own = (await post(stranger, link, fields() + part("cv", CV, file="cv.pdf") + END))[1]["Location"].split("?")[0]
    form = (await stranger.get(own)).main.one("form", action=f"{own}/correct")
    assert [e.attrs["name"] for e in form.walk() if e.tag in ("input", "textarea", "select")][-2:] == ["without_paper", "cv"]
    status, _, text = await post(stranger, f"{own}/correct", fields(**{"f.name": "Ida Berg"}) + large() + END)
    assert status == 413 and "Ida Berg" in text and '<details class="correct" open>' in text
    assert "Ida Berg" not in (await stranger.get(own)).main.text and len(rows(portal, CandidateFile)) == 1


async def test_where_nothing_typed_can_be_had_there_is_a_kind_page(portal: Portal, stranger: Browser, link: str) -> None:
    for body in (
        large() + fields() + END,
        large() + END,
        part("f.message", bytes(7 * MIB)) + END,  # words alone
        fields() + part("f.message", b"x" * 300_000) + large() + END,
        b"y" * 7 * MIB,
        b"--x\r\n" + b"A: " + b"b" * 7 * MIB,
    ):
        require_kind(await post(stranger, link, body), 413)
    require_kind(await post(stranger, link, in_pieces(part("f.message", bytes(7 * MIB)) + END)), 413)
    require_kind(await post(stranger, link, in_pieces(large() + fields() + END)), 413)
    require_kind(await post(stranger, link, b"f.message=" + b"x" * 7 * MIB, **{"Content-Type": "application/x-www-form-urlencoded"}), 413)
    assert rows(portal, Candidate) == []


async def test_where_no_form_waits_there_is_a_kind_page_and_no_deed(portal: Portal, stranger: Browser, link: str) -> None:
    too_much = fields() + large() + END
    require_kind(await post(stranger, "/r/nobody", too_much), 413)
    own = (await post(stranger, link, fields() + END))[1]["Location"].split("?")[0]
    for right in ("withdraw", "erase"):
        require_kind(await post(stranger, f"{own}/{right}", too_much), 413)
    require_kind(await post(stranger, own, too_much), 413)
    assert rows(portal, Referral)[0].stage == "confirmed"
    await post(stranger, f"{own}/erase", fields() + END)
    require_kind(await post(stranger, f"{own}/correct", too_much), 413)


async def test_of_several_files_the_first_cv_is_kept_and_fields_after_it_count(portal: Portal, stranger: Browser, link: str) -> None:
    files = part("photo", b"MZ" * 9, file="me.exe") + part("cv", CV, file="cv.pdf") + part("cv", b"MZ" * 9, file="b.exe") + part("cv", b"", file="")
    late = part("f.name", "Ida Lund") + part("f.email", "ida@home.example") + part("lang", "sv") + part("nonce", TYPED["nonce"])
    assert (await post(stranger, link, files + late + END))[0] == 303
    (row,) = rows(portal, CandidateFile)
    assert (row.kind, row.size) == ("pdf", len(CV))


async def test_a_part_may_name_its_charset_but_none_that_takes_minutes(portal: Portal, stranger: Browser, link: str) -> None:
    status, _, text = await post(
        stranger, link, part("lang", "sv") + part("f.name", "Åke".encode("latin-1"), "Content-Type: text/plain; charset=iso-8859-1") + END
    )
    assert status == 422 and 'value="Åke"' in text
    status, _, text = await post(stranger, link, part("f.name", "+AAA-Ida", "Content-Type: text/plain; charset=utf-7") + END)
    assert status == 422 and 'value="\N{REPLACEMENT CHARACTER}Ida"' in text
    for charset in ("punycode", "IDNA", "nonsense", "hex", "ascii"):
        odd = part("f.name", "bcdzå" * 200, f"Content-Type: text/plain; charset={charset}")
        require_kind(await post(stranger, link, odd + END), 400)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--x\r\n",
        END[:3],
        b"y" * 300_000,
        b"--x\r\nContent-Disposition: form-data\r\n\r\nx\r\n" + END,  # no name
        b"--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\n\r\n--y--\r\n" + END,
        b"--x\r\n" + b"A: " + b"b" * 20_000 + b"\r\n\r\n",
        part("f.name", "Ida") * 1001 + END,
        fields() + part("cv", CV, file="cv.pdf"),  # no end
    ],
)
async def test_a_broken_body_is_the_senders_mistake(portal: Portal, stranger: Browser, link: str, body: bytes) -> None:
    require_kind(await post(stranger, link, body), 400)
    assert rows(portal, Candidate) == []


async def test_a_body_that_breaks_off_leaves_nothing(portal: Portal, stranger: Browser, link: str) -> None:
    whole = fields() + part("cv", CV, file="cv.pdf") + END
    for length in (len(whole), 7 * MIB):
        reader, writer = await begin(stranger, link, whole[:-40], length)
        writer.write_eof()
        await reader.read()  # until the server has given it up too
        writer.close()
    assert rows(portal, Candidate) == []


async def test_a_body_that_dawdles_is_given_up(portal: Portal, stranger: Browser, link: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "BODY_SECONDS", 0.2)
    for length in (900, 7 * MIB):
        reader, writer = await begin(stranger, link, part("lang", "sv"), length)
        answer = (await reader.readuntil(b"</html>")).decode()
        writer.close()
        assert answer.split()[1] == "408" and entries("en")["portal.problem.title_408"] in answer
    assert rows(portal, Candidate) == []


async def begin(browser: Browser, path: str, body: bytes, length: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Send a post's beginning, and no more."""
    reader, writer = await asyncio.open_connection(browser.client.host, browser.client.port)
    given = {"Host": "x", "Content-Length": str(length)} | KIND | browser.headers
    writer.write("\r\n".join([f"POST {path} HTTP/1.1", *(f"{k}: {v}" for k, v in given.items()), "", ""]).encode() + body)
    return reader, writer
