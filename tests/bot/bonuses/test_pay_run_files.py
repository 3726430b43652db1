"""What a closed run hands out and takes back: two stored files, every download on record, and a file that was edited is refused by line."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from xml.etree import ElementTree

import pytest
from bonus_world import MONDAY, World, make_world
from conftest import START, add_person
from sqlalchemy import text
from sqlmodel import select

from bot import audit, ledger, plans, settings
from bot.bonuses import Bonus, PayRun, PayRunFile, payback, payruns, reconcile
from bot.bonuses.payfile import COLUMNS, PayLine, Shape, pay_file, pay_sheet, read_columns
from bot.db import Database
from bot.errors import Refusal, Stale
from bot.money import Money
from bot.plans import Instalment, PlanDraft
from content.catalog import LOCALES, Words

NAMES = ("Åsa Öhman", "=1+1", "O'Neil; Bo")


@pytest.fixture
def world(lite: Database) -> World:
    return make_world(lite)


def close(world: World, count: int = 3) -> PayRun:
    """A run of so many bonuses, each for somebody else."""
    newcomer = add_person(world.db, "Uusi Tulija")
    plan = world.plan((0, "500,50"))
    people = [world.referrer] + [add_person(world.db, name, email=f"n{n}@meri.example") for n, name in enumerate(NAMES[: count - 1])]
    made = [world.hire(world.refer(plan, who, hired=newcomer), MONDAY)[0] for who in people]
    for _ in range(2):
        world.morning(MONDAY)
    for bonus in made:
        world.approve(world.bonus(bonus.id))
    return world.close_run()


def stored(world: World, run: PayRun, form: str = "csv") -> bytes:
    return world.db.read_now(payruns.content, run, form)


def bring(world: World, run: PayRun, content: bytes) -> PayRun:
    return world.db.write_now(payback.pay_by_file, START, world.payroll.id, run.id, content)


def rows_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


def as_csv(rows: list[list[str]], delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue().encode(encoding)


def state_of(world: World) -> list[str]:
    return world.db.read_now(lambda s: list(s.exec(select(Bonus.state).order_by(Bonus.id))))


def cells(content: bytes) -> list[list[tuple[str, str]]]:
    """A sheet read with the standard library: (type, value) of each cell; a day is a number with its format."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    ns = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    return [
        [(c.get("t", "n"), "".join(c.itertext())) for c in row.iter(f"{ns}c")]
        for row in sheet.iter(f"{ns}row")
    ]  # fmt: skip


def test_both_files_are_stored_with_the_closing_and_stay_the_same(world: World) -> None:
    run = close(world)
    files = world.db.read_now(lambda s: {f.format: f for f in s.exec(select(PayRunFile))})
    assert set(files) == {"csv", "xlsx"} and files["csv"].sha256 == run.sha256
    for form, file in files.items():
        assert hashlib.sha256(stored(world, run, form)).hexdigest() == file.sha256 == hashlib.sha256(stored(world, run, form)).hexdigest()
    assert run.file_name("xlsx") == "vinkki-payrun-0001-EUR.xlsx"
    with pytest.raises(Refusal, match=r"payruns\.gone"):
        stored(world, run, "pdf")


def test_the_sheet_has_numbers_days_and_text_and_no_formula(world: World) -> None:
    head, *rows = cells(stored(world, close(world), "xlsx"))
    names = [value for _, value in head]
    assert names == list(COLUMNS)
    for (kind, value), name in zip(rows[1], names, strict=True):
        numeric = name in ("pay_run", "line", "bonus", "person", "amount", "days_off", "referral", "part", "start_on", "due_on")
        assert (kind == "n") == numeric, (name, kind, value)
    first = dict(zip(names, (value for _, value in rows[0]), strict=True))
    assert first["amount"] == "500.50" and first["start_on"] == str((MONDAY - date(1899, 12, 30)).days)
    assert rows[2][names.index("name")] == ("inlineStr", "'=1+1")
    with zipfile.ZipFile(io.BytesIO(stored(world, world.db.read_now(payruns.by_number, 1), "xlsx"))) as book:  # type: ignore[arg-type]
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet and "<hyperlink" not in sheet


def test_the_same_rows_make_the_same_sheet() -> None:
    line = PayLine(7, 1, 31, 42, "a@meri.example", "Aino Salo", "employee", "007", Money(10**13 + 1, "EUR"), 17, 1, MONDAY, MONDAY)
    one, two = (pay_sheet([line], Shape(), datetime(2026, 3, 2, tzinfo=UTC)) for _ in range(2))
    assert one == two
    row = dict(zip(COLUMNS, (value for _, value in cells(one)[1]), strict=True))
    assert row["amount"] == "100000000000.01" and row["wage_code"] == "007"


def test_charities_and_days_off_tell_payroll_what_they_are(world: World) -> None:
    charity = world.db.write_now(plans.charities.save, START, world.hr.id, "Meripelastus", "FI21 1234 5600 0007 85")
    parts = (Instalment(0, Money(10_000, "EUR"), "donation", 0, charity.id), Instalment(1, Money(0, "EUR"), "day_off", 2))
    plan = world.db.write_now(plans.adopt, START, world.hr.id, PlanDraft("Gifts", parts, is_default=True))
    made = world.hire(world.refer(plan.id, hired=add_person(world.db, "Uusi Tulija")), MONDAY)
    for day in (2, 2, 3, 3):
        world.morning(date(2026, 3, day))
    for bonus in made:
        world.approve(world.bonus(bonus.id))
    run = world.close_run()
    head, donation, off = rows_of(stored(world, run))
    given, days = dict(zip(head, donation, strict=True)), dict(zip(head, off, strict=True))
    assert (given["payee_type"], given["wage_code"], given["charity"], given["charity_account"]) == (
        "charity", "REFERRAL-GIFT", "Meripelastus", "FI21 1234 5600 0007 85",
    )  # fmt: skip
    assert (days["amount"], days["days_off"], days["wage_code"]) == ("0,00", "2", "REFERRAL-DAY")
    assert world.db.read_now(ledger.balance, ledger.clearing(1), "EUR") == -10_000 and world.db.read_now(reconcile.of_run, run).is_sound


@pytest.mark.parametrize(("delimiter", "encoding", "bom"), [(";", "utf-8-sig", b"\xef\xbb\xbf"), ("\t", "utf-8", b'"'), ("|", "windows-1252", b'"')])
def test_delimiter_encoding_and_columns_are_hrs_to_choose(world: World, delimiter: str, encoding: str, bom: bytes) -> None:
    wanted = {"payroll.delimiter": delimiter, "payroll.encoding": encoding, "payroll.columns": "person=Työntekijä, amount, bonus, pay_run, name"}
    for name, value in wanted.items():
        world.db.write_now(settings.put, START, None, name, value)
    run = close(world)
    content = stored(world, run)
    assert content.startswith(bom)
    rows = list(csv.reader(io.StringIO(content.decode(encoding)), delimiter=delimiter))
    assert rows[0] == ["Työntekijä", "amount", "bonus", "pay_run", "name"] and rows[2][4] == "Åsa Öhman"
    assert bring(world, run, content).paid_at == START


def test_an_encoding_without_a_place_for_a_name_gives_way_to_utf_8() -> None:
    line = PayLine(7, 1, 31, 42, "a@meri.example", "李小龙", "employee", "R", Money(1, "EUR"), 17, 1, MONDAY, MONDAY)
    content, shape = pay_file([line], Shape(encoding="windows-1252"))
    assert shape.encoding == "utf-8-sig" and "李小龙" in content.decode("utf-8-sig")
    assert pay_file([line], Shape(encoding="windows-1252", columns=(("bonus", "b"),)))[1].encoding == "windows-1252"


@pytest.mark.parametrize("columns", ["bonus,amount", "pay_run,bonus,amount,amount", "pay_run,bonus,amount,salary", "pay_run=x,bonus=x,amount"])
def test_columns_that_cannot_be_are_named(columns: str) -> None:
    with pytest.raises(ValueError, match=r"pay_run|amount|salary|x"):
        read_columns(columns)
    assert [n for n, _ in read_columns("")] == list(COLUMNS)


def test_a_heading_is_no_formula_either() -> None:
    assert read_columns("pay_run,bonus,amount==1+1")[2] == ("amount", "'=1+1")


def test_every_download_is_on_record(world: World) -> None:
    run = close(world)
    for form in ("csv", "xlsx"):
        assert world.db.write_now(payruns.hand_out, START, world.payroll.id, run, form, "portal") == stored(world, run, form)
    notes = world.db.read_now(lambda s: [(e.actor_id, e.detail) for e in audit.history(s, "payrun", run.id or 0) if e.what == "payrun.downloaded"])
    assert notes == [(world.payroll.id, "number 1, csv, portal"), (world.payroll.id, "number 1, xlsx, portal")]


def _very(rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def _spreadsheet(rows: list[list[str]]) -> bytes:
    """As a Finnish spreadsheet saves it: other delimiter and days, no trailing zeros, ANSI, no quotes, a column added, lines turned round."""
    head, *lines = rows
    days, amount = [head.index("start_on"), head.index("due_on")], head.index("amount")
    for line in lines:
        for place in days:
            line[place] = date.fromisoformat(line[place]).strftime("%d.%m.%Y")
        line[amount] = line[amount].replace(",50", ",5")
    return as_csv([[*head, "ok"], *[[*line, "x"] for line in reversed(lines)], [""] * 18], "\t", "windows-1252")


@pytest.mark.parametrize("save", [_very, _spreadsheet, lambda rows: as_csv(rows, ";", "utf-16"), lambda rows: as_csv(rows, "|")])
def test_a_file_that_says_the_same_pays_the_run(world: World, save: Callable[[list[list[str]]], bytes]) -> None:
    run = close(world)
    paid = bring(world, run, save(rows_of(stored(world, run))))
    assert paid.paid_by == world.payroll.id and state_of(world) == ["paid"] * 3
    how = world.db.read_now(lambda s: [e.detail for e in audit.history(s, "payrun", run.id or 0) if e.what == "payrun.paid"])
    assert how == [f"number 1, 3 bonuses, {'by the very file' if save is _very else 'by a file, compared line by line'}"]
    with pytest.raises(Stale, match=r"payruns\.paid_already"):
        bring(world, run, stored(world, run))


def _edit(column: str, value: str) -> Callable[[list[list[str]]], None]:
    def edit(rows: list[list[str]]) -> None:
        rows[2][rows[0].index(column)] = value

    return edit


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (_edit("amount", "500,51"), "3: Bonus 2, amount: handed out was “500,50”, the file says “500,51”."),
        (_edit("amount", "1e3"), "says “1e3”"), (_edit("amount", "-500,50"), "says “-500,50”"), (_edit("amount", "500,505"), "“500,505”"),
        (_edit("currency", "USD"), "handed out was “EUR”, the file says “USD”"), (_edit("person", "1"), "person: handed out was"),
        (_edit("name", "Asa Ohman"), "the file says “Asa Ohman”"), (_edit("due_on", "2026-03-03"), "due_on"),
        (_edit("bonus", "99"), "Bonus 99 is not in this pay run."),
        (_edit("bonus", "1"), "Bonus 1 is there twice; line 2 has it too."), (lambda rows: rows.pop(2), "0: Bonus 2 is missing."),
        (_edit("wage_code", ""), "says “”"), (_edit("pay_run", "2"), "pay_run"),
    ],
)  # fmt: skip
def test_an_edited_file_is_refused_by_line_and_nothing_is_kept(world: World, edit: Callable[[list[list[str]]], None], says: str) -> None:
    run = close(world)
    rows = rows_of(stored(world, run))
    edit(rows)
    with pytest.raises(payback.Edited) as refused:
        bring(world, run, as_csv(rows, ";", "utf-8-sig"))
    for locale in LOCALES:
        assert all(Words(locale)(w.reason) for w in refused.value.wrong)
    assert says in " ".join(f"{w.line}: {Words('en')(w.reason)}" for w in refused.value.wrong)
    assert state_of(world) == ["exported"] * 3 and world.db.read_now(ledger.balance, ledger.CASH, "EUR") == 0


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"", "unreadable"), (b"\n\n", "unreadable"), (b"a\0b;c", "unreadable"), (b"name;amount\r\nA;1", "columns"), (b"\x89PNG\r\n\x1a\n\xff\xfe", "columns"),
        (b'"pay_run";"unclosed', "columns"), (b"PK\x03\x04\x14\x00", "unreadable"), (b"\xff\xfe\x00", "columns"),
    ],
)  # fmt: skip
def test_what_is_no_pay_run_file_is_said_so(world: World, content: bytes, key: str) -> None:
    run = close(world, 1)
    with pytest.raises(Refusal) as refused:
        bring(world, run, content)
    assert refused.value.key == f"payruns.loaded.{key}" and state_of(world) == ["exported"]


@pytest.mark.parametrize("content", [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf\xef\xbb\xbf"])
def test_a_file_of_nothing_but_a_byte_order_mark_is_no_csv(world: World, content: bytes) -> None:
    with pytest.raises(Refusal, match=r"payruns\.loaded\.unreadable"):
        bring(world, close(world, 1), content)


def test_a_file_of_ever_more_lines_is_put_down_before_it_fills_the_memory(world: World) -> None:
    """16 MB of short lines are three million rows: over a gigabyte, while nobody else can write."""
    run = close(world, 1)
    head, line = stored(world, run).splitlines(keepends=True)
    before = tracemalloc.start() or tracemalloc.get_traced_memory()[0]
    with pytest.raises(Refusal, match=r"payruns\.loaded\.long"):
        bring(world, run, head + line + b"1;;1\r\n" * 400_000)
    peak = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    assert peak < 64 * 1024 * 1024


def test_another_runs_file_is_named(world: World) -> None:
    run = close(world, 1)
    rows = rows_of(stored(world, run))
    rows[1][0] = "7"
    with pytest.raises(Refusal) as refused:
        bring(world, run, as_csv(rows))
    assert (refused.value.key, refused.value.params["other"]) == ("payruns.loaded.other_run", "7")


def test_a_bonus_that_payroll_sent_back_may_be_missing_from_the_file(world: World) -> None:
    run = close(world)
    rows = rows_of(stored(world, run))
    bonus = world.bonus(2)
    world.db.write_now(payruns.send_back, START, world.payroll.id, bonus.id, bonus.version)
    bring(world, run, as_csv([row for row in rows if row[2] != "2"]))
    assert state_of(world) == ["paid", "approved", "paid"]
    found = world.db.read_now(reconcile.of_run, world.db.read_now(payruns.by_number, 1))
    assert found.is_sound and [(d.kind, d.bonus_id) for d in found.differences] == [("returned", 2)]


def test_only_payroll_and_hr_bring_files_back(world: World) -> None:
    run = close(world, 1)
    with pytest.raises(Refusal, match="forbidden"):
        world.db.write_now(payback.pay_by_file, START, world.recruiter.id, run.id, stored(world, run))


def test_approved_exported_paid_and_posted_agree(world: World) -> None:
    run = close(world)
    found = world.db.read_now(reconcile.of_run, run)
    assert {s.name: (s.money.amount_minor, s.count) for s in found.sums} == {
        "approved": (150_150, 3), "exported": (150_150, 3), "paid": (0, 0), "posted": (150_150, 3), "posted_paid": (0, 0),
    }  # fmt: skip
    assert found.is_sound and {d.kind for d in found.differences} == {"not_paid"}
    world.db.write_now(payruns.pay, START, world.payroll.id, run.id)
    after = world.db.read_now(reconcile.of_run, world.db.read_now(payruns.by_number, 1))
    assert {s.money.amount_minor for s in after.sums} == {150_150} and after.differences == ()
    whole = world.db.read_now(reconcile.overall, "EUR")
    assert whole.is_sound and whole.sums[-1].money == Money(0, "EUR") and world.db.read_now(reconcile.currencies) == ["EUR"]


@pytest.mark.parametrize(
    ("harm", "kind"),
    [
        ("UPDATE bonus SET amount_minor = amount_minor + 1 WHERE id = 2", "amount_changed"),
        ("UPDATE payrunline SET amount_minor = 1 WHERE bonus_id = 2", "file_other"),
        ("DELETE FROM payrunline WHERE bonus_id = 2", "file_other"),
        ("DELETE FROM ledgerentry WHERE subject_id = 2 AND key LIKE '%exported%'", "not_posted"),
        ("UPDATE ledgerentry SET amount_minor = 1 WHERE subject_id = 2 AND key LIKE '%exported%'", "posted_otherwise"),
        ("UPDATE bonus SET state = 'paid' WHERE id = 2", "posted_otherwise"),
        ("UPDATE payrun SET paid_at = closed_at, paid_by = closed_by", "left_behind"),
        ("UPDATE payrunfile SET content = x'00' WHERE format = 'csv'", "file_damaged"),
        ("UPDATE payrunfile SET content = x'00' WHERE format = 'xlsx'", "file_damaged"),
        ("UPDATE bonus SET state = 'approved' WHERE id = 3", "payable_differs"),
    ],
)
def test_whatever_was_changed_by_hand_is_a_difference_with_its_reason(world: World, harm: str, kind: str) -> None:
    run = close(world)
    triggers = ("payrunfile_no_update", "ledgerentry_no_update", "ledgerentry_no_delete")
    world.db.write_now(lambda s: [s.execute(text(f"DROP TRIGGER IF EXISTS {t}")) for t in triggers])
    world.db.write_now(lambda s: s.execute(text(harm)))
    found = world.db.read_now(reconcile.overall, "EUR")
    assert kind in {d.kind for d in found.differences if d.is_fault} and not found.is_sound
    assert world.db.read_now(reconcile.of_run, run).run is run


def test_nothing_a_spreadsheet_adds_hides_an_edit(world: World) -> None:
    """A cell is compared as what it is: 500.5 is 500,50, but no digit may go."""
    assert [payback._minor(t, "EUR") for t in ("500,5", "500.50", "500", "5 000,50", "500,505", "", "1,2,3", "٣")] == [
        50_050, 50_050, 50_000, 500_050, None, None, None, None,
    ]  # fmt: skip
    assert payback._minor("500", "JPY") == 500 and payback._minor("500,0", "JPY") is None
    assert re.fullmatch(r"[0-9a-f]{64}", close(world, 1).sha256)
