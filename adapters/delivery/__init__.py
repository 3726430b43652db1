"""From the outbox to the platforms, in lanes: one queue per workspace, tenant, mail server and the portal.

A row is claimed (with a lease), its card built from the state of that moment, sent at the platform's pace, and settled.
Nothing is lost when the process dies: leases run out, and a restarted process takes back what it held. Of a message that was
on its way at that moment the platform is asked first; where it cannot tell, the message may come once more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

import structlog

from adapters.delivery.lane import Lane, pace_for
from adapters.delivery.pace import Pace
from adapters.hub import Hub, PlatformAdapter
from bot import outbox

__all__ = ["Lanes"]
BEAT = 0.02  # seconds from being woken to looking: whoever pressed is answered first, and many presses are one look
log = structlog.get_logger("vinkki.delivery")


class Lanes:
    """All lanes of this process. `owner` names the process in claims; a restart under the same name takes back its own."""

    def __init__(self, hub: Hub, platforms: Mapping[str, PlatformAdapter], owner: str = "vinkki") -> None:
        self.hub, self.platforms, self.owner = hub, platforms, owner
        self._running: dict[str, asyncio.Task[None]] = {}
        self._paces: dict[str, Pace] = {}
        self._awake = asyncio.Event()
        self._stop = asyncio.Event()
        self._watch: asyncio.Task[None] | None = None

    @property
    def is_stopping(self) -> bool:
        """No new deliveries are claimed any more."""
        return self._stop.is_set()

    async def start(self) -> None:
        """Take back what a dead predecessor held, and deliver from now on whenever woken."""
        await self.hub.db.write(outbox.release, datetime.now(UTC), self.owner)
        self.hub.wakers.append(self.wake)
        self._watch = asyncio.create_task(self._watching())
        self.wake()

    def wake(self) -> None:
        """Something may be due. Cheap; call it from the event loop's thread after any commit."""
        self._awake.set()

    async def sweep(self) -> None:
        """Return expired leases (of this process or of a dead one) and look for work; the scheduler calls it at every tick."""
        await self.hub.db.write(outbox.release, datetime.now(UTC))
        self.wake()

    async def drain(self) -> None:
        """Return once nothing is due any more (paused lanes apart): for tests and for the demo's clock."""
        while await self._open():
            await asyncio.wait(self._running.values())

    async def stop(self) -> None:
        """Claim nothing more, let what is on its way arrive, write down how it ended."""
        self._stop.set()
        if self.wake in self.hub.wakers:
            self.hub.wakers.remove(self.wake)
        if self._watch:
            self._watch.cancel()
        if self._running:
            await asyncio.wait(self._running.values(), timeout=40)

    async def stopping_within(self, seconds: float) -> bool:
        """Wait; True as soon as the lanes are being stopped."""
        try:
            await asyncio.wait_for(self._stop.wait(), seconds)
        except TimeoutError:
            return False
        return True

    def pace(self, lane: str) -> Pace:
        """The pace of a lane, kept from one run to the next."""
        return self._paces.setdefault(lane, pace_for(lane))

    async def _watching(self) -> None:
        while True:
            await self._awake.wait()
            await asyncio.sleep(BEAT)
            self._awake.clear()
            try:
                await self._open()
            except Exception:
                log.exception("outbox cannot be read")
                await asyncio.sleep(1)
                self._awake.set()

    async def _open(self) -> bool:
        """Start a run for every lane with work; True while any is running."""
        busy = await self.hub.db.read(outbox.busy_lanes, self.hub.clock.now())
        for name in busy:
            if name not in self._running and not self.is_stopping:
                task = self._running[name] = asyncio.create_task(Lane(self, name).run(), name=f"lane {name}")
                task.add_done_callback(lambda done, name=name: self._ended(name, done))  # type: ignore[misc]
        return bool(self._running)

    def _ended(self, name: str, task: asyncio.Task[None]) -> None:
        self._running.pop(name, None)
        if not task.cancelled() and (error := task.exception()):
            log.error("lane failed", lane=name, exc_info=error)
        if not self.is_stopping:
            self.wake()  # something may have come in while the lane was ending
