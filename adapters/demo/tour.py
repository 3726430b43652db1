"""The guided tour: which step is next, as whom it is walked, and where it begins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from bot.desks import tour

# Who walks each step, and the page on which it begins. None: the step is nobody's in the company (a visitor, a candidate).
_WALKED_BY: dict[str, tuple[str, str]] = {
    "publish": ("nora.lind@meri.example", "/admin/stories"),
    "share": ("elias.koski@meri.example", "/"),
    "click": ("", ""),
    "link": ("elias.koski@meri.example", "/refer"),
    "confirm": ("", ""),
    "hire": ("daniel.okafor@meri.example", "/recruiting"),
    "wait": ("", "/demo/clock"),
    "approve": ("nora.lind@meri.example", "/admin/bonuses"),
    "payrun": ("anna.lehto@meri.example", "/admin/payrun"),
}


@dataclass(frozen=True)
class Stop:
    """One step of the tour as it is shown. `person_id` is None where nobody needs to be switched to."""

    name: str
    is_done: bool
    is_next: bool
    person_id: int | None
    person_name: str
    path: str
    visit: str  # a link of our own to open in another tab, or the empty text


def stops(session: Session, since: datetime) -> list[Stop]:
    """The tour as it stands; the first step that has not happened is the next one."""
    people = {c.email: c for c in tour.characters(session)}
    by_id = {c.person_id: c for c in people.values()}
    newest = tour.newest(session, since)
    visits = {"click": newest.share and f"/s/{newest.share}", "confirm": newest.referral and f"/r/{newest.referral}"}
    made, next_seen = [], False
    for step in tour.steps(session, since):
        email, path = _WALKED_BY[step.name]
        who = people.get(email)
        if step.name == "hire" and (recruiter := tour.recruiter_of_newest(session, since)):
            who = by_id.get(recruiter, who)
        is_next = not step.is_done and not next_seen
        next_seen = next_seen or is_next
        made.append(Stop(step.name, step.is_done, is_next, who.person_id if who else None, who.name if who else "", path, visits.get(step.name) or ""))
    return made
