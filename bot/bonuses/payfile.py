"""The pay-run file: CSV bytes from rows, a pure function. The same rows give the same bytes; no cell can act as a formula."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from bot.money import Money, exponent

BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"  # tells spreadsheets that it is UTF-8
COLUMNS = (
    "pay_run", "line", "bonus", "person", "email", "name", "payee_type", "wage_code", "amount", "currency", "referral", "part", "start_on", "due_on",
)  # fmt: skip
_FORMULA = tuple("=+-@|%")


@dataclass(frozen=True)
class PayLine:
    """What payroll is told about one bonus: gross amount, to whom, as what. Nothing about the newcomer."""

    pay_run: int
    line: int
    bonus_id: int
    person_id: int
    email: str
    name: str
    payee_type: str
    wage_code: str
    money: Money
    referral_id: int
    part: int
    start_on: date
    due_on: date


@dataclass(frozen=True)
class Shape:
    """How payroll wants its file. With `;` between cells a Finnish spreadsheet opens it as it is, and reads a decimal comma."""

    delimiter: str = ";"
    decimal_comma: bool = True


def pay_file(lines: Iterable[PayLine], shape: Shape) -> bytes:
    """The file: UTF-8 with a byte order mark, every cell quoted, CRLF line ends (RFC 4180)."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=shape.delimiter, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for x in lines:
        amount = amount_text(x.money, shape)
        theirs = [harmless(t) for t in (x.email, x.name, x.payee_type, x.wage_code)]
        days = [x.start_on.isoformat(), x.due_on.isoformat()]
        writer.writerow([x.pay_run, x.line, x.bonus_id, x.person_id, *theirs, amount, x.money.currency, x.referral_id, x.part, *days])
    return (BOM + out.getvalue()).encode("utf-8")


def amount_text(money: Money, shape: Shape) -> str:
    """An amount from its integer minor units: 50000 EUR is "500,00", 500 JPY is "500"."""
    digits = exponent(money.currency)
    whole, part = divmod(money.amount_minor, 10**digits)
    return f"{whole}{',' if shape.decimal_comma else '.'}{part:0{digits}d}" if digits else str(whole)


def harmless(text: str) -> str:
    """Somebody's text as a cell that no spreadsheet takes for a formula.

    Control and invisible characters go first, since `=` behind a tab, a zero-width space or in full width still counts
    (facts: reliability.md I3); then a text that begins like a formula gets an apostrophe.
    """
    visible = "".join(" " if c in "\t\r\n" else c for c in text if c in "\t\r\n" or unicodedata.category(c) not in ("Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn"))
    tidy = " ".join(visible.split())
    return f"'{tidy}" if unicodedata.normalize("NFKC", tidy).lstrip().startswith(_FORMULA) else tidy
