"""E-mail as a platform that only speaks: a card becomes a letter, and its buttons a link to the portal."""

from __future__ import annotations

from aiohttp import web

from adapters.hub import Hub
from adapters.mail.render import card_to_letter
from adapters.mail.smtp import SmtpMailer, server_of
from bot.messages import Card
from bot.ports import Mailer, Recipient

__all__ = ["MailAdapter", "SmtpMailer", "card_to_letter", "server_of"]


class MailChat:
    """Posts letters. What is in somebody's mailbox cannot be changed, so nothing is referred to later."""

    name = "mail"

    def __init__(self, hub: Hub, mailer: Mailer) -> None:
        self._hub, self._mailer = hub, mailer

    async def send(self, to: Recipient, card: Card, key: str) -> str:
        """Post a letter; there is no reference by which it could be changed."""
        await self._mailer.post(card_to_letter(card, to, self._hub.deployment), key)
        return ""

    async def update(self, to: Recipient, reference: str, card: Card) -> None:
        """A letter stays as it is."""

    async def withdraw(self, to: Recipient, reference: str) -> None:
        """A letter stays where it is."""

    async def find(self, to: Recipient, key: str) -> str:
        """A mailbox is not ours to read; a repeated letter has the same Message-ID."""
        return ""


class MailAdapter:
    """The mail lane's platform, around any Mailer: an SMTP server, or the demo's mailbox."""

    name = "mail"

    def __init__(self, hub: Hub, mailer: Mailer) -> None:
        self.hub, self.chat = hub, MailChat(hub, mailer)

    def add_routes(self, app: web.Application) -> None:
        """Nobody writes to us."""

    async def start(self) -> None:
        """A connection is opened per letter."""

    async def stop(self) -> None:
        """Nothing is kept open."""

    def room_address(self, room: str) -> tuple[str, str] | None:
        """There are no rooms in the mail."""
        return None
