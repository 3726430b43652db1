"""Making and changing a strategy: the goal, its measures, its rhythm. Small forms, one thing each."""

from __future__ import annotations

from datetime import date

from bot import audiences, strategy
from bot.desks.balance_words import audience_word
from bot.desks.hr.strategy.listing import card, known
from bot.desks.turn import NEWSROOM, Turn
from bot.desks.wording import is_id, read_id
from bot.errors import FieldRefusal, Refusal
from bot.messages import Answer, Ask, ChoiceField, DayField, Form, FormField, Option, Show, TextField, say
from bot.strategy import FIGURES, KINDS, Action, Measure, Strategy


def ask_create(turn: Turn, value: str) -> Answer:
    """Button *New strategy*."""
    turn.require(*NEWSROOM)
    fields = (*_goal_fields(turn, None), *_measure_fields(optional=True))
    return Ask(Form("strategy.create", say("strategy.form.title"), say("stories.form.submit"), fields))


def ask_change(turn: Turn, value: str) -> Answer:
    """Button *Change*."""
    turn.require(*NEWSROOM)
    row = known(turn, value)
    return Ask(Form("strategy.change", say("strategy.form.title"), say("stories.form.submit"), _goal_fields(turn, row), str(row.id)))


def _goal_fields(turn: Turn, row: Strategy | None) -> tuple[FormField, ...]:
    return (
        TextField("name", say("strategy.form.name"), row.name if row else "", max_length=120),
        TextField("goal", say("strategy.form.goal"), row.goal if row else "", max_length=1000, rows=4, hint=say("strategy.form.goal_hint")),
        audience_field(turn, row.audience_id if row else None),
    )


def audience_field(turn: Turn, chosen: int | None) -> ChoiceField:
    """Everyone, or one of the audiences that are offered."""
    groups = tuple(Option(str(a.id), say("stories.named", name=a.name)) for a in audiences.offered(turn.session)[:99])
    initial = str(chosen or 0) if not chosen or any(g.value == str(chosen) for g in groups) else "0"
    return ChoiceField("audience", say("stories.fact.audience"), (Option("0", say("stories.everyone")), *groups), initial=initial)


def _measure_fields(*, optional: bool) -> tuple[ChoiceField, TextField, DayField]:
    figures = tuple(Option(f, say(f"strategy.figure.{f}")) for f in FIGURES)
    return (
        ChoiceField("figure", say("strategy.form.figure"), figures, initial="human_clicks", hint=say("strategy.form.figure_hint")),
        TextField("target", say("strategy.form.target"), optional=optional, max_length=12, shape="number"),
        DayField("deadline", say("strategy.form.deadline"), optional=optional),
    )


def read_audience(turn: Turn, values: dict[str, str]) -> int | None:
    """The audience chosen, None for everyone. Raises FieldRefusal `audience`."""
    audience_id = read_id(values.get("audience") or "0") or None
    if audience_id and turn.session.get(audiences.Audience, audience_id) is None:
        raise FieldRefusal("audience", "stories.refused.audience")
    return audience_id


def created(turn: Turn, subject: str, values: dict[str, str]) -> Answer:
    """The form came back; a first measure may be in it."""
    turn.require(*NEWSROOM)
    to = read_audience(turn, values)
    row = strategy.create(turn.session, turn.now, turn.person_id, values.get("name", ""), values.get("goal", ""), to)
    if values.get("target", "").strip():
        _add_measure(turn, row, values)
    return Show(card(turn, row))


def changed(turn: Turn, subject: str, values: dict[str, str]) -> Answer:
    """The form came back."""
    turn.require(*NEWSROOM)
    row, to = known(turn, subject), read_audience(turn, values)
    return Show(card(turn, strategy.change(turn.session, turn.now, turn.person_id, row.id or 0, values.get("name", ""), values.get("goal", ""), to)))


def ask_measure(turn: Turn, value: str) -> Answer:
    """Button *Add a measure*."""
    turn.require(*NEWSROOM)
    row = known(turn, value)
    return Ask(Form("strategy.measure", say("strategy.form.measure"), say("stories.form.submit"), _measure_fields(optional=False), subject=str(row.id)))


def measured(turn: Turn, subject: str, values: dict[str, str]) -> Answer:
    """The form came back."""
    turn.require(*NEWSROOM)
    row = known(turn, subject)
    _add_measure(turn, row, values)
    return Show(card(turn, row))


def _add_measure(turn: Turn, row: Strategy, values: dict[str, str]) -> None:
    target = _number(values.get("target", ""), "target")
    try:
        deadline = date.fromisoformat(values.get("deadline", "").strip())
    except ValueError:
        raise FieldRefusal("deadline", "strategy.refused.deadline") from None
    strategy.add_measure(turn.session, turn.now, turn.person_id, row.id or 0, values.get("figure", ""), target, deadline, turn.today)


def _number(typed: str, field: str) -> int:
    typed = typed.strip().replace(" ", "")
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 10):
        raise FieldRefusal(field, f"strategy.refused.{field}")
    return int(typed)


def ask_action(turn: Turn, value: str) -> Answer:
    """Button *Plan a rhythm*."""
    turn.require(*NEWSROOM)
    row = known(turn, value)
    kinds = tuple(Option(k, say(f"stories.kind_help.{k}")) for k in KINDS)
    fields = (
        audience_field(turn, row.audience_id),
        ChoiceField("kind", say("stories.fact.kind"), kinds, initial="give"),
        TextField("every", say("strategy.form.every"), "7", max_length=3, shape="number", hint=say("strategy.form.every_hint")),
    )
    return Ask(Form("strategy.action", say("strategy.form.action"), say("stories.form.submit"), fields, str(row.id)))


def acted(turn: Turn, subject: str, values: dict[str, str]) -> Answer:
    """The form came back."""
    turn.require(*NEWSROOM)
    row, to = known(turn, subject), read_audience(turn, values)
    every = _number(values.get("every", ""), "every")
    strategy.add_action(turn.session, turn.now, turn.person_id, row.id or 0, to, values.get("kind", ""), every, turn.today)
    return Show(card(turn, row))


def ask_less(turn: Turn, value: str) -> Answer:
    """Button *Take something away*: which measure or rhythm."""
    turn.require(*NEWSROOM)
    row = known(turn, value)
    parts = [Option(f"m{m.id}", say("strategy.form.a_measure", figure=say(f"strategy.figure.{m.figure}"), target=m.target)) for m in _measures(turn, row)]
    parts += [
        Option(f"a{a.id}", say("rhythm.name", audience=audience_word(turn.session, a.audience_id), kind=say(f"stories.kind.{a.kind}"), count=a.every_days))
        for a in strategy.actions(turn.session, row.id)
    ]
    if not parts:
        raise Refusal("strategy.refused.gone")
    field = ChoiceField("part", say("strategy.form.which"), tuple(parts[:100]), initial=parts[0].value)
    return Ask(Form("strategy.less", say("strategy.form.less"), say("strategy.form.less_submit"), (field,), str(row.id)))


def _measures(turn: Turn, row: Strategy) -> list[Measure]:
    return strategy.measures(turn.session, row.id or 0)


def lessened(turn: Turn, subject: str, values: dict[str, str]) -> Answer:
    """The form came back."""
    turn.require(*NEWSROOM)
    row, part = known(turn, subject), values.get("part", "")
    ident = int(part[1:]) if is_id(part[1:]) else 0
    found: Measure | Action | None = turn.session.get(Measure, ident) if part[:1] == "m" else turn.session.get(Action, ident) if part[:1] == "a" else None
    if found is None or found.strategy_id != row.id:
        raise FieldRefusal("part", "strategy.refused.gone")
    (strategy.drop_measure if isinstance(found, Measure) else strategy.drop_action)(turn.session, turn.now, turn.person_id, ident)
    turn.session.flush()
    return Show(card(turn, row))


BUTTONS = {
    "strategy.create": ask_create, "strategy.change": ask_change, "strategy.measure": ask_measure, "strategy.action": ask_action, "strategy.less": ask_less,
}  # fmt: skip
FORMS = {
    "strategy.create": created, "strategy.change": changed, "strategy.measure": measured, "strategy.action": acted, "strategy.less": lessened,
}  # fmt: skip
