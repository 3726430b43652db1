"""HR's openings: listed, made and changed by a form, closed and opened again, taken in from a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime

from sqlmodel import Session

from bot import openings, people, plans
from bot.desks import wording
from bot.desks.hr.opening_form import draft_from_form, opening_form
from bot.desks.turn import Deployment, Desk, Turn
from bot.errors import FieldRefusal, Refusal
from bot.messages import Ask, Block, Button, Buttons, Card, Item, Items, Note, Paragraph, Plain, Replace, Say, Show, Text, say
from bot.openings import Draft, JobOpening
from bot.plans import BonusPlan

COLUMNS = (
    "requisition_id", "title", "department", "location", "country", "language", "hiring_manager_email", "recruiter_email", "plan", "open_until",
    "is_open", "description", "link",
)  # fmt: skip
PAGE = 8


def show_list(turn: Turn, text: str) -> Show:
    """`/vinkki-admin openings`: every opening, open ones first."""
    turn.require("hr", "recruiter")
    return Show(_list(turn, 0))


def page(turn: Turn, value: str) -> Replace:
    """Another page of the list; the value is how many come before it."""
    turn.require("hr", "recruiter")
    return Replace(_list(turn, wording.read_id(value)))


def ask_new(turn: Turn, value: str) -> Ask:
    """The button *new opening*."""
    turn.require("hr")
    return Ask(opening_form(turn, None))


def ask_edit(turn: Turn, value: str) -> Ask:
    """The button *edit*; its value is the opening's id."""
    turn.require("hr")
    return Ask(opening_form(turn, _known(turn, wording.read_id(value))))


def create(turn: Turn, subject: str, values: dict[str, str]) -> Show:
    """The form of a new opening came back."""
    turn.require("hr")
    return Show(_card(turn, openings.create(turn.session, turn.now, turn.person_id, draft_from_form(turn, values)), "created"))


def edit(turn: Turn, subject: str, values: dict[str, str]) -> Show:
    """The form of an opening came back. What came with the applicant tracking system's id keeps it."""
    turn.require("hr")
    opening_id, version = wording.read_version(subject)
    draft = draft_from_form(turn, values, _known(turn, opening_id).requisition_id or "")
    return Show(_card(turn, openings.edit(turn.session, turn.now, turn.person_id, opening_id, version, draft), "changed"))


def close(turn: Turn, value: str) -> Replace:
    """The button *close*: no new referrals; those on their way go on."""
    return _set_open(turn, value, False)


def reopen(turn: Turn, value: str) -> Replace:
    """The button *open again*."""
    return _set_open(turn, value, True)


@dataclass(frozen=True)
class RefusedLine:
    """A line that was not taken: its number in the file (the header is 1) and why, in words."""

    line: int
    reason: Say


@dataclass(frozen=True)
class TakenIn:
    """What came of a page of lines."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: tuple[RefusedLine, ...] = field(default=())


def take_in(session: Session, deployment: Deployment, now: datetime, actor_id: int | None, rows: Sequence[tuple[int, Mapping[str, str]]]) -> TakenIn:
    """Put lines of a file (line number, cells by column) in place, by `requisition_id`: doing it twice changes nothing.

    A cell of a column that the file has not got leaves what is there. Nothing of a refused line is kept.
    """
    counts = {"created": 0, "changed": 0, "unchanged": 0}
    refused: list[RefusedLine] = []
    for line, cells in rows:
        try:
            counts[_take_line(session, now, actor_id, {k: v.strip() for k, v in cells.items()})] += 1
        except FieldRefusal as e:
            refused.append(RefusedLine(line, say("openings.import.cell", column=e.field, reason=say(e.key, **e.params))))
        except Refusal as e:
            refused.append(RefusedLine(line, say(e.key, **e.params)))
    return TakenIn(**counts, refused=tuple(refused))


def _take_line(session: Session, now: datetime, actor_id: int | None, cells: dict[str, str]) -> str:
    if not cells.get("requisition_id"):
        raise FieldRefusal("requisition_id", "openings.import.no_id")
    row = openings.by_requisition(session, cells["requisition_id"])
    draft, is_open = _draft(session, cells, row), _is_open(cells.get("is_open", ""))
    before = row.version if row else 0
    put = openings.edit(session, now, actor_id, row.id or 0, before, draft) if row else openings.create(session, now, actor_id, draft)
    if is_open is not None and put.is_open != is_open:
        openings.set_open(session, now, actor_id, put.id or 0, put.version, is_open, keep_until=True)
    return "created" if row is None else "changed" if put.version > before else "unchanged"


def _is_open(cell: str) -> bool | None:
    """Yes or no; None for an empty cell, which leaves it as it is."""
    if cell.lower() not in ("", "yes", "true", "1", "no", "false", "0"):
        raise FieldRefusal("is_open", "openings.import.yes_or_no")
    return cell.lower() in ("yes", "true", "1") if cell else None


def _draft(session: Session, cells: dict[str, str], row: JobOpening | None) -> Draft:
    known = {f.name: getattr(row, f.name) or "" for f in fields(Draft)} if row else {}
    texts = {n: cells.get(n, str(known.get(n, ""))) for n in ("title", "requisition_id", "department", "location", "country", "description", "link")}
    return Draft(
        **texts,
        language=(cells["language"].lower() or "en") if "language" in cells else str(known.get("language") or "en"),
        hiring_manager_id=_person(session, cells, "hiring_manager_email") if "hiring_manager_email" in cells else (row.hiring_manager_id if row else None),
        recruiter_id=_recruiter(session, cells) if "recruiter_email" in cells else (row.recruiter_id if row else None),
        plan_id=_plan(session, cells["plan"], row) if "plan" in cells else (row.plan_id if row else None),
        open_until=_day(cells["open_until"]) if "open_until" in cells else (row.open_until if row else None),
    )


def _person(session: Session, cells: dict[str, str], column: str) -> int | None:
    if not cells[column]:
        return None
    person = people.by_email(session, cells[column])
    if person is None:
        raise FieldRefusal(column, "openings.person_unknown", email=cells[column][:80])
    return person.id


def _recruiter(session: Session, cells: dict[str, str]) -> int | None:
    person_id = _person(session, cells, "recruiter_email")
    if person_id and not people.has_role(session, person_id, "recruiter", "hr"):
        raise FieldRefusal("recruiter_email", "openings.no_recruiter", email=cells["recruiter_email"][:80])
    return person_id


def _plan(session: Session, name: str, row: JobOpening | None) -> int | None:
    """The plan of that name; an opening that has it keeps the version it came with, so that the same file changes nothing."""
    if not name:
        return None
    had = session.get(BonusPlan, row.plan_id) if row and row.plan_id else None
    if had and had.name.casefold() == name.casefold():
        return had.id
    found = next((p for p in plans.current_plans(session) if p.name.casefold() == name.casefold()), None)
    if found is None:
        raise FieldRefusal("plan", "openings.plan_unknown", name=name[:80])
    return found.id


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise FieldRefusal("open_until", "openings.day_unreadable", text=text[:40]) from None


def _set_open(turn: Turn, value: str, is_open: bool) -> Replace:
    turn.require("hr")
    opening_id, version = wording.read_version(value)
    _known(turn, opening_id)
    openings.set_open(turn.session, turn.now, turn.person_id, opening_id, version, is_open)
    return Replace(_list(turn, 0))


def _known(turn: Turn, opening_id: int) -> JobOpening:
    row = turn.session.get(JobOpening, opening_id)
    if row is None:
        raise Refusal("refer.error.opening_unknown")
    return row


def _card(turn: Turn, row: JobOpening, what: str) -> Card:
    promise = plans.promise(turn.session, row.where)
    lines: tuple[Block, ...] = (Paragraph(say(f"openings.{what}.text", title=row.title)), Note(wording.promise_words(turn.session, promise, None)))
    buttons = Buttons((Button(say("openings.list.all"), "openings.page", "0"), Button(say("refer.start"), "refer.start", f"{row.id}")))
    return Card(say(f"openings.{what}.title"), (*lines, buttons), tone="good")


def _list(turn: Turn, offset: int) -> Card:
    rows, total = openings.page(turn.session, turn.today, offset, PAGE, everything=True)
    blocks: list[Block] = [Items(tuple(_item(turn, row) for row in rows))] if rows else [Paragraph(say("openings.list.none"))]
    buttons = [Button(say("openings.list.new"), "opening.new", style="primary")] if turn.has("hr") else []
    if turn.has("hr"):
        buttons.append(Button(say("boards.button.all"), "board.page", "0"))
    if offset:
        buttons.append(Button(say("referrals.list.newer"), "openings.page", str(max(0, offset - PAGE))))
    if offset + PAGE < total:
        buttons.append(Button(say("referrals.list.older"), "openings.page", str(offset + PAGE)))
    return Card(say("openings.list.title", count=total), (*blocks, *((Buttons(tuple(buttons)),) if buttons else ())))


def _item(turn: Turn, row: JobOpening) -> Item:
    is_open, value = row.takes_referrals(turn.today), f"{row.id}:{row.version}"
    state: Say = say("openings.list.open") if is_open else say("openings.list.closed")
    if is_open and row.open_until:
        state = say("openings.list.open_until", day=row.open_until)
    recruiter: Text = Plain(wording.person_name(turn.session, row.recruiter_id)) if row.recruiter_id else say("openings.list.no_recruiter")
    who = recruiter.plain if isinstance(recruiter, Plain) else recruiter
    detail = say("openings.list.detail", place=", ".join(p for p in (row.department, row.location) if p) or "–", state=state, recruiter=who)
    toggle = Button(say("openings.list.close"), "opening.close", value) if is_open else Button(say("openings.list.reopen"), "opening.reopen", value)
    return Item(Plain(row.title), detail, (Button(say("openings.list.edit"), "opening.edit", f"{row.id}"), toggle) if turn.has("hr") else ())


DESK = Desk(
    commands={"admin openings": show_list},
    buttons={"openings.page": page, "opening.new": ask_new, "opening.edit": ask_edit, "opening.close": close, "opening.reopen": reopen},
    forms={"opening.create": create, "opening.edit": edit},
)
