"""The HR desk for strategy: why stories go out, to whom, and whether it works."""

from __future__ import annotations

from datetime import date

from bot import audiences, insights, strategy
from bot.desks.hr.stories.showing import audience_name, owed
from bot.desks.turn import Desk, Turn
from bot.desks.wording import read_id
from bot.errors import FieldRefusal, Refusal
from bot.messages import (
    Answer,
    Ask,
    Block,
    Button,
    Buttons,
    Card,
    Chart,
    ChartBlock,
    ChoiceField,
    DayField,
    Divider,
    Fact,
    Facts,
    Form,
    Item,
    Items,
    Note,
    Option,
    Paragraph,
    Plain,
    Say,
    Series,
    Show,
    TextField,
    say,
)
from bot.strategy import FIGURES, Measure, Strategy

ROLES = ("hr", "curator")
PAGE = 8


def show(turn: Turn, text: str) -> Answer:
    """`/vinkki-admin strategy`: all strategies, and the balance with everyone."""
    turn.require(*ROLES)
    return Show(_list(turn, 0))


def more(turn: Turn, value: str) -> Answer:
    """The next page."""
    turn.require(*ROLES)
    return Show(_list(turn, read_id(value)))


def _list(turn: Turn, page: int) -> Card:
    rows = strategy.listed(turn.session)[page * PAGE : page * PAGE + PAGE + 1]
    items = tuple(Item(Plain(s.name), Plain(s.goal[:200]), (Button(say("stories.button.open"), "strategy.open", str(s.id)),)) for s in rows[:PAGE])
    blocks: list[Block] = [Items(items)] if items else [Paragraph(say("strategy.empty"))]
    create = Button(say("strategy.button.create"), "strategy.create", "", "primary")
    following = (Button(say("stories.button.more"), "strategy.more", str(page + 1)),) if len(rows) > PAGE else ()
    blocks += [Buttons((create, *following)), Divider(), balance_facts(turn, None), Note(say("balance.why"))]
    return Card(say("strategy.title"), tuple(blocks))


def balance_facts(turn: Turn, audience_id: int | None) -> Facts:
    """Gives, tells and asks of an audience in the window, and what is owed before the next ask."""
    found = strategy.balance(turn.session, audience_id, turn.today)
    counts = say("balance.counts", **{k: say(f"balance.{k}", count=getattr(found, k)) for k in strategy.KINDS})
    name = audience_name(turn.session, audience_id)
    return Facts((Fact(say("stories.fact.audience"), name), Fact(say("balance.next", count=found.days), counts), Fact(say("balance.title"), owed(found))))


def open_one(turn: Turn, value: str) -> Answer:
    """One strategy: goal, figures against targets, the audience's balance."""
    turn.require(*ROLES)
    return Show(_card(turn, _get(turn, value)))


def _get(turn: Turn, value: str) -> Strategy:
    row = turn.session.get(Strategy, read_id(value))
    if row is None:
        raise Refusal("strategy.refused.unknown")
    return row


def _card(turn: Turn, row: Strategy) -> Card:
    measures = strategy.measures(turn.session, row.id or 0)[:10]
    now = [insights.figure(turn.session, m.figure, row, turn.now, turn.today) for m in measures]
    blocks: list[Block] = [Paragraph(Plain(row.goal))]
    if measures:
        blocks += [
            Facts(tuple(Fact(say(f"strategy.figure.{m.figure}"), _against(m, n, turn.today)) for m, n in zip(measures, now, strict=True))),
            _chart(measures, now),
        ]
    else:
        blocks.append(Paragraph(say("strategy.no_measures")))
    blocks += [balance_facts(turn, row.audience_id), Buttons((Button(say("strategy.button.measure"), "strategy.measure", str(row.id), "primary"),))]
    return Card(say("strategy.named", name=row.name), tuple(blocks))


def _against(measure: Measure, now: int, today: date) -> Say:
    if now >= measure.target:
        return say("strategy.reached", now=now, target=measure.target, day=measure.deadline)
    key = "strategy.on_the_way" if today <= measure.deadline else "strategy.missed"
    return say(key, now=now, target=measure.target, day=measure.deadline)


def _chart(measures: list[Measure], now: list[int]) -> ChartBlock:
    """Percent of each target, so that clicks and people share one scale."""
    labels = tuple(say(f"strategy.figure.{m.figure}") for m in measures)
    reached = Series(say("strategy.series"), tuple(min(999, 100 * n // m.target) for m, n in zip(measures, now, strict=True)))
    return ChartBlock(Chart(say("strategy.chart"), labels, (reached,)))


def ask_create(turn: Turn, value: str) -> Answer:
    """Button *New strategy*."""
    turn.require(*ROLES)
    groups = tuple(Option(str(a.id), say("stories.named", name=a.name)) for a in audiences.offered(turn.session)[:99])
    fields = (
        TextField("name", say("strategy.form.name"), max_length=120),
        TextField("goal", say("strategy.form.goal"), max_length=1000, rows=4, hint=say("strategy.form.goal_hint")),
        ChoiceField("audience", say("stories.fact.audience"), (Option("0", say("stories.everyone")), *groups), initial="0"),
        *_measure_fields(optional=True),
    )
    return Ask(Form("strategy.create", say("strategy.form.title"), say("stories.form.submit"), fields))


def _measure_fields(*, optional: bool) -> tuple[ChoiceField, TextField, DayField]:
    figures = tuple(Option(f, say(f"strategy.figure.{f}")) for f in FIGURES)
    return (
        ChoiceField("figure", say("strategy.form.figure"), figures, initial="human_clicks", hint=say("strategy.form.figure_hint")),
        TextField("target", say("strategy.form.target"), optional=optional, max_length=12, shape="number"),
        DayField("deadline", say("strategy.form.deadline"), optional=optional),
    )


def created(turn: Turn, subject: str, values: dict[str, str]) -> Answer:
    """The form came back; a first measure may be in it."""
    turn.require(*ROLES)
    audience_id = read_id(values.get("audience") or "0") or None
    if audience_id and turn.session.get(audiences.Audience, audience_id) is None:
        raise FieldRefusal("audience", "stories.refused.audience")
    row = strategy.create(turn.session, turn.now, turn.person_id, values.get("name", ""), values.get("goal", ""), audience_id)
    if values.get("target", "").strip():
        _add_measure(turn, row, values)
    return Show(_card(turn, row))


def ask_measure(turn: Turn, value: str) -> Answer:
    """Button *Add a measure*."""
    turn.require(*ROLES)
    row = _get(turn, value)
    return Ask(Form("strategy.measure", say("strategy.form.measure"), say("stories.form.submit"), _measure_fields(optional=False), subject=str(row.id)))


def measured(turn: Turn, subject: str, values: dict[str, str]) -> Answer:
    """The form came back."""
    turn.require(*ROLES)
    row = _get(turn, subject)
    _add_measure(turn, row, values)
    return Show(_card(turn, row))


def _add_measure(turn: Turn, row: Strategy, values: dict[str, str]) -> None:
    typed = values.get("target", "").strip().replace(" ", "")
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 10):
        raise FieldRefusal("target", "strategy.refused.target")
    try:
        deadline = date.fromisoformat(values.get("deadline", "").strip())
    except ValueError:
        raise FieldRefusal("deadline", "strategy.refused.deadline") from None
    strategy.add_measure(turn.session, turn.now, turn.person_id, row.id or 0, values.get("figure", ""), int(typed), deadline)


DESK = Desk(
    commands={"admin strategy": show},
    buttons={"strategy.open": open_one, "strategy.more": more, "strategy.create": ask_create, "strategy.measure": ask_measure},
    forms={"strategy.create": created, "strategy.measure": measured},
)
