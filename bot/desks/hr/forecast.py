"""What bonuses will cost, month by month, beside the budgets of the plans."""

from __future__ import annotations

from bot import plans
from bot.bonuses import budgets, forecast
from bot.bonuses.forecast import Month
from bot.desks.turn import Desk, Turn
from bot.messages import Block, Button, Buttons, Card, Chart, ChartBlock, Heading, Item, Items, Note, Paragraph, Say, Series, Show, say
from bot.money import Money, exponent

SHOWN = 10


def show(turn: Turn, value: str) -> Show:
    """`/vinkki-admin forecast`, and its button."""
    turn.require("hr", "payroll")
    months = forecast.liability(turn.session, turn.today)
    blocks: list[Block] = []
    for currency, row in list(months.items())[:3]:
        blocks += _currency(currency, row)
    if not months:
        blocks.append(Paragraph(say("forecast.none")))
    for money, count in forecast.open_promises(turn.session).values():
        blocks.append(Paragraph(say("forecast.open_referrals", money=money, count=count)))
    if rows := _budgets(turn):
        blocks += [Heading(say("forecast.budgets")), Items(rows)]
    back = (Buttons((Button(say("plans.back"), "plan.more", "0"),)),) if turn.has("hr") else ()
    return Show(Card(say("forecast.title"), (*blocks, *back, Note(say("forecast.note")))))


def _currency(currency: str, months: list[Month]) -> list[Block]:
    whole = sum((m.total for m in months[1:]), start=months[0].total)
    both = (("running", tuple(_units(m.running) for m in months)), ("coming", tuple(_units(m.coming) for m in months)))
    series = tuple(Series(say(f"forecast.{name}"), values) for name, values in both if any(values))
    chart = Chart(say("forecast.chart", currency=currency), tuple(say(f"forecast.short.m{m.begins.month}") for m in months), series)
    filled = [m for m in months if m.total.amount_minor][:SHOWN]
    rows = tuple(Item(say("forecast.row", month=month_words(m), money=m.total), _detail(m)) for m in filled)
    return [Paragraph(say("forecast.total", money=whole)), ChartBlock(chart), Items(rows)]


def _detail(month: Month) -> Say:
    if month.coming.amount_minor:
        return say("forecast.row_detail", money=month.coming, count=month.bonuses)
    return say("forecast.row_count", count=month.bonuses)


def month_words(month: Month) -> Say:
    """A month with its year."""
    return say(f"forecast.month.m{month.begins.month}", year=str(month.begins.year))


def _units(money: Money) -> int:
    """Whole units of the currency, rounded half up: charts take whole numbers."""
    unit: int = 10 ** exponent(money.currency)
    return (2 * money.amount_minor + unit) // (2 * unit)


def _budgets(turn: Turn) -> tuple[Item, ...]:
    uses = [(plan, budgets.use(turn.session, plan, turn.today, turn.deployment.time_zone)) for plan in plans.current_plans(turn.session)]
    return tuple(
        Item(
            say("forecast.budget", name=plan.name, percent=used.percent),
            say("plans.budget.used", spent=used.spent, cap=used.cap, percent=used.percent, period=say(f"plans.budget.period.{used.budget.period}")),
            (Button(say("plans.budget.button"), "plan.budget", str(plan.id)),) if turn.has("hr") else (),
        )
        for plan, used in uses
        if used
    )[:SHOWN]


DESK = Desk(commands={"admin forecast": show}, buttons={"forecast.show": show})
