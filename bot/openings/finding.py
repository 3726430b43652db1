"""Openings found by typing: any part of any word, without accents, the likeliest first."""

from __future__ import annotations

import unicodedata
from datetime import date

from sqlalchemy import ColumnElement, and_, case, func, or_
from sqlmodel import Session, col, select

from bot.openings.records import JobOpening

# Letters that Unicode does not take apart into a base letter and an accent.
_PLAIN_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ħ": "h", "ŧ": "t", "ŋ": "n", "ı": "i"})
_MOST_WORDS = 8


def fold(text: str) -> str:
    """Text as it is searched: lower case, without accents, single spaces ("Ingeniør, Åbo" -> "ingenior, abo", "ß" -> "ss")."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return " ".join(bare.translate(_PLAIN_LETTERS).split())


def searchable(title: str, *rest: str) -> str:
    """What a lookup compares with: every word follows a space; the title's words end with the line (`fold` leaves no line's end)."""
    return f" {fold(title)}\n {fold(' '.join(rest))}"


def find(session: Session, today: date, query: str, limit: int = 20) -> list[JobOpening]:
    """Openings that take referrals and hold every word of the query, in any part of theirs.

    First those whose title begins with it, then by where its words are found: at the beginning of a word of the title, within
    one, in the department, the place or the id.
    """
    folded = fold(query)
    words = folded.split()[:_MOST_WORDS]
    search = col(JobOpening.search)
    hits = and_(open_on(today), *(search.contains(word, autoescape=True) for word in words))
    order = [search.startswith(f" {folded}", autoescape=True).desc(), *((_far(words),) if words else ()), col(JobOpening.title), col(JobOpening.id)]
    return list(session.exec(select(JobOpening).where(hits).order_by(*order).limit(limit)))


def _far(words: list[str]) -> ColumnElement[int]:
    """How far from the beginning of a word of the title each word stands, summed up."""
    far: ColumnElement[int] = _one_far(words[0])
    for word in words[1:]:
        far = far + _one_far(word)
    return far


def _one_far(word: str) -> ColumnElement[int]:
    """0: begins a word of the title, 1: within one, 2: begins another word, 3: within one."""
    search, escaped = col(JobOpening.search), word.replace("/", "//").replace("%", "/%").replace("_", "/_")
    return case(
        (search.like(f"% {escaped}%\n%", escape="/"), 0), (search.like(f"%{escaped}%\n%", escape="/"), 1),
        (search.like(f"% {escaped}%", escape="/"), 2), else_=3,
    )  # fmt: skip


def by_requisition(session: Session, requisition_id: str) -> JobOpening | None:
    """The opening the applicant tracking system calls by this id."""
    return session.exec(select(JobOpening).where(JobOpening.requisition_id == requisition_id)).first()


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
