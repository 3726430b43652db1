"""What must hold after every step, whoever did what (facts: reliability.md §4, by their numbers); cheap enough to ask each time.

Everything is read by plain SQL, past the code under test, and only what is new since the step before.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any

from bonus_desk import read
from bonus_model.company import Company
from conftest import START

from bot import bonuses, ledger, privacy
from bot.bonuses import PayRun, payruns, reconcile
from bot.desks import explaining
from bot.errors import Refusal
from bot.vault import Vault

# Written down once more on purpose: the table in the code is itself under test.
ALLOWED = {
    "": "accrued held", "accrued": "waiting forfeited void", "waiting": "eligible held forfeited void", "held": "waiting eligible forfeited void",
    "eligible": "approved held forfeited void", "approved": "exported held forfeited void", "exported": "paid approved", "paid": "clawback_due",
    "clawback_due": "recovered waived", "forfeited": "void",
}  # fmt: skip
STATES = frozenset((*ALLOWED, *(" ".join(ALLOWED.values())).split())) - {""}
VAULT = Vault("a-test-key-that-is-long-enough-000")
OWED = ("accrued", "waiting", "held", "eligible", "approved")


class Watch:
    """Follows one run: what the book, the states and the audit said so far."""

    def __init__(self, company: Company) -> None:
        self.company, self.db = company, company.db
        self.entries, self.last_hash, self.audited = 0, ledger.GENESIS, self.db.rows("SELECT max(id) AS n FROM auditentry")[0].n
        self.balance: dict[tuple[str, str], int] = defaultdict(int)
        self.state: dict[int, str] = {}
        self.why_void: dict[int, str] = {}
        self.ended: dict[int, str] = {}
        self.paid: dict[int, int] = defaultdict(int)
        self.files: dict[int, str] = {}
        self.two_from = 0
        self.asked: dict[int, str] = {}  # what HR stopped for a question of its own
        self.stopped: set[tuple[int, int, int]] = set()  # cancelled by a correction while HR's question stood: referral, part, share

    def check(self) -> None:
        """Everything, in the order in which a fault is easiest to read."""
        self._the_book_grows()
        bonuses = self.db.rows(
            "SELECT b.id, b.referral_id, b.share_no, b.milestone_no, b.state, b.amount_minor, b.days_off, b.currency, b.beneficiary_id, b.charity_id, "
            "b.due_on, b.start_on, b.plan_id, b.override_by, b.reason, b.version, r.number AS run FROM bonus b LEFT JOIN payrun r ON r.id = b.pay_run_id"
        )
        self._each_move_is_on_record({b.id: b for b in bonuses})
        self._money_is_where_the_states_say(bonuses)
        self._shares_are_the_whole(bonuses)

    def _the_book_grows(self) -> None:
        """1, 2 and 5: new rows follow from those before, move an amount between two accounts, and nobody is paid twice."""
        new = self.db.raw.execute("SELECT * FROM ledgerentry WHERE id > ? ORDER BY id", (self.entries,)).fetchall()
        for number, key, debit, credit, minor, currency, reverses, subject, subject_id, moment, previous, own in new:
            assert number == self.entries + 1 and previous == self.last_hash, "numbers without gaps, in a chain"
            stamp = datetime.fromisoformat(moment + "+00:00")
            assert own == ledger.digest(number, key, debit, credit, minor, currency, reverses, subject, subject_id, stamp, previous)
            assert minor > 0 and debit != credit
            self.balance[debit, currency] += minor
            self.balance[credit, currency] -= minor
            self.paid[subject_id] += credit == "cash"
            assert self.paid[subject_id] <= 1, "paid once"
            self.entries, self.last_hash = number, own
        (head,) = self.db.raw.execute("SELECT entries, hash FROM ledgerhead").fetchall() or [(0, ledger.GENESIS)]
        assert head == (self.entries, self.last_hash), "the head is the end of the book"
        if new:
            stands = self.db.raw.execute("SELECT account, currency, debit_minor - credit_minor FROM ledgeraccount").fetchall()
            assert {(a, c): m for a, c, m in stands if m} == {k: m for k, m in self.balance.items() if m}, "accounts are the sums of their rows"

    def _each_move_is_on_record(self, bonuses: dict[int, Any]) -> None:
        """6, 7, 8 and 9: a state is the fold of its audit rows; each move is allowed and has its plan; nobody judges their own."""
        news = self.db.rows("SELECT id, what, actor_id, detail, at, subject_id FROM auditentry WHERE subject = 'bonus' AND id > ? ORDER BY id", self.audited)
        for event in news:
            self.audited = event.id
            new = event.what.removeprefix("bonus.")
            if new in STATES:
                self._one_move(event, bonuses[event.subject_id], new)
        self.stopped.clear()  # what takes their place was promised in the same step
        assert self.state == {b.id: b.state for b in bonuses.values()}, "the state is what the audit says"

    def _one_move(self, event: Any, bonus: Any, new: str) -> None:
        old = self.state.get(bonus.id, "")
        assert new in ALLOWED[old].split(), f"{old} to {new}"
        assert f"plan {bonus.plan_id}" in event.detail
        self.state[bonus.id] = new
        why = event.detail.partition(f"plan {bonus.plan_id}")[2].strip(", ")
        if new == "void":
            self.why_void[bonus.id] = why
        if old == "forfeited":
            assert why == "had_not_left" and self.ended[bonus.id] in ("hire_left", "referrer_left"), "only a leaving is taken back"
        if new == "forfeited":
            self.ended[bonus.id] = why
        self._questions_stand(bonus, old, new, why)
        if new == "approved" and old == "eligible":
            self._rightly_approved(event, bonus)
        if new == "eligible" and old == "waiting":
            self._rightly_raised(bonus)

    def _questions_stand(self, bonus: Any, old: str, new: str, why: str) -> None:
        """A question of HR's own outlives whatever correction others make: what takes the place of the bonus begins as held."""
        place = (bonus.referral_id, bonus.milestone_no, bonus.share_no)
        if old == "":
            assert new != "held" or any(p[:2] == place[:2] for p in self.stopped), "held from the start, though HR asked nothing"
            assert new == "held" or place not in self.stopped, "a correction answered for HR"
        question = self.asked.pop(bonus.id, "")
        if new == "held" and why in bonuses.HOLD_REASONS:
            self.asked[bonus.id] = why
        if new == "void" and why and question:
            self.stopped.add(place)

    def _rightly_approved(self, event: Any, bonus: Any) -> None:
        decided = [r.decided_by for r in self.db.rows("SELECT decided_by FROM referralshare WHERE referral_id = ?", bonus.referral_id)]
        judges = [r.person_id for r in self.db.rows("SELECT person_id FROM bonusapproval WHERE bonus_id = ?", bonus.id)]
        assert event.actor_id in judges and not {bonus.beneficiary_id, bonus.override_by, *decided} & {*judges}, "approver, beneficiary, author: three people"
        needed = 2 if self.two_from and bonus.amount_minor >= self.two_from * 100 else 1
        assert len(set(judges)) >= needed, "two above the amount"
        assert self._day(event.at) >= bonus.due_on, "approved before it was due"
        self._split_is_settled(bonus)
        hr = "SELECT 1 FROM rolegrant WHERE role = 'hr' AND person_id = ?"
        assert all(self.db.rows(hr, judge) for judge in judges), "only HR approves"

    def _rightly_raised(self, bonus: Any) -> None:
        """By time alone, without a question: both were employed on the due day, and the split is settled."""
        (facts,) = self.db.rows(
            "SELECT p.kind, p.end_on AS left_on, n.id AS newcomer, n.end_on AS newcomer_left FROM bonus b JOIN person p ON p.id = b.beneficiary_id "
            "JOIN referral r ON r.id = b.referral_id LEFT JOIN person n ON n.id = r.hired_person_id WHERE b.id = ?", bonus.id,
        )  # fmt: skip
        if facts.kind == "employee":
            assert facts.left_on is None or facts.left_on >= bonus.due_on, "the referrer had left"
        assert facts.newcomer, "nobody knows whether the newcomer is here"
        assert facts.newcomer_left is None or facts.newcomer_left >= bonus.due_on, "the newcomer had left"
        self._split_is_settled(bonus)

    def _split_is_settled(self, bonus: Any) -> None:
        asked = self.db.rows("SELECT 1 FROM referralshare WHERE referral_id = ? AND accepted_at IS NULL AND decided_by IS NULL", bonus.referral_id)
        assert not asked, "the split is open"

    def _day(self, stamp: str) -> str:
        return stamp[:10]  # nine in Helsinki is the same day in UTC

    def _money_is_where_the_states_say(self, bonuses: list[Any]) -> None:
        """3, 4 and 14, for each account. A day off is no money and is in no account."""
        expected: dict[tuple[str, str], int] = defaultdict(int)
        for b in bonuses:
            minor, currency = b.amount_minor, b.currency
            if b.state in ("forfeited", "void") or not minor:
                continue
            payable = f"payable:charity:{b.charity_id}" if b.charity_id else f"payable:person:{b.beneficiary_id}"
            if b.state in OWED:
                expected[payable, currency] -= minor
            elif b.state == "exported":
                expected[f"payroll_clearing:run:{b.run}", currency] -= minor
            elif b.state != "recovered":
                expected["cash", currency] -= minor
            if b.state == "clawback_due":
                expected[f"receivable:person:{b.beneficiary_id}", currency] += minor
            elif b.state != "recovered":
                expected["expense:bonus", currency] += minor
        assert {k: m for k, m in self.balance.items() if m} == {k: m for k, m in expected.items() if m}, "money is where the states say"

    def _shares_are_the_whole(self, bonuses: list[Any]) -> None:
        """10: a part's shares sum to what the plan's frozen version promised, less what HR cancelled as a mistake; days follow from the start."""
        sums: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
        seen = set()
        for b in bonuses:
            if b.state == "void" and self.why_void[b.id]:
                continue  # another took its place
            sums[b.referral_id, b.milestone_no][0] += b.amount_minor
            sums[b.referral_id, b.milestone_no][1] += b.days_off
            if b.state != "void":
                place = (b.referral_id, b.milestone_no, b.share_no)
                assert place not in seen, "one bonus for a share of a part"
                seen.add(place)
                assert b.due_on == str(date.fromisoformat(b.start_on) + timedelta(days=self._wait(b.plan_id, b.milestone_no)))
        for (referral, milestone), (minor, days) in sums.items():
            assert (minor, days) == self.company.worth[referral][milestone], "shares are the whole, to the cent"

    def _wait(self, plan_id: int, milestone: int) -> int:
        key = (plan_id, milestone)
        if key not in _WAITS:
            of = "milestone WHERE plan_id = ? AND position = ?" if milestone else "campaign"
            _WAITS[key] = self.db.rows(f"SELECT days_after_start AS days FROM {of}", *key[: 2 if milestone else 0])[0].days
        return _WAITS[key]


_WAITS: dict[tuple[int, int], int] = {}


def at_the_end(watch: Watch) -> None:
    """The dear ones: the whole book again by the code's own reading (5), the files' bytes (4, 15), and that lines are in one run.
    The dearest only in every third and in every tenth run."""
    db = watch.db
    assert db.read_now(ledger.verify).is_sound
    assert not db.rows("SELECT bonus_id FROM payrunline WHERE is_returned = 0 GROUP BY bonus_id HAVING count(*) > 1")
    for run in db.rows("SELECT id, number, total_minor, sha256, currency FROM payrun"):
        assert watch.files.get(run.id, run.sha256) == run.sha256, "a closed file stays"
        content = db.read_now(lambda s, i=run.id: payruns.content(s, s.get_one(PayRun, i)))
        heading, *lines = [[cell.strip('"') for cell in line.split(";")] for line in content.decode("utf-8-sig").splitlines()]
        place = heading.index("amount")
        assert sum(int(cells[place].replace(",", "") or 0) for cells in lines) == run.total_minor, "the file is the run's total"
        (lines_sum,) = db.rows("SELECT sum(amount_minor) AS n FROM payrunline WHERE pay_run_id = ?", run.id)
        assert lines_sum.n == run.total_minor
    if watch.entries % 3 == 0:
        _every_last_bonus_explains_itself(watch)
    for currency in ("EUR", "SEK"):
        assert not [d for d in db.read_now(reconcile.overall, currency).differences if d.is_fault], "the reconciliation finds nothing"
    if watch.entries % 10 == 1:
        _erasing_changes_no_amount(watch)


def _every_last_bonus_explains_itself(watch: Watch) -> None:
    """The newest one of each run, in three languages: what its entries come to is what its state says."""
    for bonus, state in list(watch.state.items())[-1:]:
        found = watch.db.read_now(bonuses.explain, bonus)
        assert found.owed_minor == (found.bonus.amount_minor if state in OWED else 0)
        for in_full in (True, False):
            assert read(watch.db.read_now(explaining.explanation_card, found, in_full))


def _erasing_changes_no_amount(watch: Watch) -> None:
    """13: whoever wants out goes, now or once nothing waits for them; the book stays."""
    for person in watch.company.referrers:
        with suppress(Refusal):  # whoever holds a role by now hands it over first
            watch.db.write_now(privacy.ask_erasure, VAULT, START, None, person.id)
    assert (watch.db.read_now(ledger.head).entries, watch.db.read_now(ledger.verify).is_sound) == (watch.entries, True)
