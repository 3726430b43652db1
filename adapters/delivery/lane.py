"""One lane: claims what is due, sends it at the platform's pace, writes down how it ended. At most `in_flight` at once."""

from __future__ import annotations

import asyncio
import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from sqlmodel import Session

from adapters import metrics
from adapters.delivery.pace import LIMITS, UNLIMITED, Pace
from adapters.delivery.prepare import Ended, Job, again, prepare_all
from bot import outbox
from bot.desks.notices.whom import lost
from bot.errors import DeliveryError
from bot.outbox import Delivery

if TYPE_CHECKING:
    from adapters.delivery import Lanes

ATTEMPTS = 8
SEND_SECONDS = 30.0
PATIENCE = 30.0  # a claimed delivery waits this long for its turn; for longer it goes back (its lease is 90 s)
log = structlog.get_logger("vinkki.delivery")


class Lane:
    """The queue of one workspace, tenant, mail server or the portal."""

    def __init__(self, lanes: Lanes, name: str) -> None:
        self.lanes, self.hub, self.name = lanes, lanes.hub, name
        self.pace = lanes.pace(name)

    async def run(self) -> None:
        """Send until nothing more is due. Settling what ended and claiming the next is one transaction."""
        flying: set[asyncio.Task[Ended]] = set()
        ended: list[Ended] = []
        while True:
            room = 0 if self.lanes.is_stopping or self.pace.held() else self.pace.limit.in_flight - len(flying)
            try:
                jobs, ended = await self._turn(ended, room)
            except Exception:
                log.exception("outbox cannot be written", lane=self.name)
                if await self.lanes.stopping_within(1.0):
                    return  # leases return what is still claimed
                continue
            flying |= {asyncio.create_task(self._send(job)) for job in jobs}
            if flying:
                done, flying = await asyncio.wait(flying, return_when=asyncio.FIRST_COMPLETED)
                ended += [task.result() for task in done]
            elif not ended and (not (held := self.pace.held()) or await self.lanes.stopping_within(held)):
                return

    async def _turn(self, ended: list[Ended], room: int) -> tuple[list[Job], list[Ended]]:
        now = self.hub.clock.now()
        claimed = await self.hub.db.write(_settle_and_claim, ended, self.name, self.lanes.owner, room, now)
        if not claimed:
            return [], []
        prepared = await self.hub.db.read(prepare_all, self.hub.deployment, self.lanes.platforms, claimed, now)
        return [p for p in prepared if isinstance(p, Job)], [p for p in prepared if isinstance(p, Ended)]

    async def _send(self, job: Job) -> Ended:
        while (wait := self.pace.wait(job.to.address)) > 0:
            if wait > PATIENCE or await self.lanes.stopping_within(wait):
                return again(job.delivery)
        self.pace.take(job.to.address)
        try:
            async with asyncio.timeout(SEND_SECONDS):
                reference = await self._speak(job)
        except DeliveryError as e:
            if not (reference := await self._found(job) if e.unknown else ""):
                return self._failed(job, e)
        except TimeoutError:
            if not (reference := await self._found(job)):
                return self._failed(job, DeliveryError("no answer in time", unknown=True))
        except Exception as e:
            log.exception("adapter failed", platform=job.to.platform, delivery=job.delivery.id)
            return self._failed(job, DeliveryError(f"the adapter failed ({type(e).__name__})"))
        self.pace.went_well()
        if job.card is None and job.delivery.deed == "send":
            return Ended(job.delivery, "cancelled", {"error": ""}, job.to)
        reached = job.to.address if reference else ""  # a letter is never changed; its address may be a candidate's, who is forgotten one day
        return Ended(job.delivery, "sent", {"sent_at": self.hub.clock.now(), "reference": reference, "reached": reached, "error": ""}, job.to)

    async def _speak(self, job: Job) -> str:
        chat = self.lanes.platforms[job.to.platform].chat
        if job.delivery.deed == "withdraw":
            await chat.withdraw(job.to, job.reference)
        elif job.card is None and (reference := await self._ask(job)):
            await chat.withdraw(job.to, reference)
        elif job.card is not None and job.delivery.deed == "update":
            await chat.update(job.to, job.reference, job.card)
        elif job.card is not None:
            if job.delivery.error == outbox.INTERRUPTED and (reference := await self._found(job)):
                return reference
            return await chat.send(job.to, job.card, job.delivery.key)
        return job.reference

    async def _found(self, job: Job) -> str:
        """The reference of a new message that may have arrived, as far as the platform tells; "" where it does not: better twice
        than never."""
        return await self._ask(job) if job.delivery.deed == "send" and job.card is not None else ""

    async def _ask(self, job: Job) -> str:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                return await self.lanes.platforms[job.to.platform].chat.find(job.to, job.delivery.key)
        except (DeliveryError, TimeoutError) as e:
            log.info("cannot tell whether it arrived", lane=self.name, delivery=job.delivery.id, why=getattr(e, "reason", "no answer in time"))
            return ""

    def _failed(self, job: Job, error: DeliveryError) -> Ended:
        """What becomes of a delivery the platform did not take, and of its lane."""
        delivery, now, values = job.delivery, self.hub.clock.now(), {"error": error.reason[:300]}
        log.info("not delivered", lane=self.name, delivery=delivery.id, attempt=delivery.attempts, permanent=error.permanent, unknown=error.unknown)
        if error.unknown:
            return Ended(delivery, "unknown", values, job.to)
        if error.lane:
            self.pace.hold(error.retry_after or 60.0)
            return again(delivery, **values)
        if error.permanent or delivery.attempts >= ATTEMPTS:
            return Ended(delivery, "parked", values, job.to, is_lost=error.permanent and delivery.deed == "send")
        if error.retry_after and error.retry_after <= PATIENCE:
            self.pace.hold(error.retry_after, job.to.address)
            return Ended(delivery, "owed", values)
        return Ended(delivery, "owed", values | {"due_at": now + timedelta(seconds=error.retry_after or backoff(delivery.attempts))})


def backoff(attempts: int) -> float:
    """Seconds until the next try: 5, 10, 20 … up to an hour, each up to a fifth longer so that a crowd spreads out."""
    return min(5.0 * (1 << max(0, min(attempts, 12) - 1)), 3600.0) * (1 + secrets.randbelow(200) / 1000)


def pace_for(lane: str) -> Pace:
    """A fresh pace for a lane, by its platform."""
    return Pace(LIMITS.get(lane.partition(":")[0], UNLIMITED))


def _settle_and_claim(session: Session, ended: list[Ended], lane: str, owner: str, room: int, now: datetime) -> list[Delivery]:
    for end in ended:
        delivery = end.delivery
        outbox.settle(session, delivery.id or 0, owner, end.state, **end.values)
        if end.is_lost and end.to and delivery.person_id:
            lost(session, delivery.person_id, end.to.platform, end.to.workspace)
        if end.to:
            metrics.deliveries.labels(end.to.platform, end.state).inc()
        if end.to and end.state == "sent":
            metrics.waited.labels(end.to.platform).observe(max(0.0, (now - delivery.due_at).total_seconds()))
    return outbox.claim(session, lane, owner, room, now, datetime.now(UTC))
