"""What is done daily or weekly is done once per local day, in five zones, through 2026 to 2031: with changes of the clocks, downtime, and
programme or wall clocks that jump ahead and step back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from conftest import sharing
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session, SQLModel, create_engine, select

from bot import bonuses, insights, ledger, outbox, polling, stories, strategy
from bot.desks import Deployment, clock_bonuses, clock_stories, clock_strategy
from bot.desks.clock_days import begun
from bot.ledger.records import LedgerHead
from bot.outbox import Delivery
from bot.people import Person, RoleGrant
from bot.polling import Outcome
from bot.stories import Feed, FeedDraft
from bot.stories.moments import place
from bot.vault import Vault

pytestmark = pytest.mark.long
ZONES = ("Europe/Helsinki", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia")
FIRST, LAST = date(2026, 1, 1), date(2031, 12, 31)
STEPS = {"report": clock_strategy.report_week, "ledger": clock_bonuses.read_ledger, "enrolled": clock_stories.count_enrolled}


def deployment(zone: str) -> Deployment:
    return Deployment("http://127.0.0.1:8765", "Meri Oy", "EUR", zone, "en", Vault("a-test-key-that-is-long-enough-000"), lambda: "token-of-128-bits-00000")


def moments(first: date, last: date, step: timedelta) -> Iterator[datetime]:
    at, end = datetime.combine(first, time(), UTC), datetime.combine(last, time(), UTC)
    while at <= end:
        yield at
        at += step


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("hour", [0, 2, 9, 23])
def test_every_local_day_begins_once_at_its_hour(zone: str, hour: int) -> None:
    """Hour 2 is leapt over in New York in March, shown twice in Lord Howe in April (by half an hour)."""
    seen: list[date] = []
    for at in moments(FIRST, LAST, timedelta(minutes=30)):
        day = begun(at, zone, hour)
        if not seen or day != seen[-1]:
            seen.append(day)
            local = at.astimezone(ZoneInfo(zone))
            assert len(seen) == 1 or (local.date() == day and local.hour in (hour, hour + 1) and local.minute in (0, 30)), local
    assert seen == [seen[0] + timedelta(days=i) for i in range(len(seen))], "no day is left out, none comes again"


@cache
def _tables() -> str:
    """The statements that make every table, put together once: each of some hundred worlds is an empty database of its own."""
    engine = sharing(create_engine("sqlite://"))
    SQLModel.metadata.create_all(engine)
    with closing(engine.raw_connection()) as raw:
        made = raw.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    engine.dispose()
    return ";".join(sql for (sql,) in made)


_REPORTS = select(Delivery.subject_id).where(Delivery.notice == "strategy_week")
_CHECKS = select(ledger.LedgerCheck.day).where(ledger.LedgerCheck.finished_at != None)  # noqa: E711
_DIGESTS = select(Delivery.subject_id).where(Delivery.notice == "bonus.digest", Delivery.deed == "send")


class World:
    """A company in memory: a strategy since the start, an empty ledger, one feed."""

    def __init__(self, zone: str, start: datetime) -> None:
        self.engine = sharing(create_engine("sqlite://"))
        with closing(self.engine.raw_connection()) as raw:
            raw.executescript(_tables())
        self.session, self.deployment = Session(self.engine), deployment(zone)
        self.zone, self.fired = ZoneInfo(zone), Counter[tuple[str, date]]()
        author = Person(name="Nora Holm", email="nora@meri.example", time_zone=zone, enrolled_at=start)
        self.session.add(author)
        if self.session.get(LedgerHead, 1) is None:
            self.session.add(LedgerHead(id=1))
        self.session.flush()
        self.session.add(RoleGrant(person_id=author.id, role="hr"))
        long_ago = start - timedelta(days=30)
        strategy.create(self.session, long_ago, author.id or 0, "Calm", "People stay calm", None)
        self.feed = stories.add_feed(self.session, start, author.id or 0, FeedDraft("Blog", "https://meri.example/rss"))
        self.reads: list[datetime] = []
        self.known = self._done()

    def tick(self, at: datetime) -> None:
        """Every step until nothing more is due, as the scheduler does."""
        for step in STEPS.values():
            while step(self.session, self.deployment, at):
                pass
        done = self._done()
        self.fired.update(done - self.known)
        self.known = done
        if polling.is_due(self.session, Feed, at):
            polling.claim_due(self.session, Feed, at, 1)
            stories.settle_feed(self.session, at, self.feed, Outcome(), 0.5)
            self.reads.append(at)
        self.session.flush()

    def _done(self) -> Counter[tuple[str, date]]:
        """How often each was done, so that a second one on the same day is seen."""
        reports, checks, digests = (self.session.exec(query) for query in (_REPORTS, _CHECKS, _DIGESTS))
        days = self.session.exec(select(insights.EnrolledDay.on))
        return Counter(
            [
                *(("report", date.fromordinal(r)) for r in reports),
                *(("digest", date.fromordinal(d)) for d in digests),
                *(("ledger", d) for d in checks),
                *(("enrolled", d) for d in days),
            ]
        )

    def close(self) -> None:
        self.session.close()
        self.engine.dispose()


def changes(zone: str) -> list[date]:
    """The local days on which the zone's clocks are changed, and a New Year of a zone that never changes them."""
    info = ZoneInfo(zone)
    days = list(moments(FIRST, LAST, timedelta(days=1)))
    found = [a.astimezone(info).date() for a, b in pairwise(days) if a.astimezone(info).utcoffset() != b.astimezone(info).utcoffset()]
    return found or [date(year, 1, 1) for year in range(2027, 2032)]


@pytest.mark.parametrize("zone", ZONES)
def test_around_every_change_of_the_clocks_each_step_fires_once_per_local_day(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bonuses, "raise_due", lambda *_: (1, False))  # there is always a bonus that has become due
    monkeypatch.setitem(STEPS, "digest", clock_bonuses.raise_due)
    for changed in changes(zone):
        first = changed - timedelta(days=changed.weekday() + 1)
        world = World(zone, datetime.combine(first, time(), UTC))
        ticks = list(moments(first, first + timedelta(days=10), timedelta(minutes=150)))
        for at in ticks:
            world.tick(at)
        assert {d for what, d in world.fired if what == "digest"} == {begun(at, zone, 9) for at in ticks}
        days = {begun(at, zone, 3) for at in ticks if at.astimezone(world.zone).hour >= 3}
        assert {d for what, d in world.fired if what == "ledger"} == days
        assert {d for what, d in world.fired if what == "enrolled"} == {at.astimezone(world.zone).date() for at in ticks}
        mondays = {d - timedelta(days=d.weekday()) for d in (at.astimezone(world.zone).date() for at in ticks)}
        assert {d for what, d in world.fired if what == "report"} == mondays
        assert max(world.fired.values()) == 1
        gaps = [b - a for a, b in pairwise(world.reads)]
        assert max(gaps) == timedelta(minutes=150), "a feed that is read every hour is read at each of these ticks"
        world.close()


JUMPS = st.lists(
    st.tuples(st.sampled_from(["run", "run", "down", "ahead", "back"]), st.sampled_from([1, 30, 60, 24 * 60, 3 * 24 * 60, 7 * 24 * 60])),
    min_size=5,
    max_size=25,
)


@settings(max_examples=25)
@given(zone=st.sampled_from(ZONES), start=st.dates(FIRST, LAST - timedelta(days=250)), jumps=JUMPS)
def test_downtime_and_clocks_that_jump_or_step_back_make_nothing_fire_twice_or_never(zone: str, start: date, jumps: list[tuple[str, int]]) -> None:
    at = datetime.combine(start, time(6), UTC)
    world = World(zone, at)
    latest = at
    for what, minutes in jumps:
        if what == "run":
            for _ in range(12):
                at += timedelta(minutes=47)
                world.tick(at)
        else:
            at += timedelta(minutes=minutes if what != "back" else -min(minutes, 24 * 60))
            world.tick(at)
        latest = max(latest, at)
        today = at.astimezone(world.zone).date()
        assert ("enrolled", today) in world.fired
        if at.astimezone(world.zone).hour >= 3 and at == latest:
            assert ("ledger", today) in world.fired, "what should have been read by now was"
        monday = today - timedelta(days=today.weekday())
        if today > monday or at.astimezone(world.zone).hour >= 8:
            assert ("report", monday) in world.fired
    assert max(world.fired.values()) == 1
    world.reads.clear()
    for _ in range(3):  # however the clocks went, a feed is read again within its hour
        at += timedelta(minutes=70)
        world.tick(at)
    assert world.reads
    world.close()


@pytest.mark.parametrize("zone", ZONES)
def test_every_hour_of_the_plan_is_a_moment_or_refused(zone: str) -> None:
    """A time that stands in a form shows again when its moment is read; a leapt one is refused; a double one is the first."""
    from bot.errors import FieldRefusal

    info = ZoneInfo(zone)
    for day in changes(zone):
        for on in (day - timedelta(days=1), day, day + timedelta(days=1)):
            for minute in range(0, 24 * 60, 15):
                clock = time(minute // 60, minute % 60)
                try:
                    placed = place(on, clock, info)
                except FieldRefusal as refusal:
                    assert refusal.key == "stories.refused.no_such_hour"
                    continue
                assert placed.at.astimezone(info).replace(tzinfo=None) == datetime.combine(on, clock)
                again = [placed.at + timedelta(minutes=m) for m in (30, 60)]
                assert placed.comes_twice == any(a.astimezone(info).replace(tzinfo=None) == datetime.combine(on, clock) for a in again)


def test_the_outbox_waits_for_the_same_moment_whatever_the_clock_did() -> None:
    """A delivery is due at a moment, and a clock put back sends nothing a second time."""
    engine = sharing(create_engine("sqlite://"))
    SQLModel.metadata.create_all(engine)
    start = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # an hour that Helsinki's clocks show twice
    with Session(engine) as session:
        outbox.owe_room(session, start, "once", "test", 1, "admin")
        sent = []
        for minutes in (0, 30, -30, 60, -60, 90):
            now = start + timedelta(minutes=minutes)
            for row in outbox.claim(session, "portal", "me", 5, now, now):
                sent.append(row.key)
                outbox.settle(session, row.id or 0, "me", "sent")
        assert sent == ["once"]
    engine.dispose()
