"""The ledger's rows: the entry, the head of the chain, what each account stands at, and what the nightly reading found."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Index
from sqlmodel import Field, SQLModel

from bot.db import utc_field
from bot.errors import VinkkiError
from bot.money import Money

EXPENSE = "expense:bonus"
CASH = "cash"
GENESIS = "0" * 64
_WORDS = re.compile(r"[a-z_]+(:([a-z_]+|\d+))*\Z")  # a key and an account read as a sentence of words and ids: there is no place for a name


class LedgerError(VinkkiError):
    """A posting that may not be: the key exists with other content, or the entry was reversed already. A fault of ours, not of a person."""


class LedgerEntry(SQLModel, table=True):
    """One immutable movement. `id` is its number in the book, without gaps; triggers refuse change and deletion."""

    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_is_positive"),
        CheckConstraint("debit_account <> credit_account", name="two_accounts"),
        Index("ix_ledgerentry_debit", "debit_account", "currency", "amount_minor"),  # covering: verify sums an account from the index alone
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


class LedgerAccount(SQLModel, table=True):
    """What an account stands at in one currency: all its debits and all its credits, kept in the transaction that posts.

    A balance is one row however long the book is. The entries are the truth; verify adds them up and names an account that differs.
    """

    account: str = Field(primary_key=True)
    currency: str = Field(primary_key=True, max_length=3)
    debit_minor: int = Field(default=0, sa_type=BigInteger)
    credit_minor: int = Field(default=0, sa_type=BigInteger)


class LedgerCheck(SQLModel, table=True):
    """One night's reading of the whole book, page by page; the newest row is the latest result."""

    id: int | None = Field(default=None, primary_key=True)
    day: date = Field(unique=True)
    entries: int = 0  # read and found good
    last_hash: str = GENESIS
    bad_id: int | None = None
    bad_account: str = ""
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
class Verdict:
    """What verify found. `bad_id` is the first bad row's number, or `bad_account` the account whose total differs from its rows;
    `reason` says in plain words what is wrong with it. `last_hash` is the hash of the last good row: note it down, and the book can
    be held against it later."""

    entries: int
    bad_id: int | None = None
    reason: str = ""
    bad_account: str = ""
    last_hash: str = field(default="", compare=False)

    @property
    def is_sound(self) -> bool:
        """Every row is as it was posted, and every account is the sum of its rows."""
        return not self.reason

    @property
    def finding(self) -> str:
        """What is wrong and where, for whoever runs the server; the empty text where nothing is."""
        if self.is_sound:
            return ""
        return f"account {self.bad_account}: {self.reason}" if self.bad_account else f"row {self.bad_id}: {self.reason}"


def payable(person_id: int) -> str:
    """The account of what is owed to a person."""
    return f"payable:person:{person_id}"


def payable_charity(charity_id: int) -> str:
    """The account of what is owed to a charity."""
    return f"payable:charity:{charity_id}"


def receivable(person_id: int) -> str:
    """The account of what a person is to pay back."""
    return f"receivable:person:{person_id}"


def clearing(run_number: int) -> str:
    """The account of what was handed to payroll in one pay run."""
    return f"payroll_clearing:run:{run_number}"
