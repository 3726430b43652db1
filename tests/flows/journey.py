"""The main job from a story to a paid bonus, told once and walked on any mix of platforms."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from datetime import timedelta

from conftest import add_person
from contracts.driver import Driver, Seen, World
from flows.browser import Browser
from sqlmodel import Session, select

from bot import ledger, openings, plans
from bot.desks.hr.bonuses import pay_run_file
from bot.desks.turn import Turn
from bot.money import Money
from bot.people import Person
from bot.plans import Instalment, PlanDraft
from bot.referrals import Candidate, Referral
from bot.shares import Click

CAPTIONS = "\n\n".join(f"Caption number {n}: how we plan a watch at sea." for n in range(1, 5))


@dataclass
class Cast:
    """Who walks the journey, and where each of them is."""

    hr: Person
    hr_on: Driver
    elias: Person
    elias_on: Driver
    maja: Person
    recruiter: Person
    recruiter_on: Driver
    payroll: Person
    payroll_on: Driver
    opening_id: int


async def assemble(world: World, hr_on: Driver, elias_on: Driver, recruiter_on: Driver, payroll_on: Driver) -> Cast:
    """Put the cast in the directory and on their platforms, with one opening and its bonus plan."""
    hr = add_person(world.db, "Nora Lind", "hr")
    elias, maja = add_person(world.db, "Elias Koski"), add_person(world.db, "Maja Sandberg")
    recruiter, payroll = add_person(world.db, "Daniel Okafor", "recruiter"), add_person(world.db, "Anna Lehto", "payroll")

    def opening(session: Session) -> int:
        now = world.clock.now()
        plan = plans.adopt(session, now, hr.id, PlanDraft("Standard", (Instalment(90, Money(50_000, "EUR")),), is_default=True))
        draft = openings.Draft(title="Control systems engineer", recruiter_id=recruiter.id, plan_id=plan.id)
        return openings.create(session, now, hr.id, draft).id or 0

    for person, driver in ((hr, hr_on), (elias, elias_on), (maja, elias_on), (recruiter, recruiter_on), (payroll, payroll_on)):
        await driver.join(person)
        await driver.command(person, "vinkki", "help")
    return Cast(hr, hr_on, elias, elias_on, maja, recruiter, recruiter_on, payroll, payroll_on, await world.db.write(opening))


async def walk(world: World, cast: Cast, browser: Browser) -> None:
    """The whole main job, step by step; each part asserts what its people see."""
    await publish(cast)
    await world.tick()
    link = await share(cast)
    await visit(world, browser, link)
    candidate = await refer(world, cast, browser)
    await hire(world, cast)
    assert "Control systems engineer" in (await browser.get(candidate)).words
    await wait_and_pay(world, cast)


async def publish(cast: Cast) -> None:
    on, hr = cast.hr_on, cast.hr
    stories = await on.command(hr, "admin", "stories")
    form = await on.press(hr, stories, "story.write")
    written = {"title": "How we plan a watch", "link": "https://example.com/watch", "summary": "What a night at sea takes.", "kind": "give"}
    card = await on.submit(hr, form, written)
    captions = await on.press(hr, card, "story.captions")
    if not captions.is_form:
        captions = await on.press(hr, captions, "story.caption_form")
    await on.submit(hr, captions, {"texts": CAPTIONS})
    card = await on.press(hr, await on.command(hr, "admin", "stories"), "story.open")
    form = await on.press(hr, card, "story.plan")
    confirm = await on.submit(hr, form, {"day": "", "audience": "0"})
    preview = await on.press(hr, confirm, "story.preview")
    assert "How we plan a watch" in preview.text
    tested = await on.press(hr, confirm, "story.test")
    assert not tested.is_form
    await on.press(hr, confirm, "story.go")


async def _newest(driver: Driver, person: Person, *words: str) -> Seen:
    inbox = await driver.inbox(person)
    found = [m for m in inbox if all(w in m.text for w in words)]
    assert found, f"{person.name} has no message with {words}; there are {[m.text[:80] for m in inbox]}"
    return found[-1]


async def share(cast: Cast) -> str:
    on, elias = cast.elias_on, cast.elias
    story = await _newest(on, elias, "How we plan a watch")
    choice = await on.press(elias, story, "story.share")
    mine = set(re.findall(r"Caption number (\d)", choice.text))
    theirs = await on.press(cast.maja, await _newest(on, cast.maja, "How we plan a watch"), "story.share")
    assert len(mine) == 2 and not mine & set(re.findall(r"Caption number (\d)", theirs.text))
    again = await on.press(elias, story, "story.share")
    assert set(re.findall(r"Caption number (\d)", again.text)) == mine
    form = await on.press(elias, choice, "story.caption")
    ready = await on.submit(elias, form, {"text": "I work at Meri Oy. My own words about a watch.", "network": "linkedin"})
    link = re.search(r"http://127\.0\.0\.1:8765/s/[\w-]+", ready.text)
    assert link and any(b.url.startswith("https://www.linkedin.com/") for b in ready.buttons)
    assert "My own words about a watch." in ready.text
    await on.press(elias, ready, "share.opened")
    return link.group()


async def visit(world: World, browser: Browser, link: str) -> None:
    page = await browser.get(link)
    assert page.status == 302 and page.location.startswith("https://example.com/watch?")
    assert "utm_source=linkedin" in page.location and "utm_medium=" in page.location
    preview = await browser.get(link, User_Agent="Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)")
    assert preview.status == 302
    assert sorted(await world.db.read(lambda s: s.exec(select(Click.sort)).all())) == ["human", "preview"]
    assert (await browser.get("/s/" + "x" * 22)).status == 404


async def refer(world: World, cast: Cast, browser: Browser) -> str:
    on, elias = cast.elias_on, cast.elias
    form = await on.command(elias, "refer")
    if not form.is_form:  # a platform on which a dialog opens from a button only
        form = await on.press(elias, form, form.buttons[0].action)
    found = await on.lookup(elias, form, "opening", "systems eng")
    assert found and "Control systems engineer" in found[0][1]
    card = await on.submit(elias, form, {"opening": found[0][0], "language": "en"})
    link = re.search(r"http://127\.0\.0\.1:8765/r/[\w-]+", card.text)
    assert link and "500" in card.text
    assert not await world.db.read(lambda s: s.exec(select(Candidate.id)).all())

    page = await browser.get(link.group())
    assert page.status == 200 and "Elias Koski" in page.words
    fields = page.form(page.path)
    assert not await world.db.read(lambda s: s.exec(select(Candidate.id)).all())  # looking stores nothing
    wrong = await browser.post(page.path, {**fields, "f.name": "Kim Novak", "f.email": "not an address"})
    assert wrong.status == 422
    assert (await browser.post(page.path, {**fields, "f.name": "Kim"}, site="cross-site")).status == 403
    answers = {**fields, "f.name": "Kim Novak", "f.email": "kim@mail.example", "f.referrer_may_see": "yes"}
    first, second = await browser.post(page.path, answers), await browser.post(page.path, answers)
    assert first.status == second.status == 303 and first.location == second.location
    assert len(await world.db.read(lambda s: s.exec(select(Referral.id)).all())) == 1
    return first.location


async def hire(world: World, cast: Cast) -> None:
    on, recruiter = cast.recruiter_on, cast.recruiter
    await world.deliver()
    card = await _newest(on, recruiter, "Control systems engineer")
    assert "kim@mail.example" not in card.text
    for action in ("referral.take", "referral.contact", "referral.interview", "referral.offer"):
        told = [m.text for m in await cast.elias_on.inbox(cast.elias)]
        card = await on.press(recruiter, card, action)
        await world.deliver()
        assert [m.text for m in await cast.elias_on.inbox(cast.elias)] != told, f"Elias was not told of {action}"
    details = await on.press(recruiter, card, "referral.open")
    assert "kim@mail.example" in details.text
    form = await on.press(recruiter, card, "referral.hire")
    await on.submit(recruiter, form, {"start_on": world.clock.now().date().isoformat()})
    await world.deliver()
    await _newest(cast.elias_on, cast.elias, "500")


async def wait_and_pay(world: World, cast: Cast) -> None:
    on, hr = cast.hr_on, cast.hr
    for days in (7, 30, 51, 1, 1, 1, 1):  # the server slept for weeks, then was up around the due day
        world.clock.move(days=days)
        await world.tick()
    card = await on.command(hr, "admin", "bonuses")
    action = "bonus.confirm" if any(b.action == "bonus.confirm" for b in card.buttons) else "bonus.approve"
    done = await on.press(hr, card, action)
    assert "Elias Koski" in done.text
    if any(b.action == "bonus.approve" for b in done.buttons):
        await on.press(hr, done, "bonus.approve")
    on, payroll = cast.payroll_on, cast.payroll
    run = await on.press(payroll, await on.command(payroll, "admin", "payrun"), "payrun.close")
    why = await on.press(payroll, run, "bonus.explain")
    assert "500" in why.text

    def check(session: Session) -> list[dict[str, str]]:
        assert ledger.verify(session).is_sound
        turn = Turn(session, world.deployment, session.get_one(Person, payroll.id), world.clock.now())
        content = pay_run_file(turn, 1)[1].decode("utf-8-sig")
        return list(csv.DictReader(io.StringIO(content), delimiter=";"))

    (row,) = await world.db.write(check)  # who takes the file is written down
    assert any(value.replace(",", ".") == "500.00" for value in row.values()), row
    await world.deliver()
    mine = await cast.elias_on.command(cast.elias, "referrals")
    assert "Control systems engineer" in mine.text and "500" in mine.text
    assert "How we plan a watch" in (await cast.elias_on.command(cast.elias, "stories")).text
    board = await cast.elias_on.command(cast.elias, "vinkki", "leaderboard")
    assert "Maja" not in board.text
    assert timedelta(days=90) <= world.clock.now() - world.clock.started
