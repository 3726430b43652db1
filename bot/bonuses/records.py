"""The bonus with its frozen table of states, the pay run, and the lines that tie them."""

from __future__ import annotations

from datetime import date, datetime
from types import MappingProxyType

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from bot.db import utc_field
from bot.money import Money

# state -> the states it may move to. A move that is not here does not exist, but for the one way back: payroll sends an
# exported bonus back by a contra entry, and it is approved again (payruns.send_back). Claw-back is off by default.
MOVES = MappingProxyType(
    {
        "accrued": frozenset({"waiting", "forfeited", "void"}),
        "waiting": frozenset({"eligible", "held", "forfeited", "void"}),
        "held": frozenset({"waiting", "eligible", "forfeited", "void"}),
        "eligible": frozenset({"approved", "held", "forfeited", "void"}),
        "approved": frozenset({"exported", "held", "forfeited", "void"}),
        "exported": frozenset({"paid"}),
        "paid": frozenset({"clawback_due"}),
        "clawback_due": frozenset({"recovered", "waived"}),
        "forfeited": frozenset[str](),
        "void": frozenset[str](),
        "recovered": frozenset[str](),
        "waived": frozenset[str](),
    }
)
STATES = tuple(MOVES)
OWED = ("accrued", "waiting", "held", "eligible", "approved")  # what `payable` holds
UNDUE = ("accrued", "waiting")  # the qualifying period is still running


class Bonus(SQLModel, table=True):
    """One share of one milestone of one referral.

    `accrued` until the start day, `waiting` through the qualifying period, `eligible` when every rule held on the due day.
    `reason` names why it is held or forfeited (content: `bonuses.reason.<reason>`). Amount, plan version, payee type and wage
    code are frozen when it is accrued.
    """

    __table_args__ = (
        Index(
            "ux_bonus_share", "referral_id", "share_no", "milestone_no",
            unique=True, sqlite_where=text("state <> 'void'"), postgresql_where=text("state <> 'void'"),
        ),
        Index("ix_bonus_state", "state", "due_on", "id"),
        CheckConstraint("amount_minor > 0", name="bonus_amount_is_positive"),
    )  # fmt: skip
    id: int | None = Field(default=None, primary_key=True)
    referral_id: int = Field(foreign_key="referral.id", index=True)
    share_no: int = 1
    milestone_no: int = 1
    beneficiary_id: int = Field(foreign_key="person.id", index=True)
    amount_minor: int = Field(sa_type=BigInteger)
    currency: str = Field(max_length=3)
    state: str = "accrued"
    state_since: datetime = utc_field()
    reason: str = ""
    start_on: date
    due_on: date
    plan_id: int = Field(foreign_key="bonusplan.id")
    payee_type: str = "employee"  # employee, alumna, stakeholder: payroll treats them differently
    wage_code: str = ""
    version: int = 1
    pay_run_id: int | None = Field(default=None, foreign_key="payrun.id", index=True)
    created_at: datetime = utc_field()

    @property
    def money(self) -> Money:
        """What it is worth, gross."""
        return Money(self.amount_minor, self.currency)

    @property
    def handle(self) -> str:
        """What a button carries: id and version, so that an old card is recognised."""
        return f"{self.id}:{self.version}"


class PayRun(SQLModel, table=True):
    """One closed export, in one currency. Its file was stored with its SHA-256 in the transaction that closed it."""

    id: int | None = Field(default=None, primary_key=True)
    number: int = Field(unique=True)  # without gaps
    currency: str = Field(max_length=3)
    bonus_count: int
    total_minor: int = Field(sa_type=BigInteger)
    sha256: str = Field(max_length=64)
    closed_at: datetime = utc_field()
    closed_by: int = Field(foreign_key="person.id")
    paid_at: datetime | None = utc_field(default=None)
    paid_by: int | None = Field(default=None, foreign_key="person.id")

    @property
    def total(self) -> Money:
        """The sum of its lines."""
        return Money(self.total_minor, self.currency)

    @property
    def file_name(self) -> str:
        """What the file is called when it is handed over."""
        return f"vinkki-payrun-{self.number:04d}-{self.currency}.csv"


class PayRunFile(SQLModel, table=True):
    """The bytes of a pay run: written once, only ever read again (triggers refuse change and deletion)."""

    pay_run_id: int | None = Field(default=None, primary_key=True, foreign_key="payrun.id")
    content: bytes = Field(sa_type=LargeBinary)


class PayRunLine(SQLModel, table=True):
    """One bonus in one pay run. The database says no to a bonus in two runs, unless payroll sent it back from the first."""

    __table_args__ = (
        UniqueConstraint("pay_run_id", "bonus_id"),
        Index("ux_payrunline_live", "bonus_id", unique=True, sqlite_where=text("is_returned = 0"), postgresql_where=text("NOT is_returned")),
    )
    id: int | None = Field(default=None, primary_key=True)
    pay_run_id: int = Field(foreign_key="payrun.id", index=True)
    line_no: int
    bonus_id: int = Field(foreign_key="bonus.id", index=True)
    amount_minor: int = Field(sa_type=BigInteger)
    is_returned: bool = False
