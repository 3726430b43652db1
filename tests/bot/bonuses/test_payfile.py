"""The pay-run file: read back by another reader to the cent, no cell a formula, the same bytes every time."""

from __future__ import annotations

import csv
import hashlib
import io
from datetime import date
from decimal import Decimal

import pytest
from bonus_world import World, make_world
from conftest import add_person
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from bot import bonuses, settings
from bot.bonuses.payfile import PayLine, Shape, amount_text, harmless
from bot.bonuses.payfile import pay_file as pay_file_and_shape
from bot.db import Database
from bot.errors import Refusal
from bot.money import Money, exponent

DAY = date(2026, 3, 2)
FIVE_HUNDRED = Money(50_000, "EUR")


def line(name: str = "Aino Salo", money: Money = FIVE_HUNDRED, number: int = 1) -> PayLine:
    return PayLine(7, number, 31, 42, "aino@meri.example", name, "employee", "REFERRAL", money, 17, 1, DAY, DAY)


def pay_file(lines: list[PayLine], shape: Shape) -> bytes:
    return pay_file_and_shape(lines, shape)[0]


def back(content: bytes, delimiter: str = ";") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=delimiter))


def test_the_file_is_what_payroll_expects() -> None:
    content = pay_file([line()], Shape())
    assert content.startswith(b"\xef\xbb\xbf") and content.endswith(b"\r\n")
    (row,) = back(content)
    assert row == {
        "pay_run": "7", "line": "1", "bonus": "31", "person": "42", "email": "aino@meri.example", "name": "Aino Salo", "payee_type": "employee",
        "wage_code": "REFERRAL", "amount": "500,00", "currency": "EUR", "days_off": "0", "charity": "", "charity_account": "",
        "referral": "17", "part": "1", "start_on": "2026-03-02", "due_on": "2026-03-02",
    }  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [
        "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\u00a0=1", "＝1+1", "＋1", "－1", "＠x", "\u200b=1", "\ufeff=1", "\u202e=1", "\x00=1",
        "|cmd", "%0A", "﹦1", "\u2060\u200d +1", "⁼1", "\u3000=1",
    ],
)  # fmt: skip
def test_no_cell_acts_as_a_formula(name: str) -> None:
    (row,) = back(pay_file([line(name)], Shape()))
    assert row["name"].startswith("'")


@pytest.mark.parametrize("name", ["Åsa-Lill Öhman", "O'Neil", "李小龙", "Аня", 'Müller, Jörg; "J"', "e\u0301", "👩‍💻"])
def test_names_come_through(name: str) -> None:
    (row,) = back(pay_file([line(name)], Shape()))
    assert row["name"] == name.replace("\u200d", "")


@given(st.text(max_size=40))
def test_whatever_the_name_the_rows_stay_rows(name: str) -> None:
    rows = back(pay_file([line(name), line("Seuraava", number=2)], Shape()))
    assert [r["line"] for r in rows] == ["1", "2"] and rows[1]["name"] == "Seuraava"
    assert rows[0]["name"] == harmless(name) == " ".join(harmless(name).split())


@pytest.mark.parametrize("before", ["", "\u0338", "\ufe0f", "\u034f", "\u3164", "\u115f", "\u2800", "\u0301\ufe0e"])
def test_no_mark_before_or_on_it_makes_a_formula_a_name(before: str) -> None:
    """`=` with a stroke through it is one character to people and two to a spreadsheet; a filler is none to people."""
    assert harmless(f"{before}=1+1").startswith("'") and harmless(f"={before}1+1").startswith("'")


@given(st.lists(st.tuples(st.integers(1, 10**11), st.sampled_from(["EUR", "JPY", "BHD", "SEK"])), max_size=30), st.booleans())
def test_amounts_read_back_equal_to_the_cent(amounts: list[tuple[int, str]], comma: bool) -> None:
    shape = Shape(";", comma)
    rows = back(pay_file([line(money=Money(a, c)) for a, c in amounts], shape))
    read = [(int(Decimal(r["amount"].replace(",", ".")).scaleb(exponent(r["currency"]))), r["currency"]) for r in rows]
    assert read == amounts
    assert all(not r["amount"].startswith("'") for r in rows)


@pytest.mark.parametrize(("minor", "currency", "words"), [(5, "EUR", "0,05"), (500, "JPY", "500"), (1, "BHD", "0,001"), (100_050, "EUR", "1000,50")])
def test_amounts_are_written_from_integers(minor: int, currency: str, words: str) -> None:
    assert amount_text(Money(minor, currency), Shape()) == words


@pytest.fixture
def world(db: Database) -> World:
    return make_world(db)


def run_of(world: World, count: int) -> bonuses.PayRun:
    newcomer = add_person(world.db, "Uusi Tulija")
    plan = world.plan((0, "500"))
    made = [world.hire(world.refer(plan, hired=newcomer), DAY)[0] for _ in range(count)]
    world.morning(DAY)
    world.morning(DAY)
    for bonus in made:
        world.approve(world.bonus(bonus.id))
    return world.close_run()


def test_exported_twice_it_is_the_same_file_whatever_changed_meanwhile(world: World) -> None:
    run = run_of(world, 3)
    first = world.db.read_now(bonuses.payruns.content, run)
    world.change(world.referrer, name="Aino Uusinimi")
    world.db.write_now(settings.put, run.closed_at, world.hr.id, "payroll.delimiter", ",")
    assert world.db.read_now(bonuses.payruns.content, run) == first
    assert hashlib.sha256(first).hexdigest() == run.sha256
    assert sum(int(r["amount"].replace(",", "")) for r in back(first)) == run.total_minor == 150_000


def test_the_stored_bytes_cannot_be_changed(world: World) -> None:
    run = run_of(world, 1)
    for statement in ("UPDATE payrunfile SET content = 'x'", "DELETE FROM payrunfile"):
        with pytest.raises(DatabaseError, match="append-only"):
            world.db.write_now(lambda s, q=statement: s.execute(text(q)))
    if world.db.is_sqlite:
        world.db.write_now(lambda s: [s.execute(text(q)) for q in ("DROP TRIGGER payrunfile_no_update", "UPDATE payrunfile SET content = x'00'")])
        with pytest.raises(Refusal, match=r"payruns\.damaged"):
            world.db.read_now(bonuses.payruns.content, run)


def test_an_empty_run_is_refused_and_takes_no_number(world: World) -> None:
    with pytest.raises(Refusal, match=r"payruns\.empty"):
        world.close_run()
    assert run_of(world, 1).number == 1


def test_currencies_never_share_a_run(world: World) -> None:
    newcomer = add_person(world.db, "Uusi Tulija")
    for currency, name in (("EUR", "In euros"), ("SEK", "In crowns")):
        bonus = world.hire(world.refer(world.plan((0, "500"), currency=currency, name=name), hired=newcomer), DAY)[0]
        world.morning(DAY)
        world.morning(DAY)
        world.approve(world.bonus(bonus.id))
    assert [str(m.currency) for m, _ in world.db.read_now(bonuses.payruns.ready)] == ["EUR", "SEK"]
    runs = [world.close_run(currency=c) for c in ("EUR", "SEK")]
    assert [(r.number, r.currency, r.bonus_count) for r in runs] == [(1, "EUR", 1), (2, "SEK", 1)]


def test_only_payroll_and_hr_close_a_run(world: World) -> None:
    for who in (world.referrer, world.recruiter):
        with pytest.raises(Refusal, match="forbidden"):
            world.close_run(who)
