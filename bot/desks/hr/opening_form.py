"""The form of an opening: what it asks, and what comes back."""

from __future__ import annotations

from datetime import date

from bot import people, plans
from bot.desks.turn import Turn
from bot.desks.wording import is_id
from bot.errors import FieldRefusal
from bot.messages import ChoiceField, DayField, Form, FormField, Note, Option, Plain, TextField, say
from bot.openings import LOCALES, Draft, JobOpening
from bot.people import Person


def opening_form(turn: Turn, row: JobOpening | None) -> Form:
    """The form of a new opening, or of one that is there."""
    now = row or JobOpening(title="", created_at=turn.now, language=turn.deployment.default_locale)
    manager = turn.session.get(Person, now.hiring_manager_id) if now.hiring_manager_id else None
    form: tuple[FormField, ...] = (
        TextField("title", say("openings.form.title"), now.title, max_length=100),
        TextField("department", say("openings.form.department"), now.department, optional=True, max_length=80),
        TextField("location", say("openings.form.location"), now.location, optional=True, max_length=80),
        TextField("country", say("openings.form.country"), now.country, optional=True, max_length=60),
        ChoiceField("language", say("openings.form.language"), tuple(Option(c, say(f"refer.language.{c}")) for c in LOCALES), now.language),
        _recruiters(turn, now),
        TextField("hiring_manager", say("openings.form.manager"), manager.email if manager else "", optional=True, max_length=254, shape="email",
                  hint=say("openings.form.manager_hint")),
        _plans(turn, now),
        DayField("open_until", say("openings.form.open_until"), now.open_until.isoformat() if now.open_until else "", optional=True),
        TextField("description", say("openings.form.description"), now.description, optional=True, max_length=2000, rows=6),
        TextField("link", say("openings.form.link"), now.link, optional=True, max_length=500, shape="url", hint=say("openings.form.link_hint")),
    )  # fmt: skip
    if row is None:
        return Form("opening.create", say("openings.form.new"), say("openings.form.save"), form)
    told = (Note(say("openings.form.from_board")),) if row.board_state == "listed" else ()
    return Form("opening.edit", say("openings.form.edit"), say("openings.form.save"), form, f"{row.id}:{row.version}", told)


def draft_from_form(turn: Turn, values: dict[str, str], requisition_id: str = "") -> Draft:
    """What the form says. Raises FieldRefusal for a manager, recruiter, plan or day that cannot be read."""
    texts = {n: values.get(n, "").strip() for n in ("title", "department", "location", "country", "description", "link")}
    return Draft(
        **texts, requisition_id=requisition_id, language=values.get("language", ""), hiring_manager_id=_manager(turn, values.get("hiring_manager", "")),
        recruiter_id=_recruiter(turn, values.get("recruiter", "")), plan_id=_plan(turn, values.get("plan", "")), open_until=_until(turn, values),
    )  # fmt: skip


def _recruiters(turn: Turn, now: JobOpening) -> ChoiceField:
    here = [p for p in people.holders(turn.session, "recruiter") if p.is_here(turn.today)][:100]
    options = tuple(Option(str(p.id), Plain(p.name[:75])) for p in here)
    initial = str(now.recruiter_id) if any(p.id == now.recruiter_id for p in here) else ""
    return ChoiceField("recruiter", say("openings.form.recruiter"), options, initial, optional=True, hint=say("openings.form.recruiter_hint"))


def _plans(turn: Turn, now: JobOpening) -> ChoiceField:
    found = plans.current_plans(turn.session)[:100]
    mine = plans.current(turn.session, now.plan_id) if now.plan_id else None
    options = tuple(Option(str(p.id), Plain(p.name[:75])) for p in found)
    initial = str(mine.id) if mine and any(p.id == mine.id for p in found) else ""
    return ChoiceField("plan", say("openings.form.plan"), options, initial, optional=True, hint=say("openings.form.plan_hint"))


def _manager(turn: Turn, email: str) -> int | None:
    if not email.strip():
        return None
    person = people.by_email(turn.session, email)
    if person is None:
        raise FieldRefusal("hiring_manager", "openings.person_unknown", email=email.strip()[:80])
    return person.id


def _recruiter(turn: Turn, value: str) -> int | None:
    if not value:
        return None
    if not (is_id(value) and people.has_role(turn.session, int(value), "recruiter", "hr")):
        raise FieldRefusal("recruiter", "openings.recruiter_gone")
    return int(value)


def _plan(turn: Turn, value: str) -> int | None:
    if not value:
        return None
    if not any(str(p.id) == value for p in plans.current_plans(turn.session)):
        raise FieldRefusal("plan", "openings.plan_gone")
    return int(value)


def _until(turn: Turn, values: dict[str, str]) -> date | None:
    text = values.get("open_until", "").strip()
    try:
        day = date.fromisoformat(text) if text else None
    except ValueError:
        raise FieldRefusal("open_until", "openings.day_unreadable", text=text[:40]) from None
    if day and day < turn.today:
        raise FieldRefusal("open_until", "openings.day_past")
    return day
