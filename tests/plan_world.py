"""A company that works by a plan: audiences that overlap, a strategy with measures and rhythms, and stories of the last weeks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from conftest import START, add_person
from sqlmodel import Session
from story_world import draft

from bot import audiences, openings, stories, strategy
from bot.audiences import Rule
from bot.db import Database
from bot.people import Person
from bot.stories import Story

TODAY = START.date()


@dataclass
class Plan:
    """Who and what there is, by id."""

    hr: Person
    alumni: int
    engineers: int
    strategy: int
    opening: int


def planned_company(db: Database) -> Plan:
    """Twelve people in two audiences, a strategy for the alumni with three measures and two rhythms, made five weeks ago."""
    hr = add_person(db, "Nora Holm", "hr", locale="fi", department="People")
    for i, name in enumerate(("Aino Salo", "Bo Berg", "Cleo Dunn", "Eero Aalto", "Fia Lund", "Gunnar Ek")):
        add_person(db, name, department="Engineering", country="FI" if i % 2 else "SE")
    for name in ("Anna Lahti", "Ivar Sund", "Kaisa Niemi", "Lars Holm", "Mia Koski"):
        add_person(db, name, kind="alumna")
    then = START - timedelta(days=35)

    def make(session: Session) -> Plan:
        actor = hr.id or 0
        alumni = audiences.save(session, then, actor, "Alumni", Rule(kinds=("alumna",)), TODAY).id or 0
        engineers = audiences.save(session, then, actor, "Engineering", Rule(departments=("Engineering",)), TODAY).id or 0
        row = strategy.create(session, then, actor, "Once Meri, always Meri", "People who left stay friends, and some of them come back.", alumni)
        for figure, target in (("human_clicks", 400), ("adoption", 35), ("referrals", 6), ("cost_per_hire", 900)):
            strategy.add_measure(session, then, actor, row.id or 0, figure, target, TODAY + timedelta(days=60), TODAY - timedelta(days=35))
        strategy.add_action(session, then, actor, row.id or 0, alumni, "give", 7, TODAY - timedelta(days=35))
        strategy.add_action(session, then, actor, row.id or 0, alumni, "tell", 30, TODAY - timedelta(days=35))
        return Plan(hr, alumni, engineers, row.id or 0, openings.create(session, then, actor, openings.Draft("Ice analyst")).id or 0)

    return db.write_now(make)


def goes_out(db: Database, plan: Plan, kind: str, audience_id: int | None, at: datetime = START, today: date | None = None, title: str = "") -> Story:
    """A story of a kind at its time: published, or held where it is an ask that is not earned."""

    def go(session: Session) -> Story:
        row = stories.create(session, at, plan.hr.id, draft(kind=kind, title=title or f"A {kind} for them"))
        stories.schedule(session, at, plan.hr.id or 0, row.id or 0, None, at, audience_id=audience_id, strategy_id=plan.strategy)
        return stories.publish(session, at, today or at.date(), row.id or 0)

    return db.write_now(go)
