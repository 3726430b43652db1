"""Roles that adapters play for each other. Nothing in bot/ calls them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.messages import Card


@dataclass(frozen=True)
class Recipient:
    """Where a message goes: `address` is opaque text that only `platform` reads; language and zone of the reader."""

    platform: str
    workspace: str
    address: str
    locale: str
    time_zone: str


class ChatPlatform(Protocol):
    """One chat platform as a speaker. Raises DeliveryError; never retries by itself (the lane does)."""

    name: str

    async def send(self, to: Recipient, card: Card, key: str) -> str:
        """Show a card as a new message; returns the reference by which it can be changed. `key` is the delivery's key."""
        ...

    async def update(self, to: Recipient, reference: str, card: Card) -> None:
        """Replace a sent message."""
        ...

    async def withdraw(self, to: Recipient, reference: str) -> None:
        """Remove a sent message; one that is gone already is no error."""
        ...

    async def find(self, to: Recipient, key: str) -> str:
        """The reference of a message that was sent with this key, so that it is not sent again after an interruption; the
        empty text where there is none lately, or where the platform has no way to tell."""
        ...


@dataclass(frozen=True)
class Letter:
    """One e-mail, already in words. `to` is an address."""

    to: str
    subject: str
    text: str
    html: str


class Mailer(Protocol):
    """Sends e-mail. Raises DeliveryError."""

    async def post(self, letter: Letter, key: str) -> None:
        """Hand one letter to the mail server; `key` becomes its Message-ID's left part."""
        ...


class Clock(Protocol):
    """Programme time. Signatures, sessions, leases and pacing keep wall time instead."""

    def now(self) -> datetime:
        """The current moment, UTC and aware."""
        ...
