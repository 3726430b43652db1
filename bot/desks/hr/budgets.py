"""What a plan may cost: a form for its cap, and what is used of it."""

from __future__ import annotations

from bot import plans
from bot.bonuses import budgets
from bot.desks import wording
from bot.desks.hr.plan_form import read_money
from bot.desks.turn import Desk, Turn
from bot.errors import FieldRefusal, Refusal
from bot.messages import Ask, Button, Buttons, Card, ChoiceField, Form, Note, Option, Paragraph, Show, TextField, TickField, say
from bot.money import Money
from bot.plans import BonusPlan, PlanBudget
from bot.plans.budgets import PERIODS, drop_budget, set_budget


def ask(turn: Turn, value: str) -> Ask:
    """The budget of a plan; the value is its id."""
    turn.require("hr")
    plan = _known(turn, value)
    now = turn.session.get(PlanBudget, plan.name) or PlanBudget(plan_name=plan.name, cap_minor=0)
    options = tuple(Option(period, say(f"plans.budget.period.{period}")) for period in PERIODS)
    cap = str(Money(now.cap_minor, plan.currency).decimal) if now.cap_minor else ""
    return Ask(Form("plan.budget", say("plans.budget.form.title"), say("plans.budget.form.submit"), (
        TextField("cap", say("plans.budget.form.cap", currency=plan.currency), cap, optional=True, max_length=20, hint=say("plans.budget.form.cap_hint")),
        ChoiceField("period", say("plans.budget.form.period"), options, now.period),
        TextField("warn_percent", say("plans.budget.form.warn"), str(now.warn_percent), max_length=2, shape="number"),
        TickField("is_stopping", say("plans.budget.form.stop"), now.is_stopping, say("plans.budget.form.stop_hint")),
    ), str(plan.id), (Paragraph(say("plans.budget.form.intro", name=plan.name)),)))  # fmt: skip


def save(turn: Turn, subject: str, values: dict[str, str]) -> Show:
    """The budget came back; an empty cap takes it away."""
    turn.require("hr")
    plan = _known(turn, subject)
    back = Buttons((Button(say("plans.show"), "plan.show", str(plan.id)), Button(say("forecast.open"), "forecast.show")))
    if not values.get("cap", "").strip():
        drop_budget(turn.session, turn.now, turn.person_id, plan.name)
        return Show(Card(say("plans.budget.gone", name=plan.name), (back,), tone="good"))
    cap = read_money(values, "cap", plan.currency)
    set_budget(
        turn.session, turn.now, turn.person_id, plan.name, cap.amount_minor, values.get("period", ""), _percent(values), values.get("is_stopping") == "yes"
    )
    used = budgets.watch(turn.session, turn.now, plan.id or 0, turn.today, turn.deployment.time_zone)
    assert used is not None
    words = say("plans.budget.used", spent=used.spent, cap=used.cap, percent=used.percent, period=say(f"plans.budget.period.{used.budget.period}"))
    return Show(Card(say("plans.budget.saved", name=plan.name), (Paragraph(words), Note(say("plans.budget.counts")), back), tone="good"))


def _percent(values: dict[str, str]) -> int:
    text = values.get("warn_percent", "").strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 2):
        raise FieldRefusal("warn_percent", "plans.budget.percent")
    return int(text)


def _known(turn: Turn, value: str) -> BonusPlan:
    plan = plans.current(turn.session, wording.read_id(value))
    if plan is None:
        raise Refusal("plans.gone")
    return plan


DESK = Desk(buttons={"plan.budget": ask}, forms={"plan.budget": save})
