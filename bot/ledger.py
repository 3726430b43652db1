"""The ledger: one row is one movement of money, append-only, numbered without gaps, chained by hashes; ids only, never a name.

The chain's head is a locked row, so postings stand in one line. Correction is a reversal, never a change.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, func, insert, literal, union_all, update
from sqlalchemy import select as sa_select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as lite_insert
from sqlmodel import Field, Session, SQLModel, col, select

from bot.db import utc_field
from bot.errors import VinkkiError
from bot.money import Money

EXPENSE = "expense:bonus"
CASH = "cash"
GENESIS = "0" * 64
_WORDS = re.compile(r"[a-z_]+(:([a-z_]+|\d+))*\Z")  # a key and an account read as a sentence of words and ids: there is no place for a name
_PAGE = 500


class LedgerError(VinkkiError):
    """A posting that may not be: the key exists with other content, or the entry was reversed already. A fault of ours, not of a person."""


class LedgerEntry(SQLModel, table=True):
    """One immutable movement. `id` is its number in the book, without gaps; triggers refuse change and deletion."""

    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_is_positive"),
        CheckConstraint("debit_account <> credit_account", name="two_accounts"),
        Index("ix_ledgerentry_debit", "debit_account", "currency", "amount_minor"),  # covering: a balance reads the index alone
        Index("ix_ledgerentry_credit", "credit_account", "currency", "amount_minor"),
        Index("ix_ledgerentry_subject", "subject", "subject_id"),
    )
    id: int | None = Field(default=None, primary_key=True, sa_column_kwargs={"autoincrement": False})
    key: str = Field(unique=True)  # reads as a sentence: "referral:17:hired:share:1:part:1"
    debit_account: str
    credit_account: str
    amount_minor: int = Field(sa_type=BigInteger)
    currency: str = Field(max_length=3)
    reverses_id: int | None = Field(default=None, foreign_key="ledgerentry.id", unique=True)
    subject: str  # what it is about: "bonus"
    subject_id: int
    at: datetime = utc_field()
    prev_hash: str = Field(max_length=64)
    hash: str = Field(max_length=64)

    @property
    def money(self) -> Money:
        """What was moved."""
        return Money(self.amount_minor, self.currency)


class LedgerHead(SQLModel, table=True):
    """The end of the chain: one row, locked by whoever posts."""

    id: int | None = Field(default=1, primary_key=True, sa_column_kwargs={"autoincrement": False})
    entries: int = 0
    hash: str = GENESIS


class LedgerCheck(SQLModel, table=True):
    """One night's reading of the whole book, page by page; the newest row is the latest result."""

    id: int | None = Field(default=None, primary_key=True)
    day: date = Field(unique=True)
    entries: int = 0  # read and found good
    last_hash: str = GENESIS
    bad_id: int | None = None
    reason: str = ""
    finished_at: datetime | None = utc_field(default=None)


@dataclass(frozen=True)
class Movement:
    """What is to be posted. The key is the promise that it happens once."""

    key: str
    debit_account: str
    credit_account: str
    money: Money
    subject: str
    subject_id: int
    reverses_id: int | None = None

    def __post_init__(self) -> None:
        for words in (self.key, self.debit_account, self.credit_account, self.subject):
            if not _WORDS.match(words):
                raise ValueError("keys and accounts are lower-case words and ids with colons between")
        if self.money.amount_minor <= 0 or self.debit_account == self.credit_account:
            raise ValueError("a movement has a positive amount and two accounts")


@dataclass(frozen=True)
class TrialRow:
    """One account in one currency, all its debits and credits in minor units."""

    account: str
    currency: str
    debit_minor: int
    credit_minor: int


@dataclass(frozen=True)
class Verdict:
    """What verify found. `bad_id` is the first bad row's number and `reason` says in plain words what is wrong with it."""

    entries: int
    bad_id: int | None = None
    reason: str = ""

    @property
    def is_sound(self) -> bool:
        """Every row is as it was posted."""
        return self.bad_id is None


def payable(person_id: int) -> str:
    """The account of what is owed to a person."""
    return f"payable:person:{person_id}"


def payable_charity(charity_id: int) -> str:
    """The account of what is owed to a charity."""
    return f"payable:charity:{charity_id}"


def clearing(run_number: int) -> str:
    """The account of what was handed to payroll in one pay run."""
    return f"payroll_clearing:run:{run_number}"


def post(session: Session, now: datetime, movement: Movement) -> LedgerEntry:
    """Write one movement and return its row; the row that is there when the key was posted with the same content before.

    Raises LedgerError when the key exists with other content.
    """
    post_many(session, now, [movement])
    return session.exec(select(LedgerEntry).where(LedgerEntry.key == movement.key)).one()


def post_many(session: Session, now: datetime, movements: Sequence[Movement]) -> int:
    """Write movements in order, in one go; returns how many were new. Raises LedgerError as `post` does."""
    if not movements:
        return 0
    number, last = lock(session)
    known = _known(session, [m.key for m in movements])
    rows: list[dict[str, object]] = []
    for movement in movements:
        if movement.key in known:
            if known[movement.key] != movement:
                raise LedgerError(f"{movement.key} is in the ledger already, with other content")
            continue
        number += 1
        row = _row(number, last, now, movement)
        rows.append(row)
        last, known[movement.key] = str(row["hash"]), movement
    if rows:
        session.execute(insert(LedgerEntry), rows)
        session.execute(update(LedgerHead).where(col(LedgerHead.id) == 1).values(entries=number, hash=last))
    return len(rows)


def reverse(session: Session, now: datetime, key: str, entry_id: int) -> LedgerEntry:
    """Undo one entry by its contra entry; the same key again changes nothing.

    Raises LedgerError when another key reversed it before, when it is itself a reversal, or when there is no such entry.
    """
    lock(session)
    entry = session.get(LedgerEntry, entry_id)
    if entry is None or entry.reverses_id is not None:
        raise LedgerError(f"entry {entry_id} cannot be reversed")
    earlier = session.exec(select(LedgerEntry).where(LedgerEntry.reverses_id == entry_id)).first()
    if earlier and earlier.key != key:
        raise LedgerError(f"entry {entry_id} was reversed already, by {earlier.key}")
    return post(session, now, Movement(key, entry.credit_account, entry.debit_account, entry.money, entry.subject, entry.subject_id, entry_id))


def lock(session: Session) -> tuple[int, str]:
    """Take the head until the transaction ends: (number of entries, last hash).

    On SQLite the writer's BEGIN IMMEDIATE is the lock already. Take it last: rows of other tables first, in the order of their ids.
    """
    head = sa_select(col(LedgerHead.entries), col(LedgerHead.hash)).where(col(LedgerHead.id) == 1).with_for_update()
    found = session.execute(head).first()
    if found is None:
        fresh = pg_insert if session.get_bind().dialect.name == "postgresql" else lite_insert
        session.execute(fresh(LedgerHead).values(id=1, entries=0, hash=GENESIS).on_conflict_do_nothing())
        found = session.execute(head).one()
    return found[0], found[1]


def balance(session: Session, account: str, currency: str) -> int:
    """Debits minus credits of an account in minor units; what is owed is therefore negative."""
    total = func.coalesce(func.sum(col(LedgerEntry.amount_minor)), 0)
    here = sa_select(total).where(col(LedgerEntry.currency) == currency)
    debit = session.execute(here.where(col(LedgerEntry.debit_account) == account)).scalar_one()
    credit = session.execute(here.where(col(LedgerEntry.credit_account) == account)).scalar_one()
    return int(debit) - int(credit)


def trial_balance(session: Session) -> list[TrialRow]:
    """Every account with its debits and credits, by currency and account; both columns sum to the same."""
    amount, currency, zero = col(LedgerEntry.amount_minor), col(LedgerEntry.currency), literal(0)
    both = union_all(
        sa_select(col(LedgerEntry.debit_account).label("account"), currency.label("currency"), amount.label("debit"), zero.label("credit")),
        sa_select(col(LedgerEntry.credit_account), currency, zero, amount),
    ).subquery()
    sums = sa_select(both.c.account, both.c.currency, func.sum(both.c.debit), func.sum(both.c.credit)).group_by(both.c.currency, both.c.account)
    return [TrialRow(a, c, int(d), int(k)) for a, c, d, k in session.execute(sums.order_by(both.c.currency, both.c.account))]


def entries_of(session: Session, subject: str, subject_id: int) -> list[LedgerEntry]:
    """Every entry about one thing, in the order of the book."""
    return list(session.exec(select(LedgerEntry).where(LedgerEntry.subject == subject, LedgerEntry.subject_id == subject_id).order_by(col(LedgerEntry.id))))


def latest(session: Session, limit: int, before: int | None = None) -> list[LedgerEntry]:
    """The newest entries first; `before` continues below that number."""
    query = select(LedgerEntry).order_by(col(LedgerEntry.id).desc()).limit(limit)
    return list(session.exec(query.where(col(LedgerEntry.id) < before) if before else query))


def _row(number: int, last: str, now: datetime, m: Movement) -> dict[str, object]:
    row: dict[str, object] = {
        "id": number, "key": m.key, "debit_account": m.debit_account, "credit_account": m.credit_account, "amount_minor": m.money.amount_minor,
        "currency": m.money.currency, "reverses_id": m.reverses_id, "subject": m.subject, "subject_id": m.subject_id, "at": now, "prev_hash": last,
    }  # fmt: skip
    return row | {"hash": digest(*row.values())}


def digest(*fields: object) -> str:
    """The hash of one row: SHA-256 over its fields in the order of the table, the previous hash last."""
    plain = [f.astimezone(UTC).isoformat() if isinstance(f, datetime) else f for f in fields]
    return hashlib.sha256(json.dumps(plain, separators=(",", ":")).encode()).hexdigest()


def _known(session: Session, keys: Sequence[str]) -> dict[str, Movement]:
    found: dict[str, Movement] = {}
    for i in range(0, len(keys), _PAGE):
        for e in session.exec(select(LedgerEntry).where(col(LedgerEntry.key).in_(keys[i : i + _PAGE]))):
            found[e.key] = Movement(e.key, e.debit_account, e.credit_account, e.money, e.subject, e.subject_id, e.reverses_id)
    return found


def verify(session: Session) -> Verdict:
    """Read the whole book once, with flat memory, and check every row: number, chain, hash, and that a reversal is the mirror of its entry.

    Compares the end with the locked head's row, so that rows cut off at the end are missed too.
    """
    expected = head(session)
    verdict, last = check(session, 0, GENESIS)
    if verdict.is_sound and verdict.entries < expected.entries:
        return Verdict(verdict.entries, verdict.entries + 1, "the row is missing: the book ends before the head says")
    now_expected = head(session)
    if verdict.is_sound and (verdict.entries > now_expected.entries or (verdict.entries == now_expected.entries and last != now_expected.hash)):
        return Verdict(verdict.entries, now_expected.entries + (verdict.entries > now_expected.entries), "the row does not match the head of the chain")
    return verdict


def check_page(session: Session, now: datetime, day: date, limit: int = 5000) -> LedgerCheck:
    """Read the next page of a day's check; call again until `finished_at` is set. The head is compared as the last page is read."""
    mine = session.exec(select(LedgerCheck).where(LedgerCheck.day == day)).first() or LedgerCheck(day=day)
    if mine.finished_at:
        return mine
    verdict, mine.last_hash = check(session, mine.entries, mine.last_hash, limit)
    read, mine.entries = verdict.entries - mine.entries, verdict.entries
    end = head(session)
    if verdict.is_sound and read < limit and (mine.entries, mine.last_hash) != (end.entries, end.hash):
        verdict = Verdict(mine.entries, min(mine.entries, end.entries) + 1, "the book does not end as the head of the chain says")
    mine.bad_id, mine.reason = verdict.bad_id, verdict.reason
    if read < limit or not verdict.is_sound:
        mine.finished_at = now
    session.add(mine)
    session.flush()
    return mine


def last_check(session: Session) -> LedgerCheck | None:
    """The newest finished reading of the whole book."""
    return session.exec(select(LedgerCheck).where(col(LedgerCheck.finished_at).is_not(None)).order_by(col(LedgerCheck.day).desc()).limit(1)).first()


def head(session: Session) -> LedgerHead:
    """The end of the chain as it is now, unlocked; an empty book has GENESIS."""
    found = session.execute(sa_select(col(LedgerHead.entries), col(LedgerHead.hash)).where(col(LedgerHead.id) == 1)).first()
    return LedgerHead(entries=found[0], hash=found[1]) if found else LedgerHead()


def check(session: Session, after: int, last: str, limit: int | None = None) -> tuple[Verdict, str]:
    """Check the rows after number `after`, whose hash is `last`; at most `limit`. Returns the verdict and the last hash read.

    `entries` of the verdict is the number of the last good row.
    """
    number = after
    with closing(_stream(session, after, limit)) as rows:  # a server-side cursor must not be left open at the first bad row
        for row, mirror in rows:
            if row[0] != number + 1:
                return Verdict(number, number + 1, "the row is missing, or its number is not in line"), last
            if reason := _wrong(row, mirror, last):
                return Verdict(number, number + 1, reason), last
            number, last = number + 1, str(row[-1])
    return Verdict(number), last


_FIELDS = [
    col(LedgerEntry.id), col(LedgerEntry.key), col(LedgerEntry.debit_account), col(LedgerEntry.credit_account), col(LedgerEntry.amount_minor),
    col(LedgerEntry.currency), col(LedgerEntry.reverses_id), col(LedgerEntry.subject), col(LedgerEntry.subject_id), col(LedgerEntry.at),
    col(LedgerEntry.prev_hash), col(LedgerEntry.hash),
]  # fmt: skip


def _stream(session: Session, after: int, limit: int | None) -> Generator[tuple[Sequence[object], Sequence[object]], None, None]:
    original = LedgerEntry.__table__.alias("original")  # type: ignore[attr-defined]
    query = sa_select(*_FIELDS, original.c.debit_account, original.c.credit_account, original.c.amount_minor, original.c.currency)
    query = query.outerjoin(original, original.c.id == col(LedgerEntry.reverses_id)).where(col(LedgerEntry.id) > after).order_by(col(LedgerEntry.id))
    with session.execute(query.limit(limit) if limit else query, execution_options={"yield_per": 1000}) as result:
        for row in result:
            yield row[: len(_FIELDS)], row[len(_FIELDS) :]


def _wrong(row: Sequence[object], mirror: Sequence[object], last: str) -> str:
    _, _, debit, credit, amount, currency, reverses, *_, prev, own = row
    if prev != last:
        return "the row does not follow from the one before it"
    if digest(*row[:-1]) != own:
        return "the row was changed after it was posted"
    if reverses is not None and tuple(mirror) != (credit, debit, amount, currency):
        return "the row reverses an entry that it does not mirror"
    return ""
