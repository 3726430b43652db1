"""Verify: read the whole book and find out whether anybody changed it. Memory stays flat however long it is."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, not_, or_
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from bot.ledger.posting import digest
from bot.ledger.reading import head
from bot.ledger.records import GENESIS, LedgerAccount, LedgerCheck, LedgerEntry, Verdict


def verify(session: Session, noted: Mapping[int, str] | None = None) -> Verdict:
    """Read the whole book once and check every row: number, chain, hash, and that a reversal is the mirror of its entry; then the
    chain's head, and that every account is the sum of its rows.

    `noted` are hashes of rows that were written down at some time outside the book, by number; those of earlier nights are always
    compared, so that a chain computed anew from some row on is found too.
    """
    expected = head(session)
    verdict, last = check(session, 0, GENESIS, known=_nights(session) | dict(noted or {}))
    if not verdict.is_sound:
        return verdict
    if verdict.entries < expected.entries:
        return Verdict(verdict.entries, verdict.entries + 1, "the row is missing: the book ends before the head says")
    now_expected = head(session)
    if verdict.entries > now_expected.entries:
        return Verdict(verdict.entries, now_expected.entries + 1, "the row is beyond the head of the chain: it was not posted")
    if verdict.entries == now_expected.entries and last != now_expected.hash:
        return Verdict(verdict.entries, verdict.entries, "the row does not match the head of the chain")
    return check_accounts(session, verdict)


def check_accounts(session: Session, verdict: Verdict) -> Verdict:
    """The same verdict, or one that names the first account whose total is not the sum of its rows."""
    debits, credits = _sum_of(LedgerEntry.debit_account), _sum_of(LedgerEntry.credit_account)
    differs = or_(col(LedgerAccount.debit_minor) != debits, col(LedgerAccount.credit_minor) != credits)
    accounts = sa_select(col(LedgerAccount.account)).where(differs).order_by(col(LedgerAccount.account)).limit(1)
    bad = session.execute(accounts).scalar() or _without_total(session)
    return Verdict(verdict.entries, None, "its total is not the sum of its rows", bad) if bad else verdict


def check_page(session: Session, now: datetime, day: date, limit: int = 5000) -> LedgerCheck:
    """Read the next page of a day's check; call again until `finished_at` is set. Head and accounts are compared with the last page."""
    mine = session.exec(select(LedgerCheck).where(LedgerCheck.day == day)).first() or LedgerCheck(day=day)
    if mine.finished_at:
        return mine
    verdict, mine.last_hash = check(session, mine.entries, mine.last_hash, limit, _nights(session))
    read, mine.entries = verdict.entries - mine.entries, verdict.entries
    if verdict.is_sound and read < limit:
        end = head(session)
        if (mine.entries, mine.last_hash) != (end.entries, end.hash):
            verdict = Verdict(mine.entries, min(mine.entries, end.entries) + 1, "the book does not end as the head of the chain says")
        else:
            verdict = check_accounts(session, verdict)
    mine.bad_id, mine.bad_account, mine.reason = verdict.bad_id, verdict.bad_account, verdict.reason
    if read < limit or not verdict.is_sound:
        mine.finished_at = now
    session.add(mine)
    session.flush()
    return mine


def last_check(session: Session) -> LedgerCheck | None:
    """The newest finished reading of the whole book."""
    return session.exec(select(LedgerCheck).where(col(LedgerCheck.finished_at).is_not(None)).order_by(col(LedgerCheck.day).desc()).limit(1)).first()


def check(session: Session, after: int, last: str, limit: int | None = None, known: Mapping[int, str] | None = None) -> tuple[Verdict, str]:
    """Check the rows after number `after`, whose hash is `last`; at most `limit`. Returns the verdict and the last hash read.

    `entries` of the verdict is the number of the last good row; `known` are hashes that rows must have, by number.
    """
    number, known = after, known or {}
    with closing(_stream(session, after, limit)) as rows:  # a server-side cursor must not be left open at the first bad row
        for row, mirror in rows:
            if row[0] != number + 1:
                return _bad_number(number, row[0]), last
            reason = _wrong(row, mirror, last)
            if known.get(row[0], row[-1]) != row[-1]:
                reason = reason or "the row is not the one that was here when the book was read before"
            if reason:
                return Verdict(number, number + 1, reason, last_hash=last), last
            number, last = number + 1, str(row[-1])
    return Verdict(number, last_hash=last), last


_FIELDS = [
    col(LedgerEntry.id), col(LedgerEntry.key), col(LedgerEntry.debit_account), col(LedgerEntry.credit_account), col(LedgerEntry.amount_minor),
    col(LedgerEntry.currency), col(LedgerEntry.reverses_id), col(LedgerEntry.subject), col(LedgerEntry.subject_id), col(LedgerEntry.at),
    col(LedgerEntry.prev_hash), col(LedgerEntry.hash),
]  # fmt: skip


def _stream(session: Session, after: int, limit: int | None) -> Generator[tuple[Sequence[Any], Sequence[Any]], None, None]:
    original = LedgerEntry.__table__.alias("original")  # type: ignore[attr-defined]
    query = sa_select(*_FIELDS, original.c.debit_account, original.c.credit_account, original.c.amount_minor, original.c.currency)
    query = query.outerjoin(original, original.c.id == col(LedgerEntry.reverses_id)).order_by(col(LedgerEntry.id))
    if after:  # from the start there is no lower bound, since a row put in by hand may have any number
        query = query.where(col(LedgerEntry.id) > after)
    with session.execute(query.limit(limit) if limit else query, execution_options={"yield_per": 1000}) as result:
        for row in result:
            yield row[: len(_FIELDS)], row[len(_FIELDS) :]


def _wrong(row: Sequence[Any], mirror: Sequence[Any], last: str) -> str:
    _, _, debit, credit, amount, currency, reverses, *_, prev, own = row
    if prev != last:
        return "the row does not follow from the one before it"
    if digest(*row[:-1]) != own:
        return "the row was changed after it was posted"
    if reverses is not None and tuple(mirror) != (credit, debit, amount, currency):
        return "the row reverses an entry that it does not mirror"
    return ""


def _bad_number(number: int, found: int) -> Verdict:
    if found <= number:
        return Verdict(number, found, "the row has a number that is never given: it was not posted")
    return Verdict(number, number + 1, "the row is missing, or its number is not in line")


def _nights(session: Session) -> dict[int, str]:
    """Numbers and hashes at which sound readings of the whole book ended."""
    sound = select(LedgerCheck.entries, LedgerCheck.last_hash).where(
        col(LedgerCheck.finished_at).is_not(None), LedgerCheck.reason == "", LedgerCheck.entries > 0
    )
    return dict(session.exec(sound).all())


def _sum_of(side: Any) -> Any:
    total = sa_select(func.coalesce(func.sum(col(LedgerEntry.amount_minor)), 0))
    return total.where(col(side) == col(LedgerAccount.account), col(LedgerEntry.currency) == col(LedgerAccount.currency)).scalar_subquery()


def _without_total(session: Session) -> str:
    """An account that has rows and no total, or the empty text. Where all debits and credits are accounted for there is none."""
    posted = sa_select(func.coalesce(func.sum(col(LedgerEntry.amount_minor)), 0)).scalar_subquery()
    debits, credits = (sa_select(func.coalesce(func.sum(col(side)), 0)).scalar_subquery() for side in (LedgerAccount.debit_minor, LedgerAccount.credit_minor))
    if session.execute(sa_select((debits == posted) & (credits == posted))).scalar_one():
        return ""
    for side in (col(LedgerEntry.debit_account), col(LedgerEntry.credit_account)):
        has_total = sa_select(LedgerAccount).where(col(LedgerAccount.account) == side, col(LedgerAccount.currency) == col(LedgerEntry.currency)).exists()
        if found := session.execute(sa_select(side).where(not_(has_total)).limit(1)).scalar():
            return str(found)
    return ""
