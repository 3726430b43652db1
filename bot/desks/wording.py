"""Words that several desks say alike about openings, referrals and what they may bring."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from hashlib import sha256

from sqlmodel import Session

from bot import plans
from bot.bonuses import Bonus
from bot.bonuses.rules import reason_against_candidate
from bot.errors import Refusal
from bot.messages import Say, say
from bot.money import Money
from bot.openings import JobOpening
from bot.people import Person
from bot.plans import Asked, Charity, Instalment, Promise, Where
from bot.referrals import Referral, may_see_name
from bot.referrals.promising import promised as referral_promise


def opening_name(session: Session, opening_id: int | None) -> Say:
    """An opening's title, or the words for a referral to the organisation at large."""
    opening = session.get(JobOpening, opening_id) if opening_id else None
    return say("referrals.opening", title=opening.title) if opening else say("referrals.general")


def person_name(session: Session, person_id: int | None) -> str:
    """Somebody's name; the empty text for nobody."""
    person = session.get(Person, person_id) if person_id else None
    return person.name if person else ""


def promised(session: Session, referrer: Person, opening: JobOpening | None, today: date) -> tuple[Promise | None, str | None]:
    """What a referral made now would earn, and why this person would not earn it (a reason of plans), each or None."""
    promise = referral_promise(session, referrer.id or 0, opening, today)
    plan, _ = plans.fitting(session, opening.where if opening else Where())
    if promise is None and plan:
        return None, "budget_used"
    return promise, plans.referrer_reason(session, Asked(referrer, opening.hiring_manager_id if opening else None))


def promised_to(session: Session, referrer: Person, referral: Referral, today: date) -> tuple[Promise | None, str | None]:
    """What a referral would earn, and why this person would not earn it, each or None. Its plan is frozen with the candidate's yes;
    before it, what a yes of today would bring."""
    opening = session.get(JobOpening, referral.opening_id) if referral.opening_id else None
    if referral.confirmed_at is None:
        return promised(session, referrer, opening, today)
    promise = plans.promise_of_version(session, referral.plan_id, referral.campaign_id) if referral.plan_id else None
    reason = plans.referrer_reason(session, Asked(referrer, opening.hiring_manager_id if opening else None))
    return promise, reason or _against_candidate(session, referral)


def _against_candidate(session: Session, referral: Referral) -> str | None:
    """A rule about the candidate; unnamed to the referrer where the candidate keeps the way to themselves, since it tells of their past."""
    reason = reason_against_candidate(session, referral)
    return "candidate_rule" if reason and not may_see_name(session, referral) else reason


def worth(session: Session, what: Bonus | Instalment) -> Money | Say:
    """What a bonus or a part of a plan is: an amount, days off, or a donation. For wherever words have a place for `money`."""
    if what.reward == "day_off":
        return say("bonuses.worth.day_off", count=what.days_off)
    charity = session.get(Charity, what.charity_id) if what.charity_id else None
    return say("bonuses.worth.donation", money=what.money, name=charity.name) if charity else what.money


def whole(session: Session, parts: Sequence[Instalment]) -> Money | Say:
    """All parts together: the money in one sum, then days off and donations one by one."""
    money = [p.money for p in parts if p.reward == "money"]
    words: list[Money | Say] = [sum(money[1:], start=money[0])] if money else []
    words += [worth(session, p) for p in parts if p.reward != "money"]
    *before, last = words
    if not before:
        return last
    together = before[0]
    for word in before[1:]:
        together = say("bonuses.worth.listed", first=together, second=word)
    return say("bonuses.worth.both", first=together, second=last)


def promise_words(session: Session, promise: Promise | None, reason: str | None) -> Say:
    """The promise of a bonus in a sentence, or why there is none."""
    if promise is None:
        return say("referrals.promise.nobody", reason=say(f"bonuses.reason.{reason}")) if reason == "budget_used" else say("referrals.promise.none")
    if reason is not None:
        return say("referrals.promise.not_you", reason=say(f"bonuses.reason.{reason}"))
    money = whole(session, promise.every)
    if len(promise.every) == 1:
        return say("referrals.promise.once", money=money, count=promise.days)
    return say("referrals.promise.parts", money=money, parts=len(promise.every), count=min(p.days for p in promise.every))


def read_id(text: str) -> int:
    """An opaque id that a card or form brought back. Raises Refusal `old_card` for anything else."""
    if not is_id(text):
        raise Refusal("old_card")
    return int(text)


def is_id(text: str) -> bool:
    """Could be the id of a row: ASCII digits, and no number that PostgreSQL's INTEGER cannot hold."""
    return text.isascii() and text.isdigit() and len(text) <= 18 and int(text) < 2**31


def option_token(value: str) -> str:
    """An opaque option for a value that may hold what a list of values is separated by."""
    return sha256(value.encode()).hexdigest()[:12]


def read_version(value: str) -> tuple[int, int]:
    """An `id:version` value of a button. Raises Refusal `old_card` for anything else."""
    first, _, second = value.partition(":")
    return read_id(first), read_id(second)


def versioned(referral: Referral) -> str:
    """The value of a referral's buttons: id and the version they were drawn for."""
    return f"{referral.id}:{referral.version}"
