"""Why this amount on this day: the rule, what happened, every ledger entry, and what comes next, in words that need no help."""

from __future__ import annotations

from collections.abc import Iterable

from sqlmodel import Session

from bot import bonuses, settings
from bot.audit import AuditEntry
from bot.bonuses import Bonus, Explanation
from bot.bonuses.rules import must_be_here
from bot.desks import bonus_cards, wording
from bot.desks.bonus_cards import SHOWN
from bot.ledger import LedgerEntry
from bot.messages import Block, Button, Buttons, Card, Fact, Facts, Heading, Item, Items, Note, Paragraph, Say, say
from bot.money import Money
from bot.people import Person
from bot.plans import Charity

_WAYS = {"exported to approved": "returned", "held to waiting": "goes_on"}  # another event than the state alone would say
_MEANINGS = frozenset(
    {
        "expense_payable", "payable_expense", "payable_payroll_clearing", "payroll_clearing_payable", "payroll_clearing_cash", "receivable_expense",
        "expense_receivable", "cash_receivable",
    }
)  # fmt: skip


def explanation_card(session: Session, found: Explanation, in_full: bool, earlier: int = 0) -> Card:
    """Every entry, the rule, the event and the day. In full (for HR) with who did what; otherwise speaking to the beneficiary.

    `earlier` turns the pages of a long history back: so many of the newest events are left out.
    """
    bonus, events = found.bonus, found.events[: len(found.events) - earlier]
    title = say("bonuses.explain.title", money=wording.worth(session, bonus), day=bonus.due_on)
    happened: list[Block] = [Heading(say("bonuses.explain.events")), Items(tuple(_event(session, found, e, in_full) for e in events[-SHOWN:]))]
    if len(events) > SHOWN:
        happened.append(Buttons((Button(say("bonuses.explain.earlier"), "bonus.explain", f"{bonus.id}:{earlier + SHOWN}"),)))
    if earlier:
        return Card(title, tuple(happened))
    blocks: list[Block] = [Facts(_facts(session, found, in_full)), Heading(say("bonuses.explain.rule"))]
    blocks += [Paragraph(p) for p in (*_rule(session, found), *_onward(session, found, in_full))]
    return Card(title, (*blocks, *happened, *_book(session, found), Note(say("bonuses.explain.note"))))


def _facts(session: Session, found: Explanation, in_full: bool) -> tuple[Fact, ...]:
    bonus, name = found.bonus, wording.person_name(session, found.bonus.beneficiary_id)
    rows = [
        Fact(say("bonuses.explain.state"), bonus_cards.state_line(bonus)),
        Fact(say("bonuses.explain.opening"), wording.opening_name(session, found.referral.opening_id)),
        Fact(say("bonuses.explain.plan"), say("bonuses.explain.plan_version", name=found.promise.name, version=found.promise.version)),
        Fact(say("bonuses.explain.start"), say("bonuses.day", day=bonus.start_on)),
    ]
    if in_full:
        payee = say("bonuses.explain.payee", name=name, kind=say(f"bonuses.payee.{bonus.payee_type}"))
        rows = [Fact(say("bonuses.explain.number"), say("bonuses.explain.numbered", number=str(bonus.id))), Fact(say("bonuses.explain.who"), payee), *rows]
    if found.pay_run:
        rows.append(Fact(say("bonuses.explain.pay_run"), say("payruns.numbered", number=str(found.pay_run.number))))
    return tuple(rows)


def _rule(session: Session, found: Explanation) -> Iterable[Say]:
    """Where the amount and the day come from."""
    bonus, part = found.bonus, found.part
    whole = wording.worth(session, part)
    if found.referral.confirmed_at:
        total = wording.whole(session, found.promise.every)
        yield say("bonuses.explain.promise", total=total, day=found.referral.confirmed_at)
    if bonus.milestone_no:
        yield say("bonuses.explain.part", money=whole, count=part.days)
    else:
        yield say("bonuses.explain.extra", money=whole, count=part.days)
    yield say("bonuses.explain.day", start=bonus.start_on, count=part.days, due=bonus.due_on)
    if found.is_share and found.basis_points:
        percent = bonuses.splits.percent(found.basis_points)
        yield say("bonuses.explain.percent", number=bonus.share_no, money=wording.worth(session, bonus), whole=whole, percent=percent)
    elif found.is_share:
        yield say("bonuses.explain.share", number=bonus.share_no, money=wording.worth(session, bonus), whole=whole)
    if bonus.override_by:
        yield say("bonuses.explain.override", name=wording.person_name(session, bonus.override_by), reason=bonus.override_reason)
    if found.successor:
        yield say("bonuses.explain.successor", number=str(found.successor.id), day=found.successor.due_on, money=wording.worth(session, found.successor))


def _onward(session: Session, found: Explanation, in_full: bool) -> Iterable[Say]:
    """On which condition, and what comes next; whoever earns it reads that it comes by itself."""
    bonus = found.bonus
    is_running = bonus.state in bonuses.UNDUE
    if is_running and (condition := _condition(session, bonus, in_full)):
        yield condition
    yield say(f"bonuses.explain.next.{bonus.state}", day=bonus.due_on, hour=int(settings.get(session, "bonus.raise_hour")))
    if is_running and not in_full:
        yield say("bonuses.explain.idle")


def _condition(session: Session, bonus: Bonus, in_full: bool) -> Say | None:
    referrer, newcomer = must_be_here(session, bonus)
    if not referrer:
        return say("bonuses.explain.condition.newcomer") if newcomer else None
    word = f"{'they' if in_full else 'you'}{'_both' if newcomer else ''}"
    return say(f"bonuses.explain.condition.{word}", **({"name": wording.person_name(session, bonus.beneficiary_id)} if in_full else {}))


def _event(session: Session, found: Explanation, event: AuditEntry, in_full: bool) -> Item:
    what = _what(found, event)
    if not in_full or event.actor_id is None:
        return Item(what, say("bonuses.at", at=event.at))
    return Item(what, say("bonuses.at_by", at=event.at, name=wording.person_name(session, event.actor_id)))


def _what(found: Explanation, event: AuditEntry) -> Say:
    """What happened, with its reason; one state may be reached in more than one way."""
    state, reason = event.what.removeprefix("bonus."), bonuses.reason_of(event)
    because = bonus_cards.reason_words(reason) if reason else None
    way = event.detail.partition(",")[0]
    if way in _WAYS:
        return say(f"bonuses.event.{_WAYS[way]}")
    if way.startswith("nothing to ") and found.predecessor_id:
        anew = say("bonuses.event.anew", number=str(found.predecessor_id))
        return say("bonuses.because", what=anew, reason=because) if because else anew
    if because is None:
        return say(f"bonuses.event.{state}")
    if state == "eligible":
        return say("bonuses.event.answered", reason=because)
    return say("bonuses.because", what=say("bonuses.state.void" if state == "void" else f"bonuses.event.{state}"), reason=because)


def _book(session: Session, found: Explanation) -> tuple[Block, ...]:
    """Every entry, and what they come to; a day off is no money, so it has none."""
    if not found.entries:
        return ()
    pages = [found.entries[i : i + SHOWN] for i in range(0, len(found.entries), SHOWN)]
    lists = tuple(Items(tuple(entry_item(session, e) for e in page)) for page in pages)
    state, owed = found.bonus.state, Money(found.owed_minor, found.bonus.currency)
    word = "owed" if found.owed_minor else state if state in ("exported", "clawback_due") else "even"
    come_to = say(f"bonuses.explain.{word}", money=owed if found.owed_minor else found.bonus.money)
    return (Heading(say("bonuses.explain.entries")), *lists, Paragraph(come_to))


def entry_item(session: Session, entry: LedgerEntry) -> Item:
    """One ledger entry as a row of a list: what it means, then its two accounts and its moment."""
    debit, credit = account_words(session, entry.debit_account), account_words(session, entry.credit_account)
    return Item(_title(entry), say("ledger.detail", meaning=_meaning(entry), debit=debit, credit=credit, at=entry.at))


def _title(entry: LedgerEntry) -> Say:
    if entry.reverses_id:
        return say("ledger.reversal", number=str(entry.id), money=entry.money, other=str(entry.reverses_id))
    return say("ledger.entry", number=str(entry.id), money=entry.money)


def _meaning(entry: LedgerEntry) -> Say:
    """What a movement between two kinds of account is in the life of a bonus."""
    kinds = "_".join(account.partition(":")[0] for account in (entry.debit_account, entry.credit_account))
    return say(f"ledger.meaning.{kinds}") if kinds in _MEANINGS else say("ledger.meaning.other")


def account_words(session: Session, account: str) -> Say:
    """An account as people call it."""
    kind, _, rest = account.partition(":")
    if kind in ("payable", "receivable"):
        whose, _, number = rest.partition(":")
        holder = session.get(Charity, int(number)) if whose == "charity" else session.get(Person, int(number))
        return say(f"ledger.account.{kind}", name=holder.name if holder else "?")
    if kind == "payroll_clearing":
        return say("ledger.account.clearing", number=rest.removeprefix("run:"))
    return say(f"ledger.account.{kind}")
