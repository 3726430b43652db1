"""A chat platform without a network: it passes the contract that Slack, Teams and the portal pass, and tests use it."""

from __future__ import annotations

import itertools
from collections import deque
from dataclasses import dataclass, field

from aiohttp import web

from adapters.hub import Hub
from bot.errors import DeliveryError
from bot.messages import Caller, Card, Command, Event, Heard, HomeOpened, Lookup, Press, Reply, Submission
from bot.ports import Recipient

WORKSPACE = "M1"


@dataclass
class Posted:
    """One message as it looks now."""

    reference: str
    card: Card
    locale: str
    time_zone: str
    key: str


@dataclass
class MemoryChat:
    """Keeps messages by address. `failures` holds what the next sends raise, first come first served."""

    name: str = "memory"
    messages: dict[str, dict[str, Posted]] = field(default_factory=dict)
    failures: deque[DeliveryError] = field(default_factory=deque)
    sent: int = 0

    async def send(self, to: Recipient, card: Card, key: str) -> str:
        """Keep a message; returns its reference."""
        self._fail()
        self.sent += 1
        reference = f"m{self.sent}"
        self.messages.setdefault(to.address, {})[reference] = Posted(reference, card, to.locale, to.time_zone, key)
        return reference

    async def update(self, to: Recipient, reference: str, card: Card) -> None:
        """Replace a message; DeliveryError (permanent) when there is none."""
        self._fail()
        try:
            self.messages[to.address][reference].card = card
        except KeyError:
            raise DeliveryError("no such message", permanent=True) from None

    async def withdraw(self, to: Recipient, reference: str) -> None:
        """Remove a message; one that is gone already is no error."""
        self._fail()
        self.messages.get(to.address, {}).pop(reference, None)

    async def find(self, to: Recipient, key: str) -> str:
        """The message with this key."""
        return next((m.reference for m in self.at(to.address) if m.key == key), "")

    def at(self, address: str) -> list[Posted]:
        """The messages at an address, oldest first."""
        return list(self.messages.get(address, {}).values())

    def _fail(self) -> None:
        if self.failures:
            raise self.failures.popleft()


class MemoryAdapter:
    """The platform in both directions. `emails` holds each account's verified address, as a real platform's API knows it."""

    name = "memory"

    def __init__(self, hub: Hub, *, has_rooms: bool = True) -> None:
        self.hub, self.chat, self.emails, self.has_rooms = hub, MemoryChat(), dict[str, str](), has_rooms
        self._events = itertools.count(1)

    def add_routes(self, app: web.Application) -> None:
        """Nobody calls it from outside."""

    async def start(self) -> None:
        """Nothing to open."""

    async def stop(self) -> None:
        """Nothing to close."""

    def room_address(self, room: str) -> tuple[str, str] | None:
        """The address of a room."""
        return (WORKSPACE, f"room-{room}") if self.has_rooms else None

    async def hear(self, user: str, heard: Heard, key: str = "") -> Reply:
        """Let an account do something: the same key twice is the same event repeated."""
        caller = Caller(self.name, WORKSPACE, user, address=f"dm-{user}")

        async def email() -> str:
            return self.emails.get(user, "")

        if not key and not isinstance(heard, HomeOpened | Lookup):
            key = f"event-{next(self._events)}"
        return await self.hub.hear(Event(key, caller, heard), email)

    async def command(self, user: str, name: str, text: str = "") -> Reply:
        """Say a command."""
        return await self.hear(user, Command(name, text))

    async def press(self, user: str, action: str, value: str = "") -> Reply:
        """Press a button."""
        return await self.hear(user, Press(action, value))

    async def submit(self, user: str, form: str, subject: str, values: dict[str, str]) -> Reply:
        """Send a form."""
        return await self.hear(user, Submission(form, subject, values))
