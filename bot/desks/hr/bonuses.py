"""HR decides on bonuses: approve, answer why one is held, hold, take back. Payroll's part is in payruns."""

from __future__ import annotations

from bot import bonuses
from bot.bonuses import HOLD_REASONS, NO_REASONS, Bonus
from bot.desks import bonus_cards, wording
from bot.desks.hr.payruns import pay_run_file
from bot.desks.turn import Desk, Turn
from bot.messages import (
    Ask,
    Block,
    Button,
    Buttons,
    Card,
    ChoiceField,
    Form,
    Item,
    Items,
    Note,
    Option,
    Paragraph,
    Replace,
    Say,
    Show,
    TextField,
    say,
)

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
    return say("bonuses.detail", day=bonus.due_on, opening=opening, state=_state(turn, bonus))


def _state(turn: Turn, bonus: Bonus) -> Say:
    """The state, and what else an approver must know: who was first, and who let it pass against a rule and why."""
    state = bonus_cards.state_line(bonus)
    if bonus.state != "eligible":
        return state
    if given := bonuses.approvers(turn.session, bonus):
        state = say("bonuses.second_wanted", name=wording.person_name(turn.session, given[0]))
    if bonus.override_by:
        return say("bonuses.let_pass", state=state, name=wording.person_name(turn.session, bonus.override_by), reason=bonus.override_reason)
    return state


def _decision(turn: Turn, bonus: Bonus) -> Item:
    return Item(bonus_cards.title(turn.session, bonus), _detail(turn, bonus), _decision_buttons(turn, bonus))


def _decision_buttons(turn: Turn, bonus: Bonus) -> tuple[Button, ...]:
    if bonus.beneficiary_id == turn.person_id:
        return (bonus_cards.why_button(bonus),)  # somebody else decides on this one
    match bonus.state:
        case "clawback_due":
            return bonus_cards.repayment(turn, bonus)
        case "eligible":
            return _approval_buttons(turn, bonus)
    return _question_buttons(turn, bonus)


def _approval_buttons(turn: Turn, bonus: Bonus) -> tuple[Button, ...]:
    why = bonus_cards.why_button(bonus)
    if turn.person_id in bonuses.approvers(turn.session, bonus):
        return (Button(say("bonuses.take_back"), "bonus.take_back", bonus.handle), why)
    if turn.person_id in bonuses.approvals.authors(turn.session, bonus):
        return (why,)
    return (Button(say("bonuses.approve"), "bonus.approve", bonus.handle, "primary"), why)


def _question_buttons(turn: Turn, bonus: Bonus) -> tuple[Button, ...]:
    """A held bonus asks something; these are the answers, and where to look before giving one."""
    why = bonus_cards.why_button(bonus)
    go_on = Button(say("bonuses.all_well"), "bonus.confirm", bonus.handle, "primary")
    if bonus.reason == "split_open":
        return (Button(say("splits.open"), "split.show", str(bonus.referral_id), "primary"), why)
    if bonus.reason == "hire_unknown":
        return _still_here(turn, bonus)
    if bonus.reason in HOLD_REASONS:
        return (go_on, Button(say("bonuses.no_bonus_why"), "bonus.end", bonus.handle, "danger"), why)
    if bonus.reason == "start_differs":
        return (go_on, bonus_cards.start_button(turn.session, bonus), why)
    sure = say("bonuses.no_bonus_sure", money=wording.worth(turn.session, bonus))
    no_bonus = Button(say("bonuses.no_bonus"), "bonus.refuse", bonus.handle, "danger", confirm=sure)
    return (Button(say("bonuses.pass.button"), "bonus.pass", bonus.handle), no_bonus, why)


def _still_here(turn: Turn, bonus: Bonus) -> tuple[Button, ...]:
    """Nobody in the directory is the newcomer: HR says, and the referral's card leads to who it is (no name stands in a list)."""
    sure = say("bonuses.has_left_sure", money=wording.worth(turn.session, bonus))
    return (
        Button(say("bonuses.still_here"), "bonus.confirm", bonus.handle, "primary"),
        Button(say("bonuses.has_left"), "bonus.refuse", bonus.handle, "danger", confirm=sure),
        Button(say("bonuses.who_is_it"), "referral.show", str(bonus.referral_id)),
    )


def approve(turn: Turn, value: str) -> Replace:
    """Approve an eligible bonus, as the first of two or for good."""
    return _done(turn, bonuses.approve(turn.session, turn.now, turn.person_id, *wording.read_version(value)))


def take_back(turn: Turn, value: str) -> Replace:
    """The first of two approvers takes their word back."""
    bonus = bonuses.take_back(turn.session, turn.now, turn.person_id, *wording.read_version(value))
    return _done(turn, bonus, "taken_back")


def confirm(turn: Turn, value: str) -> Replace:
    """All is well with a held bonus: approved, or waiting on where its day has not come."""
    return _done(turn, bonuses.confirm(turn.session, turn.now, turn.person_id, *wording.read_version(value), turn.today))


def refuse(turn: Turn, value: str) -> Replace:
    """No bonus: the newcomer has left, or the reason for which it was held stands."""
    return _done(turn, bonuses.refuse(turn.session, turn.now, turn.person_id, *wording.read_version(value)))


def ask_end(turn: Turn, value: str) -> Ask:
    """Why does a bonus end that HR had stopped?"""
    turn.require("hr")
    wording.read_version(value)
    return Ask(_reason_form("bonus.end", "bonuses.end", value, NO_REASONS))


def end(turn: Turn, subject: str, values: dict[str, str]) -> Show:
    """End it, for one of the reasons."""
    bonus = bonuses.refuse(turn.session, turn.now, turn.person_id, *wording.read_version(subject), values.get("reason", ""))
    return Show(_done(turn, bonus).card)


def ask_pass(turn: Turn, value: str) -> Ask:
    """Why may a bonus pass that a rule holds?"""
    turn.require("hr")
    wording.read_version(value)
    field = TextField("reason", say("bonuses.pass.reason"), max_length=bonuses.approvals.LONGEST, rows=3)
    return Ask(Form("bonus.pass", say("bonuses.pass.title"), say("bonuses.pass.submit"), (field,), value, (Note(say("bonuses.pass.intro")),)))


def let_pass(turn: Turn, subject: str, values: dict[str, str]) -> Show:
    """Let it pass; somebody else approves."""
    bonus = bonuses.let_pass(turn.session, turn.now, turn.person_id, *wording.read_version(subject), values.get("reason", ""), turn.today)
    return Show(_done(turn, bonus, "let_pass").card)


def void(turn: Turn, value: str) -> Replace:
    """Entered by mistake: taken back."""
    return _done(turn, bonuses.void(turn.session, turn.now, turn.person_id, *wording.read_version(value)))


def promise_anew(turn: Turn, value: str) -> Replace:
    """Nobody had left after all: what ended for it is promised again."""
    given = turn.session, turn.now, turn.person_id, *wording.read_version(value), turn.today, turn.deployment.time_zone
    return _done(turn, bonuses.promise_anew(*given)[0], "anew")


def ask_back(turn: Turn, value: str) -> Replace:
    """The newcomer left soon after: ask a paid bonus back."""
    zone = turn.deployment.time_zone
    return _done(turn, bonuses.clawback.ask_back(turn.session, turn.now, turn.person_id, *wording.read_version(value), turn.today, zone))


def recovered(turn: Turn, value: str) -> Replace:
    """It was paid back."""
    return _done(turn, bonuses.clawback.recover(turn.session, turn.now, turn.person_id, *wording.read_version(value)))


def ask_waive(turn: Turn, value: str) -> Ask:
    """Why need it not be paid back?"""
    turn.require("hr")
    wording.read_version(value)
    field = TextField("reason", say("clawback.reason"), max_length=bonuses.approvals.LONGEST, rows=3)
    return Ask(Form("bonus.waive", say("clawback.title"), say("clawback.submit"), (field,), value, (Note(say("clawback.intro")),)))


def waive(turn: Turn, subject: str, values: dict[str, str]) -> Show:
    """It need not be paid back."""
    bonus = bonuses.clawback.waive(turn.session, turn.now, turn.person_id, *wording.read_version(subject), values.get("reason", ""))
    return Show(_done(turn, bonus).card)


def _done(turn: Turn, bonus: Bonus, what: str = "") -> Replace:
    name = wording.person_name(turn.session, bonus.beneficiary_id)
    word = what or ("first" if bonus.state == "eligible" else bonus.state)
    return Replace(todo_card(turn, done=say(f"bonuses.done.{word}", name=name, money=wording.worth(turn.session, bonus), day=bonus.due_on)))


def ask_hold(turn: Turn, value: str) -> Ask:
    """Why is it to be held?"""
    turn.require("hr")
    wording.read_version(value)
    return Ask(_reason_form("bonus.hold", "bonuses.hold", value, HOLD_REASONS))


def _reason_form(name: str, words: str, value: str, reasons: tuple[str, ...]) -> Form:
    options = tuple(Option(reason, bonus_cards.reason_words(reason)) for reason in reasons)
    field = ChoiceField("reason", say(f"{words}.reason"), options, reasons[0])
    return Form(name, say(f"{words}.title"), say(f"{words}.submit"), (field,), value, (Note(say(f"{words}.intro")),))


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
        "bonus.anew": promise_anew,
        "bonus.page": page, "bonus.approve": approve, "bonus.take_back": take_back, "bonus.confirm": confirm, "bonus.refuse": refuse, "bonus.end": ask_end,
        "bonus.pass": ask_pass, "bonus.void": void, "bonus.hold": ask_hold, "bonus.clawback": ask_back, "bonus.recovered": recovered, "bonus.waive": ask_waive,
    },
    forms={"bonus.hold": hold, "bonus.end": end, "bonus.pass": let_pass, "bonus.waive": waive},
    sections={51: home_section},
)  # fmt: skip
