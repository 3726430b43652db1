"""What every desk function is given: who asks, when, and the deployment's facts; and the table a desk is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeAlias
from zoneinfo import ZoneInfo

from sqlmodel import Session

from bot import people
from bot.errors import Refusal
from bot.messages import Answer, Block
from bot.people import Person
from bot.vault import Vault

STAFF = ("recruiter", "hr")  # who sees referrals and moves them
NEWSROOM = ("hr", "curator")  # who decides on stories, audiences and strategies


@dataclass(frozen=True)
class Deployment:
    """Facts of this installation that words and links need. `new_token` returns 128 random bits as URL-safe text."""

    base_url: str
    organisation: str
    currency: str
    time_zone: str
    default_locale: str
    vault: Vault
    new_token: Callable[[], str]
    is_demo: bool = False

    def today(self, now: datetime) -> date:
        """The calendar day in the company's zone."""
        return now.astimezone(ZoneInfo(self.time_zone)).date()

    def link(self, path: str) -> str:
        """An absolute address on this deployment."""
        return f"{self.base_url.rstrip('/')}/{path.lstrip('/')}"


@dataclass(frozen=True)
class Turn:
    """One request at a desk, inside one transaction. `now` is programme time."""

    session: Session
    deployment: Deployment
    person: Person
    now: datetime
    platform: str = "portal"
    key: str = ""
    workspace: str = ""
    room: str = ""  # the address of the channel it was said in

    @classmethod
    def of(cls, session: Session, deployment: Deployment, person_id: int, now: datetime) -> Turn:
        """The turn of somebody who is signed in to the portal. Raises Refusal `front.left` when they have left by then."""
        person = session.get_one(Person, person_id)
        if not person.is_here(deployment.today(now)):
            raise Refusal("front.left", organisation=deployment.organisation)
        return cls(session, deployment, person, now)

    @property
    def person_id(self) -> int:
        """The asking person's id."""
        assert self.person.id is not None
        return self.person.id

    @property
    def today(self) -> date:
        """The calendar day in the company's zone."""
        return self.deployment.today(self.now)

    def has(self, *roles: str) -> bool:
        """Holds one of the roles at this moment."""
        return people.has_role(self.session, self.person_id, *roles)

    def require(self, *roles: str) -> None:
        """Raises Refusal `forbidden` unless the person holds one of the roles now; the refusal is audited."""
        if not self.has(*roles):
            raise Refusal("forbidden")


CommandFn: TypeAlias = Callable[[Turn, str], Answer]
ButtonFn: TypeAlias = Callable[[Turn, str], Answer]
FormFn: TypeAlias = Callable[[Turn, str, dict[str, str]], Answer]
LookupFn: TypeAlias = Callable[[Turn, str], Answer]
SectionFn: TypeAlias = Callable[[Turn], tuple[Block, ...]]


@dataclass(frozen=True)
class Desk:
    """A table: what can be asked here, and the function that answers.

    Command keys are "stories", "refer", "referrals", or two words: "vinkki help", "admin publish". The function of a
    command gets the rest of the text, of a button its value, of a form its subject and values, of a lookup the query.
    `sections` are parts of a person's home by their place in it (10 stories, 20 referrals, 30 bonuses, 40 recruiting,
    50 HR); a section that has nothing to say gives no blocks. `aside` names the commands and buttons whose answers say who
    a candidate is (see `tables.is_aside`).
    """

    commands: dict[str, CommandFn] = field(default_factory=dict)
    buttons: dict[str, ButtonFn] = field(default_factory=dict)
    forms: dict[str, FormFn] = field(default_factory=dict)
    lookups: dict[str, LookupFn] = field(default_factory=dict)
    sections: dict[int, SectionFn] = field(default_factory=dict)
    aside: set[str] = field(default_factory=set)
