"""Bonuses: promised at the hire, due after the qualifying period, approved by HR, exported once in a pay run, paid, and explained."""

from bot.bonuses import payruns
from bot.bonuses.due import drop_leavers, raise_due, start_waiting
from bot.bonuses.explain import Explanation, explain
from bot.bonuses.hire import hire, of_person, of_referral, opening_id
from bot.bonuses.listing import everything, to_do
from bot.bonuses.moves import HOLD_REASONS, approve, confirm, hold, reason_of, refuse, state_words, void
from bot.bonuses.records import MOVES, OWED, STATES, UNDUE, Bonus, BonusApproval, PayRun, PayRunFile, PayRunLine, ReferralShare
from bot.bonuses.shares import Share, shares_of

__all__ = [
    "HOLD_REASONS", "MOVES", "OWED", "STATES", "UNDUE", "Bonus", "BonusApproval", "Explanation", "PayRun", "PayRunFile", "PayRunLine", "ReferralShare", "Share",
    "approve", "confirm", "drop_leavers", "everything", "explain", "hire", "hold", "of_person", "of_referral", "opening_id", "payruns", "raise_due",
    "reason_of", "refuse", "shares_of", "start_waiting", "state_words", "to_do", "void",
]  # fmt: skip
