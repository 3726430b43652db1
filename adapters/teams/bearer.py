"""The bot's own token for the Connector: fetched once, shared by every call, renewed five minutes before it ends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import aiohttp

from bot.config import Config
from bot.errors import DeliveryError

SCOPE = "https://api.botframework.com/.default"
_EARLY = 300.0
_TIMEOUT = aiohttp.ClientTimeout(total=10, connect=5)


def token_url(config: Config) -> str:
    """TEAMS_TOKEN_URL, or Microsoft's for the tenant: bots are single-tenant since July 2025."""
    return config.teams_token_url or f"https://login.microsoftonline.com/{config.teams_tenant_id}/oauth2/v2.0/token"


@dataclass
class Bearer:
    """Client credentials. Without an app id (development on loopback) there is no token and none is sent."""

    config: Config
    clock: Callable[[], float] = time.monotonic
    _token: str = ""
    _until: float = float("-inf")
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def headers(self, session: aiohttp.ClientSession) -> dict[str, str]:
        """The Authorization header of a call. Raises DeliveryError for the whole lane when no token can be had."""
        if not self.config.teams_app_id:
            return {}
        async with self._lock:
            if self.clock() >= self._until:
                await self._fetch(session)
        return {"Authorization": f"Bearer {self._token}"}

    def forget(self) -> None:
        """The Connector did not take the token: fetch another next time."""
        self._until = float("-inf")

    async def _fetch(self, session: aiohttp.ClientSession) -> None:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.config.teams_app_id,
            "client_secret": self.config.teams_app_password.get_secret_value(),
            "scope": SCOPE,
        }
        try:
            async with session.post(token_url(self.config), data=form, timeout=_TIMEOUT, allow_redirects=False) as response:
                answer = await response.json(content_type=None)
                if response.status != 200:
                    # invalid_client is the usual one: the secret expired. Nothing in the answer is secret, but nothing more is needed.
                    raise DeliveryError(f"token refused: {str(answer.get('error', response.status))[:60]}", retry_after=60, lane=True)
                self._token, lasts = str(answer["access_token"]), float(answer.get("expires_in", 3600))
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, AttributeError) as e:
            raise DeliveryError(f"no token: {type(e).__name__}", retry_after=15, lane=True) from None
        self._until = self.clock() + max(30.0, lasts - _EARLY)
