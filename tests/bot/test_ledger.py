"""The ledger: once, in one line, and nobody changes a row without being found out."""

from __future__ import annotations

import asyncio
import threading

import psycopg
import pytest
from conftest import START
from sqlalchemy import delete, insert, text
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session, select
from tests_postgres import as_owner

from bot import ledger
from bot.db import Database
from bot.ledger import CASH, EXPENSE, LedgerAccount, LedgerCheck, LedgerEntry, LedgerError, LedgerHead, Movement, payable
from bot.money import Money

EUR = "EUR"
LIKE_THE_LAST = (
    "SELECT {id}, 'bonus:666:n:{id}', debit_account, credit_account, amount_minor, currency, NULL, subject, subject_id, at, prev_hash, hash "
    "FROM ledgerentry WHERE id = 5"
)


def promise(number: int, minor: int = 10_000, person: int = 42, currency: str = EUR) -> Movement:
    return Movement(f"referral:{number}:hired:share:1:part:1", EXPENSE, payable(person), Money(minor, currency), "bonus", number)


def post_some(session: Session, count: int) -> None:
    ledger.post_many(session, START, [promise(n, 100 * n) for n in range(1, count + 1)])


async def test_an_entry_takes_the_next_number_and_follows_from_the_one_before(db: Database) -> None:
    first = await db.write(ledger.post, START, promise(1))
    second = await db.write(ledger.post, START, promise(2))
    assert (first.id, second.id) == (1, 2)
    assert first.prev_hash == ledger.GENESIS and second.prev_hash == first.hash


async def test_the_same_key_with_the_same_content_does_nothing(db: Database) -> None:
    first = await db.write(ledger.post, START, promise(1))
    again = await db.write(ledger.post, START, promise(1))
    assert again.id == first.id
    assert await db.read(ledger.verify) == ledger.Verdict(1)


@pytest.mark.parametrize("other", [promise(1, 10_001), promise(1, person=43), promise(1, currency="SEK")])
async def test_the_same_key_with_other_content_is_an_error(lite: Database, other: Movement) -> None:
    await lite.write(ledger.post, START, promise(1))
    with pytest.raises(LedgerError, match="other content"):
        await lite.write(ledger.post, START, other)


async def test_a_key_twice_in_one_go_counts_once(lite: Database) -> None:
    assert await lite.write(ledger.post_many, START, [promise(1), promise(1)]) == 1
    with pytest.raises(LedgerError):
        await lite.write(ledger.post_many, START, [promise(2), promise(2, 5)])
    assert await lite.read(ledger.verify) == ledger.Verdict(1)


async def test_balances_are_debits_minus_credits_per_currency(db: Database) -> None:
    await db.write(ledger.post_many, START, [promise(1, 30_000), promise(2, 20_000), promise(3, 700, currency="SEK")])
    assert await db.read(ledger.balance, payable(42), EUR) == -50_000
    assert await db.read(ledger.balance, EXPENSE, EUR) == 50_000
    assert await db.read(ledger.balance, payable(42), "SEK") == -700
    assert await db.read(ledger.balance, "cash", EUR) == 0


async def test_the_trial_balance_is_zero_in_every_currency(db: Database) -> None:
    await db.write(ledger.post_many, START, [promise(1, 30_000), promise(2, 20_000), promise(3, 700, currency="SEK")])
    rows = await db.read(ledger.trial_balance)
    assert [(r.account, r.currency, r.debit_minor, r.credit_minor) for r in rows] == [
        (EXPENSE, EUR, 50_000, 0), (payable(42), EUR, 0, 50_000), (EXPENSE, "SEK", 700, 0), (payable(42), "SEK", 0, 700),
    ]  # fmt: skip


async def test_a_reversal_is_the_mirror_of_its_entry_and_happens_once(db: Database) -> None:
    entry = await db.write(ledger.post, START, promise(1))
    contra = await db.write(ledger.reverse, START, "bonus:1:void", entry.id)
    again = await db.write(ledger.reverse, START, "bonus:1:void", entry.id)
    assert contra.id == again.id == 2 and contra.reverses_id == 1
    assert (contra.debit_account, contra.credit_account, contra.money) == (entry.credit_account, entry.debit_account, entry.money)
    assert await db.read(ledger.balance, payable(42), EUR) == 0
    for key, number in (("bonus:1:forfeited", 1), ("bonus:1:twice", 2), ("bonus:9:void", 9)):
        with pytest.raises(LedgerError):
            await db.write(ledger.reverse, START, key, number)
    assert await db.read(ledger.verify) == ledger.Verdict(2)


@pytest.mark.parametrize(
    ("key", "debit", "credit", "minor"),
    [
        ("Aino Salo's bonus", EXPENSE, CASH, 1), ("a@b", EXPENSE, CASH, 1), ("bonus:1", CASH, CASH, 1), ("bonus:1", EXPENSE, CASH, 0),
        ("bonus:1", EXPENSE, CASH, -5), ("bonus:1", "payable:Aino", CASH, 1), ("", EXPENSE, CASH, 1),
    ],
)  # fmt: skip
def test_a_movement_has_a_positive_amount_two_accounts_and_no_name(key: str, debit: str, credit: str, minor: int) -> None:
    with pytest.raises(ValueError, match=r"."):
        Movement(key, debit, credit, Money(minor, EUR), "bonus", 1)


async def test_the_database_refuses_change_and_deletion(db: Database) -> None:
    await db.write(ledger.post, START, promise(1))
    for statement in ("UPDATE ledgerentry SET amount_minor = 1", "DELETE FROM ledgerentry"):
        with pytest.raises(DatabaseError, match="append-only"):
            await db.write(lambda s, q=statement: s.execute(text(q)))
    if db.is_sqlite:  # REPLACE deletes first, which only recursive triggers see
        rest = "currency, reverses_id, subject, subject_id, at, prev_hash, hash"
        replace = f"INSERT OR REPLACE INTO ledgerentry SELECT id, key, debit_account, credit_account, 1, {rest} FROM ledgerentry"
        with pytest.raises(DatabaseError, match="append-only"):
            await db.write(lambda s: s.execute(text(replace)))
    assert await db.read(ledger.verify) == ledger.Verdict(1)


@pytest.mark.parametrize(
    ("statement", "bad", "reason"),
    [
        ("UPDATE ledgerentry SET amount_minor = amount_minor + 1 WHERE id = 3", 3, "changed"),
        ("UPDATE ledgerentry SET credit_account = 'payable:person:666' WHERE id = 2", 2, "changed"),
        ("UPDATE ledgerentry SET key = 'referral:4:hired:share:9:part:1' WHERE id = 4", 4, "changed"),
        ("UPDATE ledgerentry SET subject_id = 5 WHERE id = 1", 1, "changed"),
        ("DELETE FROM ledgerentry WHERE id = 3", 3, "missing"),
        ("DELETE FROM ledgerentry WHERE id = 5", 5, "missing"),
        ("UPDATE ledgerentry SET id = 9 WHERE id = 5", 5, "missing"),
        ("UPDATE ledgerhead SET entries = 4", 5, "head"),
        ("UPDATE ledgerhead SET entries = 6", 6, "missing"),
        ("UPDATE ledgerhead SET hash = 'x'", 5, "head"),
        ("DELETE FROM ledgerhead", 1, "head"),
        (f"INSERT INTO ledgerentry {LIKE_THE_LAST.format(id=6)}", 6, "follow"),
        (f"INSERT INTO ledgerentry {LIKE_THE_LAST.format(id=0)}", 0, "never given"),
        (f"INSERT INTO ledgerentry {LIKE_THE_LAST.format(id=-7)}", -7, "never given"),
    ],
)
async def test_a_row_changed_behind_our_back_is_named(db: Database, statement: str, bad: int, reason: str) -> None:
    await db.write(post_some, 5)
    tamper(db, statement)
    verdict = await db.read(ledger.verify)
    assert verdict.bad_id == bad and reason in verdict.reason, verdict


@pytest.mark.parametrize(
    ("statement", "account"),
    [
        ("UPDATE ledgeraccount SET credit_minor = credit_minor + 1 WHERE account = 'payable:person:42'", "payable:person:42"),
        ("UPDATE ledgeraccount SET debit_minor = 0 WHERE account = 'expense:bonus'", EXPENSE),
        ("DELETE FROM ledgeraccount WHERE account = 'payable:person:42'", "payable:person:42"),
        ("INSERT INTO ledgeraccount VALUES ('payable:person:7', 'EUR', 0, 5)", "payable:person:7"),
    ],
)
async def test_a_total_that_is_not_the_sum_of_its_rows_is_named(db: Database, statement: str, account: str) -> None:
    await db.write(post_some, 5)
    await db.write(lambda s: s.execute(text(statement)))
    verdict = await db.read(ledger.verify)
    assert (verdict.bad_account, verdict.bad_id, verdict.is_sound) == (account, None, False) and account in verdict.finding
    night = await db.write(ledger.check_page, START, START.date())
    assert night.bad_account == account and night.finished_at


async def test_a_row_put_at_the_end_as_if_it_had_been_posted_is_betrayed_by_the_head(db: Database) -> None:
    await db.write(post_some, 3)
    await db.write(lambda s: s.execute(insert(LedgerEntry), [forged(s, 4, minor=666)]))
    verdict = await db.read(ledger.verify)
    assert verdict.bad_id == 4 and "not posted" in verdict.reason


def forged(session: Session, number: int, minor: int) -> dict[str, object]:
    """A row that follows from the one before it, as the code would have made it."""
    last = session.get_one(LedgerEntry, number - 1).hash
    row = {
        "id": number, "key": f"bonus:666:n:{number}", "debit_account": EXPENSE, "credit_account": payable(666), "amount_minor": minor, "currency": EUR,
        "reverses_id": None, "subject": "bonus", "subject_id": 666, "at": START, "prev_hash": last,
    }  # fmt: skip
    return row | {"hash": ledger.digest(*row.values())}


async def test_a_book_written_anew_is_betrayed_by_the_night_before_and_by_whoever_noted_a_hash(lite: Database) -> None:
    """Somebody owns the database and recomputes every hash, the head and the totals: the chain alone cannot know."""
    await lite.write(post_some, 5)
    honest = await lite.read(ledger.verify)
    await lite.write(ledger.check_page, START, START.date())
    nights = await lite.read(lambda s: [s.exec(select(LedgerCheck)).one().model_dump()])
    tamper(lite, "DELETE FROM ledgerentry")

    def anew(session: Session) -> None:
        for table in (LedgerHead, LedgerAccount, LedgerCheck):
            session.execute(delete(table))
        ledger.post_many(session, START, [promise(n, 100 * n + 1) for n in range(1, 6)])

    await lite.write(anew)
    assert (await lite.read(ledger.verify)).is_sound, "no trace is left inside the database"
    noted = await lite.read(ledger.verify, {honest.entries: honest.last_hash})
    assert noted.bad_id == 5 and "before" in noted.reason
    await lite.write(lambda s: s.execute(insert(LedgerCheck), nights))
    assert (await lite.read(ledger.verify)).bad_id == 5


async def test_a_row_changed_together_with_its_hash_is_betrayed_by_the_next(lite: Database) -> None:
    await lite.write(post_some, 5)

    def forge(session: Session) -> None:
        e = session.get_one(LedgerEntry, 3)
        forged = ledger.digest(3, e.key, e.debit_account, e.credit_account, 1, e.currency, None, e.subject, e.subject_id, e.at, e.prev_hash)
        session.execute(text("UPDATE ledgerentry SET amount_minor = 1, hash = :h WHERE id = 3").bindparams(h=forged))

    lite.write_now(lambda s: [s.execute(text(f"DROP TRIGGER {name}")) for name in ("ledgerentry_no_update", "ledgerentry_no_delete")])
    await lite.write(forge)
    verdict = await lite.read(ledger.verify)
    assert verdict.bad_id == 4 and "follow" in verdict.reason


def tamper(db: Database, statement: str) -> None:
    """As somebody with the owner's password would: take the triggers away first."""
    if db.is_sqlite:
        db.write_now(lambda s: [s.execute(text(q)) for q in ("DROP TRIGGER ledgerentry_no_update", "DROP TRIGGER ledgerentry_no_delete", statement)])
    else:
        as_owner(db.url, "DROP TRIGGER ledgerentry_append_only ON ledgerentry", statement)


async def test_the_serving_role_cannot_take_the_triggers_away(db: Database) -> None:
    if db.is_sqlite:
        return
    with pytest.raises(DatabaseError, match="must be owner"):
        await db.write(lambda s: s.execute(text("DROP TRIGGER ledgerentry_append_only ON ledgerentry")))
    with pytest.raises(DatabaseError, match=r"permission denied|must be owner"):
        await db.write(lambda s: s.execute(text("TRUNCATE ledgerentry CASCADE")))
    owned = "SELECT count(*) FROM pg_class WHERE relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)"
    assert await db.read(lambda s: s.execute(text(owned)).scalar_one()) == 0, "whoever serves owns nothing"
    with pytest.raises(psycopg.DatabaseError, match="append-only"):  # not even the owner, by mistake
        as_owner(db.url, "TRUNCATE ledgerentry CASCADE")


async def test_postings_at_once_stand_in_one_line(db: Database) -> None:
    await asyncio.gather(*(db.write(ledger.post, START, promise(n)) for n in range(1, 41)))
    assert await db.read(ledger.verify) == ledger.Verdict(40)


async def test_the_same_hire_heard_twice_at_once_is_posted_once(db: Database) -> None:
    gate = threading.Barrier(4)

    def post(session: Session) -> None:
        if not db.is_sqlite:  # on SQLite the writers queue before the first statement
            gate.wait(timeout=10)
        ledger.post(session, START, promise(7))

    await asyncio.gather(*(db.write(post) for _ in range(4)))
    assert len(await db.read(lambda s: s.exec(select(LedgerEntry)).all())) == 1


async def test_a_failed_transaction_leaves_no_number_behind(db: Database) -> None:
    def half(session: Session) -> None:
        ledger.post(session, START, promise(1))
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        await db.write(half)
    assert (await db.write(ledger.post, START, promise(2))).id == 1
    assert (await db.read(ledger.verify)).is_sound


async def test_the_book_can_be_checked_page_by_page(lite: Database) -> None:
    await lite.write(post_some, 25)

    def pages(session: Session) -> list[int]:
        number, last, seen = 0, ledger.GENESIS, []
        while True:
            verdict, last = ledger.check(session, number, last, 10)
            if verdict.entries == number:
                return seen
            number = verdict.entries
            seen.append(number)

    assert await lite.read(pages) == [10, 20, 25]


async def test_the_nightly_check_goes_page_by_page_and_ends_once_a_day(lite: Database) -> None:
    await lite.write(post_some, 25)
    day = START.date()
    seen = [await lite.write(ledger.check_page, START, day, 10) for _ in range(4)]
    assert [c.entries for c in seen] == [10, 20, 25, 25] and seen[2].finished_at and seen[3].bad_id is None
    assert (await lite.read(ledger.last_check)).entries == 25


@pytest.mark.parametrize(("statement", "bad"), [("UPDATE ledgerentry SET amount_minor = 1 WHERE id = 13", 13), ("DELETE FROM ledgerentry WHERE id > 20", 21)])
async def test_the_nightly_check_names_the_bad_row(lite: Database, statement: str, bad: int) -> None:
    await lite.write(post_some, 25)
    tamper(lite, statement)
    for _ in range(3):
        found = await lite.write(ledger.check_page, START, START.date(), 10)
    assert found.bad_id == bad and found.finished_at
