"""Fetching from the open web, caged: public addresses only, checked after every redirect, and the connection goes to the very
address that was checked (a name may answer differently the second time). 5 seconds and so many bytes for everything together."""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from typing import TypeAlias
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from bot.errors import VinkkiError

Resolve: TypeAlias = Callable[[str, int], Sequence[str]]
Allowed: TypeAlias = Callable[[str], bool]
SECONDS = 5.0
MOST_HOPS = 5
_NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))


def system_resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, by the system's resolver."""
    return [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def is_public(address: str) -> bool:
    """An address of the open internet, also when it is wrapped in IPv6 (mapped, 6to4, Teredo, NAT64)."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if ip.version == 6:
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if any(ip in network for network in _NAT64):
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None and not is_public(str(inner)):
            return False
        if ip.is_site_local:
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and not ip.is_unspecified


def fetch(url: str, *, most: int, resolve: Resolve = system_resolve, allowed: Allowed = is_public, seconds: float = SECONDS) -> bytes:
    """The body behind an address, following up to five redirects. Raises VinkkiError with a sentence that names no inside."""
    deadline = time.monotonic() + seconds
    try:
        for _ in range(MOST_HOPS + 1):
            body, onward = _hop(_checked(url), most, resolve, allowed, deadline)
            if onward is None:
                return body
            if urlsplit(url).scheme == "https" and urlsplit(urljoin(url, onward)).scheme != "https":
                raise VinkkiError("the address leads from https to http")
            url = urljoin(url, onward)
    except TimeoutError:
        raise VinkkiError("the server took too long") from None
    except (OSError, http.client.HTTPException, UnicodeError):
        raise VinkkiError("the server could not be reached or answered in a way that cannot be read") from None
    raise VinkkiError("the address leads on and on")


def _checked(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise VinkkiError("this is not an address") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or "%" in parts.netloc or "\\" in url:
        raise VinkkiError("only http and https addresses without a user name are fetched")
    if port not in (None, 80, 443, 8080, 8443):
        raise VinkkiError("this port is not one of the web's")
    return parts


def _hop(parts: SplitResult, most: int, resolve: Resolve, allowed: Allowed, deadline: float) -> tuple[bytes, str | None]:
    host, port = (parts.hostname or "").encode("idna").decode(), parts.port or (443 if parts.scheme == "https" else 80)
    addresses = resolve(host, port)
    if not addresses or not all(allowed(a) for a in addresses):
        raise VinkkiError("this address is not on the open internet")
    connection, sock = _connect(parts.scheme, host, port, addresses[0], deadline)
    # a server that sends a byte now and then never lets a socket's own timeout run out
    guard = threading.Timer(_left(deadline), _hang_up, (sock,))
    guard.daemon = True
    guard.start()
    try:
        path = quote(parts.path or "/", safe="%/:=&~+!$,;'@()*") + (f"?{quote(parts.query, safe='%/:=&?~+!$,;@()*[]')}" if parts.query else "")
        headers = {"User-Agent": "Vinkki (story intake)", "Accept": "application/rss+xml, application/atom+xml, */*;q=0.5", "Accept-Encoding": "identity"}
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        if answer.status in (301, 302, 303, 307, 308):
            return b"", answer.getheader("Location") or ""
        if answer.status != 200:
            raise VinkkiError(f"the server answered {answer.status}")
        body = _body(answer, sock, most, deadline)
        _left(deadline)  # hung up on, a body looks as if it had ended
        return body, None
    except (OSError, http.client.HTTPException):
        _left(deadline)
        raise
    finally:
        guard.cancel()
        connection.close()


def _hang_up(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


def _connect(scheme: str, host: str, port: int, address: str, deadline: float) -> tuple[http.client.HTTPConnection, socket.socket]:
    """A connection to the checked address; the certificate still has to be the host's."""
    connection = http.client.HTTPConnection(host, port, timeout=_left(deadline))
    sock = socket.create_connection((address, port), timeout=_left(deadline))
    if scheme == "https":
        sock.settimeout(_left(deadline))
        sock = ssl.create_default_context().wrap_socket(sock, server_hostname=host)
    connection.sock = sock
    return connection, sock


def _body(answer: http.client.HTTPResponse, sock: socket.socket, most: int, deadline: float) -> bytes:
    if answer.getheader("Content-Encoding", "identity").lower() != "identity":
        raise VinkkiError("the server sends compressed what was asked for plain")
    parts: list[bytes] = []
    size = 0
    while True:
        left = _left(deadline)
        with contextlib.suppress(OSError):  # closed: everything was read already
            sock.settimeout(left)
        part = answer.read1(65536)
        size += len(part)
        if size > most:
            raise VinkkiError(f"there is more than a feed may hold ({most // 1024} KiB)")
        if not part:
            return b"".join(parts)
        parts.append(part)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
