"""Whatever anybody does in whatever order: no recruiter sees a candidate before their yes, every change stands in the table with
who and when, the referrer is owed the news, and what is erased stays erased."""

from __future__ import annotations

import contextlib
import itertools
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import START, add_person
from conftest import opened as opened_database
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlmodel import col, select

from bot import openings, referrals
from bot import settings as hr_settings
from bot.db import Database
from bot.desks import Deployment, Turn, candidate, clock_privacy, notices, recruiter
from bot.desks.clock import STEPS
from bot.desks.hr import promises, retention
from bot.errors import Refusal
from bot.migrations import upgrade
from bot.openings import Draft
from bot.outbox import Delivery
from bot.referrals import CAUSES, HIDDEN, MOVES, STAGES, Candidate, Referral, StageChange
from bot.vault import Vault

pytestmark = pytest.mark.long
SECRET = "Maija Salainen"
NUMBERS = itertools.count(1)
TEMPLATE: list[Path] = []
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # hundreds of durable commits: a disk would be the slowest part


def fresh() -> tuple[Database, Path]:
    """A migrated database in a folder of its own."""
    if not TEMPLATE:
        TEMPLATE.append(Path(tempfile.mkdtemp()) / "template.db")
        upgrade(f"sqlite:///{TEMPLATE[0]}")
    folder = Path(tempfile.mkdtemp(dir=MEMORY))
    shutil.copy(TEMPLATE[0], folder / "x.db")
    return opened_database(f"sqlite:///{folder / 'x.db'}"), folder


class Referring(RuleBasedStateMachine):
    """One opening, two referrers, two recruiters, HR, time, and candidates who change their minds."""

    @initialize()
    def found(self) -> None:
        self.db, self.folder = fresh()
        self.now = START
        self.deployment = Deployment("http://127.0.0.1", "Meri Oy", "EUR", "Europe/Helsinki", "en", Vault("k" * 40), lambda: f"tok{next(NUMBERS):020d}")
        self.referrers = [add_person(self.db, "Aino A"), add_person(self.db, "Ben B")]
        self.staff = [add_person(self.db, "Rita R", "recruiter"), add_person(self.db, "Rolf R", "recruiter"), add_person(self.db, "Hanna H", "hr")]
        self.opening = self.db.write_now(openings.create, START, None, Draft("Dev"))
        self.db.write_now(hr_settings.put, START, None, "referral.invitations", True)
        self.tokens: list[str] = []
        self.asked: list[str] = []  # those of them who were invited by e-mail
        self.erased: set[int] = set()

    def teardown(self) -> None:
        if hasattr(self, "db"):
            self.db.close()
            shutil.rmtree(self.folder)

    def ids(self) -> list[int]:
        return self.db.read_now(lambda s: list(s.exec(select(Referral.id).order_by(col(Referral.id)))))

    @rule(who=st.integers(0, 1), general=st.booleans(), person=st.integers(0, 2), see=st.booleans(), again=st.booleans())
    def a_candidate_says_yes(self, who: int, general: bool, person: int, see: bool, again: bool) -> None:
        opening_id = None if general else self.opening.id
        link = self.db.write_now(referrals.link_for, self.now, self.referrers[who].id, opening_id, self.deployment.new_token)
        values = {"name": SECRET, "email": f"maija{person}@example.com", "referrer_may_see": "yes" if see else "", "nonce": f"{next(NUMBERS):020d}"}
        first = self.db.write_now(candidate.confirm, self.deployment, link.token, values, "fi", self.now)
        if again:
            assert self.db.write_now(candidate.confirm, self.deployment, link.token, values, "fi", self.now) == first
        assert not first.errors
        self.tokens.append(first.token)

    @rule(who=st.integers(0, 1), person=st.integers(0, 2))
    def somebody_is_invited(self, who: int, person: int) -> None:
        """By an address that is the canary: whoever shows it before a yes has shown a candidate."""

        def ask(session):
            link = referrals.link_for(session, self.now, self.referrers[who].id, None, self.deployment.new_token)
            row = referrals.invite(session, self.now, self.deployment.vault, self.deployment.new_token, link, f"canary{person}@example.com", "fi")
            return referrals.open_details(session, self.deployment.vault, session.get(Candidate, row.candidate_id)).token

        with contextlib.suppress(Refusal):
            self.tokens.append(self.db.write_now(ask))
            self.asked.append(self.tokens[-1])

    @precondition(lambda self: self.asked)
    @rule(data=st.data(), says=st.sampled_from(("yes", "yes", "no")), again=st.booleans())
    def somebody_answers_an_invitation(self, data: st.DataObject, says: str, again: bool) -> None:
        token = data.draw(st.sampled_from(self.asked))
        for _ in range(1 + again):
            if says == "no":
                self.db.write_now(candidate.decline, self.deployment, token, self.now)
            else:
                values = {"name": SECRET, "email": "maija0@example.com", "nonce": f"{next(NUMBERS):020d}"}
                assert self.db.write_now(candidate.confirm, self.deployment, token, values, "fi", self.now).token == token

    @precondition(lambda self: self.ids())
    @rule(data=st.data(), is_wild=st.booleans(), actor=st.integers(0, 4), old=st.sampled_from((False, False, False, True)))
    def anybody_tries_a_move(self, data: st.DataObject, is_wild: bool, actor: int, old: bool) -> None:
        """Half of the tries are in the table (and may still come from the wrong person, or from an old card), half are anything."""
        referral_id = data.draw(st.sampled_from(self.ids()))
        before = self.db.read_now(lambda s: s.get(Referral, referral_id))
        ways = [(new, cause) for (stage, new), causes in MOVES.items() if stage == before.stage for cause in sorted(causes)]
        wild = [(new, cause) for new in STAGES for cause in CAUSES]
        to, cause = data.draw(st.sampled_from(wild if is_wild or not ways else ways))
        by = cause if cause in ("candidate", "time") else ""
        actor_id = None if by else [*self.staff, *self.referrers][actor].id
        try:
            after = self.db.write_now(referrals.move, self.now, actor_id, referral_id, to, before.version - old, by=by)
        except Refusal:
            now = self.db.read_now(lambda s: s.get(Referral, referral_id))
            assert (now.stage, now.version) == (before.stage, before.version)
            return
        assert not old and (by or actor < 3), "an old card or a person without a role moved a referral"
        assert after.version == before.version + 1
        if to == "erased":
            self.erased.add(referral_id)

    @precondition(lambda self: self.tokens)
    @rule(data=st.data(), what=st.sampled_from(("withdraw", "erase", "view", "download", "correct")))
    def a_candidate_uses_their_page(self, data: st.DataObject, what: str) -> None:
        token = data.draw(st.sampled_from(self.tokens))
        if what == "correct":
            values = {"name": SECRET, "phone": "+358401234567", "referrer_may_see": data.draw(st.sampled_from(("yes", "")))}
            assert not self.db.write_now(candidate.correct, self.deployment, token, values, "fi", self.now).errors
            return
        if what in ("view", "download"):
            self.db.read_now(getattr(candidate, what), self.deployment, token, self.now)
            return
        self.db.write_now(getattr(candidate, what), self.deployment, token, self.now)
        if what == "erase":
            self.erased |= {i for i in self.ids() if self.db.read_now(lambda s, i=i: s.get(Referral, i).stage == "erased")}

    @rule(days=st.sampled_from((1, 3, 20, 200, 400)))
    def time_passes(self, days: int) -> None:
        self.now += timedelta(days=days)
        for name in ("referral links", "referral reminders", "referral escalations", "candidate retention", *clock_privacy.STEPS):
            while self.db.write_now(STEPS[name], self.deployment, self.now):
                pass
        self.erased |= {i for i in self.ids() if self.db.read_now(lambda s, i=i: s.get(Referral, i).stage == "erased")}

    @precondition(lambda self: self.ids())
    @rule(data=st.data(), who=st.integers(0, 2))
    def a_recruiter_looks(self, data: st.DataObject, who: int) -> None:
        referral_id = data.draw(st.sampled_from(self.ids()))

        def look(session):
            row = session.get(Referral, referral_id)
            turn = Turn(session, self.deployment, self.staff[who], self.now)
            try:
                return row.stage, repr(recruiter.open_details(turn, f"{row.id}:{row.version}")) + repr(recruiter.desk(turn, ""))
            except Refusal:
                return row.stage, ""

        stage, seen = self.db.write_now(look)
        if stage in HIDDEN or stage == "erased":
            assert SECRET not in seen and "canary" not in seen, f"a candidate at {stage} was shown"

    @precondition(lambda self: self.ids())
    @rule()
    def messages_and_lists_are_read(self) -> None:
        """Whatever stands in a chat, a room or on a list of HR's names nobody, before a yes or after it."""

        def read(session):
            newest = select(Delivery).where(Delivery.lane != "mail", Delivery.deed == "send").order_by(col(Delivery.id).desc()).limit(20)
            shown = [notices.build(session, self.deployment, d, self.now) for d in session.exec(newest)]
            turn = Turn(session, self.deployment, self.staff[2], self.now)
            return repr([*shown, promises.show(turn, ""), retention.show(turn, ""), recruiter.desk(turn, "")])

        seen = self.db.read_now(read)
        assert SECRET not in seen and "canary" not in seen

    @invariant()
    def every_change_is_in_the_table_and_told(self) -> None:
        if not hasattr(self, "db"):
            return

        def check(session):
            told = {(d.person_id, d.subject_id) for d in session.exec(select(Delivery).where(Delivery.notice == "referral_stage"))}
            for referral in session.exec(select(Referral)):
                changes = list(session.exec(select(StageChange).where(StageChange.referral_id == referral.id).order_by(col(StageChange.id))))
                assert [c.new for c in changes][-1] == referral.stage and changes[0].old == ""
                for before, change in itertools.pairwise([None, *changes]):
                    assert change.by in MOVES[(change.old, change.new)] and change.at is not None
                    assert before is None or before.new == change.old
                    assert (change.actor_id is not None) == (change.by in ("recruiter", "hr", "referrer"))
                    assert (referral.referrer_id, change.id) in told
                if referral.id in self.erased:
                    assert referral.stage == "erased"
                if referral.stage in HIDDEN:
                    assert not [d for d in session.exec(select(Delivery).where(Delivery.notice == "referral_new", Delivery.subject_id == referral.id))]

        self.db.read_now(check)


Referring.TestCase.settings = settings(
    max_examples=25,
    stateful_step_count=30,
    deadline=None,
    phases=[p for p in Phase if p is not Phase.shrink],  # a failing run must end within the time limit
)
TestReferring = Referring.TestCase


def test_the_table_of_moves_is_closed() -> None:
    for (old, new), causes in MOVES.items():
        assert (old == "" or old in STAGES) and new in STAGES and old != new and causes
        assert causes <= {*CAUSES, "referrer"}
    assert not [new for old, new in MOVES if old == "erased"]
    assert all(MOVES[(stage, "erased")] for stage in STAGES if stage != "erased")
    with pytest.raises(TypeError):
        MOVES[("erased", "taken")] = frozenset({"hr"})  # type: ignore[index]


def test_only_a_candidate_confirms_and_withdraws_and_only_staff_move_on() -> None:
    for (old, new), causes in MOVES.items():
        if new in ("confirmed", "withdrawn"):  # HR may write down a yes that was given elsewhere, with its proof
            assert causes == ({"candidate", "hr"} if (old, new) == ("", "confirmed") else {"candidate"})
        if new in ("taken", "contacted", "interviewing", "offered", "hired"):
            assert causes <= {"recruiter", "hr"}
        if new == "expired":
            assert causes == {"time"}
