"""Nobody but Slack, nothing but payloads, no workspace but ours. Cases S1 to S13 of the attack list; never a 500."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import random
import string
import time
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from contracts.driver import World
from contracts.drivers.slack import SlackDriver
from contracts.gallery import Gallery
from hypothesis import given
from hypothesis import strategies as st
from loopback.slack_people import EVENTS, FORM
from multidict import CIMultiDict
from sqlmodel import select

from adapters.slack.envelope import Malformed, from_body, from_dict
from adapters.slack.signature import Signature
from bot.audit import AuditEntry
from bot.outbox import Receipt
from bot.people import Identity, Person

BODY = b"command=%2Fvinkki&text=help&team_id=T0MERI&user_id=U0X&trigger_id=1.2.3"
NOW = 1_700_000_000.0


def signed(body: bytes = BODY, at: float = NOW, secret: str = "loopback-signing-secret") -> CIMultiDict[str]:
    return CIMultiDict(Signature(secret, lambda: at).headers(body))


def changed(**headers: str) -> CIMultiDict[str]:
    given = signed()
    for name, value in headers.items():
        given["X-Slack-" + name.replace("_", "-")] = value
    return given


def doubled() -> CIMultiDict[str]:
    given = signed()
    given.add("X-Slack-Signature", given["X-Slack-Signature"])
    return given


SIGN = signed()["X-Slack-Signature"]
FORGED = {
    "no headers": CIMultiDict(),
    "no signature": CIMultiDict({"X-Slack-Request-Timestamp": str(int(NOW))}),
    "no timestamp": CIMultiDict({"X-Slack-Signature": SIGN}),
    "wrong secret": signed(secret="another-secret-altogether"),
    "empty signature": changed(Signature=""),
    "version 1": changed(Signature="v1=" + SIGN[3:]),
    "upper-case hex": changed(Signature="v0=" + SIGN[3:].upper()),
    "truncated": changed(Signature=SIGN[:-1]),
    "longer": changed(Signature=SIGN + "0"),
    "newline behind": changed(Signature=SIGN + "\n"),
    "other body": signed(b"another"),
    "other time": changed(Request_Timestamp=str(int(NOW) - 1)),
    "301 s old": signed(at=NOW - 301),
    "302 s early": signed(at=NOW + 302),
    "time in words": changed(Request_Timestamp="abc"),
    "time with a point": changed(Request_Timestamp="123.5"),
    "no time": changed(Request_Timestamp=""),
    "time of 5,000 digits": changed(Request_Timestamp="1" * 5000),
    "time with spaces": changed(Request_Timestamp=f" {int(NOW)} "),
    "time with underscores": changed(Request_Timestamp="1_700_000_000"),
    "other digits": changed(Request_Timestamp="١٧٠٠٠٠٠٠٠٠"),
    "not ASCII": changed(Signature="v0=ä" + SIGN[4:]),
    "twice": doubled(),
}


@pytest.mark.parametrize("headers", FORGED.values(), ids=FORGED.keys())
def test_a_forged_request_is_not_slacks(headers: CIMultiDict[str]) -> None:
    assert not Signature("loopback-signing-secret", lambda: NOW).is_genuine(headers, BODY)


@pytest.mark.parametrize("age", [-299, 0, 299])
def test_a_signed_request_within_five_minutes_is_slacks(age: int) -> None:
    assert Signature("loopback-signing-secret", lambda: NOW).is_genuine(signed(at=NOW + age), BODY)


async def test_forged_requests_get_401_whatever_their_body(slack: SlackDriver) -> None:
    bodies = [
        BODY,
        b"\xff\xfe",
        b"{",
        b"[1]",
        b'"x"',
        b"[" * 100_000,
        b"payload=%7B",
        b"payload=[]",
        b"ssl_check=1&token=x",
        b'{"type":"url_verification","challenge":"c"}',
    ]
    stamp = str(int(time.time()))
    for body in bodies:
        for headers in ({}, {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": "v0=" + "0" * 64}, {"X-Slack-Request-Timestamp": "9" * 5000}):
            for kind in (FORM, "application/json"):
                async with slack.people.session.post(slack.people.app + EVENTS, data=body, headers={**headers, "Content-Type": kind}) as answer:
                    assert answer.status == 401, (body[:20], headers)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{"), ("application/json", b"[1]"), ("application/json", b'"x"'), ("application/json", b"[" * 100_000),
        ("application/json", b'{"type":"event_callback"}'), ("application/json", b'{"type":"event_callback","event":[],"team_id":"T0MERI","event_id":"E1"}'),
        ("application/json", b"\xff\xfe"), ("application/json", b""), ("application/json", b"1" * 5000), (FORM, b""), (FORM, b"\xff"), (FORM, b"payload=%7B"),
        (FORM, b"payload=[]"), (FORM, b"payload=" + b"[" * 100_000), (FORM, b"payload=null"), (FORM, b"payload=%7B%7D&payload=%7B%7D"), (FORM, b"command=x"),
        (FORM, b"a=1&" * 100), (FORM, b"command=%2Fvinkki&team_id=T0MERI&user_id=%00&trigger_id=1"),
        (FORM, ("payload=" + quote('{"type":"interactive_message","callback_id":"x","team":{"id":"T0MERI"},"user":{"id":"U01"}}')).encode()),
        (FORM, ("payload=" + quote('{"type":"block_actions","actions":[],"team":{"id":"T0MERI"},"user":{"id":"U01"}}')).encode()),
        (FORM, ("payload=" + quote('{"type":"shortcut","callback_id":"\\ud800","team":{"id":"T0MERI"},"user":{"id":"U01"}}')).encode()),
    ],
)  # fmt: skip
async def test_a_signed_body_that_is_no_payload_is_a_400(slack: SlackDriver, kind: str, body: bytes) -> None:
    assert (await slack.people.post(body, kind))[0] == 400


async def test_the_route_takes_no_other_method_type_or_size(slack: SlackDriver) -> None:
    people = slack.people
    async with people.session.get(people.app + EVENTS) as answer:
        assert answer.status == 405
    assert (await people.post(b"x", "text/plain"))[0] == 415
    large = b"x" * ((1 << 20) + 1)
    async with people.session.post(people.app + EVENTS, data=io.BytesIO(large), headers={**people.signature.headers(large), "Content-Type": FORM}) as answer:
        assert answer.status == 413
    assert (await people.post(b"x", FORM, {"Content-Encoding": "gzip"}))[0] == 415


async def test_a_body_that_never_ends_is_refused_after_five_seconds(slack: SlackDriver) -> None:
    host, port = slack.people.app.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    headers = slack.people.signature.headers(b"xx")
    head = "".join(f"{k}: {v}\r\n" for k, v in headers.items())
    writer.write(f"POST {EVENTS} HTTP/1.1\r\nHost: x\r\n{head}Content-Type: {FORM}\r\nContent-Length: 2\r\n\r\nx".encode())
    async with asyncio.timeout(8):
        assert b"408" in await reader.readline()
    writer.close()


async def test_slack_may_check_the_address_and_the_certificate(slack: SlackDriver) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "c0ffee", "token": "t"}).encode()
    assert (await slack.people.post(body, "application/json")) == (200, {"challenge": "c0ffee"})
    assert (await slack.people.post(b"ssl_check=1&token=legacy", FORM)) == (200, "")
    assert (await slack.people.post(b'{"type":"app_rate_limited","team_id":"T0MERI"}', "application/json")) == (200, "")


FOREIGN: dict[str, dict[str, Any]] = {
    "another workspace": {"team": {"id": "T0OTHER"}, "user": {"id": "U0P00001", "team_id": "T0OTHER"}},
    "no workspace (org-wide install)": {"team": None},
    "another app": {"api_app_id": "A0EVIL"},
    "a Slack Connect partner": {"user": {"id": "U0P00001", "team_id": "T0OTHER"}},
}


@pytest.mark.parametrize("how", FOREIGN.values(), ids=FOREIGN.keys())
async def test_a_foreign_payload_is_refused_before_any_effect_and_noted(
    world: World, slack: SlackDriver, aino: Person, gallery: Gallery, how: dict[str, Any]
) -> None:
    payload = slack.people.payload("block_actions", "U0P00001", actions=[{"type": "button", "action_id": "gallery.press#0", "value": "main"}]) | how
    for _ in range(3):
        assert (await slack.people.interact(payload))[0] == 403
    assert gallery.heard == []
    notes, receipts, identities = await world.db.read(
        lambda s: (s.exec(select(AuditEntry)).all(), s.exec(select(Receipt)).all(), s.exec(select(Identity)).all())
    )
    assert [n.what for n in notes] == ["refused.foreign"] and not receipts and not identities
    assert "U0P00001" not in notes[0].detail


async def test_commands_and_events_of_another_workspace_are_refused_too(slack: SlackDriver) -> None:
    assert (await slack.people.command("U01", "/vinkki", "help", team_id="T0OTHER"))[0] == 403
    assert (await slack.people.event(slack.people.event_body("app_home_opened", user="U01") | {"team_id": "T0OTHER"}))[0] == 403


@pytest.mark.parametrize(
    "flags",
    [{"is_restricted": True}, {"is_ultra_restricted": True}, {"is_bot": True}, {"deleted": True}, {"team_id": "T0OTHER"}, {"is_email_confirmed": False}],
)
async def test_guests_bots_and_closed_accounts_are_nobody(world: World, slack: SlackDriver, aino: Person, gallery: Gallery, flags: dict[str, Any]) -> None:
    await slack.people.account("U0GUEST", aino.email, **flags)
    seen = await slack.command("U0GUEST", "vinkki", "gallery")
    assert "Gallery title" not in seen.text and gallery.heard == []
    assert await world.db.read(lambda s: s.exec(select(Identity)).all()) == []


async def test_mutilated_payloads_are_never_our_error(slack: SlackDriver, aino: Person, gallery: Gallery) -> None:
    """A few hundred signed payloads with a part replaced, each 200, 400 or 403."""
    chance = random.Random(20261123)
    people = slack.people
    form = people.payload(
        "view_submission", "U0P00001", view={"id": "V1", "type": "modal", "callback_id": "gallery.nothing", "state": {"values": {}}, "blocks": []}
    )
    press = people.payload("block_actions", "U0P00001", actions=[{"type": "button", "action_id": "gallery.ask#1", "block_id": "b", "value": "1"}])
    lookup = people.payload("block_suggestion", "U0P00001", action_id="lookup:gallery.lookup", block_id="b", value="x")
    shortcut = people.payload("message_action", "U0P00001", callback_id="propose", message={"ts": "1.1", "text": "hello"})
    event = people.event_body("app_home_opened", user="U0P00001", tab="home")
    seen = set()
    for n in range(240):
        source = (form, press, lookup, shortcut, event)[n % 5]
        mutilated = _mutilate(json.loads(json.dumps(source)), chance)
        status, _ = await (people.event(mutilated) if source is event else people.interact(mutilated))
        seen.add(status)
        assert status in (200, 400, 403), mutilated
    assert {200, 400} <= seen


ODD: list[Any] = [None, True, -1, 1e308, "", "x" * 5000, "\x00", "\ud83d", [], [[]], {}, {"a": {"b": []}}, 10**400]


def _mutilate(part: Any, chance: random.Random) -> Any:
    if isinstance(part, dict) and part and chance.random() < 0.8:
        key = chance.choice(sorted(part))
        if chance.random() < 0.2:
            del part[key]
        else:
            part[key] = _mutilate(part[key], chance)
        return part
    return chance.choice(ODD)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10), lambda c: st.lists(c, max_size=3) | st.dictionaries(st.text(max_size=8), c, max_size=3)
)


@given(
    st.dictionaries(
        st.sampled_from(["type", "team", "user", "view", "actions", "event", "command", "team_id", "trigger_id", "user_id", "event_id"]), json_values
    )
)
def test_an_envelope_is_read_or_malformed(payload: dict[str, Any]) -> None:
    with contextlib.suppress(Malformed):
        from_dict(payload)


@given(st.binary(max_size=200), st.sampled_from(["application/json", FORM]))
def test_a_body_is_read_or_malformed(body: bytes, kind: str) -> None:
    with contextlib.suppress(Malformed):
        from_body(kind, body)


async def test_an_invalid_signature_leaves_no_body_in_the_log(slack: SlackDriver, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> None:
    canary = "".join(random.Random(1).choices(string.ascii_letters, k=30))
    headers = {"X-Slack-Request-Timestamp": str(int(time.time())), "X-Slack-Signature": "v0=" + "0" * 64, "Content-Type": FORM}
    async with slack.people.session.post(slack.people.app + EVENTS, data=urlencode({"text": canary}), headers=headers) as answer:
        assert answer.status == 401
    await slack.people.interact(slack.people.payload("block_actions", "U01", actions=[{"type": "button", "action_id": canary}], team={"id": "T0OTHER"}))
    shown = capsys.readouterr()
    assert canary not in caplog.text + shown.out + shown.err
