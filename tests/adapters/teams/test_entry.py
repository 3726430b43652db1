"""What a genuine activity leads to: one effect per event, an answer to every invoke, a 4xx for every malformed one."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from conftest import START, add_person
from contracts.gallery import Gallery, open_gallery
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from bot import people
from bot.audit import AuditEntry
from bot.db import Database
from bot.outbox import RoomAddress
from bot.people import Identity, Person

from .conftest import AAD, APP_ID, SERVICE, TENANT, Door, activity

CHANNEL = "19:yard@thread.tacv2"
EVERYTHING = settings(max_examples=150, suppress_health_check=list(HealthCheck), deadline=None)


@pytest.fixture
def gallery() -> Any:
    with open_gallery() as opened:
        yield opened


def join(db: Database, *roles: str) -> Person:
    """Aino with an account on Teams."""
    person = add_person(db, "Aino Salo", *roles)
    db.write_now(people.link, START, "teams", TENANT, AAD, "", person.email, "platform")
    return person


def said_in_channel(text: str, **more: Any) -> dict[str, Any]:
    mention = {"type": "mention", "text": "<at>Vinkki</at>", "mentioned": {"id": f"28:{APP_ID}"}}
    where = {"id": f"{CHANNEL};messageid=1", "conversationType": "channel", "isGroup": True, "tenantId": TENANT}
    data = {"tenant": {"id": TENANT}, "channel": {"id": CHANNEL}, "team": {"id": CHANNEL}}
    return activity(text=f"<at>Vinkki</at>&nbsp; {text}", entities=[mention], conversation=where, channelData=data, **more)


def invoke(name: str, value: Any, **more: Any) -> dict[str, Any]:
    return activity("invoke", text=None, name=name, value=value, **more)


def ours(**data: str) -> dict[str, Any]:
    return {"vinkki": data}


def execute(**data: str) -> dict[str, Any]:
    return invoke("adaptiveCard/action", {"action": {"type": "Action.Execute", "verb": "x", "data": ours(**data)}}, replyToId="m0")


async def ask(door: Door, body: dict[str, Any]) -> Any:
    status, text = await door.answer(body)
    assert status == 200, text
    return json.loads(text) if text else None


@pytest.mark.parametrize(
    ("typed", "heard"),
    [("vinkki gallery", ""), ("/vinkki gallery", ""), ("Gallery  two words", "two words"), ("<at>Vinkki</at> gallery x&amp;y", "x&y"), ("VINKKI gallery", "")],
)
async def test_what_is_typed_becomes_a_command(door: Door, gallery: Gallery, typed: str, heard: str) -> None:
    join(door.db)
    mention = {"type": "mention", "text": "<at>Vinkki</at>", "mentioned": {"id": f"28:{APP_ID}"}}
    assert await door.post(activity(text=typed, entities=[mention])) == 200
    assert gallery.heard == [("command", heard)]


async def test_a_repeated_message_has_one_effect_and_one_answer(door: Door, gallery: Gallery) -> None:
    join(door.db)
    message = activity()
    await asyncio.gather(*(door.post(message) for _ in range(4)))
    assert gallery.heard == [("command", "")]
    assert await door.post(message) == 200
    assert len(door.sent) == 1


async def test_the_same_id_in_another_chat_is_another_event(door: Door, gallery: Gallery) -> None:
    join(door.db)
    await door.post(activity(id="1"))
    await door.post(activity(id="1", conversation={"id": "a:other", "conversationType": "personal"}))
    assert len(gallery.heard) == 2


async def test_the_first_word_links_by_the_address_teams_vouches_for(door: Door, gallery: Gallery) -> None:
    add_person(door.db, "Aino Salo")
    door.member = {"id": "29:aino", "aadObjectId": AAD, "email": "Aino.Salo@meri.example", "tenantId": TENANT, "userRole": "user"}
    await door.post(activity())
    assert gallery.heard == [("command", "")]
    identity = await door.db.read(lambda s: s.exec(select(Identity)).one())
    assert (identity.user, identity.verified_by) == (AAD, "platform")
    assert json.loads(identity.address)["conversation"] == "a:aino"


@pytest.mark.parametrize(
    "wrong",
    [{"userRole": "guest"}, {"tenantId": "other"}, {"aadObjectId": "somebody-else"}, {"email": "", "userPrincipalName": ""},
     {"email": "", "userPrincipalName": "aino.salo_meri.example#EXT#@host.example"}, {"email": ["x"]}],
)  # fmt: skip
async def test_a_guest_or_an_unclear_member_is_not_linked(door: Door, gallery: Gallery, wrong: dict[str, Any]) -> None:
    add_person(door.db, "Aino Salo")
    door.member = {"aadObjectId": AAD, "email": "aino.salo@meri.example", "tenantId": TENANT, "userRole": "user"} | wrong
    assert await door.post(activity()) == 200
    assert not gallery.heard and door.sent  # told how to connect
    assert await door.db.read(lambda s: s.exec(select(Identity)).all()) == []


async def test_who_somebody_is_never_comes_from_a_card(door: Door, gallery: Gallery) -> None:
    join(door.db)
    forged = activity(text="", value=ours(a="gallery.press", v="1") | {"aadObjectId": AAD, "person": "1"}, **{"from": {"id": "29:eve", "aadObjectId": "eve"}})
    assert await door.post(forged) == 200
    assert not gallery.heard


async def test_a_button_that_an_older_client_sends_as_a_message_is_pressed_all_the_same(door: Door, gallery: Gallery) -> None:
    join(door.db)
    for value, words in ((ours(a="gallery.press", v="7"), "Heard 7"), (ours(a="gallery.replace", v="8"), "Replaced card")):
        assert await door.post(activity(text=None, value=value)) == 200
        assert words in json.dumps(door.sent[-1][3])
    assert [kind for kind, _ in gallery.heard] == ["press", "replace"]


@pytest.mark.parametrize("missing", [{"id": "29:aino"}, {"id": "29:aino", "aadObjectId": ""}, {"id": "29:aino", "aadObjectId": "a b"}])
async def test_somebody_outside_the_directory_is_refused(door: Door, missing: dict[str, Any]) -> None:
    assert await door.post(activity(**{"from": missing})) == 403


async def test_execute_shows_its_answer_in_a_new_message(door: Door, gallery: Gallery) -> None:
    join(door.db)
    answer = await ask(door, execute(a="gallery.press", v="7"))
    assert answer == {"statusCode": 200, "type": "application/vnd.microsoft.activity.message", "value": "My answer is in a new message."}
    ((_, service, path, body),) = door.sent
    assert (service, path, body["replyToId"]) == (SERVICE, "v3/conversations/a%3Aaino/activities", body["replyToId"])
    assert "Heard 7" in json.dumps(body)


async def test_execute_replaces_the_card_on_screen_and_in_the_chat(door: Door, gallery: Gallery) -> None:
    join(door.db)
    answer = await ask(door, execute(a="gallery.replace", v="7"))
    assert answer["type"] == "application/vnd.microsoft.card.adaptive" and "Replaced card" in json.dumps(answer["value"])
    await asyncio.gather(*door.adapter.bot.tasks)
    ((method, _, path, body),) = door.sent
    assert (method, path) == ("PUT", "v3/conversations/a%3Aaino/activities/m0")
    assert body["attachments"][0]["content"] == answer["value"]


async def test_a_form_that_execute_did_not_expect_is_opened_by_a_button(door: Door, gallery: Gallery) -> None:
    join(door.db)
    await ask(door, execute(a="gallery.ask", v="17"))
    card = door.sent[0][3]["attachments"][0]["content"]
    assert card["actions"][0]["data"] == {"vinkki": {"a": "gallery.ask", "v": "17"}, "msteams": {"type": "task/fetch"}}


async def test_a_card_that_replaces_closes_the_dialog_over_it(door: Door, gallery: Gallery) -> None:
    join(door.db)
    shown = await ask(door, invoke("task/fetch", {"data": ours(a="gallery.replace", v="1")}, replyToId="m9"))
    assert "Replaced card" in json.dumps(shown) and door.sent[0][2].endswith("/activities/m9")
    assert await ask(door, invoke("task/submit", {"data": ours(a="gallery.replace", v="2", m="m9")})) is None
    assert len(door.sent) == 2


@pytest.mark.parametrize(
    "value",
    [{}, {"action": 1}, {"action": {}}, {"action": {"data": []}}, {"action": {"data": {"vinkki": 1}}}, {"action": {"data": {"vinkki": {"a": 1}}}},
     {"action": {"data": {"vinkki": {"f": "gAAAA"}}}}, {"data": {"vinkki": {"f": "x" * 50_000}}}, {"data": {"vinkki": {"c": "rm", "t": {}}}}],
)  # fmt: skip
@pytest.mark.parametrize(
    "name", ["adaptiveCard/action", "task/fetch", "task/submit", "composeExtension/submitAction", "composeExtension/fetchTask", "application/search"]
)
async def test_a_button_of_an_old_or_foreign_card_is_explained(door: Door, gallery: Gallery, name: str, value: dict[str, Any]) -> None:
    join(door.db)
    answer = await ask(door, invoke(name, value))
    assert answer is not None and not gallery.heard


async def test_an_invoke_of_something_else_is_a_400(door: Door) -> None:
    join(door.db)
    assert await door.post(invoke("fileConsent/invoke", {})) == 400
    assert await door.post(invoke("task/fetch", None)) == 400
    assert await door.post(activity("invoke", value={})) == 400


async def test_a_failure_of_ours_is_told_kindly(door: Door, gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    join(door.db)

    async def broken(*_: Any) -> None:
        raise RuntimeError("no database")

    monkeypatch.setattr(door.adapter.hub, "hear", broken)
    assert "went wrong" in (await ask(door, execute(a="gallery.press", v="1")))["value"]
    assert "try again" in json.dumps(await ask(door, invoke("task/fetch", {"data": ours(a="gallery.ask", v="1")})))
    assert (await ask(door, invoke("application/search", {"dataset": "x", "queryText": "y"})))["value"] == {"results": []}
    assert await door.post(activity()) == 200 and "try again" in json.dumps(door.sent[-1][3])


async def test_a_message_extension_says_its_command_with_the_message(door: Door, gallery: Gallery) -> None:
    join(door.db)
    message = {"body": {"contentType": "html", "content": "<div>Our <b>boat</b> sails &amp; floats</div>"}}
    shown = await ask(door, invoke("composeExtension/fetchTask", {"commandId": "gallery", "messagePayload": message}))
    assert gallery.heard == [("command", "Our boat sails & floats")]
    assert shown["task"]["type"] == "continue"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('<div>Read <a href="https://meri.example/ice?a=1&amp;b=2" rel="x">this</a></div>', "Read this https://meri.example/ice?a=1&b=2"),
        ('<a href="https://meri.example/ice">https://meri.example/ice</a>', "https://meri.example/ice"),
        ('<a title="x" href="javascript:alert(1)">no</a>', "no"),
        ("<a " + "x" * 50_000, ""),
    ],
    ids=["words", "bare", "script", "long"],
)
async def test_a_link_behind_words_comes_along_with_the_message(door: Door, gallery: Gallery, content: str, words: str) -> None:
    join(door.db)
    message = {"body": {"contentType": "html", "content": content}}
    await ask(door, invoke("composeExtension/fetchTask", {"commandId": "gallery", "messagePayload": message}))
    ((_, heard),) = gallery.heard
    assert heard == words or (not words and heard.startswith("<a xxx"))


async def test_a_slow_message_extension_says_so_in_time_and_answers_in_the_chat(door: Door, gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    join(door.db)
    monkeypatch.setattr("adapters.teams.bot.PATIENCE", 0.05)
    gate, hear = asyncio.Event(), door.adapter.hub.hear

    async def slow(*args: Any) -> Any:
        await gate.wait()
        return await hear(*args)

    monkeypatch.setattr(door.adapter.hub, "hear", slow)
    shown = await ask(door, invoke("composeExtension/fetchTask", {"commandId": "gallery", "messagePayload": {}}))
    assert "One moment" in json.dumps(shown) and not door.sent
    gate.set()
    await asyncio.gather(*door.adapter.bot.tasks)
    assert "Gallery title" in json.dumps(door.sent[-1][3])


async def test_in_a_channel_the_answer_is_private_and_a_line_points_to_it(door: Door, gallery: Gallery) -> None:
    join(door.db)
    await door.post(said_in_channel("gallery"))
    opened, private, pointer = door.sent
    assert opened[2] == "v3/conversations" and opened[3]["members"] == [{"id": "29:aino"}]
    assert private[2] == "v3/conversations/m1/activities" and "Gallery title" in json.dumps(private[3])
    assert "messageid" in pointer[2] and pointer[3]["text"] == "I answered you in our private chat." and "attachments" not in pointer[3]


async def test_a_slash_command_in_a_channel_is_answered_there_for_its_sender_alone(door: Door, gallery: Gallery) -> None:
    join(door.db)
    await door.post(said_in_channel("gallery", recipient={"id": f"28:{APP_ID}", "isTargeted": True}))
    ((_, _, path, body),) = door.sent
    assert path.endswith("/activities?isTargetedActivity=true") and body["recipient"]["id"] == "29:aino"


async def test_a_press_in_a_channel_changes_the_card_for_the_presser_alone(door: Door, gallery: Gallery) -> None:
    join(door.db)
    pressed = said_in_channel("", type="invoke", name="adaptiveCard/action", replyToId="m0", value={"action": {"data": ours(a="gallery.replace", v="1")}})
    assert "Replaced card" in json.dumps(await ask(door, pressed))
    assert not door.sent


async def test_hr_makes_a_channel_a_room(door: Door) -> None:
    join(door.db, "hr")
    await door.post(said_in_channel("admin room recruiting"))
    found = door.adapter.room_address("recruiting")
    assert found is not None and found[0] == TENANT
    assert json.loads(found[1]) == {"service": SERVICE, "tenant": TENANT, "bot": f"28:{APP_ID}", "channel": CHANNEL}
    assert door.adapter.room_address("admin") is None


@pytest.mark.parametrize(
    ("roles", "body"), [((), said_in_channel("admin room admin")), (("hr",), activity(text="admin room admin")), (("hr",), said_in_channel("admin room x"))]
)
async def test_a_room_needs_hr_and_a_channel(door: Door, roles: tuple[str, ...], body: dict[str, Any]) -> None:
    join(door.db, *roles)
    assert await door.post(body) == 200
    assert await door.db.read(lambda s: s.exec(select(RoomAddress)).all()) == []


async def test_installing_greets_and_removing_forgets(door: Door) -> None:
    add_person(door.db, "Aino Salo")
    door.member = {"aadObjectId": AAD, "email": "aino.salo@meri.example", "tenantId": TENANT, "userRole": "user"}
    await door.post(activity("installationUpdate", action="add", text=None))
    assert "Aino" in json.dumps(door.sent[0][3])
    await door.post(activity("installationUpdate", action="remove", text=None))
    assert await door.db.read(lambda s: s.exec(select(Identity)).all()) == []


@pytest.mark.parametrize("kind", ["conversationUpdate", "typing", "messageReaction", "event", "endOfConversation", "somethingNew"])
async def test_what_needs_no_answer_gets_none(door: Door, kind: str) -> None:
    assert await door.post(activity(kind, text=None, membersAdded=[{"id": 5}])) == 200
    assert not door.sent


_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just("\ud800") | st.just("\x00")
_NAMES = st.sampled_from(["id", "type", "vinkki", "data", "a", "tenant", "f"]) | st.text(max_size=4)
_json = st.recursive(_LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=4), max_leaves=8)
_KEYS = (
    "type",
    "id",
    "channelId",
    "serviceUrl",
    "name",
    "text",
    "from",
    "recipient",
    "conversation",
    "channelData",
    "entities",
    "value",
    "replyToId",
    "action",
)


async def test_a_signed_but_malformed_activity_is_never_a_500(door: Door) -> None:
    join(door.db)
    seen: list[int] = []
    loop = asyncio.get_running_loop()

    @EVERYTHING
    @given(st.sampled_from(["message", "invoke", "installationUpdate", "conversationUpdate"]), st.dictionaries(st.sampled_from(_KEYS), _json, max_size=3))
    def run(kind: str, changes: dict[str, Any]) -> None:
        body = {"name": "task/fetch", "value": {}, "action": "add"} | activity(kind) | changes
        seen.append(asyncio.run_coroutine_threadsafe(door.post(body), loop).result(10))
        assert seen[-1] < 500, body

    await asyncio.to_thread(run)
    assert 200 in seen and 400 in seen
    assert await door.db.read(lambda s: len(s.exec(select(AuditEntry)).all())) < 10
