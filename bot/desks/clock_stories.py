"""What time does for stories: publish, expire, tell people, roll clicks up, count who is enrolled."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from bot import insights, shares, stories
from bot.desks.turn import Deployment


def publish_due(session: Session, deployment: Deployment, now: datetime) -> bool:
    """Publish scheduled stories whose time has come."""
    return stories.publish_due(session, now, deployment.today(now))


def expire_due(session: Session, deployment: Deployment, now: datetime) -> bool:
    """End stories whose time is up."""
    return stories.expire_due(session, now)


def plan_deliveries(session: Session, deployment: Deployment, now: datetime) -> bool:
    """Owe the next thousand people a published (or recalled) story's notice."""
    return stories.plan_page(session, now, deployment.today(now), shares.sharers)


def roll_up_clicks(session: Session, deployment: Deployment, now: datetime) -> bool:
    """Add new clicks to the totals."""
    return shares.roll_up(session, deployment.time_zone)


def count_enrolled(session: Session, deployment: Deployment, now: datetime) -> bool:
    """Keep today's denominator of adoption."""
    insights.count_enrolled(session, deployment.today(now))
    return False


STEPS = {
    "stories.publish": publish_due,
    "stories.expire": expire_due,
    "stories.plan": plan_deliveries,
    "clicks.roll_up": roll_up_clicks,
    "people.count_enrolled": count_enrolled,
}
