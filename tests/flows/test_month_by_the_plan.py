"""HR runs a month by the plan, on each platform through the real adapters: a strategy, a calendar filled from a feed and from
proposals, asks that are held back, let go with a reason or earned, and what every Monday says about it."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from conftest import StillClock, add_person
from contracts.driver import Driver, Seen, World
from contracts.drivers.teams import Shown
from loopback.stranger import Internet, Stranger, always, answer
from sqlmodel import Session, col, select
from story_world import FOUR

from adapters.feeds.page import PageReader
from adapters.feeds.poller import Poller
from bot.db import Database
from bot.desks import Deployment
from bot.outbox import Delivery
from bot.people import Person
from bot.stories import Story

_DRIVERS = Path(__file__).parent.parent / "contracts" / "drivers"
PLATFORMS = [name for name in ("memory", "portal", "slack", "teams") if (_DRIVERS / f"{name}.py").exists()]
PILOT, OPEN_DAY, SKIPPER = "What a harbour pilot sees at four", "Open day at the wharf", "We look for a skipper"
GIVES = ("Ice is loud", "A list for old screws", "How to read a chart")
_ITEM = "<item><title>{0}</title><link>http://news.example.org/{1}</link><guid>{1}</guid><description>Worth a minute.</description></item>"
FEED = f"<rss><channel><language>en</language>{''.join(_ITEM.format(t, n) for n, t in enumerate(GIVES))}</channel></rss>".encode()
PAGE = f"<html lang=en><title>{PILOT}</title><meta name=description content='Mostly other lights.'></html>".encode()
DAYS = {GIVES[0]: 1, GIVES[1]: 3, PILOT: 5, GIVES[2]: 8}
CHARTS = {"portal": "svg", "slack": "data_visualization", "teams": "Chart."}  # in what the platform was given


@dataclass
class Month:
    """One platform, the people of the month, and the web of which they read."""

    world: World
    on: Driver
    poller: Poller
    hr: Person
    elias: Person

    async def until(self, days: int) -> None:
        """To nine in the morning so many days after the first; every day between has had its turn."""
        now = self.world.clock
        while now.now() - now.started < timedelta(days=days):
            now.move(days=1)
            await self.world.tick()

    async def room(self, words: str) -> Seen:
        """The newest message of the admin room with these words."""
        said = await self.on.room("admin")
        found = next((seen for seen in reversed(said) if words in seen.text), None)
        assert found is not None, f"{words!r} not in: " + "\n---\n".join(seen.text for seen in said)
        return found

    async def draft_of(self, title: str) -> Seen:
        """A draft, opened from the list."""
        listed = await self.on.command(self.hr, "admin", "stories draft")
        return await self.on.press(self.hr, listed, "story.open", str(self.id_of(title)))

    async def captions(self, seen: Seen) -> Seen:
        """Four captions for the story on screen, and back to it."""
        listed = await self.on.press(self.hr, seen, "story.captions")
        form = await self.on.press(self.hr, listed, "story.caption_form")
        kept = await self.on.submit(self.hr, form, {"texts": "\n\n".join(FOUR)})
        return await self.on.press(self.hr, kept, "story.open")

    async def plan(self, seen: Seen, day: int) -> Seen:
        """The story on screen gets a day, counted from the first, at nine; what that means is shown before it is confirmed."""
        form = await self.on.press(self.hr, seen, "story.plan")
        on = self.world.clock.started + timedelta(days=day)
        return await self.on.submit(self.hr, form, {"day": on.date().isoformat(), "time": "09:00"})

    def id_of(self, title: str) -> int:
        return self.world.db.read_now(lambda s: s.exec(select(Story.id).where(Story.title == title)).one()) or 0

    def state_of(self, title: str) -> str:
        return self.world.db.read_now(lambda s: s.exec(select(Story.state).where(Story.title == title)).one())


@pytest.fixture
def web() -> Iterator[Internet]:
    def say(client, asked: str) -> None:  # type: ignore[no-untyped-def]
        always(answer("200 OK", FEED, "Content-Type: application/rss+xml") if "/rss" in asked else answer("200 OK", PAGE, "Content-Type: text/html"))(
            client, asked
        )

    stranger = Stranger(say)
    yield Internet(stranger)
    stranger.close()


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_hr_runs_a_month_by_the_plan(platform: str, lite: Database, deployment: Deployment, clock: StillClock, web: Internet) -> None:
    world = World(lite, deployment, clock)
    async with AsyncExitStack() as stack:
        on = await stack.enter_async_context(importlib.import_module(f"contracts.drivers.{platform}").open_driver(world))
        world.drivers[platform] = on
        on.adapter.hub.read_page = PageReader(web.cage)  # type: ignore[attr-defined]
        hr, elias = add_person(lite, "Nora Lind", "hr"), add_person(lite, "Elias Koski")
        for person in (hr, elias):
            await on.join(person)
            await on.command(person, "vinkki", "help")
        month = Month(world, on, Poller(on.adapter.hub, web.cage), hr, elias)
        await make_strategy(month)
        await take_in(month)
        await propose(month)
        await fill_calendar(month)
        await ask_too_early(month)
        await second_monday(month)
        await earned(month)
        await with_a_reason(month)
        await whole_month(month)


async def make_strategy(m: Month) -> None:
    """A goal, a figure with its target and day, and a rhythm; what cannot be is said at its field."""
    form = await m.on.press(m.hr, await m.on.command(m.hr, "admin", "strategy"), "strategy.create")
    values = {"name": "Known for calm seas", "goal": "Engineers know us before we ask anything.", "figure": "adoption", "deadline": "2026-05-31"}
    wrong = await m.on.submit(m.hr, form, values | {"target": "120"})
    assert "100" in wrong.errors["target"]
    made = await m.on.submit(m.hr, wrong, values | {"target": "30"})
    assert "Known for calm seas" in made.text and "0 of 30" in made.text
    form = await m.on.press(m.hr, made, "strategy.action")
    assert "every 7 days" in (await m.on.submit(m.hr, form, {"kind": "give", "every": "7"})).text


async def take_in(m: Month) -> None:
    """A feed is read by the real reader; what it brings waits in review, and HR says yes to each."""
    form = await m.on.press(m.hr, await m.on.command(m.hr, "admin", "feeds"), "feed.new")
    made = await m.on.submit(m.hr, form, {"url": "http://news.example.org/rss", "name": "Newsroom", "kind": "give"})
    assert "Newsroom" in made.text
    assert await m.poller.read_due() == 1
    queue = await m.on.command(m.hr, "admin", "stories review")
    for left, title in enumerate(GIVES, 1 - len(GIVES)):
        assert "Came in from: Newsroom" in queue.text
        shown = await m.on.press(m.hr, queue, "story.open", str(m.id_of(title)))
        approved = await m.on.submit(m.hr, await m.on.press(m.hr, shown, "story.approve"), {})
        assert m.state_of(title) == "draft"
        if left:
            queue = await m.on.press(m.hr, approved, "stories.tab")  # “Review 2 more”


async def propose(m: Month) -> None:
    """Elias proposes a page that a message names; HR reads of it in the channel, and he reads HR's word."""
    found = await from_message(m, "Good one! http://page.example.org/pilot")
    assert PILOT in found.text and "Mostly other lights." in found.text
    sent = await m.on.submit(m.elias, await m.on.press(m.elias, found, "story.propose"), {"credit": "yes"})
    assert "Thank you" in sent.text
    await m.world.deliver()
    asked = await m.room(PILOT)
    assert "Elias Koski" in asked.text
    changed = await m.on.submit(m.hr, await m.on.press(m.hr, asked, "story.edit"), {"kind": "tell"})
    approved = await m.on.submit(m.hr, await m.on.press(m.hr, changed, "story.approve"), {"word": "Please write more of these."})
    assert PILOT in approved.text
    await m.world.deliver()
    assert any("Please write more of these." in seen.text for seen in await m.on.inbox(m.elias))


async def from_message(m: Month, words: str) -> Seen:
    """The message's own menu where the platform has one, else the command."""
    on: Any = m.on
    if on.name == "slack":
        user = on._user(m.elias)
        message = {"ts": "1.2", "text": words, "user": user}
        payload = on.people.payload("message_action", user, callback_id="propose", message=message, response_url=on.people.response_url())
        assert (await on.people.interact(payload))[0] == 200
        return cast(Seen, await on._outcome(payload["trigger_id"], payload["response_url"], ""))
    if on.name == "teams":
        aad, message = on._aad(m.elias), {"body": {"contentType": "html", "content": f"<div>{words}</div>"}}
        value = {"commandId": "propose", "commandContext": "message", "messagePayload": message}
        before = await on._messages(aad)
        answer = await on._post(on.client.activity(aad, "invoke", name="composeExtension/fetchTask", value=value))
        return cast(Seen, await on._after(aad, before, answer, Shown({})))
    return await m.on.command(m.elias, "vinkki", f"propose {words}")


async def fill_calendar(m: Month) -> None:
    """Each draft gets captions and a day; the calendar lists them in their order."""
    for title, day in DAYS.items():
        shown = await m.plan(await m.captions(await m.draft_of(title)), day)
        assert m.state_of(title) == "draft"
        await m.on.press(m.hr, shown, "story.go")
        assert m.state_of(title) == "scheduled"
    listed = (await m.on.command(m.hr, "admin", "calendar")).text
    places = [listed.index(title) for title in sorted(DAYS, key=DAYS.__getitem__)]
    assert places == sorted(places)


async def write_ask(m: Month, title: str) -> Seen:
    """A new ask with its captions."""
    form = await m.on.press(m.hr, await m.on.command(m.hr, "admin", "stories"), "story.write")
    made = await m.on.submit(m.hr, form, {"title": title, "link": f"https://meri.example/{len(title)}", "kind": "ask"})
    return await m.captions(made)


async def ask_too_early(m: Month) -> None:
    """The preview says that the ask will wait and for what; at its time it is held, nobody gets it, and the channel hears why."""
    shown = await m.plan(await write_ask(m, OPEN_DAY), 2)
    assert "not earned yet" in shown.text and "3 gives and 1 tell" in shown.text
    await m.on.press(m.hr, shown, "story.go")
    await m.until(2)
    assert m.state_of(OPEN_DAY) == "held"
    told = await m.room(f"This ask waits: {OPEN_DAY}")
    assert "3 gives and 1 tell" in told.text and told.button("story.override")
    assert not any(OPEN_DAY in seen.text for seen in await m.on.inbox(m.elias))
    assert any(GIVES[0] in seen.text for seen in await m.on.inbox(m.elias))


async def second_monday(m: Month) -> None:
    """The report: figures with a native chart, the balance, what waits, and one next step whose button begins it."""
    await m.until(7)
    report = await m.room("Are we on plan? 9 March 2026")
    assert "Known for calm seas" in report.text and "Open day" in report.text and "One next step" in report.text
    assert CHARTS.get(m.on.name, "") in repr(report.raw)
    form = await m.on.press(m.hr, report, "story.write")
    assert form.is_form
    made = await m.on.submit(m.hr, form, {"title": "Our rope splices, drawn", "link": "https://meri.example/rope", "kind": "give"})
    await m.on.press(m.hr, await m.plan(await m.captions(made), 9), "story.go")


async def earned(m: Month) -> None:
    """With the last give it is earned and goes out by itself; the channel hears it, and people get it."""
    await m.until(8)
    assert m.state_of(OPEN_DAY) == "held"
    await m.until(9)
    assert m.state_of(OPEN_DAY) == "published"
    assert await m.room(f"Earned, and out: {OPEN_DAY}")
    await m.world.tick()  # who is owed it is planned at the next one
    assert any(OPEN_DAY in seen.text for seen in await m.on.inbox(m.elias))


async def with_a_reason(m: Month) -> None:
    """The next ask is let go early: not without a reason, which the next Monday's report shows with the name."""
    shown = await m.plan(await write_ask(m, SKIPPER), 10)
    form = await m.on.press(m.hr, shown, "story.override")
    wrong = await m.on.submit(m.hr, form, {"reason": "now"})
    assert wrong.errors["reason"]
    confirm = await m.on.submit(m.hr, wrong, {"reason": "The ship sails on Friday, with or without a skipper."})
    await m.on.press(m.hr, confirm, "story.go")
    await m.until(10)
    assert m.state_of(SKIPPER) == "published"
    await m.until(14)
    report = await m.room("Are we on plan? 16 March 2026")
    assert "The ship sails on Friday, with or without a skipper." in report.text and "Nora Lind" in report.text


async def whole_month(m: Month) -> None:
    """To the end, with a look at each Monday: every story went out once, every Monday had one report."""
    for _ in range(2):
        m.world.clock.move(days=7)
        await m.world.tick()

    def keys(session: Session) -> tuple[list[str], list[str]]:
        rows = session.exec(select(Delivery).where(col(Delivery.notice).in_(("strategy_week", "story")), Delivery.deed == "send")).all()
        return sorted(d.key for d in rows if d.notice == "strategy_week"), [d.key for d in rows if d.notice == "story" and d.person_id == m.elias.id]

    weeks, told = m.world.db.read_now(keys)
    assert weeks == [f"strategy:week:{m.world.clock.started.date() + timedelta(days=7 * n)}" for n in range(5)]
    assert len(told) == len(set(told)) == 7
