"""Whether an ask is earned: by the audience's own balance, and by that of people who are in several audiences.

People in two audiences can be asked twice although each audience was asked once. So every member is looked at, with all that
went to any audience they are in: an ask is earned when at most a tenth of them (setting `balance.overlap_percent`) would be
asked more than they were given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, case, func, literal, text
from sqlalchemy import select as sa_select
from sqlmodel import Session

from bot import audiences, settings
from bot.audiences import Rule
from bot.people import Person
from bot.strategy.balance import Balance, Sent, by_audience, window

LOOKED_INTO = 60  # other audiences, at most, of which everything is counted for each person
_BITS = 60
_LOCK = 7_310_001  # any number, the same in all processes


@dataclass(frozen=True)
class Earning:
    """What one more ask would meet. `after` is the audience's balance with the ask in it; `people` were looked at one by one
    (0: nobody had to be), and `short` of them would be asked more than they were given. `gives`, `tells`: owed before it may go."""

    after: Balance
    people: int
    short: int
    gives: int
    tells: int

    @property
    def is_earned(self) -> bool:
        """It may go."""
        return self.gives == 0 and self.tells == 0


def one_at_a_time(session: Session) -> None:
    """Until this transaction ends nobody else decides about an ask: two at once would both spend the same gives. (SQLite has
    one writer anyway.)"""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def earning(session: Session, audience_id: int | None, today: date, planned: Sequence[Sent] = ()) -> Earning:
    """What one more ask to the audience on that day meets; `planned` stories count as if they had gone out on theirs."""
    wanted = window(session)
    sent = by_audience(session, wanted.first(today), today, planned)
    rules = audiences.rules(session)
    rule = rules.get(audience_id, Rule())
    own, others = Balance(0, 0, 0, wanted.ratio, wanted.days).plus("ask"), []
    for source, counts in sent.items():
        theirs = rules.get(source, Rule())
        if source == audience_id or audiences.includes(theirs, rule):
            own = _plus(own, counts)
        elif not audiences.apart(theirs, rule):
            others.append((theirs, counts))
    if not any(counts["ask"] for _rule, counts in others):
        return Earning(own, 0, 0, own.gives_owed, own.tells_owed)
    if len(others) > LOOKED_INTO:  # gifts of audiences that were not asked are left out: it may say "not yet" once too often, never too seldom
        others = [(theirs, counts) for theirs, counts in others if counts["ask"]]
    return _one_by_one(own, _alike(session, rule, today, others), int(settings.get(session, "balance.overlap_percent")))


def _plus(balance: Balance, counts: Any) -> Balance:
    for kind, count in counts.items():
        balance = balance.plus(kind, count)
    return balance


def _alike(session: Session, rule: Rule, today: date, others: list[tuple[Rule, Any]]) -> list[tuple[int, list[Any]]]:
    """How many members are in the same ones of the other audiences, and what went to those."""
    words = [others[i : i + _BITS] for i in range(0, len(others), _BITS)]
    flags = [_flags(part).label(f"in_{i}") for i, part in enumerate(words)]
    inside = sa_select(*flags).select_from(Person).where(audiences.reachable(today), audiences.condition(rule)).subquery()
    rows = session.execute(sa_select(func.count(), *inside.c).group_by(*inside.c)).all()
    found = []
    for people, *bits in rows:
        theirs = [counts for part, word in zip(words, bits, strict=True) for i, (_rule, counts) in enumerate(part) if word >> i & 1]
        found.append((people, theirs))
    return found


def _flags(others: list[tuple[Rule, Any]]) -> Any:
    """One number of which each bit says whether a person is in one of these audiences."""
    return sum(
        (case((audiences.condition(theirs), literal(1 << i, BigInteger)), else_=literal(0, BigInteger)) for i, (theirs, _) in enumerate(others)),
        literal(0, BigInteger),
    )


def _one_by_one(own: Balance, groups: list[tuple[int, list[Any]]], tolerated_percent: int) -> Earning:
    found = []
    for people, further in groups:
        theirs = own
        for counts in further:
            theirs = _plus(theirs, counts)
        found.append((theirs.gives_owed + theirs.tells_owed, theirs.gives_owed, people))
    people = sum(n for _owed, _gives, n in found)
    found.sort(reverse=True)
    tolerated, owed, gives = people * tolerated_percent // 100, own.gives_owed + own.tells_owed, own.gives_owed
    for total, of_these, n in found:  # from the worst off: those who are tolerated are passed over
        if n > tolerated:
            owed, gives = (total, of_these)
            break
        tolerated -= n
    return Earning(own, people, sum(n for total, _gives, n in found if total), gives, owed - gives)
