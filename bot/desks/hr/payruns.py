"""Payroll's desk: close a pay run, download its file, say that it was paid, or that one bonus came back."""

from __future__ import annotations

from typing import Literal

from sqlmodel import col, select

from bot.bonuses import Bonus, PayRun, PayRunLine, payback, payruns, reconcile
from bot.bonuses.payback import Wrong
from bot.bonuses.reconcile import Difference, Reconciliation
from bot.desks import bonus_cards, wording
from bot.desks.turn import Desk, Turn
from bot.errors import Refusal
from bot.messages import Block, Button, Buttons, Card, Copyable, Fact, Facts, Heading, Item, Items, Note, Paragraph, Replace, Say, Show, say

PAGE = 8


def pay_runs(turn: Turn, text: str) -> Show:
    """`/vinkki-admin payrun [number]`: what the next run would hold and the closed ones, or the run with that number."""
    return Show(_run_card(turn, _by_number(turn, text.strip())) if text.strip() else _overview(turn, 0))


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
    blocks.append(Buttons((*more, Button(say("payruns.check"), "payrun.check"), Button(say("ledger.open"), "ledger.open"))))
    return Card(say("payruns.title"), tuple(blocks))


def _row(turn: Turn, run: PayRun) -> Item:
    buttons = (_page(turn, run), Button(say("payruns.show"), "payrun.show", str(run.id)))
    return Item(say("payruns.row", number=str(run.number), money=run.total, count=run.bonus_count), _state(turn, run), buttons)


def _state(turn: Turn, run: PayRun) -> Say:
    return say("payruns.paid_on", at=run.paid_at) if run.paid_at else say("payruns.closed_on", at=run.closed_at)


def _page(turn: Turn, run: PayRun) -> Button:
    """The way to the run's page in a browser: files are handed out there, to whoever is signed in and may, and nowhere else."""
    return Button(say("payruns.files"), url=turn.deployment.link(f"admin/payrun/{run.number}"))


def _files(turn: Turn, run: PayRun) -> tuple[Button, ...]:
    if turn.platform != "portal":
        return (_page(turn, run),)
    return tuple(Button(say(f"payruns.download_{form}"), url=turn.deployment.link(f"payruns/{run.number}.{form}")) for form in ("csv", "xlsx"))


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


def _by_number(turn: Turn, text: str) -> PayRun:
    turn.require("hr", "payroll")
    run = payruns.by_number(turn.session, int(text)) if wording.is_id(text) else None
    if run is None:
        raise Refusal("payruns.gone")
    return run


def _run_card(turn: Turn, run: PayRun, offset: int = 0, done: Say | None = None) -> Card:
    query = select(Bonus, PayRunLine).join(PayRunLine, col(PayRunLine.bonus_id) == Bonus.id).where(PayRunLine.pay_run_id == run.id)
    lines = list(turn.session.exec(query.order_by(col(PayRunLine.line_no)).offset(offset).limit(PAGE + 1)))
    blocks: list[Block] = [Paragraph(done)] if done else []
    left, count = payruns.left_in(turn.session, run)
    came_back = (Fact(say("payruns.left"), say("payruns.sum_of", money=left, count=count)),) if count != run.bonus_count else ()
    total = Fact(say("payruns.sum"), say("payruns.sum_of", money=run.total, count=run.bonus_count))
    blocks += [
        Facts((total, *came_back, Fact(say("payruns.state"), _state(turn, run)))),
        Items(tuple(_line(turn, run, bonus, line) for bonus, line in lines[:PAGE])),
        Copyable(say("payruns.checksum"), run.sha256),
    ]
    buttons = [*_files(turn, run)]
    if run.paid_at is None:
        buttons.append(Button(say("payruns.pay"), "payrun.pay", str(run.id), "primary", confirm=say("payruns.pay_sure", money=left)))
    buttons.append(Button(say("payruns.check"), "payrun.check", str(run.id)))
    if len(lines) > PAGE:
        buttons.append(Button(say("bonuses.more"), "payrun.show", f"{run.id}:{offset + PAGE}"))
    note = Note(say("payruns.note"))
    return Card(say("payruns.numbered", number=str(run.number)), (*blocks, Buttons(tuple(buttons)), note), tone="good" if done else "plain")


def check(turn: Turn, value: str) -> Show:
    """The reconciliation of one run (the value is its id), or of all of them."""
    turn.require("hr", "payroll")
    if not value:
        return Show(_overall_card(turn))
    run = turn.session.get(PayRun, wording.read_id(value))
    if run is None:
        raise Refusal("payruns.gone")
    return Show(check_card(turn, run))


def check_card(turn: Turn, run: PayRun) -> Card:
    """One run: approved, exported, paid and posted side by side, and what differs."""
    found = reconcile.of_run(turn.session, run)
    title = say("payruns.check_of", number=str(run.number))
    way = Button(say("payruns.numbered", number=str(run.number)), "payrun.show", str(run.id))
    return Card(title, (*_figures(found), Buttons((way,))), tone=_tone(found))


def _overall_card(turn: Turn) -> Card:
    every = [reconcile.overall(turn.session, currency) for currency in reconcile.currencies(turn.session)]
    blocks: list[Block] = []
    for found in every:
        blocks += [Heading(say("payruns.check_in", currency=found.currency)), *_figures(found)]
    if not every:
        blocks.append(Paragraph(say("payruns.check_none")))
    tone = "warning" if any(_tone(found) == "warning" for found in every) else "plain"
    return Card(say("payruns.check_all"), (*blocks, Buttons((Button(say("payruns.open"), "payrun.open"),))), tone=tone)  # type: ignore[arg-type]


def _tone(found: Reconciliation) -> Literal["plain", "warning"]:
    return "plain" if found.is_sound else "warning"


def _figures(found: Reconciliation) -> list[Block]:
    rows = tuple(Fact(say(f"payruns.sums.{s.name}"), say("payruns.sum_of", money=s.money, count=s.count)) for s in found.sums)
    word = ("sound_open" if found.differences else "sound") if found.is_sound else "unsound"
    blocks: list[Block] = [Facts(rows), Paragraph(say(f"payruns.{word}"))]
    if found.differences:
        blocks.append(Items(tuple(Item(difference_words(d)) for d in found.differences[:PAGE])))
    if (more := len(found.differences) - PAGE) > 0:
        blocks.append(Note(say("payruns.more_differences", count=more)))
    return blocks


def difference_words(one: Difference) -> Say:
    """What differs, and why."""
    return say(f"payruns.differs.{one.kind}", bonus=str(one.bonus_id or ""), money=one.money, number=str(one.run))


def _line(turn: Turn, run: PayRun, bonus: Bonus, line: PayRunLine) -> Item:
    buttons: tuple[Button, ...] = (bonus_cards.why_button(bonus),)
    if bonus.state == "exported" and not line.is_returned:
        sure = say("payruns.back_sure", money=wording.worth(turn.session, bonus))
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
    return Replace(_run_card(turn, turn.session.get_one(PayRun, run_id), 0, say("payruns.back_done", name=name, money=wording.worth(turn.session, bonus))))


def pay_run_file(turn: Turn, number: int, form: str = "csv") -> tuple[str, bytes]:
    """A closed run's file by the run's number: (name, bytes), the very bytes that were stored. Every download is audited. Raises Refusal."""
    run = _by_number(turn, str(number))
    return run.file_name(form), payruns.hand_out(turn.session, turn.now, turn.person_id, run, form, turn.platform)


def look(turn: Turn, number: int) -> tuple[Card, Card, bool]:
    """A run's page: the run, its reconciliation, and whether it waits to be marked as paid. Raises Refusal."""
    run = _by_number(turn, str(number))
    return _run_card(turn, run), check_card(turn, run), run.paid_at is None


def pay_by_file(turn: Turn, number: int, brought: bytes) -> tuple[Wrong, ...]:
    """Payroll brings a run's file back: everything in it is paid (nothing is returned then), or the lines that differ, and nothing
    happened. Raises Refusal for what is not a pay-run file of ours."""
    run = _by_number(turn, str(number))
    try:
        payback.pay_by_file(turn.session, turn.now, turn.person_id, run.id or 0, brought)
    except payback.Edited as edited:
        return edited.wrong
    return ()


def home_section(turn: Turn) -> tuple[Block, ...]:
    """For payroll: what waits for a pay run."""
    ready = payruns.ready(turn.session) if turn.has("payroll") else []
    lines = tuple(Paragraph(say("payruns.home", money=total, count=count)) for total, count in ready)
    return (*lines, Buttons((Button(say("payruns.open"), "payrun.open"),))) if lines else ()


DESK = Desk(
    commands={"admin payrun": pay_runs},
    buttons={
        "payrun.open": open_runs, "payrun.more": more_runs, "payrun.close": close, "payrun.show": show, "payrun.pay": pay, "payrun.back": send_back,
        "payrun.check": check,
    },
    sections={52: home_section},
)  # fmt: skip
