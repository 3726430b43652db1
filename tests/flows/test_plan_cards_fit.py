"""Every card and form about plans, campaigns, budgets, the forecast and hires, with the longest texts allowed, fits Slack and Teams in three languages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from bonus_desk import Desk, buttons
from bonus_world import MONDAY, make_world
from conftest import START, add_person
from loopback import adaptive, slack_limits
from sqlmodel import select

from adapters.slack.render import card_to_message
from adapters.slack.view import form_to_view
from adapters.teams.buttons import Place
from adapters.teams.forms import form_to_adaptive
from adapters.teams.render import card_to_adaptive
from adapters.teams.sealed import Sealer
from bot import audiences, plans
from bot.audiences import Rule
from bot.bonuses import budgets
from bot.db import Database
from bot.desks import Deployment, notices
from bot.desks.clock import STEPS
from bot.messages import Answer, Ask, Button, Card, Form, Replace, Say, Show
from bot.money import Money
from bot.openings import JobOpening
from bot.outbox import Delivery
from bot.plans import CampaignDraft, Instalment, PlanDraft, campaigns, charities
from bot.plans.budgets import set_budget
from bot.referrals import Referral
from content import Words

LONG = "Ä" * 80
OURS = ("bonus.joiner", "bonus.first_day", "bonus.leavers", "bonus.rescheduled", "plan.budget")


@pytest.fixture
async def shown(lite: Database, deployment: Deployment) -> list[Card | Form]:
    """Twelve plans of twelve parts, campaigns and charities, a hire that begins on another day, and whoever may be the newcomer."""
    desk, found = Desk(make_world(lite), deployment), []
    world = desk.world
    plan, audience = _plans(desk)
    lite.write_now(set_budget, START, world.hr.id, LONG, 1, "quarter", 50, True)
    first = world.refer(plan.id)
    world.hire(first, MONDAY)
    late = add_person(lite, "Myöhempi " + "M" * 80, start_on=MONDAY + timedelta(days=9))
    world.hire(world.refer(plan.id, hired=late), MONDAY)
    lite.write_now(lambda s: [setattr(o, "title", LONG + "Ö" * 20) for o in s.exec(select(JobOpening).where(JobOpening.plan_id == plan.id))])
    lite.write_now(budgets.watch, START, plan.id, MONDAY, "Europe/Helsinki")
    lite.write_now(STEPS["bonuses.joiners"], deployment, START)

    before, keep = _owed(desk), _keeper(found)
    for words in ("admin plans", "admin campaigns", "admin charities", "admin forecast"):
        keep(await desk.say(world.hr, words))
    version = lite.read_now(lambda s: s.get_one(Referral, first)).version
    for action, value in (
        ("plan.show", str(plan.id)), ("plan.new", ""), ("plan.change", str(plan.id)), ("plan.try", str(plan.id)), ("plan.budget", str(plan.id)),
        ("campaign.new", ""), ("campaign.start", "1"), ("charity.new", ""), ("plan.more", "8"), ("campaigns.page", "8"), ("charities.page", "8"),
        ("referral.start", f"{first}:{version}"), ("referral.facts", f"{first}:{version}"), ("referral.show", str(first)),
    ):  # fmt: skip
        keep(await desk.press(world.hr, Button(Say("x"), action, value)))
    for opening in ("", "1", "5"):
        keep(await desk.fill(world.hr, "plan.try", str(plan.id), opening=opening, start_on="2026-04-01"))
    keep(await desk.fill(world.hr, "plan.save", str(plan.id), amount_1="1", days_1="1"))
    campaign = {"name": LONG, "amount": "999999999.99", "days": "1095", "from_on": "2026-03-02", "until_on": "2026-04-02", "audience": str(audience.id)}
    preview = await desk.fill(world.hr, "campaign.save", **campaign)
    keep(preview)
    keep(await desk.press(world.hr, buttons(preview, "campaign.start")[0]))
    keep(await desk.fill(world.hr, "plan.budget", str(plan.id), cap="999999999", period="month", warn_percent="99"))
    keep(await desk.fill(world.hr, "referral.start", f"{first}:{version}", start_on="2026-04-01"))
    keep(await desk.say(world.referrer, "vinkki bonuses"))
    keep(await desk.say(world.referrer, "referrals"))
    world.change(late, end_on=MONDAY + timedelta(days=1))
    lite.write_now(STEPS["bonuses.leavers"], deployment, START + timedelta(days=3))
    desk.now = START + timedelta(days=3)
    owed = before | _owed(desk)
    assert set(owed) == set(OURS) and len(found) > 25
    return found + list(before.values()) + list(owed.values())


def _plans(desk: Desk) -> tuple[plans.BonusPlan, audiences.Audience]:
    """Plans, campaigns, charities, openings and newcomers, more of each than a page holds."""
    charity = desk.world.db.write_now(charities.save, START, desk.world.hr.id, LONG, "F" * 80)
    huge = Money(99_999_999_999, "EUR")
    parts = (*(Instalment(90 * n, huge) for n in range(1, 11)), Instalment(900, Money(0, "EUR"), "day_off", 20))
    whole = PlanDraft(LONG, (*parts, Instalment(900, huge, "donation", charity_id=charity.id)), is_default=True)
    plan = desk.world.db.write_now(plans.adopt, START, desk.world.hr.id, whole)
    audience = desk.world.db.write_now(audiences.save, START, desk.world.hr.id, LONG, Rule(kinds=("employee",)), MONDAY, everybody=True)
    for n in range(12):
        place = {"department": f"{n:02d}" + "D" * 78, "country": "C" * 60}
        desk.world.db.write_now(plans.adopt, START, desk.world.hr.id, PlanDraft(f"{n:02d}" + "P" * 78, (Instalment(1095, huge),), **place))
        desk.world.db.write_now(charities.save, START, desk.world.hr.id, f"{n:02d}" + "K" * 78, "F" * 80)
        desk.world.db.write_now(lambda s, at=n, to=place: s.add(JobOpening(title=f"{at:02d}" + "T" * 98, created_at=START, **to)))
        draft = CampaignDraft(f"{n:02d}" + "S" * 78, huge, 1095, MONDAY, MONDAY + timedelta(days=n + 1), audience_id=audience.id, **place)
        row = desk.world.db.write_now(campaigns.draft_campaign, START, desk.world.hr.id, draft)
        if n % 2:
            desk.world.db.write_now(campaigns.start_campaign, START, desk.world.hr.id, row.id)
        add_person(desk.world.db, f"Uusi {n:02d} " + "N" * 80, start_on=MONDAY, department="D" * 80, location="L" * 80)
    return plan, audience


def _keeper(found: list[Card | Form]) -> Callable[[Answer], None]:
    def keep(answer: Answer) -> None:
        assert isinstance(answer, Show | Replace | Ask), answer
        found.append(answer.form if isinstance(answer, Ask) else answer.card)

    return keep


def _owed(desk: Desk) -> dict[str, Card]:
    """What deliveries of these rooms say now, by notice."""

    def build(session: Any) -> dict[str, Card]:
        rows = session.exec(select(Delivery).where(Delivery.notice.in_(OURS)))
        return {d.notice: c for d in rows if (c := notices.build(session, desk.deployment, d, desk.now))}

    return desk.world.db.read_now(build)


@pytest.mark.parametrize("locale", ["en", "fi", "sv"])
async def test_all_of_it_fits(shown: list[Card | Form], deployment: Deployment, locale: str) -> None:
    words = Words(locale, "Europe/Helsinki")
    for one in shown:
        title = words(one.title)
        if isinstance(one, Card):
            assert len(title) <= 150, title
            assert slack_limits.problems(card_to_message(one, words)["blocks"], "message") == [], title
            assert adaptive.problems(card_to_adaptive(one, words)) == [], title
        else:
            assert len(title) <= 24 and slack_limits.view_problems(form_to_view(one, words)) == [], title
            card = form_to_adaptive(one, words, Sealer(deployment), Place(is_dialog=True))
            assert adaptive.problems(card, in_dialog=True) == [], title
