"""From `/refer` to the candidate's yes."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from conftest import START, StillClock, add_person
from referral_desk import Company, company, text_of
from sqlmodel import select

from bot import openings, settings
from bot.bonuses.rules import reason_against_candidate
from bot.db import Database
from bot.desks import Deployment, candidate
from bot.messages import Command, Copyable, Facts, Submission
from bot.openings import JobOpening
from bot.outbox import Delivery
from bot.people import Person
from bot.referrals import Candidate, ConsentRecord, Referral, StageChange


@pytest.fixture
def meri(db: Database, deployment: Deployment) -> Company:
    return company(db, deployment)


@pytest.fixture
def small(lite: Database, deployment: Deployment) -> Company:
    return company(lite, deployment)


async def test_refer_asks_which_opening_and_gives_a_link_with_what_it_may_bring(small: Company) -> None:
    asked = await small.hear(small.aino, Command("refer", "kehitt"))
    assert asked.kind == "ask" and asked.form.fields[0].initial.value == str(small.opening.id)  # type: ignore[union-attr]
    shown = await small.hear(small.aino, Submission("refer.link", "", {"opening": str(small.opening.id), "language": "fi"}))
    text = text_of(shown.card)
    assert "Your link for Kehittäjä (Åbo)" in text and "€500.00 (gross), when they are hired" in text and "90 days after their first day" in text
    copies = [b for b in shown.card.blocks if isinstance(b, Copyable)]
    assert (
        copies[0].text.startswith("http://127.0.0.1:8765/r/token")
        and copies[0].text in copies[1].text
        and "Meillä on auki tehtävä: Kehittäjä (Åbo)" in copies[1].text
    )
    assert small.rows(Candidate) == [] and small.rows(Referral) == []


async def test_the_link_is_the_same_until_it_runs_out(meri: Company) -> None:
    first, again, general = await meri.link(), await meri.link(), await meri.link(opening="")
    assert first.token == again.token != general.token
    meri.now += timedelta(days=181)
    assert (await meri.link()).token != first.token
    assert meri.view(first.token).state == "expired"


async def test_a_closed_opening_is_explained_beside_its_field(small: Company) -> None:
    small.db.write_now(openings.set_open, START, small.hanna.id, small.opening.id, 1, False)
    answer = await small.hear(small.aino, Submission("refer.link", "", {"opening": str(small.opening.id), "language": "fi"}))
    assert answer.kind == "correct" and answer.errors["opening"].key == "refer.error.opening_closed"
    for bad in ("999", "x", "-1", "9" * 30):
        answer = await small.hear(small.aino, Submission("refer.link", "", {"opening": bad}))
        assert answer.errors["opening"].key == "refer.error.opening_unknown"


async def test_a_recruiter_may_refer_and_is_told_that_there_is_no_bonus_for_them(small: Company) -> None:
    answer = await small.hear(small.rita, Submission("refer.link", "", {"opening": str(small.opening.id), "language": "en"}))
    earns = next(b for b in answer.card.blocks if isinstance(b, Facts)).rows[0].value
    assert earns.key == "refer.earns.no" and earns.params["reason"].key == "bonuses.reason.recruiting"


async def test_the_page_tells_everything_before_it_asks_anything(small: Company) -> None:
    view = small.view((await small.link()).token)
    assert (view.state, view.referrer, view.locale) == ("form", "Aino Salo", "fi")
    assert len(view.notice) == 9 and view.notice_version == "4" and view.opening and view.opening.title == "Kehittäjä (Åbo)"
    everything = " ".join(text_of(part) for part in view.notice)
    assert "365 days" in everything and "Meri Oy" in everything and "Aino Salo" in everything
    assert small.rows(Candidate) == []


async def test_a_yes_makes_candidate_referral_consent_and_news_in_one_go(meri: Company) -> None:
    referral, token = await meri.confirmed()
    assert (referral.stage, referral.referrer_id, referral.opening_id) == ("confirmed", meri.aino.id, meri.opening.id)
    assert referral.plan_id == meri.opening.plan_id
    owed = {(d.notice, d.person_id, d.room, d.lane) for d in meri.rows(Delivery)}
    assert owed == {
        ("referral_stage", meri.aino.id, "", "mail"), ("referral_new", meri.rita.id, "", "mail"), ("referral_new", meri.rolf.id, "", "mail"),
        ("referral_new", None, "recruiting", "portal"), ("candidate_confirmed", None, "", "mail"),
    }  # fmt: skip
    (change,), (proof,) = meri.rows(StageChange), meri.rows(ConsentRecord)
    assert (change.old, change.new, change.by, change.actor_id) == ("", "confirmed", "candidate", None)
    assert proof.text_version == "4" and len(proof.text_hash) == 64 and proof.locale == "fi" and json.loads(proof.filled)["days"] == 365
    assert meri.view(token).state == "done"


async def test_what_a_candidate_wrote_is_nowhere_readable_in_the_database(small: Company) -> None:
    await small.confirmed(phone="+358 40 123 4567", linkedin="linkedin.com/in/maija")
    dump = "\n".join(small.db.write_raw_now(lambda raw: list(raw.driver_connection.iterdump())))
    for secret in ("Maija", "maija", "401234567", "Terve", "linkedin.com"):
        assert secret not in dump


async def test_pressing_twice_is_one_referral_with_the_same_page(meri: Company) -> None:
    link = await meri.link()
    first, second = meri.confirm(link, nonce="same-nonce-same-nonce"), meri.confirm(link, nonce="same-nonce-same-nonce")
    assert first.token == second.token and len(meri.rows(Referral)) == 1 == len(meri.rows(Candidate))


@pytest.mark.parametrize(
    ("values", "field", "key"),
    [
        ({"name": "  "}, "name", "name_missing"),
        ({"name": "x" * 121}, "name", "name_long"),
        ({"email": ""}, "email", "reach_missing"),
        ({"email": "maija(at)example.com"}, "email", "email_unreadable"),
        ({"email": "maija@example.com\r\nBcc: all@meri.example"}, "email", "email_unreadable"),
        ({"phone": "call me"}, "phone", "phone_unreadable"),
        ({"linkedin": "https://evil.example/linkedin.com/in/x"}, "linkedin", "linkedin_unreadable"),
        ({"linkedin": "javascript:alert(1)"}, "linkedin", "linkedin_unreadable"),
        ({"linkedin": "https://user@linkedin.com/in/x"}, "linkedin", "linkedin_unreadable"),
        ({"message": "x" * 1001}, "message", "message_long"),
        ({"email": "AINO.salo@meri.example"}, "email", "self"),
        ({"email": "rita.ranta@meri.example"}, "email", "employee"),
        ({"nonce": ""}, "form", "form_old"),
    ],
)
async def test_each_wrong_field_is_named_and_nothing_is_kept(small: Company, values: dict[str, str], field: str, key: str) -> None:
    answered = small.confirm(await small.link(), **values)
    assert answered.errors[field].key == f"candidate.error.{key}" and answered.token == ""  # type: ignore[union-attr]
    assert small.rows(Candidate) == [] == small.rows(Referral)


async def test_hidden_characters_cannot_turn_a_name_around(small: Company) -> None:
    _, token = await small.confirmed(name="Maija\u202e Meikä\u200bläinen\x07")
    assert text_of(small.view(token).details[0]).endswith("Maija Meikäläinen")


async def test_a_phone_alone_is_enough_and_brings_no_mail(small: Company) -> None:
    await small.confirmed(email="", phone="+358 (0)40 123 4567")
    assert [d for d in small.rows(Delivery) if d.notice.startswith("candidate")] == []


async def test_alumni_may_come_back_and_are_recognised(small: Company) -> None:
    olga = add_person(small.db, "Olga Old", kind="alumna", end_on=date(2024, 1, 31))
    referral, _ = await small.confirmed(email="olga.old@meri.example")
    assert referral.former_person_id == olga.id


async def test_the_first_referral_holds_the_candidate_and_nobody_learns_it(meri: Company) -> None:
    first, token = await meri.confirmed(phone="+358401234567")
    ben = add_person(meri.db, "Ben Blom")
    for values in ({"email": "maija@example.com"}, {"email": "other@example.com", "phone": "040 123 4567"}):
        answered = meri.confirm(await meri.link(ben), referrer_may_see="yes", **values)
        later = meri.last()
        assert (later.stage, later.duplicate_of_id) == ("duplicate", first.id)
        one, other = meri.view(token), meri.view(answered.token)
        assert (one.state, one.lead, one.next, [s.text for s in one.steps]) == (other.state, other.lead, other.next, [s.text for s in other.steps])
    told = {d.notice for d in meri.rows(Delivery) if d.person_id == ben.id}
    assert told == {"referral_stage"} and sum(d.notice == "referral_new" for d in meri.rows(Delivery)) == 3
    listed = text_of((await meri.hear(ben, Command("referrals"))).card)
    assert "They said yes" in listed and "before" not in listed


async def test_ownership_lasts_as_long_as_configured(small: Company) -> None:
    await small.confirmed()
    small.now += timedelta(days=200)
    small.confirm(await small.link(add_person(small.db, "Ben Blom")))
    assert small.last().stage == "confirmed"


async def test_a_link_that_closed_while_the_form_was_open_says_so(small: Company) -> None:
    link = await small.link()
    small.db.write_now(openings.set_open, START, None, small.opening.id, 1, False)
    assert small.confirm(link).token == link.token and small.view(link.token).state == "closed" and small.rows(Referral) == []


async def test_the_link_of_somebody_who_left_takes_nobody_in(small: Company) -> None:
    link = await small.link()

    def leave(session):
        person = session.get(Person, small.aino.id)
        person.end_on = date(2026, 3, 1)
        session.add(person)

    small.db.write_now(leave)
    view = small.view(link.token)
    assert view.state == "expired" and view.lead[0].key == "candidate.left.text"  # type: ignore[union-attr]
    assert small.confirm(link).token == link.token and small.rows(Referral) == []


@pytest.mark.parametrize("token", ["", "x", "token00000000000000999", "'; DROP TABLE candidate;--", "é" * 300, "../../etc/passwd"])
def test_a_token_we_do_not_know_has_a_kind_page_and_no_effect(small: Company, token: str) -> None:
    assert small.view(token).state == "unknown"
    assert small.db.write_now(candidate.confirm, small.deployment, token, {}, "fi", START).token == token
    assert not small.db.write_now(candidate.withdraw, small.deployment, token, START)
    assert not small.db.write_now(candidate.erase, small.deployment, token, START)
    assert small.db.read_now(candidate.download, small.deployment, token, START) is None


async def test_one_link_cannot_be_used_by_a_machine(small: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.referrals.confirming.DAILY_CAP", 2)
    link = await small.link()
    for number in range(2):
        assert not small.confirm(link, email=f"c{number}@example.com").errors
    assert small.confirm(link, email="c3@example.com").errors["form"].key == "candidate.too_many"  # type: ignore[union-attr]


async def test_hr_words_the_text_to_forward_and_titles_are_no_templates(small: Company, clock: StillClock) -> None:
    def change(session):
        settings.put(session, clock.now(), small.hanna.id, "referral.forward.en", "Join us! {title} {nonsense}")
        row = session.get(JobOpening, small.opening.id)
        row.title = "Dev {link} {0.__class__}"
        session.add(row)

    small.db.write_now(change)
    answer = await small.hear(small.aino, Submission("refer.link", "", {"opening": str(small.opening.id), "language": "en"}))
    forward = next(b for b in answer.card.blocks[2:] if isinstance(b, Copyable)).text
    assert forward.startswith("Join us! Dev {link} {0.__class__} {nonsense} http://127.0.0.1:8765/r/")


async def test_no_plan_promises_nothing(small: Company) -> None:
    from bot.plans import BonusPlan

    small.db.write_now(lambda s: [s.delete(m) for m in s.exec(select(JobOpening))] and None)
    small.db.write_now(lambda s: [setattr(p, "is_current", False) for p in s.exec(select(BonusPlan))] and None)
    answer = await small.hear(small.aino, Submission("refer.link", "", {"opening": "", "language": "sv"}))
    assert "No bonus is paid" in text_of(answer.card)


async def test_the_day_of_a_yes_is_the_companys_also_when_it_is_still_yesterday_elsewhere(meri: Company) -> None:
    """Half past midnight in Helsinki is the evening before in UTC. Whom recruiting knew 184 days before is no old acquaintance any more,
    and whom it came to know the day before is one; by the day of UTC both would be the other way round."""
    link = await meri.link()
    meri.now = START.replace(month=5, day=10, hour=21, minute=30)
    assert not meri.confirm(link).errors
    row, day = meri.last(), date(2026, 5, 11)
    assert row.confirmed_on == day

    def reason(known_on: date) -> str | None:
        meri.db.write_now(lambda s: setattr(s.get_one(Referral, row.id), "known_on", known_on))
        return meri.db.read_now(lambda s: reason_against_candidate(s, s.get_one(Referral, row.id)))

    assert [reason(day - timedelta(days=n)) for n in (184, 183, 1, 0)] == [None, "known_before", "known_before", None]
