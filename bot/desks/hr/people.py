"""People at HR's desk: how many there are, finding somebody, their roles, leavers, and the report of a people file."""

from __future__ import annotations

from sqlalchemy import ColumnElement, func
from sqlmodel import col, or_, select

from bot import people
from bot.desks import erasing, leave
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
    Copyable,
    Fact,
    Facts,
    Form,
    Item,
    Items,
    LookupField,
    Note,
    Offer,
    Option,
    Paragraph,
    Plain,
    Replace,
    Say,
    Show,
    say,
)
from bot.people import ROLES, Identity, Person
from bot.people.checking import COLUMNS
from bot.people.importing import Report, import_csv

__all__ = ["DESK", "Report", "import_csv", "report_card"]

PAGE = 8
SHOWN_LINES = 20


def show(turn: Turn, text: str) -> Answer:
    """`admin people [part of a name or an address]`."""
    turn.require("hr")
    return Show(_found(turn, text.strip()[:100], 0) if text.strip() else _overview(turn))


def _overview(turn: Turn) -> Card:
    kinds = dict(turn.session.exec(select(Person.kind, func.count()).where(_here(turn)).group_by(Person.kind)).all())
    rows = [Fact(say(f"people.kinds.{kind}"), say("people.number", count=kinds.get(kind, 0))) for kind in people.KINDS]
    told = select(Identity.person_id)
    counts = {
        "enrolled": col(Person.enrolled_at).is_not(None),
        "paused": col(Person.paused_until) > turn.today,
        "without_account": col(Person.id).not_in(told),
    }
    rows += [Fact(say(f"people.counts.{name}"), say("people.number", count=_count(turn, _here(turn), what))) for name, what in counts.items()]
    rows.append(Fact(say("people.counts.left"), say("people.number", count=_count(turn, ~_here(turn), col(Person.erased_at).is_(None)))))
    buttons = (Button(say("people.find"), "people.find", style="primary"), Button(say("people.leavers"), "people.leavers", "0"))
    holders = Items(tuple(_role_row(turn, role) for role in ROLES))
    blocks: tuple[Block, ...] = (Facts(tuple(rows)), Buttons(buttons), holders, Note(say("people.file_hint", columns=", ".join(COLUMNS))))
    return Card(say("people.title"), blocks)


def _role_row(turn: Turn, role: str) -> Item:
    names = [person.name for person in people.holders(turn.session, role) if person.is_here(turn.today)]
    shown = ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
    return Item(say(f"people.roles.{role}"), Plain(shown) if names else say("people.nobody"))


def _here(turn: Turn) -> ColumnElement[bool]:
    return or_(col(Person.end_on).is_(None), col(Person.end_on) >= turn.today, col(Person.kind).in_(("alumna", "stakeholder")))


def _count(turn: Turn, *conditions: ColumnElement[bool]) -> int:
    return turn.session.exec(select(func.count()).select_from(Person).where(*conditions)).one()


def find(turn: Turn, value: str) -> Answer:
    """The button *find somebody*."""
    turn.require("hr")
    who = LookupField("person", say("people.find_who"), "people.person", hint=say("people.find_hint"))
    return Ask(Form("people.find", say("people.find_form_title"), say("people.find_submit"), (who,)))


def found(turn: Turn, subject: str, values: dict[str, str]) -> Answer:
    """Somebody was chosen in the form."""
    turn.require("hr")
    return Show(_person_card(turn, _chosen(turn, values.get("person", ""), "person")))


def search(turn: Turn, query: str) -> Offer:
    """People whose name or address holds what was typed; HR, recruiters and curators may ask."""
    turn.require("hr", "recruiter", "curator")
    rows = _matching(turn, query, 0, 20)
    return Offer(tuple(Option(str(p.id), Plain(f"{p.name} – {p.department}"[:75] if p.department else p.name[:75])) for p in rows))


def _matching(turn: Turn, query: str, offset: int, limit: int) -> list[Person]:
    typed = f"%{_escaped(query.strip().lower())}%"
    fits = or_(func.lower(col(Person.name)).like(typed, escape="\\"), col(Person.email).like(typed, escape="\\"))
    fits = fits & col(Person.erased_at).is_(None)
    return list(turn.session.exec(select(Person).where(fits).order_by((~_here(turn)).asc(), col(Person.name), col(Person.id)).offset(offset).limit(limit)))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _found(turn: Turn, query: str, offset: int) -> Card:
    rows = _matching(turn, query, offset, PAGE + 1)
    again = Button(say("people.find"), "people.find")
    if not rows:
        return Card(say("people.none_found"), (Paragraph(say("people.none_found_text", query=query)), Buttons((again,))))
    note = (Note(say("people.narrow")),) if len(rows) > PAGE else ()
    return Card(say("people.found", query=query), (Items(tuple(_row(turn, p) for p in rows[:PAGE])), *note, Buttons((again,))))


def _row(turn: Turn, person: Person) -> Item:
    where = " · ".join(p for p in (person.department, person.location) if p)
    has_left = person.end_on and not person.is_here(turn.today)
    detail = say("people.last_day", day=person.end_on) if has_left else Plain(where) if where else None
    return Item(Plain(person.name), detail, (Button(say("people.open"), "people.open", str(person.id)),))


def open_person(turn: Turn, value: str) -> Answer:
    """One person's card."""
    turn.require("hr")
    return Show(_person_card(turn, _chosen(turn, value)))


def _chosen(turn: Turn, value: str, field: str = "") -> Person:
    person = turn.session.get(Person, int(value)) if is_id(value) else None
    if person is None or person.erased_at:
        raise FieldRefusal(field, "people.choose") if field else Refusal("old_card")
    return person


def _person_card(turn: Turn, person: Person) -> Card:
    manager = turn.session.get(Person, person.manager_id) if person.manager_id else None
    accounts = turn.session.exec(select(Identity.platform).where(Identity.person_id == person.id).distinct()).all()
    held = sorted(people.roles_of(turn.session, person.id or 0))
    facts: list[tuple[str, Plain | Say]] = [
        ("kind", say(f"people.kinds.{person.kind}")),
        ("department", Plain(person.department or "–")),
        ("location", Plain(", ".join(p for p in (person.location, person.country) if p) or "–")),
        ("manager", Plain(manager.name if manager else "–")),
        ("starts", say("people.day", day=person.start_on) if person.start_on else Plain("–")),
        ("ends", say("people.day", day=person.end_on) if person.end_on else Plain("–")),
        ("accounts", Plain(", ".join(a.capitalize() for a in sorted(accounts)) or "–")),
        ("takes_part", say("profile.yes" if person.enrolled_at else "profile.no")),
        ("roles", Plain(", ".join(held) or "–")),
    ]
    if person.erase_asked_at:
        facts.append(("erasure", say("people.day", day=turn.deployment.today(person.erase_asked_at))))
    rows = tuple(Fact(say(f"people.facts.{name}"), value) for name, value in facts)
    away = (leave.button_for(person),) if person.is_here(turn.today) and {"recruiter", "hr"} & set(held) else ()
    roles = Button(say("people.roles.change"), "people.roles", str(person.id))
    buttons = (roles, *away, Button(say("people.find"), "people.find"), erasing.button_for(person))
    is_left = () if person.is_here(turn.today) else (Note(say("people.has_left")),)
    return Card(say("people.card", name=person.name), (Facts(rows), Copyable(say("people.email"), person.email), *is_left, Buttons(buttons)))


def edit_roles(turn: Turn, value: str) -> Answer:
    """The form with a person's roles."""
    turn.require("hr")
    person = _chosen(turn, value)
    held = ",".join(sorted(people.roles_of(turn.session, person.id or 0)))
    options = tuple(Option(role, say(f"people.roles.{role}")) for role in ROLES)
    field = ChoiceField("roles", say("people.roles.label"), options, held, optional=True, multiple=True, hint=say("people.roles.hint"))
    return Ask(Form("people.roles", say("people.roles.form_title"), say("people.roles.submit"), (field,), str(person.id), (Paragraph(Plain(person.name)),)))


def save_roles(turn: Turn, subject: str, values: dict[str, str]) -> Answer:
    """Give and take roles as ticked. Nobody takes away their own administration: another HR person does."""
    turn.require("hr")
    person = _chosen(turn, subject)
    wanted = {role for role in values.get("roles", "").split(",") if role}
    if unknown := wanted - set(ROLES):
        raise FieldRefusal("roles", "people.unknown_role", role=sorted(unknown)[0][:40], roles=", ".join(ROLES))
    held = people.roles_of(turn.session, person.id or 0)
    if person.id == turn.person_id and "hr" in held - wanted:
        raise FieldRefusal("roles", "people.roles.own")
    if wanted - held and not person.is_here(turn.today):
        raise FieldRefusal("roles", "people.roles.left")
    for role in sorted(wanted - held):
        people.grant(turn.session, turn.now, turn.person_id, person, role)
    for role in sorted(held - wanted):
        people.revoke(turn.session, turn.now, turn.person_id, person, role)
    turn.session.flush()
    return Show(_person_card(turn, person))


def leavers(turn: Turn, value: str) -> Answer:
    """Who has left or is about to, newest first; the value is how many come before the page."""
    turn.require("hr")
    offset = int(value) if value.isascii() and value.isdigit() and len(value) < 9 else 0
    query = select(Person).where(col(Person.end_on).is_not(None), col(Person.erased_at).is_(None), col(Person.kind).in_(("employee", "contractor")))
    rows = turn.session.exec(query.order_by(col(Person.end_on).desc(), col(Person.id).desc()).offset(offset).limit(PAGE + 1)).all()
    if not rows:
        return Replace(Card(say("people.leavers_title"), (Paragraph(say("people.leavers_none")),)))
    items = tuple(
        Item(Plain(p.name), say("people.last_day", day=p.end_on), (Button(say("people.open"), "people.open", str(p.id)),)) for p in rows[:PAGE] if p.end_on
    )
    more = (Buttons((Button(say("people.more"), "people.leavers", str(offset + PAGE)),)),) if len(rows) > PAGE else ()
    return Replace(Card(say("people.leavers_title"), (Items(items), *more)))


def report_card(report: Report) -> Card:
    """What an import did or would do, with the first refused lines."""
    state = "stopped" if report.needs_consent else "dry_run" if report.is_dry_run else "done"
    counts = ("joined", "changed", "unchanged", "leavers")
    rows = [Fact(say(f"people.import.{name}"), say("people.number", count=getattr(report, name))) for name in counts]
    rows.append(Fact(say("people.import.refused"), say("people.import.lines", count=len(report.refused))))
    blocks: list[Block] = [Facts(tuple(rows))]
    if report.needs_consent:
        blocks.insert(0, Paragraph(say("people.import.consent", count=report.leavers, percent=report.leaver_percent)))
    lines = [say("people.import.line", line=str(r.line), reason=r.reason) for r in report.refused[:SHOWN_LINES]]
    blocks += [Paragraph(line) for line in lines]
    if len(report.refused) > SHOWN_LINES:
        blocks.append(Note(say("people.import.more_lines", count=len(report.refused) - SHOWN_LINES)))
    return Card(say(f"people.import.{state}", count=report.lines), tuple(blocks), tone="warning" if report.needs_consent or report.refused else "good")


DESK = Desk(
    commands={"admin people": show},
    buttons={"people.find": find, "people.open": open_person, "people.roles": edit_roles, "people.leavers": leavers},
    forms={"people.find": found, "people.roles": save_roles},
    lookups={"people.person": search},
)
