"""What tests of referrals share: a small company, and the steps of the journey by name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from conftest import START, add_person
from sqlmodel import select

from bot import desks, openings, plans
from bot.db import Database
from bot.desks import Deployment, candidate
from bot.messages import Answer, Caller, Card, Command, Event, Press, Submission
from bot.money import Money
from bot.openings import Draft, JobOpening
from bot.people import Person
from bot.plans import Instalment, PlanDraft
from bot.referrals import Referral, ReferralLink
from content.catalog import Words

MAIJA = {"name": "Maija Meikäläinen", "email": "Maija@Example.com", "phone": "", "linkedin": "", "message": "Terve!", "nonce": "n" * 20}


@dataclass
class Company:
    """Aino refers, Rita and Rolf recruit, Hanna is HR; one opening with a plan of 500 € after 90 days."""

    db: Database
    deployment: Deployment
    now: datetime
    aino: Person
    rita: Person
    rolf: Person
    hanna: Person
    opening: JobOpening
    counter: int = 0

    async def hear(self, person: Person, heard: Command | Press | Submission, key: str = "") -> Answer:
        self.counter += 1
        event = Event(key or f"e{self.counter}", Caller("portal", "", str(person.id)), heard)
        return (await desks.hear(self.db, self.deployment, event, self.now)).answer

    async def link(self, person: Person | None = None, opening: str | None = None) -> ReferralLink:
        """The link that `/refer` gives somebody."""
        values = {"opening": str(self.opening.id) if opening is None else opening, "language": "fi"}
        answer = await self.hear(person or self.aino, Submission("refer.link", "", values))
        assert answer.kind == "show", answer
        mine = select(ReferralLink).where(ReferralLink.person_id == (person or self.aino).id, ReferralLink.is_live, ReferralLink.others == "")
        named = int(values["opening"]) if values["opening"] else None
        return self.db.read_now(lambda s: s.exec(mine.where(ReferralLink.opening_id == named)).one())

    def confirm(self, link: ReferralLink, locale: str = "fi", **values: str) -> candidate.Answered:
        return self.db.write_now(candidate.confirm, self.deployment, link.token, MAIJA | {"nonce": f"nonce-{self.tick():015d}"} | values, locale, self.now)

    async def confirmed(self, **values: str) -> tuple[Referral, str]:
        """A referral that stands, and the candidate's token."""
        answered = self.confirm(await self.link(), **({"referrer_may_see": "yes"} | values))
        assert not answered.errors, answered.errors
        return self.last(), answered.token

    def tick(self) -> int:
        self.counter += 1
        return self.counter

    def last(self) -> Referral:
        found = self.db.read_now(lambda s: s.exec(select(Referral).order_by(Referral.id.desc())).first())
        assert found is not None
        return found

    def referral(self, referral_id: int) -> Referral:
        return self.db.read_now(lambda s: s.get(Referral, referral_id))

    def rows(self, model: type[Any]) -> list[Any]:
        return self.db.read_now(lambda s: list(s.exec(select(model).order_by(model.id))))

    def view(self, token: str) -> candidate.CandidateView:
        return self.db.read_now(candidate.view, self.deployment, token, self.now)


def company(db: Database, deployment: Deployment) -> Company:
    people = [
        add_person(db, "Aino Salo"),
        add_person(db, "Rita Ranta", "recruiter"),
        add_person(db, "Rolf Berg", "recruiter"),
        add_person(db, "Hanna Hall", "hr"),
    ]
    draft = PlanDraft("Standard", (Instalment(90, Money(50_000, "EUR")),), is_default=True)
    plan = db.write_now(plans.adopt, START, None, draft)
    opening = db.write_now(openings.create, START, None, Draft("Kehittäjä (Åbo)", "ENG-1", location="Turku", language="fi", plan_id=plan.id))
    return Company(db, deployment, START, *people, opening)


def text_of(card: Card, locale: str = "en") -> str:
    """Everything a card says, in one text."""
    words, out = Words(locale, "Europe/Helsinki"), []

    def walk(thing: Any) -> None:
        if hasattr(thing, "plain") or hasattr(thing, "key"):
            out.append(words(thing))
        elif isinstance(thing, str):
            out.append(thing)
        elif isinstance(thing, tuple):
            for part in thing:
                walk(part)
        elif hasattr(thing, "__dataclass_fields__"):
            for name in thing.__dataclass_fields__:
                if name not in ("kind", "tone", "style", "action", "value") or (name == "value" and not isinstance(thing.value, str)):
                    walk(getattr(thing, name))

    walk(card)
    return " | ".join(t for t in out if t)


def buttons_of(card: Card) -> dict[str, str]:
    """Every button of a card: its value by its action."""
    found: dict[str, str] = {}

    def walk(thing: Any) -> None:
        if hasattr(thing, "action"):
            found[thing.action] = thing.value
        elif isinstance(thing, tuple):
            for part in thing:
                walk(part)
        elif hasattr(thing, "__dataclass_fields__"):
            for name in thing.__dataclass_fields__:
                walk(getattr(thing, name))

    walk(card)
    return found
