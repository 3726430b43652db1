"""Nurture plans at HR's desk: the stories around a recruitment, step by step."""

from __future__ import annotations

from datetime import date, timedelta

from sqlmodel import col, select

from bot import openings, stories
from bot.desks.balance_words import amount, audience_word
from bot.desks.hr.stories.going_out import read_day
from bot.desks.hr.strategy.forms import audience_field, read_audience
from bot.desks.turn import NEWSROOM, Turn
from bot.desks.wording import read_id
from bot.errors import FieldRefusal, Refusal
from bot.messages import (
    Answer,
    Ask,
    Block,
    Button,
    Buttons,
    Card,
    ChoiceField,
    DayField,
    Form,
    Heading,
    Item,
    Items,
    Note,
    Option,
    Paragraph,
    Plain,
    Say,
    Show,
    TextField,
    TickField,
    say,
)
from bot.openings import JobOpening
from bot.stories import Story, nurture
from bot.stories.nurture import NOTE_MAX, NurturePlan, NurtureStep
from bot.strategy import KINDS

PAGE = 8
PHASES = ("before", "during", "after")
LEAD = timedelta(days=28)


def show(turn: Turn, text: str) -> Answer:
    """`/vinkki-admin nurture`: openings, with and without a plan."""
    turn.require(*NEWSROOM)
    return Show(_list(turn, 0))


def page(turn: Turn, value: str) -> Answer:
    """A page of the list."""
    turn.require(*NEWSROOM)
    return Show(_list(turn, read_id(value)))


def _list(turn: Turn, number: int) -> Card:
    rows, total = openings.page(turn.session, turn.today, number * PAGE, PAGE)
    plans = nurture.open_plans(turn.session)
    items = tuple(_opening_item(row, plans.get(row.id or 0)) for row in rows)
    blocks: list[Block] = [Paragraph(say("nurture.why")), Items(items) if items else Paragraph(say("nurture.no_openings"))]
    more = (Button(say("stories.button.more"), "nurture.list", str(number + 1)),) if (number + 1) * PAGE < total else ()
    blocks.append(Buttons((*more, Button(say("strategy.button.all"), "strategy.more", "0"))))
    return Card(say("nurture.title"), tuple(blocks))


def _opening_item(row: JobOpening, plan: NurturePlan | None) -> Item:
    ident = str(row.id)
    if plan is None:
        return Item(Plain(row.title), say("nurture.none"), (Button(say("nurture.begin"), "nurture.begin", ident),))
    return Item(Plain(row.title), say("nurture.ask_on", day=plan.ask_on), (Button(say("stories.button.open"), "nurture.open", ident),))


def open_one(turn: Turn, value: str) -> Answer:
    """The plan of one opening."""
    turn.require(*NEWSROOM)
    opening = _opening(turn, value)
    plan = nurture.plan_of(turn.session, opening.id or 0)
    if plan is None:
        raise Refusal("nurture.refused.gone")
    return Show(_card(turn, opening, plan))


def _opening(turn: Turn, value: str) -> JobOpening:
    row = turn.session.get(JobOpening, read_id(value))
    if row is None:
        raise Refusal("nurture.refused.gone")
    return row


def _card(turn: Turn, opening: JobOpening, plan: NurturePlan) -> Card:
    name = audience_word(turn.session, plan.audience_id)
    blocks: list[Block] = [Paragraph(say("nurture.for_whom", audience=name, day=plan.ask_on))]
    blocks += [Paragraph(_warning(turn, w, name)) for w in nurture.warnings(turn.session, plan, turn.today, turn.deployment.time_zone)[:3]]
    rows = nurture.steps(turn.session, plan.id or 0)
    for phase in PHASES:
        if here := [r for r in rows if r.phase == phase]:
            blocks += [Heading(say(f"nurture.phase.{phase}")), Items(tuple(_item(turn, r) for r in here[:10]))]
    buttons = (Button(say("nurture.add"), "nurture.add", str(opening.id), "primary"), Button(say("nurture.all"), "nurture.list", "0"))
    return Card(say("nurture.card", title=opening.title), (*blocks, Buttons(buttons), Note(say("nurture.note"))))


def _warning(turn: Turn, warned: nurture.Warned, name: Say | str) -> Say:
    found = warned.earning
    if found.short and found.after.is_even:
        return say("nurture.warn_overlap", day=warned.step.on, count=found.short, all=found.people)
    return say("nurture.warn", day=warned.step.on, audience=name, amount=amount(found.gives, found.tells))


def _item(turn: Turn, row: NurtureStep) -> Item:
    title = say("nurture.step", day=row.on, kind=say(f"stories.kind.{row.kind}"))
    story = turn.session.get(Story, row.story_id) if row.story_id else None
    about = row.note or say(f"nurture.idea.{row.idea}") if row.note or row.idea else say("nurture.idea.open")
    change = Button(say("nurture.change"), "nurture.step", str(row.id))
    if story is None:
        key = "nurture.wanted_late" if row.on < turn.today else "nurture.wanted"
        return Item(title, say(key, about=about), (Button(say("nurture.choose"), "nurture.choose", str(row.id)), change))
    state = say("nurture.has_story", title=story.title, state=say(f"stories.state.{story.state}"))
    return Item(title, state, (Button(say("stories.button.open"), "story.open", str(story.id)), change))


def ask_begin(turn: Turn, value: str) -> Answer:
    """Button *Make a plan*: for whom, and when the opening is told of."""
    turn.require(*NEWSROOM)
    row = _opening(turn, value)
    day = (turn.today + LEAD).isoformat()
    fields = (audience_field(turn, None), DayField("day", say("nurture.form.day"), day, hint=say("nurture.form.day_hint")))
    return Ask(
        Form("nurture.begin", say("nurture.form.title"), say("nurture.form.submit"), fields, str(row.id), (Note(say("nurture.form.intro", title=row.title)),))
    )


def begun(turn: Turn, subject: str, values: dict[str, str]) -> Answer:
    """The form came back: the template is laid around that day."""
    turn.require(*NEWSROOM)
    opening, to = _opening(turn, subject), read_audience(turn, values)
    plan = nurture.begin(turn.session, turn.now, turn.person_id, opening.id or 0, to, _day(values), turn.today)
    return Show(_card(turn, opening, plan))


def _day(values: dict[str, str]) -> date:
    found = read_day("day", values.get("day", ""))
    if found is None:
        raise FieldRefusal("day", "stories.refused.day")
    return found.date()


def ask_add(turn: Turn, value: str) -> Answer:
    """Button *Add a step*."""
    turn.require(*NEWSROOM)
    opening = _opening(turn, value)
    return Ask(Form("nurture.add", say("nurture.form.step"), say("stories.form.submit"), _step_fields("give", "", turn.today.isoformat()), str(opening.id)))


def _step_fields(kind: str, note: str, day: str) -> tuple[ChoiceField, DayField, TextField]:
    kinds = tuple(Option(k, say(f"stories.kind_help.{k}")) for k in KINDS)
    return (
        ChoiceField("kind", say("stories.fact.kind"), kinds, initial=kind),
        DayField("day", say("nurture.form.step_day"), day),
        TextField("note", say("nurture.form.note"), note, optional=True, max_length=NOTE_MAX, hint=say("nurture.form.note_hint")),
    )


def added(turn: Turn, subject: str, values: dict[str, str]) -> Answer:
    """The form came back."""
    turn.require(*NEWSROOM)
    opening = _opening(turn, subject)
    plan = nurture.plan_of(turn.session, opening.id or 0)
    if plan is None:
        raise Refusal("nurture.refused.gone")
    nurture.add_step(turn.session, turn.now, turn.person_id, plan, values.get("kind", ""), _day(values), values.get("note", ""), turn.today)
    return Show(_card(turn, opening, plan))


def ask_step(turn: Turn, value: str) -> Answer:
    """Button *Change* of a step."""
    turn.require(*NEWSROOM)
    row = nurture.step_of(turn.session, read_id(value))
    fields = (*_step_fields(row.kind, row.note, row.on.isoformat()), TickField("drop", say("nurture.form.drop")))
    return Ask(Form("nurture.step", say("nurture.form.step"), say("stories.form.submit"), fields, str(row.id)))


def stepped(turn: Turn, subject: str, values: dict[str, str]) -> Answer:
    """The form came back: changed, or taken out."""
    turn.require(*NEWSROOM)
    row = nurture.step_of(turn.session, read_id(subject))
    plan = turn.session.get_one(NurturePlan, row.plan_id)
    if values.get("drop") == "yes":
        nurture.drop_step(turn.session, turn.now, turn.person_id, row.id or 0)
    else:
        nurture.change_step(turn.session, turn.now, turn.person_id, row.id or 0, values.get("kind", ""), _day(values), values.get("note", ""), turn.today)
    return Show(_card(turn, turn.session.get_one(JobOpening, plan.opening_id), plan))


def ask_story(turn: Turn, value: str) -> Answer:
    """Button *Choose a story*: drafts and scheduled ones of the step's kind. Where there is none, the way to write one."""
    turn.require(*NEWSROOM)
    row = nurture.step_of(turn.session, read_id(value))
    fitting = select(Story).where(col(Story.state).in_(("draft", "scheduled")), Story.kind == row.kind).order_by(col(Story.id).desc()).limit(100)
    options = tuple(Option(str(s.id), say("stories.named", name=s.title[:70])) for s in turn.session.exec(fitting))
    if not options:
        kind = say(f"stories.kind.{row.kind}")
        write = Buttons((Button(say("stories.button.write"), "story.write", "", "primary"), Button(say("stories.button.review"), "stories.tab", "review:0")))
        return Show(Card(say("nurture.no_story", kind=kind), (Paragraph(say("nurture.no_story_text")), write)))
    field = ChoiceField("story", say("nurture.form.story"), options, initial=options[0].value, hint=say("nurture.form.story_hint"))
    return Ask(Form("nurture.choose", say("nurture.form.choose"), say("stories.form.submit"), (field,), str(row.id)))


def chosen(turn: Turn, subject: str, values: dict[str, str]) -> Answer:
    """The form came back: the story is in the plan, with its day and audience, and waits for HR's yes."""
    turn.require(*NEWSROOM)
    row = nurture.step_of(turn.session, read_id(subject))
    stories.get(turn.session, read_id(values.get("story", "")))
    nurture.give_story(turn.session, turn.now, turn.person_id, row.id or 0, read_id(values["story"]), turn.today, turn.deployment.time_zone)
    plan = turn.session.get_one(NurturePlan, row.plan_id)
    return Show(_card(turn, turn.session.get_one(JobOpening, plan.opening_id), plan))


BUTTONS = {
    "nurture.list": page, "nurture.open": open_one, "nurture.begin": ask_begin, "nurture.add": ask_add, "nurture.step": ask_step, "nurture.choose": ask_story,
}  # fmt: skip
FORMS = {"nurture.begin": begun, "nurture.add": added, "nurture.step": stepped, "nurture.choose": chosen}
