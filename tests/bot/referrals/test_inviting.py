"""An invitation by e-mail: asked for by an employee, one letter and one reminder, answered by the invited person alone, gone in two weeks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from conftest import add_person
from referral_desk import MAIJA, Company, buttons_of, company, text_of

from bot import openings, referrals, settings
from bot.db import Database
from bot.desks import Deployment, candidate, clock_privacy, notices
from bot.messages import Command, Correct, Press, Show, Submission
from bot.outbox import Delivery
from bot.people import Person
from bot.referrals import Candidate, ConsentRecord, Referral
from bot.vault import VaultKey

EMAIL = "maija@example.com"


@pytest.fixture
def meri(db: Database, deployment: Deployment) -> Company:
    world = company(db, deployment)
    db.write_now(settings.put, world.now, world.hanna.id, "referral.invitations", True)
    return world


@pytest.fixture
def small(lite: Database, deployment: Deployment) -> Company:
    world = company(lite, deployment)
    lite.write_now(settings.put, world.now, world.hanna.id, "referral.invitations", True)
    return world


async def invite(meri: Company, email: str = EMAIL, **values: str) -> object:
    link = await meri.link()
    return await meri.hear(meri.aino, Submission("refer.invite", str(link.id), {"email": email, "language": "fi", "asked": "yes"} | values))


def letters(meri: Company, notice: str = "candidate_invited") -> list[tuple[notices.Outsider | None, str]]:
    found = []
    for d in meri.rows(Delivery):
        if d.notice == notice:
            card = meri.db.read_now(notices.build, meri.deployment, d, meri.now)
            found.append((meri.db.read_now(notices.address, meri.deployment, d, meri.now), text_of(card, "fi") if card else ""))
    return found


def token_of(meri: Company) -> str:
    row = meri.rows(Candidate)[-1]
    details = meri.db.read_now(referrals.open_details, meri.deployment.vault, row)
    assert details is not None
    return details.token


def tick(meri: Company, days: float) -> None:
    meri.now += timedelta(days=days)
    for step in clock_privacy.STEPS.values():
        while meri.db.write_now(step, meri.deployment, meri.now):
            pass


async def test_without_hrs_leave_there_is_no_way_to_invite(small: Company) -> None:
    small.db.write_now(settings.put, small.now, None, "referral.invitations", False)
    link = await small.link()
    for heard in (Press("refer.invite", str(link.id)), Submission("refer.invite", str(link.id), {"email": EMAIL, "asked": "yes"})):
        assert "switched off" in text_of((await small.hear(small.aino, heard)).card)
    assert small.rows(Candidate) == []


async def test_one_letter_goes_out_with_the_whole_notice_and_where_the_address_comes_from(meri: Company) -> None:
    answer = await invite(meri)
    assert isinstance(answer, Show) and "on its way" in text_of(answer.card) and EMAIL not in text_of(answer.card)
    ((to, text),) = letters(meri)
    assert to == notices.Outsider(EMAIL, "fi", "Europe/Helsinki")
    for words in ("Sähköpostiosoitteesi antoi Aino Salo", "Meri Oy", "365 päivää", "oikeutettu etumme", "14 päivän", "tietosuoja.fi", f"/r/{token_of(meri)}"):
        assert words in text
    assert meri.last().stage == "invited" and meri.last().notice_due_at == meri.now + timedelta(days=30)
    dump = str([vars(r) for model in (Candidate, Referral, Delivery) for r in meri.rows(model)])
    assert EMAIL not in dump


@pytest.mark.parametrize(("values", "field"), [({"asked": ""}, "asked"), ({"email": "maija"}, "email"), ({"email": "aino.salo@meri.example"}, "email")])
async def test_what_is_missing_is_said_beside_its_field(small: Company, values: dict[str, str], field: str) -> None:
    answer = await invite(small, **values)
    assert isinstance(answer, Correct) and set(answer.errors) == {field} and small.rows(Candidate) == []


async def test_nobody_sees_whether_an_address_is_known_or_was_asked_before(small: Company) -> None:
    """The same answer, the same rows, the same list; only no letter."""
    add_person(small.db, "Ben Blom", email="ben@example.com")
    shapes = []
    for email in (EMAIL, EMAIL, "ben@example.com"):
        before = {m: len(small.rows(m)) for m in (Candidate, Referral, Delivery)}
        answer = await invite(small, email)
        grown = {m.__name__: len(small.rows(m)) - n for m, n in before.items()}
        shapes.append((text_of(answer.card), str(grown), small.last().stage))  # type: ignore[attr-defined]
    assert len(set(shapes)) == 1
    assert [to.email if to else None for to, _ in letters(small)] == [EMAIL, None, None]
    tick(small, 190)
    await invite(small)
    assert letters(small)[-1][0] is not None, "after half a year one may ask again"


async def test_a_referrer_invites_a_few_a_day(small: Company) -> None:
    for n in range(5):
        assert "on its way" in text_of((await invite(small, f"p{n}@example.com")).card)  # type: ignore[attr-defined]
    assert "as many invitations" in text_of((await invite(small, "p6@example.com")).card)  # type: ignore[attr-defined]
    small.now += timedelta(days=1, minutes=1)
    assert "on its way" in text_of((await invite(small, "p6@example.com")).card)  # type: ignore[attr-defined]


async def test_somebody_elses_link_invites_nobody(small: Company) -> None:
    link = await small.link()
    answer = await small.hear(small.rita, Submission("refer.invite", str(link.id), {"email": EMAIL, "asked": "yes"}))
    assert answer.card.tone == "refusal" and small.rows(Candidate) == []  # type: ignore[union-attr]


async def test_recruiters_learn_that_one_waits_and_no_more(meri: Company) -> None:
    await invite(meri)
    seen = text_of((await meri.hear(meri.rita, Command("vinkki recruiting"))).card)
    assert "1 invitation by e-mail waits" in seen and "Aino" not in seen and "Kehittäjä" not in seen
    number = meri.last().id
    for press in (Press("referral.show", f"{number}"), Press("referral.open", f"{number}:1"), Press("referral.take", f"{number}:1")):
        assert (await meri.hear(meri.rita, press)).card.tone == "refusal"
    assert not [d for d in meri.rows(Delivery) if d.notice == "referral_new"]


async def test_their_yes_makes_the_waiting_row_theirs_with_the_same_address_of_the_page(meri: Company) -> None:
    await invite(meri)
    token, page = token_of(meri), meri.view(token_of(meri))
    assert page.state == "form" and page.can_decline and page.form and page.form.fields[1].initial == EMAIL  # type: ignore[union-attr]
    assert meri.last().stage == "invited", "looking changes nothing"
    for _ in range(2):
        done = meri.db.write_now(candidate.confirm, meri.deployment, token, MAIJA | {"referrer_may_see": "yes"}, "fi", meri.now)
        assert done.token == token and not done.errors
    (row,), (proof,) = meri.rows(Referral), meri.rows(ConsentRecord)
    assert (row.stage, row.plan_id, row.confirmed_at) == ("confirmed", meri.opening.plan_id, meri.now) and proof.text_version == "4-mail"
    assert meri.view(token).state == "done"
    told = [meri.db.read_now(notices.build, meri.deployment, d, meri.now) for d in meri.rows(Delivery) if d.notice == "referral_stage"]
    assert [c.title.key.rpartition(".")[2] for c in told if c] == ["invited", "confirmed"]  # type: ignore[union-attr]
    assert [d for d in meri.rows(Delivery) if d.notice == "referral_new"]


async def test_who_came_by_another_link_first_stays_with_that_one_and_nothing_tells(meri: Company) -> None:
    await meri.confirmed()
    await invite(meri)
    first = meri.rows(Referral)[0]
    meri.db.write_now(candidate.confirm, meri.deployment, token_of(meri), MAIJA, "fi", meri.now)
    assert (meri.last().stage, meri.last().duplicate_of_id) == ("duplicate", first.id)
    assert meri.view(token_of(meri)).state == "done"


async def test_a_no_erases_the_address_at_once_and_they_are_not_asked_again(meri: Company) -> None:
    await invite(meri)
    token = token_of(meri)
    assert meri.db.write_now(candidate.decline, meri.deployment, token, meri.now)
    assert not meri.db.write_now(candidate.decline, meri.deployment, token, meri.now)
    (row,) = meri.rows(Candidate)
    assert row.sealed == "" and meri.db.read_now(lambda s: s.get(VaultKey, f"candidate:{row.id}")) is None
    assert meri.last().stage == "declined" and meri.view(token).state == "erased" and letters(meri) == [(None, "")]
    done = meri.db.write_now(candidate.confirm, meri.deployment, token, MAIJA, "fi", meri.now)
    assert done.token == token and meri.last().stage == "declined", "a no from another tab stays a no"
    await invite(meri)
    assert letters(meri)[-1][0] is None


async def test_who_was_invited_and_asks_hr_to_be_erased_is_found_and_recruiters_learn_nothing(meri: Company) -> None:
    await invite(meri)
    answer = await meri.hear(meri.hanna, Submission("retention.erase", "", {"address": "Maija@Example.com", "sure": "yes"}))
    assert "1 candidate is erased" in text_of(answer.card)
    assert meri.last().stage == "erased" and meri.rows(Candidate)[-1].sealed == ""
    assert not [d for d in meri.rows(Delivery) if d.notice in ("referral_gone", "referral_new")]


async def test_who_invites_reads_what_a_yes_would_bring_and_after_it_is_asked_for_a_word(small: Company) -> None:
    await invite(small)

    def told() -> str:
        last = [d for d in small.rows(Delivery) if d.notice == "referral_stage"][-1]
        card = small.db.read_now(notices.build, small.deployment, last, small.now)
        return text_of(card) + str(buttons_of(card))

    assert "€500.00 (gross) when they are hired" in told()
    assert "€500.00 (gross) when they are hired" in text_of((await small.hear(small.aino, Command("referrals"))).card)
    values = {"name": "Maija M", "email": EMAIL, "nonce": "n" * 20, "referrer_may_see": "yes"}
    small.db.write_now(candidate.confirm, small.deployment, token_of(small), values, "fi", small.now)
    assert "€500.00" in told() and "referral.endorse" in told()
    assert not [d for d in small.rows(Delivery) if d.notice == "referral_gone"], "a yes is no withdrawal"


@pytest.mark.parametrize("why", ["closed", "left"])
async def test_whoever_comes_too_late_for_a_yes_reads_that_their_address_is_kept_and_may_have_it_erased(small: Company, why: str) -> None:
    await invite(small)
    if why == "closed":
        small.db.write_now(openings.set_open, small.now, small.hanna.id, small.opening.id, 1, False)
    else:
        small.db.write_now(lambda s: setattr(s.get_one(Person, small.aino.id), "end_on", small.now.date() - timedelta(days=1)))
    tick(small, 8)
    assert letters(small, "candidate_invited_again")[0][1] == "", "no reminder of what is over"
    token, page = token_of(small), small.view(token_of(small))
    assert page.form is None and page.can_decline and page.lead[0].key == f"candidate.{why}.invited"
    assert small.db.write_now(candidate.decline, small.deployment, token, small.now)
    assert small.last().stage == "declined" and small.view(token).state == "erased"


async def test_one_reminder_and_after_two_weeks_nothing_is_left(meri: Company) -> None:
    await invite(meri)
    for _ in range(9):
        tick(meri, 1)
    assert [text.partition(" | ")[0] for _, text in letters(meri, "candidate_invited_again")] == ["Yksi muistutus, ei enempää: Meri Oy ja sinä"]
    meri.db.write_now(settings.put, meri.now, None, "privacy.unconfirmed_days", 900)
    tick(meri, 5)
    (row,) = meri.rows(Candidate)
    assert meri.last().stage == "expired" and row.sealed == "" and row.erased_at == meri.now
    assert letters(meri) == [(None, "")] and letters(meri, "candidate_invited_again") == [(None, "")]
    assert "No answer came" in text_of((await meri.hear(meri.aino, Command("referrals"))).card)


async def test_that_the_notice_went_out_is_written_down_and_hr_hears_where_nothing_proves_it(meri: Company) -> None:
    await invite(meri)

    def sent(session):  # type: ignore[no-untyped-def]
        row = next(d for d in outbox_rows(session) if d.notice == "candidate_invited")
        row.state, row.sent_at = "sent", meri.now

    def outbox_rows(session):  # type: ignore[no-untyped-def]
        from sqlmodel import select

        return session.exec(select(Delivery)).all()

    tick(meri, 0)
    assert meri.last().noticed_at is None
    meri.db.write_now(sent)
    tick(meri, 0)
    assert meri.last().noticed_at is not None

    def outside(session):  # type: ignore[no-untyped-def]
        row = session.get(Referral, meri.last().id)
        row.stage, row.noticed_at, row.notice_due_at = "confirmed", None, meri.now - timedelta(minutes=1)

    meri.db.write_now(outside)
    tick(meri, 0)
    (late,) = [d for d in meri.rows(Delivery) if d.notice == "notice_overdue"]
    card = meri.db.read_now(notices.build, meri.deployment, late, meri.now)
    assert card and "has not been told in time" in text_of(card) and late.room == "admin"
    assert buttons_of(card) == {"referral.show": f"{meri.last().id}"}, "a way to whom it is about"
