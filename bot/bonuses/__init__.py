"""Bonuses: promised at the hire, due after the qualifying period, approved by HR, exported once in a pay run, paid, and explained."""

from bot.bonuses import payruns
from bot.bonuses.due import drop_leavers, raise_due, start_waiting
from bot.bonuses.explain import Explanation, explain
from bot.bonuses.hire import Share, hire, of_person, of_referral, opening_id
from bot.bonuses.listing import everything, to_do
from bot.bonuses.moves import HOLD_REASONS, approve, confirm, hold, reason_of, refuse, state_words, void
from bot.bonuses.records import MOVES, OWED, STATES, UNDUE, Bonus, PayRun, PayRunFile, PayRunLine

__all__ = [
    "HOLD_REASONS", "MOVES", "OWED", "STATES", "UNDUE", "Bonus", "Explanation", "PayRun", "PayRunFile", "PayRunLine", "Share", "approve",
    "confirm", "drop_leavers", "everything", "explain", "hire", "hold", "of_person", "of_referral", "opening_id", "payruns", "raise_due",
    "reason_of", "refuse", "start_waiting", "state_words", "to_do", "void",
]  # fmt: skip
