"""A file of people, openings or stories in the browser: nothing of it is read before it may be, nothing is done before it is confirmed."""

from __future__ import annotations

import asyncio
import threading
from io import BytesIO

import pytest
from aiohttp import FormData
from conftest import add_person
from contracts.drivers.portal import Browser, Page, Portal
from html_reader import Element
from sqlmodel import col, select

from adapters import guard
from adapters.portal import imports, uploads
from bot import audit
from bot.audit import AuditEntry
from bot.openings import JobOpening
from bot.people import Person
from bot.stories import Story

HEAD = "email,name,department"
OURS = {"Origin": "http://127.0.0.1:8765", "Sec-Fetch-Site": "same-origin"}


async def _as(portal: Portal, name: str, *roles: str) -> Browser:
    person = add_person(portal.world.db, name, *roles)
    await portal.join(person)
    return portal.browsers[person.id or 0]


@pytest.fixture
async def hr(portal: Portal) -> Browser:
    return await _as(portal, "Nora Berg", "hr")


def _file(*lines: str, staff: str = "nora.berg@meri.example,Nora Berg,HR") -> str:
    return "\n".join([HEAD, *([staff] if staff else []), *lines]) + "\n"


def _token(form: Element) -> FormData:
    """The form's fields but for the file."""
    data = FormData()
    for name, value in form.fields():
        if name != "file":
            data.add_field(name, value)
    return data


async def _bring(browser: Browser, text: str, noun: str = "people") -> Page:
    """Send the form with a file, as a browser does; the page that came of it, once nobody works on it any more."""
    form = (await browser.get(f"/admin/{noun}/import")).main.one("form")
    data = _token(form)
    data.add_field("file", BytesIO(text.encode(errors="surrogateescape")), filename="people.csv", content_type="text/csv")
    status, given, html = await browser.raw("POST", form.attrs["action"], data=data, headers=OURS)
    assert status == 303, html
    return await _settled(browser, given["Location"])


async def _settled(browser: Browser, path: str) -> Page:
    async with asyncio.timeout(20):
        while (page := await browser.get(path)).main.all("section", data_wait=""):
            pass
    return page


async def _confirm(browser: Browser, page: Page, *extra: tuple[str, str]) -> Page:
    return await _settled(browser, (await browser.send(page.main.one("form"), *extra)).path)


def _facts(page: Page) -> dict[str, str]:
    return {row.one("dt").text: row.one("dd").text for row in page.main.one("dl", class_="facts").all("div")}


async def _people(portal: Portal) -> list[str]:
    return await portal.world.db.read(lambda s: list(s.exec(select(Person.name).order_by(col(Person.id)))))


async def test_what_it_would_do_is_shown_first_and_a_yes_does_it_in_ones_own_name(portal: Portal, hr: Browser) -> None:
    page = await _bring(hr, _file("bo.ek@meri.example,Bo Ek,Yard", "no address,Nobody,Yard", "eva@meri.example,,Yard"))
    assert _facts(page) == {"Join": "1", "Changed": "1", "Unchanged": "0", "Become leavers": "0", "Refused": "2 lines"}
    rows = [(r.all("td")[0].text, r.all("td")[1].text) for r in page.main.one("tbody").all("tr")]
    assert rows == [("4", "“no address” is not an e-mail address."), ("5", "no name.")]
    assert await _people(portal) == ["Nora Berg"]
    done = await _confirm(hr, page)
    assert "up to date" in done.main.one("h1").text and await _people(portal) == ["Nora Berg", "Bo Ek"]
    (entry,) = await portal.world.db.read(lambda s: s.exec(select(AuditEntry).where(AuditEntry.what == "people.imported")).all())
    assert entry.actor_id == await portal.world.db.read(lambda s: s.exec(select(Person.id).where(Person.name == "Nora Berg")).one())
    again = await _bring(hr, _file("bo.ek@meri.example,Bo Ek,Yard"))
    assert "nothing to do" in again.main.text and not again.main.all("form")


async def test_many_leavers_are_asked_about(portal: Portal, hr: Browser) -> None:
    add_person(portal.world.db, "Bo Ek")
    page = await _bring(hr, _file())
    assert "1 person would become a leaver (50 %)" in page.main.text
    stays = await _confirm(hr, page)
    assert "1 person would become a leaver" in stays.main.text and stays.main.all("input", name="retire")
    assert "up to date" in (await _confirm(hr, stays, ("retire", "yes"))).main.one("h1").text
    ended = await portal.world.db.read(lambda s: s.exec(select(Person.end_on).where(Person.name == "Bo Ek")).one())
    assert ended is not None


async def test_openings_come_in_the_same_way_and_for_recruiters_too(portal: Portal) -> None:
    recruiter = await _as(portal, "Rita Aho", "recruiter")
    page = await _bring(recruiter, "requisition_id;title\nR1;Hull Designer\nR2;Welder\n;Nameless\n", "openings")
    assert _facts(page) == {"New": "2", "Changed": "0", "Unchanged": "0", "Refused": "1 line"}
    assert "requisition_id" in page.main.one("tbody").text
    assert await portal.world.db.read(lambda s: s.exec(select(JobOpening.title)).all()) == []
    assert await portal.world.db.read(lambda s: s.exec(select(AuditEntry).where(AuditEntry.subject == "opening")).all()) == []
    done = await _confirm(recruiter, page)
    assert "up to date" in done.main.one("h1").text
    assert sorted(await portal.world.db.read(lambda s: s.exec(select(JobOpening.title)).all())) == ["Hull Designer", "Welder"]
    assert (await recruiter.get("/admin/people/import")).status == 403


async def test_stories_come_in_the_same_way_and_wait_in_review(portal: Portal) -> None:
    curator = await _as(portal, "Mia Strand", "curator")
    text = 'title;link;kind;captions_en\nIce;https://meri.example/ice;give;"One\nTwo"\nBad;ftp://meri.example;give;\nCells;https://meri.example/c;give;;x\n'
    page = await _bring(curator, text, "stories")
    assert _facts(page) == {"New, into review": "1", "Known already": "0", "Refused": "2 lines"}
    assert [r.all("td")[0].text for r in page.main.one("tbody").all("tr")] == ["4", "5"], "lines of the file: a caption's second line counts"
    assert await portal.world.db.read(lambda s: s.exec(select(Story.id)).all()) == []
    await _confirm(curator, page)
    (story,) = await portal.world.db.read(lambda s: s.exec(select(Story)).all())
    assert (story.title, story.state, story.source) == ("Ice", "review", "csv")
    again = await _bring(curator, text, "stories")
    assert _facts(again)["Known already"] == "1" and "nothing to do" in again.main.text
    assert "UTF-8" in (await _bring(curator, "title,link\nj\udce4\udce4,x", "stories")).main.text
    for noun in ("people", "openings"):
        assert (await curator.get(f"/admin/{noun}/import")).status == 403


async def test_the_desk_leads_there_whom_it_may(portal: Portal, hr: Browser) -> None:
    for noun in ("people", "openings", "stories"):
        assert (await hr.get(f"/admin/{noun}")).main.all("a", href=f"/admin/{noun}/import")
    payroll = await _as(portal, "Anna Hill", "payroll")
    assert not (await payroll.get("/admin/people")).main.all("a", href="/admin/people/import")


async def test_refused_lines_come_in_pages(hr: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "LINES", 3)
    page = await _bring(hr, _file(*("x,y" for _ in range(7))))
    first = [r.all("td")[0].text for r in page.main.one("tbody").all("tr")]
    later = await hr.get(page.main.one("p", class_="pages").one("a").attrs["href"])
    last = await hr.get(later.main.one("p", class_="pages").all("a")[1].attrs["href"])
    assert first == ["3", "4", "5"] and [r.all("td")[0].text for r in last.main.one("tbody").all("tr")] == ["9"]
    for odd in ("-1", "x", "9" * 30, "٣"):
        assert (await hr.get(f"{page.path}?from={odd}")).status == 200


@pytest.mark.parametrize(
    ("text", "words"), [("name\nBo\n", "Missing: email"), ("email,name,shoe\n", "no column “shoe”"), ("\x00\x01", "Missing"), ("a" * 3_000_000, "Missing")]
)
async def test_a_file_that_cannot_be_read_says_why(hr: Browser, text: str, words: str) -> None:
    page = await _bring(hr, text)
    assert words in page.main.text and not page.main.all("form")


async def test_no_file_is_said_beside_the_field(hr: Browser) -> None:
    form = (await hr.get("/admin/people/import")).main.one("form")
    data = _token(form)
    data.add_field("file", BytesIO(b""), filename="", content_type="application/octet-stream")
    status, _, text = await hr.raw("POST", "/admin/people/import", data=data, headers=OURS)
    assert status == 422 and "Choose a file first" in text


async def test_how_far_it_is_can_be_seen_without_a_script(portal: Portal, hr: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on, half = threading.Event(), threading.Event()
    real = imports.files.import_people

    def slowly(*args, progress, **options):  # type: ignore[no-untyped-def]
        progress(2)
        half.set()
        assert go_on.wait(10)
        return real(*args, progress=progress, **options)

    monkeypatch.setattr(imports.files, "import_people", slowly)
    form = (await hr.get("/admin/people/import")).main.one("form")
    data = _token(form)
    data.add_field("file", BytesIO(_file("bo.ek@meri.example,Bo Ek,Yard", "x,y").encode()), filename="p.csv")
    _, given, _ = await hr.raw("POST", "/admin/people/import", data=data, headers=OURS)
    await asyncio.to_thread(half.wait, 10)
    page = await hr.get(given["Location"])
    assert "2 of 4 lines" in page.main.text and page.main.one("progress").attrs["value"] == "2"
    assert page.main.one("noscript").one("meta").attrs["content"] == "2"
    go_on.set()
    assert _facts(await _settled(hr, given["Location"]))["Join"] == "1"


async def test_pressed_twice_it_is_done_once(portal: Portal, hr: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    page = await _bring(hr, _file("bo.ek@meri.example,Bo Ek,Yard"))
    form = page.main.one("form")
    await asyncio.gather(hr.send(form), hr.send(form))
    await _settled(hr, page.path)
    assert len(await portal.world.db.read(lambda s: s.exec(select(AuditEntry).where(AuditEntry.what == "people.imported")).all())) == 1
    assert "up to date" in (await hr.send(form)).main.text


async def test_a_role_that_was_taken_away_stops_the_yes(portal: Portal, hr: Browser) -> None:
    page = await _bring(hr, _file("bo.ek@meri.example,Bo Ek,Yard"))
    from bot import people

    await portal.world.db.write(lambda s: people.revoke(s, portal.world.clock.now(), None, s.exec(select(Person)).first(), "hr"))  # type: ignore[arg-type]
    assert (await hr.send(page.main.one("form"))).status == 403 and await _people(portal) == ["Nora Berg"]


async def test_nobody_else_sees_the_file_and_not_even_the_same_person_elsewhere(portal: Portal, hr: Browser) -> None:
    page = await _bring(hr, _file())
    other = await _as(portal, "Ulla Vik", "hr")
    elsewhere = Browser(portal.client)
    portal.browsers.clear()
    await portal.join(await portal.world.db.read(lambda s: s.exec(select(Person).where(Person.name == "Nora Berg")).one()))
    (elsewhere,) = portal.browsers.values()
    for browser in (other, elsewhere):
        seen = await browser.get(page.path)
        assert seen.status == 410 and "not here any more" in seen.main.text
        await browser.post(page.path, [("csrf", dict((await browser.get("/menu")).root.all("form")[0].fields())["csrf"])])
    assert (await hr.get(page.path)).status == 200


async def test_after_an_hour_it_is_gone(hr: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "KEPT_SECONDS", 0.0)
    page = await _bring(hr, _file())
    assert page.status == 410 and "not here any more" in page.main.text


async def test_a_file_leaves_nothing_on_the_disk(portal: Portal, hr: Browser) -> None:
    await _bring(hr, _file("bo.ek@meri.example,Bo Ek,Yard"))
    (upload,) = portal.adapter.imports.shelf._uploads.values()
    assert isinstance(upload.file.name, int) and upload.file.read() is not None  # a number, no name
    await _bring(hr, _file("bo.ek@meri.example,Bo Ek,Yard"))
    assert upload.file.closed  # the earlier one made place
    (second,) = portal.adapter.imports.shelf._uploads.values()
    await _confirm(hr, await hr.get(f"/admin/people/import/{second.id}"))
    assert second.file.closed


def _body(*parts: tuple[str, str]) -> bytes:
    text = "".join(f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in parts)
    return (text + "--x--\r\n").encode()


async def _post(browser: Browser, body: bytes, **headers: str) -> tuple[int, str]:
    given = OURS | {"Content-Type": "multipart/form-data; boundary=x"} | headers
    status, _, text = await browser.raw("POST", "/admin/people/import", data=body, headers=given)
    return status, text


async def test_the_token_comes_first_or_nothing_of_the_file_is_kept(portal: Portal, hr: Browser) -> None:
    token = dict((await hr.get("/admin/people/import")).main.one("form").fields())["csrf"]
    file = ("file", _file())
    for parts in ([file], [file, ("csrf", token)], [("csrf", "wrong"), file], [("csrf", ""), file], [("csrf", token + "x" * 5000), file], []):
        assert (await _post(hr, _body(*parts)))[0] in (400, 403)
    assert (await _post(hr, _body(("csrf", token), ("other", "x"), file)))[0] == 400
    assert (await _post(hr, _body(("csrf", token), file, file)))[0] == 400
    assert not portal.adapter.imports.shelf._uploads
    assert (await _post(hr, _body(("csrf", token), file)))[0] == 303


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "multipart/form-data; boundary=x"),
        (b"--x\r\n", "multipart/form-data; boundary=x"),
        (b"y" * 300_000, "multipart/form-data; boundary=x"),
        (b"--x\r\n" + b"A: " + b"b" * 20_000 + b"\r\n\r\n", "multipart/form-data; boundary=x"),
        (b"--x\r\n" + b"A: b\r\n" * 5000 + b"\r\n", "multipart/form-data; boundary=x"),
        (b"--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\n\r\n--y--\r\n--x--", "multipart/form-data; boundary=x"),
        (b"--x--", "multipart/form-data; boundary=x"),
        (b"--x", "multipart/form-data"),
        (b"--x", "multipart/form-data; boundary=" + "x" * 200),
        (b"csrf=1", "application/x-www-form-urlencoded"),
        (b"{}", "application/json"),
    ],
)
async def test_a_broken_body_is_the_senders_mistake(portal: Portal, hr: Browser, body: bytes, kind: str) -> None:
    status, text = await _post(hr, body, **{"Content-Type": kind})
    assert status in (400, 403, 415) and "Traceback" not in text and not portal.adapter.imports.shelf._uploads


async def test_what_is_too_large_or_too_slow_is_refused(portal: Portal, hr: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await _headers_only(hr, 33 * 1024 * 1024) == 413
    monkeypatch.setattr(guard, "BODY_SECONDS", 0.05)
    assert await _headers_only(hr, 1000) == 408


async def _headers_only(browser: Browser, length: int, **headers: str) -> int:
    """Send a post's headers and not a byte of its body: the answer is what the headers alone decide."""
    reader, writer = await asyncio.open_connection(browser.client.host, browser.client.port)
    cookies = "; ".join(f"{k}={v}" for k, v in browser.cookies.items())
    given = {"Host": "x", "Content-Type": "multipart/form-data; boundary=x", "Content-Length": str(length), "Cookie": cookies} | OURS | headers
    writer.write("\r\n".join(["POST /admin/people/import HTTP/1.1", *(f"{k}: {v}" for k, v in given.items()), "", ""]).encode())
    line = await asyncio.wait_for(reader.readline(), 10)
    writer.close()
    await writer.wait_closed()
    return int(line.split()[1])


async def test_who_may_not_is_told_before_the_file_is_read(portal: Portal, hr: Browser, browser: Browser, stranger: Browser) -> None:
    assert await _headers_only(stranger, 1000) == 401
    assert await _headers_only(hr, 1000, Origin="https://evil.example") == 403
    assert await _headers_only(hr, 1000, **{"Sec-Fetch-Site": "cross-site"}) == 403
    assert await _headers_only(browser, 1000) == 403  # no role


async def test_there_is_an_end_to_how_many_files_wait(portal: Portal, hr: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST", 0)
    token = dict((await hr.get("/admin/people/import")).main.one("form").fields())["csrf"]
    assert (await _post(hr, _body(("csrf", token), ("file", _file()))))[0] == 429


async def test_what_breaks_is_said_and_can_be_tried_again(portal: Portal, hr: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*args: object, **options: object) -> None:
        raise RuntimeError("the disk fell off")

    monkeypatch.setattr(imports.files, "import_people", breaks)
    page = await _bring(hr, _file())
    assert "Something broke on our side" in page.main.text and "disk" not in page.main.text


async def test_a_file_being_read_does_not_hold_up_the_end_of_the_house(portal: Portal, hr: Browser) -> None:
    many = _file(*(f"p{i}@meri.example,Person {i},Yard" for i in range(3000)))
    form = (await hr.get("/admin/people/import")).main.one("form")
    data = _token(form)
    data.add_field("file", BytesIO(many.encode()), filename="p.csv")
    await hr.raw("POST", "/admin/people/import", data=data, headers=OURS)
    await portal.adapter.stop()
    assert not portal.adapter.imports.shelf._uploads
    assert audit.history(portal.world.db.read_now(lambda s: s), "people", 0) == []
