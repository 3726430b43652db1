"""Openings: found by typing, made and changed by HR, taken in from a file as often as one likes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from conftest import START, add_person
from referral_desk import Company, buttons_of, company, text_of

from adapters.ats import import_openings
from bot import openings
from bot.db import Database
from bot.desks import Deployment
from bot.desks.hr import boards
from bot.errors import Refusal
from bot.messages import Command, Lookup, Press, Submission
from bot.openings import Draft, JobOpening
from content.catalog import Words

HEADER = "requisition_id,title,department,location,country,language,hiring_manager_email,recruiter_email,plan,open_until,description,link\n"
TODAY = START.date()


@pytest.fixture
def meri(db: Database, deployment: Deployment) -> Company:
    return company(db, deployment)


@pytest.fixture
def small(lite: Database, deployment: Deployment) -> Company:
    return company(lite, deployment)


def found(meri: Company, query: str) -> list[str]:
    return [o.title for o in meri.db.read_now(openings.find, TODAY, query)]


async def test_an_opening_is_found_by_part_of_a_word_without_accents(meri: Company) -> None:
    for title, place in (("Ingeniør", "København"), ("Sähköasentaja", "Oulu"), ("Data 100% engineer", "Helsinki")):
        meri.db.write_now(openings.create, START, None, Draft(title, location=place))
    assert found(meri, "ehitta") == ["Kehittäjä (Åbo)"] == found(meri, "  TURKU kehi ") == found(meri, "eng-1") == found(meri, "(abo)")
    assert found(meri, "ingenior") == ["Ingeniør"] == found(meri, "kobenhavn") and found(meri, "sahko") == ["Sähköasentaja"]
    assert found(meri, "100%") == ["Data 100% engineer"] and found(meri, "%") == ["Data 100% engineer"] and found(meri, "_") == []
    assert len(found(meri, "")) == 4
    offer = await meri.hear(meri.aino, Lookup("openings", "KEHIT"))  # type: ignore[arg-type]
    assert [o.text.plain for o in offer.options] == ["Kehittäjä (Åbo) – Turku"]


def test_titles_that_begin_with_what_was_typed_come_first(small: Company) -> None:
    for title in ("Assistant to the designer", "Designer", "Lead designer"):
        small.db.write_now(openings.create, START, None, Draft(title))
    assert found(small, "design")[0] == "Designer"


def test_the_likeliest_opening_comes_first(meri: Company) -> None:
    for title, department, place in (
        ("Controller", "Design", "Oulu"), ("Redesigner", "Product", "Oulu"), ("Lead designer", "Product", "Oulu"), ("Designer", "Product", "Oulu"),
        ("Pilot", "Predesign", "Oulu"), ("Straßenplaner", "Product", "Łódź"),
    ):  # fmt: skip
        meri.db.write_now(openings.create, START, None, Draft(title, department=department, location=place))
    assert found(meri, "design") == ["Designer", "Lead designer", "Redesigner", "Controller", "Pilot"]
    assert found(meri, "oulu design")[0] == "Designer" and found(meri, "strasse") == ["Straßenplaner"] == found(meri, "lodz plan")
    assert found(meri, "DESIGN% ") == [] == found(meri, "design/") and found(meri, " ".join(["design"] * 40))[0] == "Designer"


def test_an_opening_takes_referrals_through_its_last_day(small: Company) -> None:
    row = small.db.write_now(openings.create, START, None, Draft("Until", open_until=TODAY))
    assert row.takes_referrals(TODAY) and not row.takes_referrals(TODAY + timedelta(days=1))
    assert small.db.read_now(lambda s: [o.title for o in openings.find(s, TODAY + timedelta(days=1), "until")]) == []


async def test_hr_makes_changes_and_closes_an_opening(meri: Company) -> None:
    card = (await meri.hear(meri.hanna, Command("admin", "openings"))).card
    assert "Openings: 1" in text_of(card) and "opening.new" in buttons_of(card)
    form = (await meri.hear(meri.hanna, Press("opening.new"))).form
    values = {"title": "Tester", "language": "en", "recruiter": str(meri.rita.id), "hiring_manager": "Aino.Salo@meri.example", "open_until": "2026-12-31"}
    made = await meri.hear(meri.hanna, Submission(form.name, form.subject, values))
    assert made.kind == "show" and "“Tester” can be referred for" in text_of(made.card)
    row = meri.db.read_now(lambda s: openings.find(s, TODAY, "tester")[0])
    assert (row.recruiter_id, row.hiring_manager_id, row.requisition_id) == (meri.rita.id, meri.aino.id, None)
    form = (await meri.hear(meri.hanna, Press("opening.edit", str(row.id)))).form
    assert {f.name: f.initial for f in form.fields}["hiring_manager"] == "aino.salo@meri.example"
    await meri.hear(meri.hanna, Submission(form.name, form.subject, values | {"title": "Testing engineer"}))
    old = await meri.hear(meri.hanna, Submission(form.name, form.subject, values | {"title": "Too late"}))
    assert "Somebody else has changed this opening" in text_of(old.card)
    closed = await meri.hear(meri.hanna, Press("opening.close", f"{row.id}:2"))
    assert closed.kind == "replace" and "closed" in text_of(closed.card) and found(meri, "testing") == []
    await meri.hear(meri.hanna, Press("opening.reopen", f"{row.id}:3"))
    assert found(meri, "testing") == ["Testing engineer"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": " "}, "title"), ({"title": "x" * 101}, "title"), ({"language": "de"}, "language"), ({"link": "javascript:alert(1)"}, "link"),
        ({"hiring_manager": "who@else.example"}, "hiring_manager"), ({"recruiter": "1"}, "recruiter"), ({"recruiter": "²"}, "recruiter"),
        ({"plan": "99"}, "plan"), ({"open_until": "2020-01-01"}, "open_until"), ({"open_until": "soon"}, "open_until"),
    ],
)  # fmt: skip
async def test_each_wrong_field_of_an_opening_is_named(small: Company, values: dict[str, str], field: str) -> None:
    answer = await small.hear(small.hanna, Submission("opening.create", "", {"title": "Tester", "language": "en"} | values))
    assert answer.kind == "correct" and list(answer.errors) == [field]
    Words("fi")(answer.errors[field])


async def test_openings_are_hrs_to_change(small: Company) -> None:
    for person in (small.aino, small.rita):
        for heard in (Press("opening.new"), Press("opening.edit", "1"), Press("opening.close", "1:1"), Submission("opening.create", "", {"title": "x"})):
            assert (await small.hear(person, heard)).card.tone == "refusal"
    assert (await small.hear(small.aino, Command("admin", "openings"))).card.tone == "refusal"
    assert "opening.new" not in buttons_of((await small.hear(small.rita, Command("admin", "openings"))).card)


def test_an_id_that_stands_twice_in_a_file_is_refused_the_second_time_with_the_earlier_line(small: Company) -> None:
    lines = ["requisition_id,title\n", "CRANE-1,Crane engineer\n", "CRANE-2,Pilot\n", " CRANE-1 ,Somebody else\n"]
    for created, unchanged in ((2, 0), (0, 2)):
        report = import_openings(small.db, small.deployment, START, None, lines)
        assert (report.created, report.changed, report.unchanged) == (created, 0, unchanged)
        assert [(r.line, r.reason.key, r.reason.params) for r in report.refused] == [(4, "openings.import.twice", {"earlier": 2})]


def test_the_same_file_twice_changes_nothing(meri: Company) -> None:
    add_person(meri.db, "Johanna Kivi")
    lines = [HEADER, "ENG-1,Developer,Engineering,Turku,FI,en,johanna.kivi@meri.example,rita.ranta@meri.example,standard,2026-12-31,Build,https://x.example/1\n",
             'ENG-2,"Lead, platform",,,,sv,,,,,"Two\nlines",\n']  # fmt: skip
    first = import_openings(meri.db, meri.deployment, START, None, lines)
    assert (first.created, first.changed, first.unchanged, first.refused) == (1, 1, 0, ())
    again = import_openings(meri.db, meri.deployment, START, None, lines)
    assert (again.created, again.changed, again.unchanged) == (0, 0, 2)
    assert found(meri, "lead") == ["Lead, platform"]


def test_refused_lines_are_named_and_nothing_of_them_is_kept(small: Company) -> None:
    lines = [
        b"\xef\xbb\xbf" + HEADER.encode(), b"A-1,Good,,,,,,,,,,\n", b"A-2,,,,,,,,,,,\n", b",No id,,,,,,,,,,\n", b"A-4,Who,,,,,nobody@meri.example,,,,,\n",
        b"A-5,Plan,,,,,,,Gold,,,\n", b"A-6,Day,,,,,,,,31.12.2026,,\n", b"A-7,Cells\n", b"A-8,Bytes \xff\xfe,,,,,,,,,,\n",
        b"A-9,Role,,,,,,aino.salo@meri.example,,,,\n",
        b"\n", b"A-1,Twice,,,,,,,,,,\n", b"A-10,Lang,,,,de,,,,,,\n", b"A-11,Link,,,,,,,,,,ftp://x\n",
    ]  # fmt: skip
    report = import_openings(small.db, small.deployment, START, None, lines)
    assert (report.created, report.unchanged, report.lines) == (1, 0, 12)
    assert [r.line for r in report.refused] == [3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14]
    for locale in ("en", "fi", "sv"):
        assert all(Words(locale)(r.reason) for r in report.refused)
    assert {o.requisition_id for o in small.rows(JobOpening)} == {"ENG-1", "A-1"}


@pytest.mark.parametrize("first", ["", "title\n", HEADER.replace("plan", "bonus"), "requisition_id,title,title\n", "PK\x03\x04\x00\n"])
def test_a_file_without_a_header_says_which_columns_it_needs(small: Company, first: str) -> None:
    with pytest.raises(Refusal) as e:
        import_openings(small.db, small.deployment, START, None, [first, "A-1,x\n"])
    assert e.value.key.startswith("openings.import.")


def test_a_file_can_close_an_opening_and_open_it_again(small: Company) -> None:
    for cell, is_open, changed in (("no", False, 1), ("no", False, 0), ("", False, 0), ("YES", True, 1), ("perhaps", True, 0)):
        report = import_openings(small.db, small.deployment, START, None, ["requisition_id,title,is_open\n", f"ENG-1,Kehittäjä (Åbo),{cell}\n"])
        assert (report.changed, len(report.refused)) == (changed, cell == "perhaps")
        assert small.rows(JobOpening)[0].is_open is is_open


def test_a_semicolon_file_with_few_columns_leaves_the_rest_alone(small: Company) -> None:
    report = import_openings(small.db, small.deployment, START, None, ["requisition_id;title\n", "ENG-1;Kehittäjä II\n"])
    assert report.changed == 1
    (row,) = small.rows(JobOpening)
    assert (row.title, row.location, row.plan_id) == ("Kehittäjä II", "Turku", small.opening.plan_id)


def test_the_demo_companys_openings_come_in_by_the_same_door(small: Company) -> None:
    for email, *roles in (("johanna.kivi",), ("oliver.grant",), ("anna.lehto",), ("daniel.okafor", "recruiter"), ("sari.nieminen", "recruiter")):
        add_person(small.db, email, *roles, email=f"{email}@meri.example")
    with Path("adapters/demo/data/openings.csv").open("rb") as file:
        report = import_openings(small.db, small.deployment, START, None, file)
    assert report.created == 5 and [r.reason.params["column"] for r in report.refused] == ["plan"]


def test_a_job_board_is_read_again_at_once_after_the_clock_was_put_back(db: Database) -> None:
    later = START + timedelta(days=30)
    board = db.write_now(openings.add_board, later, None, openings.BoardDraft("Meri", "https://meri.example/jobs"))
    assert [ask.id for ask in db.write_now(boards.boards_due, later, 2)] == [board.id]
    assert not db.read_now(boards.is_board_due, later) and db.read_now(boards.is_board_due, START)
    assert [ask.id for ask in db.write_now(boards.boards_due, START, 2)] == [board.id]
    assert not db.read_now(boards.is_board_due, START + timedelta(minutes=5))
