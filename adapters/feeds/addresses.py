"""Which addresses may be fetched: the web's, by its usual ports, at hosts of the open internet, and nothing that only looks like one."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from adapters.feeds.unread import Unread

PORTS = (80, 443, 8080, 8443)
LONGEST = 2100
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# What Python 3.11 takes for open: RFC 6890's protocol assignments (Oracle's metadata, 192.0.0.192), Azure's own of each machine
# (https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16), RFC 9637's documentation, RFC 9602's segments, and
# RFC 8215's prefix for a translator of one's own, who decides where in it the IPv4 address stands
_OF_THE_HOUSE = tuple(ipaddress.ip_network(text) for text in ("192.0.0.0/24", "168.63.129.16/32", "3fff::/20", "5f00::/16", "64:ff9b:1::/48"))
_NUMBER = re.compile(r"(0x[0-9a-f]*|[0-9]+)\Z")  # a last label that a resolver may read as (part of) an IPv4 address
_NAME = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\Z")
# RFC 6761, 6762, 7686, 8375, 9476 and ICANN's .internal: names that no public resolver answers for, so whoever does is on the inside
_INSIDE = frozenset({"localhost", "local", "localdomain", "internal", "intranet", "lan", "home", "corp", "private", "test", "invalid", "onion", "alt", "arpa"})


@dataclass(frozen=True)
class Target:
    """One address, taken apart and checked in its form. `host` is ASCII (punycode) or an IP literal without brackets."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def is_usual_port(self) -> bool:
        """The port goes without saying."""
        return self.port == (443 if self.scheme == "https" else 80)


def target(url: str) -> Target:
    """The address as a Target; nothing was looked up yet. Raises Unread `form`, `port` or `inside`."""
    if len(url) > LONGEST or any(c.isspace() or c == "\\" or unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") for c in url):
        raise Unread("form")
    try:
        parts = urlsplit(url)
        port = parts.port
        host = _host(parts.hostname or "")
    except (ValueError, UnicodeError):
        raise Unread("form") from None
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc or "%" in parts.netloc:
        raise Unread("form")
    if port is not None and port not in PORTS:
        raise Unread("port")
    path = quote(parts.path or "/", safe="%/:=&~+!$,;'@()*") + (f"?{quote(parts.query, safe='%/:=&?~+!$,;@()*[]')}" if parts.query else "")
    return Target(parts.scheme, host, port or (443 if parts.scheme == "https" else 80), path)


def _host(host: str) -> str:
    """The host in ASCII, checked. Raises ValueError for what is none, Unread `inside` for what cannot be outside."""
    if ":" in host:
        return str(ipaddress.IPv6Address(host))  # a zone id (%eth0) was refused with the percent sign
    name = host.encode("idna").decode().lower() if not host.isascii() else host.lower()  # full-width digits and dots become plain here
    name = name.removesuffix(".")
    if is_ipv4(name):
        return name
    labels = name.split(".")
    if not all(_NAME.match(label) for label in labels):
        raise ValueError("name")
    if len(labels) < 2 or labels[-1] in _INSIDE or _NUMBER.match(labels[-1]):  # 0x7f.1, 2130706433 and 127.1 are addresses to some resolvers
        raise Unread("inside")
    return name


def is_ipv4(text: str) -> bool:
    """Four decimal numbers without leading zeros, and nothing that a resolver reads as such."""
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True


def is_literal(host: str) -> bool:
    """The host is an address already: nothing has to be looked up."""
    return ":" in host or is_ipv4(host)


def is_public(address: str) -> bool:
    """An address of the open internet, also when it is wrapped in IPv6 (mapped, 6to4, Teredo, NAT64)."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False  # a zone id, too: link-local
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.scope_id or ip.is_site_local:
            return False
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None and not is_public(str(inner)):
            return False
    if any(ip in network for network in _OF_THE_HOUSE):
        return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and not ip.is_unspecified
