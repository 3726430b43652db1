"""Handing letters to a mail server: encrypted unless it is on this machine, and every failure named as a DeliveryError."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, localtime
from urllib.parse import unquote, urlsplit

import aiosmtplib

from bot.config import Config
from bot.errors import ConfigError, DeliveryError
from bot.ports import Letter

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_ADDRESS = re.compile(r"[^@\s<>]+@[^@\s<>]+")
TIMEOUT = 20.0


@dataclass(frozen=True)
class Server:
    """A mail server as VINKKI_SMTP_URL names it."""

    host: str
    port: int
    user: str | None
    password: str | None = field(repr=False)
    is_tls: bool  # TLS from the first byte (smtps)
    is_starttls: bool  # TLS begun by STARTTLS, required


def server_of(config: Config) -> Server | None:
    """The mail server, or None where none is configured. Raises ConfigError; never quotes the URL."""
    url = config.smtp_url.get_secret_value()
    if not url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ConfigError("VINKKI_SMTP_URL is not an address such as smtp://user:password@mail.example.com:587") from None
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ConfigError("VINKKI_SMTP_URL must begin with smtp:// or smtps:// and name a host")
    if not _ADDRESS.fullmatch(config.mail_from):
        raise ConfigError("VINKKI_MAIL_FROM must be the e-mail address that letters come from")
    is_tls = parts.scheme == "smtps"
    user, password = (unquote(x) if x else None for x in (parts.username, parts.password))
    return Server(parts.hostname, port or (465 if is_tls else 587), user, password, is_tls, not is_tls and parts.hostname not in _LOOPBACK)


class SmtpMailer:
    """The Mailer that posts to a server. One connection per letter: the lane sends a few a second at most."""

    def __init__(self, server: Server, sender: str, organisation: str) -> None:
        self._server = server
        user, _, domain = sender.rpartition("@")
        self._sender, self._domain = Address(_line(organisation), user, domain), domain

    async def post(self, letter: Letter, key: str) -> None:
        """Hand one letter over. A repeated key gives the same Message-ID, so that a mailbox can tell a repetition."""
        await self._with_server(self._message(letter, key))

    async def greet(self) -> None:
        """Only connect, sign in and leave: for the doctor."""
        await self._with_server(None)

    async def _with_server(self, message: EmailMessage | None) -> None:
        s = self._server
        client = aiosmtplib.SMTP(hostname=s.host, port=s.port, username=s.user, password=s.password, use_tls=s.is_tls, start_tls=s.is_starttls, timeout=TIMEOUT)
        try:
            async with client:
                if message is not None:
                    await client.send_message(message)
        except aiosmtplib.SMTPException as e:
            raise _named(e) from None
        except OSError:
            raise DeliveryError("the mail server cannot be reached", lane=True, retry_after=60) from None

    def _message(self, letter: Letter, key: str) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._sender
        try:
            message["To"] = _address(letter.to)
        except ValueError:
            raise DeliveryError("that is no e-mail address", permanent=True) from None
        message["Subject"] = _line(letter.subject)
        message["Date"] = format_datetime(localtime())
        message["Message-ID"] = f"<{re.sub(r'[^A-Za-z0-9]+', '.', key)}@{self._domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"  # Exchange: no out-of-office answers
        message.set_content(letter.text)
        message.add_alternative(letter.html, subtype="html")
        return message


def _address(text: str) -> Address:
    if not _ADDRESS.fullmatch(text):
        raise ValueError(text)
    user, _, domain = text.rpartition("@")
    return Address("", user, domain)


def _line(text: str) -> str:
    """One line without control characters: nothing can be smuggled into a header."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:200]


def _named(error: aiosmtplib.SMTPException) -> DeliveryError:
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return DeliveryError("the mail server refuses our name or password", lane=True, retry_after=300)
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        worst = max((r.code for r in error.recipients), default=550)
        return DeliveryError(f"the mail server refuses the address ({worst})", permanent=worst >= 500)
    if isinstance(error, aiosmtplib.SMTPConnectError | aiosmtplib.SMTPServerDisconnected | aiosmtplib.SMTPTimeoutError):
        return DeliveryError("the mail server cannot be reached", lane=True, retry_after=60)
    if isinstance(error, aiosmtplib.SMTPResponseException):
        if error.code == 421:
            return DeliveryError("the mail server asks to wait (421)", lane=True, retry_after=60)
        return DeliveryError(f"the mail server refuses the letter ({error.code})", permanent=error.code >= 500)
    if "STARTTLS extension not supported" in str(error):
        return DeliveryError("the mail server offers no TLS (STARTTLS), and outside this machine nothing is sent in clear text", lane=True, retry_after=300)
    return DeliveryError(f"the mail server cannot be used ({type(error).__name__})", lane=True, retry_after=300)
