"""The Teams adapter on a real HTTP server, with a signing key of our own and a Connector that only writes down."""

from __future__ import annotations

import io
import itertools
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jwt
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from conftest import StillClock
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from adapters.hub import Hub
from adapters.teams import TeamsAdapter
from bot.config import load
from bot.db import Database
from bot.desks import Deployment

APP_ID = "11111111-2222-4333-8444-555555555555"
TENANT = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
SERVICE = "https://smba.trafficmanager.net/emea/"
ISSUER = "https://api.botframework.com"
AAD = "99999999-0000-4000-8000-000000000001"


@cache
def key(name: str) -> RSAPrivateKey:
    """A key pair by name, made once."""
    return generate_private_key(public_exponent=65537, key_size=2048)


def jwk(name: str, kid: str, endorsements: tuple[str, ...] = ("msteams", "webchat")) -> dict[str, Any]:
    """The public half, as the channel announces it."""
    public: dict[str, Any] = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key(name).public_key()))
    return {"kty": "RSA", "use": "sig", "kid": kid, "n": public["n"], "e": public["e"], "endorsements": list(endorsements)}


def claims(**changed: Any) -> dict[str, Any]:
    """What a good token states; None leaves a claim out."""
    now = int(time.time())
    stated = {"iss": ISSUER, "aud": APP_ID, "nbf": now - 10, "exp": now + 3600, "serviceurl": SERVICE} | changed
    return {k: v for k, v in stated.items() if v is not None}


def mint(signer: str = "channel", kid: str | None = "key-1", headers: dict[str, Any] | None = None, **changed: Any) -> str:
    """A token."""
    return jwt.encode(claims(**changed), key(signer), algorithm="RS256", headers=({"kid": kid} if kid is not None else {}) | (headers or {}))


_ids = itertools.count(1)


def activity(kind: str = "message", **changed: Any) -> dict[str, Any]:
    """What Teams sends when somebody types in the private chat; None leaves a part out."""
    whole = {
        "type": kind, "id": f"a{next(_ids)}", "channelId": "msteams", "serviceUrl": SERVICE, "text": "vinkki gallery",
        "from": {"id": "29:aino", "aadObjectId": AAD, "name": "Aino"}, "recipient": {"id": f"28:{APP_ID}", "name": "Vinkki"},
        "conversation": {"id": "a:aino", "conversationType": "personal", "tenantId": TENANT}, "channelData": {"tenant": {"id": TENANT}},
    } | changed  # fmt: skip
    return {k: v for k, v in whole.items() if v is not None}


@dataclass
class Door:
    """The adapter behind HTTP. `keys` is what the channel announces; `sent` what would have gone to the Connector."""

    adapter: TeamsAdapter
    http: TestClient[Any, Any]
    db: Database
    keys: list[dict[str, Any]]
    is_down: bool = False
    fetches: int = 0
    now: float = 1000.0
    sent: list[tuple[Any, ...]] = field(default_factory=list)
    member: dict[str, Any] = field(default_factory=dict)

    async def fetch(self, url: str) -> dict[str, Any]:
        if self.is_down:
            raise OSError("down")
        if url.endswith("openidconfiguration"):
            self.fetches += 1
            return {"issuer": ISSUER, "jwks_uri": "https://login.botframework.com/keys"}
        return {"keys": self.keys}

    async def call(self, method: str, service: str, path: str, body: Any = None) -> dict[str, Any]:
        if method == "GET":
            return self.member
        self.sent.append((method, service, path, body))
        return {"id": f"m{len(self.sent)}"}

    async def post(self, body: Any, token: str | None = None, header: str | None = None, **kwargs: Any) -> int:
        """Post as the channel would; returns the status."""
        return (await self.answer(body, token, header, **kwargs))[0]

    async def answer(self, body: Any, token: str | None = None, header: str | None = None, **kwargs: Any) -> tuple[int, str]:
        stated = header if header is not None else f"Bearer {token if token is not None else mint()}"
        headers = {"Content-Type": "application/json", "Authorization": stated} | kwargs.pop("headers", {})
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        async with self.http.post("/api/messages", data=io.BytesIO(raw), headers={k: v for k, v in headers.items() if v}, **kwargs) as response:
            return response.status, await response.text()


@pytest.fixture
async def open_door(lite: Database, deployment: Deployment, clock: StillClock) -> AsyncIterator[Callable[..., Any]]:
    opened: list[Door] = []

    async def open_(**settings: Any) -> Door:
        given = {
            "teams_app_id": APP_ID, "teams_app_password": "not-a-placeholder", "teams_tenant_id": TENANT, "secret_key": "a-test-key-that-is-long-enough-000"
        } | settings  # fmt: skip
        adapter = TeamsAdapter(Hub(load(_env_file=None, **given), lite, deployment, clock))
        app = web.Application()
        adapter.add_routes(app)
        http = TestClient(TestServer(app))
        await http.start_server()
        door = Door(adapter, http, lite, [jwk("channel", "key-1")])
        adapter.keys.fetch, adapter.keys.clock = door.fetch, lambda: door.now
        adapter.connector._call = door.call  # type: ignore[method-assign]
        opened.append(door)
        return door

    yield open_
    for door in opened:
        await door.http.close()
        await door.adapter.stop()


@pytest.fixture
async def door(open_door: Callable[..., Any]) -> Door:
    found: Door = await open_door()
    return found
