"""What every platform can be asked to do in a test, in the words of a person: say, press, fill in, look.

A driver speaks to the real adapter as the real platform would (signed HTTP requests, tokens, a browser's forms) and reads
back what the platform was given, from the wire. The contract suite and the journeys know nothing else.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from conftest import StillClock

from adapters.hub import Hub, PlatformAdapter
from bot.db import Database
from bot.desks import Deployment
from bot.people import Person


@dataclass(frozen=True)
class SeenButton:
    """A button as drawn. `url` is set for those that open a browser."""

    text: str
    action: str = ""
    value: str = ""
    url: str = ""


@dataclass(frozen=True)
class Seen:
    """What somebody sees after doing something. `texts` holds every shown string in order (unescaped, as a reader reads it)."""

    texts: tuple[str, ...] = ()
    buttons: tuple[SeenButton, ...] = ()
    fields: tuple[str, ...] = ()  # names of the fields, when it is a form
    errors: dict[str, str] = field(default_factory=dict)  # by field name
    raw: Any = None  # the driver's own: whatever it needs to press or submit here

    @property
    def text(self) -> str:
        """Everything shown, in one string."""
        return "\n".join(self.texts)

    @property
    def is_form(self) -> bool:
        """It asks for something."""
        return bool(self.fields)

    def button(self, action: str) -> SeenButton:
        """The first button for an action; AssertionError naming what there was."""
        found = next((b for b in self.buttons if b.action == action), None)
        assert found is not None, f"no button {action}; there are {[b.action or b.url for b in self.buttons]} under:\n{self.text}"
        return found


class Driver(Protocol):
    """One platform, as its users meet it."""

    name: str
    adapter: PlatformAdapter

    async def join(self, person: Person) -> None:
        """Give the person an account here: the platform knows their verified e-mail, so the first event links it."""
        ...

    async def stranger(self, email: str = "") -> Any:
        """An account of somebody who is not in the directory; pass the result as `person` to `command`."""
        ...

    async def command(self, person: Any, name: str, text: str = "") -> Seen:
        """Say a command (`stories`, `refer`, `referrals`, `vinkki`, `admin`) as this platform's users do."""
        ...

    async def press(self, person: Person, seen: Seen, action: str, value: str | None = None, *, twice: bool = False) -> Seen:
        """Press the (first) button for `action`, also one that is confirmed. `twice` repeats the very same event as a
        retrying platform does, and returns the second answer."""
        ...

    async def submit(self, person: Person, form: Seen, values: dict[str, str]) -> Seen:
        """Fill in and send a form that is on screen; fields not named keep what they held."""
        ...

    async def lookup(self, person: Person, form: Seen, name: str, query: str) -> list[tuple[str, str]]:
        """Type into a lookup field: the (value, words) offered."""
        ...

    async def home(self, person: Person) -> Seen:
        """Open the person's home."""
        ...

    async def inbox(self, person: Person) -> list[Seen]:
        """Messages the person holds now, oldest first, as they look now (updated ones in their new form, withdrawn ones gone)."""
        ...

    async def room(self, room: str) -> list[Seen]:
        """Messages in the channel `admin` or `recruiting`, oldest first."""
        ...

    async def fail_next(self, *, permanent: bool = False, retry_after: int | None = None) -> None:
        """Let the platform refuse the next message it is sent, as the real one would."""
        ...


class Opener(Protocol):
    """`open_driver` of every module in tests/contracts/drivers."""

    def __call__(self, world: World) -> AbstractAsyncContextManager[Driver]: ...


@dataclass
class World:
    """One deployment under test; several drivers may be opened on it at once."""

    db: Database
    deployment: Deployment
    clock: StillClock
    drivers: dict[str, Driver] = field(default_factory=dict)

    def hub(self, **settings: Any) -> Hub:
        """A hub on this world's database; `settings` are fields of bot.config.Config (tokens, loopback addresses)."""
        from bot.config import load

        config = load(_env_file=None, secret_key="a-test-key-that-is-long-enough-000", base_url=self.deployment.base_url, **settings)
        return Hub(config, self.db, self.deployment, self.clock)

    async def deliver(self) -> None:
        """Send everything that is due now, through the real delivery lanes of the open drivers."""
        from contracts.sending import deliver

        await deliver(self)

    async def tick(self) -> None:
        """Let time ask: run every step of desks.clock until nothing more is due, then deliver."""
        from contracts.sending import run_steps

        await run_steps(self)
        await self.deliver()
