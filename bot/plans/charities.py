"""Charities that a bonus may go to instead: the list HR keeps."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, Session, SQLModel, col, select

from bot import audit
from bot.errors import FieldRefusal, Refusal


class Charity(SQLModel, table=True):
    """A charity. `account` is what payroll needs to pay it (an IBAN, a business id); one no longer offered keeps its row."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    account: str = ""
    is_listed: bool = True


def listed(session: Session) -> list[Charity]:
    """Those a plan may name, by name."""
    return list(session.exec(select(Charity).where(col(Charity.is_listed)).order_by(col(Charity.name))))


def save(session: Session, now: datetime, actor_id: int | None, name: str, account: str) -> Charity:
    """Put a charity on the list, or change its account. Raises FieldRefusal `name` or `account`."""
    name, account = " ".join(name.split()), account.strip()
    if not 1 <= len(name) <= 80:
        raise FieldRefusal("name", "plans.charity.name_missing")
    if not 1 <= len(account) <= 80:
        raise FieldRefusal("account", "plans.charity.account_missing")
    row = session.exec(select(Charity).where(Charity.name == name)).first() or Charity(name=name)
    row.account, row.is_listed = account, True
    session.add(row)
    session.flush()
    audit.note(session, now, actor_id, "charity.listed", "charity", row.id or 0)
    return row


def unlist(session: Session, now: datetime, actor_id: int | None, charity_id: int) -> Charity:
    """Offer a charity no longer; what was promised to it stays. Raises Refusal `plans.charity.gone`."""
    row = session.get(Charity, charity_id)
    if row is None:
        raise Refusal("plans.charity.gone")
    row.is_listed = False
    session.add(row)
    audit.note(session, now, actor_id, "charity.unlisted", "charity", charity_id)
    return row
