"""Payroll's desk: close a pay run, download its file, say that it was paid, or that one bonus came back."""

from __future__ import annotations

from sqlmodel import col, select

from bot.bonuses import Bonus, PayRun, PayRunLine, payruns
from bot.desks import bonus_cards, wording
from bot.desks.turn import Desk, Turn
from bot.errors import Refusal
from bot.messages import Block, Button, Buttons, Card, Copyable, Fact, Facts, Heading, Item, Items, Note, Paragraph, Replace, Say, Show, say

PAGE = 8


def pay_runs(turn: Turn, text: str) -> Show:
    """`/vinkki-admin payrun`: what the next run would hold, and the closed ones."""
    return Show(_overview(turn, 0))


def open_runs(turn: Turn, value: str) -> Show:
    """The same, from a button."""
    return Show(_overview(turn, 0))


def more_runs(turn: Turn, value: str) -> Replace:
    """Older runs; the value is how many are newer."""
    return Replace(_overview(turn, wording.read_id(value)))


def _overview(turn: Turn, offset: int) -> Card:
    turn.require("hr", "payroll")
    ready = payruns.ready(turn.session)
    runs = payruns.page(turn.session, PAGE + 1, offset)
    blocks: list[Block] = [Paragraph(say("payruns.none_ready"))] if not ready else []
    for total, count in ready:
        sure = say("payruns.close_sure", money=total, count=count)
        close = Button(say("payruns.close", currency=total.currency), "payrun.close", total.currency, "primary", confirm=sure)
        blocks += [Paragraph(say("payruns.ready", money=total, count=count)), Buttons((close,))]
    if runs:
        blocks += [Heading(say("payruns.closed")), Items(tuple(_row(turn, r) for r in runs[:PAGE]))]
    more = (Button(say("bonuses.more"), "payrun.more", str(offset + PAGE)),) if len(runs) > PAGE else ()
    blocks.append(Buttons((*more, Button(say("ledger.open"), "ledger.open"))))
    return Card(say("payruns.title"), tuple(blocks))


def _row(turn: Turn, run: PayRun) -> Item:
    buttons = (_download(turn, run), Button(say("payruns.show"), "payrun.show", str(run.id)))
    return Item(say("payruns.row", number=str(run.number), money=run.total, count=run.bonus_count), _state(turn, run), buttons)


def _state(turn: Turn, run: PayRun) -> Say:
    return say("payruns.paid_on", at=run.paid_at) if run.paid_at else say("payruns.closed_on", at=run.closed_at)


def _download(turn: Turn, run: PayRun) -> Button:
    return Button(say("payruns.download"), url=turn.deployment.link(f"payruns/{run.number}.csv"))


def close(turn: Turn, value: str) -> Replace:
    """Close a run of everything approved in one currency."""
    run = payruns.close(turn.session, turn.now, turn.person_id, value)
    return Replace(_run_card(turn, run, 0, say("payruns.done", number=str(run.number), money=run.total, count=run.bonus_count)))


def show(turn: Turn, value: str) -> Show:
    """One run with its lines; the value is its id, or `id:offset`."""
    turn.require("hr", "payroll")
    run_id, _, offset = value.partition(":")
    run = turn.session.get(PayRun, wording.read_id(run_id))
    if run is None:
        raise Refusal("payruns.gone")
    return Show(_run_card(turn, run, wording.read_id(offset or "0")))


def _run_card(turn: Turn, run: PayRun, offset: int, done: Say | None = None) -> Card:
    query = select(Bonus, PayRunLine).join(PayRunLine, col(PayRunLine.bonus_id) == Bonus.id).where(PayRunLine.pay_run_id == run.id)
    lines = list(turn.session.exec(query.order_by(col(PayRunLine.line_no)).offset(offset).limit(PAGE + 1)))
    blocks: list[Block] = [Paragraph(done)] if done else []
    blocks += [
        Facts((Fact(say("payruns.sum"), say("payruns.sum_of", money=run.total, count=run.bonus_count)), Fact(say("payruns.state"), _state(turn, run)))),
        Items(tuple(_line(turn, run, bonus, line) for bonus, line in lines[:PAGE])),
        Copyable(say("payruns.checksum"), run.sha256),
    ]
    buttons = [_download(turn, run)]
    if run.paid_at is None:
        buttons.append(Button(say("payruns.pay"), "payrun.pay", str(run.id), "primary", confirm=say("payruns.pay_sure", money=run.total)))
    if len(lines) > PAGE:
        buttons.append(Button(say("bonuses.more"), "payrun.show", f"{run.id}:{offset + PAGE}"))
    note = Note(say("payruns.note"))
    return Card(say("payruns.numbered", number=str(run.number)), (*blocks, Buttons(tuple(buttons)), note), tone="good" if done else "plain")


def _line(turn: Turn, run: PayRun, bonus: Bonus, line: PayRunLine) -> Item:
    buttons: tuple[Button, ...] = (bonus_cards.why_button(bonus),)
    if bonus.state == "exported" and not line.is_returned:
        sure = say("payruns.back_sure", money=bonus.money)
        buttons = (*buttons, Button(say("payruns.back"), "payrun.back", bonus.handle, confirm=sure))
    detail = say("payruns.returned") if line.is_returned else bonus_cards.state_line(bonus)
    return Item(bonus_cards.title(turn.session, bonus), detail, buttons)


def pay(turn: Turn, value: str) -> Replace:
    """Payroll has paid a run."""
    run = payruns.pay(turn.session, turn.now, turn.person_id, wording.read_id(value))
    return Replace(_run_card(turn, run, 0, say("payruns.paid_done", number=str(run.number))))


def send_back(turn: Turn, value: str) -> Replace:
    """Payroll could not pay one bonus of a run."""
    bonus_id, version = wording.read_version(value)
    before = turn.session.get(Bonus, bonus_id)
    run_id = before.pay_run_id if before else None
    bonus = payruns.send_back(turn.session, turn.now, turn.person_id, bonus_id, version)
    name = wording.person_name(turn.session, bonus.beneficiary_id)
    return Replace(_run_card(turn, turn.session.get_one(PayRun, run_id), 0, say("payruns.back_done", name=name, money=bonus.money)))


def pay_run_file(turn: Turn, number: int) -> tuple[str, bytes]:
    """A closed run's file by the run's number: (name, bytes), the very bytes that were stored. Raises Refusal."""
    turn.require("hr", "payroll")
    run = payruns.by_number(turn.session, number)
    if run is None:
        raise Refusal("payruns.gone")
    return run.file_name, payruns.content(turn.session, run)


DESK = Desk(
    commands={"admin payrun": pay_runs},
    buttons={
        "payrun.open": open_runs, "payrun.more": more_runs, "payrun.close": close, "payrun.show": show, "payrun.pay": pay, "payrun.back": send_back,
    },
)  # fmt: skip
