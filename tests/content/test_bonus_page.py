"""The page on bonuses says what the programme does: its table of states is the table of moves, its rules are the settings."""

from __future__ import annotations

import re
from pathlib import Path

from bot import settings
from bot.bonuses import MOVES

PAGE = (Path(__file__).parents[2] / "docs" / "bonuses.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[list[str]]:
    """The cells of the first table under a heading."""
    part = PAGE.split(f"## {heading}", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in part.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_table_of_states_is_the_table_of_moves() -> None:
    told = {re.findall(r"`(\w+)`", state)[0]: set(re.findall(r"`([a-z_]+)`", onward)) for state, _, onward in rows("The states of a bonus")}
    way_back = {"exported": {"approved"}, "forfeited": {"void"}}  # sent back by payroll, promised anew: not moves of the table
    assert told == {state: set(onward) | way_back.get(state, set()) for state, onward in MOVES.items()}


def test_every_rule_of_who_earns_is_told_with_its_setting_and_default() -> None:
    told = {name.strip("`"): default for _, name, default, *_ in rows("Who earns, and who does not")}
    assert {name: "on" if settings.DEFAULTS[name] is True else str(settings.DEFAULTS[name]) for name in told} == told
    rules = {n for n in settings.DEFAULTS if n.startswith(("bonus.exclude_", "bonus.ask_", "bonus.former_", "bonus.known_")) or n.endswith("_must_be_here")}
    assert set(told) == rules
