"""Teams as a speaker: send, update, withdraw; and the patient way in which we answer whoever pressed."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from adapters.teams import addresses
from adapters.teams.addresses import Address, Reference
from adapters.teams.elements import Element
from adapters.teams.outbound import Connector, Gone
from adapters.teams.render import CONTENT_TYPE, card_to_adaptive, summary
from bot.errors import DeliveryError
from bot.messages import Card
from bot.ports import Recipient
from content.catalog import Words

T = TypeVar("T")
_REMEMBERED = 20_000
_PATIENCE = 3.0  # seconds we wait for Teams while somebody waits for us


def to_activity(card: Element, line: str) -> dict[str, Any]:
    """A message with one card; `line` is what the notification says."""
    return {"type": "message", "summary": line, "attachments": [{"contentType": CONTENT_TYPE, "content": card}]}


async def patiently(call: Callable[[], Awaitable[T]]) -> T:
    """An answer to whoever pressed: tried again, twice at most, when Teams asks for a short wait. Raises DeliveryError."""
    for _ in range(2):
        try:
            return await call()
        except DeliveryError as e:
            if e.permanent or e.unknown or e.retry_after is None or e.retry_after > _PATIENCE:
                raise
            await asyncio.sleep(e.retry_after)
    return await call()


class TeamsChat:
    """The ChatPlatform of Teams. Personal chats that had to be opened are remembered (opening gives the same one again)."""

    name = "teams"

    def __init__(self, connector: Connector) -> None:
        self.connector = connector
        self._opened: OrderedDict[tuple[str, str], str] = OrderedDict()

    async def send(self, to: Recipient, card: Card, key: str) -> str:
        """Post a card to a person's private chat or as a new thread in a channel."""
        words = Words(to.locale, to.time_zone)
        activity = to_activity(card_to_adaptive(card, words), summary(card, words))
        address = addresses.load(to.address)
        return (await self._thread(address, activity) if address.channel else await self.private(address, activity)).dump()

    async def update(self, to: Recipient, reference: str, card: Card) -> None:
        """Replace a sent card."""
        words, sent = Words(to.locale, to.time_zone), Reference.load(reference)
        activity = to_activity(card_to_adaptive(card, words), summary(card, words))
        await self.connector.update(sent.service, sent.conversation, sent.activity, activity)

    async def withdraw(self, to: Recipient, reference: str) -> None:
        """Remove a sent card."""
        sent = Reference.load(reference)
        try:
            await self.connector.delete(sent.service, sent.conversation, sent.activity)
        except Gone:
            return

    async def find(self, to: Recipient, key: str) -> str:
        """The Connector has no way to read what was sent (learn.microsoft.com, bot-framework-rest-connector-api-reference)."""
        return ""

    async def private(self, address: Address, activity: dict[str, Any]) -> Reference:
        """Post to somebody's private chat, which is opened first where we do not know it or it is gone."""
        if address.conversation:
            try:
                return await self._post(address, address.conversation, activity)
            except Gone:
                if not address.user:
                    raise
        return await self._post(address, await self._open(address, anew=bool(address.conversation)), activity)

    async def _post(self, address: Address, conversation: str, activity: dict[str, Any]) -> Reference:
        return Reference(address.service, conversation, await self.connector.send(address.service, conversation, activity))

    async def _open(self, address: Address, *, anew: bool) -> str:
        whom = (address.tenant, address.user)
        if not anew and whom in self._opened:
            return self._opened[whom]
        asked = {
            "isGroup": False, "bot": {"id": address.bot}, "members": [{"id": address.user}], "tenantId": address.tenant,
            "channelData": {"tenant": {"id": address.tenant}},
        }  # fmt: skip
        conversation, _ = await self.connector.create(address.service, asked)
        if not conversation:
            raise DeliveryError("no private chat could be opened", permanent=True)
        self._opened[whom] = conversation
        while len(self._opened) > _REMEMBERED:
            self._opened.popitem(last=False)
        return conversation

    async def _thread(self, address: Address, activity: dict[str, Any]) -> Reference:
        asked = {
            "isGroup": True, "bot": {"id": address.bot}, "tenantId": address.tenant, "activity": activity,
            "channelData": {"channel": {"id": address.channel}, "tenant": {"id": address.tenant}},
        }  # fmt: skip
        conversation, first = await self.connector.create(address.service, asked)
        return Reference(address.service, conversation, first)
