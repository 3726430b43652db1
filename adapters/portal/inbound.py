"""What a browser sends, as the events that desks hear."""

from __future__ import annotations

import re

from adapters.guard import Refused
from adapters.portal.asking import Posted
from bot.desks.views import event_key
from bot.messages import Caller, Command, Event, Heard, Press

COMMANDS = ("stories", "refer", "referrals", "vinkki", "admin")
_NONCE = re.compile(r"[A-Za-z0-9_-]{8,64}\Z")


def to_caller(person_id: int) -> Caller:
    """A signed-in person; the address is what live pages listen to."""
    return Caller("portal", "", str(person_id), str(person_id))


def to_event(person_id: int, heard: Heard, nonce: str = "") -> Event:
    """An event; with a nonce it is heard once, without one nothing is kept of it."""
    return Event(event_key(person_id, nonce) if nonce else "", to_caller(person_id), heard)


def to_command(text: str) -> Command:
    """Typed words: `/refer`, `stories`, `vinkki help`, `/vinkki-admin people`; a word of Vinkki's own needs no `vinkki`."""
    word, _, rest = text.strip().lstrip("/").strip().partition(" ")
    word = word.lower().replace("vinkki-admin", "admin")
    if word in COMMANDS:
        return Command(word, rest.strip()[:500])
    return Command("vinkki", f"{word} {rest}".strip()[:500])


def to_press(posted: Posted) -> Press:
    """A pressed button."""
    return Press(field(posted, "action")[:80], field(posted, "value")[:200])


def nonce_of(posted: Posted) -> str:
    """The post's own key. Raises Refused 400 where it is missing: without it a reload would be heard twice."""
    nonce = field(posted, "nonce")
    if not _NONCE.match(nonce):
        raise Refused(400)
    return nonce


def field(posted: Posted, name: str) -> str:
    """The first value of a field, or the empty text."""
    return next(iter(posted.get(name, [])), "")
