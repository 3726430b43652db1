"""Who is owed a story: the audience in pages of people, each with the lane they are reached in and when they may be told."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from bot import audiences, outbox
from bot.people import Identity, Person
from bot.stories.drafting import get
from bot.stories.quiet import quiet_hours
from bot.stories.records import StoryPlan

PAGE = 1000


def plan_page(session: Session, now: datetime, today: date, sharers: Any = None) -> bool:
    """Owe the next page of the oldest open plan; True when more may be due.

    `sharers` selects the ids of those who shared a story (shares is above stories, so it is handed in):
    `sharers(story_id) -> SELECT of person ids`. Deliveries that exist already are left alone, so a page may be repeated.
    """
    plan = session.exec(
        select(StoryPlan).where(col(StoryPlan.is_done).is_(False)).order_by(col(StoryPlan.id)).limit(1).with_for_update(skip_locked=True)
    ).first()
    if plan is None:
        return False
    if plan.deed:
        return _page_of_changes(session, now, plan)
    story = get(session, plan.story_id)
    rule = audiences.rule_of(session, story.audience_id)
    meant = col(Person.id).in_(sharers(plan.story_id)) if plan.change_id else and_(audiences.reachable(today), audiences.condition(rule))
    page = session.execute(_lanes().where(meant, col(Person.id) > plan.after_id).limit(PAGE)).all()
    _owe(session, now, plan, [(row[0], row[1], row[2]) for row in page])
    plan.after_id = page[-1][0] if page else plan.after_id
    plan.is_done = len(page) < PAGE
    session.add(plan)
    session.flush()
    return True


def _page_of_changes(session: Session, now: datetime, plan: StoryPlan) -> bool:
    """Owe the withdrawal or update of the next page of messages that went out for the story."""
    last = outbox.owe_change_page(session, now, plan.deed, plan.notice, plan.story_id, plan.after_id, f"plan:{plan.id}")
    plan.after_id, plan.is_done = last or plan.after_id, last is None
    session.add(plan)
    session.flush()
    return True


def is_being_planned(session: Session, story_id: int) -> bool:
    """Some of those who will get a published story are not owed it yet."""
    return session.exec(select(StoryPlan.id).where(StoryPlan.key == f"plan story:{story_id}", col(StoryPlan.is_done).is_(False))).first() is not None


def _owe(session: Session, now: datetime, plan: StoryPlan, page: list[tuple[int, str, str]]) -> None:
    quiet, subject = quiet_hours(session), plan.change_id or plan.story_id
    by_due: dict[datetime, list[tuple[str, int, str]]] = {}
    zones: dict[str, datetime] = {}
    for person_id, zone, lane in page:
        # Quiet hours keep phones from ringing; a page that waits to be opened rings nowhere, and bad news waits for nobody's morning.
        due = now if lane == "portal" or plan.change_id else zones.get(zone) or zones.setdefault(zone, quiet.until(now, zone))
        by_due.setdefault(due, []).append((f"{plan.notice}:{subject}:person:{person_id}", person_id, lane))
    for due, whom in by_due.items():
        outbox.owe_many(session, now, plan.notice, subject, whom, due)


def _lanes() -> Any:
    """SELECT person id, time zone, lane by person id: the same answer as people.reach(person).lane, for many at once."""
    preferred = col(Person.preferred_platform)
    known = func.coalesce(_newest(col(Identity.platform) == preferred), _newest(), "mail")
    return sa_select(col(Person.id), col(Person.time_zone), case((preferred == "mail", "mail"), else_=known)).order_by(col(Person.id))


def _newest(*where: ColumnElement[bool]) -> Any:
    """The lane of the reachable account that the person was last seen with. (SQLite finds no outer column in ORDER BY, so the
    preferred platform is a condition and not an order.)"""
    workspace = case((col(Identity.workspace) == "", ""), else_=":" + col(Identity.workspace))
    accounts = sa_select(col(Identity.platform) + workspace).where(col(Identity.person_id) == col(Person.id), col(Identity.is_reachable), *where)
    return accounts.order_by(col(Identity.seen_at).desc()).limit(1).correlate(Person).scalar_subquery()
