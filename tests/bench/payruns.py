"""A pay run of 10,000 bonuses: closed with both files, and marked as paid. On SQLite, as a small company runs it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from measure import Result
from sqlalchemy import insert
from sqlmodel import Session, col, select

from bot import bonuses, plans
from bot.bonuses import Bonus, payback, payruns, reconcile
from bot.db import Database
from bot.ledger import post_many
from bot.migrations import upgrade
from bot.money import Money
from bot.people import Person, grant
from bot.plans import Instalment, PlanDraft
from bot.referrals import Candidate, Referral, ReferralLink

COUNT, PEOPLE, PAGE = 10_000, 1_000, 500
NOW, DAY = datetime(2026, 3, 2, 9, tzinfo=UTC), date(2026, 3, 2)


async def run() -> AsyncIterator[Result]:
    """Seconds for closing, comparing the file that comes back and paying, and reconciling."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        upgrade(url)
        db = Database(url)
        payroll = db.write_now(_company)
        _ready(db)
        began = time.perf_counter()
        closed = db.write_now(payruns.close, NOW, payroll, "EUR")
        seconds = time.perf_counter() - began
        assert closed.bonus_count == COUNT
        yield Result("a pay run of 10,000 bonuses, closed with CSV and XLSX", seconds, None, None, "s", "under 10 s", seconds < 10)
        brought = db.read_now(payruns.content, closed).replace(b"\r\n", b"\n")  # as another program saved it: compared line by line
        began = time.perf_counter()
        db.write_now(payback.pay_by_file, NOW, payroll, closed.id or 0, brought)
        yield Result("... its file brought back, compared and paid", time.perf_counter() - began, None, None, "s", "", None)
        began = time.perf_counter()
        found = db.read_now(reconcile.overall, "EUR")
        assert found.is_sound
        yield Result("... reconciled", time.perf_counter() - began, None, None, "s", "", None)
        db.close()


def _company(session: Session) -> int:
    """People with a plan; returns payroll's id."""
    session.execute(insert(Person), [{"email": f"p{n}@meri.example", "name": f"Person {n}", "version": 1} for n in range(PEOPLE)])
    session.flush()
    payroll = session.exec(select(Person).order_by(col(Person.id))).first()
    assert payroll is not None
    grant(session, NOW, None, payroll, "payroll")
    plans.adopt(session, NOW, None, PlanDraft("Everybody", (Instalment(0, Money(50_000, "EUR")),), is_default=True))
    return payroll.id or 0


def _ready(db: Database) -> None:
    """As many approved bonuses, each with its entry in the ledger, a page at a time."""
    for first in range(0, COUNT, PAGE):
        db.write_now(_page, first)


def _page(session: Session, first: int) -> None:
    plan = plans.current(session, None)
    assert plan is not None
    people = list(session.exec(select(Person.id).order_by(col(Person.id))))
    made = []
    for number in range(first, first + PAGE):
        person = people[number % PEOPLE] or 0
        link = ReferralLink(token=f"t{number}", person_id=person, is_live=False, created_at=NOW, expires_at=NOW + timedelta(days=9))
        candidate = Candidate(token_hash=f"h{number}", created_at=NOW)
        session.add_all([link, candidate])
        session.flush()
        referral = Referral(link_id=link.id or 0, referrer_id=person, candidate_id=candidate.id or 0, stage="hired", stage_since=NOW, plan_id=plan.id,
                            confirmed_at=NOW, confirmed_on=DAY, start_on=DAY, nonce=f"n{number}")  # fmt: skip
        session.add(referral)
        session.flush()
        made.append(Bonus(referral_id=referral.id or 0, beneficiary_id=person, amount_minor=50_000, currency="EUR", state="approved", state_since=NOW,
                          start_on=DAY, due_on=DAY, plan_id=plan.id or 0, wage_code="REFERRAL", created_at=NOW))  # fmt: skip
    session.add_all(made)
    session.flush()
    post_many(session, NOW, [bonuses.moves.accrual(bonus) for bonus in made])
