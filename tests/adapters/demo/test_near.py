"""Whoever reaches the demo's own pages may be anybody: they answer this machine's browser under this machine's name alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from adapters.demo.near import near
from adapters.house import House, make_house, make_hub
from bot.config import load


async def _client() -> TestClient[web.Request, web.Application]:
    async def hello(_request: web.Request) -> web.Response:
        return web.Response(text="hello")

    app = web.Application()
    app.router.add_get("/", near(hello))
    return TestClient(TestServer(app))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8765", "localhost", "localhost:8765", "[::1]", "[::1]:8765"])
async def test_this_machine_is_answered_under_its_names(host: str) -> None:
    async with await _client() as client:
        assert (await client.get("/", headers={"Host": host})).status == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8765", "127.0.0.1.evil.example", "localhost.evil.example:80", "10.0.0.7:8765", ""])
async def test_another_name_finds_nothing(host: str) -> None:
    async with await _client() as client:
        assert (await client.get("/", headers={"Host": host})).status == 404


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Forwarded-Host"])
async def test_what_a_proxy_passes_on_finds_nothing(header: str) -> None:
    async with await _client() as client:
        assert (await client.get("/", headers={header: "for=203.0.113.7"})).status == 404


async def test_every_route_of_the_demo_is_near_only(house: House) -> None:
    routes = [r for r in house.app.router.routes() if r.resource is not None and r.resource.canonical.startswith("/demo")]
    assert len({r.resource.canonical for r in routes if r.resource}) >= 10
    async with TestClient(TestServer(house.app)) as client:
        for route in routes:
            assert route.resource is not None
            path = route.resource.canonical.replace("{number}", "0").replace("{slug}", "stories/thirty-apprentices").replace("{entry}", "late-buses")
            away = await client.request(route.method, path, headers={"Host": "evil.example", "Sec-Fetch-Site": "same-origin"}, allow_redirects=False)
            assert away.status == 404, (route.method, path)
            form = {"person": "none"} if route.method == "POST" else None
            near_by = await client.request(route.method, path, headers={"Sec-Fetch-Site": "same-origin"}, data=form, allow_redirects=False)
            assert near_by.status in (200, 303), (route.method, path, near_by.status)


@pytest.mark.parametrize("typed", ["²", "9" * 30, "-1", ""])
@pytest.mark.parametrize(("path", "field", "back"), [("/demo/clock", "days", "/demo/clock"), ("/demo/person", "person", "/demo/people")])
async def test_a_number_that_is_none_changes_nothing(house: House, path: str, field: str, back: str, typed: str) -> None:
    async with TestClient(TestServer(house.app)) as client:
        answer = await client.post(path, headers={"Sec-Fetch-Site": "same-origin"}, data={field: typed}, allow_redirects=False)
        assert (answer.status, answer.headers["Location"]) == (303, back)


def test_serving_has_none_of_them(tmp_path: Path, sqlite_template: Path) -> None:
    (tmp_path / "vinkki.db").write_bytes(sqlite_template.read_bytes())
    config = load(_env_file=None, database_url=f"sqlite:///{tmp_path / 'vinkki.db'}", secret_key="a-test-key-that-is-long-enough-000")
    hub = make_hub(config)
    try:
        paths = {r.resource.canonical for r in make_house(hub).app.router.routes() if r.resource}
        assert "/sign-in" in paths and not any(path.startswith("/demo") for path in paths)
        assert not hub.deployment.is_demo
    finally:
        hub.db.close()
