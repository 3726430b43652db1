"""The balance of an audience: what it was given, told and asked in the rolling window.

A story counts for the audience it was addressed to, and for every audience that lies wholly within it: what goes to everyone
goes to the alumni too. Which audience lies within which is read from the rules (audiences.includes).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, func, update
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from bot import audiences, settings
from bot.strategy.records import KINDS, BalanceEntry


@dataclass(frozen=True)
class Sent:
    """One story of a kind that went, or will go, to an audience (None: everyone) on a day."""

    audience_id: int | None
    kind: str
    on: date


@dataclass(frozen=True)
class Window:
    """The days that count, the last one included, and the ratio that is wanted (give, tell, ask)."""

    days: int
    ratio: tuple[int, int, int]

    def first(self, last: date) -> date:
        """The first day that counts when `last` is the last."""
        return last - timedelta(days=self.days - 1)


@dataclass(frozen=True)
class Balance:
    """How many stories of each kind an audience got in the window, and the ratio that is wanted."""

    give: int
    tell: int
    ask: int
    ratio: tuple[int, int, int]
    days: int

    def plus(self, kind: str, count: int = 1) -> Balance:
        """The balance after more stories of that kind."""
        counts = {name: getattr(self, name) + count * (name == kind) for name in KINDS}
        return Balance(**counts, ratio=self.ratio, days=self.days)

    @property
    def gives_owed(self) -> int:
        """Gives still owed for the asks made: asks × give ÷ ask of the ratio, rounded up, less the gives there were."""
        wanted, _tells, asks = self.ratio
        return max(0, -(-self.ask * wanted // max(1, asks)) - self.give)

    @property
    def tells_owed(self) -> int:
        """Tells still owed for the asks made, once the gives are made up for. A give too many does for a tell."""
        gives, tells, asks = self.ratio
        wanted = -(-self.ask * (gives + tells) // max(1, asks))
        return max(0, wanted - self.give - self.gives_owed - self.tell)

    @property
    def is_even(self) -> bool:
        """Nothing is owed."""
        return self.gives_owed == 0 and self.tells_owed == 0


def window(session: Session) -> Window:
    """The window and ratio of the settings (`balance.*`)."""
    ratio = [int(settings.get(session, f"balance.{kind}")) for kind in KINDS]
    return Window(max(1, int(settings.get(session, "balance.window_days"))), (ratio[0], ratio[1], ratio[2]))


def by_audience(session: Session, first: date, last: date, planned: Sequence[Sent] = ()) -> dict[int | None, Counter[str]]:
    """How many stories of each kind were addressed to each audience from the first day to the last, `planned` ones included."""
    counts = sa_select(col(BalanceEntry.audience_id), col(BalanceEntry.kind), func.count()).where(col(BalanceEntry.on) >= first, col(BalanceEntry.on) <= last)
    counts = counts.where(counted())
    found: dict[int | None, Counter[str]] = {}
    for audience_id, kind, count in session.execute(counts.group_by(col(BalanceEntry.audience_id), col(BalanceEntry.kind))):
        found.setdefault(audience_id, Counter())[kind] += count
    for sent in planned:
        if first <= sent.on <= last:
            found.setdefault(sent.audience_id, Counter())[sent.kind] += 1
    return found


def accounts(session: Session, audience_ids: Iterable[int | None], today: date, planned: Sequence[Sent] = ()) -> dict[int | None, Balance]:
    """The balance of each of these audiences over the window that ends today."""
    wanted = window(session)
    sent = by_audience(session, wanted.first(today), today, planned)
    rules = audiences.rules(session)
    nest = audiences.Nest({source: rules.get(source, audiences.Rule()) for source in sent})
    found = {}
    for target in audience_ids:
        rule = rules.get(target, audiences.Rule())
        whole: Counter[str] = Counter()
        for source in nest.around(rule):
            whole.update(sent[source])
        found[target] = Balance(whole["give"], whole["tell"], whole["ask"], wanted.ratio, wanted.days)
    return found


def balance(session: Session, audience_id: int | None, today: date, planned: Sequence[Sent] = ()) -> Balance:
    """The balance of one audience over the window that ends today."""
    return accounts(session, [audience_id], today, planned)[audience_id]


def even_on(session: Session, audience_id: int | None, today: date, days: int, planned: Sequence[Sent] = ()) -> date | None:
    """The first day, from today to so many days on, on which one more ask would leave the audience's balance even; None for none.

    Everything is read once, and the window moves over it.
    """
    wanted, rules = window(session), audiences.rules(session)
    which = col(BalanceEntry.audience_id), col(BalanceEntry.kind), col(BalanceEntry.on)
    addressed = session.execute(sa_select(*which).where(col(BalanceEntry.on) >= wanted.first(today), counted()))
    sent = [*(Sent(*row) for row in addressed), *planned]
    nest = audiences.Nest({source: rules.get(source, audiences.Rule()) for source in {s.audience_id for s in sent}})
    around = set(nest.around(rules.get(audience_id, audiences.Rule())))
    theirs = [(s.on, s.kind) for s in sent if s.audience_id in around]
    for on in (today + timedelta(days=ahead) for ahead in range(days + 1)):
        whole = Counter(kind for day, kind in theirs if wanted.first(on) <= day <= on)
        if Balance(whole["give"], whole["tell"], whole["ask"], wanted.ratio, wanted.days).plus("ask").is_even:
            return on
    return None


def counted() -> ColumnElement[bool]:
    """Which entries count: a give or tell that was taken back does not, an ask was asked all the same."""
    return (col(BalanceEntry.kind) == "ask") | ~col(BalanceEntry.is_taken_back)


def enter(session: Session, audience_id: int | None, story_id: int, kind: str, on: date) -> None:
    """Write down that a story of this kind went to an audience; once per story."""
    if session.exec(select(BalanceEntry.id).where(BalanceEntry.story_id == story_id)).first() is None:
        session.add(BalanceEntry(audience_id=audience_id, story_id=story_id, kind=kind, on=on))
        session.flush()


def take_back(session: Session, story_id: int) -> None:
    """The story was recalled: what it gave or told counts no more."""
    session.execute(update(BalanceEntry).where(col(BalanceEntry.story_id) == story_id).values(is_taken_back=True))
