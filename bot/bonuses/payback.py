"""A pay-run file that comes back: compared with the one that was handed out, line by line, before anything counts as paid."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice

from sqlmodel import Session, select

from bot.bonuses import payruns
from bot.bonuses.payfile import Shape, shape_json
from bot.bonuses.records import PayRun, PayRunLine
from bot.errors import Refusal
from bot.messages import Say, say
from bot.money import exponent

MOST = 16 * 1024 * 1024  # bytes; a line is about 150, so this is a hundred thousand
MOST_WRONG = 1000  # lines named; whoever has more has taken another file
_DELIMITERS = ";,\t|"
_SHOWN = 80  # characters of a cell that are shown


@dataclass(frozen=True)
class Wrong:
    """A line of the file that is not as it was handed out: its number in the file (the headings are 1; 0: the file lacks it)."""

    line: int
    reason: Say


class Edited(Refusal):
    """The file is not the one that was handed out: `wrong` names each line that differs."""

    def __init__(self, run: PayRun, wrong: tuple[Wrong, ...]) -> None:
        super().__init__("payruns.loaded.edited", number=run.number, count=len(wrong))
        self.wrong = wrong


def pay_by_file(session: Session, now: datetime, actor_id: int, run_id: int, brought: bytes) -> PayRun:
    """Payroll brings the file of a run back: everything in it is paid. A spreadsheet may have saved it with another delimiter or
    encoding, with quotes or without; what stands in the cells must be the same. Columns may have been added.

    Raises Refusal `forbidden`, or `payruns.loaded.` and one of `unreadable`, `other_run`, `long`, `columns`; Edited naming each line that
    differs; Stale where the run is marked already. Nothing is kept then.
    """
    payruns.require(session, actor_id)
    run = payruns.locked_run(session, run_id)
    if run.paid_at:
        raise payruns.paid_already(session, run)
    is_same = hashlib.sha256(brought).hexdigest() == run.sha256
    if not is_same and (wrong := tuple(compare(session, run, brought))):
        raise Edited(run, wrong[:MOST_WRONG])
    return payruns.pay(session, now, actor_id, run_id, "by the very file" if is_same else "by a file, compared line by line")


def compare(session: Session, run: PayRun, brought: bytes) -> Iterator[Wrong]:
    """Every line that differs from the stored file. Raises Refusal as `pay_by_file`. A bonus that payroll sent back may be
    missing: it is in the stored file, and will not be paid with this run."""
    shape = shape_of(run)
    names, headings = [n for n, _ in shape.columns], [h for _, h in shape.columns]
    most = run.bonus_count + MOST_WRONG
    given = _read(brought, headings, most + 1)
    key = names.index("bonus")
    ours = {row[key]: row for row in _stored(session, run)}
    _require_run(run, given, names.index("pay_run"))
    if len(given) > most:
        raise Refusal("payruns.loaded.long", number=run.number)
    sent_back = {str(b) for b in session.exec(select(PayRunLine.bonus_id).where(PayRunLine.pay_run_id == run.id, PayRunLine.is_returned))}
    seen: dict[str, int] = {}
    for number, row in given:
        bonus = row[key].strip()
        if bonus not in ours:
            yield Wrong(number, say("payruns.loaded.unknown_line", bonus=_short(bonus)))
        elif bonus in seen:
            yield Wrong(number, say("payruns.loaded.twice", bonus=bonus, line=seen[bonus]))
        elif reason := _differs(shape, run, ours[bonus], row):
            yield Wrong(number, reason)
        seen.setdefault(bonus, number)
    for bonus in ours:
        if bonus not in seen and bonus not in sent_back:
            yield Wrong(0, say("payruns.loaded.missing", bonus=bonus))


def shape_of(run: PayRun) -> Shape:
    """How the run's CSV is written."""
    return shape_json.validate_json(run.shape)


def stored_amounts(session: Session, run: PayRun) -> dict[int, int]:
    """The amounts in the stored file, in minor units by bonus. Raises Refusal `payruns.damaged`."""
    names = [n for n, _ in shape_of(run).columns]
    bonus, amount = names.index("bonus"), names.index("amount")
    return {int(row[bonus]): _minor(row[amount], run.currency) or 0 for row in _stored(session, run)}


def _stored(session: Session, run: PayRun) -> list[list[str]]:
    shape = shape_of(run)
    text = payruns.content(session, run).decode(shape.encoding)
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=shape.delimiter))[1:]


def _read(brought: bytes, headings: list[str], most: int) -> list[tuple[int, list[str]]]:
    """The first `most` rows by their line's number, with the cells in the order of our columns."""
    if len(brought) > MOST or not brought.strip():
        raise Refusal("payruns.loaded.unreadable")
    text = _decoded(brought).lstrip("\ufeff")
    if "\0" in text or not text:
        raise Refusal("payruns.loaded.unreadable")
    first = text.splitlines()[0]
    for delimiter in sorted(_DELIMITERS, key=lambda d: -first.count(d)):
        try:
            rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
            top = [cell.strip() for cell in next(rows)]
            if all(top.count(heading) == 1 for heading in headings):
                places = [top.index(heading) for heading in headings]
                return list(islice(((rows.line_num, _placed(row, places)) for row in rows if any(cell.strip() for cell in row)), most))
        except (csv.Error, StopIteration):
            continue
    raise Refusal("payruns.loaded.columns", columns=", ".join(headings))


def _placed(row: list[str], places: list[int]) -> list[str]:
    return [row[place] if place < len(row) else "" for place in places]


def _decoded(brought: bytes) -> str:
    """As what it says it is (a byte order mark), as UTF-8 where it is that, else as the encoding of Western spreadsheets. What is
    read wrongly differs from what was handed out, so a wrong guess is refused and never kept."""
    if brought.startswith((b"\xff\xfe", b"\xfe\xff")):
        return brought.decode("utf-16", "replace")
    try:
        return brought.decode("utf-8-sig")
    except UnicodeDecodeError:
        return brought.decode("windows-1252", "replace")


def _require_run(run: PayRun, given: list[tuple[int, list[str]]], place: int) -> None:
    numbers = {row[place].strip() for _, row in given}
    if numbers and str(run.number) not in numbers:
        raise Refusal("payruns.loaded.other_run", number=run.number, other=_short(sorted(numbers)[0]))


def _differs(shape: Shape, run: PayRun, ours: list[str], theirs: list[str]) -> Say | None:
    for (name, heading), was, now in zip(shape.columns, ours, theirs, strict=True):
        read: Callable[[str], object] = {"amount": lambda text: _minor(text, run.currency), "start_on": _day, "due_on": _day}.get(name, _plain)
        if read(was) != read(now):
            return say("payruns.loaded.differs", bonus=ours[[n for n, _ in shape.columns].index("bonus")], column=heading, ours=_short(was), theirs=_short(now))
    return None


def _plain(text: str) -> str:
    """A cell as text: spreadsheets trim, and take the leading zeros of what looks like a number."""
    tidy = " ".join(text.split())
    return tidy.lstrip("0") if tidy.isascii() and tidy.isdigit() else tidy


def _minor(text: str, currency: str) -> int | None:
    """An amount in minor units, whichever decimal sign a spreadsheet left; None for what is no amount."""
    whole, _, part = text.strip().replace(" ", "").replace("\u00a0", "").replace(",", ".").partition(".")
    digits = exponent(currency)
    if not (whole.isascii() and whole.isdigit() and len(whole) <= 15) or len(part) > max(digits, 0) or (part and not (part.isascii() and part.isdigit())):
        return None
    return int(whole + part.ljust(digits, "0"))


def _day(text: str) -> object:
    """A day as we write it, or as Finnish and Swedish spreadsheets do; any other text is itself."""
    text = text.strip()
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    parts = text.split(".")
    if len(parts) == 3 and all(p.isascii() and p.isdigit() and len(p) <= 4 for p in parts):
        try:
            return date(int(parts[2]), int(parts[1]), int(parts[0]))
        except ValueError:
            pass
    return text


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
