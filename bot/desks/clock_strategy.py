"""What time does for the plan: asks that are earned go, and every Monday morning the admin room hears whether we are on plan."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, select

from bot import outbox, settings, stories, strategy
from bot.desks.turn import Deployment
from bot.outbox import Delivery


def release_due(session: Session, deployment: Deployment, now: datetime) -> bool:
    """Held asks that are earned by now."""
    return stories.release_due(session, now, deployment.today(now))


def report_week(session: Session, deployment: Deployment, now: datetime) -> bool:
    """From HR's hour on Monday (setting `report.hour`, company time); once for that Monday, and later in the week where we were not
    running on the day itself. Nothing while there is no strategy that was there on Monday."""
    local = now.astimezone(ZoneInfo(deployment.time_zone))
    monday = local.date() - timedelta(days=local.weekday())
    if local.date() == monday and local.hour < int(settings.get(session, "report.hour")):
        return False
    key = f"strategy:week:{monday}"
    if session.exec(select(Delivery.id).where(Delivery.key == key)).first() is not None:
        return False
    if any(s.created_at.astimezone(local.tzinfo).date() <= monday for s in strategy.listed(session)):
        outbox.owe_room(session, now, key, "strategy_week", monday.toordinal(), "admin")
    return False


STEPS = {"stories.release": release_due, "strategy.week": report_week}
