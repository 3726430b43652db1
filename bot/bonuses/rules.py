"""The rules that bind: when a bonus is accrued, and on the day it is due. Each gives its reason (content: `bonuses.reason.<reason>`)."""

from __future__ import annotations

from datetime import date, timedelta

from sqlmodel import Session

from bot import plans, settings
from bot.bonuses.records import Bonus
from bot.bonuses.shares import is_settled
from bot.openings import JobOpening
from bot.people import Person
from bot.plans import Asked
from bot.referrals import Referral

EMPLOYED = ("employee", "contractor")  # payees who must still be here on the due day; alumni and stakeholders have left already
# Reasons that ask HR for a fact. All others that hold a bonus are rules, and letting one pass is an override.
FACTS = frozenset({"hire_unknown", "start_differs"})


def verdict(session: Session, bonus: Bonus) -> tuple[str, str]:
    """What becomes of a bonus on its due day, with the reason: (state, reason).

    Both must be employed on that day. Who left before it has left; everything that the directory cannot decide (is the newcomer
    still here, since when, who gave notice, a change of role since the promise) holds the bonus and asks HR.
    """
    if left := has_left(session, bonus):
        return "forfeited", left
    reason = missing(session, bonus) or standing(session, bonus)
    return ("held", reason) if reason else ("eligible", "")


def missing(session: Session, bonus: Bonus) -> str | None:
    """Which of the FACTS HR must be asked for, or None where the directory knows them."""
    newcomer = _person(session, session.get_one(Referral, bonus.referral_id).hired_person_id)
    if newcomer is None and settings.get(session, "bonus.hire_must_be_here"):
        return "hire_unknown"
    return "start_differs" if newcomer and newcomer.start_on and newcomer.start_on != bonus.start_on else None


def standing(session: Session, bonus: Bonus) -> str | None:
    """What stands against a bonus, or None: a split that nobody settled; else the rules, unless it was let pass. Facts are not asked for here."""
    referral = session.get_one(Referral, bonus.referral_id)
    if not is_settled(session, referral):
        return "split_open"
    newcomer = _person(session, referral.hired_person_id)
    return None if bonus.override_by else _notice(session, bonus, newcomer) or _against(session, bonus, referral)


def _against(session: Session, bonus: Bonus, referral: Referral) -> str | None:
    if reason := reason_against(session, referral, session.get_one(Person, bonus.beneficiary_id)):
        return reason
    return "relative" if referral.is_relative and settings.get(session, "bonus.ask_about_relatives") else None


def reason_against(session: Session, referral: Referral, person: Person) -> str | None:
    """Why a person cannot earn by this referral, or None. Looks at the opening, at the newcomer where the directory knows them, and at today's roles."""
    if person.erased_at:
        return "referrer_left"
    opening = session.get(JobOpening, referral.opening_id) if referral.opening_id else None
    asked = Asked(person, opening.hiring_manager_id if opening else None, referral.hired_person_id)
    return plans.referrer_reason(session, asked) or reason_against_candidate(session, referral)


def reason_against_candidate(session: Session, referral: Referral) -> str | None:
    """Why nobody earns by this candidate, or None: they worked here until lately, or recruiting knew them already."""
    referred_on = referral.confirmed_on
    if referred_on is None:
        return None
    newcomer = _person(session, referral.hired_person_id) or _person(session, referral.former_person_id)
    if newcomer and (reason := plans.candidate_reason(session, newcomer, referred_on)):
        return reason
    days = int(settings.get(session, "bonus.known_candidate_days"))
    return "known_before" if days and referral.known_on and _within(referral.known_on, referred_on, days) else None


def must_be_here(session: Session, bonus: Bonus) -> tuple[bool, bool]:
    """Whether whoever earns it, and whether the newcomer, must be employed here on the due day."""
    is_asked = bonus.payee_type in EMPLOYED and bool(settings.get(session, "bonus.referrer_must_be_here"))
    return is_asked, bool(settings.get(session, "bonus.hire_must_be_here"))


def has_left(session: Session, bonus: Bonus) -> str:
    """Who left before the due day, as a reason; the empty text for nobody, or where the rule is off."""
    referral = session.get_one(Referral, bonus.referral_id)
    newcomer = _person(session, referral.hired_person_id)
    if newcomer and newcomer.end_on and newcomer.end_on < bonus.due_on and settings.get(session, "bonus.hire_must_be_here"):
        return "hire_left"
    referrer = session.get_one(Person, bonus.beneficiary_id)
    if bonus.payee_type in EMPLOYED and referrer.end_on and referrer.end_on < bonus.due_on and settings.get(session, "bonus.referrer_must_be_here"):
        return "referrer_left"
    return ""


def _notice(session: Session, bonus: Bonus, newcomer: Person | None) -> str | None:
    if not settings.get(session, "bonus.ask_about_notice"):
        return None
    referrer = session.get_one(Person, bonus.beneficiary_id)
    if bonus.payee_type in EMPLOYED and _under_notice(referrer, bonus.due_on):
        return "referrer_notice"
    return "hire_notice" if newcomer and _under_notice(newcomer, bonus.due_on) else None


def _under_notice(person: Person, day: date) -> bool:
    return person.notice_on is not None and person.notice_on <= day


def _within(day: date, referred_on: date, days: int) -> bool:
    return referred_on - timedelta(days=days) <= day < referred_on


def _person(session: Session, person_id: int | None) -> Person | None:
    return session.get(Person, person_id) if person_id else None
