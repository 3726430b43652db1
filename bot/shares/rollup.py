"""Totals from clicks: a clock step moves a mark over the click table, so that a leaderboard is one index read."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, insert, literal, text
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from bot.db import insert_of
from bot.errors import VinkkiError
from bot.shares.records import SORTS, Click, ClickMark, ClickTotal, StoryTotal

PAGE = 1000
ALL = "all"


def period_of(at: datetime, time_zone: str) -> str:
    """The month a moment belongs to in the company's calendar: "2026-03"."""
    return at.astimezone(ZoneInfo(time_zone)).strftime("%Y-%m")


def roll_up(session: Session, time_zone: str, page: int = PAGE) -> bool:
    """Add the clicks after the mark to the totals and move the mark, in one transaction; True when more are waiting.

    On PostgreSQL ids may become visible out of order. SHARE ROW EXCLUSIVE waits for inserts under way, so nothing with a lower
    id can appear behind the mark.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE click IN SHARE ROW EXCLUSIVE MODE"))
    mark = mark_of(session)
    ids = list(session.exec(select(Click.id).where(col(Click.id) > mark.click_id).order_by(col(Click.id)).limit(page)))
    if not ids:
        return False
    among = (col(Click.id) > mark.click_id) & (col(Click.id) <= ids[-1])
    _add(session, among, time_zone)
    mark.click_id = ids[-1] or 0
    session.add(mark)
    session.flush()
    return len(ids) == page


def recount(session: Session, time_zone: str) -> None:
    """Throw the totals away and count again, up to the mark: what roll_up arrives at, from nothing.

    Clicks that no longer name anybody count for their stories; people keep the months that cannot be counted again.
    """
    mark = mark_of(session)
    tied = (col(Click.id) <= mark.click_id) & (col(Click.sort) == "human") & col(Click.share_id).is_not(None)
    first = session.execute(sa_select(func.min(col(Click.at))).where(tied)).scalar()
    again = col(ClickTotal.period) >= period_of(first, time_zone) if first else col(ClickTotal.period) == ALL  # "all" sorts behind every month
    session.execute(delete(ClickTotal).where(again | (col(ClickTotal.period) == ALL)))
    session.execute(delete(StoryTotal))
    kept = sa_select(literal(ALL), col(ClickTotal.person_id), func.sum(col(ClickTotal.clicks))).where(col(ClickTotal.period) != ALL)
    _upsert(session, ClickTotal, ["period", "person_id"], kept.group_by(col(ClickTotal.person_id)))
    _add(session, col(Click.id) <= mark.click_id, time_zone)


def reclassify(session: Session, click_id: int, sort: str, time_zone: str) -> None:
    """A click turns out to have been something else (a robot found late): correct it and the totals it is in."""
    click = session.get(Click, click_id, with_for_update=True)
    if click is None or sort not in SORTS:
        raise VinkkiError("no such click or sort")
    if click_id <= mark_of(session).click_id:
        _subtract(session, click, time_zone)
    click.sort = sort
    session.add(click)
    session.flush()
    if click_id <= mark_of(session).click_id:
        _add(session, col(Click.id) == click_id, time_zone)


def _add(session: Session, among: Any, time_zone: str) -> None:
    human = among & (col(Click.sort) == "human") & col(Click.share_id).is_not(None)
    _upsert(session, ClickTotal, ["period", "person_id"], _grouped(literal(ALL), human))
    first, last = session.execute(sa_select(func.min(col(Click.at)), func.max(col(Click.at))).where(human)).one()
    if first is not None:
        for name, start, end in _months(first, last, time_zone):
            _upsert(session, ClickTotal, ["period", "person_id"], _grouped(literal(name), human & (col(Click.at) >= start) & (col(Click.at) < end)))
    by_story = sa_select(col(Click.story_id), col(Click.sort), func.count()).where(among).group_by(col(Click.story_id), col(Click.sort))
    _upsert(session, StoryTotal, ["story_id", "sort"], by_story)


def _subtract(session: Session, click: Click, time_zone: str) -> None:
    if click.sort == "human":
        totals = select(ClickTotal).where(ClickTotal.person_id == click.person_id, col(ClickTotal.period).in_((ALL, period_of(click.at, time_zone))))
        for total in session.exec(totals):
            total.clicks -= 1
            session.add(total)
    for story in session.exec(select(StoryTotal).where(StoryTotal.story_id == click.story_id, StoryTotal.sort == click.sort)):
        story.clicks -= 1
        session.add(story)
    session.flush()


def _grouped(name: Any, among: Any) -> Any:
    return sa_select(name, col(Click.person_id), func.count()).where(among).group_by(col(Click.person_id))


def _upsert(session: Session, table: Any, key: list[str], source: Any) -> None:
    insert_into = insert_of(session)
    statement = insert_into(table).from_select([*key, "clicks"], source)
    session.execute(statement.on_conflict_do_update(index_elements=key, set_={"clicks": table.clicks + statement.excluded.clicks}))


def _months(first: datetime, last: datetime, time_zone: str) -> list[tuple[str, datetime, datetime]]:
    """The company's months that touch [first, last]: name, first moment, first moment of the next (UTC)."""
    zone = ZoneInfo(time_zone)
    day = first.astimezone(zone).date().replace(day=1)
    found: list[tuple[str, datetime, datetime]] = []
    while (start := datetime.combine(day, time(), zone).astimezone(UTC)) <= last:
        following = day.replace(year=day.year + day.month // 12, month=day.month % 12 + 1)
        found.append((day.strftime("%Y-%m"), start, datetime.combine(following, time(), zone).astimezone(UTC)))
        day = following
    return found


def mark_of(session: Session) -> ClickMark:
    """The one row of marks, locked; made at first use."""
    row = session.exec(select(ClickMark).with_for_update()).first()
    if row is None:
        session.execute(insert(ClickMark).values(id=1, click_id=0, untied_id=0))
        row = session.exec(select(ClickMark)).one()
    return row
