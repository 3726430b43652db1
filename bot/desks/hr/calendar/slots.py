"""Days on which the planned rhythm wants a story and none is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlmodel import Session

from bot import audiences, strategy
from bot.audiences import Rule
from bot.strategy import Rhythm, Sent

MOST = 40  # of one rhythm; a daily one has that many in the month's six weeks


@dataclass(frozen=True)
class Slot:
    """A story of this kind is due for this audience (None: everyone) by that day, and nothing is planned."""

    audience_id: int | None
    kind: str
    on: date
    is_late: bool


def empty_slots(session: Session, today: date, planned: Sequence[Sent], first: date, last: date) -> list[Slot]:
    """The empty slots of all rhythms from the first day to the last, by day. What should have come already is due today."""
    rules = audiences.rules(session)
    found: set[tuple[int | None, str, date, bool]] = set()
    for rhythm in strategy.rhythms(session, today, planned):
        rule = rules.get(rhythm.action.audience_id, Rule())
        reaches = {s.audience_id: _reaches(rules, s.audience_id, rhythm.action.audience_id, rule) for s in planned}
        coming = sorted(s.on for s in planned if s.kind == rhythm.action.kind and reaches[s.audience_id])
        for due in _due(rhythm, coming, today, last):
            on = max(due, today)
            if first <= on <= last:
                found.add((rhythm.action.audience_id, rhythm.action.kind, on, due < today))
    return sorted((Slot(*slot) for slot in found), key=lambda slot: (slot.on, slot.kind))


def _reaches(rules: dict[int | None, Rule], source: int | None, target: int | None, rule: Rule) -> bool:
    return source == target or audiences.includes(rules.get(source, Rule()), rule)


def _due(rhythm: Rhythm, coming: Sequence[date], today: date, last: date) -> list[date]:
    """From the last story on: each one that comes in time (half a turn late at most) moves the next slot, each that does not leaves
    one empty. What was missed can be made up for today and once only."""
    every, at = timedelta(days=rhythm.action.every_days), rhythm.last_on or rhythm.action.start_on
    found: list[date] = []
    ahead = list(coming)
    for _ in range(MOST * 10):
        due = at + every
        while ahead and ahead[0] <= at:
            ahead.pop(0)
        if ahead and ahead[0] <= due + every / 2 and due >= today:
            at = ahead.pop(0)
            continue
        if due > last or len(found) >= MOST:
            break
        found.append(due)
        at = max(due, today)
    return found
