"""Changing an audience: three small forms instead of one long one. After each the card shows whom the rule selects by now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import func
from sqlmodel import col, select

from bot import audiences
from bot.audiences import Audience, Rule
from bot.audiences.rules import NAMED_MAX
from bot.desks import topics
from bot.desks.hr.audiences.showing import SHOWN, card, known
from bot.desks.turn import NEWSROOM, Turn
from bot.desks.wording import is_id, option_token
from bot.errors import FieldRefusal
from bot.messages import Answer, Ask, ChoiceField, DayField, Form, FormField, LookupField, Note, Option, Paragraph, Plain, Show, Text, TextField, TickField, say
from bot.people import KINDS, Person
from bot.people.checking import LOCALES

_COLUMNS = {"departments": "department", "locations": "location", "countries": "country"}
_ADDRESSES = 3000


def new(turn: Turn, value: str) -> Answer:
    """The empty form."""
    turn.require(*NEWSROOM)
    return Ask(_form(turn, "", "", Rule()))


def edit(turn: Turn, value: str) -> Answer:
    """The form of one audience."""
    turn.require(*NEWSROOM)
    row = known(turn, value)
    return Ask(_form(turn, value, row.name, Rule.from_json(row.rule)))


def _form(turn: Turn, subject: str, name: str, rule: Rule) -> Form:
    fields: list[FormField] = [
        TextField("name", say("audiences.name"), name, max_length=80, hint=say("audiences.name_hint")),
        _choice("kinds", [(k, say(f"people.kinds.{k}")) for k in KINDS], rule.kinds),
        _choice("languages", [(x, say(f"profile.languages.{x}")) for x in LOCALES], rule.languages),
    ]
    fields += [_value_choice(part, values, getattr(rule, part)) for part in _COLUMNS if (values := _values(turn, part))]
    fields.append(_under(turn, rule))
    if rule.under_ids:
        fields.append(TickField("clear_under", say("audiences.clear_under")))
    fields.append(TickField("everybody", say("audiences.everybody"), hint=say("audiences.everybody_hint")))
    intro = (Paragraph(say("audiences.intro")),)
    return Form("audience.save", say("audiences.form_title"), say("audiences.submit"), tuple(fields), subject, intro)


def _under(turn: Turn, rule: Rule) -> LookupField:
    manager = turn.session.get(Person, rule.under_ids[0]) if rule.under_ids else None
    initial = Option(str(manager.id), Plain(manager.name[:75])) if manager else None
    return LookupField("under", say("audiences.parts.under_ids"), "people.person", initial, optional=True, hint=say("audiences.under_hint"))


def _choice(part: str, options: list[tuple[str, Text]], chosen: tuple[str, ...]) -> ChoiceField:
    offered = tuple(Option(value, words) for value, words in options)
    known_values = {option.value for option in offered}
    return ChoiceField(part, say(f"audiences.parts.{part}"), offered, ",".join(c for c in chosen if c in known_values), optional=True, multiple=True)


def _value_choice(part: str, values: list[str], chosen: tuple[str, ...]) -> ChoiceField:
    return _choice(part, [(option_token(v), Plain(v[:75])) for v in values], tuple(option_token(v) for v in chosen))


def _values(turn: Turn, part: str) -> list[str]:
    column = col(getattr(Person, _COLUMNS[part]))
    rows = turn.session.exec(select(column).where(column != "").group_by(column).order_by(func.count().desc(), column).limit(100))
    return sorted(rows)


def save(turn: Turn, subject: str, values: dict[str, str]) -> Answer:
    """The form came back: kept unless it selects nobody, or everybody by mistake. Parts of the other forms stay."""
    turn.require(*NEWSROOM)
    row = known(turn, subject) if subject else None
    name, everybody = values.get("name", "")[:80], values.get("everybody") == "yes"
    return _keep(turn, row, name, _chosen_rule(turn, _rule_of(row), values), everybody=everybody)


def _rule_of(row: Audience | None) -> Rule:
    return Rule.from_json(row.rule) if row else Rule()


def _chosen_rule(turn: Turn, was: Rule, values: dict[str, str]) -> Rule:
    parts: dict[str, Any] = {part: _picked(turn, part, values.get(part, "")) for part in ("kinds", "languages", *_COLUMNS)}
    parts["under_ids"] = () if values.get("clear_under") == "yes" else _manager(turn, values.get("under", ""))
    return replace(was, **parts)


def _keep(turn: Turn, row: Audience | None, name: str, rule: Rule, *, everybody: bool = False) -> Answer:
    before = audiences.count(turn.session, Rule.from_json(row.rule), turn.today) if row else None
    kept = audiences.save(turn.session, turn.now, turn.person_id, name, rule, turn.today, id=row.id if row else None, everybody=everybody)
    return Show(card(turn, kept, before))


def _manager(turn: Turn, text: str) -> tuple[int, ...]:
    if not text:
        return ()
    if not is_id(text) or turn.session.get(Person, int(text)) is None:
        raise FieldRefusal("under", "people.choose")
    return (int(text),)


def _picked(turn: Turn, part: str, text: str) -> tuple[str, ...]:
    known_values = {option_token(v): v for v in _values(turn, part)} if part in _COLUMNS else {v: v for v in (KINDS if part == "kinds" else LOCALES)}
    picked = [v for v in text.split(",") if v]
    if any(v not in known_values for v in picked):
        raise FieldRefusal(part, "audiences.choose_again")
    return tuple(known_values[v] for v in picked)


def ask_refine(turn: Turn, value: str) -> Answer:
    """Button *Topics and dates*."""
    turn.require(*NEWSROOM)
    rule = Rule.from_json(known(turn, value).rule)
    offered = list(dict.fromkeys((*topics.offered(turn.session), *rule.topics)))
    fields: list[FormField] = [_value_choice("topics", offered[:100], rule.topics)] if offered else []
    days = (("joined_before", rule.joined_before), ("joined_after", rule.joined_after))
    fields += [DayField(part, say(f"audiences.parts.{part}"), day.isoformat() if day else "", optional=True) for part, day in days]
    intro = () if offered else (Note(say("audiences.no_topics")),)
    return Ask(Form("audience.refine", say("audiences.refine_title"), say("audiences.submit"), tuple(fields), value, intro))


def refine(turn: Turn, subject: str, values: dict[str, str]) -> Answer:
    """The form came back."""
    turn.require(*NEWSROOM)
    row = known(turn, subject)
    rule = _refined_rule(turn, _rule_of(row), values)
    return _at_field("joined_after", lambda: _keep(turn, row, row.name, rule))


def _refined_rule(turn: Turn, was: Rule, values: dict[str, str]) -> Rule:
    offered = {option_token(t): t for t in (*topics.offered(turn.session), *was.topics)}
    picked = [v for v in values.get("topics", "").split(",") if v]
    if any(v not in offered for v in picked):
        raise FieldRefusal("topics", "audiences.choose_again")
    before, after = (_day(part, values.get(part, "")) for part in ("joined_before", "joined_after"))
    return replace(was, topics=tuple(dict.fromkeys(offered[v] for v in picked)), joined_before=before, joined_after=after)


def _at_field(field: str, keep: Callable[[], Answer]) -> Answer:
    """What is wrong with the rule as a whole stands at a field that this form has."""
    try:
        return keep()
    except FieldRefusal as e:
        key = "audiences.selects_everybody_here" if e.key == "audiences.selects_everybody" else e.key
        raise FieldRefusal(field, key, **e.params) from None


def _day(part: str, text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise FieldRefusal(part, "audiences.bad_day") from None


def ask_named(turn: Turn, value: str) -> Answer:
    """Button *By name*: people who always or never belong, by e-mail address."""
    turn.require(*NEWSROOM)
    rule = Rule.from_json(known(turn, value).rule)
    fields = (
        TextField("named", say("audiences.named"), _addresses(turn, rule.person_ids), True, _ADDRESSES, 6, say("audiences.named_hint")),
        TextField("without", say("audiences.without"), _addresses(turn, rule.without_ids), True, _ADDRESSES, 4),
    )
    return Ask(Form("audience.named", say("audiences.named_title"), say("audiences.submit"), fields, value))


def _addresses(turn: Turn, ids: tuple[int, ...]) -> str:
    found = turn.session.exec(select(Person.email).where(col(Person.id).in_(ids)).order_by(Person.email)).all()
    return "\n".join(found)


def named(turn: Turn, subject: str, values: dict[str, str]) -> Answer:
    """The form came back. An address that nobody has is named, and nothing is kept."""
    turn.require(*NEWSROOM)
    row = known(turn, subject)
    rule = _named_rule(turn, _rule_of(row), values)
    return _at_field("named", lambda: _keep(turn, row, row.name, rule))


def _named_rule(turn: Turn, was: Rule, values: dict[str, str]) -> Rule:
    return replace(was, person_ids=_people(turn, "named", values, was.person_ids), without_ids=_people(turn, "without", values, was.without_ids))


def _people(turn: Turn, field: str, values: dict[str, str], were: tuple[int, ...]) -> tuple[int, ...]:
    if len(_addresses(turn, were)) > _ADDRESSES and values.get(field, "") == _addresses(turn, were)[:_ADDRESSES]:
        return were  # longer than the form: left as it is
    typed = list(dict.fromkeys(line.strip().lower() for line in values.get(field, "").replace(",", "\n").replace(";", "\n").splitlines() if line.strip()))
    if len(typed) > NAMED_MAX:
        raise FieldRefusal(field, "audiences.too_many_named", count=NAMED_MAX)
    found = {email: i for email, i in turn.session.exec(select(Person.email, Person.id).where(col(Person.email).in_(typed), col(Person.erased_at).is_(None)))}
    if unknown := [email for email in typed if email not in found]:
        raise FieldRefusal(field, "audiences.unknown_addresses", count=len(unknown), names=", ".join(unknown[:5])[:200])
    return tuple(found[email] or 0 for email in typed)


_RULES = {"audience.save": _chosen_rule, "audience.refine": _refined_rule, "audience.named": _named_rule}


def in_sight(turn: Turn, form: str, subject: str, values: dict[str, str]) -> Text:
    """Whom the rule of a form that is still being filled in would select: how many, and the names of some. Nothing is kept.

    Raises Refusal, and FieldRefusal for what cannot be read yet.
    """
    turn.require(*NEWSROOM)
    rule = _RULES[form](turn, _rule_of(known(turn, subject) if subject else None), values)
    size, some = audiences.look(turn.session, rule, turn.today, SHOWN)
    names = ", ".join(some) + (" …" if size > len(some) else "")
    return say("audiences.in_sight", count=size, names=names) if size else say("audiences.selects_nobody")


BUTTONS = {"audience.new": new, "audience.edit": edit, "audience.refine": ask_refine, "audience.named": ask_named}
SIGHTS = dict.fromkeys(_RULES, in_sight)
FORMS = {"audience.save": save, "audience.refine": refine, "audience.named": named}
