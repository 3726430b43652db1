"""What Slack hears back: in time, once, in the right place, also when a desk is slow or broken or a workspace knows no charts."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest
from contracts.driver import World
from contracts.drivers.slack import SlackDriver
from contracts.gallery import FORM, FULL, Gallery, p
from loopback.slack_sight import buttons, state
from sqlmodel import select

from adapters.slack import talk
from bot.desks.tables import TABLE
from bot.desks.turn import Turn
from bot.messages import Answer, Ask, Button, Buttons, Card, Correct, Paragraph, Replace, Show
from bot.people import Identity, Person

USER = "U0P00001"


@pytest.fixture
def desk() -> Any:
    """A button `test.do` that answers what the test wants."""
    answers: dict[str, Any] = {}

    def press(turn: Turn, value: str) -> Answer:
        found = answers[value]
        return found(turn) if callable(found) else found

    TABLE.buttons["test.do"] = press
    yield answers
    del TABLE.buttons["test.do"]


def do(slack: SlackDriver, value: str, **where: Any) -> dict[str, Any]:
    return slack.people.pressed(USER, {"action_id": "test.do#0", "value": value, "text": {}}, where)


async def shown(slack: SlackDriver, payload: dict[str, Any]) -> list[dict[str, Any]]:
    await slack._settle()
    path = payload["response_url"].removeprefix(slack.people.slack)
    return list((await slack.people.state())["responses"].get(path, []))


async def calls(slack: SlackDriver, method: str) -> list[dict[str, Any]]:
    await slack._settle()
    return [c for c in (await slack.people.state())["calls"] if c["method"] == method]


async def test_a_command_is_answered_in_the_acknowledgement_for_that_person_alone(slack: SlackDriver, aino: Person, gallery: Gallery) -> None:
    status, answer = await slack.people.command(USER, "/vinkki", "nonsense words")
    assert status == 200 and answer["response_type"] == "ephemeral" and answer["blocks"][0]["type"] == "header"


async def test_a_card_with_a_chart_follows_by_a_call_that_can_be_refused(slack: SlackDriver, aino: Person, gallery: Gallery) -> None:
    await slack.people.control("set", settings={"charts": False})
    body = slack.people.command_body(USER, "/vinkki", "gallery")
    assert await slack.people.post_form(body) == (200, "")
    (post,) = await shown(slack, body)
    assert "Sales  ████████████████ 12" in str(post["blocks"])
    assert not [b for b in post["blocks"] if b["type"] in ("data_visualization", "image")]


@pytest.mark.parametrize("concurrent", [False, True])
async def test_slack_repeating_itself_has_one_effect(slack: SlackDriver, aino: Person, gallery: Gallery, concurrent: bool) -> None:
    payload = slack.people.pressed(USER, {"action_id": "gallery.press#3", "value": "main", "text": {}}, {})
    first = slack.people.interact(payload)
    if concurrent:
        await asyncio.gather(first, *(slack.people.interact(payload) for _ in range(3)))
    else:
        await first
        for _ in range(3):
            await slack.people.interact(payload)
    assert gallery.heard == [("press", "main")]
    assert {post["text"] for post in await shown(slack, payload)} == {"Heard main, time 1"}


async def test_a_slow_desk_is_acknowledged_in_time_and_answers_later(slack: SlackDriver, aino: Person, desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(talk, "PATIENCE", 0.05)
    gate = threading.Event()

    def slow(turn: Turn) -> Answer:
        gate.wait(5)
        return Show(Card(p("Done at last")))

    desk["slow"] = slow
    payload = do(slack, "slow")
    begun = time.monotonic()
    assert await slack.people.interact(payload) == (200, "")
    assert time.monotonic() - begun < 1
    gate.set()
    assert [post["text"] for post in await shown(slack, payload)] == ["Done at last"]


async def test_a_slow_command_says_so_at_once_and_answers_later(slack: SlackDriver, aino: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(talk, "PATIENCE", 0.05)
    gate = threading.Event()

    def slow(turn: Turn, text: str) -> Answer:
        gate.wait(5)
        return Show(Card(p("Done at last")))

    monkeypatch.setitem(TABLE.commands, "vinkki help", slow)
    body = slack.people.command_body(USER, "/vinkki", "help")
    status, said = await slack.people.post_form(body)
    assert status == 200 and "One moment" in str(said)
    gate.set()
    assert [post["text"] for post in await shown(slack, body)] == ["Done at last"]


async def test_a_slow_shortcut_opens_a_window_at_once_and_fills_it_later(slack: SlackDriver, aino: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """A trigger opens a window for three seconds; a page may take five to be read."""
    monkeypatch.setattr(talk, "PATIENCE", 0.05)
    gate = threading.Event()

    def slow(turn: Turn, text: str) -> Answer:
        gate.wait(5)
        return Show(Card(p("What the page says")))

    monkeypatch.setitem(TABLE.commands, "vinkki propose", slow)
    payload = slack.people.payload("message_action", USER, callback_id="propose", message={"ts": "1.2", "text": "x"}, response_url=slack.people.response_url())
    assert await slack.people.interact(payload) == (200, "")
    while payload["trigger_id"] not in (await slack.people.state())["opened"]:  # noqa: ASYNC110 it opens in another process
        await asyncio.sleep(0.01)
    gate.set()
    await slack._settle()
    (view,) = (await slack.people.state())["views"].values()
    assert "What the page says" in str(view) and "One moment" not in str(view)


async def test_a_slow_form_says_so_in_its_window_and_shows_the_result_there(
    slack: SlackDriver, aino: Person, gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = await slack.press(aino, await slack.command(aino, "vinkki", "gallery"), "gallery.ask")
    monkeypatch.setattr(talk, "PATIENCE", 0.05)
    gate, submit = threading.Event(), gallery.form

    def slow(turn: Turn, subject: str, values: dict[str, str]) -> Answer:
        gate.wait(5)
        return submit(turn, subject, values)

    monkeypatch.setitem(TABLE.forms, "gallery.form", slow)
    threading.Timer(0.3, gate.set).start()
    view = form.raw["view"]
    sent = slack.people.payload("view_submission", slack._user(aino), view=view | {"state": state(view, {"name": "Bo"})}, response_urls=[])
    status, waiting = await slack.people.interact(sent)
    assert status == 200 and waiting["response_action"] == "update" and "One moment" in str(waiting["view"])
    await slack.people.control("view", view_id=view["id"], view=waiting["view"])
    await slack._settle()
    assert "Thank you Bo" in str((await slack.people.state())["views"][view["id"]])


async def test_a_broken_desk_says_that_it_is_our_fault(slack: SlackDriver, aino: Person, desk: Any) -> None:
    def broken(turn: Turn) -> Answer:
        raise RuntimeError("with a secret in it")

    desk["broken"] = broken
    payload = do(slack, "broken")
    assert (await slack.people.interact(payload))[0] == 200
    (post,) = await shown(slack, payload)
    assert "Something broke on our side" in post["text"] and "secret" not in str(post)


async def test_words_that_are_missing_do_not_make_slack_show_an_error(slack: SlackDriver, aino: Person, desk: Any) -> None:
    from bot.messages import say

    desk["wordless"] = Show(Card(say("no.such.words")))
    payload = do(slack, "wordless")
    assert (await slack.people.interact(payload))[0] == 200
    assert "Something broke" in (await shown(slack, payload))[0]["text"]


async def test_a_form_asked_too_late_is_explained(slack: SlackDriver, aino: Person, desk: Any) -> None:
    desk["form"] = Ask(FORM)
    payload = do(slack, "form") | {"trigger_id": f"{int(time.time() * 1000) - 4000}.1.{USER}"}
    await slack.people.interact(payload)
    (post,) = await shown(slack, payload)
    assert "That took too long" in post["text"]


async def test_a_button_that_opens_a_browser_is_acknowledged_and_no_more(slack: SlackDriver, aino: Person, gallery: Gallery) -> None:
    payload = slack.people.pressed(USER, {"action_id": "#4", "text": {}}, {})
    assert await slack.people.interact(payload) == (200, "")
    assert await shown(slack, payload) == []


async def test_an_answer_goes_to_slacks_own_hosts_only(slack: SlackDriver, aino: Person, gallery: Gallery) -> None:
    payload = slack.people.pressed(USER, {"action_id": "gallery.press#3", "value": "main", "text": {}}, {})
    for url in (
        "https://evil.example/x",
        "http://169.254.169.254/",
        slack.people.app + "/steal",
        "https://hooks.slack.com.evil.example/",
        "file:///etc/passwd",
    ):
        assert (await slack.people.interact(payload | {"response_url": url, "trigger_id": slack.people.trigger(USER)}))[0] == 200
    assert await shown(slack, payload) == []


async def test_an_answer_replaces_the_message_it_was_pressed_in(world: World, slack: SlackDriver, aino: Person, desk: Any) -> None:
    desk["again"] = Replace(Card(p("New words"), (Buttons((Button(p("Do"), "test.do", "again"),)),)))
    payload = do(slack, "again")
    await slack.people.interact(payload)
    (post,) = await shown(slack, payload)
    assert post["replace_original"] is True and "response_type" not in post


async def test_a_modal_changes_in_place(slack: SlackDriver, aino: Person, gallery: Gallery, desk: Any) -> None:
    form = await slack.press(aino, await slack.command(aino, "vinkki", "gallery"), "gallery.ask")
    done = await slack.submit(aino, form, {"name": "Bo"})
    view = done.raw["view"]
    for name, answer, words in (
        ("show", Show(Card(p("Another card"))), "Another card"), ("ask", Ask(FORM), "Fill this in"), ("wrong", Correct({"x": p("Not so")}), "Not so"),
    ):  # fmt: skip
        desk[name] = answer
        await slack.people.interact(do(slack, name, view=view))
        await slack._settle()
        assert words in str((await slack.people.state())["views"][view["id"]])
    assert len(await calls(slack, "views.open")) == 1


async def test_the_home_follows_what_the_person_does(slack: SlackDriver, aino: Person, desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.desks import front

    state = {"n": 0}

    def home(turn: Turn) -> Card:
        return Card(p(f"Home {state['n']}"), (Buttons((Button(p("Do"), "test.do", "count"),)),))

    def count(turn: Turn) -> Answer:
        state["n"] += 1
        return Replace(home(turn))

    monkeypatch.setattr(front, "home", home)
    desk["count"], desk["show"] = count, Show(Card(p("A card"), (Paragraph(p("in a window")),)))
    seen = await slack.home(aino)
    assert "Home 0" in seen.text
    after = await slack.press(aino, seen, "test.do")
    assert "Home 1" in after.text
    assert not await calls(slack, "views.open"), "what takes the place of the home is the home"
    await slack.people.interact(do(slack, "show", view=after.raw["view"]))
    assert len(await calls(slack, "views.open")) == 1
    assert len(await calls(slack, "views.publish")) == 2, "drawn again only when it changed"


async def test_an_opened_messages_tab_draws_no_home(slack: SlackDriver, aino: Person) -> None:
    await slack.people.event(slack.people.event_body("app_home_opened", user=USER, tab="messages"))
    assert await calls(slack, "views.publish") == []


async def test_shortcuts_say_what_commands_say(slack: SlackDriver, aino: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []

    def propose(turn: Turn, text: str) -> Answer:
        heard.append(text)
        return Ask(FORM)

    monkeypatch.setitem(TABLE.commands, "vinkki propose", propose)
    message = {"ts": "1.2", "text": "Read <https://meri.example/ferry|this> &amp; tell <@U1> <!here>"}
    payload = slack.people.payload("message_action", USER, callback_id="propose", message=message, response_url=slack.people.response_url())
    assert await slack.people.interact(payload) == (200, "")
    await slack._settle()
    assert heard == ["Read https://meri.example/ferry & tell"]
    assert payload["trigger_id"] in (await slack.people.state())["opened"]


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ({"text": "Nice", "attachments": [{"title_link": "https://meri.example/ice", "from_url": None}]}, "Nice https://meri.example/ice"),
        ({"text": "", "attachments": [{"fallback": "x"}, {"from_url": "https://meri.example/ice"}]}, "https://meri.example/ice"),
        ({"text": "See https://meri.example/own", "attachments": [{"from_url": "https://meri.example/ice"}]}, "See https://meri.example/own"),
        ({"text": "Bad", "attachments": [{"from_url": "javascript:alert(1)"}]}, "Bad"),
    ],
)
async def test_a_link_that_hangs_on_a_message_is_proposed_with_it(
    slack: SlackDriver, aino: Person, monkeypatch: pytest.MonkeyPatch, message: dict[str, Any], words: str
) -> None:
    heard: list[str] = []

    def propose(turn: Turn, text: str) -> Answer:
        heard.append(text)
        return Ask(FORM)

    monkeypatch.setitem(TABLE.commands, "vinkki propose", propose)
    payload = slack.people.payload("message_action", USER, callback_id="propose", message={"ts": "1.2", **message}, response_url=slack.people.response_url())
    assert await slack.people.interact(payload) == (200, "")
    await slack._settle()
    assert heard == [words]


async def test_a_deactivated_account_is_forgotten_and_found_again_by_its_address(world: World, slack: SlackDriver, aino: Person, gallery: Gallery) -> None:
    await slack.command(aino, "vinkki", "gallery")

    def known() -> Any:
        return world.db.read(lambda s: s.exec(select(Identity.user)).all())

    assert await known() == [USER]
    body = slack.people.event_body("user_change", user={"id": USER, "team_id": "T0MERI", "deleted": True, "profile": {"email": "x"}})
    assert (await slack.people.event(body))[0] == 200
    assert await known() == []
    await slack.command(aino, "vinkki", "gallery")
    assert await known() == [USER]


async def test_events_nobody_asked_for_are_acknowledged(slack: SlackDriver) -> None:
    for kind in ("message", "reaction_added", "made.up", "team_join"):
        assert (await slack.people.event(slack.people.event_body(kind, user="U01", text="x"), retry=2))[0] == 200


async def test_a_revoked_token_closes_the_door_until_it_works_again(slack: SlackDriver, aino: Person, gallery: Gallery) -> None:
    await slack.people.control("set", settings={"token_ok": False})
    await slack.people.event(slack.people.event_body("tokens_revoked", tokens={"bot": ["U0BOT"]}))
    assert not slack.adapter.is_ready
    assert (await slack.people.command(USER, "/vinkki", "help"))[0] == 503
    await slack.people.control("set", settings={"token_ok": True})
    await asyncio.wait_for(slack.adapter.ready.wait(), 5)
    assert (await slack.people.command(USER, "/vinkki", "help"))[0] == 200


async def test_an_acknowledgement_is_quick(slack: SlackDriver, aino: Person, gallery: Gallery) -> None:
    """Loose enough for a busy machine; tests/bench measures it against a bare handler."""
    await slack.people.command(USER, "/vinkki", "nonsense")
    took = []
    for _ in range(60):
        begun = time.perf_counter()
        await slack.people.command(USER, "/vinkki", "nonsense")
        took.append(time.perf_counter() - begun)
    assert sorted(took)[30] < 0.05


def test_every_button_of_the_gallery_has_an_id_of_its_own() -> None:
    from adapters.slack.render import card_to_blocks
    from content.catalog import Words

    ids = [b["action_id"] for b in buttons(card_to_blocks(FULL, Words()))]
    assert len(ids) == len(set(ids)) == 6
