"""The rhythm: what was planned per audience and kind, what came, and where there will be a gap or a flood."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from sqlalchemy import func
from sqlalchemy import select as sa_select
from sqlmodel import Session, col

from bot import audiences, settings
from bot.audiences import Rule
from bot.strategy.balance import Sent, counted
from bot.strategy.goals import actions
from bot.strategy.records import Action, BalanceEntry

WEEK = 7


@dataclass(frozen=True)
class Rhythm:
    """One planned rhythm and how it stands. `due_on` is when the next story of its kind is due by plan, `next_on` when the next one
    is scheduled for the audience (or a wider one).

    kept: on time. gap: nothing is scheduled by the day it is due, and that day is near. late: that day has passed.
    crowded: otherwise on time, but one comes in less than half the planned time.
    """

    action: Action
    last_on: date | None
    next_on: date | None
    due_on: date
    state: Literal["kept", "gap", "late", "crowded"]


@dataclass(frozen=True)
class Flood:
    """More stories for one audience within seven days than the settings allow (`cadence.most_in_week`)."""

    audience_id: int | None
    from_on: date
    count: int


def rhythms(session: Session, today: date, planned: Sequence[Sent], strategy_id: int | None = None) -> list[Rhythm]:
    """How every planned rhythm stands on that day, in the order they were planned."""
    wanted = actions(session, strategy_id)
    if not wanted:
        return []
    rules, ahead = audiences.rules(session), timedelta(days=int(settings.get(session, "cadence.warn_days")))
    last = _last(session, today)
    coming: dict[tuple[int | None, str], list[date]] = {}
    for sent in sorted(planned, key=lambda s: s.on):
        coming.setdefault((sent.audience_id, sent.kind), []).append(sent.on)
    wider: dict[int | None, list[int | None]] = {}
    nest = _nest(rules, {audience_id for audience_id, _kind in [*last, *coming]})
    for action in wanted:
        wider[action.audience_id] = nest.around(rules.get(action.audience_id, Rule()))
    return [_stand(action, wider[action.audience_id], last, coming, today, ahead) for action in wanted]


def _last(session: Session, today: date) -> dict[tuple[int | None, str], date]:
    query = sa_select(col(BalanceEntry.audience_id), col(BalanceEntry.kind), func.max(BalanceEntry.on)).where(col(BalanceEntry.on) <= today)
    return {
        (audience_id, kind): on
        for audience_id, kind, on in session.execute(query.where(counted()).group_by(col(BalanceEntry.audience_id), col(BalanceEntry.kind)))
    }


def _nest(rules: dict[int | None, Rule], sources: Iterable[int | None]) -> audiences.Nest:
    return audiences.Nest({source: rules.get(source, Rule()) for source in sources})


def _stand(
    action: Action, sources: list[int | None], last: dict[tuple[int | None, str], date], coming: dict[tuple[int | None, str], list[date]],
    today: date, ahead: timedelta,
) -> Rhythm:  # fmt: skip
    last_on = max((last[s, action.kind] for s in sources if (s, action.kind) in last), default=None)
    soon = sorted(on for s in sources for on in coming.get((s, action.kind), []))
    every = timedelta(days=action.every_days)
    due_on = (last_on or action.start_on) + every
    next_on = soon[0] if soon else None
    state: Literal["kept", "gap", "late", "crowded"] = "kept"
    if next_on is None or next_on > due_on:
        state = "late" if due_on < today else "gap" if due_on <= today + ahead else "kept"
    days = [*([last_on] if last_on else []), *soon]
    if state == "kept" and any((b - a) * 2 < every for a, b in itertools.pairwise(days)):
        state = "crowded"
    return Rhythm(action, last_on, next_on, due_on, state)


def floods(session: Session, today: date, planned: Sequence[Sent]) -> list[Flood]:
    """Where people hear too much, looking at the week behind and at all that is scheduled: one flood per audience, the worst."""
    most = int(settings.get(session, "cadence.most_in_week"))
    days: dict[int | None, Counter[date]] = {}
    recent = sa_select(col(BalanceEntry.audience_id), col(BalanceEntry.on)).where(
        col(BalanceEntry.on) > today - timedelta(days=WEEK), col(BalanceEntry.on) <= today
    )
    for audience_id, on in session.execute(recent.where(~col(BalanceEntry.is_taken_back))):
        days.setdefault(audience_id, Counter())[on] += 1
    for sent in planned:
        days.setdefault(sent.audience_id, Counter())[sent.on] += 1
    rules = audiences.rules(session)
    nest, found = _nest(rules, days), []
    for target in days:
        whole: Counter[date] = Counter()
        for source in nest.around(rules.get(target, Rule())):
            whole.update(days[source])
        from_on, count = _fullest(whole)
        if count > most and from_on + timedelta(days=WEEK) > today:
            found.append(Flood(target, from_on, count))
    return sorted(found, key=lambda f: (f.from_on, -f.count))


def _fullest(days: Counter[date]) -> tuple[date, int]:
    """The seven days with the most stories, by their first day."""
    ordered = sorted(days)
    best, start, running = (ordered[0], 0), 0, 0
    for day in ordered:
        running += days[day]
        while (day - ordered[start]).days >= WEEK:
            running -= days[ordered[start]]
            start += 1
        if running > best[1]:
            best = (ordered[start], running)
    return best
