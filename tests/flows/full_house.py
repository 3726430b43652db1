"""A company in which every button of every desk has something to be pressed on, and a database that only rehearses."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from bonus_world import add_referral
from conftest import START, add_person
from sqlalchemy import event
from sqlmodel import Session, col, update
from story_world import draft, published

from bot import audiences, bonuses, openings, outbox, plans, referrals, settings, shares, stories, strategy
from bot.audiences import Rule
from bot.bonuses import Bonus
from bot.db import Database
from bot.desks import Deployment
from bot.money import Money
from bot.openings import BoardDraft, BoardOutcome, Listed
from bot.people import Person
from bot.plans import Instalment, PlanDraft
from bot.referrals import Candidate, Referral
from bot.referrals.details import email_hashes
from bot.referrals.leave import plan_leave
from bot.stories import FeedDraft, nurture
from bot.vault import ANSWERS

ZONE = "Europe/Helsinki"
ACTORS = ("employee", "recruiter", "curator", "payroll", "hr")
_WRITES = re.compile(r"\s*(INSERT INTO|UPDATE|DELETE FROM)\s+\"?(\w+)", re.IGNORECASE)
_NO_EFFECT = {"receipt", "identity"}  # what was heard, and where somebody was seen last


class Rehearsal:
    """Stands in for the Database: whatever is written is taken back, so that every event meets the same world.

    `effects` holds the tables that a transaction which would have been committed has changed, `audited` its audit rows.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self.effects: list[str] = []
        self.audited: list[str] = []
        event.listen(db.writer, "after_cursor_execute", self._watch)
        self._seen: list[str] = []
        self._noted: list[str] = []

    def _watch(self, _connection: Any, cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        found = _WRITES.match(statement)
        if found and (cursor.rowcount != 0 or "RETURNING" in statement) and (table := found[2].lower()) not in _NO_EFFECT:
            if table == "auditentry":
                self._noted += [p for row in (parameters if isinstance(parameters, list) else [parameters])
                                for p in (row.values() if isinstance(row, dict) else row) if isinstance(p, str)]  # fmt: skip
            else:
                self._seen.append(table)

    def _run(self, fn: Callable[..., Any], args: Any, *, keeps: bool) -> Any:
        self._seen, self._noted = [], []
        with Session(self._db.writer, expire_on_commit=False) as session:
            try:
                result = fn(session, *args)
                session.flush()
                if keeps:
                    self.effects += self._seen
                    self.audited += self._noted
                return result
            finally:
                session.rollback()

    async def write(self, fn: Callable[..., Any], /, *args: Any) -> Any:
        return self._run(fn, args, keeps=True)

    write_soon = write

    async def read(self, fn: Callable[..., Any], /, *args: Any) -> Any:
        return self._run(fn, args, keeps=False)

    def clear(self) -> None:
        self.effects, self.audited = [], []


@dataclass
class FullHouse:
    """The company, with the ids of what stands in it by name. A value with `{name}` in it is filled from `ids`."""

    db: Database
    deployment: Deployment
    people: dict[str, Person] = field(default_factory=dict)
    ids: dict[str, Any] = field(default_factory=dict)

    def fill(self, text: str, actor: str = "hr") -> str:
        """A button's value for somebody: `{share}` is their own share."""
        mine = {name.removesuffix(f"_of_{actor}"): value for name, value in self.ids.items() if name.endswith(f"_of_{actor}")}
        return text.format(**self.ids, **mine)


def full_house(db: Database, deployment: Deployment) -> FullHouse:
    """Everybody and everything."""
    house = FullHouse(db, deployment)
    for name, first in zip(ACTORS, ("Aino", "Rita", "Ceci", "Pirjo", "Nora"), strict=True):
        house.people[name] = add_person(db, f"{first} Salo", *(() if name == "employee" else (name,)), start_on=date(2020, 1, 1), department="Yard")
    house.people["leaver"] = add_person(db, "Leo Lind", "hr", "recruiter", "payroll", "curator", end_on=START.date() - timedelta(days=1))
    house.people["colleague"] = add_person(db, "Bo Ek", start_on=date(2020, 1, 1))
    _stories(house)
    _referrals(house)
    db.write_now(_rest, house)
    db.write_now(deployment.vault.seal_for, ANSWERS, "the key is there")
    return house


def _stories(house: FullHouse) -> None:
    db, hr = house.db, house.people["hr"]
    out = published(db, house.deployment, hr)

    def make(session: Session) -> None:
        ids, author = house.ids, hr.id or 0
        ids["published"], ids["published_v"] = out.id, out.version
        waiting = stories.create(session, START, author, draft(), state="review", proposer_id=house.people["employee"].id)
        ready = stories.create(session, START, author, draft())
        later = stories.create(session, START, author, draft())
        later = stories.schedule(session, START, author, later.id or 0, None, START + timedelta(days=1), audience_id=None)
        for name, row in (("review", waiting), ("draft", ready), ("scheduled", later)):
            ids[name], ids[f"{name}_v"] = row.id, row.version
        ids["version"] = stories.keep(session, START, author, ready, "edited").id
        for role in ("hr", "curator"):
            stories.calendar_keys.give(session, START, house.people[role].id or 0, f"a-calendar-token-of-{role}")
        feed = stories.add_feed(session, START, author, FeedDraft("Blog", "https://meri.example/rss"))
        stopped = stories.add_feed(session, START, author, FeedDraft("Old", "https://meri.example/old"))
        stopped = stories.switch_feed(session, START, author, stopped.id or 0, 1, on=False)
        ids["feed"], ids["feed_v"], ids["stopped"], ids["stopped_v"] = feed.id, feed.version, stopped.id, stopped.version
        for name, person in house.people.items():
            share = shares.create(session, START, f"share-token-of-{name}", person.id or 0, out.id or 0, "linkedin", None, "Look!")
            ids[f"share_of_{name}"] = share.id
            ids[f"clip_of_{name}"] = stories.clip(session, START, person.id or 0, "https://meri.example/clipped").id
            ids[f"caption_of_{name}"] = shares.given(session, out, person)[0].id if name != "leaver" else 0

    db.write_now(make)


def _referrals(house: FullHouse) -> None:
    db, ids, p = house.db, house.ids, house.people
    parts = (Instalment(1, Money(10_000, "EUR")), Instalment(2, Money(20_000, "EUR")), Instalment(90, Money(30_000, "EUR")))
    plan = db.write_now(plans.adopt, START, p["hr"].id, PlanDraft("Standard", parts, is_default=True))
    ids["plan"] = plan.id

    def refer(session: Session, stage: str, referrer: str = "employee") -> int:
        rid = add_referral(session, plan.id, p[referrer], p["recruiter"], None, None)
        session.exec(update(Referral).where(col(Referral.id) == rid).values(stage=stage, recruiter_id=None if stage == "confirmed" else p["recruiter"].id))
        return rid

    def make(session: Session) -> None:
        for stage in ("confirmed", "taken", "contacted", "interviewing", "offered"):
            ids[stage] = refer(session, stage)
        ids["general"] = refer(session, "taken")
        session.exec(update(Referral).where(col(Referral.id) == ids["general"]).values(opening_id=None))
        confirmed = session.get_one(Referral, ids["confirmed"])
        session.get_one(Candidate, confirmed.candidate_id).referrer_may_see, opening = True, confirmed.opening_id
        asked = session.get_one(Candidate, session.get_one(Referral, ids["offered"]).candidate_id)
        asked.email_hash = email_hashes(house.deployment.vault, "asked@example.com")[0]
        for name, person in p.items():
            ids[f"link_of_{name}"] = referrals.link_for(session, START, person.id or 0, opening, house.deployment.new_token).id

    db.write_now(make)
    ids["opening"] = db.read_now(lambda s: s.get_one(Referral, ids["confirmed"]).opening_id)
    for name, referrer in (("hired", "employee"), ("hired_2", "employee"), ("hired_3", "employee"), ("hired_of_colleague", "colleague")):
        ids[name] = db.write_now(refer, "offered", referrer)
        db.write_now(bonuses.hire, START, p["recruiter"].id, ids[name], START.date(), ZONE)
    db.write_now(_bonuses, house)
    for name in ("confirmed", "taken", "contacted", "interviewing", "offered", "general", "hired"):
        ids[f"{name}_v"] = db.read_now(lambda s, n=name: s.get_one(Referral, ids[n]).version)


def _bonuses(session: Session, house: FullHouse) -> None:
    """One bonus in each state that a button is for: waiting, eligible, held, approved, exported in an open run."""
    ids, p, day = house.ids, house.people, START.date() + timedelta(days=3)
    later = START + timedelta(days=3)
    for step in (bonuses.start_waiting, bonuses.raise_due):
        step(session, later, day)
    mine = [*bonuses.of_referral(session, ids["hired"]), *bonuses.of_referral(session, ids["hired_2"])]
    theirs = bonuses.of_referral(session, ids["hired_of_colleague"])
    for b in [b for b in (*mine, *theirs) if b.state == "held"]:  # the newcomers are not in the directory
        session.exec(update(Bonus).where(col(Bonus.id) == b.id).values(state="eligible", reason=""))
    session.expire_all()
    bonuses.approve(session, later, p["hr"].id or 0, mine[1].id or 0, mine[1].version)
    run = bonuses.payruns.close(session, later, p["payroll"].id or 0, "EUR")
    bonuses.approve(session, later, p["hr"].id or 0, mine[3].id or 0, mine[3].version)
    bonuses.hold(session, later, p["hr"].id or 0, mine[4].id or 0, mine[4].version, "hr_question")
    session.expire_all()
    for name, bonus in (("eligible", mine[0]), ("exported", mine[1]), ("waiting", mine[2]), ("approved", mine[3]), ("held", mine[4])):
        ids[f"bonus_{name}"], ids[f"bonus_{name}_v"] = bonus.id, bonus.version
    _paid_and_split(session, house, theirs[1])
    ids["run"], ids["bonus_of_colleague"] = run.id, theirs[0].id
    assert [b.state for b in mine[:5]] == ["eligible", "exported", "waiting", "approved", "held"], [b.state for b in mine]


def _campaigns(session: Session, ids: dict[str, Any], hr: int) -> None:
    """A charity, a campaign that runs and one that does not, and a newcomer who began on another day than the hire says."""
    ids["charity"] = plans.charities.save(session, START, hr, "Sea rescue", "FI00").id
    draft = plans.CampaignDraft("Spring", Money(100, "EUR"), 90, START.date(), START.date() + timedelta(days=30))
    ids["campaign_draft"] = plans.campaigns.draft_campaign(session, START, hr, draft).id
    ids["campaign"] = plans.campaigns.draft_campaign(session, START, hr, draft).id
    plans.campaigns.start_campaign(session, START, hr, ids["campaign"])
    newcomer = Person(name="Nea Newcomer", email="nea.newcomer@meri.example", start_on=START.date() + timedelta(days=9))
    session.add(newcomer)
    session.flush()
    session.exec(update(Referral).where(col(Referral.id) == ids["hired_of_colleague"]).values(hired_person_id=newcomer.id))
    for name, referral in (("begun", "hired_of_colleague"), ("hired_2", "hired_2")):
        ids[name], ids[f"{name}_v"] = ids[referral], session.get_one(Referral, ids[referral]).version


def _paid_and_split(session: Session, house: FullHouse, waits: Bonus) -> None:
    """A bonus that one of two approved, one that was paid, one to be paid back, one held by a rule, one that ended by a leaving, and an open split."""
    ids, p, hr = house.ids, house.people, house.people["hr"].id or 0
    later = START + timedelta(days=3)
    session.add(bonuses.BonusApproval(bonus_id=waits.id or 0, person_id=hr, at=later))
    found = bonuses.of_referral(session, ids["hired_3"])
    for bonus, state, reason in zip(found, ("paid", "paid", "held"), ("", "", "relative"), strict=True):
        session.exec(update(Bonus).where(col(Bonus.id) == bonus.id).values(state=state, state_since=later, reason=reason))
    session.expire_all()
    settings.put(session, START, hr, "bonus.clawback_days", 30)
    asked = bonuses.clawback.ask_back(session, later, hr, found[1].id or 0, found[1].version, later.date(), ZONE)
    ended = bonuses.of_referral(session, ids["hired_of_colleague"])[2]
    session.exec(update(Bonus).where(col(Bonus.id) == ended.id).values(state="forfeited", reason="hire_left"))
    session.expire_all()
    for name, bonus in (("second", waits), ("paid", found[0]), ("asked", asked), ("ruled", found[2]), ("ended", ended)):
        ids[f"bonus_{name}"], ids[f"bonus_{name}_v"] = bonus.id, bonus.version
    parts = [bonuses.splits.Part(p[name].id or 0, 5000) for name in ("employee", "colleague")]
    ids["split"] = bonuses.splits.propose(session, START, hr, ids["taken"], 0, parts, START.date())[0].id


def _rest(session: Session, house: FullHouse) -> None:
    ids, p = house.ids, house.people
    hr = p["hr"].id or 0
    closed = openings.create(session, START, hr, openings.Draft("Closed one"))
    openings.set_open(session, START, hr, closed.id or 0, 1, False)
    ids["opening_v"], ids["closed"], ids["closed_v"] = 1, closed.id, closed.version
    _boards(session, ids)
    _campaigns(session, ids, hr)
    ids["plan_draft"] = plans.draft_plan(session, START, hr, PlanDraft("Next", (Instalment(90, Money(1, "EUR")),))).id
    ids["audience"] = audiences.save(session, START, hr, "The yard", Rule(departments=("Yard",)), START.date()).id
    ids["strategy"] = strategy.create(session, START, hr, "Be known", "So that people come", None).id
    strategy.add_measure(session, START, hr, ids["strategy"], "shares", 5, date(2026, 12, 31), START.date())
    _plan(session, ids, hr)
    outbox.owe(session, START, "parked:1", "story", ids["published"], p["employee"])
    parked = session.exec(update(outbox.Delivery).where(col(outbox.Delivery.key) == "parked:1").values(state="parked").returning(col(outbox.Delivery.id))).one()
    ids["parked"] = parked[0]
    outbox.owe_room(session, START, "waits:1", "story", ids["published"], "admin")
    outbox.pause(session, START, hr, "mail")
    settings.put(session, START, hr, "leaderboard.enabled", True)
    referrals.keep(session, START, hr, ids["taken"], "claim", 30)
    settings.put(session, START, hr, "referral.invitations", True)
    settings.put(session, START, hr, "referral.take_days", 5)
    for name, person in p.items():
        ids[f"me_of_{name}"], ids[f"deputy_of_{name}"] = person.id, p["hr" if name == "recruiter" else "recruiter"].id
    for away, deputy, month in (("recruiter", "hr", 7), ("hr", "recruiter", 8)):
        plan_leave(session, START, hr, p[away], p[deputy].id or 0, date(2026, month, 1), date(2026, month, 20))


def _boards(session: Session, ids: dict[str, Any]) -> None:
    """A job board that listed two openings, then one, then none; and one that is not read."""
    board = openings.add_board(session, START, None, BoardDraft("Careers", "https://meri.example/list"))
    listed = [Listed("a", "Captain"), Listed("b", "Pilot")]
    openings.take_listed(session, START, board.id or 0, listed)
    openings.settle_reading(session, START, board.id or 0, BoardOutcome(), 0.5, ["a", "b"])
    report = openings.settle_reading(session, START, board.id or 0, BoardOutcome(), 0.5, ["a"])
    openings.settle_reading(session, START, board.id or 0, BoardOutcome(), 0.5, [])
    (vanished,) = openings.asked_about(session, report.id if report else 0)
    off = openings.add_board(session, START, None, BoardDraft("Old", "https://meri.example/old"))
    off = openings.switch_board(session, START, 1, off.id or 0, 1, on=False)
    ids["board_report"] = report.id if report else 0
    for name, row in (("board", board), ("board_off", off), ("vanished", vanished)):
        ids[name], ids[f"{name}_v"] = row.id, row.version


def _plan(session: Session, ids: dict[str, Any], hr: int) -> None:
    """An ask that waits to be earned, an opening with a nurture plan, and one without."""
    waits = stories.create(session, START, hr, draft(kind="ask"))
    stories.schedule(session, START, hr, waits.id or 0, None, START, audience_id=None, strategy_id=ids["strategy"])
    waits = stories.publish(session, START, START.date(), waits.id or 0)
    ids["held"], ids["held_v"] = waits.id, waits.version
    strategy.add_action(session, START, hr, ids["strategy"], None, "give", 7, START.date())
    plan = nurture.begin(session, START, hr, ids["opening"], None, START.date() + timedelta(days=28), START.date())
    ids["nurture"], ids["step"] = ids["opening"], nurture.steps(session, plan.id or 0)[0].id
    ids["bare_opening"] = openings.create(session, START, hr, openings.Draft("Without a plan")).id


def run(work: Any) -> Any:
    """Run a coroutine that never really waits, without the cost of an event loop each."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    work.close()
    return asyncio.run(work)
