"""What every platform adapter is given: the way to the desks, and who is told when something new is owed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from aiohttp import web

from bot import desks
from bot.config import Config
from bot.db import Database
from bot.desks import Deployment, front
from bot.messages import Card, Event, ReadPage, Reply, Submission, Unknown
from bot.ports import ChatPlatform, Clock

VerifiedEmail = Callable[[], Awaitable[str]]
ReadsPages = Callable[[str], Awaitable[Mapping[str, str]]]


async def unread(url: str) -> Mapping[str, str]:
    """Where nobody reads pages."""
    return {"unread": "unreachable"}


@dataclass
class Hub:
    """The house as an adapter sees it. `read_page` looks at a page of the open web (adapters.feeds).
    `wake` is called after anything that may have left something in the outbox."""

    config: Config
    db: Database
    deployment: Deployment
    clock: Clock
    read_page: ReadsPages = unread
    wakers: list[Callable[[], None]] = field(default_factory=list)

    async def hear(self, event: Event, email: VerifiedEmail | None = None) -> Reply:
        """Bring an event to the desks. An account that is not known yet is tied to a person by `email`, which asks the
        platform's own API for the account's verified address (and returns the empty text where it has none)."""
        now = self.clock.now()
        reply = await desks.hear(self.db, self.deployment, event, now)
        if isinstance(reply.answer, Unknown) and email and (address := await email()):
            caller = event.caller
            if await self.db.write(front.recognise, caller, address, now):
                reply = await desks.hear(self.db, self.deployment, event, now)
        if isinstance(reply.answer, ReadPage):
            reply = await self._read(event, reply.answer)
        self.wake()
        return reply

    async def _read(self, event: Event, wanted: ReadPage) -> Reply:
        """The answer once the page was read. The same event heard again reads it again, and has its first effect."""
        found = await self.read_page(wanted.url)
        read = Event(f"{event.key}:read" if event.key else "", event.caller, Submission(wanted.form, wanted.subject, dict(found)))
        return await desks.hear(self.db, self.deployment, read, self.clock.now())

    def wake(self) -> None:
        """Tell the delivery lanes that something may be owed."""
        for waker in self.wakers:
            waker()


class Preview(Protocol):
    """Draws a card as HTML that looks as on that platform, from the very payload the platform would get."""

    def __call__(self, card: Card, locale: str, time_zone: str) -> str: ...


class PlatformAdapter(Protocol):
    """One platform, in both directions. `main` makes those that are configured and no others."""

    name: str
    chat: ChatPlatform

    def add_routes(self, app: web.Application) -> None:
        """Add the HTTP routes, if the platform calls us."""
        ...

    async def start(self) -> None:
        """Open connections (Socket Mode, sessions); called once the database is ready."""
        ...

    async def stop(self) -> None:
        """Close them."""
        ...

    def room_address(self, room: str) -> tuple[str, str] | None:
        """(workspace, address) of the room `admin` or `recruiting` on this platform, or None."""
        ...
