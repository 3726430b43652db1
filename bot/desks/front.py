"""The front desk: who is this, their home, and help."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from bot import people
from bot.desks.turn import Deployment, Desk, Turn
from bot.messages import Button, Buttons, Caller, Card, Paragraph, Show, Unknown, say


def unknown(deployment: Deployment, caller: Caller) -> Unknown:
    """The answer to an account that we cannot tie to a person."""
    return Unknown(Card(say("front.unknown.title"), (Paragraph(say("front.unknown.text", organisation=deployment.organisation)),)))


def unknown_command(offers: list[str]) -> Card:
    """The answer to a command that does not exist, with the nearest that do."""
    buttons = tuple(Button(say("front.try_command", command=c), "front.run", c) for c in offers)
    return Card(say("front.unknown_command"), (Buttons(buttons),) if buttons else ())


def home(turn: Turn) -> Card:
    """A person's home: what is new, what waits, what they can do."""
    return Card(say("front.home.title", name=turn.person.name))


def help_card(turn: Turn, text: str) -> Show:
    """What can be said to Vinkki."""
    return Show(Card(say("front.help.title")))


DESK = Desk(commands={"vinkki help": help_card})


def recognise(session: Session, caller: Caller, email: str, now: datetime) -> bool:
    """Tie an account to the person with this *verified* e-mail; False when nobody has it."""
    return people.link(session, now, caller.platform, caller.workspace, caller.user, caller.address, email, "platform") is not None
