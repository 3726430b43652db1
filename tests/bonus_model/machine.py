"""Bonuses under whatever people and time may do, in any order: a hypothesis state machine over the real code, on SQLite in memory."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

from bonus_model.company import HR, OTHER_HR, OWN, PAYROLL, THIRD_HR, ZONE, Company, at
from bonus_model.invariants import Watch, at_the_end
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import text

from bot import bonuses, plans, settings
from bot.bonuses import Share, clawback, payback, payruns, splits
from bot.errors import Refusal
from bot.money import Money
from bot.people import RoleGrant
from bot.plans import Instalment, PlanDraft

BEGINS = (date(2026, 3, 2), date(2026, 3, 20), date(2026, 10, 1), date(2027, 12, 1))  # clocks forward, back, a leap day in between
# What somebody might well press on a bonus in this state; anything else is pressed too, more seldom.
LIKELY = {
    "accrued": ("void",), "waiting": ("hold", "void"), "held": ("confirm", "let_pass", "refuse", "void", "confirm"),
    "eligible": ("approve", "approve", "approve", "hold", "void", "take_back"), "approved": ("hold", "void"), "exported": ("send_back",),
    "paid": ("ask_back",), "clawback_due": ("recover", "waive"),
}  # fmt: skip
DEEDS = ("approve", "confirm", "refuse", "hold", "void", "send_back", "let_pass", "take_back", "ask_back", "recover", "waive")
SWITCHES: dict[str, tuple[Any, ...]] = {
    "bonus.two_approvers_from": (0, 200), "bonus.clawback_days": (0, 40), "bonus.ask_about_notice": (True, False), "bonus.ask_about_relatives": (True, False),
}  # fmt: skip
# Eligible or approved, though by the directory of this morning somebody had left before the due day, and HR did not let it pass.
LATE_NEWS = """
    SELECT b.id FROM bonus b JOIN referral r ON r.id = b.referral_id JOIN person p ON p.id = b.beneficiary_id LEFT JOIN person n ON n.id = r.hired_person_id
    WHERE b.state IN ('eligible', 'approved') AND ((b.payee_type IN ('employee', 'contractor') AND p.end_on < b.due_on AND p.end_on < ?)
    OR (n.end_on < b.due_on AND n.end_on < ?)) AND NOT EXISTS (SELECT 1 FROM auditentry a WHERE a.subject = 'bonus' AND a.subject_id = b.id
    AND a.what = 'bonus.overridden' AND a.detail IN ('hire_left', 'referrer_left'))
"""
DUE_ALREADY = """
    SELECT r.hired_person_id AS newcomer, b.due_on FROM bonus b JOIN referral r ON r.id = b.referral_id
    WHERE b.state IN ('eligible', 'approved') AND r.hired_person_id IS NOT NULL ORDER BY b.id
"""
anyone = st.sampled_from((HR, HR, OTHER_HR, OTHER_HR, THIRD_HR, PAYROLL, OWN, 4))
any_pick = st.integers(0, 999)  # which of those there are
company: list[Company] = []  # the one company of this process


class BonusMachine(RuleBasedStateMachine):
    @initialize(begin=st.sampled_from(BEGINS), two=st.sampled_from((0, 0, 200)), back=st.sampled_from((0, 40)))
    def begins(self, begin: date, two: int, back: int) -> None:
        self.company = company[0]
        self.db = self.company.db
        self.db.begin_with(self.company.template)
        self.watch, self.today, self.seconds = Watch(self.company), begin, 0
        self.ids: list[int] = []
        self.hired: list[int] = []
        self.runs: list[int] = []
        self.left = [[list(found) for found in of_plan] for of_plan in self.company.referrals]
        self.switch("bonus.two_approvers_from", two)
        self.switch("bonus.clawback_days", back)

    def now(self) -> Any:
        self.seconds += 1
        return at(self.today, self.seconds)

    def attempt(self, deed: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Do something as somebody; a refusal is an answer and leaves no trace (the invariants see to that)."""
        with suppress(Refusal):
            return self.db.write_now(deed, *args, **kwargs)
        return None

    @rule(plan=any_pick, who=any_pick, newcomer=any_pick, days=st.integers(0, 40), weights=st.lists(st.integers(1, 99), min_size=0, max_size=3))
    def hire(self, plan: int, who: int, newcomer: int, days: int, weights: list[int]) -> None:
        """A referral becomes a hire; now and then already divided among several. The message comes twice."""
        of_plan = self.left[plan % len(self.left)]
        free = [n for n in range(len(of_plan)) if of_plan[n]]
        if not free:
            return
        referral = of_plan[free[who % len(free)]].pop()
        known = self.company.newcomers
        person = None if newcomer % 6 == 5 else known[newcomer % len(known)]
        people = self.company.referrers
        shares = [Share(people[(who + n) % len(people)].id or 0, weight) for n, weight in enumerate(weights if newcomer % 3 == 0 else ())]
        start_on, facts = self.today + timedelta(days=days), {"hired_person_id": person.id} if person else {}
        for _ in range(2):
            self.db.write_now(bonuses.hire, self.now(), self.company.world.recruiter.id, referral, start_on, ZONE, shares=shares, **facts)
        self.hired.append(referral)
        self.look()

    def look(self) -> None:
        self.ids = [r.id for r in self.db.rows("SELECT id FROM bonus WHERE state NOT IN ('void', 'forfeited', 'recovered', 'waived')")]

    @rule(days=st.integers(1, 45))
    def days_pass(self, days: int) -> None:
        self.time_passes(days)

    @precondition(lambda self: self.ids)
    @rule(is_paid=st.booleans())
    def a_good_month(self, is_paid: bool) -> None:
        """Time, HR and payroll do their part; what comes next is up to the other rules."""
        self.time_passes(30)
        self.the_month_ends(is_paid, 0)

    def time_passes(self, days: int) -> None:
        self.today += timedelta(days=days)
        self.seconds = 0
        self.morning(self.today)

    @precondition(lambda self: self.ids)
    @rule(back=st.integers(1, 60))
    def the_clock_jumps_back(self, back: int) -> None:
        """16: time going backwards makes no money appear: nothing comes up whose day has not come on that day either."""
        up = "SELECT id, due_on FROM bonus WHERE state IN ('eligible', 'held', 'approved', 'exported', 'paid')"
        before, day = {r.id for r in self.db.rows(up)}, self.today - timedelta(days=back)
        self.morning(day)
        assert not [r for r in self.db.rows(up) if r.id not in before and r.due_on > str(day)], "time going backwards makes no money appear"

    def morning(self, day: date) -> None:
        for step in (bonuses.start_waiting, bonuses.drop_leavers, bonuses.ask_about_leavers, bonuses.raise_due):
            self.db.write_now(step, self.now(), day)
        self.db.write_now(clawback.ask_back_leavers, self.now(), day, ZONE)
        assert not self.db.rows(LATE_NEWS, str(day), str(day)), "somebody had left before the due day, and nobody was asked"

    @precondition(lambda self: self.ids)
    @rule(pick=any_pick, actor=anyone, deed=any_pick)
    def decide(self, pick: int, actor: int, deed: int) -> None:
        """Somebody presses what they see, and presses again: the second time has no effect (11)."""
        bonus = self.ids[pick % len(self.ids)]
        state, version, _ = before = self.seen(bonus)
        chosen = self.likely(state, deed)
        self.press(bonus, version, actor, chosen)
        after = self.seen(bonus)
        if after != before and deed % 3 == 0:
            self.press(bonus, version, actor, chosen)
            assert self.seen(bonus) == after, "a press repeated"

    def likely(self, state: str, deed: int) -> str:
        """What is pressed: mostly one of the deeds that the state allows."""
        allowed = LIKELY.get(state, DEEDS)
        return DEEDS[deed % len(DEEDS)] if deed % 7 == 0 else allowed[deed % len(allowed)]

    @precondition(lambda self: self.ids)
    @rule(pick=any_pick, first=any_pick, second=any_pick)
    def two_press_on_the_same_card(self, pick: int, first: int, second: int) -> None:
        """The first one presses anything half of the time. The second press would mostly do, were the card new: otherwise nothing were tried."""
        bonus = self.ids[pick % len(self.ids)]
        card = self.seen(bonus)
        self.press(bonus, card[1], HR, self.likely(card[0], first) if first % 2 else DEEDS[first // 2 % len(DEEDS)])
        after = self.seen(bonus)
        self.press(bonus, card[1], OTHER_HR, self.likely(after[0], second))
        assert after == card or self.seen(bonus) == after, "an old card has no effect"

    def seen(self, bonus: int) -> tuple[str, int, int]:
        """State, version and beneficiary."""
        found: tuple[str, int, int] = self.db.raw.execute("SELECT state, version, beneficiary_id FROM bonus WHERE id = ?", (bonus,)).fetchone()
        return found

    def press(self, bonus: int, version: int, actor: int, deed: str) -> None:
        who = self.seen(bonus)[2] if actor == OWN else self.company.actors[actor].id
        given = (self.now(), who, bonus, version)
        match deed:
            case "confirm":
                self.attempt(bonuses.confirm, *given, self.today)
            case "let_pass":
                self.attempt(bonuses.let_pass, *given, "they never worked together", self.today)
            case "hold":
                self.attempt(bonuses.hold, *given, "hr_question")
            case "refuse":
                (held,) = self.db.rows("SELECT reason FROM bonus WHERE id = ?", bonus)
                self.attempt(bonuses.refuse, *given, bonuses.NO_REASONS[0] if held.reason in bonuses.HOLD_REASONS else "")
            case "send_back":
                self.attempt(payruns.send_back, *given)
            case "ask_back":
                self.attempt(clawback.ask_back, *given, self.today, ZONE)
            case "recover":
                self.attempt(clawback.recover, *given)
            case "waive":
                self.attempt(clawback.waive, *given, "a fault of ours")
            case _:
                self.attempt(getattr(bonuses, deed), *given)
        self.look()

    @precondition(lambda self: self.ids)
    @rule(is_paid=st.booleans(), first=st.integers(0, 2))
    def the_month_ends(self, is_paid: bool, first: int) -> None:
        """HR works through some of what waits, payroll closes a run and marks it as paid: otherwise few runs would come this far."""
        for b in self.db.rows("SELECT id FROM bonus WHERE state IN ('eligible', 'held') ORDER BY id LIMIT 3"):
            for n in range(3):
                state, version, _ = self.seen(b.id)
                if state in ("eligible", "held"):
                    deed = "approve" if state == "eligible" else ("confirm", "let_pass")[n % 2]
                    self.press(b.id, version, (first + n) % 3, deed)
        for currency in ("EUR", "SEK") if first == 2 else ("EUR",):
            self.close(PAYROLL, currency)
        if is_paid and self.runs:
            self.attempt(payruns.pay, self.now(), self.company.actors[PAYROLL].id, self.runs[-1])
        self.look()

    def close(self, actor: int, currency: str) -> None:
        if run := self.attempt(payruns.close, self.now(), self.company.actors[actor].id, currency):
            self.runs.append(run.id)
            self.watch.files[run.id] = run.sha256

    @precondition(lambda self: self.runs)
    @rule(pick=any_pick, actor=st.sampled_from((PAYROLL, PAYROLL, HR, 4)), way=st.sampled_from(("file", "edited file", "button", "close")))
    def payroll_works(self, pick: int, actor: int, way: str) -> None:
        """Twice each: the second time has no effect."""
        run, who = self.runs[-1 - pick % min(3, len(self.runs))], self.company.actors[actor].id
        (stored,) = self.db.rows("SELECT content FROM payrunfile WHERE pay_run_id = ? AND format = 'csv'", run)
        for _ in range(2):
            if way == "close":
                self.close(actor, "EUR")
            elif way == "button":
                self.attempt(payruns.pay, self.now(), who, run)
            else:
                brought = stored.content.replace(b"EUR", b"USD").replace(b"SEK", b"NOK") if "edited" in way else stored.content
                paid = self.attempt(payback.pay_by_file, self.now(), who, run, brought)
                assert not (paid and brought != stored.content), "an edited file pays nothing"
        self.look()

    @rule(what=st.sampled_from(("leaves", "leaves", "first day", "setting", "plan", "joins hr")), pick=any_pick, days=st.integers(-20, 60), again=any_pick)
    def the_world_turns(self, what: str, pick: int, days: int, again: int) -> None:
        """Whatever happens beside the bonuses."""
        match what:
            case "leaves":
                self.somebody_leaves(pick, days, ("end_on", "end_on", "notice_on", "back")[again % 4])
            case "first day" if self.hired:
                self.the_first_day_is_put_right(pick, days)
            case "setting":
                name = tuple(SWITCHES)[pick % len(SWITCHES)]
                self.switch(name, SWITCHES[name][again % 2])
            case "plan":  # midway: what was promised stays (the invariants compare with the version that was frozen)
                draft = PlanDraft(f"Plan {pick % len(self.company.plan_ids)}", (Instalment(days + 20, Money(again + 1, "EUR")),))
                self.attempt(plans.adopt, self.now(), self.company.world.hr.id, draft)
            case "joins hr":
                self.a_referrer_joins_hr(pick % 3)

    def somebody_leaves(self, who: int, ahead: int, field: str) -> None:
        people = [*self.company.referrers[:-1], *self.company.newcomers]
        person, day = people[who % len(people)].id, str(self.today + timedelta(days=ahead))
        if who % 4 == 1 and (late := self.db.rows(DUE_ALREADY)):  # the directory hears of it late
            person, day, field = late[who % len(late)].newcomer, str(date.fromisoformat(late[who % len(late)].due_on) - timedelta(days=1)), "end_on"
        change = "end_on = NULL, notice_on = NULL" if field == "back" else f"{field} = '{day}'"
        self.db.write_now(lambda s: s.execute(text(f"UPDATE person SET {change} WHERE id = {person}")))

    @precondition(lambda self: self.hired)
    @rule(pick=any_pick, actor=anyone, is_back=st.booleans())
    def nobody_had_left(self, pick: int, actor: int, is_back: bool) -> None:
        """What ended for a leaving is promised anew, mostly after the directory was put right; and pressed again."""
        ended = self.db.rows("SELECT b.id, b.version, r.hired_person_id AS newcomer FROM bonus b JOIN referral r ON r.id = b.referral_id "
                             "WHERE b.state = 'forfeited' ORDER BY b.reason NOT LIKE '%left', b.id")  # fmt: skip
        if not ended:
            return
        bonus = ended[pick % min(3, len(ended))]
        concerned = [self.seen(bonus.id)[2], *([bonus.newcomer] if bonus.newcomer else [])]
        if is_back or pick % 3:
            self.db.write_now(lambda s: s.execute(text(f"UPDATE person SET end_on = NULL WHERE id IN ({','.join(map(str, concerned))})")))
        who = concerned[0] if actor == OWN else self.company.actors[actor].id
        for _ in range(2):
            self.attempt(bonuses.promise_anew, self.now(), who, bonus.id, bonus.version, self.today, ZONE)
        self.look()

    def a_hire(self, pick: int) -> int:
        """One of the hires; every other time one about which HR has a question, where there is one: few corrections would meet it."""
        asked = [r.referral_id for r in self.db.rows("SELECT DISTINCT referral_id FROM bonus WHERE state = 'held' AND reason = 'hr_question' ORDER BY 1")]
        among = asked if asked and pick % 2 else self.hired
        return int(among[pick // 2 % len(among)])

    def the_first_day_is_put_right(self, pick: int, days: int) -> None:
        referral = self.a_hire(pick)
        (seen,) = self.db.rows("SELECT version FROM referral WHERE id = ?", referral)
        start_on = self.today + timedelta(days=days)
        self.attempt(bonuses.correct_start, self.now(), self.company.world.recruiter.id, referral, seen.version, start_on, ZONE)
        self.look()

    @precondition(lambda self: self.hired)
    @rule(pick=any_pick, actor=st.sampled_from((HR, OTHER_HR, PAYROLL)), cut=st.integers(1, 9_999), way=st.integers(0, 5), other=st.integers(0, 3))
    def a_split(self, pick: int, actor: int, cut: int, way: int, other: int) -> None:
        """HR divides what a referral earns, by its word or by asking; or those who were asked answer."""
        self.somebody_answers_a_split(pick, is_yes=way < 4) if way % 2 else self.hr_divides(pick, actor, cut, way == 0, other)

    def hr_divides(self, pick: int, actor: int, cut: int, is_decided: bool, other: int) -> None:
        referral = self.a_hire(pick)
        (seen,) = self.db.rows("SELECT referrer_id FROM referral WHERE id = ?", referral)
        version = self.db.rows("SELECT coalesce(max(version), 0) AS n FROM referralshare WHERE referral_id = ?", referral)[0].n
        parts = [splits.Part(seen.referrer_id, cut), splits.Part(self.company.referrers[other].id or 0, splits.WHOLE - cut)]
        who, why = self.company.actors[actor].id, "they both spoke with the candidate" if is_decided else ""
        for _ in range(2):  # the same card twice
            self.attempt(splits.propose, self.now(), who, referral, version, parts, self.today, why)
        self.look()

    def somebody_answers_a_split(self, pick: int, is_yes: bool) -> None:
        asked = self.db.rows("SELECT id, person_id, version FROM referralshare WHERE accepted_at IS NULL AND decided_by IS NULL ORDER BY id")
        for row in asked[:3]:
            self.attempt(splits.accept if is_yes else splits.decline, self.now(), row.person_id, row.id, row.version)
        self.look()

    def switch(self, name: str, value: Any) -> None:
        self.db.write_now(settings.put, self.now(), self.company.world.hr.id, name, value)
        if name == "bonus.two_approvers_from":
            self.watch.two_from = value

    def a_referrer_joins_hr(self, who: int) -> None:
        person = self.company.referrers[who].id
        if not self.db.rows("SELECT 1 FROM rolegrant WHERE person_id = ?", person):
            self.db.write_now(lambda s: s.add(RoleGrant(person_id=person, role="hr")))

    @invariant()
    def everything_holds(self) -> None:
        if hasattr(self, "watch"):
            self.watch.check()

    def teardown(self) -> None:
        if hasattr(self, "watch"):
            at_the_end(self.watch)
