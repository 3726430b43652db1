"""Old clicks stop saying whose link was followed, and no figure changes by it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

from conftest import START, add_person
from sqlmodel import col, select
from story_world import Talk, published, shared, text_of

from bot import insights, shares
from bot.db import Database
from bot.desks import Deployment, clock_privacy
from bot.shares import Click, ClickTotal, Share, StoryTotal, Visit

ZONE = "Europe/Helsinki"
NOW = datetime(2027, 4, 15, 9, tzinfo=UTC)
OLDEST_KEPT = datetime(2026, 4, 1, tzinfo=UTC) - timedelta(hours=3)  # the first of April in Helsinki's summer time


def click(share: Share, at: datetime, sort: str = "human") -> Visit:
    return Visit(share.id or 0, share.person_id, share.story_id, at, sort)


def figures(db: Database) -> tuple[object, ...]:
    """Everything that is said about clicks."""

    def read(session):  # type: ignore[no-untyped-def]
        people = {(t.period, t.person_id, t.clicks) for t in session.exec(select(ClickTotal)) if t.clicks}
        totals = {(t.story_id, t.sort, t.clicks) for t in session.exec(select(StoryTotal)) if t.clicks}
        months = [insights.human_clicks(session, START + timedelta(days=30 * n), START + timedelta(days=30 * (n + 1))) for n in range(-1, 15)]
        return people, totals, months, insights.leaderboard(session, START, time_zone=ZONE), insights.own(session, START, 1, ZONE)

    return db.read_now(read)


def tied(db: Database) -> list[tuple[int | None, int]]:
    return db.read_now(lambda s: [(c.share_id, c.person_id) for c in s.exec(select(Click).order_by(col(Click.id)))])


async def test_after_thirteen_months_at_most_a_click_names_no_sharer_and_every_figure_stays(db: Database, deployment: Deployment) -> None:
    aino, bo = add_person(db, "Aino Salo"), add_person(db, "Bo Ek")
    story = published(db, deployment, aino)
    mine, his = shared(db, deployment, aino, story), shared(db, deployment, bo, story)
    old = [click(mine, START), click(mine, START, "bot"), click(his, START + timedelta(days=1)), click(mine, OLDEST_KEPT - timedelta(seconds=1))]
    young = [click(mine, OLDEST_KEPT), click(his, NOW)]
    db.write_raw_now(partial(shares.record_clicks, batch=[*old, *young]))
    assert not db.write_now(shares.untie, NOW, ZONE), "what is not in the totals yet is left alone"
    assert all(share for share, _ in tied(db))
    db.write_now(shares.roll_up, ZONE)
    before = figures(db)
    assert not db.write_now(shares.untie, START + timedelta(days=360), ZONE) and all(share for share, _ in tied(db))
    for _ in range(2):
        while db.write_now(shares.untie, NOW, ZONE, 2):
            pass
        assert tied(db) == [(None, 0)] * 4 + [(mine.id, aino.id), (his.id, bo.id)]
        assert figures(db) == before
    db.write_now(shares.recount, ZONE)
    assert figures(db) == before, "counted again from what is left"
    listed = await Talk(db, deployment, NOW).command(aino, "stories")
    assert "3 clicks" in text_of(listed)


def test_the_clock_does_it(db: Database, deployment: Deployment) -> None:
    aino = add_person(db, "Aino Salo")
    db.write_raw_now(partial(shares.record_clicks, batch=[click(shared(db, deployment, aino, published(db, deployment, aino)), START)]))
    db.write_now(shares.roll_up, ZONE)
    db.write_now(clock_privacy.STEPS["clicks.untie"], deployment, NOW)
    assert tied(db) == [(None, 0)]
