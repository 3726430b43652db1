"""Somebody on Slack who talks to the desks, and what their answers hold."""

from __future__ import annotations

import itertools

from conftest import START, add_person

from bot import people
from bot.db import Database
from bot.desks import Deployment, hear
from bot.messages import (
    Answer,
    Button,
    Buttons,
    Caller,
    Card,
    Event,
    Heard,
    Item,
    Items,
    Replace,
    Say,
    Show,
    Text,
)
from bot.people import Person

SLACK = Caller("slack", "T1", "U1", "D1")
_keys = itertools.count()


async def said(database: Database, deployment: Deployment, heard: Heard, caller: Caller = SLACK, key: str | None = None) -> Answer:
    reply = await hear(database, deployment, Event(f"e{next(_keys)}" if key is None else key, caller, heard), START)
    return reply.answer


def known(database: Database, name: str = "Aino Salo", *roles: str, **fields: object) -> Person:
    person = add_person(database, name, *roles, **fields)
    database.write_now(people.link, START, "slack", "T1", "U1", "D1", person.email, "platform")
    return person


def card(answer: Answer) -> Card:
    assert isinstance(answer, Show | Replace)
    return answer.card


def key_of(text: Text) -> str:
    assert isinstance(text, Say)
    return text.key


def buttons(shown: Card) -> list[Button]:
    rows = [b.buttons for b in shown.blocks if isinstance(b, Buttons)] + [i.buttons for b in shown.blocks if isinstance(b, Items) for i in b.rows]
    return [button for row in rows for button in row]


def items(shown: Card) -> list[Item]:
    return [i for b in shown.blocks if isinstance(b, Items) for i in b.rows]
