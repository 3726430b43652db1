"""The ticker. Every few seconds it lets the clock's desk do what is due; what is due stands in rows, never in the scheduler.

(APScheduler deletes a one-shot job whose moment passed while the process was down, and runs a 03:30 cron twice in October.)
"""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from adapters import metrics
from adapters.clock import MovableClock
from adapters.delivery import Lanes
from adapters.hub import Hub
from bot.desks.clock import STEPS, Step

TICK_SECONDS = 5
ROUNDS = 500  # of at most 1,000 rows each, per step and tick; the rest comes with the next tick
log = structlog.get_logger("vinkki.scheduler")


class Ticker:
    """Runs every step of desks.clock until nothing more is due, each round in a transaction of its own, then wakes the lanes."""

    def __init__(self, hub: Hub, lanes: Lanes) -> None:
        self.hub, self.lanes = hub, lanes
        self.ticked_at = time.monotonic()  # for /readyz
        self._one_at_a_time = asyncio.Lock()
        self._is_stopping = False
        self._scheduler = AsyncIOScheduler(timezone="UTC")

    def start(self) -> None:
        """Tick from now on."""
        self._scheduler.add_job(
            self._tick_safely, "interval", seconds=TICK_SECONDS, next_run_time=datetime.now().astimezone(), coalesce=True, max_instances=1,
            misfire_grace_time=None,
        )  # fmt: skip
        self._scheduler.start()

    async def stop(self) -> None:
        """No tick begins any more; one that is under way ends with its round. APScheduler would cancel it in the middle."""
        self._is_stopping = True
        if self._scheduler.running:
            self._scheduler.pause()
        async with self._one_at_a_time:
            pass
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    async def tick(self) -> None:
        """One tick at the programme's present moment."""
        async with self._one_at_a_time:
            now = self.hub.clock.now()
            for name, step in STEPS.items():
                await self._step(name, step, now)
            await self.lanes.sweep()
        self.hub.wake()
        self.ticked_at = time.monotonic()

    async def _tick_safely(self) -> None:
        try:
            await self.tick()
        except Exception:
            log.exception("tick failed")  # the next one tries again; /readyz shows when none succeeds

    async def _step(self, name: str, step: Step, now: datetime) -> None:
        try:
            for _ in range(ROUNDS):
                with metrics.steps.labels(name).time():
                    more = await self.hub.db.write(step, self.hub.deployment, now)
                if not more or self._is_stopping:
                    return
        except Exception:
            metrics.step_failures.labels(name).inc()
            log.exception("clock step failed", step=name)  # the other steps still run

    async def advance(self, clock: MovableClock, days: int) -> None:
        """Let programme time pass, one day's tick at a time, with everything due in between sent. For the demo.

        Deliveries leave twice a day, twelve hours apart: whoever it is night for at one time is awake at the other.
        """
        for _ in range(days):
            await clock.move(timedelta(hours=12))
            await self.lanes.drain()
            await clock.move(timedelta(hours=12))
            await self.tick()
            await self.lanes.drain()
