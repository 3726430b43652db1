"""The form of a bonus plan: what it asks, and what comes back."""

from __future__ import annotations

from bot import plans, settings
from bot.desks.turn import Turn
from bot.desks.wording import is_id
from bot.errors import FieldRefusal, Refusal
from bot.messages import ChoiceField, Form, FormField, Note, Option, TextField, TickField, say
from bot.money import CURRENCIES, Money, parse_money
from bot.plans import BonusPlan, Charity, Instalment, PlanDraft

PARTS = 3  # parts that the form offers; the model takes more
_LEFT_OUT = (Option("", say("plans.form.left_out")),)  # said in so many words: in chat a choice once made cannot be taken back


def plan_form(turn: Turn, plan: BonusPlan | None) -> Form:
    """The form of a new plan, or of the next version of one that is in force."""
    fields: list[FormField] = []
    currency = plan.currency if plan else turn.deployment.currency
    if plan is None:
        fields.append(TextField("name", say("plans.form.name"), max_length=80, hint=say("plans.form.name_hint")))
        fields.append(TextField("currency", say("plans.form.currency"), currency, max_length=3))
    parts = plans.promise_of_version(turn.session, plan.id or 0).instalments if plan else ()
    for number in range(1, max(PARTS, len(parts)) + 1):
        fields += _part_fields(turn, number, parts[number - 1] if number <= len(parts) else None, currency)
    fields.append(TextField("department", say("plans.form.department"), plan.department if plan else "", optional=True, max_length=80,
                            hint=say("plans.form.scope_hint")))  # fmt: skip
    fields.append(TextField("country", say("plans.form.country"), plan.country if plan else "", optional=True, max_length=60))
    is_default = plan.is_default if plan else not plans.current_plans(turn.session)
    fields.append(TickField("is_default", say("plans.form.default"), is_default, say("plans.form.default_hint")))
    title = say("plans.form.title_change") if plan else say("plans.form.title_new")
    return Form("plan.save", title, say("plans.form.submit"), tuple(fields), str(plan.id) if plan else "", (Note(say("plans.form.intro")),))


def _part_fields(turn: Turn, number: int, part: Instalment | None, currency: str) -> list[FormField]:
    first = number == 1
    days = str(settings.get(turn.session, "bonus.qualifying_days")) if first else ""
    amount = "" if part is None else str(part.days_off) if part.reward == "day_off" else str(part.money.decimal)
    return [
        ChoiceField(f"reward_{number}", say("plans.form.reward", number=number), (*(() if first else _LEFT_OUT), *_rewards(turn, part)), _reward(part)),
        TextField(f"amount_{number}", say("plans.form.amount", number=number, currency=currency), amount, optional=not first, max_length=20,
                  hint=say("plans.form.amount_hint") if first else None),
        TextField(f"days_{number}", say("plans.form.days", number=number), str(part.days) if part else days, optional=not first, max_length=5, shape="number"),
    ]  # fmt: skip


def _reward(part: Instalment | None) -> str:
    if part is None:
        return "money"
    return f"donation:{part.charity_id}" if part.charity_id else part.reward


def _rewards(turn: Turn, part: Instalment | None) -> tuple[Option, ...]:
    found = plans.charities.listed(turn.session)[:90]
    mine = turn.session.get(Charity, part.charity_id) if part and part.charity_id else None
    if mine and all(c.id != mine.id for c in found):  # no longer on the list, but what the plan says now
        found.append(mine)
    donations = (Option(f"donation:{c.id}", say("plans.form.donation", name=c.name[:50])) for c in found)
    return (Option("money", say("plans.form.money")), Option("day_off", say("plans.form.day_off")), *donations)


def plan_draft(turn: Turn, known: BonusPlan | None, values: dict[str, str]) -> PlanDraft:
    """What the form says. Raises FieldRefusal for what cannot be read."""
    name, currency = (known.name, known.currency) if known else (values.get("name", "").strip(), _currency(turn, values))
    if known is None and any(p.name.casefold() == name.casefold() for p in plans.current_plans(turn.session)):
        raise FieldRefusal("name", "plans.name_taken", name=name)
    scope = {field: values.get(field, "").strip() for field in ("department", "country")}
    return PlanDraft(name, _parts(turn, values, currency), is_default=values.get("is_default") == "yes", **scope)


def _currency(turn: Turn, values: dict[str, str]) -> str:
    text = values.get("currency", "").strip().upper() or turn.deployment.currency
    if text not in CURRENCIES:
        raise FieldRefusal("currency", "plans.currency_unknown", text=text[:10])
    return text


def _parts(turn: Turn, values: dict[str, str], currency: str) -> tuple[Instalment, ...]:
    numbers = [n for n in range(1, plans.MAX_INSTALMENTS + 1) if _is_wanted(values, n)]
    if numbers != list(range(1, len(numbers) + 1)):
        raise FieldRefusal(f"amount_{numbers[0] if numbers[0] > 1 else numbers[-1]}", "plans.gap")
    return tuple(_part(turn, values, n, currency) for n in numbers)


def _is_wanted(values: dict[str, str], number: int) -> bool:
    """A part is left out by saying so, or by leaving its amount and its days empty; whoever chose a day off or a donation wants one."""
    reward = values.get(f"reward_{number}", "money")
    return bool(reward) and (reward != "money" or any(values.get(f"{field}_{number}", "").strip() for field in ("amount", "days")))


def _part(turn: Turn, values: dict[str, str], number: int, currency: str) -> Instalment:
    reward, _, charity = values.get(f"reward_{number}", "money").partition(":")
    days, field = read_days(values, f"days_{number}"), f"amount_{number}"
    if reward == "day_off":
        text = values.get(field, "").strip()
        if not (text.isascii() and text.isdigit() and len(text) <= 2):
            raise FieldRefusal(field, "plans.days_off", count=plans.MAX_DAYS_OFF)
        return Instalment(days, Money(0, currency), "day_off", int(text))
    money = read_money(values, field, currency)
    if reward != "donation":
        return Instalment(days, money, reward)
    if not is_id(charity) or turn.session.get(Charity, int(charity)) is None:
        raise FieldRefusal(f"reward_{number}", "plans.reward_unknown")
    return Instalment(days, money, "donation", charity_id=int(charity))


def read_money(values: dict[str, str], field: str, currency: str) -> Money:
    """An amount of a form. Raises FieldRefusal naming what is wrong with it."""
    try:
        return parse_money(values.get(field, ""), currency)
    except Refusal as e:
        raise FieldRefusal(field, e.key, **e.params) from None


def read_days(values: dict[str, str], field: str) -> int:
    """Whole calendar days of a form. Raises FieldRefusal `plans.days`."""
    text = values.get(field, "").strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 5):
        raise FieldRefusal(field, "plans.days", count=plans.MAX_DAYS)
    return int(text)
