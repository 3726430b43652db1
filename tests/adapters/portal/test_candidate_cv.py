"""The candidate's page with a file: taken, refused kindly, put right, taken along, and opened by those who recruit alone."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from aiohttp import FormData
from conftest import add_person
from contracts.drivers.portal import Browser, Portal
from html_reader import Element
from sample_papers import docx, pdf
from sqlmodel import select

from bot import audit, openings, referrals, settings
from bot.openings import Draft
from bot.referrals import Candidate, CandidateFile, Referral

NAME, CV = "Ida Lund", pdf(b"%Ida was here\n")
MIB = 1024 * 1024


@pytest.fixture
def link(portal: Portal) -> str:
    onni = add_person(portal.world.db, "Onni Kallio")

    def make(session: Any) -> Any:
        settings.put(session, portal.world.clock.now(), None, "candidate.questions.en", "Which boats have you drawn?\n\nWhen could you begin?")
        opening = openings.create(session, portal.world.clock.now(), None, Draft("Hull Designer"))
        return referrals.link_for(session, portal.world.clock.now(), onni.id or 0, opening.id, portal.world.deployment.new_token)

    return f"/r/{portal.world.db.write_now(make).token}"


async def send(browser: Browser, form: Element, file: tuple[str, bytes] | None, **fields: str) -> tuple[int, dict[str, str], str]:
    """Post a form as a browser does, with a file."""
    data = FormData(default_to_multipart=True)
    for name, value in {**dict(form.fields()), **{k.replace("_", ".", 1): v for k, v in fields.items()}}.items():
        if name != "cv":
            data.add_field(name, value)
    data.add_field("cv", io.BytesIO(file[1] if file else b""), filename=file[0] if file else "", content_type="application/octet-stream")
    return await browser.raw("POST", form.attrs["action"], data=data, headers=browser.headers)


async def confirm(browser: Browser, link: str, file: tuple[str, bytes] | None, **fields: str) -> tuple[int, dict[str, str], str]:
    form = next(f for f in (await browser.get(f"{link}?lang=en")).main.all("form") if f.attrs["action"] == link)
    return await send(browser, form, file, **({"f_name": NAME, "f_email": "ida@home.example"} | fields))


def rows(portal: Portal, model: Any) -> list[Any]:
    return portal.world.db.read_now(lambda s: list(s.exec(select(model))))


async def test_a_cv_comes_along_sealed_and_goes_back_to_its_owner_as_it_came(portal: Portal, stranger: Browser, link: str) -> None:
    status, headers, _ = await confirm(stranger, link, ("cv.pdf", CV), f_question_1="x")
    assert status == 303
    (row,) = rows(portal, CandidateFile)
    assert (row.kind, row.size) == ("pdf", len(CV)) and b"Ida" not in row.sealed
    own = headers["Location"].split("?")[0]
    status, headers, _ = await stranger.raw("GET", f"{own}/cv")
    assert status == 200 and headers["Content-Disposition"] == 'attachment; filename="my-cv.pdf"'
    assert headers["X-Content-Type-Options"] == "nosniff" and headers["Cache-Control"] == "no-store"
    assert json.loads((await stranger.raw("GET", f"{own}/download"))[2])["cv"] == {"kind": "pdf", "bytes": len(CV)}
    _, headers, text = await stranger.raw("GET", f"{own}/text?lang=fi")
    assert "attachment" in headers["Content-Disposition"] and "CV: PDF-tiedosto" in text and "Selosteen versio 4" in text


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (("cv.docx", docx({"word/vbaProject.bin": "x"})), "macros"),
        (("cv.docm", docx()), "macros"),
        (("cv.docx", CV), "ends otherwise"),
        (("cv.pdf", CV + docx()), "more than one file"),
        (("cv.exe", b"MZ" * 50), "not a PDF"),
        (("cv.pdf", b"%PDF-" + b"x" * (5 * MIB + MIB // 2)), "larger than 5 MB"),
    ],
)
async def test_a_file_that_is_not_taken_is_refused_kindly_and_nothing_typed_is_lost(
    portal: Portal, stranger: Browser, link: str, file: tuple[str, bytes], words: str
) -> None:
    status, _, text = await confirm(stranger, link, file, f_message="I like boats")
    assert status == 422 and words in text and "I like boats" in text and 'aria-invalid="true"' in text
    assert rows(portal, Candidate) == []


async def test_a_good_file_beside_a_mistake_is_asked_for_again(portal: Portal, stranger: Browser, link: str) -> None:
    status, _, text = await confirm(stranger, link, ("cv.pdf", CV), f_name="")
    assert status == 422 and "choose it once more" in text and rows(portal, CandidateFile) == []


async def test_the_organisations_own_questions_are_asked_and_read_back(portal: Portal, stranger: Browser, link: str) -> None:
    page = await stranger.get(f"{link}?lang=en")
    assert "When could you begin?" in page.main.text
    done = await stranger.send(page.main.one("form"), ("f.name", NAME), ("f.email", "i@home.example"), ("f.question_2", "In *May* <b>"))
    assert "In *May* <b>" in done.main.text and "Which boats have you drawn?" not in [d.text for d in done.main.all("dt")]


async def test_details_are_put_right_on_the_same_page(portal: Portal, stranger: Browser, link: str) -> None:
    own = (await confirm(stranger, link, ("cv.pdf", CV), f_question_1="x"))[1]["Location"].split("?")[0]

    async def form() -> Element:
        return next(f for f in (await stranger.get(f"{own}?lang=en")).main.all("form") if f.attrs["action"].endswith("/correct"))

    status, headers, _ = await send(stranger, await form(), ("cv.docx", docx()), f_name="Ida Berg", f_referrer_may_see="")
    assert status == 303 and "Saved." in (await stranger.get(headers["Location"])).main.text
    assert "Saved." not in (await stranger.get(f"{own}?lang=en")).main.text
    (row,) = rows(portal, CandidateFile)
    assert row.kind == "docx" and "Ida Berg" in (await stranger.get(own)).main.text
    status, _, text = await send(stranger, await form(), None, f_email="nonsense")
    assert status == 422 and '<details class="correct" open>' in text and "nonsense" in text
    data = [*(await form()).fields(), ("without_paper", "yes")]
    await stranger.post(f"{own}/correct", data)
    assert rows(portal, CandidateFile) == [] and len(rows(portal, Referral)) == 1
    await stranger.post(f"{own}/erase", [("lang", "en")])
    assert (await stranger.raw("POST", f"{own}/correct", data=data, headers=stranger.headers))[0] == 303 and rows(portal, Candidate)[0].sealed == ""


async def test_the_file_is_opened_by_those_who_recruit_and_each_time_is_written_down(portal: Portal, stranger: Browser, link: str) -> None:
    await confirm(stranger, link, ("cv.pdf", CV))
    (referral,) = rows(portal, Referral)
    rita, aino = add_person(portal.world.db, "Rita Ranta", "recruiter"), add_person(portal.world.db, "Aina Aro")
    for person in (rita, aino):
        await portal.join(person)
    path = f"/recruiting/cv/{referral.id}"
    status, headers, _ = await portal.browsers[rita.id or 0].raw("GET", path)
    assert status == 200 and headers["Content-Disposition"] == f'attachment; filename="cv-{referral.id}.pdf"'
    assert headers["X-Content-Type-Options"] == "nosniff" and "sandbox" in headers["Content-Security-Policy"] and headers["Cache-Control"] == "no-store"
    opened = [e for e in portal.world.db.read_now(audit.history, "referral", referral.id or 0) if e.what == "referral.file_opened"]
    assert [e.actor_id for e in opened] == [rita.id]
    assert (await portal.browsers[aino.id or 0].raw("GET", path))[0] == 403
    assert (await stranger.raw("GET", path))[0] in (302, 303)
    from bot.people import RoleGrant

    portal.world.db.write_now(lambda s: s.delete(s.exec(select(RoleGrant).where(RoleGrant.person_id == rita.id)).one()))
    assert (await portal.browsers[rita.id or 0].raw("GET", path))[0] == 403, "a role that ended a moment ago is no role"


async def test_looking_at_every_address_of_the_page_changes_nothing(portal: Portal, stranger: Browser, link: str) -> None:
    own = (await confirm(stranger, link, ("cv.pdf", CV)))[1]["Location"].split("?")[0]
    before = portal.world.db.write_raw_now(lambda raw: "".join(raw.driver_connection.iterdump()))
    for path in ("", "/download", "/text", "/cv", "/withdraw", "/erase", "/decline", "/correct"):
        for base in (own, link, "/r/nobody"):
            for method in ("GET", "HEAD"):
                await stranger.raw(method, base + path, headers={"Purpose": "prefetch", "User-Agent": "Slackbot-LinkExpanding 1.0"})
    assert portal.world.db.write_raw_now(lambda raw: "".join(raw.driver_connection.iterdump())) == before
