"""Every card and form about referrals and openings, with the longest texts allowed, fits Slack and Teams in three languages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from loopback import adaptive, slack_limits
from referral_desk import Company, company
from sqlmodel import select

from adapters.slack.render import card_to_message
from adapters.slack.view import form_to_view
from adapters.teams.buttons import Place
from adapters.teams.forms import form_to_adaptive
from adapters.teams.render import card_to_adaptive
from adapters.teams.sealed import Sealer
from bot import openings, plans, referrals
from bot.db import Database
from bot.desks import Deployment, candidate, notices
from bot.desks.clock import STEPS
from bot.messages import Ask, Card, Command, Form, Press, Replace, Show, Submission
from bot.money import Money
from bot.openings import BoardDraft, BoardOutcome, Draft, LeftOut, Listed
from bot.outbox import Delivery
from bot.plans import Instalment, PlanDraft
from content import Words

LONG = "Ä" * 100


class Shown(list[Card | Form]):
    """Everything that was shown."""

    def keep(self, answer: Any) -> Any:
        if isinstance(answer, Show | Replace):
            self.append(answer.card)
        elif isinstance(answer, Ask):
            self.append(answer.form)
        return answer

    def owed(self, meri: Company) -> None:
        """Keep what every delivery says at this moment."""

        def build(session: Any) -> list[Card]:
            return [c for d in session.exec(select(Delivery)) if (c := notices.build(session, meri.deployment, d, meri.now))]

        self += meri.db.read_now(build)


@pytest.fixture
async def shown(lite: Database, deployment: Deployment) -> Shown:
    meri, all_of_it = company(lite, deployment), Shown()
    parts = tuple(Instalment(30 * n, Money(99_999_999, "EUR")) for n in range(1, 13))
    plan = lite.write_now(plans.adopt, meri.now, None, PlanDraft("P" * 80, parts))
    draft = Draft(LONG, department="D" * 80, location="L" * 80, description="x" * 2000, link="https://meri.example/" + "y" * 400, plan_id=plan.id,
                  hiring_manager_id=meri.aino.id, recruiter_id=meri.rita.id, open_until=meri.now.date() + timedelta(days=90))  # fmt: skip
    meri.opening = lite.write_now(openings.create, meri.now, None, draft)
    for _ in range(12):
        lite.write_now(openings.create, meri.now, None, Draft(LONG, location="L" * 80))
    lite.write_now(_boards, meri)
    await _ask(meri, all_of_it)
    for action, value in (("board.open", "1"), ("board.open", "2"), ("board.new", ""), ("board.edit", "1"), ("board.report", "2:8")):
        all_of_it.keep(await meri.hear(meri.hanna, Press(action, value)))
    for language in ("en", "fi", "sv"):
        for opening in ("", str(meri.opening.id)):
            all_of_it.keep(await meri.hear(meri.aino, Submission("refer.link", "", {"opening": opening, "language": language})))
    for action, value in (("opening.new", ""), ("opening.edit", str(meri.opening.id)), ("openings.page", "8"), ("refer.start", str(meri.opening.id))):
        all_of_it.keep(await meri.hear(meri.hanna, Press(action, value)))
    long = {"name": "N" * 120, "message": "m" * 1000, "linkedin": "https://www.linkedin.com/in/" + "l" * 250, "phone": "+358401234567"}
    await _walk(meri, all_of_it, long)
    for number in range(12):
        await meri.confirmed(email=f"{'e' * 60}{number}@example.com")
    all_of_it.owed(meri)
    meri.now += timedelta(days=5)
    for name in ("referral reminders", "referral escalations"):
        meri.db.write_now(STEPS[name], deployment, meri.now)
    all_of_it.owed(meri)
    await _hands(meri, all_of_it)
    await _ask(meri, all_of_it)
    return all_of_it


def _boards(session: Any, meri: Company) -> None:
    """A board from which twelve openings vanish at once, with entries that cannot be kept, and one that suddenly lists nothing."""
    for name in ("B" * 80, "C" * 80):
        board = openings.add_board(session, meri.now, None, BoardDraft(name, f"https://meri.example/{name}" + "z" * 1800)).id or 0
        listed = [Listed(str(n), LONG, "D" * 80, "L" * 80) for n in range(13)]
        openings.take_listed(session, meri.now, board, listed)
        left = [LeftOut("W" * 80, "openings.too_long", 500)] * 12
        openings.settle_reading(session, meri.now, board, BoardOutcome(form="page"), 0.5, [x.key for x in listed], openings.Brought(13), left)
    openings.settle_reading(session, meri.now, 1, BoardOutcome(form="page"), 0.5, [])
    openings.settle_reading(session, meri.now, 2, BoardOutcome(form="page"), 0.5, ["0"], openings.Brought(1, 1, 1), left)


async def _ask(meri: Company, shown: Shown) -> None:
    """Every command of this area, by everybody."""
    for person in (meri.aino, meri.rita, meri.hanna):
        for name, text in (("refer", ""), ("refer", "ä"), ("referrals", ""), ("vinkki", "recruiting"), ("admin", "openings"), ("admin", "boards")):
            shown.keep(await meri.hear(person, Command(name, text)))


async def _hands(meri: Company, shown: Shown) -> None:
    """Handing over, notes, leave, and what HR looks after."""
    await meri.hear(meri.rita, Press("referral.take", f"{meri.last().id}:{meri.last().version}"))
    for action, person, values in (
        ("note", meri.rita, {"text": "n" * 1000}), ("remind", meri.hanna, {}), ("still", meri.rita, {}),
        ("reassign", meri.hanna, {"recruiter": str(meri.rolf.id)}), ("take_over", meri.hanna, {}),
    ):  # fmt: skip
        value = f"{meri.last().id}:{meri.last().version}"
        if isinstance(answer := shown.keep(await meri.hear(person, Press(f"referral.{action}", value))), Ask):
            shown.keep(await meri.hear(person, Submission(answer.form.name, answer.form.subject, values)))
        shown.owed(meri)
    shown.keep(await meri.hear(meri.rita, Press("referral.open", f"{meri.last().id}:{meri.last().version}")))
    outside = {"referrer": str(meri.aino.id), "name": "N" * 120, "email": "a@example.com", "language": "sv", "source": "s" * 300, "proof": "p" * 300}
    for form_of, values in (
        ("outside.add", outside), ("referral.owner", {"person": str(meri.rolf.id), "reason": "r" * 1000}),
        ("referral.merge", {"other": str(meri.last().id - 1), "why": "w" * 1000}),
    ):  # fmt: skip
        value = f"{meri.last().id}:{meri.last().version}" if form_of != "outside.add" else ""
        form = shown.keep(await meri.hear(meri.hanna, Press(form_of, value))).form
        shown.keep(await meri.hear(meri.hanna, Submission(form.name, form.subject, values)))
        shown.owed(meri)
        shown.keep(await meri.hear(meri.hanna, Press("referral.open", value or f"{meri.last().id}:1")))
    form = shown.keep(await meri.hear(meri.rita, Press("leave.edit", str(meri.rita.id)))).form
    days = {"from_on": meri.now.date().isoformat(), "until_on": (meri.now + timedelta(days=3)).date().isoformat(), "deputy": str(meri.rolf.id)}
    shown.keep(await meri.hear(meri.rita, Submission(form.name, form.subject, days)))
    for later in (0, 5):
        meri.db.write_now(STEPS["leaves"], meri.deployment, meri.now + timedelta(days=later))
        shown.owed(meri)
    for person, name, text in ((meri.rita, "vinkki", "recruiting"), (meri.hanna, "admin", "promises"), (meri.hanna, "admin", "people rita")):
        shown.keep(await meri.hear(person, Command(name, text)))
    shown.keep(await meri.hear(meri.hanna, Press("promises.page", "8")))


async def _walk(meri: Company, shown: Shown, details: dict[str, str]) -> None:
    """Every way a referral can go, looking at everything on the way."""
    for number, ways in enumerate((("take", "contact", "interview", "offer", "hire"), ("take", "decline"), ("take", "withdraw"), ("erase",), ("general",))):
        answered = meri.confirm(
            await meri.link(opening="" if ways == ("general",) else None),
            email=f"w{number}@example.com",
            referrer_may_see="yes",
            **(details if not number else {}),
        )
        for way in ways:
            referral = meri.last()
            value = f"{referral.id}:{referral.version}"
            if way in ("withdraw", "erase"):
                meri.db.write_now(getattr(candidate, way), meri.deployment, answered.token, meri.now)
            elif way == "general":
                form = shown.keep(await meri.hear(meri.rita, Press("referral.match", value))).form
                shown.keep(await meri.hear(meri.rita, Submission(form.name, form.subject, {"opening": str(meri.opening.id)})))
            elif isinstance(answer := shown.keep(await meri.hear(meri.rita, Press(f"referral.{way}", value))), Ask):
                values = {"start_on": "2026-04-01", "words": "requirements", "own": "o" * 500, "reason": "r" * 500}
                shown.keep(await meri.hear(meri.rita, Submission(answer.form.name, answer.form.subject, values)))
            shown.owed(meri)
            shown.keep(await meri.hear(meri.aino, Press("referral.endorse", str(referral.id))))
            shown.keep(await meri.hear(meri.aino, Submission("referral.endorse", str(referral.id), {"known": "k" * 600, "why": "w" * 600})))
            shown.keep(await meri.hear(meri.rita, Press("referral.open", value)))
            shown.keep(await meri.hear(meri.rita, Press("referral.joined", f"{referral.id}:{meri.last().version}")))
    assert {r.stage for r in meri.rows(referrals.Referral)} == {"hired", "rejected", "withdrawn", "erased", "confirmed"}


async def test_they_fit_slack_and_teams(shown: Shown, deployment: Deployment) -> None:
    longest: dict[str, Card | Form] = {}
    for thing in sorted(shown, key=lambda t: len(repr(t))):  # of cards built alike, the longest decides
        longest[f"{thing.title!r:.60}{[b.kind for b in (thing.blocks if isinstance(thing, Card) else thing.fields)]}"] = thing
    assert len(shown) > 80 and len(longest) > 40
    for locale in ("en", "fi", "sv"):
        words = Words(locale, "Europe/Helsinki")
        for thing in longest.values():
            if isinstance(thing, Card):
                assert len(words(thing.title)) <= 150, words(thing.title)
                assert slack_limits.problems(card_to_message(thing, words)["blocks"], "message") == [], words(thing.title)
                assert adaptive.problems(card_to_adaptive(thing, words)) == [], words(thing.title)
            else:
                assert slack_limits.view_problems(form_to_view(thing, words)) == [], thing.name
                card = form_to_adaptive(thing, words, Sealer(deployment), Place(is_dialog=True))
                assert adaptive.problems(card, in_dialog=True) == [], thing.name
