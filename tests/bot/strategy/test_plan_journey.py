"""HR's month by the plan: the preview, an ask held and let go, Monday's report, a nurture plan, an audience refined."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from conftest import START, add_person
from flows.full_house import full_house
from loopback import adaptive, slack_limits
from plan_world import TODAY, Plan, goes_out, planned_company
from sqlmodel import Session, select
from story_world import Talk, button, buttons, draft, text_of

from adapters.slack.render import card_to_message
from adapters.teams.render import card_to_adaptive
from bot import audiences, insights, stories, strategy
from bot.audiences import Rule
from bot.bonuses import Bonus
from bot.db import Database
from bot.desks import Deployment, clock_strategy, notices, report, views
from bot.errors import Refusal
from bot.messages import ChartBlock, Correct, Heading, HomeOpened, Submission
from bot.outbox import Delivery
from bot.people import Person
from bot.referrals.records import StageChange
from bot.stories import Story, nurture
from content import Words

DAY = timedelta(days=1)


async def test_the_preview_says_what_the_ask_will_meet_and_hr_lets_it_go_with_a_reason(db: Database, deployment: Deployment) -> None:
    plan = planned_company(db)
    talk, hr = Talk(db, deployment), plan.hr
    goes_out(db, plan, "give", plan.alumni, START - DAY)
    row = db.write_now(stories.create, START, hr.id, draft(kind="ask", title="Our next analyst"))
    form = (await talk.press(hr, "story.plan", f"{row.id}:{row.version}")).form
    assert "gap" in str([n.text for n in form.intro]) or "late" in str([n.text for n in form.intro])
    refused = await talk.submit(hr, form, audience=str(plan.alumni), strategy="0")
    assert isinstance(refused, Correct) and set(refused.errors) == {"strategy"}, "every story belongs to a strategy"
    shown = (await talk.submit(hr, form, audience=str(plan.alumni), strategy=str(plan.strategy))).card
    assert "not earned yet. Owed first: 3 gives and 1 tell to Alumni" in text_of(shown)
    held = (await talk.press(hr, button(shown, "story.go"))).card
    assert "Waits to be earned" in text_of(held)
    assert "Our next analyst" in text_of(await talk.hear(hr, HomeOpened()))
    reason = (await talk.press(hr, button(held, "story.override"))).form
    assert set((await talk.submit(hr, reason, reason="no")).errors) == {"reason"}
    out = (await talk.submit(hr, reason, reason="The call closes on Friday.")).card
    assert "Published" in text_of(out)
    report = (await talk.command(hr, "admin", "strategy report")).card
    assert "“The call closes on Friday.” – Nora Holm. Owed then: 3 gives and 1 tell to Alumni." in text_of(report)


async def test_only_hr_and_curators_see_the_report(db: Database, deployment: Deployment) -> None:
    planned_company(db)
    talk = Talk(db, deployment)
    answer = await talk.command(add_person(db, "Aino Virta"), "admin", "strategy report")
    assert answer.card.tone == "refusal"


def monday(db: Database, deployment: Deployment, at: datetime) -> list[str]:
    db.write_now(clock_strategy.report_week, deployment, at)
    return sorted(db.read_now(lambda s: s.exec(select(Delivery.key).where(Delivery.notice == "strategy_week")).all()))


@pytest.mark.parametrize("zone", ["Europe/Helsinki", "America/Los_Angeles", "Pacific/Auckland", "Asia/Kolkata"])
def test_the_report_comes_on_monday_morning_of_the_company_once(db: Database, deployment: Deployment, zone: str) -> None:
    there = replace(deployment, time_zone=zone)
    planned_company(db)
    morning = datetime(2026, 3, 9, 8, 0, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    before = monday(db, there, morning - timedelta(minutes=1))
    assert "strategy:week:2026-03-09" not in before
    for minutes in (0, 1, 60, 60 * 24 * 3):
        after = monday(db, there, morning + timedelta(minutes=minutes))
    assert set(after) - set(before) == {"strategy:week:2026-03-09"}


def test_a_report_missed_on_monday_comes_when_the_house_is_back(db: Database, deployment: Deployment) -> None:
    planned_company(db)
    assert monday(db, deployment, datetime(2026, 3, 11, 15, tzinfo=UTC)) == ["strategy:week:2026-03-09"]


def test_where_cards_are_of_this_moment_the_report_of_last_week_makes_way_for_the_newest(db: Database, deployment: Deployment) -> None:
    planned_company(db)
    for weeks in range(3):
        monday(db, deployment, START + weeks * 7 * DAY)
    later = START + 15 * DAY
    seen = db.read_now(views.room, deployment, "admin", frozenset({"hr"}), later)
    assert [m.at for m in seen if "on plan" in text_of(m.card)] == [START + 14 * DAY]
    assert not db.read_now(views.room, deployment, "admin", frozenset({"recruiter"}), later)


def test_a_report_that_comes_late_leaves_out_no_word_that_let_an_ask_go(db: Database, deployment: Deployment) -> None:
    plan = planned_company(db)
    early = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)  # Monday 2 March, half past midnight in Helsinki

    def let_go(session: Session) -> None:
        row = stories.create(session, early, plan.hr.id, draft(kind="ask"))
        stories.schedule(session, early, plan.hr.id or 0, row.id or 0, None, early + DAY, audience_id=plan.alumni)
        stories.let_go(session, early, plan.hr.id or 0, row.id or 0, row.version, "The ship leaves", early.date(), "Europe/Helsinki")

    db.write_now(let_go)
    sunday, next_monday = datetime(2026, 3, 15, 20, tzinfo=UTC), datetime(2026, 3, 16, 7, tzinfo=UTC)
    assert "The ship leaves" in text_of(db.read_now(report.card, deployment, sunday))
    assert "The ship leaves" not in text_of(db.read_now(report.card, deployment, next_monday))


def week_card(db: Database, deployment: Deployment, now: datetime) -> Any:
    def build(session: Session) -> Any:
        clock_strategy.report_week(session, deployment, now)
        return notices.build(session, deployment, session.exec(select(Delivery).where(Delivery.notice == "strategy_week")).one(), now)

    return db.write_now(build)


def test_the_report_has_charts_one_next_step_and_fits_both_platforms(db: Database, deployment: Deployment) -> None:
    plan = planned_company(db)
    goes_out(db, plan, "ask", plan.alumni, title="Ä" * 120)
    card = week_card(db, deployment, START)
    assert any(isinstance(b, ChartBlock) for b in card.blocks)
    assert "Write 4 gives and 1 tell for Alumni" in text_of(card)
    assert len([b for b in buttons(card) if b.style == "primary"]) == 1
    for locale in ("en", "fi", "sv"):
        words = Words(locale, "Europe/Helsinki")
        assert slack_limits.problems(card_to_message(card, words)["blocks"], "message") == []
        assert adaptive.problems(card_to_adaptive(card, words)) == []


def test_what_is_behind_stands_first_and_no_chart_is_empty_or_one_too_many_for_slack(db: Database, deployment: Deployment) -> None:
    plan = planned_company(db)

    def more(session: Session) -> None:
        for name, days in (("Brand new", 0), ("Steady", 0), ("Calm", 0), ("Older and behind", 20)):
            row = strategy.create(session, START, plan.hr.id or 0, name, "A goal", None)
            strategy.add_measure(session, START, plan.hr.id or 0, row.id or 0, "human_clicks", 40, TODAY + 60 * DAY, TODAY)
            measure = strategy.measures(session, row.id or 0)[0]
            measure.start_on = TODAY - days * DAY

    db.write_now(more)
    card = week_card(db, deployment, START)
    titles = [text_of(b.text) for b in card.blocks if isinstance(b, Heading)]
    assert titles[:3] == ["Older and behind", "Once Meri, always Meri", "Brand new"]
    assert len([b for b in card.blocks if isinstance(b, ChartBlock)]) == 2
    assert "2 more strategies" in text_of(card)
    new = db.read_now(lambda s: report.standing(report.read(s, deployment, START).standings[2][1]))
    assert not any(isinstance(b, ChartBlock) for b in new), "a chart of empty bars says nothing"


@pytest.mark.parametrize("figure", strategy.FIGURES)
def test_for_each_figure_that_is_behind_there_is_a_next_step(lite: Database, deployment: Deployment, figure: str) -> None:
    hr = add_person(lite, "Nora Holm", "hr").id or 0

    def behind(session: Session) -> str:
        row = strategy.create(session, START - 30 * DAY, hr, "Calm seas", "Why", None)
        measure = strategy.add_measure(session, START - 30 * DAY, hr, row.id or 0, figure, 90, TODAY + DAY, TODAY - 30 * DAY)
        strategy.add_action(session, START, hr, row.id or 0, None, "give", 30, TODAY)
        found = insights.Progress(measure, 0, 0, 90, "behind")
        words, button = report.next_step(session, deployment, START, replace(report.read(session, deployment, START), standings=[(row, [found])]))
        assert (button.action, button.value) == ("strategy.open", str(row.id))
        return text_of(words)

    assert "in “Calm seas” are behind" in lite.write_now(behind)


def test_a_measure_is_judged_by_the_day(db: Database) -> None:
    plan = planned_company(db)
    (clicks, _adoption, referrals, cost) = db.read_now(strategy.measures, plan.strategy)

    def verdict(measure: Any, days: int) -> tuple[int | None, str]:
        now = START + days * DAY
        found = db.read_now(insights.progress, measure, now, now.date(), "EUR")
        return found.now, found.verdict

    assert verdict(clicks, -35) == (0, "on_plan") and verdict(clicks, 0) == (0, "behind") and verdict(clicks, 61) == (0, "missed")
    assert verdict(cost, 0) == (None, "on_plan") and verdict(cost, 61) == (None, "missed")
    assert verdict(referrals, 0) == (0, "behind")


def test_what_comes_after_the_deadline_does_not_count(db: Database) -> None:
    plan = planned_company(db)
    gives = db.write_now(strategy.add_measure, START, plan.hr.id, plan.strategy, "gives", 1, TODAY + DAY, TODAY)
    goes_out(db, plan, "give", plan.alumni, START + 5 * DAY)
    after = START + 6 * DAY
    found = db.read_now(insights.progress, gives, after, after.date(), "EUR", "Europe/Helsinki")
    assert (found.now, found.verdict) == (0, "missed")


def test_followers_are_alumni_and_stakeholders_of_the_audience_who_take_part(db: Database, deployment: Deployment) -> None:
    plan = planned_company(db)
    assert db.read_now(insights.followers, plan.strategy) == 5
    add_person(db, "Rosa Vik", kind="stakeholder")  # of another audience
    assert db.read_now(insights.followers, plan.strategy) == 5

    def leave(session: Session) -> int:
        session.exec(select(Person).where(Person.name == "Mia Koski")).one().enrolled_at = None
        row = strategy.create(session, START, plan.hr.id or 0, "All of them", "Friends outside", None)
        measure = strategy.add_measure(session, START - 30 * DAY, plan.hr.id or 0, row.id or 0, "followers", 500, TODAY + 30 * DAY, TODAY - 30 * DAY)
        measure.start_on = TODAY - 30 * DAY
        return row.id or 0

    assert db.read_now(insights.followers, db.write_now(leave)) == 5, "four alumni and the stakeholder"
    assert "5 of 500 by 1 April 2026, behind" in text_of(week_card(db, deployment, START))


def test_cost_per_hire_is_the_bonuses_of_the_hires_by_the_hires(db: Database, deployment: Deployment) -> None:
    house = full_house(db, deployment)
    hired = db.read_now(lambda s: len(set(s.exec(select(StageChange.referral_id).where(StageChange.new == "hired")))))
    span = (START - DAY, START + 5 * DAY)
    assert db.read_now(insights.hires, *span) == hired > 1
    owed = db.read_now(lambda s: [b.amount_minor for b in s.exec(select(Bonus)) if b.currency == "EUR" and b.state not in ("void", "forfeited", "recovered")])
    assert db.read_now(insights.cost_per_hire, *span, "EUR") == round(sum(owed) / 100 / hired) > 0
    assert db.read_now(insights.cost_per_hire, *span, "SEK") == 0
    assert db.read_now(insights.cost_per_hire, START - 3 * DAY, START - 2 * DAY, "EUR") is None
    assert house.ids["hired"]


async def test_a_nurture_plan_is_laid_earns_its_ask_and_warns_when_it_does_not(db: Database, deployment: Deployment) -> None:
    plan = planned_company(db)
    talk, hr = Talk(db, deployment), plan.hr
    form = (await talk.press(hr, "nurture.begin", str(plan.opening))).form
    card = (await talk.submit(hr, form, audience=str(plan.alumni))).card
    assert "30 March 2026 · Ask" in text_of(card) and "would be asked" not in text_of(card)
    again = await talk.submit(hr, form, audience=str(plan.alumni))
    assert again.card.tone == "refusal"
    rows = steps(db, plan)
    assert [r.kind for r in rows] == ["give", "give", "tell", "give", "give", "ask", "give", "tell", "give"]
    for row in rows[:2]:
        out = (await talk.submit(hr, (await talk.press(hr, "nurture.step", str(row.id))).form, drop="yes")).card
    assert "On 30 March 2026 Alumni would be asked without having been given to. Still owed then: 2 gives." in text_of(out)
    gift = db.write_now(stories.create, START, hr.id, draft(title="What we learned"))
    tell = db.write_now(stories.create, START, hr.id, draft(title="Who we are", kind="tell"))
    choose = (await talk.press(hr, "nurture.choose", str(rows[3].id))).form
    assert [o.value for o in choose.fields[0].options] == [str(gift.id)], "only of the step's kind"
    assert isinstance(await talk.submit(hr, choose, story=str(tell.id)), Correct)
    out = (await talk.submit(hr, choose, story=str(gift.id))).card
    assert "What we learned · Draft" in text_of(out)
    kept = db.read_now(lambda s: s.get_one(Story, gift.id))
    assert kept.audience_id == plan.alumni and kept.publish_at == datetime(2026, 3, 22, 7, 0, tzinfo=UTC), "nine in the morning in Helsinki"
    add = (await talk.press(hr, "nurture.add", str(plan.opening))).form
    more = (await talk.submit(hr, add, kind="give", day="2026-03-15", note="Our tools")).card
    assert "Our tools" in text_of(more)


def steps(db: Database, plan: Plan) -> list[nurture.NurtureStep]:
    def read(session: Session) -> list[nurture.NurtureStep]:
        found = nurture.plan_of(session, plan.opening)
        return nurture.steps(session, found.id or 0) if found else []

    return db.read_now(read)


def test_a_plan_on_short_notice_spreads_its_gives_over_the_days_that_are_left(db: Database) -> None:
    plan = planned_company(db)
    made = db.write_now(nurture.begin, START, plan.hr.id, plan.opening, plan.alumni, TODAY + 9 * DAY, TODAY)
    before = [r.on for r in db.read_now(nurture.steps, made.id) if r.phase == "before"]
    assert before == sorted(before) and len(set(before)) == 5 and before[0] == TODAY


async def test_an_audience_is_refined_step_by_step_with_the_people_in_sight(db: Database, deployment: Deployment) -> None:
    plan = planned_company(db)
    talk, hr = Talk(db, deployment), plan.hr
    boss = add_person(db, "Bodil Boss")
    middle = add_person(db, "Milla Middle", manager_id=boss.id)
    add_person(db, "Sven Small", manager_id=middle.id)
    made = (await talk.submit(hr, (await talk.press(hr, "audience.new")).form, name="Under Bodil", under=str(boss.id))).card
    assert "It selects 2 people right now." in text_of(made) and "Milla Middle, Sven Small" in text_of(made)
    form = (await talk.press(hr, button(made, "audience.named"))).form
    wrong = await talk.submit(hr, form, named="nobody@meri.example\nanna.lahti@meri.example")
    assert isinstance(wrong, Correct) and "nobody@meri.example" in text_of(list(wrong.errors.values()))
    more = (await talk.submit(hr, form, named="Anna.Lahti@meri.example", without="sven.small@meri.example")).card
    assert "It selects 2 people right now." in text_of(more) and "Anna Lahti, Milla Middle" in text_of(more)
    refine = (await talk.press(hr, button(more, "audience.refine"))).form
    nobody = await talk.submit(hr, refine, joined_after="2026-02-01")
    assert "It selects 1 person right now." in text_of(nobody), "whoever is named stays"
    assert db.read_now(audiences.rule_of, plan.alumni + 2).under_ids == (boss.id,)
    cleared = await talk.submit(hr, (await talk.press(hr, "audience.edit", str(plan.alumni + 2))).form, clear_under="yes")
    assert "Under Bodil" in text_of(cleared)


def test_an_audience_is_in_sight_while_its_form_is_filled_in_and_nothing_is_kept(db: Database, deployment: Deployment) -> None:
    plan = planned_company(db)
    alumni = str(plan.alumni)

    def sight(form: str, subject: str, **values: str) -> str:
        return text_of(db.read_now(views.in_sight, deployment, plan.hr.id, START, Submission(form, subject, values)))

    assert sight("audience.save", "", kinds="alumna") == "This selects 5 people: Anna Lahti, Ivar Sund, Kaisa Niemi, Lars Holm, Mia Koski"
    assert sight("audience.save", "").startswith("This selects 12 people: Aino Salo,") and sight("audience.save", "").endswith(" …")
    assert sight("audience.save", alumni, kinds="employee", languages="sv") == "This selects nobody. Choose fewer conditions."
    assert sight("audience.refine", alumni, joined_after="2026-02-30") == "This is not a day. Write it like 2026-08-31, or leave it empty."
    assert "nobody@meri.example" in sight("audience.named", alumni, named="nobody@meri.example")
    assert sight("audience.named", alumni, without="anna.lahti@meri.example").startswith("This selects 4 people: Ivar Sund")
    assert db.read_now(audiences.rule_of, plan.alumni) == Rule(kinds=("alumna",))
    aino = db.read_now(lambda s: s.exec(select(Person.id).where(Person.name == "Aino Salo")).one())
    with pytest.raises(Refusal):
        db.read_now(views.in_sight, deployment, aino, START, Submission("audience.save", "", {}))


async def test_people_choose_topics_and_stories_find_them(db: Database, deployment: Deployment) -> None:
    plan = planned_company(db)
    talk, aino = Talk(db, deployment), add_person(db, "Tea Topic")
    db.write_now(stories.create, START, plan.hr.id, draft(topics=("Sea ice", "pay, and more")))
    form = (await talk.press(aino, "profile.edit")).form
    (field,) = [f for f in form.fields if f.name == "topics"]
    ice = next(o.value for o in field.options if o.text.plain == "sea ice")
    assert "sea ice" in text_of(await talk.submit(aino, form, topics=ice))
    assert isinstance(await talk.submit(aino, form, topics="nonsense"), Correct)
    rule = Rule(topics=("sea ice",))
    assert db.read_now(audiences.count, rule, TODAY) == 1
    db.write_now(audiences.erase_person, aino.id)
    assert db.read_now(audiences.count, rule, TODAY) == 0
