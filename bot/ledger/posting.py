"""Posting: movements become rows at the end of the chain, behind its locked head, and the accounts' totals follow."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, insert, update
from sqlalchemy import select as sa_select
from sqlmodel import Session, SQLModel, col, select

from bot.db import insert_of
from bot.ledger.records import GENESIS, LedgerAccount, LedgerEntry, LedgerError, LedgerHead, Movement

_PAGE = 500
# Statements are built once, and those that write are of the table, not of the class: building takes longer than running.
_HEAD = sa_select(col(LedgerHead.entries), col(LedgerHead.hash)).where(col(LedgerHead.id) == 1).with_for_update()
_WRITE = insert(SQLModel.metadata.tables["ledgerentry"])
_ADVANCE = update(SQLModel.metadata.tables["ledgerhead"]).where(col(LedgerHead.id) == 1)
_OF_KEY = select(LedgerEntry).where(LedgerEntry.key == bindparam("key"))
_OF_KEYS = select(LedgerEntry).where(col(LedgerEntry.key).in_(bindparam("keys", expanding=True)))
_REVERSAL_OF = select(LedgerEntry).where(LedgerEntry.reverses_id == bindparam("entry_id"))
_plain = json.JSONEncoder(separators=(",", ":")).encode  # made once: verify calls it for every row


def post(session: Session, now: datetime, movement: Movement) -> LedgerEntry:
    """Write one movement and return its row; the row that is there when the key was posted with the same content before.

    Raises LedgerError when the key exists with other content.
    """
    post_many(session, now, [movement])
    return session.exec(_OF_KEY, params={"key": movement.key}).one()


def post_many(session: Session, now: datetime, movements: Sequence[Movement]) -> int:
    """Write movements in order, in one go; returns how many were new. Raises LedgerError as `post` does."""
    return _append(session, now, movements, *lock(session)) if movements else 0


def _append(session: Session, now: datetime, movements: Sequence[Movement], number: int, last: str) -> int:
    """The same behind the locked head, which holds `number` entries and the hash `last`."""
    known = _known(session, [m.key for m in movements])
    rows: list[dict[str, Any]] = []
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
        session.execute(_WRITE, rows)
        session.execute(_ADVANCE, {"entries": number, "hash": last})
        _add_up(session, rows)
    return len(rows)


def reverse(session: Session, now: datetime, key: str, entry_id: int) -> LedgerEntry:
    """Undo one entry by its contra entry; the same key again changes nothing.

    Raises LedgerError when another key reversed it before, when it is itself a reversal, or when there is no such entry.
    """
    head = lock(session)
    entry = session.get(LedgerEntry, entry_id)
    if entry is None or entry.reverses_id is not None:
        raise LedgerError(f"entry {entry_id} cannot be reversed")
    earlier = session.exec(_REVERSAL_OF, params={"entry_id": entry_id}).first()
    if earlier and earlier.key != key:
        raise LedgerError(f"entry {entry_id} was reversed already, by {earlier.key}")
    contra = Movement(key, entry.credit_account, entry.debit_account, entry.money, entry.subject, entry.subject_id, entry_id)
    _append(session, now, [contra], *head)
    return session.exec(_OF_KEY, params={"key": key}).one()


def lock(session: Session) -> tuple[int, str]:
    """Take the head until the transaction ends: (number of entries, last hash).

    On SQLite the writer's BEGIN IMMEDIATE is the lock already. Take it last: rows of other tables first, in the order of their ids.
    """
    found = session.execute(_HEAD).first()
    if found is None:
        session.execute(insert_of(session)(LedgerHead).values(id=1, entries=0, hash=GENESIS).on_conflict_do_nothing())
        found = session.execute(_HEAD).one()
    return found[0], found[1]


def _add_up(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Add new rows to the totals of their accounts. Whoever posts holds the head, so nobody else does so meanwhile."""
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        sums[row["debit_account"], row["currency"]][0] += row["amount_minor"]
        sums[row["credit_account"], row["currency"]][1] += row["amount_minor"]
    session.execute(_adding(insert_of(session)), [{"account": a, "currency": c, "debit_minor": d, "credit_minor": k} for (a, c), (d, k) in sums.items()])


@cache
def _adding(database_insert: Any) -> Any:
    new = database_insert(SQLModel.metadata.tables["ledgeraccount"])
    added = {name: getattr(LedgerAccount, name) + getattr(new.excluded, name) for name in ("debit_minor", "credit_minor")}
    return new.on_conflict_do_update(index_elements=["account", "currency"], set_=added)


def _row(number: int, last: str, now: datetime, m: Movement) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": number, "key": m.key, "debit_account": m.debit_account, "credit_account": m.credit_account, "amount_minor": m.money.amount_minor,
        "currency": m.money.currency, "reverses_id": m.reverses_id, "subject": m.subject, "subject_id": m.subject_id, "at": now, "prev_hash": last,
    }  # fmt: skip
    return row | {"hash": digest(*row.values())}


def digest(*fields: object) -> str:
    """The hash of one row: SHA-256 over its fields in the order of the table, the previous hash last."""
    plain = [f.astimezone(UTC).isoformat() if isinstance(f, datetime) else f for f in fields]
    return hashlib.sha256(_plain(plain).encode()).hexdigest()


def _known(session: Session, keys: Sequence[str]) -> dict[str, Movement]:
    found: dict[str, Movement] = {}
    for i in range(0, len(keys), _PAGE):
        for e in session.exec(_OF_KEYS, params={"keys": keys[i : i + _PAGE]}):
            found[e.key] = Movement(e.key, e.debit_account, e.credit_account, e.money, e.subject, e.subject_id, e.reverses_id)
    return found
