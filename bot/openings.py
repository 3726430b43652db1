"""Openings: vacancies that can be referred for, found by part of a word without accents."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, and_, func, or_
from sqlmodel import Field, Session, SQLModel, col, select

from bot import audit
from bot.db import utc_field
from bot.errors import FieldRefusal, Stale
from bot.plans import Where

LOCALES = ("en", "fi", "sv")
# Letters that Unicode does not take apart into a base letter and an accent.
_PLAIN_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "ł": "l", "þ": "th"})


class JobOpening(SQLModel, table=True):
    """A vacancy. `requisition_id` is the applicant tracking system's id; None where HR made the opening here.

    It takes referrals while `is_open` and until the end of `open_until` (a day in the company's zone; None: no end).
    `search` holds the folded words that a lookup compares with.
    """

    id: int | None = Field(default=None, primary_key=True)
    requisition_id: str | None = Field(default=None, unique=True)
    title: str
    department: str = ""
    location: str = ""
    country: str = ""
    language: str = "en"
    hiring_manager_id: int | None = Field(default=None, foreign_key="person.id")
    recruiter_id: int | None = Field(default=None, foreign_key="person.id")
    plan_id: int | None = Field(default=None, foreign_key="bonusplan.id")
    open_until: date | None = None
    is_open: bool = Field(default=True, index=True)
    description: str = ""
    link: str = ""
    search: str = ""
    version: int = 1
    created_at: datetime = utc_field()

    def takes_referrals(self, today: date) -> bool:
        """Open on that day."""
        return self.is_open and (self.open_until is None or self.open_until >= today)

    @property
    def where(self) -> Where:
        """What plans and campaigns look at."""
        return Where(self.id, self.plan_id, self.department, self.country)


@dataclass(frozen=True)
class Draft:
    """What somebody says about an opening; `check` raises on what cannot be kept. People and the plan come as ids."""

    title: str
    requisition_id: str = ""
    department: str = ""
    location: str = ""
    country: str = ""
    language: str = "en"
    hiring_manager_id: int | None = None
    recruiter_id: int | None = None
    plan_id: int | None = None
    open_until: date | None = None
    description: str = ""
    link: str = ""

    def check(self) -> None:
        """Raises FieldRefusal naming the first field that cannot be kept."""
        if not self.title.strip():
            raise FieldRefusal("title", "openings.title_missing")
        limits = {"title": 100, "requisition_id": 80, "department": 80, "location": 80, "country": 60, "description": 2000, "link": 500}
        for name, limit in limits.items():
            if len(getattr(self, name)) > limit:
                raise FieldRefusal(name, "openings.too_long", count=limit)
        if self.language not in LOCALES:
            raise FieldRefusal("language", "openings.language_unknown", languages=", ".join(LOCALES))
        if self.link and not _is_web_address(self.link):
            raise FieldRefusal("link", "openings.link_unreadable")


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:  # an unclosed bracket
        return False
    return parts.scheme in ("https", "http") and bool(parts.hostname) and not any(c.isspace() or c == "\\" or not c.isprintable() for c in text)


def fold(text: str) -> str:
    """Text as it is searched: lower case, without accents, single spaces ("Ingeniør, Åbo" -> "ingenior, abo")."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return " ".join(bare.translate(_PLAIN_LETTERS).split())


def create(session: Session, now: datetime, actor_id: int | None, draft: Draft) -> JobOpening:
    """Open a vacancy. Raises FieldRefusal."""
    draft.check()
    row = JobOpening(title=draft.title, created_at=now)
    _fill(row, draft)
    session.add(row)
    session.flush()
    audit.note(session, now, actor_id, "opening.created", "opening", row.id or 0)
    return row


def edit(session: Session, now: datetime, actor_id: int | None, opening_id: int, version: int, draft: Draft) -> JobOpening:
    """Change what is said about an opening. Raises FieldRefusal, or Stale `openings.stale` when somebody was quicker."""
    draft.check()
    row = _locked(session, opening_id, version)
    if _fill(row, draft):
        row.version += 1
        session.add(row)
        session.flush()
        audit.note(session, now, actor_id, "opening.changed", "opening", opening_id)
    return row


def set_open(session: Session, now: datetime, actor_id: int | None, opening_id: int, version: int, is_open: bool, *, keep_until: bool = False) -> JobOpening:
    """Close an opening, or open it again (its end date goes then, unless `keep_until`). Raises Stale `openings.stale`."""
    row = _locked(session, opening_id, version)
    row.is_open, row.version = is_open, row.version + 1
    row.open_until = None if is_open and not keep_until else row.open_until
    session.add(row)
    session.flush()
    audit.note(session, now, actor_id, "opening.reopened" if is_open else "opening.closed", "opening", opening_id)
    return row


def by_requisition(session: Session, requisition_id: str) -> JobOpening | None:
    """The opening the applicant tracking system calls by this id."""
    return session.exec(select(JobOpening).where(JobOpening.requisition_id == requisition_id)).first()


def find(session: Session, today: date, query: str, limit: int = 20) -> list[JobOpening]:
    """Openings that take referrals and hold every word of the query, in any part of theirs; titles that begin with it first."""
    folded = fold(query)
    hits = and_(open_on(today), *(col(JobOpening.search).contains(word, autoescape=True) for word in folded.split()))
    first = col(JobOpening.search).startswith(folded, autoescape=True)
    return list(session.exec(select(JobOpening).where(hits).order_by(first.desc(), col(JobOpening.title), col(JobOpening.id)).limit(limit)))


def page(session: Session, today: date, offset: int, limit: int, *, everything: bool = False) -> tuple[list[JobOpening], int]:
    """One page of openings by title (with closed ones last when `everything`), and how many there are in all."""
    which = open_on(today)
    rows = select(JobOpening) if everything else select(JobOpening).where(which)
    total = select(func.count()).select_from(JobOpening) if everything else select(func.count()).select_from(JobOpening).where(which)
    found = session.exec(rows.order_by(col(JobOpening.is_open).desc(), col(JobOpening.title), col(JobOpening.id)).offset(offset).limit(limit))
    return list(found), session.exec(total).one()


def open_on(today: date) -> ColumnElement[bool]:
    """The condition that an opening takes referrals on that day."""
    return and_(col(JobOpening.is_open), or_(col(JobOpening.open_until).is_(None), col(JobOpening.open_until) >= today))


def _fill(row: JobOpening, draft: Draft) -> bool:
    """Put a draft into a row; True when that changed anything."""
    new = {name: getattr(draft, name) for name in Draft.__dataclass_fields__} | {"requisition_id": draft.requisition_id.strip() or None}
    new |= {"title": " ".join(draft.title.split()), "search": fold(f"{draft.title} {draft.department} {draft.location} {draft.requisition_id}")}
    changed = any(getattr(row, name) != value for name, value in new.items())
    for name, value in new.items():
        setattr(row, name, value)
    return changed


def _locked(session: Session, opening_id: int, version: int) -> JobOpening:
    row = session.exec(select(JobOpening).where(JobOpening.id == opening_id, JobOpening.version == version).with_for_update()).first()
    if row is None:
        raise Stale("openings.stale")
    return row
