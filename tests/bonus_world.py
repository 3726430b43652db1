"""A small company in which somebody was referred: what the bonus tests start from."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from conftest import START, add_person
from sqlmodel import Session

from bot import bonuses, ledger, plans
from bot.bonuses import Bonus
from bot.db import Database
from bot.ledger import payable
from bot.money import parse_money
from bot.openings import JobOpening
from bot.people import Person
from bot.plans import Instalment, PlanDraft
from bot.referrals import Candidate, Referral, ReferralLink

ZONE = "Europe/Helsinki"
MONDAY = date(2026, 3, 2)  # START in the company's zone
_numbers = itertools.count(1)


@dataclass
class World:
    """People of a company, and shortcuts for what HR and time do there."""

    db: Database
    hr: Person
    other_hr: Person
    payroll: Person
    recruiter: Person
    referrer: Person

    def plan(self, *parts: tuple[int, str], currency: str = "EUR", name: str = "Referral bonus") -> int:
        """A default plan: (days after the start, amount) each; returns its id."""
        instalments = tuple(Instalment(days, parse_money(amount, currency)) for days, amount in parts)
        plan = self.db.write_now(plans.adopt, START, self.hr.id, PlanDraft(name, instalments, is_default=True))
        return plan.id or 0

    def refer(self, plan_id: int | None, referrer: Person | None = None, *, hired: Person | None = None, manager: Person | None = None) -> int:
        """A confirmed referral in the recruiter's hands, offered; returns its id."""
        return self.db.write_now(add_referral, plan_id, referrer or self.referrer, self.recruiter, hired, manager)

    def hire(self, referral_id: int, start_on: date, now: datetime = START, **more: object) -> list[Bonus]:
        """The recruiter writes down the hire."""
        self.db.write_now(bonuses.hire, now, self.recruiter.id, referral_id, start_on, ZONE, **more)
        return self.bonuses(referral_id)

    def bonuses(self, referral_id: int) -> list[Bonus]:
        return self.db.read_now(bonuses.of_referral, referral_id)

    def bonus(self, bonus_id: int | None) -> Bonus:
        return self.db.read_now(lambda s: s.get_one(Bonus, bonus_id))

    def morning(self, day: date) -> None:
        """What the clock does at nine on a day."""
        now = datetime(day.year, day.month, day.day, 7, tzinfo=START.tzinfo)
        for step in (bonuses.start_waiting, bonuses.drop_leavers, bonuses.ask_about_leavers, bonuses.raise_due):
            self.db.write_now(step, now, day)

    def approve(self, bonus: Bonus, by: Person | None = None, now: datetime = START) -> Bonus:
        return self.db.write_now(bonuses.approve, now, (by or self.hr).id, bonus.id, bonus.version)

    def close_run(self, by: Person | None = None, now: datetime = START, currency: str = "EUR") -> bonuses.PayRun:
        return self.db.write_now(bonuses.payruns.close, now, (by or self.payroll).id, currency)

    def owed(self, person: Person | None = None, currency: str = "EUR") -> int:
        """What the ledger says is owed to somebody, in minor units."""
        return -self.db.read_now(ledger.balance, payable((person or self.referrer).id or 0), currency)

    def change(self, person: Person, **fields: object) -> None:
        """The directory changes."""

        def write(session: Session) -> None:
            row = session.get_one(Person, person.id)
            for name, value in fields.items():
                setattr(row, name, value)

        self.db.write_now(write)


def make_world(db: Database) -> World:
    """The company of the bonus tests."""
    return World(
        db, add_person(db, "Hilla Rinne", "hr"), add_person(db, "Oskar Berg", "hr"), add_person(db, "Pirjo Laine", "payroll"),
        add_person(db, "Reetta Aho", "recruiter"), add_person(db, "Aino Salo", start_on=date(2020, 1, 1)),
    )  # fmt: skip


def add_referral(session: Session, plan_id: int | None, referrer: Person, recruiter: Person, hired: Person | None, manager: Person | None) -> int:
    number = next(_numbers)
    opening = JobOpening(title=f"Opening {number}", plan_id=plan_id, hiring_manager_id=manager.id if manager else None, created_at=START)
    session.add(opening)
    session.flush()
    link = ReferralLink(token=f"link{number}", person_id=referrer.id or 0, opening_id=opening.id, created_at=START, expires_at=START + timedelta(days=180))
    candidate = Candidate(token_hash=f"hash{number}", created_at=START)
    session.add_all([link, candidate])
    session.flush()
    referral = Referral(
        link_id=link.id or 0, referrer_id=referrer.id or 0, candidate_id=candidate.id or 0, opening_id=opening.id, stage="offered", stage_since=START,
        recruiter_id=recruiter.id, plan_id=plan_id, confirmed_at=START, confirmed_on=START.date(), nonce=f"nonce{number}",
        hired_person_id=hired.id if hired else None,
    )  # fmt: skip
    session.add(referral)
    session.flush()
    return referral.id or 0
