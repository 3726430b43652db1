"""Slack as a speaker: cards as messages, changed and withdrawn later."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.api import BLOCKS, delivered, error_of
from adapters.slack.render import card_to_message
from bot.errors import DeliveryError
from bot.messages import Card
from bot.ports import Recipient
from content.catalog import Words

# No link is unfurled: Slack's own fetch of a share link would look like a visit. Nothing is parsed: text is literal.
_QUIET: dict[str, Any] = {"unfurl_links": False, "unfurl_media": False}

_SENT = "vinkki_sent"
_PEOPLE = ("U", "W", "D")
_LATEST = 15  # all that some apps may read at once (docs.slack.dev/changelog/2025-05-29-tos-updates), and more than can be on its way


def _mark(key: str) -> str:
    """A delivery's key as other apps of the workspace may see it in the message's metadata: it says nothing to them."""
    return sha256(key.encode()).hexdigest()[:32]


class SlackChat:
    """ChatPlatform over the Web API. An address is a user's or a channel's id; a reference is `channel:timestamp`."""

    name = "slack"

    def __init__(self) -> None:
        self.client: AsyncWebClient | None = None  # set when the adapter starts, where the session can be made

    async def send(self, to: Recipient, card: Card, key: str) -> str:
        """Post a card; a workspace that does not know charts yet, or a picture Slack cannot fetch, gets it in words."""
        client, mark = self._client(), {"event_type": _SENT, "event_payload": {"key": _mark(key)}}

        async def post(**message: Any) -> Any:
            return await client.chat_postMessage(channel=to.address, parse="none", link_names=False, metadata=mark, **_QUIET, **message)

        answer = await delivered(_with_spare(post, to, card), is_repeatable=False)
        return f"{answer['channel']}:{answer['ts']}"

    async def update(self, to: Recipient, reference: str, card: Card) -> None:
        """Replace a sent message."""
        client = self._client()
        channel, _, ts = reference.partition(":")

        async def change(**message: Any) -> Any:
            return await client.chat_update(channel=channel, ts=ts, parse="none", **message)

        await delivered(_with_spare(change, to, card), is_repeatable=True)

    async def withdraw(self, to: Recipient, reference: str) -> None:
        """Remove a sent message; one that is gone already is no error."""
        channel, _, ts = reference.partition(":")
        try:
            await delivered(self._client().chat_delete(channel=channel, ts=ts), is_repeatable=True)
        except DeliveryError as e:
            if e.reason != "message_not_found":
                raise

    async def find(self, to: Recipient, key: str) -> str:
        """Look for our mark among the latest messages of the conversation with a person. Not in channels: that would take the
        right to read what people write there. Raises DeliveryError (missing_scope where the app was installed without im:history)."""
        if not to.address.startswith(_PEOPLE):
            return ""
        client, channel = self._client(), to.address
        if not channel.startswith("D"):
            channel = (await delivered(client.conversations_open(users=channel), is_repeatable=True))["channel"]["id"]
        latest = client.conversations_history(channel=channel, limit=_LATEST, include_all_metadata=True)
        for message in (await delivered(latest, is_repeatable=True)).get("messages") or ():
            if ((message.get("metadata") or {}).get("event_payload") or {}).get("key") == _mark(key):
                return f"{channel}:{message['ts']}"
        return ""

    def _client(self) -> AsyncWebClient:
        if self.client is None:
            raise DeliveryError("Slack is not started", lane=True, retry_after=5)
        return self.client


async def _with_spare(call: Any, to: Recipient, card: Card) -> Any:
    words = Words(to.locale, to.time_zone)
    try:
        return await call(**card_to_message(card, words))
    except SlackApiError as e:
        if error_of(e) not in BLOCKS:
            raise
    return await call(**card_to_message(card, words, is_spare=True))
