"""Where somebody is reached on Teams, as opaque JSON; and which hosts our token may be sent to."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from urllib.parse import urlsplit

from bot.config import Config
from bot.errors import DeliveryError

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True)
class Address:
    """A conversation on Teams. A person whose personal chat we do not know yet has no `conversation`: it is made at sending.

    service: the Connector's base address, which Microsoft may move at any time. bot, user: channel account ids
    ("28:…", "29:…"). channel: set instead of user for a team's channel.
    """

    service: str
    tenant: str
    bot: str
    user: str = ""
    conversation: str = ""
    channel: str = ""

    def dump(self) -> str:
        """The address as text, the same text for the same place."""
        return json.dumps({f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name)}, separators=(",", ":"))

    def within(self, conversation: str) -> Address:
        """The same person, in this conversation."""
        return replace(self, conversation=conversation)


def load(text: str) -> Address:
    """Read an address. Raises DeliveryError (permanent) for anything that is none."""
    try:
        values = json.loads(text)
        return Address(**{str(k): str(v) for k, v in values.items()})
    except (ValueError, TypeError, AttributeError):
        raise DeliveryError("no usable Teams address", permanent=True) from None


@dataclass(frozen=True)
class Reference:
    """A message that was sent, by which it can be changed later."""

    service: str
    conversation: str
    activity: str

    def dump(self) -> str:
        """The reference as text."""
        return json.dumps([self.service, self.conversation, self.activity], separators=(",", ":"))

    @classmethod
    def load(cls, text: str) -> Reference:
        """Read a reference. Raises DeliveryError (permanent) for anything that is none."""
        try:
            service, conversation, activity = json.loads(text)
            return cls(str(service), str(conversation), str(activity))
        except (ValueError, TypeError):
            raise DeliveryError("no usable Teams message reference", permanent=True) from None


@dataclass(frozen=True)
class Hosts:
    """The hosts that our bearer token may go to; a leading dot allows subdomains.

    Anybody with a valid token of the channel could name any service address, so this list is checked before any call.
    """

    allowed: frozenset[str]

    @classmethod
    def of(cls, config: Config) -> Hosts:
        """TEAMS_ALLOWED_SERVICE_HOSTS, and loopback in development without tokens."""
        named = frozenset(h.strip().lower() for h in config.teams_allowed_service_hosts.split(",") if h.strip())
        return cls(named | _LOOPBACK if config.teams_anonymous_on_loopback else named)

    def allow(self, url: str) -> bool:
        """https on the usual port to a listed host; plain http to a listed loopback host only."""
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            return False
        if not host or parts.username is not None or parts.query or parts.fragment or not url.isascii():
            return False
        listed = host in self.allowed or any(h.startswith(".") and host.endswith(h) for h in self.allowed)
        if host in _LOOPBACK:
            return listed and parts.scheme in ("http", "https")
        return listed and parts.scheme == "https" and port in (None, 443)
