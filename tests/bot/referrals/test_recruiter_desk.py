"""The recruiter's desk: quick hands, old cards, lost roles, and details that only open with a trace."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import pytest
from conftest import add_person
from referral_desk import Company, buttons_of, company, text_of

from bot import people
from bot.audit import AuditEntry
from bot.bonuses import Bonus
from bot.db import Database
from bot.desks import Deployment, notices, views
from bot.errors import Refusal
from bot.messages import Command, HomeOpened, Press, Submission
from bot.outbox import Delivery
from bot.people import Person
from bot.referrals import Referral, StageChange
from content.catalog import Words


@pytest.fixture
def meri(db: Database, deployment: Deployment) -> Company:
    return company(db, deployment)


@pytest.fixture
def small(lite: Database, deployment: Deployment) -> Company:
    return company(lite, deployment)


async def press(meri: Company, person: Person, action: str, referral: Referral) -> object:
    return await meri.hear(person, Press(action, f"{referral.id}:{referral.version}"))


async def test_a_referral_walks_to_hired_and_the_bonus_is_accrued(meri: Company) -> None:
    referral, token = await meri.confirmed()
    for action, stage in (("take", "taken"), ("contact", "contacted"), ("interview", "interviewing"), ("offer", "offered")):
        answer = await press(meri, meri.rita, f"referral.{action}", referral)
        assert answer.kind == "replace"
        referral = meri.referral(referral.id)
        assert referral.stage == stage and referral.recruiter_id == meri.rita.id
        assert meri.view(token).steps[-1].text.key == f"candidate.stage.{stage}"  # type: ignore[union-attr]
    form = await press(meri, meri.rita, "referral.hire", referral)
    assert form.kind == "ask" and form.form.subject == f"{referral.id}:{referral.version}"
    answer = await meri.hear(meri.rita, Submission("referral.hire", form.form.subject, {"start_on": "2026-04-01", "email": ""}))
    assert answer.kind == "replace" and answer.card.tone == "good"
    (bonus,) = meri.rows(Bonus)
    assert (bonus.beneficiary_id, bonus.amount_minor, bonus.due_on) == (meri.aino.id, 50_000, date(2026, 6, 30))
    text = text_of((await meri.hear(meri.aino, Command("referrals"))).card)
    assert "Maija Meikäläinen: Kehittäjä (Åbo)" in text and "Hired, since" in text and "Bonus €500.00, due 30 June 2026" in text
    told = [d for d in meri.rows(Delivery) if d.notice == "referral_stage"]
    assert len(told) == 6 and {d.person_id for d in told} == {meri.aino.id}


async def test_each_step_stays_readable_in_the_referrers_inbox_with_its_own_words_and_moment(meri: Company) -> None:
    referral, _ = await meri.confirmed()
    for action in ("take", "contact", "interview", "offer"):
        meri.now += timedelta(days=1)
        await press(meri, meri.rita, f"referral.{action}", referral)
        referral = meri.referral(referral.id)
    told = meri.db.read_now(views.inbox, meri.deployment, meri.aino.id, meri.now)
    assert [m.card.title.key.rpartition(".")[2] for m in told] == ["offered", "interviewing", "contacted", "taken", "confirmed"]  # type: ignore[union-attr]
    assert [m.at.day for m in told] == [6, 5, 4, 3, 2]
    texts = [text_of(m.card) for m in told]
    assert "They think about the offer" in texts[0]
    assert not any(words in text for text in texts[1:] for words in ("Next, ", "may follow", "A decision follows"))  # the newer news tells what comes next


async def test_of_two_who_take_at_once_one_wins_and_the_other_is_told_by_whom(meri: Company) -> None:
    referral, _ = await meri.confirmed()
    answers = await asyncio.gather(*(press(meri, p, "referral.take", referral) for p in (meri.rita, meri.rolf)))
    won, lost = sorted(answers, key=lambda a: a.kind != "replace")
    assert won.kind == "replace" and lost.kind == "show" and lost.card.tone == "refusal"
    winner = {meri.rita.id: "Rita Ranta", meri.rolf.id: "Rolf Berg"}[meri.referral(referral.id).recruiter_id]
    assert f"{winner} was quicker: the referral is now at “With a recruiter”" in text_of(lost.card)
    assert len([c for c in meri.rows(StageChange) if c.new == "taken"]) == 1


async def test_an_old_card_and_a_second_press_are_explained(small: Company) -> None:
    referral, _ = await small.confirmed()
    await press(small, small.rita, "referral.take", referral)
    again = await press(small, small.rita, "referral.take", referral)
    assert "You have done that already" in text_of(again.card)
    for action in ("referral.decline", "referral.hire", "referral.contact"):
        old = await press(small, small.rita, action, referral)
        assert old.card.tone == "refusal" and "With a recruiter" in text_of(old.card)


@pytest.mark.parametrize("value", ["", "x", "1", "1:x", "999:1", "1:1:1", "-1:1", "１:1", "9" * 40 + ":1"])
async def test_a_foreign_or_broken_value_has_no_effect(small: Company, value: str) -> None:
    await small.confirmed()
    answer = await small.hear(small.rita, Press("referral.take", value))
    assert answer.card.tone == "refusal" and small.last().stage == "confirmed"


async def test_an_answer_is_not_shown_again_to_who_has_lost_the_role_in_which_they_got_it(small: Company) -> None:
    """The page of an answer can be loaded again, and an event may come twice: both give back what was answered, as long as the role
    stands. Who never held one reads theirs as before."""
    referral, _ = await small.confirmed()
    look = Press("referral.open", f"{referral.id}:{referral.version}")
    key, mine = views.event_key(small.rita.id or 0, "n" * 20), views.event_key(small.aino.id or 0, "m" * 20)
    assert "Maija" in text_of((await small.hear(small.rita, look, key)).card)
    assert "Maija" in text_of((await small.hear(small.aino, Command("referrals"), mine)).card)
    saved = (small.deployment, small.rita.id, "n" * 20)
    assert "Maija" in text_of(small.db.read_now(views.saved_answer, *saved).card)  # type: ignore[union-attr]
    small.db.write_now(people.grant, small.now, None, small.rita, "curator")
    assert "Maija" in text_of((await small.hear(small.rita, look, key)).card), "one role more takes nothing"
    small.db.write_now(people.revoke, small.now, None, small.rita, "recruiter")
    with pytest.raises(Refusal, match="forbidden"):
        small.db.read_now(views.saved_answer, *saved)
    again = (await small.hear(small.rita, look, key)).card
    assert again.tone == "refusal" and "Maija" not in text_of(again)
    assert "Maija" in text_of((await small.hear(small.aino, Command("referrals"), mine)).card)


async def test_who_lost_the_role_a_minute_ago_is_not_told_of_referrals_nor_shown_what_was_told(small: Company) -> None:
    """What is still owed is cancelled where it is built, and the portal's inbox, which draws cards as things stand now, is empty."""
    await small.confirmed()
    told = [d for d in small.rows(Delivery) if d.notice == "referral_new" and d.person_id == small.rita.id]
    inbox = (small.deployment, small.rita.id, small.now + timedelta(minutes=1))
    assert small.db.read_now(notices.build, small.deployment, told[0], small.now) and len(small.db.read_now(views.inbox, *inbox)) == 1
    small.db.write_now(people.revoke, small.now, None, small.rita, "recruiter")
    assert small.db.read_now(notices.build, small.deployment, told[0], small.now) is None
    assert small.db.read_now(views.inbox, *inbox) == []


async def test_who_lost_the_role_a_minute_ago_moves_and_sees_nothing(small: Company) -> None:
    referral, _ = await small.confirmed()
    await press(small, small.rita, "referral.take", referral)
    referral = small.referral(referral.id)
    small.db.write_now(people.revoke, small.now, None, small.rita, "recruiter")
    for action in ("contact", "open", "decline", "hire", "match", "show", "joined"):
        value = str(referral.id) if action == "show" else f"{referral.id}:{referral.version}"
        answer = await small.hear(small.rita, Press(f"referral.{action}", value))
        assert answer.card.tone == "refusal" and "another role" in text_of(answer.card), action
    for form in ("decline", "hire", "match", "joined"):
        answer = await small.hear(
            small.rita, Submission(f"referral.{form}", f"{referral.id}:{referral.version}", {"start_on": "2026-04-01", "words": "filled"})
        )
        assert answer.card.tone == "refusal"
    assert small.referral(referral.id).version == referral.version


async def test_details_open_for_recruiters_alone_and_each_look_is_written_down(small: Company) -> None:
    referral, _ = await small.confirmed(phone="+358 40 123 4567")
    answer = await press(small, small.rita, "referral.open", referral)
    text = text_of(answer.card)
    assert answer.kind == "show" and "Maija Meikäläinen" in text and "maija@example.com" in text and "Terve!" in text
    looks = [a for a in small.rows(AuditEntry) if a.what == "referral.details_opened"]
    assert [(a.actor_id, a.subject_id) for a in looks] == [(small.rita.id, referral.id)]
    refused = await press(small, small.aino, "referral.open", referral)
    assert refused.card.tone == "refusal" and "Maija" not in text_of(refused.card)


async def test_cards_and_notices_to_recruiters_never_name_the_candidate(small: Company) -> None:
    referral, _ = await small.confirmed()
    await press(small, small.rita, "referral.take", referral)
    for delivery in small.rows(Delivery):
        card = small.db.read_now(notices.build, small.deployment, delivery, small.now)
        if card and not delivery.notice.startswith("candidate"):
            for locale in ("en", "fi", "sv"):
                assert "Maija" not in text_of(card, locale) and "maija" not in text_of(card, locale)


async def test_not_now_is_kind_to_the_candidate_and_private_for_us(meri: Company) -> None:
    referral, token = await meri.confirmed()
    form = await press(meri, meri.rita, "referral.decline", referral)
    values = {"words": "timing", "own": "Hae meille syksyllä!", "reason": "Secret reason"}
    answer = await meri.hear(meri.rita, Submission("referral.decline", form.form.subject, values))
    assert answer.kind == "replace" and buttons_of(answer.card) == {}
    said = [s.text for s in meri.view(token).steps]
    assert [getattr(t, "key", "") or t.plain for t in said][-3:] == ["candidate.stage.rejected", "candidate.words.timing", "Hae meille syksyllä!"]
    for delivery in meri.rows(Delivery):
        card = meri.db.read_now(notices.build, meri.deployment, delivery, meri.now)
        assert card is None or "Secret reason" not in text_of(card)
    mine = text_of((await meri.hear(meri.aino, Command("referrals"))).card)
    assert "Not this time" in mine and "Secret" not in mine and "syksyllä" not in mine
    assert "Secret reason" in text_of((await press(meri, meri.rolf, "referral.open", meri.last())).card)


async def test_not_now_without_kind_words_stays_open(small: Company) -> None:
    referral, _ = await small.confirmed()
    answer = await small.hear(small.rita, Submission("referral.decline", f"{referral.id}:1", {"words": "because"}))
    assert answer.kind == "correct" and "words" in answer.errors and small.last().stage == "confirmed"


@pytest.mark.parametrize("day", ["", "tomorrow", "2026-02-30", "2020-01-01", "2099-01-01"])
async def test_a_first_day_that_cannot_be_is_said_beside_its_field(small: Company, day: str) -> None:
    referral, _ = await small.confirmed()
    await press(small, small.rita, "referral.take", referral)
    referral = small.last()
    answer = await small.hear(small.rita, Submission("referral.hire", f"{referral.id}:{referral.version}", {"start_on": day}))
    assert answer.kind == "correct" and list(answer.errors) == ["start_on"] and small.last().stage == "taken"


async def test_a_hire_is_tied_to_the_newcomer_in_the_directory(small: Company) -> None:
    referral, _ = await small.confirmed()
    await press(small, small.rita, "referral.take", referral)
    value = f"{referral.id}:2"
    unknown = await small.hear(small.rita, Submission("referral.hire", value, {"start_on": "2026-04-01", "email": "maija.m@meri.example"}))
    assert unknown.errors["email"].key == "recruiter.error.email_unknown"
    hired = await small.hear(small.rita, Submission("referral.hire", value, {"start_on": "2026-04-01", "email": ""}))
    assert "referral.joined" in buttons_of(hired.card)
    maija = add_person(small.db, "Maija M", email="maija.m@meri.example", start_on=date(2026, 4, 1))
    form = await small.hear(small.rita, Press("referral.joined", buttons_of(hired.card)["referral.joined"]))
    wrong = await small.hear(small.rita, Submission("referral.joined", form.form.subject, {"email": "aino.salo@meri.example"}))
    assert wrong.errors["email"].key == "recruiter.error.email_referrer"
    tied = await small.hear(small.rita, Submission("referral.joined", form.form.subject, {"email": "maija.m@meri.example"}))
    assert tied.kind == "replace" and small.last().hired_person_id == maija.id


async def test_a_general_referral_gets_an_opening_later(small: Company) -> None:
    small.confirm(await small.link(opening=""), referrer_may_see="yes")
    referral = small.last()
    assert referral.opening_id is None
    form = await press(small, small.rita, "referral.match", referral)
    answer = await small.hear(small.rita, Submission("referral.match", form.form.subject, {"opening": str(small.opening.id)}))
    assert answer.kind == "replace" and small.last().opening_id == small.opening.id
    again = await small.hear(small.rita, Submission("referral.match", f"{referral.id}:2", {"opening": str(small.opening.id)}))
    assert again.card.tone == "refusal"
    assert any(d.notice == "referral_matched" and d.person_id == small.aino.id for d in small.rows(Delivery))


async def test_the_list_and_the_home_show_what_waits(small: Company) -> None:
    for number in range(10):
        small.confirm(await small.link(), email=f"c{number}@example.com")
    card = (await small.hear(small.rita, Command("vinkki", "recruiting"))).card
    assert "Referrals in hand: 10" in text_of(card) and buttons_of(card)["recruiting.page"] == "8"
    second = (await small.hear(small.rita, Press("recruiting.page", "8"))).card
    assert text_of(second).count("Nobody has taken it yet") == 2
    shown = await small.hear(small.rita, Press("referral.show", "1"))
    assert "referral.take" in buttons_of(shown.card)
    assert "10 referrals wait" in text_of((await small.hear(small.rita, HomeOpened())).card)


async def test_somebody_waiting_is_brought_up_again_and_then_to_hr(meri: Company) -> None:
    from bot.desks.clock import STEPS

    def tick() -> list[tuple[str, int | None, str]]:
        for name in ("referral reminders", "referral escalations"):
            assert meri.db.write_now(STEPS[name], meri.deployment, meri.now) is False
        return [(d.notice, d.person_id, d.room) for d in meri.rows(Delivery) if d.notice in ("referral_waiting", "referral_stuck")]

    await meri.confirmed()
    assert tick() == []
    meri.now += timedelta(days=2)
    reminders = [("referral_waiting", meri.rita.id, ""), ("referral_waiting", meri.rolf.id, "")]
    assert tick() == reminders == tick()
    meri.now += timedelta(days=2)
    assert tick() == [*reminders, ("referral_stuck", None, "admin")]
    stuck = next(d for d in meri.rows(Delivery) if d.notice == "referral_stuck")
    card = meri.db.read_now(notices.build, meri.deployment, stuck, meri.now)
    assert card and Words("fi")(card.title) == "Joku on jäänyt odottamaan: Kehittäjä (Åbo)"
    await press(meri, meri.rita, "referral.take", meri.last())
    assert "Taken care of" in text_of(meri.db.read_now(notices.build, meri.deployment, stuck, meri.now))
    assert next(d for d in meri.rows(Delivery) if d.notice == "referral_stuck").state == "cancelled"  # it had not gone out yet


async def test_the_openings_recruiter_hears_alone_unless_they_may_not_any_more(small: Company) -> None:
    def give(session):
        opening = session.get(type(small.opening), small.opening.id)
        opening.recruiter_id = small.rolf.id
        session.add(opening)

    small.db.write_now(give)
    await small.confirmed()
    assert {d.person_id for d in small.rows(Delivery) if d.notice == "referral_new"} == {small.rolf.id, None}
    small.db.write_now(people.revoke, small.now, None, small.rolf, "recruiter")
    small.confirm(await small.link(), email="next@example.com")
    assert {d.person_id for d in small.rows(Delivery) if d.notice == "referral_new" and d.subject_id == small.last().id} == {small.rita.id, None}
