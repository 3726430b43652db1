from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from conftest import StillClock

from adapters.guard import Refused
from adapters.hub import Hub
from adapters.memory import MemoryAdapter
from adapters.web import make_app
from bot.config import load
from bot.db import Database
from bot.desks import Deployment


@pytest.fixture
def hub(lite: Database, deployment: Deployment, clock: StillClock) -> Hub:
    config = load(_env_file=None, secret_key="a-test-key-that-is-long-enough-000")
    return Hub(config, lite, deployment, clock)


class Breaking(MemoryAdapter):
    def add_routes(self, app: web.Application) -> None:
        async def boom(request: web.Request) -> web.Response:
            raise RuntimeError("secret-canary-1234")

        async def refuse(request: web.Request) -> web.Response:
            raise Refused(401)

        app.router.add_get("/boom/{token}", boom)
        app.router.add_get("/refuse", refuse)


@pytest.fixture
async def client(hub: Hub) -> AsyncIterator[TestClient]:
    app = make_app(hub, [Breaking(hub)], lambda: {"scheduler": True})
    async with TestClient(TestServer(app)) as c:
        yield c


async def test_health_is_answered_without_the_database(client: TestClient, hub: Hub) -> None:
    hub.db.close()
    assert (await client.get("/healthz")).status == 200


async def test_ready_says_what_is_missing(client: TestClient, hub: Hub) -> None:
    answer = await client.get("/readyz")
    assert answer.status == 200 and await answer.json() == {"database": True, "scheduler": True}


async def test_not_ready_while_the_database_is_away(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise OSError("gone")

    monkeypatch.setattr(hub.db, "ping", away)
    async with TestClient(TestServer(make_app(hub, [], lambda: {"scheduler": False}))) as client:
        answer = await client.get("/readyz")
        assert answer.status == 503 and await answer.json() == {"database": False, "scheduler": False}


async def test_a_platform_that_is_away_is_named_and_takes_nothing_else_down(hub: Hub) -> None:
    async with TestClient(TestServer(make_app(hub, [], lambda: {"clock": True, "slack": False}))) as client:
        answer = await client.get("/readyz")
        assert answer.status == 200 and (await answer.json())["slack"] is False


async def test_an_error_tells_nothing_of_the_inside(client: TestClient) -> None:
    answer = await client.get("/boom/token123")
    text = await answer.text()
    assert answer.status == 500 and "canary" not in text and "Traceback" not in text and len(text) < 100


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nowhere", 404), ("POST", "/healthz", 405), ("GET", "/refuse", 401), ("TRACE", "/", 404)])
async def test_what_leads_nowhere_is_answered_in_a_word(client: TestClient, method: str, path: str, status: int) -> None:
    answer = await client.request(method, path)
    assert answer.status == status and len(await answer.text()) < 40


async def test_every_answer_carries_security_headers(client: TestClient) -> None:
    for path in ("/healthz", "/nowhere", "/boom/x"):
        headers = (await client.get(path)).headers
        assert headers["X-Content-Type-Options"] == "nosniff" and "default-src 'none'" in headers["Content-Security-Policy"]
        assert "aiohttp" not in headers["Server"] and "Python" not in headers["Server"]


async def test_figures_name_routes_and_never_paths(client: TestClient) -> None:
    await client.get("/boom/token123")
    text = await (await client.get("/metrics")).text()
    assert 'vinkki_http_requests_total{route="/boom/{token}",status="500"}' in text and "token123" not in text


async def test_figures_are_not_for_those_who_come_through_a_proxy(client: TestClient) -> None:
    assert (await client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"})).status == 404
