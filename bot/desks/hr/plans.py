"""HR's bonus plans: what is in force, a form for the next version, a preview in words, and the press that puts it into force."""

from __future__ import annotations

from datetime import timedelta

from bot import plans, settings
from bot.desks import wording
from bot.desks.turn import Desk, Turn
from bot.errors import FieldRefusal, Refusal
from bot.messages import Ask, Block, Button, Buttons, Card, Form, FormField, Item, Items, Note, Paragraph, Replace, Say, Show, TextField, TickField, say
from bot.money import Money, parse_money
from bot.plans import BonusPlan, Instalment, PlanDraft, Promise

PAGE = 8
PARTS = 3  # instalments that the form offers; the model takes more


def in_force(turn: Turn, text: str) -> Show:
    """`/vinkki-admin plans`: the plans that new referrals earn by."""
    turn.require("hr")
    return Show(_list(turn, 0))


def more(turn: Turn, value: str) -> Replace:
    """Another page; the value is how many come before it."""
    turn.require("hr")
    return Replace(_list(turn, wording.read_id(value)))


def _list(turn: Turn, offset: int, done: Say | None = None) -> Card:
    found = plans.current_plans(turn.session)
    blocks: list[Block] = [Paragraph(done)] if done else []
    blocks.append(Items(tuple(_row(turn, p) for p in found[offset : offset + PAGE])) if found else Paragraph(say("plans.none")))
    buttons = [Button(say("plans.new"), "plan.new", style="primary")]
    if offset + PAGE < len(found):
        buttons.append(Button(say("bonuses.more"), "plan.more", str(offset + PAGE)))
    return Card(say("plans.title"), (*blocks, Buttons(tuple(buttons))), tone="good" if done else "plain")


def _row(turn: Turn, plan: BonusPlan) -> Item:
    promise = plans.promise_of_version(turn.session, plan.id or 0)
    name = say("plans.default_row", name=plan.name, money=promise.total) if plan.is_default else say("plans.row", name=plan.name, money=promise.total)
    return Item(name, say("plans.row_detail", version=plan.version, parts=len(promise.instalments), count=promise.days), (
        Button(say("plans.change"), "plan.change", str(plan.id)),
    ))  # fmt: skip


def new(turn: Turn, value: str) -> Ask:
    """A plan that does not exist yet."""
    turn.require("hr")
    days = str(settings.get(turn.session, "bonus.qualifying_days"))
    name = TextField("name", say("plans.form.name"), max_length=80, hint=say("plans.form.name_hint"))
    return Ask(_form(turn, "", (name,), [("", days)], turn.deployment.currency, is_default=not plans.current_plans(turn.session)))


def change(turn: Turn, value: str) -> Ask:
    """The next version of a plan, filled with the present one."""
    turn.require("hr")
    plan = plans.current(turn.session, wording.read_id(value))
    if plan is None:
        raise Refusal("plans.gone")
    parts = [(str(p.money.decimal), str(p.days)) for p in plans.promise_of_version(turn.session, plan.id or 0).instalments]
    return Ask(_form(turn, str(plan.id), (), parts, plan.currency, plan.is_default))


def _form(turn: Turn, subject: str, first: tuple[FormField, ...], parts: list[tuple[str, str]], currency: str, is_default: bool) -> Form:
    fields = list(first)
    for number in range(1, max(PARTS, len(parts)) + 1):
        amount, days = parts[number - 1] if number <= len(parts) else ("", "")
        label = say("plans.form.amount", number=number, currency=currency)
        fields.append(TextField(f"amount_{number}", label, amount, optional=number > 1, max_length=20))
        fields.append(TextField(f"days_{number}", say("plans.form.days", number=number), days, optional=number > 1, max_length=5, shape="number"))
    fields.append(TickField("is_default", say("plans.form.default"), is_default, say("plans.form.default_hint")))
    title = say("plans.form.title_change") if subject else say("plans.form.title_new")
    return Form("plan.save", title, say("plans.form.submit"), tuple(fields), subject, (Note(say("plans.form.intro")),))


def save(turn: Turn, subject: str, values: dict[str, str]) -> Show:
    """Write the next version, not in force yet, and show what it would mean."""
    turn.require("hr")
    known = plans.current(turn.session, wording.read_id(subject)) if subject else None
    if subject and known is None:
        raise Refusal("plans.gone")
    name, currency = (known.name, known.currency) if known else (values.get("name", "").strip(), turn.deployment.currency)
    if known is None and any(p.name.casefold() == name.casefold() for p in plans.current_plans(turn.session)):
        raise FieldRefusal("name", "plans.name_taken", name=name)
    draft = PlanDraft(name, _parts(values, currency), is_default=values.get("is_default") == "yes")
    plan = plans.draft_plan(turn.session, turn.now, turn.person_id, draft)
    return Show(_preview(turn, plans.promise_of_version(turn.session, plan.id or 0)))


def _parts(values: dict[str, str], currency: str) -> tuple[Instalment, ...]:
    numbers = [n for n in range(1, plans.MAX_INSTALMENTS + 1) if values.get(f"amount_{n}", "").strip() or values.get(f"days_{n}", "").strip()]
    if numbers != list(range(1, len(numbers) + 1)):
        raise FieldRefusal(f"amount_{numbers[0] if numbers[0] > 1 else numbers[-1]}", "plans.gap")
    return tuple(Instalment(_days(values, n), _amount(values, n, currency)) for n in numbers)


def _amount(values: dict[str, str], number: int, currency: str) -> Money:
    try:
        return parse_money(values.get(f"amount_{number}", ""), currency)
    except Refusal as e:
        raise FieldRefusal(f"amount_{number}", e.key, **e.params) from None


def _days(values: dict[str, str], number: int) -> int:
    text = values.get(f"days_{number}", "").strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 5):
        raise FieldRefusal(f"days_{number}", "plans.days", count=plans.MAX_DAYS)
    return int(text)


def _preview(turn: Turn, promise: Promise) -> Card:
    start = turn.today + timedelta(days=30)
    dates = tuple(Item(say("plans.part", money=p.money), say("plans.part_on", count=p.days, day=p.due_on(start))) for p in promise.instalments)
    put = Button(say("plans.put"), "plan.put", str(promise.plan_id), "primary")
    return Card(say("plans.preview", name=promise.name, money=promise.total), (
        Paragraph(say("plans.preview_lead", day=start)), Items(dates), Note(say("plans.preview_note", version=promise.version)), Buttons((put,)),
    ))  # fmt: skip


def put(turn: Turn, value: str) -> Replace:
    """Put a version into force."""
    turn.require("hr")
    plan = plans.put_in_force(turn.session, turn.now, turn.person_id, wording.read_id(value))
    return Replace(_list(turn, 0, say("plans.in_force_now", name=plan.name, version=plan.version)))


DESK = Desk(
    commands={"admin plans": in_force},
    buttons={"plan.new": new, "plan.change": change, "plan.put": put, "plan.more": more},
    forms={"plan.save": save},
)
