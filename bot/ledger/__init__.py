"""The ledger: one row is one movement of money, append-only, numbered without gaps, chained by hashes; ids only, never a name.

The chain's head is a locked row, so postings stand in one line. Correction is a reversal, never a change.
"""

from bot.ledger.posting import digest, lock, post, post_many, reverse
from bot.ledger.reading import TrialRow, balance, entries_of, head, latest, totals, trial_balance
from bot.ledger.records import (
    CASH,
    EXPENSE,
    GENESIS,
    LedgerAccount,
    LedgerCheck,
    LedgerEntry,
    LedgerError,
    LedgerHead,
    Movement,
    Verdict,
    clearing,
    payable,
    payable_charity,
    receivable,
)
from bot.ledger.verify import check, check_accounts, check_page, last_check, verify

__all__ = [
    "CASH", "EXPENSE", "GENESIS", "LedgerAccount", "LedgerCheck", "LedgerEntry", "LedgerError", "LedgerHead", "Movement", "TrialRow", "Verdict", "balance",
    "check", "check_accounts", "check_page", "clearing", "digest", "entries_of", "head", "last_check", "latest", "lock", "payable", "payable_charity", "post",
    "post_many", "receivable", "reverse", "totals", "trial_balance", "verify",
]  # fmt: skip
