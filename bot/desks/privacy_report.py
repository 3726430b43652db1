"""What is kept about people, why and until when, and what time has erased; and everything about one of them. For the operator."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import LargeBinary, MetaData, or_
from sqlalchemy import select as sql_select
from sqlmodel import Session, SQLModel, col, func, select

from bot import people, referrals, settings
from bot.audit import AuditEntry
from bot.desks import candidate_forms
from bot.desks.turn import Deployment
from bot.errors import Refusal
from bot.messages import Say, say
from bot.people import Person
from bot.referrals import ACTIVE, Candidate, CandidateFile, Kept, Referral
from bot.referrals.inviting import LIFE

RAN = timedelta(days=30)
_DECIDED = ("rejected", "withdrawn", "duplicate", "hired", "closed")
_HIDDEN = ("sealed", "locked", "token", "token_hash", "nonce", "key", "address_hash", "hash", "prev_hash")


@dataclass(frozen=True)
class Line:
    """One kind of people: how many, why and how long they are kept (words' keys are `name` + `_why`, `_until`; `days` where a rule counts
    them), the first day one of them goes (None: open, or nobody is there).
    """

    name: str
    count: int
    until: date | None = None
    days: int | None = None


@dataclass(frozen=True)
class Report:
    """`overdue` are candidates who should have gone more than a day ago: 0 where the clock runs. `ran` counts what the last 30 days erased."""

    lines: tuple[Line, ...]
    ran: dict[str, int]
    overdue: int


def report(session: Session, deployment: Deployment, now: datetime) -> Report:
    """How things stand, counted now."""
    pooled, decided = (col(Candidate.about_others), col(Referral.stage).in_(("rejected", "closed"))), col(Referral.stage).in_(_DECIDED)
    days, pool = (timedelta(days=int(settings.get(session, n))) for n in ("privacy.not_hired_days", "privacy.pool_days"))
    leavers = (col(Person.end_on) < deployment.today(now), col(Person.erased_at).is_(None), col(Person.kind).not_in(("alumna", "stakeholder")))
    wait = min(LIFE, timedelta(days=int(settings.get(session, "privacy.unconfirmed_days"))))
    former = timedelta(days=int(settings.get(session, "bonus.former_employee_days")))
    return Report((
        Line("in_process", _candidates(session, deployment, col(Referral.stage).in_(ACTIVE))[0]),
        Line("decided", *_candidates(session, deployment, decided, ~(pooled[0] & pooled[1]), life=days), days.days),
        Line("pool", *_candidates(session, deployment, *pooled, life=max(days, pool)), max(days, pool).days),
        Line("invited", *_candidates(session, deployment, col(Referral.stage) == "invited", life=wait), wait.days),
        Line("files", _count(session, CandidateFile)),
        Line("kept", _count(session, Kept, col(Kept.until) > now), _day(deployment, session.exec(select(func.min(Kept.until)).where(Kept.until > now)).one())),
        Line("people", _count(session, Person, col(Person.erased_at).is_(None))),
        Line("leavers", _count(session, Person, *leavers), _later(session.exec(select(func.min(Person.end_on)).where(*leavers)).one(), former), former.days),
    ), {
        name: _count(session, AuditEntry, AuditEntry.what == what, col(AuditEntry.at) > now - RAN)
        for name, what in (("candidates", "candidate.shredded"), ("people", "person.erased"), ("invited", "referral.expired"))
    }, len(referrals.due_by(session, now - timedelta(days=1), 1000)))  # fmt: skip


def everything_about(session: Session, deployment: Deployment, email: str) -> dict[str, object]:
    """What is kept about whoever has this address (a candidate also by phone number), as plain data: as a person of the directory,
    as a candidate with what recruiters noted, or as both. Raises Refusal `operator.nothing_kept`.
    """
    person, vault = people.by_email(session, email), deployment.vault
    mine = referrals.candidates_at(session, vault, email)
    if person is None and not mine:
        raise Refusal("operator.nothing_kept", email=email)
    about: dict[str, object] = {"controller": deployment.organisation, "notice": candidate_forms.notice_params(session, deployment.organisation)}
    if person:
        about["person"] = _rows_of(session, person.id or 0)
    return about | ({"candidate": [referrals.export(session, vault, row, with_notes=True) for row in mine]} if mine else {})


def erase_candidates(session: Session, deployment: Deployment, now: datetime, email: str) -> int:
    """Erase every candidate with this address or phone number, as they asked; returns how many there were."""
    mine = [row.id or 0 for row in referrals.candidates_at(session, deployment.vault, email)]
    return sum(referrals.erase_candidate(session, now, None, number, by="hr") for number in mine)


def why(line: Line) -> Say:
    """The line in words."""
    rule = say(f"retention.report.{line.name}_until", **({} if line.days is None else {"days": line.days}))
    until = say("retention.report.first", rule=rule, day=line.until) if line.until else rule
    return say("retention.report.row", count=line.count, why=say(f"retention.report.{line.name}_why"), until=until)


def _candidates(session: Session, deployment: Deployment, *where: Any, life: timedelta | None = None) -> tuple[int, date | None]:
    query = select(func.count(col(Candidate.id).distinct()), func.min(Referral.stage_since)).join(Referral, col(Referral.candidate_id) == Candidate.id)
    count, since = session.exec(query.where(col(Candidate.erased_at).is_(None), *where)).one()
    return count, _day(deployment, since + life) if since and life else None


def _count(session: Session, table: type[SQLModel], *where: Any) -> int:
    return session.exec(select(func.count()).select_from(table).where(*where)).one()


def _day(deployment: Deployment, moment: datetime | None) -> date | None:
    return deployment.today(moment) if moment else None


def _later(day: date | None, by: timedelta) -> date | None:
    return day + by if day else None


def _rows_of(session: Session, person_id: int) -> dict[str, list[dict[str, object]]]:
    """Every row of every table that names them, without what is secret or sealed for somebody else."""
    metadata: MetaData = importlib.import_module("bot.migrations.tables").metadata
    found: dict[str, list[dict[str, object]]] = {}
    for table in metadata.sorted_tables:
        naming = [c for c in table.columns if any(k.column.table.name == "person" for k in c.foreign_keys) or c.name in ("person_id", "actor_id")]
        mine = [c == person_id for c in naming] + ([table.c.id == person_id] if table.name == "person" else [])
        shown = [c for c in table.columns if c.name not in _HIDDEN and not isinstance(c.type, LargeBinary)]
        rows = session.execute(sql_select(*shown).where(or_(*mine))).mappings().all() if mine else []
        if rows:
            found[table.name] = [dict(row) for row in rows]
    return found
