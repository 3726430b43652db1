"""Who may knock: every way in which a token can be wrong is refused, has no effect, and never is a 500 (facts: T1-T11)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from contracts.gallery import open_gallery
from cryptography.hazmat.primitives import serialization
from sqlmodel import func, select

from adapters.guard import Refused
from adapters.teams.tokens import KEEP, PAUSE
from bot.audit import AuditEntry
from bot.outbox import Receipt

from .conftest import APP_ID, Door, activity, claims, jwk, key, mint


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _hs256() -> str:
    """Signed with the public key as if it were a shared secret."""
    public = key("channel").public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    signed = f"{_part({'alg': 'HS256', 'typ': 'JWT', 'kid': 'key-1'})}.{_part(claims())}"
    return f"{signed}.{base64.urlsafe_b64encode(hmac.new(public, signed.encode(), hashlib.sha256).digest()).rstrip(b'=').decode()}"


def _tampered() -> str:
    head, _, signature = mint().split(".")
    return f"{head}.{_part(claims(aud=APP_ID, extra='1'))}.{signature}"


NOW = int(time.time())
HEADERS: dict[str, Callable[[], str]] = {
    "no header": lambda: "",
    "no token": lambda: "Bearer",
    "an empty token": lambda: "Bearer ",
    "garbage": lambda: "Bearer garbage",
    "three parts of garbage": lambda: "Bearer a.b.c",
    "Basic": lambda: f"Basic {mint()}",
    "lower case": lambda: f"bearer {mint()}",
    "no word": mint,
    "two blanks": lambda: f"Bearer  {mint()}",
    "a blank behind": lambda: f"Bearer {mint()} x",
    "two tokens": lambda: f"Bearer {mint()},{mint()}",
    "64 KiB": lambda: f"Bearer {'a' * 4000}.{'b' * 8000}.{'c' * 4000}"[:8000],
}
TOKENS: dict[str, Callable[[], str]] = {
    "alg none": lambda: f"{_part({'alg': 'none', 'kid': 'key-1'})}.{_part(claims())}.",
    "alg none with a signature": lambda: f"{_part({'alg': 'none', 'kid': 'key-1'})}.{_part(claims())}.{mint().split('.')[2]}",
    "HS256 with the public key": _hs256,
    "RS512": lambda: jwt.encode(claims(), key("channel"), algorithm="RS512", headers={"kid": "key-1"}),
    "another's key under the same id": lambda: mint("evil"),
    "another's key by address": lambda: mint("evil", "evil", {"jku": "https://evil.example/keys"}),
    "another's key inside": lambda: mint("evil", "evil", {"jwk": jwk("evil", "evil")}),
    "a key id that is SQL": lambda: mint(kid="' OR 1=1 --"),
    "no key id": lambda: mint(kid=None),
    "critical extensions": lambda: mint(headers={"crit": ["exp"]}),
    "changed claims": _tampered,
    "a cut signature": lambda: mint()[:-20],
    "no signature": lambda: mint().rsplit(".", 1)[0] + ".",
    "another bot's": lambda: mint(aud="99999999-2222-4333-8444-555555555555"),
    "nobody's": lambda: mint(aud=None),
    "a list of bots'": lambda: mint(aud=[APP_ID, "other"]),
    "another issuer's": lambda: mint(iss="https://evil.example"),
    "a tenant's issuer": lambda: mint(iss="https://sts.windows.net/d6d49420-f39b-4df7-a1dc-d59a935871db/"),
    "no issuer's": lambda: mint(iss=None),
    "out of date by 301 s": lambda: mint(exp=int(time.time()) - 301),
    "without an end": lambda: mint(exp=None),
    "an end that is no number": lambda: mint(exp="tomorrow"),
    "from the future": lambda: mint(nbf=int(time.time()) + 600),
    "no service address": lambda: mint(serviceurl=None),
    "another service address": lambda: mint(serviceurl="https://smba.trafficmanager.net/amer/"),
    "a service address that is no text": lambda: mint(serviceurl=["x"]),
}


async def _effects(door: Door) -> tuple[int, int]:
    count = lambda s, table: s.exec(select(func.count()).select_from(table)).one()  # noqa: E731
    return await door.db.read(count, Receipt), await door.db.read(count, AuditEntry)


@pytest.mark.parametrize("name", HEADERS)
async def test_a_header_that_holds_no_token_is_refused(door: Door, name: str) -> None:
    assert await door.post(activity(), header=HEADERS[name]()) == 401
    assert await _effects(door) == (0, 0) and not door.sent and not door.fetches


@pytest.mark.parametrize("name", TOKENS)
async def test_a_wrong_token_is_refused_without_effect(door: Door, name: str) -> None:
    with open_gallery() as gallery:
        assert await door.post(activity(), TOKENS[name]()) == 401
        assert not gallery.heard and not door.sent and await _effects(door) == (0, 0)


@pytest.mark.parametrize("exp", [-200, 3600])
async def test_a_good_token_is_let_in_with_five_minutes_of_leeway(door: Door, exp: int) -> None:
    assert await door.post(activity(), mint(exp=int(time.time()) + exp)) == 200
    assert door.sent


async def test_two_authorization_headers_are_refused(door: Door) -> None:
    async with door.http.post("/api/messages", data=b"{}", headers=[("Content-Type", "application/json"), *[("Authorization", f"Bearer {mint()}")] * 2]) as r:
        assert r.status == 401


async def test_a_key_that_may_not_speak_for_teams_is_refused(door: Door) -> None:
    door.keys = [jwk("channel", "key-1", endorsements=("webchat",))]
    assert await door.post(activity()) == 401


async def test_direct_line_uses_the_same_keys_and_is_refused(door: Door) -> None:
    assert await door.post(activity(channelId="webchat")) == 403  # there the client says itself who it is


@pytest.mark.parametrize("service", ["", None])
async def test_an_activity_without_service_address_does_not_skip_the_check(door: Door, service: str | None) -> None:
    assert await door.post(activity(serviceUrl=service)) == 400


async def test_a_host_that_is_not_allowed_is_refused_though_the_token_names_it(door: Door) -> None:
    for host in (
        "https://evil.example/",
        "https://smba.trafficmanager.net.evil.example/",
        "http://smba.trafficmanager.net/",
        "https://u@smba.trafficmanager.net/",
    ):
        assert await door.post(activity(serviceUrl=host), mint(serviceurl=host)) == 403
    assert not door.sent


async def test_another_tenant_is_refused_and_audited_once_a_minute(door: Door) -> None:
    foreign = activity(channelData={"tenant": {"id": "other-tenant"}})
    assert [await door.post(foreign) for _ in range(3)] == [403, 403, 403]
    assert await door.post(activity(channelData=None, conversation={"id": "a:aino"})) == 403
    assert (await _effects(door))[0] == 0 and not door.sent
    assert await door.db.read(lambda s: len(s.exec(select(AuditEntry)).all())) == 2


async def test_a_new_key_is_fetched_at_once_and_at_most_once_a_minute(door: Door) -> None:
    assert await door.post(activity()) == 200
    door.keys = [jwk("second", "key-2")]
    assert await door.post(activity(), mint("second", "key-2")) == 401  # a minute has not passed since the last look
    door.now += PAUSE
    assert await door.post(activity(), mint("second", "key-2")) == 200
    assert await door.post(activity()) == 401  # the old one is withdrawn
    for kid in range(20):
        assert await door.post(activity(), mint("evil", f"guess-{kid}")) == 401
    assert door.fetches == 2


async def test_a_token_seen_before_is_judged_anew(door: Door) -> None:
    token, prover = mint(), door.adapter.entry.prover
    assert [await door.post(activity(), token) for _ in range(2)] == [200, 200]
    assert await door.post(activity(), token[:-4] + "AAAA") == 401
    assert await door.post(activity(serviceUrl="https://europe.botframework.com"), token) == 401
    prover.now = lambda: time.time() + 3600 + 301
    assert await door.post(activity(), token) == 200  # PyJWT keeps its own time: the token is checked in full again
    prover.now = time.time
    door.keys = [jwk("second", "key-2")]
    door.now += PAUSE
    assert await door.post(activity(), mint("second", "key-2")) == 200
    assert await door.post(activity(), token) == 401


async def test_old_keys_serve_a_day_while_the_metadata_cannot_be_had(door: Door) -> None:
    assert await door.post(activity()) == 200
    door.is_down = True
    door.now += KEEP - 60
    assert await door.post(activity()) == 200
    door.now += 61 + PAUSE
    assert await door.post(activity()) == 503
    door.is_down = False
    door.now += PAUSE
    assert await door.post(activity()) == 200


async def test_without_any_key_it_asks_to_be_tried_again(door: Door) -> None:
    door.is_down = True
    assert await door.post(activity()) == 503


async def test_other_methods_and_types_are_refused(door: Door) -> None:
    async with door.http.get("/api/messages") as response:
        assert response.status == 405
    assert await door.post(activity(), headers={"Content-Type": "text/plain"}) == 415
    assert await door.post(b"x" * (1024 * 1024 + 1)) == 413


@pytest.mark.parametrize("body", [b"{", b"[1]", b'"x"', b"", b"[" * 100_000, b"\xff", b"null"])
async def test_nonsense_is_not_even_read_without_a_token(door: Door, body: bytes) -> None:
    assert await door.post(body, header="Bearer a.b.c") == 401
    assert await door.post(body) == 400


async def test_development_without_tokens_is_for_this_machine_only(open_door: Callable[..., Any]) -> None:
    door: Door = await open_door(teams_app_id="", teams_app_password="", teams_tenant_id="", teams_anonymous_on_loopback=True)
    local = activity(serviceUrl="http://127.0.0.1:3978")
    assert await door.post(local, header="") == 200 and door.sent
    assert await door.post(activity(), header="") == 200  # the real hosts stay allowed; without a token nothing goes there
    for host in ("evil.example", "127.0.0.1.evil.example", "["):
        assert await door.post(local, header="", headers={"Host": host}) == 401
    assert await door.post(local, header="", headers={"Origin": "https://evil.example"}) == 401
    assert await door.post(activity(serviceUrl="https://evil.example"), header="") == 403


async def test_an_empty_app_id_alone_lets_nobody_in(open_door: Callable[..., Any]) -> None:
    door: Door = await open_door(teams_app_id="", teams_app_password="")
    assert await door.post(activity(), header="") == 401


def test_refusals_say_nothing_about_the_token() -> None:
    assert Refused(401).word == "unauthorised"
