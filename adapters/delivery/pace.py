"""How fast each platform may be spoken to, on wall time: the platform's limits, and what it asks when we are too fast."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Limit:
    """`per_second` messages to one workspace or tenant, `per_address` seconds between two to the same place, `in_flight` at once."""

    per_second: float
    per_address: float
    in_flight: int


# Slack: one message a second and channel, "several hundred" a minute in a workspace (docs.slack.dev rate-limits).
# Teams: 50 requests a second per app and tenant, older pages say 30; 7 a second in one thread (msteams-docs rate-limit.md).
LIMITS = {
    "slack": Limit(8, 1.0, 8),
    "teams": Limit(25, 0.15, 8),
    "mail": Limit(5, 0, 2),
}
UNLIMITED = Limit(float("inf"), 0, 32)


@dataclass
class Pace:
    """Says when the next message of one lane may go. After the platform asked to wait, the lane slows down and recovers by
    and by, since the limit is not told to us exactly."""

    limit: Limit
    clock: Callable[[], float] = time.monotonic
    _next: float = 0.0
    _held_until: float = 0.0
    _slower: float = 1.0
    _places: OrderedDict[str, float] = field(default_factory=OrderedDict)

    def held(self) -> float:
        """Seconds for which the whole lane waits because the platform asked for it."""
        return max(0.0, self._held_until - self.clock())

    def wait(self, address: str) -> float:
        """Seconds until a message may go to an address; zero or less: now."""
        return max(self._held_until, self._next, self._places.get(address, 0.0)) - self.clock()

    def take(self, address: str) -> None:
        """A message goes to an address now."""
        now = self.clock()
        self._next = max(self._next, now - 0.25) + self._slower / self.limit.per_second
        self._note(address, now + self.limit.per_address)

    def hold(self, seconds: float, address: str = "") -> None:
        """The platform asks to wait: one address, or (no address) the whole lane, which then goes on at half its speed."""
        if address:
            self._note(address, self.clock() + seconds)
            return
        self._held_until = max(self._held_until, self.clock() + seconds)
        self._slower = min(self._slower * 2, 16.0)

    def went_well(self) -> None:
        """A message was taken: back towards full speed, over some hundred messages."""
        self._slower = max(1.0, self._slower * 0.99)

    def _note(self, address: str, until: float) -> None:
        self._places[address] = until
        self._places.move_to_end(address)
        while len(self._places) > 1000:  # older ones have long passed
            self._places.popitem(last=False)
