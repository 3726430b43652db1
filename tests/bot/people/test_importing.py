from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any

import pytest
from conftest import START, StillClock, add_person
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from bot.db import Database
from bot.desks import Deployment
from bot.desks.hr.people import report_card
from bot.errors import Refusal
from bot.messages import Note, Paragraph
from bot.people import ROLES, Person, PersonChange, by_email, roles_of
from bot.people.checking import COLUMNS
from bot.people.importing import Report, circles, import_csv
from bot.people.staging import ImportLine
from bot.settings import put
from content.catalog import Words

Import = Callable[..., Report]


def row(email: str, name: str = "Somebody", **fields: str) -> dict[str, str]:
    return {c: "" for c in COLUMNS} | {"email": email, "name": name} | fields


def file(*rows: dict[str, str], columns: Iterable[str] = COLUMNS) -> list[str]:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(columns), extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().splitlines(keepends=True)


def importer(database: Database, deployment: Deployment) -> Import:
    def run(lines: Iterable[str | bytes], now: Any = START, **options: Any) -> Report:
        return import_csv(database, deployment, now, None, lines, **options)

    return run


@pytest.fixture
def run(db: Database, deployment: Deployment) -> Import:
    return importer(db, deployment)


def person(database: Database, email: str) -> Person:
    found = database.read_now(by_email, email)
    assert found is not None
    return found


def changes(database: Database) -> list[tuple[str, str, str]]:
    def read(session: Session) -> list[tuple[str, str, str]]:
        return [(c.field, c.old, c.new) for c in session.exec(select(PersonChange).order_by(PersonChange.id))]  # type: ignore[arg-type]

    return database.read_now(read)


AINO = row(
    "Aino.Salo@meri.example", "Aino Salo", locale="fi", time_zone="Europe/Helsinki", department="Sales, Nordic", location="Turku", country="FI",
    manager_email="boss@meri.example", roles="hr,curator", start_on="2024-01-15",
)  # fmt: skip
BOSS = row("boss@meri.example", "Bo Boss", kind="employee")


def test_everybody_in_the_file_joins_and_managers_may_come_later_in_it(run: Import, db: Database) -> None:
    report = run(file(AINO, BOSS))
    assert (report.lines, report.joined, report.changed, report.leavers, report.refused) == (2, 2, 0, 0, ())
    aino, boss = person(db, "aino.salo@meri.example"), person(db, "boss@meri.example")
    assert (aino.name, aino.locale, aino.department, aino.start_on, aino.manager_id) == ("Aino Salo", "fi", "Sales, Nordic", date(2024, 1, 15), boss.id)
    assert aino.enrolled_at == START and db.read_now(roles_of, aino.id or 0) == {"hr", "curator"}
    assert (boss.locale, boss.time_zone) == ("en", "Europe/Helsinki")
    assert changes(db) == []


def test_importing_twice_changes_nothing(run: Import, db: Database) -> None:
    run(file(AINO, BOSS))
    before = person(db, AINO["email"])
    report = run(file(AINO, BOSS), START + timedelta(days=1))
    assert (report.joined, report.changed, report.unchanged, report.leavers) == (0, 0, 2, 0)
    assert person(db, AINO["email"]) == before and changes(db) == []


def test_a_dry_run_says_what_would_happen_and_does_nothing(run: Import, db: Database) -> None:
    run(file(AINO, BOSS))
    report = run(file(AINO | {"name": "Aino Laine"}, row("new@meri.example")), dry_run=True, allow_retire=True)
    assert (report.joined, report.changed, report.unchanged, report.leavers, report.leaver_percent) == (1, 1, 0, 1, 50)
    assert report.is_dry_run and person(db, AINO["email"]).name == "Aino Salo" and db.read_now(by_email, "new@meri.example") is None


def test_changes_that_matter_to_others_are_kept(run: Import, db: Database) -> None:
    run(file(AINO, BOSS))
    aino, boss = person(db, AINO["email"]), person(db, BOSS["email"])
    moved = AINO | {"department": "HR", "kind": "contractor", "start_on": "2024-02-01", "notice_on": "2026-03-01", "end_on": "2026-05-31", "manager_email": ""}
    assert run(file(moved, BOSS)).changed == 1
    assert changes(db) == [
        ("kind", "employee", "contractor"), ("department", "Sales, Nordic", "HR"), ("start_on", "2024-01-15", "2024-02-01"),
        ("notice_on", "", "2026-03-01"), ("end_on", "", "2026-05-31"), ("manager_id", str(boss.id), ""),
    ]  # fmt: skip
    assert person(db, AINO["email"]).version > aino.version


def test_people_missing_from_the_file_become_leavers_but_alumni_and_stakeholders_stay(run: Import, db: Database) -> None:
    run(file(AINO, BOSS, row("old@meri.example", kind="alumna"), row("board@meri.example", kind="stakeholder"), row("temp@meri.example", kind="contractor")))
    report = run(file(BOSS), allow_retire=True)
    assert report.leavers == 2
    assert [person(db, e).end_on for e in (AINO["email"], "temp@meri.example", "old@meri.example", "board@meri.example")] == [date(2026, 3, 2)] * 2 + [None] * 2
    assert changes(db) == [("end_on", "", "2026-03-02")] * 2
    assert run(file(BOSS), START + timedelta(days=3)).leavers == 0


def test_somebody_who_comes_back_into_the_file_is_here_again(run: Import, db: Database) -> None:
    run(file(AINO, BOSS))
    run(file(BOSS), allow_retire=True)
    assert run(file(AINO, BOSS), START + timedelta(days=9)).changed == 1
    assert person(db, AINO["email"]).end_on is None


def test_a_run_that_would_retire_too_many_stops_and_asks(run: Import, db: Database) -> None:
    many = [row(f"p{i}@meri.example") for i in range(20)]
    run(file(*many))
    stopped = run(file(*many[:15], row("new@meri.example")))
    assert stopped.needs_consent and (stopped.leavers, stopped.leaver_percent, stopped.joined) == (5, 25, 1)
    assert person(db, "p19@meri.example").end_on is None and db.read_now(by_email, "new@meri.example") is None
    allowed = run(file(*many[:15], row("new@meri.example")), allow_retire=True)
    assert not allowed.needs_consent and person(db, "p19@meri.example").end_on == date(2026, 3, 2)


def test_hr_sets_the_share_at_which_it_asks(run: Import, db: Database) -> None:
    many = [row(f"p{i}@meri.example") for i in range(20)]
    run(file(*many))
    db.write_now(put, START, None, "people.retire_share_percent", 25)
    assert not run(file(*many[:15])).needs_consent


def test_a_bad_line_is_refused_with_its_number_and_nothing_of_it_is_kept(run: Import, db: Database) -> None:
    run(file(AINO, BOSS))
    report = run(file(AINO | {"name": "Aino Laine", "start_on": "15.1.2024"}, BOSS))
    assert [(r.line, r.key) for r in report.refused] == [(2, "people.import.bad_day")]
    assert report.leavers == 0, "somebody on a bad line is no leaver"
    assert person(db, AINO["email"]).name == "Aino Salo"


@pytest.mark.parametrize(
    ("fault", "key"),
    [
        ({"email": "not an address"}, "bad_email"), ({"email": ""}, "no_email"), ({"name": "  "}, "no_name"), ({"locale": "de"}, "bad_locale"),
        ({"time_zone": "Turku"}, "bad_zone"), ({"kind": "boss"}, "bad_kind"), ({"roles": "king"}, "bad_role"), ({"manager_email": "bo"}, "bad_manager"),
        ({"manager_email": "x@meri.example"}, "own_manager"), ({"start_on": "2026-02-30"}, "bad_day"), ({"end_on": "soon"}, "bad_day"),
        ({"start_on": "2026-02-03", "end_on": "2026-02-01"}, "ends_before_start"), ({"name": "x" * 201}, "too_long"), ({"name": "a\x00b"}, "unreadable"),
        ({"manager_email": "ghost@meri.example"}, "manager_unknown"),
    ],
)  # fmt: skip
def test_every_fault_has_its_name_and_its_words(lite: Database, deployment: Deployment, fault: dict[str, str], key: str) -> None:
    report = importer(lite, deployment)(file(row("x@meri.example") | fault, row("fine@meri.example")))
    assert [(r.line, r.key) for r in report.refused] == [(2, f"people.import.{key}")]
    assert report.joined == 1 and lite.read_now(by_email, "x@meri.example") is None
    for locale in ("en", "fi", "sv"):
        assert "{" not in Words(locale)(report.refused[0].reason)


def test_a_line_with_too_few_or_too_many_cells_is_refused(lite: Database, deployment: Deployment) -> None:
    report = importer(lite, deployment)(["email,name\n", "a@meri.example\n", "b@meri.example,B,extra\n", "\n", "c@meri.example,C\n"])
    assert [(r.line, r.key) for r in report.refused] == [(2, "people.import.cells"), (3, "people.import.cells")]
    assert (report.lines, report.joined) == (3, 1)


def test_an_address_that_comes_twice_counts_once(run: Import, db: Database) -> None:
    report = run(file(row("a@meri.example", "First"), row("A@meri.example", "Second")))
    assert [(r.line, r.params) for r in report.refused] == [(3, {"earlier": 2})]
    assert person(db, "a@meri.example").name == "First"


def test_lines_keep_their_numbers_when_a_cell_goes_over_several_lines(lite: Database, deployment: Deployment) -> None:
    report = importer(lite, deployment)(["email,name\n", 'a@meri.example,"A\n', 'lower"\n', "bad,B\n"])
    assert [r.line for r in report.refused] == [4]


def test_reports_of_a_refused_new_manager_are_refused_too_and_the_rest_is_not(run: Import, db: Database) -> None:
    lines = file(row("top@meri.example", kind="king"), row("mid@meri.example", manager_email="top@meri.example"),
                 row("low@meri.example", manager_email="mid@meri.example"), row("else@meri.example"))  # fmt: skip
    report = run(lines)
    assert [(r.line, r.key.rpartition(".")[2]) for r in report.refused] == [(2, "bad_kind"), (3, "manager_unknown"), (4, "manager_unknown")]
    assert report.joined == 1 and db.read_now(by_email, "else@meri.example") is not None


def test_managers_in_a_circle_are_refused(run: Import, db: Database) -> None:
    circle = [row(f"{a}@meri.example", manager_email=f"{b}@meri.example") for a, b in ("ab", "bc", "ca")]
    report = run(file(*circle, row("d@meri.example", manager_email="a@meri.example"), row("e@meri.example")))
    assert [r.key.rpartition(".")[2] for r in report.refused] == ["manager_circle"] * 3 + ["manager_unknown"]
    assert report.refused[0].params["way"].count("→") == 3
    assert report.joined == 1 and db.read_now(by_email, "a@meri.example") is None


def test_a_circle_through_somebody_already_in_the_directory_is_refused(run: Import, db: Database) -> None:
    run(file(row("a@meri.example", manager_email="b@meri.example"), row("b@meri.example")))
    report = run(file(row("a@meri.example", name=""), row("b@meri.example", manager_email="a@meri.example")))
    assert [(r.line, r.key.rpartition(".")[2]) for r in report.refused] == [(2, "no_name"), (3, "manager_circle")]
    assert person(db, "b@meri.example").manager_id is None


def test_two_managers_can_be_swapped_in_one_file(run: Import, db: Database) -> None:
    run(file(row("a@meri.example", manager_email="b@meri.example"), row("b@meri.example")))
    assert run(file(row("a@meri.example"), row("b@meri.example", manager_email="a@meri.example"))).refused == ()
    assert person(db, "b@meri.example").manager_id == person(db, "a@meri.example").id and person(db, "a@meri.example").manager_id is None


def test_circles_are_found_wherever_one_starts() -> None:
    found = circles({"x": "a", "a": "b", "b": "c", "c": "a", "s": "s", "y": "z"})
    assert sorted(sorted(c) for c in found) == [["a", "b", "c"], ["s"]]
    assert circles({str(i): str(i + 1) for i in range(50_000)}) == []


def test_an_empty_roles_cell_leaves_roles_alone_and_none_takes_them_away(run: Import, db: Database) -> None:
    run(file(AINO, BOSS))
    aino = person(db, AINO["email"])
    assert run(file(AINO | {"roles": ""}, BOSS)).changed == 0 and db.read_now(roles_of, aino.id or 0) == {"hr", "curator"}
    assert run(file(AINO | {"roles": "payroll curator"}, BOSS)).changed == 1 and db.read_now(roles_of, aino.id or 0) == {"payroll", "curator"}
    assert run(file(AINO | {"roles": "none"}, BOSS)).changed == 1 and db.read_now(roles_of, aino.id or 0) == frozenset()
    assert run(file(AINO | {"roles": "none"}, BOSS)).changed == 0


def test_what_people_chose_for_themselves_is_kept(run: Import, db: Database) -> None:
    run(file(AINO, BOSS))

    def choose(session: Session) -> None:
        aino = by_email(session, AINO["email"])
        assert aino is not None
        aino.locale, aino.is_locale_own, aino.enrolled_at = "sv", True, None

    db.write_now(choose)
    assert run(file(AINO | {"locale": "en"}, BOSS)).changed == 0
    aino = person(db, AINO["email"])
    assert (aino.locale, aino.enrolled_at) == ("sv", None)


def test_columns_that_are_not_in_the_file_stay_as_they_are(run: Import, db: Database) -> None:
    run(file(AINO, BOSS))
    report = run(file(AINO | {"name": "Aino Laine"}, BOSS, columns=["name", "email"]))
    assert (report.changed, report.unchanged) == (1, 1)
    aino = person(db, AINO["email"])
    assert (aino.name, aino.department, aino.start_on) == ("Aino Laine", "Sales, Nordic", date(2024, 1, 15)) and aino.manager_id is not None


@pytest.mark.parametrize(
    ("lines", "key"),
    [
        ([], "no_header"), (["\n"], "no_header"), (["a@meri.example,A\n"], "no_header"), (["email,name,shoe_size\n"], "unknown_column"),
        (["email,name,name\n"], "column_twice"), (['"\n'], "no_header"),
    ],
)  # fmt: skip
def test_a_file_without_a_proper_header_is_refused_whole(lite: Database, deployment: Deployment, lines: list[str], key: str) -> None:
    with pytest.raises(Refusal, match=f"people.import.{key}"):
        importer(lite, deployment)(lines)


def test_spreadsheets_of_the_north_are_read(lite: Database, deployment: Deployment) -> None:
    lines = ["\ufeffEmail;Name;Department;Roles\r\n".encode(), "äiti@meri.example;Åke Öberg;Köpa, sälja;hr, curator\r\n".encode(), b";;;\r\n"]
    report = importer(lite, deployment)(lines)
    assert report.refused == () and person(lite, "äiti@meri.example").department == "Köpa, sälja"


def test_bytes_that_are_not_utf8_refuse_their_line_only(lite: Database, deployment: Deployment) -> None:
    report = importer(lite, deployment)([b"email,name\n", "a@meri.example,Åke\n".encode("latin-1"), b"b@meri.example,B\n"])
    assert [(r.line, r.key.rpartition(".")[2]) for r in report.refused] == [(2, "unreadable")] and report.joined == 1


def test_an_unclosed_quotation_mark_is_a_named_fault(lite: Database, deployment: Deployment) -> None:
    lines = ["email,name\n", 'a@meri.example,"A\n', *(f"p{i}@meri.example,{'x' * 90}\n" for i in range(2000))]
    report = importer(lite, deployment)(lines)
    assert report.refused[0].line == 2 and report.refused[0].key == "people.import.not_csv"


def test_a_mistake_in_the_middle_of_the_run_leaves_no_lines_behind(lite: Database, deployment: Deployment) -> None:
    def broken() -> Iterable[str]:
        yield from file(*(row(f"p{i}@meri.example") for i in range(1500)))
        raise OSError("the stick was pulled out")

    with pytest.raises(OSError, match="stick"):
        importer(lite, deployment)(broken())
    assert lite.read_now(lambda s: s.exec(select(ImportLine)).first()) is None
    assert lite.read_now(lambda s: s.exec(select(Person)).first()) is None


def test_progress_is_told_and_big_files_go_in_pages(lite: Database, deployment: Deployment) -> None:
    told: list[int] = []
    rows = (row(f"p{i}@meri.example", manager_email=f"p{i // 7}@meri.example" if i else "") for i in range(2500))
    report = importer(lite, deployment)(file(*rows), progress=told.append)
    assert (report.joined, told) == (2500, [1000, 2000, 2500])
    assert person(lite, "p2499@meri.example").manager_id == person(lite, "p357@meri.example").id


def test_an_import_is_audited_without_names(lite: Database, deployment: Deployment) -> None:
    from bot.audit import AuditEntry

    importer(lite, deployment)(file(AINO, BOSS))
    entries = lite.read_now(lambda s: list(s.exec(select(AuditEntry))))
    assert [e.what for e in entries] == ["role.granted", "role.granted", "people.imported"]
    assert "lines=2 joined=2" in entries[-1].detail and "aino" not in "".join(e.detail for e in entries)


def test_the_same_person_is_found_however_an_import_meets_other_rows(run: Import, db: Database) -> None:
    """Somebody made by hand (the first administrator) is taken over by the file, not doubled."""
    made = add_person(db, "Aino Salo", "payroll", email="aino.salo@meri.example")
    report = run(file(AINO, BOSS))
    assert (report.joined, report.changed) == (1, 1) and person(db, AINO["email"]).id == made.id


def test_the_report_reads_well_in_every_language(lite: Database, deployment: Deployment) -> None:
    many = [row(f"p{i}@meri.example", kind="" if i % 2 else "king") for i in range(60)]
    for options in ({"dry_run": True}, {}, {"allow_retire": True}):
        shown = report_card(importer(lite, deployment)(file(*many), **options))
        many = many[:40]
        for locale in ("en", "fi", "sv"):
            words = Words(locale)
            said = [words(shown.title), *(words(b.text) for b in shown.blocks if isinstance(b, Paragraph | Note))]
            assert all("{" not in text for text in said) and len(said) <= 24


names = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffd\u2028\u2029\x85"), min_size=1, max_size=30).filter(str.strip)
days = st.dates(date(2000, 1, 1), date(2040, 1, 1)).map(date.isoformat)
some_roles = st.lists(st.sampled_from([*ROLES, "nobody"]), max_size=3).map(",".join)
people_rows = st.fixed_dictionaries(
    {"email": st.integers(0, 8).map(lambda i: f"p{i}@meri.example"), "name": names},
    optional={
        "locale": st.sampled_from(["", "en", "fi", "sv", "xx"]), "time_zone": st.sampled_from(["", "Europe/Helsinki", "Asia/Tokyo"]),
        "department": names, "location": names, "kind": st.sampled_from(["", "employee", "contractor", "alumna", "stakeholder"]),
        "manager_email": st.integers(0, 8).map(lambda i: f"p{i}@meri.example"), "roles": some_roles,
        "start_on": days, "end_on": days, "notice_on": days,
    },
)  # fmt: skip


@settings(max_examples=60)
@given(first=st.lists(people_rows, max_size=9), second=st.lists(people_rows, max_size=9))
def test_whatever_is_in_a_file_importing_it_twice_changes_nothing(
    lite: Database, deployment: Deployment, first: list[dict[str, str]], second: list[dict[str, str]]
) -> None:
    imported = importer(lite, deployment)
    clock = StillClock()
    imported(file(*(row(**r) for r in first)), clock.now(), allow_retire=True)
    expected = imported(file(*(row(**r) for r in second)), clock.now(), dry_run=True)
    done = imported(file(*(row(**r) for r in second)), clock.now(), allow_retire=True)
    assert (done.joined, done.changed, done.leavers, done.refused) == (expected.joined, expected.changed, expected.leavers, expected.refused)
    assert done.joined + done.changed + done.unchanged + len(done.refused) == done.lines
    before, noted = lite.read_now(everybody), len(changes(lite))
    again = imported(file(*(row(**r) for r in second)), clock.now(), allow_retire=True)
    assert (again.joined, again.changed, again.leavers, again.refused) == (0, 0, 0, done.refused)
    assert lite.read_now(everybody) == before and len(changes(lite)) == noted
    assert circles({str(p.id): str(p.manager_id) for p, _ in before if p.manager_id}) == []


def everybody(session: Session) -> list[tuple[Person, frozenset[str]]]:
    rows = session.exec(select(Person).order_by(Person.id)).all()  # type: ignore[arg-type]
    return [(p, roles_of(session, p.id or 0)) for p in rows]
