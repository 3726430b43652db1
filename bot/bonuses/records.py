"""The bonus with its frozen table of states, the pay run, and the lines that tie them."""

from __future__ import annotations

from datetime import date, datetime
from types import MappingProxyType

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from bot.db import utc_field
from bot.ledger import payable, payable_charity
from bot.money import Money
from bot.plans import WORTH

# state -> the states it may move to. A move that is not here does not exist, but for two: payroll sends an exported bonus back by a
# contra entry, and it is approved again (payruns.send_back); and one that ended because somebody had left, who had not, is void and
# promised anew (anew.promise_anew). A bonus begins as accrued, or as held where it takes the place of one that HR had stopped
# (moves.still_held). Claw-back is off by default.
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
    """One share of one milestone of one referral; milestone 0 is a campaign's extra.

    `accrued` until the start day, `waiting` through the qualifying period, `eligible` when every rule held on the due day.
    `reason` names why it is held or forfeited (content: `bonuses.reason.<reason>`). Amount, plan version, payee type and wage
    code are frozen when it is accrued.

    `reward` is of plans.REWARDS. A day off is no money and has no ledger entry; a donation is owed to a charity on the
    beneficiary's behalf. Both walk through the same states.
    """

    __table_args__ = (
        Index(
            "ux_bonus_share", "referral_id", "share_no", "milestone_no",
            unique=True, sqlite_where=text("state <> 'void'"), postgresql_where=text("state <> 'void'"),
        ),
        Index("ix_bonus_state", "state", "due_on", "id"),
        CheckConstraint(WORTH, name="bonus_is_worth_something"),
    )  # fmt: skip
    id: int | None = Field(default=None, primary_key=True)
    referral_id: int = Field(foreign_key="referral.id", index=True)
    share_no: int = 1
    milestone_no: int = 1
    beneficiary_id: int = Field(foreign_key="person.id", index=True)
    reward: str = "money"
    amount_minor: int = Field(sa_type=BigInteger)
    currency: str = Field(max_length=3)
    days_off: int = 0
    charity_id: int | None = Field(default=None, foreign_key="charity.id")
    state: str = "accrued"
    state_since: datetime = utc_field()
    reason: str = ""
    start_on: date
    due_on: date
    plan_id: int = Field(foreign_key="bonusplan.id")
    payee_type: str = "employee"  # the beneficiary's kind: payroll treats employees, alumni and stakeholders differently
    wage_code: str = ""
    override_by: int | None = Field(default=None, foreign_key="person.id")  # let it pass against a rule; approves it not
    override_reason: str = ""
    escalated_at: datetime | None = utc_field(default=None)  # the admin room heard that it waits too long; of the present state
    version: int = 1
    pay_run_id: int | None = Field(default=None, foreign_key="payrun.id", index=True)
    created_at: datetime = utc_field()

    @property
    def money(self) -> Money:
        """What it is worth, gross."""
        return Money(self.amount_minor, self.currency)

    @property
    def payee(self) -> str:
        """As what payroll pays it: a charity, or the beneficiary's kind."""
        return "charity" if self.charity_id else self.payee_type

    @property
    def account(self) -> str:
        """The account of what is owed for it."""
        return payable_charity(self.charity_id) if self.charity_id else payable(self.beneficiary_id)

    @property
    def handle(self) -> str:
        """What a button carries: id and version, so that an old card is recognised."""
        return f"{self.id}:{self.version}"


class BonusApproval(SQLModel, table=True):
    """One person's yes to a bonus in its present turn at `eligible`. Above a configured amount two people say it."""

    __table_args__ = (UniqueConstraint("bonus_id", "person_id"),)
    id: int | None = Field(default=None, primary_key=True)
    bonus_id: int = Field(foreign_key="bonus.id", index=True)
    person_id: int = Field(foreign_key="person.id")
    at: datetime = utc_field()


class ReferralShare(SQLModel, table=True):
    """One person's part of what a referral earns, as HR proposed it. All shares of a referral sum to 10,000 basis points.

    They count once everybody has accepted (`accepted_at`), or HR decided (`decided_by`, with `reason`). A referral without any is
    the referrer's alone.
    """

    __table_args__ = (
        UniqueConstraint("referral_id", "person_id"),
        CheckConstraint("basis_points BETWEEN 1 AND 10000", name="share_is_a_part"),
    )
    id: int | None = Field(default=None, primary_key=True)
    referral_id: int = Field(foreign_key="referral.id", index=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    share_no: int  # from 1; the order in which remainders are given
    basis_points: int
    proposed_by: int = Field(foreign_key="person.id")
    proposed_at: datetime = utc_field()
    accepted_at: datetime | None = utc_field(default=None)
    declined_at: datetime | None = utc_field(default=None)
    decided_by: int | None = Field(default=None, foreign_key="person.id")
    reason: str = ""
    version: int = 1  # of the proposal: all shares of a referral have the same


class Thanks(SQLModel, table=True):
    """Whether somebody may be thanked by name in the team's channel. A row means that they were asked; None that they did not answer."""

    person_id: int = Field(primary_key=True, foreign_key="person.id")
    may_say: bool | None = None
    asked_at: datetime = utc_field()


class PayRun(SQLModel, table=True):
    """One closed export, in one currency. Its files were stored with their SHA-256 in the transaction that closed it; `sha256` is the CSV's."""

    id: int | None = Field(default=None, primary_key=True)
    number: int = Field(unique=True)  # without gaps
    currency: str = Field(max_length=3)
    bonus_count: int
    total_minor: int = Field(sa_type=BigInteger)
    sha256: str = Field(max_length=64)
    shape: str = ""  # how its CSV is written (payfile.Shape as JSON), to read it back whatever the settings are by then
    closed_at: datetime = utc_field()
    closed_by: int = Field(foreign_key="person.id")
    paid_at: datetime | None = utc_field(default=None)
    paid_by: int | None = Field(default=None, foreign_key="person.id")

    @property
    def total(self) -> Money:
        """The sum of its lines."""
        return Money(self.total_minor, self.currency)

    def file_name(self, form: str = "csv") -> str:
        """What a file of it is called when it is handed over; `form` is csv or xlsx."""
        return f"vinkki-payrun-{self.number:04d}-{self.currency}.{form}"


class PayRunFile(SQLModel, table=True):
    """The bytes of a pay run in one format: written once, only ever read again (triggers refuse change and deletion)."""

    pay_run_id: int = Field(primary_key=True, foreign_key="payrun.id")
    format: str = Field(primary_key=True, max_length=8)  # csv, xlsx
    sha256: str = Field(max_length=64)
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
