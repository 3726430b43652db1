"""Fills a fresh database with the demo company, through the very importers that a real organisation uses."""

from __future__ import annotations

import asyncio
import io
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from adapters.ats import import_openings
from adapters.clock import MovableClock
from adapters.delivery import Lanes
from adapters.demo import seeded
from adapters.demo.drawing import HERE
from adapters.demo.seeded import Seeded
from adapters.feeds import import_stories
from adapters.hub import Hub, PlatformAdapter
from bot.desks import operator, rehearsal
from bot.desks.clock import STEPS

DATA = HERE / "data"
STORIES = HERE.parent.parent / "content" / "stories"
ELSEWHERE = "https://example.com/"
BEGINS_AT = 10  # o'clock, programme time, the company's zone
Say = Callable[[str], None]


@dataclass
class PastClock:
    """A clock that stands at a moment of the made-up past while that past is sent."""

    moment: datetime

    def now(self) -> datetime:
        """That moment."""
        return self.moment


def fill(hub: Hub, platforms: dict[str, PlatformAdapter], folder: Path, say: Say) -> None:
    """Make the company: people, plans, audiences, strategies, openings, stories, and a few weeks of history. Runs in this thread."""
    db, deployment, now = hub.db, hub.deployment, asyncio.run(_begin(hub))
    begun = now - timedelta(days=60)
    say("People …")
    with (DATA / "people.csv").open("rb") as lines:
        report = operator.import_people(db, deployment, begun, lines)
    if report.refused:
        raise RuntimeError(f"the demo's people were refused: {report.refused}")
    db.write_now(rehearsal.take_seats, begun)
    db.write_now(rehearsal.set_up, deployment, begun)
    say("Openings …")
    _take_in_openings(hub, begun)
    say("Stories …")
    _take_in_stories(hub, folder, now - timedelta(days=30))
    say("The last weeks …")
    for past in rehearsal.PAST:
        story_id = db.write_now(rehearsal.publish_past, deployment, now, past)
        for hours in (12, 0):  # whoever it is night for at one time is awake at the other
            _send(hub, platforms, now - timedelta(days=past.days_ago - 1, hours=hours))
        db.write_now(rehearsal.share_past, deployment, now, story_id, past)
    db.write_now(rehearsal.plan_ahead, deployment, now)
    for referral in rehearsal.PAST_REFERRALS:
        db.write_now(rehearsal.refer_past, deployment, now, referral)
    _send(hub, platforms, now)
    seeded.write(folder, Seeded(hub.clock.now(), hub.deployment.base_url))


def office_hours(now: datetime, zone: ZoneInfo) -> datetime:
    """Ten in the morning of the next working day, UTC: a visitor who comes at night finds the company awake, and every visit begins alike."""
    local = now.astimezone(zone)
    tomorrow = datetime.combine(local.date() + timedelta(days=1), time(BEGINS_AT), zone)
    return (tomorrow + timedelta(days={5: 2, 6: 1}.get(tomorrow.weekday(), 0))).astimezone(UTC)


async def _begin(hub: Hub) -> datetime:
    """Move the demo's clock to office hours; returns that moment."""
    assert isinstance(hub.clock, MovableClock)
    now = hub.clock.now()
    await hub.clock.move(office_hours(now, ZoneInfo(hub.deployment.time_zone)) - now)
    return hub.clock.now()


def move_house(hub: Hub, folder: Path) -> None:
    """Served under another port than last time: the links of stories and openings to the company's own site follow."""
    note = seeded.read(folder)
    if note.base_url != hub.deployment.base_url:
        hub.db.write_now(rehearsal.move_links, note.base_url, hub.deployment.base_url)
        seeded.write(folder, Seeded(note.at, hub.deployment.base_url))


def _take_in_openings(hub: Hub, at: datetime) -> None:
    text = (DATA / "openings.csv").read_text(encoding="utf-8").replace(ELSEWHERE, hub.deployment.link("/demo/site/"))
    import_openings(hub.db, hub.deployment, at, None, io.BytesIO(text.encode()))


def _take_in_stories(hub: Hub, folder: Path, at: datetime) -> None:
    """Import copies in which links lead to the demo's own little website: nobody needs a network to follow them."""
    intake = folder / "intake"
    shutil.rmtree(intake, ignore_errors=True)
    (intake / "stories").mkdir(parents=True)
    site = hub.deployment.link("/demo/site/")
    for source in (*sorted(STORIES.glob("*.md")), DATA / "stories.csv", DATA / "feed.xml"):
        target = intake / "stories" / source.name if source.suffix == ".md" else intake / source.name
        target.write_text(source.read_text(encoding="utf-8").replace(ELSEWHERE, site), encoding="utf-8")
    for source in (intake / "stories", intake / "stories.csv", intake / "feed.xml"):
        import_stories(hub.db, hub.deployment, at, None, str(source), is_checked=True)
    hub.db.write_now(rehearsal.give_pictures, site)


def _send(hub: Hub, platforms: dict[str, PlatformAdapter], at: datetime) -> None:
    """Let time ask and the lanes send, as of a moment in the past (or now)."""
    then = Hub(hub.config, hub.db, hub.deployment, PastClock(at))
    for step in STEPS.values():
        for _ in range(1000):
            if not hub.db.write_now(step, hub.deployment, then.clock.now()):
                break
    asyncio.run(Lanes(then, platforms, "demo").drain())
