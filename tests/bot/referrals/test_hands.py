"""Other hands: handing over, a deputy during leave, private notes; and HR's say over who referred whom."""

from __future__ import annotations

from datetime import timedelta

import pytest
from conftest import add_person
from referral_desk import Company, buttons_of, company, text_of

from bot import openings, people
from bot.audit import AuditEntry
from bot.bonuses import splits
from bot.bonuses.splits import Part
from bot.db import Database
from bot.desks import Deployment, candidate, notices
from bot.desks.clock import STEPS
from bot.messages import Command, Press, Submission
from bot.outbox import Delivery
from bot.people import Person
from bot.referrals import Candidate, ConsentRecord, Referral, StageChange
from bot.referrals.leave import RecruiterLeave, forget_leave
from bot.referrals.notes import ReferralNote
from content.catalog import Words


@pytest.fixture
def meri(db: Database, deployment: Deployment) -> Company:
    return company(db, deployment)


@pytest.fixture
def small(lite: Database, deployment: Deployment) -> Company:
    return company(lite, deployment)


def value(referral: Referral) -> str:
    return f"{referral.id}:{referral.version}"


def told(meri: Company, notice: str) -> list[int | None]:
    return [d.person_id for d in meri.rows(Delivery) if d.notice == notice and d.deed == "send"]


async def away(meri: Company, who: Person, deputy: Person, by: Person | None = None, days: tuple[int, int] = (0, 7)) -> object:
    first, last = ((meri.now + timedelta(days=n)).date().isoformat() for n in days)
    values = {"from_on": first, "until_on": last, "deputy": str(deputy.id)}
    return await meri.hear(by or who, Submission("leave.save", str(who.id), values))


def own_opening(meri: Company, recruiter: Person) -> None:
    def give(session):
        row = session.get(type(meri.opening), meri.opening.id)
        row.recruiter_id = recruiter.id
        session.add(row)

    meri.db.write_now(give)


async def test_a_referral_is_handed_over_and_the_new_recruiter_is_told(meri: Company) -> None:
    referral, _ = await meri.confirmed()
    await meri.hear(meri.rita, Press("referral.take", value(referral)))
    form = (await meri.hear(meri.rita, Press("referral.reassign", value(meri.last())))).form
    assert [o.text.plain for o in form.fields[0].options] == ["Rolf Berg", "Hanna Hall"]
    answer = await meri.hear(meri.rita, Submission(form.name, form.subject, {"recruiter": str(meri.rolf.id)}))
    assert answer.kind == "replace" and meri.last().recruiter_id == meri.rolf.id and told(meri, "referral_handed") == [meri.rolf.id]
    again = await meri.hear(meri.rita, Submission(form.name, form.subject, {"recruiter": str(meri.hanna.id)}))
    assert again.card.tone == "refusal" and meri.last().recruiter_id == meri.rolf.id
    for wrong in ("", "x", "999999", str(meri.aino.id)):
        refused = await meri.hear(meri.rita, Submission(form.name, value(meri.last()), {"recruiter": wrong}))
        assert refused.kind == "correct" and "recruiter" in refused.errors, wrong


async def test_while_a_recruiter_is_away_the_deputy_hears_and_acts_and_everything_comes_back(meri: Company) -> None:
    own_opening(meri, meri.rolf)
    waiting, _ = await meri.confirmed(email="before@example.com")
    answer = await away(meri, meri.rolf, meri.rita)
    assert "Rita Ranta stands in" in text_of(answer.card)
    meri.db.write_now(STEPS["leaves"], meri.deployment, meri.now)
    meri.db.write_now(STEPS["leaves"], meri.deployment, meri.now)
    assert told(meri, "leave_begun") == [meri.rita.id]
    await meri.confirmed(email="during@example.com")
    assert told(meri, "referral_new") == [meri.rolf.id, None, meri.rita.id, None]
    await meri.hear(meri.rita, Press("referral.take", value(waiting)))
    assert meri.referral(waiting.id).recruiter_id == meri.rolf.id  # it stays his
    assert "Referrals in hand: 2" in text_of((await meri.hear(meri.rita, Command("vinkki", "recruiting"))).card)
    meri.now += timedelta(days=4)
    meri.db.write_now(STEPS["referral reminders"], meri.deployment, meri.now)
    assert told(meri, "referral_waiting") == [meri.rita.id]
    meri.now += timedelta(days=4)
    meri.db.write_now(STEPS["leaves"], meri.deployment, meri.now)
    assert told(meri, "leave_over") == [meri.rolf.id] and meri.rows(RecruiterLeave) == []
    await meri.confirmed(email="after@example.com")
    assert told(meri, "referral_new")[-2:] == [meri.rolf.id, None]
    assert "Referrals in hand: 2" in text_of((await meri.hear(meri.rita, Command("vinkki", "recruiting"))).card)  # new ones, not what is Rolf's
    assert "Referrals in hand: 3" in text_of((await meri.hear(meri.rolf, Command("vinkki", "recruiting"))).card)


async def test_hr_may_set_a_leave_for_somebody_and_a_recruiter_only_their_own(small: Company) -> None:
    assert (await away(small, small.rolf, small.rita, by=small.rita)).card.tone == "refusal"
    assert (await away(small, small.rolf, small.rita, by=small.hanna)).card.tone == "good"
    assert (await away(small, small.aino, small.rita, by=small.hanna)).card.tone == "refusal"
    refused = await away(small, small.rita, small.rolf)
    assert refused.kind == "correct" and "away themselves" in Words("en")(refused.errors["deputy"])
    for days, field in (((3, 1), "until_on"), ((-5, -1), "until_on"), ((0, 400), "until_on")):
        assert field in (await away(small, small.rita, small.hanna, days=days)).errors
    ended = await small.hear(small.rolf, Press("leave.end", str(small.rolf.id)))
    assert ended.card.tone == "good" and small.rows(RecruiterLeave) == []
    assert {"leave.planned", "leave.ended"} <= {a.what for a in small.rows(AuditEntry)}


async def test_a_deputy_who_may_not_recruit_any_more_is_passed_over(small: Company) -> None:
    own_opening(small, small.rolf)
    await away(small, small.rolf, small.rita)
    small.db.write_now(people.revoke, small.now, None, small.rita, "recruiter")
    await small.confirmed()
    assert told(small, "referral_new") == [small.hanna.id, None]  # nobody recruits: HR hears
    small.db.write_now(forget_leave, small.rita.id)
    assert small.rows(RecruiterLeave) == []


async def test_a_note_is_for_recruiters_alone_and_goes_with_the_candidate(meri: Company) -> None:
    referral, token = await meri.confirmed()
    form = (await meri.hear(meri.rita, Press("referral.note", value(referral)))).form
    kept = await meri.hear(meri.rita, Submission(form.name, form.subject, {"text": "Knows *boilers*"}))
    assert "boilers" not in text_of(kept.card) and "boilers" not in str(meri.rows(ReferralNote)) + str(meri.rows(AuditEntry))
    opened = await meri.hear(meri.rolf, Press("referral.open", value(meri.last())))
    assert "Rita Ranta, 2 March 2026: Knows *boilers*" in text_of(opened.card)
    for delivery in meri.rows(Delivery):
        card = meri.db.read_now(notices.build, meri.deployment, delivery, meri.now)
        assert card is None or "boilers" not in text_of(card)
    assert "boilers" not in str(meri.view(token)) + text_of((await meri.hear(meri.aino, Command("referrals"))).card)
    for text in ("", " ", "x" * 1001):
        assert "text" in (await meri.hear(meri.rita, Submission("referral.note", str(referral.id), {"text": text}))).errors
    meri.db.write_now(candidate.erase, meri.deployment, token, meri.now)
    assert meri.rows(ReferralNote) == []


async def test_who_lost_the_role_hands_nothing_over_and_notes_nothing(small: Company) -> None:
    referral, _ = await small.confirmed()
    await small.hear(small.rita, Press("referral.take", value(referral)))
    small.db.write_now(people.revoke, small.now, None, small.rita, "recruiter")
    for action in ("still", "reassign", "note", "remind", "take_over"):
        answer = await small.hear(small.rita, Press(f"referral.{action}", value(small.last())))
        assert answer.card.tone == "refusal" and "another role" in text_of(answer.card), action


async def outside(meri: Company, by: Person | None = None, **more: str) -> object:
    values = {"referrer": str(meri.aino.id), "opening": str(meri.opening.id), "name": "Maija M", "email": "maija@example.com", "language": "fi",
              "source": "The fair on 1 March", "proof": "Her mail to Rita", "see": "yes"} | more  # fmt: skip
    return await meri.hear(by or meri.hanna, Submission("outside.add", "", values))


async def test_hr_adds_a_referral_made_outside_and_the_candidate_gets_the_whole_notice(meri: Company) -> None:
    answer = await outside(meri)
    assert answer.card.tone == "good" and "Maija" not in text_of(answer.card)
    referral, (first,) = meri.last(), meri.rows(StageChange)
    assert (referral.stage, referral.referrer_id, first.by, first.actor_id) == ("confirmed", meri.aino.id, "hr", meri.hanna.id)
    assert meri.rows(ConsentRecord) == []  # nobody was shown a form; the proof is HR's note
    opened = await meri.hear(meri.rita, Press("referral.open", value(referral)))
    assert "The fair on 1 March / Her mail to Rita" in text_of(opened.card)
    letter = next(d for d in meri.rows(Delivery) if d.notice == "candidate_confirmed")
    text = text_of(meri.db.read_now(notices.build, meri.deployment, letter, meri.now))
    assert "Who is responsible" in text and "Your rights" in text and "Aino Salo, who works at Meri Oy, told us about you" in text and "/r/" in text
    assert told(meri, "referral_new") == [meri.rita.id, meri.rolf.id, None]


async def test_what_may_not_be_added_is_refused_with_the_reason(small: Company) -> None:
    closed = small.db.write_now(_closed, small)
    for more, field in (
        ({"email": "aino.salo@meri.example"}, "email"), ({"email": "rolf.berg@meri.example"}, "email"), ({"email": ""}, "email"), ({"email": "x"}, "email"),
        ({"name": ""}, "name"), ({"opening": str(closed)}, "opening"), ({"opening": "999"}, "opening"), ({"source": " "}, "source"), ({"proof": ""}, "proof"),
        ({"referrer": str(small.hanna.id)}, "referrer"), ({"referrer": "0"}, "referrer"), ({"language": "xx"}, "language"),
    ):  # fmt: skip
        answer = await outside(small, **more)
        assert answer.kind == "correct" and list(answer.errors) == [field], more
    assert (await outside(small, by=small.rita)).card.tone == "refusal"
    assert small.rows(Referral) == [] == small.rows(Candidate)


def _closed(session, small: Company) -> int:
    row = openings.create(session, small.now, None, openings.Draft("Closed"))
    openings.set_open(session, small.now, small.hanna.id, row.id, 1, False)
    return row.id


@pytest.mark.parametrize(("days", "stage"), [(182, "duplicate"), (183, "confirmed")])
async def test_ownership_lasts_as_configured_to_the_day_and_is_explained(small: Company, days: int, stage: str) -> None:
    await small.confirmed(email="same@example.com")
    other = add_person(small.db, "Ben Berg")
    small.now += timedelta(days=days)
    assert (await outside(small, referrer=str(other.id), email="same@example.com")).card.tone == "good"
    assert small.last().stage == stage
    card = text_of((await small.hear(small.rita, Press("referral.show", str(small.last().id)))).card)
    assert ("Held by referral 1, confirmed at" in card and "until 1 September 2026" in card) == (stage == "duplicate")


async def test_two_of_one_person_become_one_and_the_first_confirmed_counts_whichever_hr_opens(meri: Company) -> None:
    other = add_person(meri.db, "Ben Berg")
    first, _ = await meri.confirmed(email="one@example.com")
    meri.confirm(await meri.link(other), email="two@example.com", referrer_may_see="yes")  # at the same moment: the number decides
    second = meri.last()
    form = (await meri.hear(meri.hanna, Press("referral.merge", value(first)))).form
    for wrong, field in (
        ({"other": "999", "why": "w"}, "other"),
        ({"other": str(first.id), "why": "w"}, "other"),
        ({"other": str(second.id), "why": ""}, "why"),
    ):
        assert field in (await meri.hear(meri.hanna, Submission(form.name, form.subject, wrong))).errors
    done = await meri.hear(meri.hanna, Submission(form.name, form.subject, {"other": str(second.id), "why": "Same telephone"}))
    assert f"Referral {first.id} was confirmed first" in text_of(done.card)
    merged = meri.referral(second.id)
    assert (merged.stage, merged.duplicate_of_id, meri.referral(first.id).stage) == ("duplicate", first.id, "confirmed")
    assert "telephone" not in str(meri.rows(AuditEntry)) and "referral.merged" in {a.what for a in meri.rows(AuditEntry)}
    for delivery in meri.rows(Delivery):
        if delivery.notice == "candidate_confirmed" and delivery.key.startswith(f"referral:{second.id}:duplicate"):
            assert meri.db.read_now(notices.build, meri.deployment, delivery, meri.now) is None
    assert (await meri.hear(meri.rita, Press("referral.merge", value(first)))).card.tone == "refusal"


async def test_hr_lets_another_referrer_count_for_a_reason_and_the_candidates_name_stays_theirs(meri: Company) -> None:
    ben = add_person(meri.db, "Ben Berg")
    referral, _ = await meri.confirmed()
    form = (await meri.hear(meri.hanna, Press("referral.owner", value(referral)))).form
    cases = ({"person": str(meri.aino.id), "reason": "r"}, {"person": str(meri.hanna.id), "reason": "r"}, {"person": "", "reason": "r"})
    for wrong in cases:
        assert "person" in (await meri.hear(meri.hanna, Submission(form.name, form.subject, wrong))).errors
    assert "reason" in (await meri.hear(meri.hanna, Submission(form.name, form.subject, {"person": str(ben.id), "reason": ""}))).errors
    assert meri.last().referrer_id == meri.aino.id
    done = await meri.hear(meri.hanna, Submission(form.name, form.subject, {"person": str(ben.id), "reason": "Ben asked her in January"}))
    assert done.card.tone == "good" and meri.last().referrer_id == ben.id
    assert "Maija" not in text_of((await meri.hear(ben, Command("referrals"))).card)
    assert told(meri, "referral_owner_new") == [ben.id] and told(meri, "referral_owner_old") == [meri.aino.id]
    for delivery in meri.rows(Delivery):
        card = meri.db.read_now(notices.build, meri.deployment, delivery, meri.now)
        assert card is None or "January" not in text_of(card)
    assert "January" in text_of((await meri.hear(meri.rita, Press("referral.open", value(meri.last())))).card)
    entry = next(a for a in meri.rows(AuditEntry) if a.what == "referral.referrer_changed")
    assert entry.actor_id == meri.hanna.id and "January" not in str(entry)
    old = await meri.hear(meri.hanna, Submission(form.name, form.subject, {"person": str(meri.aino.id), "reason": "r"}))
    assert old.card.tone == "refusal" and meri.last().referrer_id == ben.id


async def test_who_has_no_part_in_a_split_does_not_become_the_referrer(meri: Company) -> None:
    """The split would go on paying those whom it names."""
    ben, other = add_person(meri.db, "Ben Berg"), add_person(meri.db, "Oskar Berg", "hr")
    referral, _ = await meri.confirmed()
    whole, half = (Part(ben.id or 0, splits.WHOLE),), (Part(ben.id or 0, 5_000), Part(meri.aino.id or 0, 5_000))
    meri.db.write_now(splits.propose, meri.now, other.id, referral.id, 0, (Part(meri.aino.id or 0, splits.WHOLE),), meri.now.date())
    form = (await meri.hear(meri.hanna, Press("referral.owner", value(referral)))).form
    given = {"person": str(ben.id), "reason": "Ben asked her in January"}
    assert "person" in (await meri.hear(meri.hanna, Submission(form.name, form.subject, given))).errors
    assert meri.last().referrer_id == meri.aino.id and told(meri, "referral_owner_new") == []
    meri.db.write_now(splits.propose, meri.now, other.id, referral.id, 1, half, meri.now.date())
    meri.db.write_now(splits.propose, meri.now, other.id, referral.id, 2, whole, meri.now.date(), "Ben asked her in January")
    assert (await meri.hear(meri.hanna, Submission(form.name, form.subject, given))).card.tone == "good"
    assert meri.last().referrer_id == ben.id


async def test_ways_of_hr_show_for_hr_alone(small: Company) -> None:
    referral, _ = await small.confirmed()
    mine = buttons_of((await small.hear(small.hanna, Press("referral.open", value(referral)))).card)
    theirs = buttons_of((await small.hear(small.rita, Press("referral.open", value(referral)))).card)
    assert {"referral.merge", "referral.owner"} <= set(mine) and not {"referral.merge", "referral.owner"} & set(theirs)
    assert len([a for a in small.rows(AuditEntry) if a.what == "referral.details_opened"]) == 2


@pytest.mark.parametrize("locale", ["en", "fi", "sv"])
async def test_a_no_is_kind_in_every_language_and_gives_no_private_reason(small: Company, locale: str) -> None:
    answered = small.confirm(await small.link(), locale=locale, referrer_may_see="yes")
    values = {"words": "profile", "own": "", "reason": "Zyzzyva"}
    await small.hear(small.rita, Submission("referral.decline", "1:1", values))
    said = [small.db.read_now(notices.build, small.deployment, d, small.now) for d in small.rows(Delivery) if ":rejected:" in d.key]
    assert len(said) == 2
    texts = [text_of(card, locale) for card in said if card]
    assert all("Zyzzyva" not in text and "Rita" not in text for text in texts) and len(texts) == 2
    kind = Words(locale)(small.view(answered.token).steps[-1].text)
    assert any(kind in text for text in texts)
