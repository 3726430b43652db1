"""All desks in one table; two desks may not answer to the same name."""

from __future__ import annotations

import difflib
import types
from collections.abc import Callable
from functools import lru_cache

from bot.desks import erasing, front, handing, hires, leave, recruiter
from bot.desks.advocate import bonuses as advocate_bonuses
from bot.desks.advocate import endorsing, inviting, profile, refer
from bot.desks.advocate import referrals as advocate_referrals
from bot.desks.advocate import splits as advocate_splits
from bot.desks.advocate import stories as advocate_stories
from bot.desks.hr import (
    attribution,
    audiences,
    boards,
    bonuses,
    budgets,
    calendar,
    campaigns,
    charities,
    deliveries,
    feeds,
    forecast,
    ledger,
    openings,
    payruns,
    people,
    plans,
    promises,
    retention,
    rooms,
    settings,
    splits,
    stories,
    strategy,
)
from bot.desks.turn import Desk, Turn
from bot.messages import Answer, Command, Heard, Press, Show

DESKS: tuple[Desk, ...] = (
    front.DESK, rooms.DESK, retention.DESK, deliveries.DESK, refer.DESK, advocate_referrals.DESK, endorsing.DESK, inviting.DESK, recruiter.DESK,
    hires.DESK, openings.DESK, boards.DESK,
    advocate_stories.DESK, stories.DESK, calendar.DESK, strategy.DESK, profile.DESK, erasing.DESK, people.DESK, audiences.DESK, feeds.DESK, settings.DESK,
    advocate_bonuses.DESK, bonuses.DESK, advocate_splits.DESK, splits.DESK, payruns.DESK, ledger.DESK, plans.DESK, budgets.DESK, campaigns.DESK, charities.DESK,
    forecast.DESK, handing.DESK, leave.DESK, promises.DESK, attribution.DESK,
)  # fmt: skip


def _merge(desks: tuple[Desk, ...]) -> Desk:
    whole = Desk()
    for desk in desks:
        for part in ("commands", "buttons", "forms", "lookups", "sections"):
            mine, new = getattr(whole, part), getattr(desk, part)
            if both := mine.keys() & new.keys():
                raise ValueError(f"two desks answer to {sorted(both)}")
            mine.update(new)
        whole.aside.update(desk.aside)
    return whole


TABLE = _merge(DESKS)


def run(turn: Turn, name: str, text: str) -> Answer:
    """Answer a command: `name` and what follows it. A word said behind the wrong name is found too ("vinkki stories")."""
    command, rest = command_of(name, text)
    if command in TABLE.commands:
        return TABLE.commands[command](turn, rest)
    return Show(front.unknown_command(turn, nearest(f"{name} {text.partition(' ')[0].lower()}"[:60])))


def command_of(name: str, text: str) -> tuple[str, str]:
    """The command that was said, and the rest of the text; the name as it was said where there is none."""
    if name in TABLE.commands:
        return name, text
    word, _, rest = text.partition(" ")
    known = (c for c in (f"{name} {word.lower() or 'help'}", word.lower()) if c in TABLE.commands)
    return next(known, name), rest.strip()


def is_aside(heard: Heard) -> bool:
    """Whether the answer says who a candidate is. A chat's history outlives an erasure, so a platform shows such an answer where
    nothing of it stays: in a window, or in a message that only the reader sees and that goes by itself."""
    match heard:
        case Press("front.run", value):
            name, _, text = value.partition(" ")
            return command_of(name, text)[0] in TABLE.aside
        case Press(action):
            return action in TABLE.aside
        case Command(name, text):
            return command_of(name, text.strip())[0] in TABLE.aside
    return False


def nearest(command: str) -> list[str]:
    """Up to three commands that look like what was typed, or whose last word looks like one of its words."""
    words = {c.rpartition(" ")[2]: c for c in sorted(TABLE.commands, key=lambda c: (not c.startswith("admin"), -len(c)))}
    found = difflib.get_close_matches(command, TABLE.commands, n=3, cutoff=0.7)
    for typed in reversed(command.split()):
        found += [words[w] for w in difflib.get_close_matches(typed, words, n=3, cutoff=0.6)]
    return list(dict.fromkeys(found))[:3]


def may_ask(action: str, value: str = "") -> bool:
    """Whether pressing this button may bring a form. Teams must know before the press: a dialog opens then or never.

    Read from the desk's function itself, so that no button can say it wrongly: the function makes an Ask, or calls
    another one that does. A miss costs one more press, no answer is lost by it.
    """
    found: Callable[..., object] | None = TABLE.buttons.get(action)
    if found is front.run:  # a button that says a command
        words = value.lower().split()
        found = TABLE.commands.get(" ".join(words[:2])) or TABLE.commands.get("".join(words[:1]))
    return found is not None and _makes_a_form(found, depth=3)


@lru_cache(1024)
def _makes_a_form(function: Callable[..., object], depth: int) -> bool:
    function = getattr(function, "__func__", function)
    if not isinstance(function, types.FunctionType):
        return False
    names = function.__code__.co_names
    known = [function.__globals__.get(name) for name in names]
    known += [getattr(module, name, None) for module in known if isinstance(module, types.ModuleType) for name in names]
    ours = [f for f in known if isinstance(f, types.FunctionType) and f.__module__.startswith("bot.desks")]
    return "Ask" in names or (depth > 0 and any(_makes_a_form(f, depth - 1) for f in ours))
