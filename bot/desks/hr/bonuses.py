"""HR decides on bonuses: approve, answer why one is held, hold, take back. Payroll's part is in payruns."""

from __future__ import annotations

from bot import bonuses
from bot.bonuses import HOLD_REASONS, Bonus
from bot.desks import bonus_cards, wording
from bot.desks.hr.payruns import pay_run_file
from bot.desks.turn import Desk, Turn
from bot.messages import Ask, Block, Button, Buttons, Card, ChoiceField, Form, Item, Items, Note, Option, Paragraph, Replace, Say, Show, say

__all__ = ["DESK", "pay_run_file", "todo_card"]

PAGE = 8


def to_decide(turn: Turn, text: str) -> Show:
    """`/vinkki-admin bonuses`: what waits for a decision."""
    turn.require("hr")
    return Show(todo_card(turn))


def page(turn: Turn, value: str) -> Replace:
    """Another page; the value is `todo:8` or `all:0`."""
    turn.require("hr", "payroll")
    which, _, offset = value.partition(":")
    return Replace(_all_card(turn, wording.read_id(offset)) if which == "all" else todo_card(turn, wording.read_id(offset)))


def todo_card(turn: Turn, offset: int = 0, done: Say | None = None) -> Card:
    """What waits for a decision, the longest due first, under the word of what was just done."""
    rows, total = bonuses.to_do(turn.session, offset, PAGE)
    blocks: list[Block] = [Paragraph(done)] if done else []
    blocks += [Items(tuple(_decision(turn, b) for b in rows))] if rows else [Paragraph(say("bonuses.todo.none"))]
    buttons = _pages("todo", offset, total)
    blocks.append(Buttons((*buttons, Button(say("bonuses.all"), "bonus.page", "all:0"), Button(say("payruns.open"), "payrun.open"))))
    return Card(say("bonuses.todo.title", count=total) if total else say("bonuses.todo.title_none"), tuple(blocks), tone="good" if done else "plain")


def _all_card(turn: Turn, offset: int) -> Card:
    rows, total = bonuses.everything(turn.session, offset, PAGE)
    items = tuple(Item(bonus_cards.title(turn.session, b), _detail(turn, b), (bonus_cards.why_button(b),)) for b in rows)
    buttons = (*_pages("all", offset, total), Button(say("bonuses.todo.open"), "bonus.page", "todo:0"))
    blocks: tuple[Block, ...] = (Items(items) if items else Paragraph(say("bonuses.todo.never")), Buttons(buttons))
    return Card(say("bonuses.all_title", count=total), blocks)


def _pages(which: str, offset: int, total: int) -> tuple[Button, ...]:
    back = (Button(say("bonuses.newer"), "bonus.page", f"{which}:{max(0, offset - PAGE)}"),) if offset else ()
    return (*back, *((Button(say("bonuses.more"), "bonus.page", f"{which}:{offset + PAGE}"),) if offset + PAGE < total else ()))


def _detail(turn: Turn, bonus: Bonus) -> Say:
    opening = wording.opening_name(turn.session, bonuses.opening_id(turn.session, bonus))
    return say("bonuses.detail", day=bonus.due_on, opening=opening, state=bonus_cards.state_line(bonus))


def _decision(turn: Turn, bonus: Bonus) -> Item:
    return Item(bonus_cards.title(turn.session, bonus), _detail(turn, bonus), _decision_buttons(turn, bonus))


def _decision_buttons(turn: Turn, bonus: Bonus) -> tuple[Button, ...]:
    if bonus.beneficiary_id == turn.person_id:
        return (bonus_cards.why_button(bonus),)  # somebody else decides on this one
    if bonus.state == "eligible":
        return (Button(say("bonuses.approve"), "bonus.approve", bonus.handle, "primary"), bonus_cards.why_button(bonus))
    if bonus.reason == "hire_unknown":
        stays, left = say("bonuses.still_here"), say("bonuses.has_left")
    else:
        stays, left = say("bonuses.all_well"), say("bonuses.no_bonus")
    sure = say("bonuses.no_bonus_sure", money=bonus.money)
    return (Button(stays, "bonus.confirm", bonus.handle, "primary"), Button(left, "bonus.refuse", bonus.handle, "danger", confirm=sure))


def approve(turn: Turn, value: str) -> Replace:
    """Approve an eligible bonus."""
    bonus = bonuses.approve(turn.session, turn.now, turn.person_id, *wording.read_version(value))
    return _done(turn, bonus)


def confirm(turn: Turn, value: str) -> Replace:
    """All is well with a held bonus: approved, or waiting on where its day has not come."""
    bonus = bonuses.confirm(turn.session, turn.now, turn.person_id, *wording.read_version(value), turn.today)
    return _done(turn, bonus)


def refuse(turn: Turn, value: str) -> Replace:
    """No bonus: the newcomer has left, or the reason for which it was held stands."""
    bonus = bonuses.refuse(turn.session, turn.now, turn.person_id, *wording.read_version(value))
    return _done(turn, bonus)


def void(turn: Turn, value: str) -> Replace:
    """Entered by mistake: taken back."""
    bonus = bonuses.void(turn.session, turn.now, turn.person_id, *wording.read_version(value))
    return _done(turn, bonus)


def _done(turn: Turn, bonus: Bonus) -> Replace:
    name = wording.person_name(turn.session, bonus.beneficiary_id)
    return Replace(todo_card(turn, done=say(f"bonuses.done.{bonus.state}", name=name, money=bonus.money, day=bonus.due_on)))


def ask_hold(turn: Turn, value: str) -> Ask:
    """Why is it to be held?"""
    turn.require("hr")
    wording.read_version(value)
    options = tuple(Option(reason, bonus_cards.reason_words(reason)) for reason in HOLD_REASONS)
    field = ChoiceField("reason", say("bonuses.hold.reason"), options, HOLD_REASONS[0])
    return Ask(Form("bonus.hold", say("bonuses.hold.title"), say("bonuses.hold.submit"), (field,), value, (Note(say("bonuses.hold.intro")),)))


def hold(turn: Turn, subject: str, values: dict[str, str]) -> Show:
    """Hold it, for one of the reasons."""
    bonus_id, version = wording.read_version(subject)
    bonus = bonuses.hold(turn.session, turn.now, turn.person_id, bonus_id, version, values.get("reason", ""))
    return Show(_done(turn, bonus).card)


def home_section(turn: Turn) -> tuple[Block, ...]:
    """For HR: how many bonuses wait for a decision."""
    if not turn.has("hr"):
        return ()
    _, total = bonuses.to_do(turn.session, 0, 0)
    return (Paragraph(say("bonuses.todo.title", count=total)), Buttons((Button(say("bonuses.todo.open"), "bonus.page", "todo:0"),))) if total else ()


DESK = Desk(
    commands={"admin bonuses": to_decide},
    buttons={
        "bonus.page": page, "bonus.approve": approve, "bonus.confirm": confirm, "bonus.refuse": refuse, "bonus.void": void, "bonus.hold": ask_hold,
    },
    forms={"bonus.hold": hold},
    sections={51: home_section},
)  # fmt: skip
