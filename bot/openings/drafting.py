"""Making and changing openings: what HR, a file or a job board says about one, checked before any of it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlsplit

from sqlmodel import Session, select

from bot import audit
from bot.errors import FieldRefusal, Stale
from bot.openings.finding import searchable
from bot.openings.records import LOCALES, JobOpening

LIMITS = {"title": 100, "requisition_id": 80, "department": 80, "location": 80, "country": 60, "description": 2000, "link": 500}


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
        for name, limit in LIMITS.items():
            if len(getattr(self, name)) > limit:
                raise FieldRefusal(name, "openings.too_long", count=limit)
        if self.language not in LOCALES:
            raise FieldRefusal("language", "openings.language_unknown", languages=", ".join(LOCALES))
        if self.link and not is_web_address(self.link):
            raise FieldRefusal("link", "openings.link_unreadable")


def is_web_address(text: str) -> bool:
    """An address that a browser opens as a page, and nothing that only looks like one."""
    try:
        parts = urlsplit(text)
    except ValueError:  # an unclosed bracket
        return False
    return parts.scheme in ("https", "http") and bool(parts.hostname) and not any(c.isspace() or c == "\\" or not c.isprintable() for c in text)


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
    if is_open and row.board_state in ("asked", "closed", "left"):
        row.board_state = "kept"
    session.add(row)
    session.flush()
    audit.note(session, now, actor_id, "opening.reopened" if is_open else "opening.closed", "opening", opening_id)
    return row


def _fill(row: JobOpening, draft: Draft) -> bool:
    """Put a draft into a row; True when that changed anything."""
    new = {name: getattr(draft, name) for name in Draft.__dataclass_fields__} | {"requisition_id": draft.requisition_id.strip() or None}
    new |= {"title": " ".join(draft.title.split()), "search": searchable(draft.title, draft.department, draft.location, draft.country, draft.requisition_id)}
    changed = any(getattr(row, name) != value for name, value in new.items())
    for name, value in new.items():
        setattr(row, name, value)
    return changed


def _locked(session: Session, opening_id: int, version: int) -> JobOpening:
    row = session.exec(select(JobOpening).where(JobOpening.id == opening_id, JobOpening.version == version).with_for_update()).first()
    if row is None:
        raise Stale("openings.stale")
    return row
