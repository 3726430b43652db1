"""No silence: working days and holidays, one reminder and one escalation per promise, and how many promises were kept."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from conftest import START
from referral_desk import Company, buttons_of, company, text_of

from bot import settings
from bot.audit import AuditEntry
from bot.db import Database
from bot.desks import Deployment, candidate, notices
from bot.desks.clock import STEPS
from bot.messages import Command, Press
from bot.outbox import Delivery
from bot.people import Person
from bot.referrals import Referral, StageChange
from bot.referrals.deadlines import DeadlineRecord, deadline
from bot.referrals.workdays import Calendar

HELSINKI = ZoneInfo("Europe/Helsinki")
FI, SE = Calendar("FI", "", "Europe/Helsinki"), Calendar("SE", "", "Europe/Stockholm")


@pytest.fixture
def meri(db: Database, deployment: Deployment) -> Company:
    return company(db, deployment)


@pytest.fixture
def small(lite: Database, deployment: Deployment) -> Company:
    return company(lite, deployment)


def at(year: int, month: int, day: int, hour: int = 10) -> datetime:
    return datetime(year, month, day, hour, tzinfo=HELSINKI).astimezone(UTC)


def tick(meri: Company) -> list[tuple[str, str]]:
    """A minute of the clock: what was ever reminded of, as (notice, name or room)."""
    for name in ("leaves", "referral reminders", "referral escalations"):
        while meri.db.write_now(STEPS[name], meri.deployment, meri.now):
            pass
    names = {p.id: p.name.split()[0] for p in meri.rows(Person)}
    kinds = ("referral_waiting", "referral_stuck")
    return [(d.notice.rpartition("_")[2], names.get(d.person_id, d.room)) for d in meri.rows(Delivery) if d.notice in kinds and d.deed == "send"]


async def taken(meri: Company, at_moment: datetime) -> Referral:
    """A referral that Rita took."""
    meri.now = at_moment
    referral, _ = await meri.confirmed(email=f"c{meri.tick()}@example.com")
    await meri.hear(meri.rita, Press("referral.take", f"{referral.id}:{referral.version}"))
    return meri.last()


@pytest.mark.parametrize(
    ("since", "days", "due"),
    [
        (date(2026, 3, 2), 2, date(2026, 3, 4)),  # a Monday
        (date(2026, 3, 6), 2, date(2026, 3, 10)),  # over a weekend
        (date(2026, 3, 7), 1, date(2026, 3, 9)),  # on a Saturday
        (date(2026, 4, 1), 2, date(2026, 4, 7)),  # Good Friday and Easter Monday are off
        (date(2026, 6, 17), 2, date(2026, 6, 22)),  # Midsummer Eve is
        (date(2026, 12, 22), 2, date(2026, 12, 28)),  # Christmas Eve, Christmas Day, St Stephen's on a Saturday
        (date(2026, 12, 30), 2, date(2027, 1, 4)),  # New Year
        (date(2027, 1, 4), 2, date(2027, 1, 7)),  # Epiphany
        (date(2026, 4, 28), 5, date(2026, 5, 6)),  # the first of May
    ],
)
def test_working_days_in_finland(since: date, days: int, due: date) -> None:
    assert FI.later(since, days) == due


def test_each_country_and_part_has_its_own_holidays_and_an_unknown_one_has_weekends() -> None:
    assert not SE.is_working(date(2026, 6, 19)) and not SE.is_working(date(2026, 12, 24))  # not in the law, and everybody is off
    assert not FI.is_working(date(2026, 12, 6)) and SE.is_working(date(2027, 12, 6)) and not FI.is_working(date(2027, 12, 6))
    bavaria, berlin = (Calendar(*where, "Europe/Berlin") for where in (("DE", "BY"), ("DE", "BE")))
    assert not bavaria.is_working(date(2026, 6, 4)) and berlin.is_working(date(2026, 6, 4))  # Corpus Christi
    assert not Calendar("de", "DE-BY", "UTC").is_working(date(2026, 6, 4)) and not Calendar("Germany", "by", "UTC").is_working(date(2026, 6, 4))
    nowhere = Calendar("Atlantis", "X", "UTC")
    assert nowhere.is_working(date(2026, 12, 25)) and not nowhere.is_working(date(2026, 12, 26))
    assert Calendar("DE", "Nowhere", "UTC").is_working(date(2026, 6, 4))


async def test_over_easter_the_reminder_comes_on_the_promised_morning_and_the_escalation_on_the_next(small: Company) -> None:
    small.now = at(2026, 4, 1, 16)  # Wednesday before Easter
    await small.confirmed()
    seen = []
    for hour in range(24 * 9):
        small.now = at(2026, 4, 1, 0) + timedelta(hours=hour)
        if small.now >= at(2026, 4, 1, 16):
            seen.append((small.now, len(tick(small))))
    first = {count: moment for moment, count in reversed(seen)}
    assert first[2] == at(2026, 4, 7, 9) and first[3] == at(2026, 4, 8, 9)  # both recruiters, then the room; never again
    assert max(count for _, count in seen) == 3


@pytest.mark.parametrize(("begins", "reminded", "escalated"), [((2026, 6, 12), (2026, 6, 22), (2026, 6, 23)), ((2026, 12, 18), (2026, 12, 29), (2026, 12, 30))])
async def test_midsummer_and_christmas_stop_the_clock_for_the_first_contact(
    small: Company, begins: tuple[int, int, int], reminded: tuple[int, int, int], escalated: tuple[int, int, int]
) -> None:
    await taken(small, at(*begins, 15))
    promise = small.db.read_now(lambda s: deadline(s, small.now, s.get(Referral, 1)))
    assert promise and promise.due_on == date(*reminded) and promise.escalate_at == at(*escalated, 9)
    small.now = at(*reminded, 8)
    assert tick(small) == []
    small.now = at(*reminded, 9)
    assert tick(small) == [("waiting", "Rita")]
    small.now = at(*escalated, 9)
    assert tick(small) == [("waiting", "Rita"), ("stuck", "admin")] == tick(small)


async def test_the_recruiters_own_country_and_clock_count(small: Company) -> None:
    def move_to_munich(session):
        rita = session.get(Person, small.rita.id)
        rita.country, rita.subdivision, rita.time_zone = "DE", "BY", "Europe/Berlin"
        session.add(rita)

    small.db.write_now(move_to_munich)
    await taken(small, at(2026, 5, 28, 12))  # Corpus Christi on 4 June is a holiday in Bavaria alone
    promise = small.db.read_now(lambda s: deadline(s, small.now, s.get(Referral, 1)))
    assert promise and promise.due_on == date(2026, 6, 5) and promise.remind_at == datetime(2026, 6, 5, 9, tzinfo=ZoneInfo("Europe/Berlin"))


async def test_nobody_is_reminded_at_the_weekend_of_what_fell_due_while_nothing_ran(small: Company) -> None:
    await taken(small, at(2026, 3, 2))
    small.now = at(2026, 3, 14)  # due on Monday the 9th; Saturday
    assert tick(small) == []
    small.now = at(2026, 3, 16, 9)
    assert tick(small) == [("waiting", "Rita"), ("stuck", "admin")] == tick(small)


async def test_every_stage_has_its_promise_and_a_word_that_it_goes_on_begins_it_anew(meri: Company) -> None:
    referral = await taken(meri, at(2026, 3, 2))
    await meri.hear(meri.rita, Press("referral.contact", f"{referral.id}:{referral.version}"))
    meri.now = at(2026, 3, 16, 9)  # ten working days
    assert tick(meri) == [("waiting", "Rita")]
    card = _card(meri, "referral_waiting")
    assert "Today is the day for a word" in text_of(card) and "Maija" not in text_of(card)
    await meri.hear(meri.rita, Press("referral.still", buttons_of(card)["referral.still"]))
    told = {d.notice: d for d in meri.rows(Delivery)}
    letter = meri.db.read_now(notices.build, meri.deployment, told["candidate_still"], meri.now)
    assert letter and "we have not forgotten you" in text_of(letter)
    mine = meri.db.read_now(notices.build, meri.deployment, told["referral_still"], meri.now)
    assert mine and "nobody has been forgotten" in text_of(mine)
    assert _card(meri, "referral_waiting").tone == "plain"  # the reminder shows that it is done
    meri.now = at(2026, 3, 27)
    assert len(tick(meri)) == 1
    meri.now = at(2026, 3, 30, 9)
    assert tick(meri) == [("waiting", "Rita")] * 2
    assert len(meri.rows(StageChange)) == 3  # a word is no stage


async def test_a_candidate_who_keeps_the_way_to_themselves_is_told_and_the_referrer_is_not(small: Company) -> None:
    small.now = at(2026, 3, 2)
    await small.confirmed(referrer_may_see="")
    await small.hear(small.rita, Press("referral.take", "1:1"))
    await small.hear(small.rita, Press("referral.still", "1:2"))
    delivery = next(d for d in small.rows(Delivery) if d.notice == "referral_still")
    assert small.db.read_now(notices.build, small.deployment, delivery, small.now) is None


async def test_the_escalation_names_nobody_and_its_buttons_hand_over_ask_again_and_take(meri: Company) -> None:
    await taken(meri, at(2026, 3, 2))
    meri.now = at(2026, 3, 10, 9)
    assert ("stuck", "admin") in tick(meri)
    card = _card(meri, "referral_stuck")
    assert "It is with: Rita Ranta" in text_of(card) and "Maija" not in text_of(card)
    assert set(buttons_of(card)) == {"referral.reassign", "referral.remind", "referral.take_over", "referral.show"}
    asked = await meri.hear(meri.hanna, Press("referral.remind", buttons_of(card)["referral.remind"]))
    assert "Rita Ranta" in text_of(asked.card)
    again = await meri.hear(meri.hanna, Press("referral.remind", buttons_of(card)["referral.remind"]))
    assert again.card.tone == "refusal" and "today already" in text_of(again.card)
    assert "HR asks" in text_of(_card(meri, "referral_asked"))
    took = await meri.hear(meri.hanna, Press("referral.take_over", buttons_of(card)["referral.take_over"]))
    assert took.kind == "replace" and meri.last().recruiter_id == meri.hanna.id
    late = await meri.hear(meri.rolf, Press("referral.take_over", buttons_of(card)["referral.take_over"]))
    assert late.card.tone == "refusal"
    assert "Taken care of" in text_of(_card(meri, "referral_stuck"))
    assert [r.is_kept for r in meri.rows(DeadlineRecord)] == [True, False]  # taken in time, the first contact not
    assert {"referral.reassigned", "referral.asked_again", "referral.escalated"} <= {a.what for a in meri.rows(AuditEntry)}


async def test_hr_sees_open_promises_and_how_many_were_kept(meri: Company) -> None:
    first = await taken(meri, at(2026, 3, 2))
    await meri.hear(meri.rita, Press("referral.contact", f"{first.id}:{first.version}"))
    await taken(meri, at(2026, 3, 3))
    meri.now = at(2026, 3, 11)  # the second one's first contact was due on the 10th
    text = text_of((await meri.hear(meri.hanna, Command("admin", "promises"))).card)
    assert "2 promises are open, 1 of them late." in text and "75% were kept: 3 of 4" in text and "With Rita Ranta" in text
    refused = await meri.hear(meri.rita, Command("admin", "promises"))
    assert refused.card.tone == "refusal"


async def test_a_withdrawal_in_time_is_no_promise_and_a_late_one_is_a_broken_one(small: Company) -> None:
    small.now = at(2026, 3, 2)
    for days in (1, 5):
        _, token = await small.confirmed(email=f"w{days}@example.com")
        small.db.write_now(candidate.withdraw, small.deployment, token, small.now + timedelta(days=days))
    assert [r.is_kept for r in small.rows(DeadlineRecord)] == [False]


async def test_hr_may_give_other_days(small: Company) -> None:
    small.db.write_now(settings.put, START, None, "referral.take_days", 4)
    small.now = at(2026, 3, 2)
    await small.confirmed()
    promise = small.db.read_now(lambda s: deadline(s, small.now, s.get(Referral, 1)))
    assert promise and promise.due_on == date(2026, 3, 6)


def _card(meri: Company, notice: str):
    delivery = [d for d in meri.rows(Delivery) if d.notice == notice and d.deed == "send"][-1]
    card = meri.db.read_now(notices.build, meri.deployment, delivery, meri.now)
    assert card
    return card
