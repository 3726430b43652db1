"""What time erases, what HR sees of it beforehand, and what may be kept for a reason."""

from __future__ import annotations

from datetime import timedelta

import pytest
from referral_desk import Company, buttons_of, company, text_of
from sqlmodel import Session, select

from bot import audit, referrals, settings
from bot.db import Database
from bot.desks import Deployment, candidate, clock_privacy, clock_referrals, notices, operator, privacy_report
from bot.messages import Command, Correct, Press, Submission
from bot.outbox import Delivery
from bot.referrals import Candidate, Kept, Referral, StageChange
from bot.referrals.notes import write_note
from content import Words


@pytest.fixture
def meri(db: Database, deployment: Deployment) -> Company:
    return company(db, deployment)


@pytest.fixture
def small(lite: Database, deployment: Deployment) -> Company:
    return company(lite, deployment)


async def rejected(meri: Company, **values: str) -> tuple[int, str]:
    referral, token = await meri.confirmed(**values)
    meri.db.write_now(referrals.move, meri.now, meri.rita.id, referral.id or 0, "rejected", words="filled")
    return referral.id or 0, token


def tick(meri: Company, days: float) -> None:
    meri.now += timedelta(days=days)
    for step in (clock_referrals.retain, *clock_privacy.STEPS.values()):
        while meri.db.write_now(step, meri.deployment, meri.now):
            pass


def gone(meri: Company) -> list[bool]:
    return [row.erased_at is not None for row in meri.rows(Candidate)]


async def test_who_wants_to_hear_of_other_openings_is_kept_longer_until_they_take_it_back(meri: Company) -> None:
    await rejected(meri)
    _, token = await rejected(meri, email="b@example.com", about_others="yes")
    _, changed = await rejected(meri, email="c@example.com", about_others="yes")
    tick(meri, 364)
    assert gone(meri) == [False, False, False]
    tick(meri, 1)
    assert gone(meri) == [True, False, False]
    values = {"name": "Cilla", "email": "c@example.com"}
    assert not meri.db.write_now(candidate.correct, meri.deployment, changed, values, "en", meri.now).errors
    tick(meri, 0)
    assert gone(meri) == [True, False, True]
    tick(meri, 364)
    assert gone(meri) == [True, False, True] and meri.view(token).state == "done"
    tick(meri, 1)
    assert gone(meri) == [True, True, True] and meri.view(token).state == "erased"


async def test_hr_hears_a_week_before_at_least_and_once_a_week(meri: Company) -> None:
    number, _ = await rejected(meri)
    seen_on = None
    tick(meri, 340)
    for day in range(341, 366):
        tick(meri, 1)
        if seen_on is None and [d for d in meri.rows(Delivery) if d.notice == "privacy_erasures"]:
            seen_on = day
            assert f"Referral {number}" in text_of((await meri.hear(meri.hanna, Command("admin privacy"))).card)
    assert seen_on is not None and 365 - 14 <= seen_on <= 365 - 7 and gone(meri) == [True]
    told = [d for d in meri.rows(Delivery) if d.notice == "privacy_erasures"]
    assert len(told) <= 3 and {d.room for d in told} == {"admin"}
    assert meri.db.read_now(notices.build, meri.deployment, told[0], meri.now) is None, "what has happened is no news"


async def test_hr_keeps_for_a_reason_and_the_candidates_own_word_is_above_it(meri: Company) -> None:
    number, token = await rejected(meri)
    tick(meri, 360)
    card = (await meri.hear(meri.hanna, Command("admin privacy"))).card
    assert buttons_of(card)["retention.keep"] == str(number) and "Maija" not in text_of(card)
    for wrong, field in (({"reason": "we like her", "days": "5"}, "reason"), ({"reason": "claim", "days": "9999"}, "days"), ({"reason": "claim"}, "days")):
        answer = await meri.hear(meri.hanna, Submission("retention.keep", str(number), wrong))
        assert isinstance(answer, Correct) and set(answer.errors) == {field}
    await meri.hear(meri.hanna, Submission("retention.keep", str(number), {"reason": "claim", "days": "30"}))
    tick(meri, 10)
    assert gone(meri) == [False] and "claim or complaint" in text_of((await meri.hear(meri.hanna, Command("admin privacy"))).card)
    entry = next(e for e in meri.db.read_now(audit.history, "referral", number) if e.what == "candidate.kept")
    assert entry.actor_id == meri.hanna.id
    assert meri.db.write_now(candidate.erase, meri.deployment, token, meri.now)
    assert gone(meri) == [True]
    assert meri.db.read_now(lambda s: s.get(Kept, meri.rows(Candidate)[0].id)) is None


async def test_what_is_kept_goes_when_the_reason_ends(small: Company) -> None:
    first, _ = await rejected(small)
    second, _ = await rejected(small, email="b@example.com")
    tick(small, 360)
    for number in (first, second):
        await small.hear(small.hanna, Submission("retention.keep", str(number), {"reason": "authority", "days": "30"}))
    await small.hear(small.hanna, Press("retention.let_go", str(first)))
    tick(small, 5)
    assert gone(small) == [True, False]
    tick(small, 25.1)
    assert gone(small) == [True, True]


async def test_a_recruiter_has_no_hand_in_it(small: Company) -> None:
    number, _ = await rejected(small)
    for heard in (Command("admin privacy"), Press("retention.keep", str(number)), Submission("retention.keep", str(number), {"reason": "claim", "days": "3"})):
        assert (await small.hear(small.rita, heard)).card.tone == "refusal"


async def test_the_notice_says_the_days_that_are_in_force(small: Company) -> None:
    small.db.write_now(settings.put, small.now, None, "privacy.pool_days", 100)  # shorter than for everybody: nobody goes earlier for it
    text = " ".join(text_of(part) for part in small.view((await small.link()).token).notice)
    assert "365 days after it, unless" in text


async def test_more_questions_than_a_candidate_is_asked_are_refused_when_they_are_set(small: Company) -> None:
    for text, is_kept in (("a?\nb?\n\nc?\nd?\ne?", True), ("a?\nb?\nc?\nd?\ne?\nf?", False), ("x" * 151, False)):
        answer = await small.hear(small.hanna, Submission("settings.save", "candidate.questions.en", {"value": text}))
        assert isinstance(answer, Correct) != is_kept


def test_each_line_of_the_report_says_its_own_rule_also_where_nobody_is_kept(small: Company) -> None:
    report = small.db.read_now(privacy_report.report, small.deployment, small.now)
    told = {line.name: Words("en")(privacy_report.why(line)) for line in report.lines}
    assert "365 days after the decision" in told["decided"] and "730 days after the decision" in told["pool"]
    assert "14 days after the invitation" in told["invited"]
    assert [name for name, text in told.items() if "belong to the organisation" in text] == ["people"]


async def test_the_operator_exports_and_erases_a_candidate_by_their_address_and_the_report_counts(meri: Company) -> None:
    _, token = await meri.confirmed(phone="")
    report = meri.db.read_now(privacy_report.report, meri.deployment, meri.now)
    assert {line.name: line.count for line in report.lines if line.count} == {"in_process": 1, "people": 4} and report.overdue == 0
    about = meri.db.read_now(privacy_report.everything_about, meri.deployment, " MAIJA@example.com")
    assert "Maija Meikäläinen" in str(about) and token not in str(about)
    assert meri.db.write_now(operator.erase, meri.deployment, meri.now, "maija@example.com")
    assert gone(meri) == [True] and meri.view(token).state == "erased"
    assert meri.db.read_now(privacy_report.report, meri.deployment, meri.now).ran["candidates"] == 1


async def test_an_answer_to_a_request_holds_what_recruiters_noted_and_the_candidates_own_file_does_not(small: Company) -> None:
    _, token = await rejected(small)
    number = small.last().id
    small.db.write_now(lambda s: write_note(s, small.deployment.vault, small.now, small.rita.id, s.get_one(Referral, number), "knows boilers"))
    small.db.write_now(_reason, small, "too far away")
    asked = str(small.db.read_now(privacy_report.everything_about, small.deployment, "maija@example.com"))
    own = small.db.read_now(candidate.download, small.deployment, token, small.now)
    assert "knows boilers" in asked and "too far away" in asked
    assert own and "knows boilers" not in own and "too far away" not in own


def _reason(session: Session, small: Company, text: str) -> None:
    change = referrals.last_change(session, small.last().id or 0)
    assert change is not None
    change.sealed = referrals.seal(session, small.deployment.vault, small.last().candidate_id, {"reason": text})
    session.add(change)


@pytest.mark.parametrize("address", ["maija@example.com", " MAIJA@example.com ", "+358 40 123 4567", "0401234567"])
async def test_hr_erases_who_asked_by_address_or_number_and_nobody_else(meri: Company, address: str) -> None:
    first, _ = await meri.confirmed(phone="+358401234567")
    await meri.hear(meri.rolf, Press("referral.take", f"{first.id}:{first.version}"))
    other, _ = await meri.confirmed(email="b@example.com", phone="+358401234568")
    assert "retention.erase" in buttons_of((await meri.hear(meri.hanna, Command("admin privacy"))).card)
    for values, field in (
        ({"address": address}, "sure"),
        ({"address": "", "sure": "yes"}, "address"),
        ({"address": "c@example.com", "sure": "yes"}, "address"),
    ):
        answer = await meri.hear(meri.hanna, Submission("retention.erase", "", values))
        assert isinstance(answer, Correct) and set(answer.errors) == {field}
    assert (await meri.hear(meri.rita, Submission("retention.erase", "", {"address": address, "sure": "yes"}))).card.tone == "refusal"
    assert gone(meri) == [False, False]
    done = await meri.hear(meri.hanna, Submission("retention.erase", "", {"address": address, "sure": "yes"}))
    assert "1 candidate is erased" in text_of(done.card) and gone(meri) == [True, False]
    changes = meri.db.read_now(lambda s: list(s.exec(select(StageChange).where(StageChange.new == "erased"))))
    told = [d.person_id for d in meri.rows(Delivery) if d.notice == "referral_gone"]
    assert told == [meri.rolf.id], "the recruiter is asked to erase what they noted elsewhere"
    assert [(c.actor_id, c.by) for c in changes] == [(meri.hanna.id, "hr")] and meri.referral(other.id or 0).stage == "confirmed"
