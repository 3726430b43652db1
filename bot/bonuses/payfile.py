"""The pay-run file: CSV and XLSX bytes from rows, pure functions. The same rows give the same bytes; no cell can act as a formula."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache

from pydantic import TypeAdapter

from bot.money import Money, exponent

COLUMNS = (
    "pay_run", "line", "bonus", "person", "email", "name", "payee_type", "wage_code", "amount", "currency", "days_off", "charity", "charity_account",
    "referral", "part", "start_on", "due_on",
)  # fmt: skip
NEEDED = ("pay_run", "bonus", "amount")  # without these a file that comes back could not be recognised
ENCODINGS = ("utf-8-sig", "utf-8", "windows-1252")
DELIMITERS = {";": ";", ",": ",", "|": "|", "\t": "\t", "tab": "\t"}
_FORMULA = tuple("=+-@|%")
_FILLERS = " \u115f\u1160\u2800"  # letters and signs that show nothing: Hangul's fillers, the empty Braille cell
_WIDTHS = {"email": 30, "name": 28, "charity": 24, "charity_account": 24, "wage_code": 16}  # characters; 12 for the rest


@dataclass(frozen=True)
class PayLine:
    """What payroll is told about one bonus: gross amount or days off, to whom, as what. Nothing about the newcomer."""

    pay_run: int
    line: int
    bonus: int
    person: int
    email: str
    name: str
    payee_type: str
    wage_code: str
    money: Money
    referral: int
    part: int
    start_on: date
    due_on: date
    days_off: int = 0
    charity: str = ""
    charity_account: str = ""

    def cell(self, column: str) -> int | Decimal | date | str:
        """What stands in a column, by its type: whole numbers, an exact amount, days, and text that is harmless."""
        if column == "amount":
            return self.money.decimal
        value: int | date | str = self.money.currency if column == "currency" else getattr(self, column)
        return harmless(value) if isinstance(value, str) else value


@dataclass(frozen=True)
class Shape:
    """How payroll wants its file. With `;` between cells a Finnish spreadsheet opens it as it is, and reads a decimal comma.

    `columns` are (name, heading) in their order.
    """

    delimiter: str = ";"
    decimal_comma: bool = True
    encoding: str = "utf-8-sig"
    columns: tuple[tuple[str, str], ...] = tuple((name, name) for name in COLUMNS)


shape_json: TypeAdapter[Shape] = TypeAdapter(Shape)


def read_columns(text: str) -> tuple[tuple[str, str], ...]:
    """Columns as HR writes them: names with commas between, each with a heading of its own where payroll wants one
    (`person=Employee no`). Raises ValueError naming what is wrong; the empty text means all of them."""
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    columns = tuple((name.strip(), harmless(heading.strip()) or name.strip()) for name, _, heading in pairs) or Shape().columns
    names, headings = [name for name, _ in columns], [heading for _, heading in columns]
    if wrong := next((name for name in names if name not in COLUMNS), None):
        raise ValueError(wrong)
    if twice := next((one for one in (*names, *headings) if names.count(one) > 1 or headings.count(one) > 1), None):
        raise ValueError(twice)
    if missing := next((name for name in NEEDED if name not in names), None):
        raise ValueError(missing)
    return columns


def pay_file(lines: Iterable[PayLine], shape: Shape) -> tuple[bytes, Shape]:
    """The CSV file: every cell quoted, CRLF line ends (RFC 4180). Returns it with the shape it really has: where the encoding has
    no place for somebody's name, the file is UTF-8 with a byte order mark instead, so that nobody's name is bent."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=shape.delimiter, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([heading for _, heading in shape.columns])
    names = [name for name, _ in shape.columns]
    for line in lines:
        writer.writerow([_written(line, name, shape) for name in names])
    try:
        return out.getvalue().encode(shape.encoding), shape
    except UnicodeEncodeError:
        return out.getvalue().encode("utf-8-sig"), replace(shape, encoding="utf-8-sig")


def _written(line: PayLine, name: str, shape: Shape) -> str:
    if name == "amount":
        return amount_text(line.money, shape)
    value = line.cell(name)
    return value.isoformat() if isinstance(value, date) else str(value)


def pay_sheet(lines: Sequence[PayLine], shape: Shape, closed_at: datetime) -> bytes:
    """The XLSX file: amounts and numbers as numbers, days as days, all else as text that is never a formula or a link."""
    import xlsxwriter  # type: ignore[import-untyped]  # heavy, and needed only when a run is closed

    out = io.BytesIO()
    # constant_memory writes each row out as it comes: rows must come in order, and they do
    book = xlsxwriter.Workbook(out, {"constant_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False})
    book.set_properties({"title": "Vinkki", "created": closed_at.astimezone(UTC).replace(tzinfo=None)})
    sheet = book.add_worksheet(f"Pay run {lines[0].pay_run}" if lines else "Pay run")
    digits = exponent(lines[0].money.currency) if lines else 2
    bold, day = book.add_format({"bold": True, "bottom": 1}), book.add_format({"num_format": "yyyy-mm-dd"})
    amount = book.add_format({"num_format": "0." + "0" * digits if digits else "0"})
    for place, (name, heading) in enumerate(shape.columns):
        sheet.set_column(place, place, _WIDTHS.get(name, 12))
        sheet.write_string(0, place, heading, bold)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, len(lines), len(shape.columns) - 1)
    for row, line in enumerate(lines, start=1):
        for place, (name, _) in enumerate(shape.columns):
            value = line.cell(name)
            if isinstance(value, str):
                sheet.write_string(row, place, value)
            elif isinstance(value, date):
                sheet.write_datetime(row, place, value, day)
            else:
                sheet.write_number(row, place, value, amount if name == "amount" else None)
    book.close()
    return out.getvalue()


def amount_text(money: Money, shape: Shape) -> str:
    """An amount from its integer minor units: 50000 EUR is "500,00", 500 JPY is "500"."""
    digits = exponent(money.currency)
    whole, part = divmod(money.amount_minor, 10**digits)
    return f"{whole}{',' if shape.decimal_comma else '.'}{part:0{digits}d}" if digits else str(whole)


@lru_cache(4096)
def harmless(text: str) -> str:
    """Somebody's text as a cell that no spreadsheet takes for a formula.

    Control and invisible characters go first, since `=` behind a tab, a zero-width space or in full width still counts; then a
    text that begins like a formula gets an apostrophe (CWE-1236; owasp.org/www-community/attacks/CSV_Injection).
    """
    visible = "".join(" " if c in "\t\r\n" else c for c in text if c in "\t\r\n" or unicodedata.category(c) not in ("Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn"))
    tidy = " ".join(visible.split())
    bare = "".join(c for c in unicodedata.normalize("NFKD", tidy) if not unicodedata.category(c).startswith("M"))  # a struck `=` is one, too
    return f"'{tidy}" if bare.lstrip(_FILLERS).startswith(_FORMULA) else tidy
