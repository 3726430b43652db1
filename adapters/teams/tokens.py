"""Is this request from the Bot Framework channel? Our own check of its tokens, with our own cache of its keys.

Rules: "Authenticate requests from the Bot Connector service to your bot" (learn.microsoft.com). Where botbuilder 4.17
falls short of them (facts: reliability 2.2): no `exp` is let through, a new key is refused for a day, refusals are 500.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import jwt

ISSUER = "https://api.botframework.com"
LEEWAY = 300  # seconds of clock skew the protocol grants
KEEP = 24 * 3600.0  # old keys are good for a day while the metadata cannot be had
REFRESH = 12 * 3600.0
PAUSE = 60.0  # between two attempts to fetch, whatever is asked for
_REMEMBERED = 256  # tokens
_BEARER = re.compile(r"Bearer ([\w-]{1,4096}\.[\w-]{1,8192}\.[\w-]{1,4096})", re.ASCII)

Fetch = Callable[[str], Awaitable[dict[str, Any]]]


class BadToken(Exception):
    """The token proves nothing. The text is for our log and names no content of the token."""


class KeysUnavailable(Exception):
    """No keys at all can be had at the moment, so nothing can be judged."""


@dataclass(frozen=True)
class Proof:
    """What a token proved: the service address it is for, and the channels its key may speak for. Empty in development."""

    service_url: str = ""
    endorsements: frozenset[str] = frozenset()
    is_anonymous: bool = False


@dataclass(frozen=True)
class _Key:
    key: jwt.PyJWK
    endorsements: frozenset[str]


@dataclass
class ChannelKeys:
    """The channel's public keys by id. An unknown id leads to one fetch, at most one a minute."""

    metadata_url: str
    fetch: Fetch
    clock: Callable[[], float] = time.monotonic
    _keys: dict[str, _Key] = field(default_factory=dict)
    _fetched: float = float("-inf")
    _tried: float = float("-inf")
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def find(self, kid: str) -> _Key:
        """The key. Raises BadToken when there is none of that id, KeysUnavailable when there are none at all."""
        if kid not in self._keys or self.clock() - self._fetched > REFRESH:
            await self._refresh(kid)
        if self.clock() - self._fetched > KEEP:
            raise KeysUnavailable
        if kid not in self._keys:
            raise BadToken("unknown key")
        return self._keys[kid]

    async def _refresh(self, kid: str) -> None:
        async with self._lock:
            now = self.clock()
            if (kid in self._keys and now - self._fetched <= REFRESH) or now - self._tried < PAUSE:
                return
            self._tried = now
            try:
                metadata = await self.fetch(self.metadata_url)
                found = _keys(await self.fetch(self._trusted(metadata["jwks_uri"])))
            except Exception:
                return
            if found:
                self._keys, self._fetched = found, self.clock()

    def _trusted(self, url: object) -> str:
        """The keys come by https, unless the metadata itself comes from loopback."""
        if not isinstance(url, str) or urlsplit(url).scheme not in ("https", urlsplit(self.metadata_url).scheme):
            raise ValueError("unusable jwks_uri")
        return url


def _keys(document: dict[str, Any]) -> dict[str, _Key]:
    found = {}
    for entry in document.get("keys", []):
        if isinstance(entry, dict) and entry.get("kty") == "RSA" and isinstance(entry.get("kid"), str):
            named = entry.get("endorsements", [])
            found[entry["kid"]] = _Key(jwt.PyJWK(entry, algorithm="RS256"), frozenset(e for e in named if isinstance(e, str)))
    return found


def bearer(header: str) -> str:
    """The token of an Authorization header. Raises BadToken unless it has exactly the shape of one."""
    match = _BEARER.fullmatch(header)
    if match is None:
        raise BadToken("no bearer token")
    return match[1]


@dataclass
class Prover:
    """Checks Authorization headers. The channel uses one token for many requests, so one that was proved is remembered
    for as long as it is good and its key is announced; a token that differs in one letter is another token."""

    keys: ChannelKeys
    app_id: str
    now: Callable[[], float] = time.time
    _proved: OrderedDict[str, tuple[_Key, float, Proof]] = field(default_factory=OrderedDict)

    async def prove(self, header: str) -> Proof:
        """What the header's token proves. Raises BadToken or KeysUnavailable."""
        token = bearer(header)
        kid = _kid(token)
        key = await self.keys.find(kid)
        known = self._proved.get(token)
        if known is not None and known[0] is key and self.now() <= known[1]:
            return known[2]
        claims = _claims(token, key, self.app_id)
        service_url = claims.get("serviceurl")
        if not isinstance(service_url, str) or not service_url:
            raise BadToken("no service address")
        proof = Proof(service_url, key.endorsements)
        self._proved[token] = (key, float(claims["exp"]) + LEEWAY, proof)
        while len(self._proved) > _REMEMBERED:
            self._proved.popitem(last=False)
        return proof


def _kid(token: str) -> str:
    """The id of the key a token says it was signed with. Raises BadToken for any other kind of token than the channel's."""
    try:
        stated = jwt.get_unverified_header(token)
    except jwt.PyJWTError:
        raise BadToken("unreadable header") from None
    kid = stated.get("kid")
    if stated.get("alg") != "RS256" or not isinstance(kid, str) or len(kid) > 256 or "crit" in stated:
        raise BadToken("not a token of the channel")
    return kid


def _claims(token: str, key: _Key, app_id: str) -> dict[str, Any]:
    try:
        return jwt.decode(
            token, key.key, algorithms=["RS256"], audience=app_id, issuer=ISSUER, leeway=LEEWAY,
            options={"require": ["exp", "iss", "aud"], "strict_aud": True},
        )  # fmt: skip
    except jwt.PyJWTError as e:
        raise BadToken(type(e).__name__) from None
