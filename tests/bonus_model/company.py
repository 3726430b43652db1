"""The company in which the bonus machine acts: one database in memory, put back to the same beginning for every run."""

from __future__ import annotations

import sqlite3
from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bonus_world import World, add_referral, make_world
from conftest import START, add_person
from sqlalchemy import create_engine, event, text
from sqlalchemy.pool import StaticPool
from sqlmodel import Session

from bot import plans
from bot.money import Money
from bot.people import Person
from bot.plans import CampaignDraft, Instalment, PlanDraft, campaigns, charities

ZONE = "Europe/Helsinki"
HR, OTHER_HR, THIRD_HR, PAYROLL, RECRUITER, OWN = range(6)  # who acts; OWN is whoever earns the bonus in question
EACH = 2  # referrals by each referrer under each plan; the second of them under the campaign, where the currency is the same


def parts_of(charity_id: int | None) -> tuple[tuple[Instalment, ...], ...]:
    """The plans: at once, in two parts with an odd cent, one cent, a day off and a donation, another currency, three thirds."""

    def euros(days: int, minor: int, **more: Any) -> Instalment:
        return Instalment(days, Money(minor, "EUR"), **more)

    return (
        (euros(0, 50_000),), (euros(30, 10_001), euros(60, 40_000)), (euros(14, 1),),
        (euros(0, 0, reward="day_off", days_off=2), euros(45, 5_000, reward="donation", charity_id=charity_id), euros(90, 10_000)),
        (Instalment(20, Money(100_000, "SEK")),), (euros(10, 3_333), euros(20, 3_333), euros(30, 3_334)),
    )  # fmt: skip


@cache
def row_type(names: tuple[str, ...]) -> Callable[..., Any]:
    """Rows with names; made once per query, since making a class is slow."""
    return namedtuple("Row", names, rename=True)  # type: ignore[misc]


class _Holding(Session):
    """A session that holds what it read: otherwise a person whom three rules look at is read three times."""


@event.listens_for(_Holding, "loaded_as_persistent")
def _hold(session: Session, row: object) -> None:
    session.info.setdefault("held", []).append(row)


class MemoryDatabase:
    """The few things of Database that are used here, on one connection in memory. SQLAlchemy compiles each statement once for all runs."""

    is_sqlite = True

    def __init__(self) -> None:
        self.engine = self.writer = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)

        @event.listens_for(self.engine, "connect")
        def _connect(dbapi: Any, _record: Any) -> None:
            self.raw = dbapi
            dbapi.isolation_level = None
            for pragma in ("foreign_keys=ON", "recursive_triggers=ON", "synchronous=OFF", "journal_mode=MEMORY", "temp_store=MEMORY"):
                dbapi.execute(f"PRAGMA {pragma}")

        @event.listens_for(self.engine, "begin")
        def _begin(_connection: Any) -> None:
            self.raw.execute("BEGIN")

        self.engine.connect().close()

    def begin_with(self, template: sqlite3.Connection) -> None:
        """Forget everything and begin with what the template holds."""
        template.backup(self.raw)

    def write_now(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        with _Holding(self.engine, expire_on_commit=False) as session, session.begin():
            return fn(session, *args, **kwargs)

    def read_now(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        with Session(self.engine, expire_on_commit=False) as session:
            return fn(session, *args, **kwargs)

    def rows(self, query: str, *values: object) -> list[Any]:
        """Rows by plain SQL, past the code under test."""
        cursor = self.raw.execute(query, values)
        make = row_type(tuple(c[0] for c in cursor.description))
        return [make(*found) for found in cursor]


@dataclass
class Company:
    """Everybody and everything that is there before the first step. `referrals[plan][referrer]` are offered candidates, to be hired."""

    db: MemoryDatabase
    template: sqlite3.Connection
    world: World
    actors: list[Person]
    referrers: list[Person]
    newcomers: list[Person]
    plan_ids: list[int]
    referrals: list[list[list[int]]] = field(default_factory=list)
    worth: dict[int, dict[int, tuple[int, int]]] = field(default_factory=dict)  # referral -> milestone -> (minor units, days off) promised

    def close(self) -> None:
        self.db.engine.dispose()
        self.template.close()


def found_company(schema: Path) -> Company:
    """Make the company once, in a database with this migrated schema."""
    db, template = MemoryDatabase(), sqlite3.connect(":memory:", check_same_thread=False)
    with sqlite3.connect(schema) as on_disk:
        on_disk.backup(template)
    on_disk.close()
    db.begin_with(template)
    world = make_world(db)  # type: ignore[arg-type]
    third = add_person(db, "Kolmas Henkilöstöstä", "hr")  # type: ignore[arg-type]
    referrers = [add_person(db, f"Tuoja {n}", start_on=date(2020, 1, 1)) for n in range(3)]  # type: ignore[arg-type]
    referrers.append(add_person(db, "Alumna", kind="alumna", end_on=date(2024, 1, 1)))  # type: ignore[arg-type]
    newcomers = [add_person(db, f"Tulija {n}") for n in range(4)]  # type: ignore[arg-type]
    made = Company(db, template, world, [world.hr, world.other_hr, third, world.payroll, world.recruiter], referrers, newcomers, [])
    db.write_now(_fill, made)
    template.close()
    made.template = sqlite3.connect(":memory:", check_same_thread=False)
    db.raw.backup(made.template)
    return made


def _fill(session: Session, company: Company) -> None:
    world = company.world
    charity = charities.save(session, START, world.hr.id, "Lastenklinikoiden Kummit", "FI00 0000")
    draft = CampaignDraft("Spring", Money(7_777, "EUR"), 15, START.date(), START.date() + timedelta(days=30))
    campaign = campaigns.draft_campaign(session, START, world.hr.id, draft)
    campaigns.start_campaign(session, START, world.hr.id, campaign.id or 0)
    for number, parts in enumerate(parts_of(charity.id)):
        plan = plans.adopt(session, START, world.hr.id, PlanDraft(f"Plan {number}", parts))
        company.plan_ids.append(plan.id or 0)
        company.referrals.append([[_referral(session, company, plan, parts, who, campaign, nth) for nth in range(EACH)] for who in company.referrers])


def _referral(session: Session, company: Company, plan: Any, parts: tuple[Instalment, ...], who: Person, campaign: Any, nth: int) -> int:
    referral = add_referral(session, plan.id, who, company.world.recruiter, None, None)
    company.worth[referral] = {n: (p.money.amount_minor, p.days_off) for n, p in enumerate(parts, start=1)}
    if nth % 2 and plan.currency == campaign.currency:
        session.execute(text("UPDATE referral SET campaign_id = :c WHERE id = :r").bindparams(c=campaign.id, r=referral))
        company.worth[referral][0] = (campaign.amount_minor, 0)
    return referral


def at(day: date, second: int) -> datetime:
    """A moment of the morning of a day, in the company's zone, as UTC."""
    return datetime(day.year, day.month, day.day, 9, tzinfo=ZoneInfo(ZONE)).astimezone(START.tzinfo) + timedelta(seconds=second)
