"""What the referrer is given and asked: up to three openings on a link, its QR code, a message in their own words, and a word for
whoever said yes."""

from __future__ import annotations

import json

import pytest
from referral_desk import Company, buttons_of, company, text_of
from sqlmodel import select

from bot import openings, plans, privacy, settings
from bot.audit import AuditEntry
from bot.db import Database
from bot.desks import Deployment, candidate, notices
from bot.desks.advocate.refer import qr_address
from bot.messages import Command, Copyable, Picture, Press, Submission
from bot.money import Money
from bot.openings import Draft
from bot.outbox import Delivery
from bot.plans import Instalment, PlanDraft
from bot.referrals import Endorsement, Referral, ReferralLink

WORDS = {"known": "We built a ferry together", "why": "Stays calm when the fog comes"}


@pytest.fixture
def meri(db: Database, deployment: Deployment) -> Company:
    return company(db, deployment)


@pytest.fixture
def small(lite: Database, deployment: Deployment) -> Company:
    return company(lite, deployment)


def another(meri: Company, title: str, **fields: object) -> str:
    return str(meri.db.write_now(openings.create, meri.now, None, Draft(title, **fields)).id)  # type: ignore[arg-type]


async def refer(meri: Company, *opening_ids: str, language: str = "en", who: object = None) -> object:
    fields = dict(zip(("opening", "opening_2", "opening_3"), (*opening_ids, "", "", ""), strict=False))
    return await meri.hear(who or meri.aino, Submission("refer.link", "", {**fields, "language": language}))  # type: ignore[arg-type]


async def test_a_link_may_name_three_openings_and_the_same_three_give_the_same_link(meri: Company) -> None:
    second, third = another(meri, "Captain"), another(meri, "Pilot")
    mine = str(meri.opening.id)
    text = text_of((await refer(meri, mine, second, third)).card)  # type: ignore[attr-defined]
    assert "Kehittäjä (Åbo) / Captain / Pilot" in text and "Openings have bonuses of their own" in text
    for again in ((mine, second, third), (mine, second, second), (second, mine), (mine,)):
        await refer(meri, *again)
    assert [r.opening_ids for r in meri.rows(ReferralLink)] == [
        [int(mine), int(second), int(third)], [int(mine), int(second)], [int(second), int(mine)], [int(mine)],
    ]  # fmt: skip


async def test_a_bad_second_opening_is_said_at_its_field_and_makes_no_link(small: Company) -> None:
    closed = another(small, "Closed")
    small.db.write_now(openings.set_open, small.now, None, int(closed), 1, False)
    for value, key in ((closed, "refer.error.opening_closed"), ("999", "refer.error.opening_unknown"), ("x", "refer.error.opening_unknown")):
        answer = await refer(small, str(small.opening.id), value)
        assert answer.kind == "correct" and answer.errors["opening_2"].key == key  # type: ignore[attr-defined]
    assert small.rows(ReferralLink) == []


async def test_a_candidate_comes_in_for_the_first_opening_that_is_still_open(small: Company) -> None:
    second = another(small, "Captain")
    await refer(small, str(small.opening.id), second)
    link = small.rows(ReferralLink)[0]
    assert "Kehittäjä (Åbo) / Captain" in text_of(small.view(link.token))  # type: ignore[arg-type]
    small.db.write_now(openings.set_open, small.now, None, small.opening.id, 1, False)
    assert small.view(link.token).state == "form" and not small.confirm(link).errors
    assert small.last().opening_id == int(second)
    small.db.write_now(openings.set_open, small.now, None, int(second), 1, False)
    assert small.view(link.token).state == "closed"


async def test_a_recruiter_moves_a_referral_to_another_opening_that_was_named_and_to_no_other(meri: Company) -> None:
    second, foreign = another(meri, "Captain"), another(meri, "Pilot")
    await refer(meri, str(meri.opening.id), second)
    meri.confirm(meri.rows(ReferralLink)[0], referrer_may_see="yes")
    referral = meri.last()
    value = f"{referral.id}:{referral.version}"
    details = await meri.hear(meri.rita, Press("referral.open", value))
    assert "Also named | Captain" in text_of(details.card)
    form = (await meri.hear(meri.rita, Press("referral.match", buttons_of(details.card)["referral.match"]))).form
    assert [o.value for o in form.fields[0].options] == [second]
    wrong = await meri.hear(meri.rita, Submission("referral.match", value, {"opening": foreign}))
    assert wrong.card.tone == "refusal"
    await meri.hear(meri.rita, Submission("referral.match", value, {"opening": second}))
    assert meri.last().opening_id == int(second)


async def test_a_candidate_of_a_general_referral_is_told_of_the_opening_they_are_matched_with(meri: Company) -> None:
    meri.confirm(await meri.link(opening=""))
    referral = meri.last()
    await meri.hear(meri.rita, Submission("referral.match", f"{referral.id}:{referral.version}", {"opening": str(meri.opening.id)}))
    delivery = meri.db.read_now(lambda s: s.exec(select(Delivery).where(Delivery.notice == "candidate_matched")).one())
    card = meri.db.read_now(notices.build, meri.deployment, delivery, meri.now)
    assert "A recruiter at Meri Oy thinks that you may suit this opening: Kehittäjä (Åbo)" in text_of(card)
    assert meri.db.read_now(notices.address, meri.deployment, delivery, meri.now).email == "maija@example.com"
    assert (await meri.hear(meri.rita, Press("referral.match", f"{referral.id}:{referral.version + 1}"))).card.tone == "refusal"


async def test_the_card_shows_a_qr_code_that_leads_to_the_link_while_it_lives(small: Company) -> None:
    answer = await refer(small, str(small.opening.id))
    (picture,) = [b for b in answer.card.blocks if isinstance(b, Picture)]  # type: ignore[attr-defined]
    link = small.rows(ReferralLink)[0]
    assert picture.url == f"http://127.0.0.1:8765/q/{link.token}.png" and picture.alt.params["title"] == "Kehittäjä (Åbo)"
    assert small.db.read_now(qr_address, small.deployment, link.token) == f"http://127.0.0.1:8765/r/{link.token}"
    assert small.db.read_now(qr_address, small.deployment, "no-such-token-000000000") is None


@pytest.mark.parametrize(("language", "words"), [("en", "We are looking for somebody"), ("fi", "Meillä on auki tehtävä"), ("sv", "Vi söker någon")])
async def test_the_message_is_in_the_candidates_language_and_can_be_changed(small: Company, language: str, words: str) -> None:
    card = (await refer(small, str(small.opening.id), language=language)).card  # type: ignore[attr-defined]
    form = (await small.hear(small.aino, Press("refer.reword", buttons_of(card)["refer.reword"]))).form
    address = f"http://127.0.0.1:8765/r/{small.rows(ReferralLink)[0].token}"
    assert words in form.fields[0].initial and address in form.fields[0].initial
    shown = await small.hear(small.aino, Submission("refer.reword", form.subject, {"text": "Hei Maija {link} %s"}))
    assert [b.text for b in shown.card.blocks if isinstance(b, Copyable)][1] == f"Hei Maija {{link}} %s\n{address}"
    assert (await small.hear(small.rita, Press("refer.reword", form.subject))).card.tone == "refusal", "a link of somebody else's"


async def test_each_part_and_its_day_is_told_and_whoever_cannot_earn_hears_why(small: Company) -> None:
    parts = (Instalment(30, Money(20_000, "EUR")), Instalment(180, Money(30_000, "EUR")))
    plan = small.db.write_now(plans.adopt, small.now, None, PlanDraft("In two", parts))
    opening = another(small, "Captain", plan_id=plan.id)
    text = text_of((await refer(small, opening)).card)  # type: ignore[attr-defined]
    assert "In two" in text and "€200.00 30 days after their first day; €300.00 180 days after their first day" in text
    assert "Yes, by all we know today." in text and "Somebody else may have referred the same person" in text
    refused = text_of((await refer(small, opening, who=small.rita)).card)  # type: ignore[attr-defined]
    assert "Can you earn a bonus? | No: " in refused and "In two" not in refused


async def test_for_whom_nobody_earns_is_said_before_anybody_is_asked(small: Company) -> None:
    values = {"opening": str(small.opening.id), "language": "fi"}
    said = "left less than 365 days ago"
    assert said in text_of((await small.hear(small.aino, Submission("refer.link", "", values))).card)
    assert said not in text_of((await small.hear(small.rita, Submission("refer.link", "", values))).card), "who earns nothing anyway needs no rule"
    small.db.write_now(settings.put, small.now, None, "bonus.former_employee_days", 0)
    assert "new here" not in text_of((await small.hear(small.aino, Submission("refer.link", "", values))).card)


async def test_before_the_yes_there_is_nobody_to_speak_for_and_after_it_the_referrer_is_asked(meri: Company) -> None:
    referral, _ = await meri.confirmed()
    delivery = meri.db.read_now(lambda s: s.exec(select(Delivery).where(Delivery.notice == "referral_stage", Delivery.person_id == meri.aino.id)).one())
    card = meri.db.read_now(notices.build, meri.deployment, delivery, meri.now)
    assert buttons_of(card)["referral.endorse"] == str(referral.id)
    form = (await meri.hear(meri.aino, Press("referral.endorse", str(referral.id)))).form
    assert [f.name for f in form.fields] == ["known", "why"]
    done = await meri.hear(meri.aino, Submission("referral.endorse", form.subject, WORDS))
    assert done.card.tone == "good" and "ferry" not in text_of(done.card)
    row = meri.db.read_now(lambda s: s.get_one(Endorsement, referral.id))
    assert "ferry" not in row.sealed
    details = text_of((await meri.hear(meri.rita, Press("referral.open", f"{referral.id}:{referral.version}"))).card)
    assert WORDS["known"] in details and WORDS["why"] in details
    assert WORDS["known"] not in text_of((await meri.hear(meri.rita, Press("referral.show", str(referral.id)))).card)
    assert "referral.endorse" not in buttons_of((await meri.hear(meri.aino, Command("referrals"))).card), "once answered it is not asked again"


async def test_nobody_else_may_speak_and_nobody_for_whoever_keeps_the_way_private_or_has_ended(meri: Company) -> None:
    referral, _ = await meri.confirmed(referrer_may_see="")
    for who in (meri.aino, meri.rita, meri.hanna):
        for answer in (await meri.hear(who, Press("referral.endorse", str(referral.id))), await meri.hear(who, Submission("referral.endorse", "1", WORDS))):
            assert answer.card.tone == "refusal"
    second, token = await meri.confirmed(email="other@example.com", phone="")
    assert (await meri.hear(meri.rolf, Press("referral.endorse", str(second.id)))).card.tone == "refusal"
    meri.db.write_now(candidate.withdraw, meri.deployment, token, meri.now)
    assert (await meri.hear(meri.aino, Submission("referral.endorse", str(second.id), WORDS))).card.tone == "refusal"
    assert meri.db.read_now(lambda s: list(s.exec(select(Endorsement)))) == []


async def test_a_duplicate_is_asked_about_in_the_same_words_as_any_other(small: Company) -> None:
    first, _ = await small.confirmed()
    link = await small.link(small.hanna)
    small.confirm(link, referrer_may_see="yes")
    twin = small.last()
    assert twin.stage == "duplicate"
    forms = [(await small.hear(who, Press("referral.endorse", str(r.id)))).form for who, r in ((small.aino, first), (small.hanna, twin))]
    assert forms[0].fields == forms[1].fields and forms[0].intro == forms[1].intro
    assert (await small.hear(small.hanna, Submission("referral.endorse", str(twin.id), WORDS))).card.tone == "good"


async def test_what_was_said_goes_with_the_referrer(meri: Company) -> None:
    referral, _ = await meri.confirmed()
    await meri.hear(meri.aino, Submission("referral.endorse", str(referral.id), WORDS))
    meri.db.write_now(privacy.ask_erasure, meri.deployment.vault, meri.now, meri.hanna.id, meri.aino.id)
    assert meri.db.read_now(lambda s: list(s.exec(select(Endorsement)))) == []


async def test_what_was_said_goes_with_the_candidate_and_is_in_the_candidates_file(meri: Company) -> None:
    referral, token = await meri.confirmed()
    await meri.hear(meri.aino, Submission("referral.endorse", str(referral.id), WORDS))
    file = json.loads(meri.db.read_now(candidate.download, meri.deployment, token, meri.now) or "")
    assert file["referrals"][0]["said_by_referrer"] == WORDS
    meri.db.write_now(candidate.erase, meri.deployment, token, meri.now)
    assert meri.db.read_now(lambda s: list(s.exec(select(Endorsement)))) == []
    assert meri.db.read_now(lambda s: s.exec(select(AuditEntry).where(AuditEntry.what == "referral.endorsed")).one()).detail == ""


async def test_what_is_empty_or_too_long_is_said_at_its_field(small: Company) -> None:
    referral, _ = await small.confirmed()
    for given, field in (({"known": " ", "why": ""}, "known"), ({"known": "x", "why": "y" * 601}, "why")):
        answer = await small.hear(small.aino, Submission("referral.endorse", str(referral.id), given))
        assert answer.kind == "correct" and field in answer.errors
    assert small.rows(Referral) and small.db.read_now(lambda s: list(s.exec(select(Endorsement)))) == []
