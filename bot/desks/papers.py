"""A candidate's CV, for those who may see details: each opening is written down before the file is handed over."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from bot import audit, people, referrals
from bot.desks.turn import Deployment
from bot.errors import Refusal
from bot.messages import Button, say
from bot.people import Person
from bot.referrals import Paper, Referral
from bot.referrals.papers import MOST_BYTES

__all__ = ["MOST_BYTES", "Paper", "button", "for_staff"]


def button(session: Session, deployment: Deployment, referral: Referral) -> tuple[Button, ...]:
    """The way to a candidate's CV, on the card of their details; none where there is no file. It opens in a browser, signed in."""
    found = referrals.paper_facts(session, referral.candidate_id)
    return (Button(say("candidate.cv.open", kind=found[0].upper()), url=deployment.link(f"recruiting/cv/{referral.id}")),) if found else ()


def for_staff(session: Session, deployment: Deployment, now: datetime, person_id: int, referral_id: int) -> Paper | None:
    """The CV for somebody who recruits now; None where there is none (any more). Raises Refusal `forbidden`."""
    person = session.get(Person, person_id)
    if person is None or not person.is_here(deployment.today(now)) or not people.has_role(session, person_id, "recruiter", "hr"):
        raise Refusal("forbidden")
    referral = session.get(Referral, referral_id)
    if referral is None or referral.stage in referrals.HIDDEN or referral.stage == "erased":
        return None
    paper = referrals.open_paper(session, deployment.vault, referral.candidate_id)
    if paper:
        audit.note(session, now, person_id, "referral.file_opened", "referral", referral_id)
    return paper
