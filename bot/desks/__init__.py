"""The desks: who asks for what. `hear` takes an event from any platform and gives the answer for whoever asked."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from bot import outbox, people
from bot.db import Database, lost_race
from bot.desks import answered, front, gate, tables
from bot.desks.tables import TABLE
from bot.desks.turn import Deployment, Turn
from bot.errors import FieldRefusal, Refusal
from bot.messages import Answer, Card, Command, Correct, Event, HomeOpened, Lookup, Paragraph, Press, Replace, Reply, Show, Submission, say, tidy
from bot.people import Person, identities

__all__ = ["Deployment", "Turn", "hear", "refusal_card"]

TRIES = 4


async def hear(db: Database, deployment: Deployment, event: Event, now: datetime) -> Reply:
    """Answer one event. A repeated key gets the saved answer and has no second effect; a refusal is an answer, not an error.

    Run it once per event; it never raises for what a person did. `now` is programme time.
    """
    event = tidy(event)
    reads = isinstance(event.heard, Lookup | HomeOpened)
    try:
        return await (db.read(_hear, deployment, event, now) if reads else _write(db, deployment, event, now))
    except FieldRefusal as e:
        answer: Answer = Correct({e.field: say(e.key, **e.params)})
    except Refusal as e:
        if e.key == "forbidden":
            await db.write(_note_forbidden, event, now)
        answer = Show(refusal_card(e))
    return await db.read(_reply, deployment, event, answer)


async def _write(db: Database, deployment: Deployment, event: Event, now: datetime) -> Reply:
    """Once more where somebody else wrote the same at the same moment: the second time finds it there and says so in words."""
    for _ in range(TRIES - 1):
        try:
            return await db.write_soon(_hear, deployment, event, now)
        except DBAPIError as e:
            if not lost_race(e):
                raise
    return await db.write_soon(_hear, deployment, event, now)


def _reply(session: Session, deployment: Deployment, event: Event, answer: Answer) -> Reply:
    person = people.person_by(session, event.caller.platform, event.caller.workspace, event.caller.user)
    return _speak(deployment, person, answer)


def _speak(deployment: Deployment, person: Person | None, answer: Answer) -> Reply:
    if person is None:
        return Reply(answer, deployment.default_locale, deployment.time_zone)
    return Reply(answer, person.locale, person.time_zone)


def refusal_card(refusal: Refusal) -> Card:
    """The card that explains a refusal and offers the way on."""
    return Card(say("refused.title"), (Paragraph(say(refusal.key, **refusal.params)),), tone="refusal")


def _hear(session: Session, deployment: Deployment, event: Event, now: datetime) -> Reply:
    caller = event.caller
    person = people.person_by(session, caller.platform, caller.workspace, caller.user)
    if person is None and not front.takes_step(event.heard):
        return _speak(deployment, None, front.unknown(deployment, caller))
    if not event.key or isinstance(event.heard, Lookup | HomeOpened):
        return _speak(deployment, person, _answer(session, deployment, person, event, now))
    key = f"{caller.platform}:{caller.workspace}:{event.key}"
    if (saved := outbox.begin_receipt(session, key, now)) is not None:
        return _speak(deployment, person, answered.again(session, deployment, saved, person.id if person else None))
    reply = _speak(deployment, person, _answer(session, deployment, person, event, now))
    identities.seen(session, now, caller.platform, caller.workspace, caller.user, caller.address)
    if person is None or person.erased_at is None:  # whoever has just been erased is told, and nothing of it is kept
        answered.keep(session, deployment, key, person.id if person else None, reply.answer)
    return reply


def _answer(session: Session, deployment: Deployment, person: Person | None, event: Event, now: datetime) -> Answer:
    caller = event.caller
    if person is None:
        return front.stranger(session, deployment, caller, event.heard, now)
    if not person.is_here(deployment.today(now)):
        raise front.left(deployment.organisation)
    return _dispatch(Turn(session, deployment, person, now, caller.platform, event.key, caller.workspace, caller.room), event)


def _dispatch(turn: Turn, event: Event) -> Answer:
    match event.heard:
        case Command(name, text):
            return tables.run(turn, name, text.strip())
        case Press(action, value) if action in TABLE.buttons:
            return TABLE.buttons[action](turn, value)
        case Submission(form, subject, values) if form in TABLE.forms:
            return TABLE.forms[form](turn, subject, values)
        case Lookup(source, query) if source in TABLE.lookups:
            return TABLE.lookups[source](turn, query[:100])
        case HomeOpened():
            return Replace(front.home(turn))
    raise Refusal("old_card")


def _note_forbidden(session: Session, event: Event, now: datetime) -> None:
    caller = event.caller
    person = people.person_by(session, caller.platform, caller.workspace, caller.user)
    what = event.heard.action if isinstance(event.heard, Press) else type(event.heard).__name__.lower()
    gate.refused(session, now, person.id if person else None, caller.platform, what)
