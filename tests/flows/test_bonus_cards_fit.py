"""Every card and form about approvals, splits, pay runs and thanks, with the longest texts allowed, fits Slack and Teams in three languages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bonus_desk import Desk, buttons
from bonus_world import MONDAY, make_world
from conftest import START, add_person
from loopback import adaptive, slack_limits
from sqlmodel import Session, select

from adapters.slack.render import card_to_message
from adapters.slack.view import form_to_view
from adapters.teams.buttons import Place
from adapters.teams.forms import form_to_adaptive
from adapters.teams.render import card_to_adaptive
from adapters.teams.sealed import Sealer
from bot import bonuses, settings
from bot.bonuses import Bonus, splits
from bot.db import Database
from bot.desks import Deployment, notices
from bot.desks.clock import STEPS
from bot.messages import Answer, Ask, Button, Card, Form, Replace, Say, Show
from bot.openings import JobOpening
from bot.outbox import Delivery
from content import Words

NAME, WHY = "Ä" * 90, "w" * 300


@pytest.fixture
async def shown(lite: Database, deployment: Deployment) -> list[Card | Form]:
    """What HR, payroll and referrers see on the way, everybody with a very long name."""
    world, found = make_world(lite), []
    others = [add_person(lite, f"{NAME}{n}", email=f"long{n}@meri.example") for n in range(3)]
    for person in (world.referrer, world.hr, world.other_hr):
        world.change(person, name=NAME)
    for name, value in (("bonus.two_approvers_from", 1), ("bonus.clawback_days", 30), ("bonus.thank_in_channel", True)):
        lite.write_now(settings.put, START, None, name, value)
    newcomer, plan = add_person(lite, "Uusi Tulija"), world.plan((0, "9999999"))
    made = [world.hire(world.refer(plan, hired=newcomer), MONDAY)[0] for _ in range(12)]
    lite.write_now(lambda s: [setattr(o, "title", "Ö" * 100) for o in s.exec(select(JobOpening))])
    for _ in range(2):
        world.morning(MONDAY)
    desk = Desk(world, deployment, START)

    def keep(answer: Answer) -> Answer:
        found.append(answer.card if isinstance(answer, Show | Replace) else answer.form if isinstance(answer, Ask) else Card(Say("bonuses.all")))
        return answer

    def press(who: object, action: str, value: str) -> object:
        return desk.press(who, Button(Say("x"), action, value))  # type: ignore[arg-type]

    for bonus in made[:10]:
        for who in (world.hr, world.other_hr):
            keep(await press(who, "bonus.approve", world.bonus(bonus.id).handle))  # type: ignore[misc]
    run = keep(await desk.press(world.payroll, buttons(await desk.say(world.payroll, "admin payrun"), "payrun.close")[0]))
    keep(await desk.press(world.payroll, buttons(run, "payrun.check")[0]))
    keep(await desk.press(world.payroll, buttons(run, "payrun.pay")[0]))
    keep(await desk.say(world.payroll, "admin payrun"))
    keep(await press(world.payroll, "payrun.check", ""))  # type: ignore[misc]
    keep(await press(world.hr, "bonus.clawback", world.bonus(made[0].id).handle))  # type: ignore[misc]
    keep(await press(world.hr, "bonus.waive", world.bonus(made[0].id).handle))  # type: ignore[misc]
    held = made[10]
    lite.write_now(lambda s: bonuses.moves.move(s, START, None, s.get_one(Bonus, held.id), "held", "candidate_former_employee"))
    keep(await press(world.hr, "bonus.pass", world.bonus(held.id).handle))  # type: ignore[misc]
    keep(await desk.fill(world.hr, "bonus.pass", world.bonus(held.id).handle, reason=WHY))
    keep(await press(world.hr, "bonus.end", world.bonus(held.id).handle))  # type: ignore[misc]
    referral = made[11].referral_id
    keep(await press(world.hr, "split.edit", f"{referral}:0"))  # type: ignore[misc]
    values = {f"person_{n}": str(p.id) for n, p in enumerate((world.referrer, *others), 1)} | {f"share_{n}": "25" for n in range(1, 5)}
    keep(await desk.fill(world.hr, "split.propose", f"{referral}:0", **values))
    keep(await desk.say(world.hr, "admin splits"))
    keep(await desk.say(world.hr, "admin bonuses"))
    keep(await desk.fill(world.hr, "split.propose", f"{referral}:1", **values, reason=WHY))
    keep(await desk.say(world.referrer, "vinkki thanks"))
    keep(await press(world.hr, "bonus.explain", str(held.id)))  # type: ignore[misc]
    world.db.write_now(STEPS["bonuses.overdue"], deployment, START + timedelta(days=9))

    def owed(session: Session) -> list[Card]:
        later = START + timedelta(days=9)
        return [c for d in session.exec(select(Delivery)) if (c := notices.build(session, deployment, d, later))]

    lite.write_now(lambda s: splits.propose(s, START, world.hr.id or 0, referral, 2, [splits.Part(p.id or 0, 5000) for p in (world.referrer, others[0])],
                                            MONDAY, WHY))  # fmt: skip
    return [*found, *lite.read_now(owed)]


async def test_they_fit_slack_and_teams(shown: list[Card | Form], deployment: Deployment) -> None:
    assert len(shown) > 60
    for locale in ("en", "fi", "sv"):
        words = Words(locale, "Europe/Helsinki")
        for thing in shown:
            if isinstance(thing, Card):
                assert slack_limits.problems(card_to_message(thing, words)["blocks"], "message") == [], words(thing.title)
                assert adaptive.problems(card_to_adaptive(thing, words)) == [], words(thing.title)
            else:
                assert slack_limits.view_problems(form_to_view(thing, words)) == [], thing.name
                assert adaptive.problems(form_to_adaptive(thing, words, Sealer(deployment), Place(is_dialog=True)), in_dialog=True) == [], thing.name
