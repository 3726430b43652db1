"""Audiences at HR's desk: a rule as a form, how many it selects and some of whom, before a story ever goes to it."""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from typing import Any

from sqlalchemy import func
from sqlmodel import col, select

from bot import audiences
from bot.audiences import Audience, Rule
from bot.desks.turn import Desk, Turn
from bot.desks.wording import is_id
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
    Fact,
    Facts,
    Form,
    FormField,
    Item,
    Items,
    Note,
    Option,
    Paragraph,
    Plain,
    Replace,
    Show,
    Text,
    TextField,
    TickField,
    say,
)
from bot.people import KINDS, Person
from bot.people.checking import LOCALES

PAGE = 8
_SHOWN = 8
_COLUMNS = {"departments": "department", "locations": "location", "countries": "country"}


def show(turn: Turn, text: str) -> Answer:
    """`admin audiences`."""
    turn.require("hr", "curator")
    return Show(_list(turn, 0))


def page(turn: Turn, value: str) -> Answer:
    """Another page; the value is how many come before it."""
    turn.require("hr", "curator")
    return Replace(_list(turn, int(value) if value.isascii() and value.isdigit() and len(value) < 7 else 0))


def _list(turn: Turn, offset: int) -> Card:
    rows = audiences.offered(turn.session)
    new = Button(say("audiences.new"), "audience.new", style="primary")
    if not rows:
        return Card(say("audiences.title"), (Paragraph(say("audiences.none")), Buttons((new,))))
    items = tuple(_row(turn, row) for row in rows[offset : offset + PAGE])
    more = (Button(say("audiences.more"), "audience.page", str(offset + PAGE)),) if len(rows) > offset + PAGE else ()
    return Card(say("audiences.title"), (Items(items), Buttons((new, *more))))


def _row(turn: Turn, row: Audience) -> Item:
    size = audiences.count(turn.session, Rule.from_json(row.rule), turn.today)
    return Item(Plain(row.name), say("audiences.size", count=size), (Button(say("audiences.open"), "audience.open", str(row.id)),))


def open_audience(turn: Turn, value: str) -> Answer:
    """One audience: its rule in words, how many it selects now, and some of them."""
    turn.require("hr", "curator")
    return Show(_card(turn, _known(turn, value)))


def _card(turn: Turn, row: Audience) -> Card:
    rule = Rule.from_json(row.rule)
    size, some = audiences.count(turn.session, rule, turn.today), audiences.preview(turn.session, rule, turn.today, _SHOWN)
    names = ", ".join(p.name for p in some) + (" …" if size > len(some) else "")
    blocks: list[Block] = [Paragraph(say("audiences.selects", count=size))]
    if facts := _in_words(rule):
        blocks.append(Facts(facts))
    blocks.append(Note(say("audiences.for_example", names=names) if some else say("audiences.nobody_now")))
    buttons = (Button(say("audiences.edit"), "audience.edit", str(row.id)),
               Button(say("audiences.retire"), "audience.retire", str(row.id), "danger", confirm=say("audiences.retire_confirm")),
               Button(say("audiences.all"), "audience.page", "0"))  # fmt: skip
    return Card(say("audiences.card", name=row.name), (*blocks, Buttons(buttons)))


def _in_words(rule: Rule) -> tuple[Fact, ...]:
    parts: list[tuple[str, tuple[str, ...]]] = [
        ("departments", rule.departments), ("locations", rule.locations), ("countries", rule.countries),
    ]  # fmt: skip
    facts = [Fact(say(f"audiences.parts.{name}"), Plain(", ".join(values))) for name, values in parts if values]
    if rule.kinds:
        facts.append(Fact(say("audiences.parts.kinds"), _joined([say(f"people.kinds.{k}") for k in rule.kinds])))
    if rule.languages:
        facts.append(Fact(say("audiences.parts.languages"), _joined([say(f"profile.languages.{x}") for x in rule.languages])))
    if rule.person_ids:
        facts.append(Fact(say("audiences.parts.person_ids"), say("people.number", count=len(rule.person_ids))))
    days = (("joined_before", rule.joined_before), ("joined_after", rule.joined_after))
    return (*facts, *(Fact(say(f"audiences.parts.{name}"), say("people.day", day=day)) for name, day in days if day))


def _joined(words: list[Text]) -> Text:
    whole = words[0]
    for word in words[1:]:
        whole = say("audiences.and", first=whole, second=word)
    return whole


def new(turn: Turn, value: str) -> Answer:
    """The empty form."""
    turn.require("hr", "curator")
    return Ask(_form(turn, "", "", Rule()))


def edit(turn: Turn, value: str) -> Answer:
    """The form of one audience."""
    turn.require("hr", "curator")
    row = _known(turn, value)
    return Ask(_form(turn, value, row.name, Rule.from_json(row.rule)))


def _form(turn: Turn, subject: str, name: str, rule: Rule) -> Form:
    fields: list[FormField] = [
        TextField("name", say("audiences.name"), name, max_length=80, hint=say("audiences.name_hint")),
        _choice("kinds", [(k, say(f"people.kinds.{k}")) for k in KINDS], rule.kinds),
        _choice("languages", [(x, say(f"profile.languages.{x}")) for x in LOCALES], rule.languages),
    ]
    fields += [_value_choice(part, values, getattr(rule, part)) for part in _COLUMNS if (values := _values(turn, part))]
    days = (("joined_before", rule.joined_before), ("joined_after", rule.joined_after))
    fields += [DayField(part, say(f"audiences.parts.{part}"), day.isoformat() if day else "", optional=True) for part, day in days]
    fields.append(TickField("everybody", say("audiences.everybody"), hint=say("audiences.everybody_hint")))
    intro = (Paragraph(say("audiences.intro")),)
    return Form("audience.save", say("audiences.form_title"), say("audiences.submit"), tuple(fields), subject, intro)


def _choice(part: str, options: list[tuple[str, Text]], chosen: tuple[str, ...]) -> ChoiceField:
    offered = tuple(Option(value, words) for value, words in options)
    known = {option.value for option in offered}
    return ChoiceField(part, say(f"audiences.parts.{part}"), offered, ",".join(c for c in chosen if c in known), optional=True, multiple=True)


def _value_choice(part: str, values: list[str], chosen: tuple[str, ...]) -> ChoiceField:
    return _choice(part, [(_token(v), Plain(v[:75])) for v in values], tuple(_token(v) for v in chosen))


def _values(turn: Turn, part: str) -> list[str]:
    column = col(getattr(Person, _COLUMNS[part]))
    rows = turn.session.exec(select(column).where(column != "").group_by(column).order_by(func.count().desc(), column).limit(100))
    return sorted(rows)


def _token(value: str) -> str:
    """An opaque option for a value that may hold commas."""
    return sha256(value.encode()).hexdigest()[:12]


def save(turn: Turn, subject: str, values: dict[str, str]) -> Answer:
    """The form came back: kept unless it selects nobody, or everybody by mistake."""
    turn.require("hr", "curator")
    row = _known(turn, subject) if subject else None
    parts: dict[str, Any] = {part: _picked(turn, part, values.get(part, "")) for part in ("kinds", "languages", *_COLUMNS)}
    ids = Rule.from_json(row.rule).person_ids if row else ()
    parts |= {part: _day(part, values.get(part, "")) for part in ("joined_before", "joined_after")}
    rule = Rule(**parts, person_ids=ids)
    name, everybody = values.get("name", "")[:80], values.get("everybody") == "yes"
    return Show(_card(turn, audiences.save(turn.session, turn.now, turn.person_id, name, rule, turn.today, id=row.id if row else None, everybody=everybody)))


def _picked(turn: Turn, part: str, text: str) -> tuple[str, ...]:
    known = {_token(v): v for v in _values(turn, part)} if part in _COLUMNS else {v: v for v in (KINDS if part == "kinds" else LOCALES)}
    picked = [v for v in text.split(",") if v]
    if any(v not in known for v in picked):
        raise FieldRefusal(part, "audiences.choose_again")
    return tuple(known[v] for v in picked)


def _day(part: str, text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise FieldRefusal(part, "audiences.bad_day") from None


def retire(turn: Turn, value: str) -> Answer:
    """Offer an audience no longer."""
    turn.require("hr", "curator")
    audiences.retire(turn.session, turn.now, turn.person_id, _known(turn, value).id or 0)
    return Replace(_list(turn, 0))


def _known(turn: Turn, value: str) -> Audience:
    row = turn.session.get(Audience, int(value)) if is_id(value) else None
    if row is None or not row.is_offered:
        raise Refusal("audiences.unknown")
    return row


DESK = Desk(
    commands={"admin audiences": show},
    buttons={"audience.page": page, "audience.open": open_audience, "audience.new": new, "audience.edit": edit, "audience.retire": retire},
    forms={"audience.save": save},
)
