"""Bonuses in words and cards, alike for those who earn them, for HR and for payroll."""

from __future__ import annotations

from sqlmodel import Session

from bot import bonuses
from bot.audit import AuditEntry
from bot.bonuses import Bonus, Explanation
from bot.desks import wording
from bot.desks.turn import Turn
from bot.ledger import LedgerEntry
from bot.messages import Block, Button, Card, Fact, Facts, Heading, Item, Items, Note, Paragraph, Say, say
from bot.people import Person
from bot.plans import Charity, Instalment

SHOWN = 10  # rows of a list on a card


def state_line(bonus: Bonus) -> Say:
    """The state, with the reason where there is one."""
    state = bonuses.state_words(bonus.state)
    return say("bonuses.state_because", state=state, reason=reason_words(bonus.reason)) if bonus.reason else state


def reason_words(reason: str) -> Say:
    """Why a bonus is held or forfeited."""
    return say(f"bonuses.reason.{reason}")


def why_button(bonus: Bonus) -> Button:
    """The question *why this amount?*"""
    return Button(say("bonuses.why"), "bonus.explain", str(bonus.id))


def corrections(bonus: Bonus) -> tuple[Button, ...]:
    """What HR may still do about a bonus: hold it, or take it back as entered by mistake."""
    buttons = []
    if "held" in bonuses.MOVES[bonus.state]:
        buttons.append(Button(say("bonuses.hold.button"), "bonus.hold", bonus.handle))
    if "void" in bonuses.MOVES[bonus.state]:
        buttons.append(Button(say("bonuses.void.button"), "bonus.void", bonus.handle, "danger", confirm=say("bonuses.void.sure", money=bonus.money)))
    return tuple(buttons)


def title(session: Session, bonus: Bonus) -> Say:
    """Who, how much, for which opening: for HR and payroll."""
    return say("bonuses.row", name=wording.person_name(session, bonus.beneficiary_id), money=bonus.money, number=str(bonus.id))


def explanation_card(turn: Turn, found: Explanation, in_full: bool) -> Card:
    """Every entry, the rule, the event and the day. In full (for HR) with who did what; otherwise speaking to the beneficiary."""
    bonus = found.bonus
    blocks: list[Block] = [Facts(_facts(turn, found, in_full)), Heading(say("bonuses.explain.rule"))]
    blocks += [Paragraph(p) for p in _rule(found)]
    blocks += [Heading(say("bonuses.explain.events")), Items(tuple(_event(turn, e, in_full) for e in found.events[-SHOWN:]))]
    if found.entries:
        blocks += [Heading(say("bonuses.explain.entries")), Items(tuple(entry_item(turn.session, e) for e in found.entries[-SHOWN:]))]
    return Card(say("bonuses.explain.title", money=bonus.money, day=bonus.due_on), (*blocks, Note(say("bonuses.explain.note"))))


def _facts(turn: Turn, found: Explanation, in_full: bool) -> tuple[Fact, ...]:
    bonus, name = found.bonus, wording.person_name(turn.session, found.bonus.beneficiary_id)
    rows = [
        Fact(say("bonuses.explain.state"), state_line(bonus)),
        Fact(say("bonuses.explain.opening"), wording.opening_name(turn.session, found.referral.opening_id)),
        Fact(say("bonuses.explain.plan"), say("bonuses.explain.plan_version", name=found.promise.name, version=found.promise.version)),
        Fact(say("bonuses.explain.start"), say("bonuses.day", day=bonus.start_on)),
    ]
    if in_full:
        rows.insert(0, Fact(say("bonuses.explain.who"), say("bonuses.explain.payee", name=name, kind=say(f"bonuses.payee.{bonus.payee_type}"))))
    if found.pay_run:
        rows.append(Fact(say("bonuses.explain.pay_run"), say("payruns.numbered", number=str(found.pay_run.number))))
    return tuple(rows)


def _rule(found: Explanation) -> list[Say]:
    bonus, part = found.bonus, found.part
    words = [say("bonuses.explain.promise", total=found.promise.total, day=found.referral.confirmed_at)] if found.referral.confirmed_at else []
    words.append(say("bonuses.explain.part", money=part.money, count=part.days))
    words.append(say("bonuses.explain.day", start=bonus.start_on, count=part.days, due=bonus.due_on))
    if found.is_share:
        words.append(say("bonuses.explain.share", number=bonus.share_no, money=bonus.money, whole=part.money))
    return words


def _event(turn: Turn, event: AuditEntry, in_full: bool) -> Item:
    what = say(f"bonuses.event.{event.what.removeprefix('bonus.')}")
    if reason := bonuses.reason_of(event):
        what = say("bonuses.because", what=what, reason=reason_words(reason))
    if not in_full or event.actor_id is None:
        return Item(what, say("bonuses.at", at=event.at))
    return Item(what, say("bonuses.at_by", at=event.at, name=wording.person_name(turn.session, event.actor_id)))


def entry_item(session: Session, entry: LedgerEntry) -> Item:
    """One ledger entry as a row of a list."""
    debit, credit = account_words(session, entry.debit_account), account_words(session, entry.credit_account)
    return Item(entry_title(entry), say("ledger.detail", debit=debit, credit=credit, at=entry.at))


def entry_title(entry: LedgerEntry) -> Say:
    """A ledger entry's number and amount, and that it undoes another."""
    if entry.reverses_id:
        return say("ledger.reversal", number=str(entry.id), money=entry.money, other=str(entry.reverses_id))
    return say("ledger.entry", number=str(entry.id), money=entry.money)


def account_words(session: Session, account: str) -> Say:
    """An account as people call it."""
    kind, _, rest = account.partition(":")
    if kind == "payable":
        whose, _, number = rest.partition(":")
        holder = session.get(Charity, int(number)) if whose == "charity" else session.get(Person, int(number))
        return say("ledger.account.payable", name=holder.name if holder else "?")
    if kind == "payroll_clearing":
        return say("ledger.account.clearing", number=rest.removeprefix("run:"))
    return say(f"ledger.account.{kind}")


def instalment_words(parts: tuple[Instalment, ...]) -> tuple[Item, ...]:
    """The parts of a plan, a line each."""
    return tuple(Item(say("plans.part", money=p.money), say("plans.after", count=p.days)) for p in parts)
