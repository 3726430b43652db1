"""Bonuses: promised at the hire, due after the qualifying period, approved by HR, exported once in a pay run, paid, and explained."""

from bot.bonuses import anew, approvals, clawback, payback, payruns, reconcile, splits, thanks
from bot.bonuses.anew import promise_anew
from bot.bonuses.approvals import NO_REASONS, approve, approvers, confirm, is_rule, let_pass, needs_two, refuse, take_back
from bot.bonuses.correct import correct_start
from bot.bonuses.due import ask_about_leavers, drop_leavers, raise_due, start_waiting
from bot.bonuses.explain import Explanation, explain
from bot.bonuses.hire import hire, of_person, of_referral, opening_id
from bot.bonuses.listing import escalate, everything, overdue, to_do
from bot.bonuses.moves import HOLD_REASONS, hold, reason_of, state_words, void
from bot.bonuses.records import MOVES, OWED, STATES, UNDUE, Bonus, BonusApproval, PayRun, PayRunFile, PayRunLine, ReferralShare
from bot.bonuses.shares import Share, is_settled, shares_of

__all__ = [
    "HOLD_REASONS", "MOVES", "NO_REASONS", "OWED", "STATES", "UNDUE", "Bonus", "BonusApproval", "Explanation", "PayRun", "PayRunFile", "PayRunLine",
    "ReferralShare", "Share", "anew", "approvals", "approve", "approvers", "ask_about_leavers", "clawback", "confirm", "correct_start", "drop_leavers",
    "escalate", "everything", "explain", "hire", "hold", "is_rule", "is_settled", "let_pass", "needs_two", "of_person", "of_referral", "opening_id",
    "overdue", "payback", "payruns", "promise_anew", "raise_due", "reason_of", "reconcile", "refuse", "shares_of", "splits", "start_waiting", "state_words",
    "take_back", "thanks", "to_do", "void",
]  # fmt: skip
