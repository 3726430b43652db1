"""What the portal's pages are made of: frozen records, read in one go. Templates hold no rule, so the rules are here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_
from sqlmodel import Session, col, select

from bot import outbox, people, stories
from bot.bonuses.payback import Wrong
from bot.desks import answered, front, notices
from bot.desks.hr import payruns
from bot.desks.hr import stories as hr_stories
from bot.desks.hr.audiences import editing
from bot.desks.notices.table import REPORTS
from bot.desks.turn import Deployment, Turn
from bot.errors import FieldRefusal
from bot.messages import Answer, Card, Picture, ReadPage, Submission, Text, say
from bot.outbox import Delivery
from bot.people import Person
from bot.people.sign_in import code_of


@dataclass(frozen=True)
class Who:
    """Somebody who is signed in to the portal, with the roles held at this moment."""

    person_id: int
    name: str
    locale: str
    time_zone: str
    roles: frozenset[str]


@dataclass(frozen=True)
class Message:
    """One card that a person or a room was sent, as it looks now. `id` is the delivery's."""

    id: int
    at: datetime
    card: Card


def who(session: Session, deployment: Deployment, token: str, wall: datetime) -> Who | None:
    """Who is signed in with this session; None when nobody is. `wall` is wall time."""
    person = front.session_person(session, token, wall, deployment.today(wall))
    if person is None or person.id is None:
        return None
    return Who(person.id, person.name, person.locale, person.time_zone, people.roles_of(session, person.id))


def sign_in_code(token: str) -> str:
    """The four digits of a sign-in link, to compare with those shown where it was asked for."""
    return code_of(token)


def saved_answer(session: Session, deployment: Deployment, person_id: int, nonce: str) -> Answer | None:
    """The answer that a press or submission of this person on the portal was given; None when there was none. Where a page had
    to be read first, it is the one that was given then. Raises Refusal `forbidden` where the person has lost a role since."""
    first = _saved(session, deployment, person_id, nonce)
    return _saved(session, deployment, person_id, f"{nonce}:read") if isinstance(first, ReadPage) else first


def _saved(session: Session, deployment: Deployment, person_id: int, nonce: str) -> Answer | None:
    saved = outbox.receipt(session, f"portal::{event_key(person_id, nonce)}")
    return answered.kept(session, deployment, saved, person_id) if saved else None


def event_key(person_id: int, nonce: str) -> str:
    """The key of a portal event: nonces are drawn by pages, so they count per person."""
    return f"{person_id}.{nonce}"


def inbox(session: Session, deployment: Deployment, person_id: int, now: datetime, page: int = 0) -> list[Message]:
    """A page of a person's messages, newest first, each drawn from the state of this moment."""
    person = session.get(Person, person_id)
    if person is None:
        return []
    return [Message(*row) for row in front.inbox(session, deployment, person, now, page)]


def _withdrawn(session: Session, ids: list[int]) -> set[int | None]:
    """Those of the deliveries that were taken back."""
    query = select(Delivery.of_id).where(Delivery.deed == "withdraw", col(Delivery.of_id).in_(ids), Delivery.state != "cancelled")
    return set(session.exec(query))


def inbox_mark(session: Session, person_id: int, now: datetime) -> str:
    """A text that changes when a message of this person comes, changes or goes: what an open page compares."""
    shown = select(func.count(col(Delivery.id)), func.max(Delivery.id), func.max(Delivery.sent_at))
    query = shown.where(Delivery.person_id == person_id, Delivery.state != "cancelled", Delivery.due_at <= now)
    return ":".join(str(part) for part in session.exec(query).one())


def room(session: Session, deployment: Deployment, name: str, roles: frozenset[str], now: datetime, limit: int = 20) -> list[Message]:
    """The latest notices of the room `admin` or `recruiting`, newest first; empty for those without a role there.

    A card is of this moment, so last week's report would only repeat today's: of each report the newest is shown.
    """
    if not roles & ROOM_ROLES[name]:
        return []
    here = (col(Delivery.room) == name) & (col(Delivery.deed) == "send") & (col(Delivery.state) != "cancelled")
    newest = select(func.max(Delivery.id)).where(here, col(Delivery.notice).in_(REPORTS)).group_by(col(Delivery.notice))
    query = select(Delivery).where(here, or_(col(Delivery.notice).not_in(REPORTS), col(Delivery.id).in_(newest)))
    rows = session.exec(query.order_by(col(Delivery.id).desc()).limit(limit)).all()
    gone = _withdrawn(session, [d.id or 0 for d in rows])
    cards = [(d, notices.build(session, deployment, d, now)) for d in rows if d.id not in gone]
    return [Message(d.id or 0, d.sent_at or d.created_at, card) for d, card in cards if card is not None]


ROOM_ROLES = {"admin": frozenset({"hr"}), "recruiting": frozenset({"hr", "recruiter"})}


@dataclass(frozen=True)
class StoryLook:
    """A story as the page with its previews shows it."""

    id: int
    title: str
    state: str
    card: Card

    @property
    def has_plain_picture(self) -> bool:
        """Its picture has an address that is not https: chats that fetch pictures themselves do not take it."""
        return any(isinstance(b, Picture) and b.url.startswith("http:") for b in self.card.blocks)


def story_look(session: Session, deployment: Deployment, person_id: int, now: datetime, story_id: int) -> StoryLook:
    """A story's very card, for those who may see it before it is out. Raises Refusal `forbidden` or that of an unknown story."""
    card = hr_stories.preview(Turn.of(session, deployment, person_id, now), story_id)
    row = stories.get(session, story_id)
    return StoryLook(story_id, row.title, row.state, card)


def in_sight(session: Session, deployment: Deployment, person_id: int, now: datetime, filled: Submission) -> Text:
    """What a form that is still being filled in would do (one of SIGHTS), in words, also what cannot be read yet. Raises Refusal."""
    try:
        return SIGHTS[filled.form](Turn.of(session, deployment, person_id, now), filled.form, filled.subject, filled.values)
    except FieldRefusal as e:
        return say(e.key, **e.params)


SIGHTS = editing.SIGHTS  # by the form's name


def pay_run_file(session: Session, deployment: Deployment, person_id: int, now: datetime, number: int, form: str) -> tuple[str, bytes]:
    """A closed pay run's file (csv or xlsx), for HR and payroll: (name, bytes). It is audited, so this writes. Raises Refusal."""
    return payruns.pay_run_file(Turn.of(session, deployment, person_id, now), number, form)


@dataclass(frozen=True)
class PayRunLook:
    """A pay run's page: the run, its reconciliation, and whether its file may be loaded back."""

    card: Card
    check: Card
    is_open: bool


def pay_run_look(session: Session, deployment: Deployment, person_id: int, now: datetime, number: int) -> PayRunLook:
    """What a pay run's page shows, for HR and payroll. Raises Refusal."""
    return PayRunLook(*payruns.look(Turn.of(session, deployment, person_id, now), number))


def pay_by_file(session: Session, deployment: Deployment, person_id: int, now: datetime, number: int, brought: bytes) -> tuple[Wrong, ...]:
    """The file of a pay run came back: everything in it is paid, or the lines that differ, and nothing happened. Raises Refusal."""
    return payruns.pay_by_file(Turn.of(session, deployment, person_id, now), number, brought)
