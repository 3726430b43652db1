"""Three years of a programme: at the end nobody was kept too long, told too late or left in silence. With 120 candidates and the
clock coming by every tenth day; in `make soak` with 2,000, a day at a time."""

from __future__ import annotations

import itertools
import os
import random
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from conftest import START, add_person
from properties.test_referral_stages import fresh
from sqlalchemy import update
from sqlmodel import Session, col, func, select

from bot import openings, referrals, settings
from bot.audit import AuditEntry
from bot.db import Database
from bot.desks import Deployment, Turn, candidate, recruiter
from bot.desks.clock_privacy import STEPS as PRIVACY
from bot.desks.clock_referrals import STEPS as REFERRALS
from bot.errors import Refusal
from bot.openings import Draft
from bot.outbox import Delivery
from bot.people import Person
from bot.referrals import ACTIVE, HIDDEN, Candidate, CandidateFile, Paper, Referral, StageChange
from bot.referrals.inviting import InvitedBefore, invite
from bot.vault import Vault, VaultKey

DAYS, SEED = 3 * 365, 4
PEOPLE, STEP = (2000, 1) if os.environ.get("VINKKI_SOAK") else (120, 10)
ONE_DAY = timedelta(days=1)
ONWARD = {"confirmed": "taken", "taken": "contacted", "contacted": "interviewing", "interviewing": "offered"}


class Programme:
    """Thirty referrers, three recruiters of whom one forgets, HR, and candidates who do what people do."""

    def __init__(self, db: Database) -> None:
        self.db, self.dice, numbers = db, random.Random(SEED), itertools.count(1)
        self.deployment = Deployment("http://127.0.0.1", "Meri Oy", "EUR", "Europe/Helsinki", "en", Vault("k" * 40), lambda: f"tok{next(numbers):020d}")
        self.staff = [add_person(db, f"Recruiter {n}", "recruiter") for n in range(3)]
        self.referrers = [add_person(db, f"Referrer {n}") for n in range(30)]
        self.openings = [db.write_now(openings.create, START, None, Draft(f"Opening {n}", recruiter_id=self.staff[n % 3].id)).id for n in range(12)]
        db.write_now(settings.put, START, None, "referral.invitations", True)
        self.tokens: list[str] = []
        self.came = self.looks = 0

    def day(self, now: datetime, coming: int) -> None:
        """A day in one transaction; the clock's steps after it."""
        self.db.write_now(self._day, now, coming)
        for step in (*PRIVACY.values(), *REFERRALS.values()):
            while self.db.write_now(step, self.deployment, now):
                pass
        self.db.write_now(self._letters_go, now)

    def _day(self, session: Session, now: datetime, coming: int) -> None:
        for _ in range(coming):
            self.came += 1
            link = referrals.link_for(session, now, self._one(self.referrers).id or 0, self.dice.choice([*self.openings, None]), self.deployment.new_token)
            if self.dice.random() < 0.3:
                self._invite(session, now, link)
            else:
                self._yes(session, now, link.token)
        self._recruit(session, now)
        for token in self.dice.sample(self.tokens, min(len(self.tokens), 1)):
            if self.dice.random() < 0.3:
                getattr(candidate, self.dice.choice(("withdraw", "erase", "view", "download")))(session, self.deployment, token, now)

    def _invite(self, session: Session, now: datetime, link: Any) -> None:
        try:
            invited = invite(session, now, self.deployment.vault, self.deployment.new_token, link, f"p{self.dice.randrange(4000)}@example.com", "fi")
        except Refusal:
            return
        details = referrals.open_details(session, self.deployment.vault, session.get_one(Candidate, invited.candidate_id))
        assert details is not None
        fate = self.dice.random()
        if fate < 0.4:
            self._yes(session, now, details.token)
        elif fate < 0.6:
            candidate.decline(session, self.deployment, details.token, now)

    def _yes(self, session: Session, now: datetime, token: str) -> None:
        number, ticks = self.dice.randrange(4000), {"about_others": self.dice.choice(("yes", "")), "referrer_may_see": self.dice.choice(("yes", ""))}
        values = {"name": f"Canary {number}", "email": f"p{number}@example.com", "nonce": f"{self.came:020d}"} | ticks
        paper = Paper("pdf", b"%PDF-canary") if self.dice.random() < 0.2 else None
        done = candidate.confirm(session, self.deployment, token, values, "fi", now, paper)
        assert not done.errors, done.errors
        self.tokens.append(done.token)

    def _recruit(self, session: Session, now: datetime) -> None:
        """A recruiter looks at whatever is there, moves half of it on, and forgets the rest for a while."""
        for row in session.exec(select(Referral).where(col(Referral.stage).in_((*ACTIVE, "invited")))).all():
            if row.stage in HIDDEN:
                self._peek(session, now, row)
            elif self.dice.random() < (0.02 if (row.id or 0) % 10 == 0 else 0.2):
                referrals.move(
                    session, now, self._one(self.staff).id, row.id or 0, ONWARD.get(row.stage, "rejected") if self.dice.random() < 0.6 else "rejected"
                )

    def _peek(self, session: Session, now: datetime, row: Referral) -> None:
        self.looks += 1
        turn = Turn(session, self.deployment, self._one(self.staff), now)
        with pytest.raises(Refusal):
            recruiter.open_details(turn, f"{row.id}:{row.version}")

    def _letters_go(self, session: Session, now: datetime) -> None:
        session.execute(update(Delivery).where(col(Delivery.state) == "owed").values(state="sent", sent_at=now))

    def _one(self, people: list[Person]) -> Person:
        return self.dice.choice(people)


def too_long(session: Session, now: datetime) -> dict[str, int]:
    """Rows past their policy by more than a day, by what they are."""
    late, plain, pool = now - ONE_DAY, timedelta(days=365), timedelta(days=730)
    readable = select(Candidate.id).join(Referral, col(Referral.candidate_id) == Candidate.id).where(Candidate.sealed != "")
    over = col(Referral.stage).in_(("rejected", "withdrawn", "duplicate", "hired", "closed"))
    gone = select(Candidate.id).where(col(Candidate.erased_at).is_not(None))
    keys = select(VaultKey.owner).where(col(VaultKey.owner).in_([f"candidate:{i}" for i in session.exec(gone)]))
    counted = {
        "invited": readable.where(Referral.stage == "invited", Referral.stage_since < late - timedelta(days=14)),
        "no or no answer": readable.where(col(Referral.stage).in_(("declined", "expired"))),
        "over": readable.where(over, Referral.stage_since < late - plain, ~col(Candidate.about_others)),
        "pool": readable.where(over, Referral.stage_since < late - pool),
        "erased": readable.where(Referral.stage == "erased"),
        "files": select(CandidateFile.candidate_id).where(col(CandidateFile.candidate_id).in_(gone)),
        "keys": keys,
        "marks": select(InvitedBefore.address_hash).where(InvitedBefore.at < late - timedelta(days=183)),
    }
    return {name: len(session.exec(query).all()) for name, query in counted.items()}


def told_late(session: Session, now: datetime) -> int:
    """Candidates whose notice was not proven by the day it was due."""
    rows = session.exec(select(Referral).where(col(Referral.notice_due_at) < now)).all()
    silent = {"expired", "declined", "erased"}  # nobody was ever written to (an address that was asked before), and nothing is kept
    return sum(1 for r in rows if r.stage not in silent and (r.noticed_at is None or (r.notice_due_at is not None and r.noticed_at > r.notice_due_at)))


def unanswered(session: Session, now: datetime) -> list[int]:
    """Referrals that have waited for three weeks in their stage without a reminder or an escalation: the longest promise is ten
    working days, and a fortnight of holidays is not among these days."""
    old = col(Referral.stage).in_(ACTIVE) & (col(Referral.stage_since) < now - timedelta(days=28))
    return [r.id or 0 for r in session.exec(select(Referral).where(old)) if r.reminded_at is None or r.escalated_at is None]


def peeks(session: Session) -> int:
    """Openings of details before the candidate's own yes."""
    first = (
        select(StageChange.referral_id, func.min(StageChange.at).label("at"))
        .where(StageChange.new == "confirmed")
        .group_by(col(StageChange.referral_id))
        .subquery()
    )
    opened = (
        select(AuditEntry)
        .outerjoin(first, first.c.referral_id == AuditEntry.subject_id)
        .where(col(AuditEntry.what).in_(("referral.details_opened", "referral.file_opened")))
    )
    return len(session.exec(opened.where((first.c.at.is_(None)) | (first.c.at > col(AuditEntry.at)))).all())


@pytest.fixture
def programme() -> Iterator[Programme]:
    db, folder = fresh()
    yield Programme(db)
    db.close()
    shutil.rmtree(folder)


@pytest.mark.timeout(600)
def test_after_three_years_nobody_was_kept_too_long_told_too_late_or_left_in_silence(programme: Programme) -> None:
    db, now = programme.db, START
    for day in range(STEP - 1, DAYS + STEP - 1, STEP):
        now, so_far = START + timedelta(days=day), min(day + 1, DAYS)
        programme.day(now, coming=PEOPLE * so_far // DAYS - programme.came)
        if day % 30 == 29 or so_far == DAYS:
            assert {k: v for k, v in db.read_now(too_long, now).items() if v} == {}, f"day {day}"
            assert db.read_now(told_late, now) == 0, f"day {day}"
            assert db.read_now(unanswered, now) == [], f"day {day}"
    stages = dict(db.read_now(lambda s: s.exec(select(Referral.stage, func.count()).group_by(Referral.stage)).all()))
    assert programme.came == PEOPLE and programme.looks > PEOPLE // 20 and {"erased", "expired", "declined", "rejected"} <= set(stages), stages
    assert db.read_now(peeks) == 0
    assert not [w for w in db.read_now(lambda s: s.exec(select(Delivery.notice).where(Delivery.notice == "notice_overdue")).all())]
