"""Leave: from when until when somebody is away, and who has their referrals in hand meanwhile. HR can set it for others."""

from __future__ import annotations

from datetime import date

from bot import people
from bot.desks import wording
from bot.desks.handing import colleagues
from bot.desks.turn import STAFF, Desk, Turn
from bot.errors import FieldRefusal, Refusal
from bot.messages import Ask, Button, Buttons, Card, ChoiceField, DayField, Form, Note, Option, Paragraph, Plain, Replace, Say, Show, say
from bot.people import Person
from bot.referrals.leave import RecruiterLeave, end_leave, leave_of, plan_leave


def ask(turn: Turn, value: str) -> Ask:
    """The form; the value is a person's id, or nothing for oneself."""
    person = _whose(turn, value)
    row, others = leave_of(turn.session, person.id or 0), [p for p in colleagues(turn) if p.id != person.id]
    if not others:
        raise Refusal("recruiting.error.nobody_else")
    options, chosen = tuple(Option(str(p.id), Plain(p.name[:75])) for p in others), str(row.deputy_id) if row else str(others[0].id)
    return Ask(Form("leave.save", say("leave.form.title"), say("leave.form.submit"), (
        DayField("from_on", say("leave.form.from"), (row.from_on if row else turn.today).isoformat()),
        DayField("until_on", say("leave.form.until"), row.until_on.isoformat() if row else "", hint=say("leave.form.until_hint")),
        ChoiceField("deputy", say("leave.form.deputy"), options, chosen if any(o.value == chosen for o in options) else options[0].value),
    ), value, (Paragraph(say("leave.form.intro", name=person.name)),)))  # fmt: skip


def save(turn: Turn, subject: str, values: dict[str, str]) -> Show:
    """The form came back."""
    person, deputy = _whose(turn, subject), values.get("deputy", "")
    if not wording.is_id(deputy):
        raise FieldRefusal("deputy", "leave.error.deputy")
    days = _day("from_on", values.get("from_on", "")), _day("until_on", values.get("until_on", ""))
    row = plan_leave(turn.session, turn.now, turn.person_id, person, int(deputy), *days)
    return Show(Card(say("leave.saved"), (Paragraph(words(turn, person, row)), *_ways(person)), tone="good"))


def end(turn: Turn, value: str) -> Replace:
    """*Back again*: the leave is over, or will not be."""
    person = _whose(turn, value)
    if not end_leave(turn.session, turn.now, turn.person_id, person):
        raise Refusal("leave.error.none")
    return Replace(Card(say("leave.ended"), (Paragraph(say("leave.ended_text", name=person.name)),), tone="good"))


def words(turn: Turn, person: Person, row: RecruiterLeave) -> Say:
    """Who is away until when, and who stands in."""
    return say("leave.words", name=person.name, since=row.from_on, until=row.until_on, deputy=wording.person_name(turn.session, row.deputy_id))


def part(turn: Turn) -> tuple[Note | Buttons, ...]:
    """The end of a recruiter's list: for whom they stand in, their own leave, and the button for it."""
    row = leave_of(turn.session, turn.person_id)
    own = Button(say("leave.button.change" if row else "leave.button.plan"), "leave.edit", str(turn.person_id))
    if row is None:
        return (Buttons((own,)),)
    return Note(words(turn, turn.person, row)), Buttons((own, Button(say("leave.button.end"), "leave.end", str(turn.person_id))))


def button_for(person: Person) -> Button:
    """HR's way to somebody's leave."""
    return Button(say("leave.button.plan"), "leave.edit", str(person.id))


def _ways(person: Person) -> tuple[Buttons]:
    change = Button(say("leave.button.change"), "leave.edit", str(person.id))
    return (Buttons((change, Button(say("leave.button.end"), "leave.end", str(person.id)))),)


def _whose(turn: Turn, value: str) -> Person:
    """Oneself, or for HR anybody who recruits."""
    turn.require(*STAFF)
    if value == str(turn.person_id):
        return turn.person
    turn.require("hr")
    person = turn.session.get(Person, wording.read_id(value))
    if person is None or not people.has_role(turn.session, person.id or 0, *STAFF):
        raise Refusal("leave.error.no_recruiter")
    return person


def _day(field: str, text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise FieldRefusal(field, "leave.error.day") from None


DESK = Desk(buttons={"leave.edit": ask, "leave.end": end}, forms={"leave.save": save})
