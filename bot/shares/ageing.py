"""What time takes from clicks: after thirteen months a click says on which story it fell, and no longer through whose link."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, time
from itertools import takewhile
from zoneinfo import ZoneInfo

from sqlalchemy import update
from sqlmodel import Session, col, select

from bot.shares.records import Click, Share
from bot.shares.rollup import mark_of

PAGE = 1000
MONTHS = 12  # whole months of the company's calendar before the present one, so that no click keeps its sharer longer than 13


def untie(session: Session, now: datetime, time_zone: str, page: int = PAGE) -> bool:
    """Take share and person from the oldest clicks that are in the totals, a page at a time; True when more are due.

    Moment, sort and story stay, so figures of stories and of past months do not change. A person's months stand in the totals;
    how many human clicks a share had goes on standing with the share.
    """
    before = _first_tied(now, time_zone)
    mark = mark_of(session)
    tied = select(Click).where(col(Click.id) > mark.untied_id, col(Click.id) <= mark.click_id).order_by(col(Click.id))
    oldest = session.exec(tied.limit(1)).first()
    if oldest is None or oldest.at >= before:
        return False
    old = list(takewhile(lambda click: click.at < before, session.exec(tied.limit(page))))
    for share_id, clicks in Counter(c.share_id for c in old if c.sort == "human").items():
        session.execute(update(Share).where(col(Share.id) == share_id).values(old_clicks=col(Share.old_clicks) + clicks))
    last = old[-1].id or 0
    session.execute(update(Click).where(col(Click.id) > mark.untied_id, col(Click.id) <= last).values(share_id=None, person_id=0))
    mark.untied_id = last
    session.add(mark)
    session.flush()
    return len(old) == page


def _first_tied(now: datetime, time_zone: str) -> datetime:
    """The first moment of the oldest month whose clicks still name their sharer (UTC)."""
    zone = ZoneInfo(time_zone)
    month = now.astimezone(zone).date().replace(day=1)
    months = month.year * 12 + month.month - 1 - MONTHS
    return datetime.combine(month.replace(year=months // 12, month=months % 12 + 1), time(), zone).astimezone(UTC)
