"""Newcomers in the directory: who may be the one that a referral brought, and whose first day is another one there than here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, exists
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from bot.bonuses.records import OWED, Bonus
from bot.people import Person
from bot.referrals import Referral

PAGE = 200


def unknown(session: Session, today: date) -> Sequence[tuple[Referral, int]]:
    """Hires that began and are tied to nobody in the directory, each with the newest person there who began on that very day."""
    query = (
        select(Referral, Person.id)
        .join(Person, col(Person.start_on) == col(Referral.start_on))
        .where(_is_awaited(), col(Referral.hired_person_id).is_(None), col(Referral.start_on) <= today, _may_be())
        .order_by(col(Referral.id), col(Person.id))
    )
    newest = {referral.id: (referral, person_id or 0) for referral, person_id in session.exec(query.limit(PAGE))}
    return list(newest.values())


def starting_otherwise(session: Session) -> Sequence[tuple[Referral, date]]:
    """Hires whose newcomer began on another day than was written down, with the directory's day; only while a bonus hangs on it."""
    query = select(Referral, Person).join(Person, col(Person.id) == Referral.hired_person_id)
    differs = col(Person.start_on).is_not(None), col(Person.start_on) != col(Referral.start_on)
    found = session.exec(query.where(_is_awaited(), *differs).order_by(col(Referral.id)).limit(PAGE))
    return [(referral, newcomer.start_on) for referral, newcomer in found if newcomer.start_on]


def may_be(session: Session, referral: Referral, limit: int) -> list[Person]:
    """The people who began on the first day of a hire and are nobody else's hire, by name."""
    query = select(Person).where(col(Person.start_on) == referral.start_on, col(Person.id) != referral.referrer_id, _is_free())
    return list(session.exec(query.order_by(col(Person.name), col(Person.id)).limit(limit)))


def _may_be() -> ColumnElement[bool]:
    return (col(Person.id) != col(Referral.referrer_id)) & _is_free()


def _is_free() -> ColumnElement[bool]:
    tied = aliased(Referral)
    return ~exists().where(col(tied.hired_person_id) == col(Person.id))


def _is_awaited() -> ColumnElement[bool]:
    return exists().where(col(Bonus.referral_id) == col(Referral.id), col(Bonus.state).in_(OWED))
