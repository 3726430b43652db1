"""The candidate's own page: how it goes, taking data along, withdrawing, being forgotten."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from conftest import add_person
from referral_desk import Company, company, text_of

from bot import bonuses, referrals
from bot.bonuses import Bonus
from bot.db import Database
from bot.desks import Deployment, candidate, notices, views
from bot.desks.clock import STEPS
from bot.messages import Command, Press
from bot.outbox import Delivery
from bot.referrals import Candidate, Referral, StageChange
from bot.vault import VaultKey


@pytest.fixture
def meri(db: Database, deployment: Deployment) -> Company:
    return company(db, deployment)


@pytest.fixture
def small(lite: Database, deployment: Deployment) -> Company:
    return company(lite, deployment)


def mail(meri: Company, notice: str = "candidate_confirmed") -> tuple[notices.Outsider | None, str]:
    delivery = [d for d in meri.rows(Delivery) if d.notice == notice][-1]
    card = meri.db.read_now(notices.build, meri.deployment, delivery, meri.now)
    return meri.db.read_now(notices.address, meri.deployment, delivery, meri.now), text_of(card, "fi") if card else ""


async def test_the_candidate_hears_by_mail_in_their_language_with_the_way_to_their_page(meri: Company) -> None:
    _, token = await meri.confirmed()
    to, text = mail(meri)
    assert to == notices.Outsider("maija@example.com", "fi", "Europe/Helsinki")
    assert "Meri Oy on saanut tietosi" in text and f"/r/{token}" in text


async def test_withdrawing_ends_it_and_everybody_is_told(meri: Company) -> None:
    referral, token = await meri.confirmed()
    await meri.hear(meri.rita, Press("referral.take", f"{referral.id}:1"))
    assert meri.view(token).can_withdraw
    assert meri.db.write_now(candidate.withdraw, meri.deployment, token, meri.now)
    assert not meri.db.write_now(candidate.withdraw, meri.deployment, token, meri.now)
    assert meri.last().stage == "withdrawn" and not meri.view(token).can_withdraw
    gone = [d for d in meri.rows(Delivery) if d.notice == "referral_gone"]
    assert [d.person_id for d in gone] == [meri.rita.id]
    answer = await meri.hear(meri.rita, Press("referral.contact", f"{referral.id}:3"))
    assert "cannot go to" in text_of(answer.card)


async def test_the_download_is_complete_and_tells_nothing_of_others(meri: Company) -> None:
    _, token = await meri.confirmed()
    meri.confirm(await meri.link(add_person(meri.db, "Ben Blom")))
    data = json.loads(meri.db.read_now(candidate.download, meri.deployment, token, meri.now) or "")
    assert data["name"] == "Maija Meikäläinen" and data["email"] == "maija@example.com" and data["controller"] == "Meri Oy"
    assert data["consents"][0]["notice"] == "4" and data["referrals"][0]["history"] == [{"stage": "confirmed", "at": "2026-03-02T09:00:00+00:00"}]
    assert "token" not in data


async def test_erasing_forgets_everything_and_stays(meri: Company) -> None:
    referral, token = await meri.confirmed(phone="+358401234567")
    await meri.hear(meri.rita, Press("referral.take", f"{referral.id}:1"))
    assert meri.db.write_now(candidate.erase, meri.deployment, token, meri.now)
    assert not meri.db.write_now(candidate.erase, meri.deployment, token, meri.now)
    (row,) = meri.rows(Candidate)
    assert (row.sealed, row.email_hash, row.phone_hash) == ("", "", "") and row.erased_at == meri.now
    assert meri.db.read_now(lambda s: s.get(VaultKey, f"candidate:{row.id}")) is None
    assert meri.last().stage == "erased" and meri.view(token).state == "erased" and meri.view(token).details == ()
    assert mail(meri) == (None, "")
    opened = await meri.hear(meri.rita, Press("referral.open", f"{referral.id}:{meri.last().version}"))
    assert "erased" in text_of(opened.card) and "Maija" not in text_of(opened.card)
    assert "Maija" not in text_of((await meri.hear(meri.aino, Command("referrals"))).card)
    for to in referrals.STAGES:
        assert not any(referrals.may("erased", to, frozenset({who})) for who in ("candidate", "recruiter", "hr", "time"))


async def test_after_erasing_the_same_person_can_come_anew(small: Company) -> None:
    _, token = await small.confirmed()
    small.db.write_now(candidate.erase, small.deployment, token, small.now)
    await small.confirmed()
    assert small.last().stage == "confirmed"


async def test_erasing_a_hire_changes_no_bonus(meri: Company) -> None:
    referral, token = await meri.confirmed()
    await meri.hear(meri.rita, Press("referral.take", f"{referral.id}:1"))
    meri.db.write_now(bonuses.hire, meri.now, meri.rita.id, referral.id, meri.now.date(), "Europe/Helsinki")
    before = [(b.amount_minor, b.due_on, b.state) for b in meri.rows(Bonus)]
    assert meri.db.write_now(candidate.erase, meri.deployment, token, meri.now)
    assert before == [(b.amount_minor, b.due_on, b.state) for b in meri.rows(Bonus)] and meri.last().start_on == meri.now.date()
    assert "Bonus €500.00" in text_of((await meri.hear(meri.aino, Command("referrals"))).card)


async def test_without_leave_the_referrer_hears_only_the_beginning_and_the_end(meri: Company) -> None:
    referral, _ = await meri.confirmed(referrer_may_see="")

    def told() -> list[str]:
        cards = [meri.db.read_now(notices.build, meri.deployment, d, meri.now) for d in meri.rows(Delivery) if d.notice == "referral_stage"]
        return [c.title.key for c in cards if c]  # type: ignore[union-attr]

    assert told() == ["referrals.told.title.private"]
    await meri.hear(meri.rita, Press("referral.take", f"{referral.id}:1"))
    assert "taken" not in " ".join(told())
    text = text_of((await meri.hear(meri.aino, Command("referrals"))).card)
    assert "Referral 1: Kehittäjä (Åbo)" in text and "keep the rest to themselves" in text and "taken" not in text
    meri.db.write_now(referrals.move, meri.now, meri.rita.id, referral.id, "rejected", words="filled")
    assert told()[-1] == "referrals.told.title.over"


async def test_who_was_erased_leaves_no_steps_in_the_referrers_inbox(small: Company) -> None:
    referral, token = await small.confirmed()
    for stage in ("taken", "interviewing"):
        small.db.write_now(referrals.move, small.now, small.rita.id, referral.id, stage)

    def told() -> list[str]:
        return [m.card.title.key.rpartition(".")[2] for m in small.db.read_now(views.inbox, small.deployment, small.aino.id, small.now)]  # type: ignore[union-attr]

    assert told() == ["interviewing", "taken", "confirmed"]
    small.db.write_now(candidate.erase, small.deployment, token, small.now)
    assert told() == ["erased", "confirmed"]


async def test_time_forgets_what_is_decided_and_keeps_the_hire(meri: Company) -> None:
    first, token = await meri.confirmed()
    meri.db.write_now(referrals.move, meri.now, meri.rita.id, first.id, "rejected", words="filled")
    second = (await meri.confirmed(email="second@example.com"))[0]
    meri.db.write_now(referrals.move, meri.now, meri.rita.id, second.id, "taken")
    meri.db.write_now(bonuses.hire, meri.now, meri.rita.id, second.id, meri.now.date(), "Europe/Helsinki")
    third = (await meri.confirmed(email="third@example.com"))[0]
    meri.now += timedelta(days=364)
    assert meri.db.write_now(STEPS["candidate retention"], meri.deployment, meri.now) is False and meri.view(token).state == "done"
    meri.now += timedelta(days=1)
    meri.db.write_now(STEPS["candidate retention"], meri.deployment, meri.now)
    assert [meri.referral(r.id).stage for r in (first, second, third)] == ["erased", "hired", "confirmed"]
    assert [c.erased_at is not None for c in meri.rows(Candidate)] == [True, True, False]
    assert meri.db.write_now(STEPS["candidate retention"], meri.deployment, meri.now) is False


async def test_the_private_reason_goes_with_the_candidate(small: Company) -> None:
    referral, token = await small.confirmed()
    sealed = small.db.write_now(lambda s: referrals.seal(s, small.deployment.vault, referral.candidate_id, {"reason": "r"}))
    small.db.write_now(referrals.move, small.now, small.rita.id, referral.id, "rejected", words="filled", sealed=sealed)
    small.db.write_now(candidate.erase, small.deployment, token, small.now)
    assert all(c.sealed == "" for c in small.rows(StageChange))


async def test_whoever_referred_the_same_person_later_hears_that_it_is_over(meri: Company) -> None:
    first, _ = await meri.confirmed()
    ben = add_person(meri.db, "Ben Blom")
    meri.confirm(await meri.link(ben), referrer_may_see="yes")
    meri.db.write_now(referrals.move, meri.now, meri.rita.id, first.id, "rejected", words="filled")
    over = [d for d in meri.rows(Delivery) if d.notice == "referral_over"]
    assert [d.person_id for d in over] == [ben.id]
    assert "is finished" in text_of(meri.db.read_now(notices.build, meri.deployment, over[0], meri.now))
    assert "No bonus" in text_of((await meri.hear(ben, Command("referrals"))).card)


async def test_a_referral_that_nobody_confirmed_is_shown_to_nobody(small: Company) -> None:
    referral, _ = await small.confirmed()

    def hide(session):
        row = session.get(Referral, referral.id)
        row.stage = "invited"
        session.add(row)

    small.db.write_now(hide)
    for action in ("referral.open", "referral.decline", "referral.hire"):
        answer = await small.hear(small.rita, Press(action, f"{referral.id}:1"))
        assert answer.card.tone == "refusal" and "Maija" not in text_of(answer.card)
    assert (await small.hear(small.rita, Press("referral.show", str(referral.id)))).card.tone == "refusal"
    assert "Nothing waits" in text_of((await small.hear(small.rita, Command("vinkki", "recruiting"))).card)
