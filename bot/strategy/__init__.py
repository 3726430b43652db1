"""Why stories go out: goals with measures for an audience, the balance between giving and asking, and the rhythm."""

from bot.strategy.balance import Balance, Sent, accounts, balance, enter, even_on, take_back, window
from bot.strategy.earning import Earning, earning, one_at_a_time
from bot.strategy.goals import actions, add_action, add_measure, change, close, create, drop_action, drop_measure, get, listed, measures
from bot.strategy.overrides import override, override_of, overrides_since
from bot.strategy.records import FIGURES, KINDS, LOWER_IS_BETTER, Action, BalanceEntry, Measure, Override, Strategy
from bot.strategy.rhythm import Flood, Rhythm, floods, rhythms

__all__ = [
    "FIGURES", "KINDS", "LOWER_IS_BETTER", "Action", "Balance", "BalanceEntry", "Earning", "Flood", "Measure", "Override", "Rhythm", "Sent", "Strategy",
    "accounts", "actions", "add_action", "add_measure", "balance", "change", "close", "create", "drop_action", "drop_measure", "earning", "enter", "even_on",
    "floods", "get", "listed", "measures", "one_at_a_time", "override", "override_of", "overrides_since", "rhythms", "take_back", "window",
]  # fmt: skip
