"""The ledger for HR and payroll: is it sound, what is owed, the last entries."""

from __future__ import annotations

from bot import ledger
from bot.desks import explaining, wording
from bot.desks.advocate import bonuses as advocate_bonuses
from bot.desks.turn import Desk, Turn
from bot.ledger import Verdict
from bot.messages import Block, Button, Buttons, Card, Fact, Facts, Items, Note, Paragraph, Replace, Say, Show, say
from bot.money import Money

PAGE = 8
READ_NOW = 3_000  # entries; a longer book is read at night, page by page, and the last result is shown
# kind of account -> on which side its balance stands: debits minus credits, or the other way round
_SIDES = {"payable": -1, "payroll_clearing": -1, "cash": -1, "expense": 1}


def show(turn: Turn, value: str) -> Show:
    """`/vinkki-admin ledger`, and its button; with the number of a bonus, why that one is what it is."""
    turn.require("hr", "payroll")
    if number := value.strip().removeprefix("explain").strip():
        return advocate_bonuses.explain(turn, number)
    blocks: list[Block] = [Paragraph(_soundness(turn))]
    if rows := _balances(turn):
        blocks.append(Facts(rows))
    return Show(Card(say("ledger.title"), (*blocks, *_entries(turn, None), Note(say("ledger.note")))))


def more(turn: Turn, value: str) -> Replace:
    """Older entries; the value is the number they are older than."""
    turn.require("hr", "payroll")
    return Replace(Card(say("ledger.title"), _entries(turn, wording.read_id(value))))


def _entries(turn: Turn, before: int | None) -> tuple[Block, ...]:
    entries = ledger.latest(turn.session, PAGE + 1, before)
    if not entries:
        return (Paragraph(say("ledger.empty")),)
    items = Items(tuple(explaining.entry_item(turn.session, e) for e in entries[:PAGE]))
    return (items, Buttons((Button(say("bonuses.more"), "ledger.more", str(entries[PAGE - 1].id)),))) if len(entries) > PAGE else (items,)


def _soundness(turn: Turn) -> Say:
    if ledger.head(turn.session).entries <= READ_NOW:
        return _verdict_words(turn, ledger.verify(turn.session))
    last = ledger.last_check(turn.session)
    if last is None or last.finished_at is None:
        return say("ledger.not_read")
    return say("ledger.read_at", at=last.finished_at, result=_verdict_words(turn, Verdict(last.entries, last.bad_id, last.reason, last.bad_account)))


def _verdict_words(turn: Turn, verdict: Verdict) -> Say:
    if verdict.is_sound:
        return say("ledger.sound", count=verdict.entries)
    if verdict.bad_account:
        return say("ledger.broken_total", account=explaining.account_words(turn.session, verdict.bad_account))
    return say("ledger.broken", number=str(verdict.bad_id))


def _balances(turn: Turn) -> tuple[Fact, ...]:
    rows = [(row.currency, kind, side * (row.debit_minor - row.credit_minor)) for kind, side in _SIDES.items() for row in ledger.totals(turn.session, kind)]
    return tuple(Fact(say(f"ledger.total.{kind}"), say("ledger.sum", money=Money(minor, currency))) for currency, kind, minor in sorted(rows))[:10]


DESK = Desk(commands={"admin ledger": show}, buttons={"ledger.open": show, "ledger.more": more})
