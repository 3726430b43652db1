"""The speaker: what each failure of Slack's means for the delivery, and that a message is never posted twice by itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from contracts.driver import World
from contracts.drivers.slack import SlackDriver
from contracts.gallery import FULL, Gallery, p

from bot import outbox
from bot.errors import DeliveryError
from bot.messages import Card
from bot.outbox import Delivery
from bot.people import Person
from bot.ports import Recipient

TO = Recipient("slack", "T0MERI", "U0P00001", "fi", "Europe/Helsinki")
CARD = Card(p("Hello"))


async def posts(slack: SlackDriver) -> list[dict[str, Any]]:
    return [c for c in (await slack.people.state())["calls"] if c["method"] == "chat.postMessage"]


async def test_a_card_is_posted_changed_and_withdrawn(slack: SlackDriver, aino: Person) -> None:
    reference = await slack.adapter.chat.send(TO, FULL, "story:9:person:1")
    assert reference.startswith("D0P00001:")
    (post,) = await posts(slack)
    assert (post["unfurl_links"], post["unfurl_media"], post["parse"]) in ((False, False, "none"), ("false", "false", "none"), ("0", "0", "none"))
    await slack.adapter.chat.update(TO, reference, Card(p("Changed")))
    assert [m.text for m in await slack.inbox(aino)] == ["Changed"]
    await slack.adapter.chat.withdraw(TO, reference)
    assert await slack.inbox(aino) == []
    await slack.adapter.chat.withdraw(TO, reference)  # gone already: no error


@pytest.mark.parametrize("error", ["channel_not_found", "user_not_found", "user_disabled", "is_archived", "not_in_channel", "messages_tab_disabled"])
async def test_somebody_who_cannot_be_reached_is_permanent(slack: SlackDriver, aino: Person, error: str) -> None:
    e = await _failing(slack, error=error)
    assert (e.reason, e.permanent, e.lane, e.unknown) == (error, True, False, False)


@pytest.mark.parametrize("error", ["token_revoked", "invalid_auth", "account_inactive", "missing_scope"])
async def test_a_workspace_that_shut_us_out_holds_the_whole_lane(slack: SlackDriver, aino: Person, error: str) -> None:
    e = await _failing(slack, error=error)
    assert (e.reason, e.permanent, e.lane) == (error, False, True) and e.retry_after


async def test_being_too_fast_holds_the_lane_for_as_long_as_slack_says(slack: SlackDriver, aino: Person) -> None:
    e = await _failing(slack, retry_after=7)
    assert (e.lane, e.retry_after, e.permanent) == (True, 7.0, False)


@pytest.mark.parametrize(("how", "unknown"), [({"error": "service_unavailable"}, False), ({"status": 503}, False), ({"error": "fatal_error"}, True)])
async def test_trouble_at_slack_is_tried_again_unless_it_may_have_arrived(slack: SlackDriver, aino: Person, how: dict[str, Any], unknown: bool) -> None:
    e = await _failing(slack, **how)
    assert (e.permanent, e.lane, e.unknown) == (False, False, unknown)


async def test_a_connection_that_breaks_after_sending_is_unknown_and_posted_once(slack: SlackDriver, aino: Person) -> None:
    e = await _failing(slack, reset="after")
    assert e.unknown and not e.permanent
    assert len(await posts(slack)) == 1 and len(await slack.inbox(aino)) == 1


async def test_an_update_that_breaks_may_simply_be_repeated(slack: SlackDriver, aino: Person) -> None:
    reference = await slack.adapter.chat.send(TO, CARD, "k")
    await slack.people.control("fail", how={"method": "chat.update", "reset": "before"})
    with pytest.raises(DeliveryError) as caught:
        await slack.adapter.chat.update(TO, reference, CARD)
    assert not caught.value.unknown


async def test_slack_out_of_reach_is_no_doubt_about_anything(slack: SlackDriver, aino: Person) -> None:
    assert slack.adapter.chat.client is not None
    slack.adapter.chat.client.base_url = "http://127.0.0.1:9/api/"
    with pytest.raises(DeliveryError) as caught:
        await slack.adapter.chat.send(TO, CARD, "k")
    assert (caught.value.unknown, caught.value.permanent, caught.value.lane) == (False, False, False)


async def test_a_workspace_without_charts_gets_the_figures_as_text(slack: SlackDriver, aino: Person) -> None:
    await slack.people.control("set", settings={"charts": False})
    await slack.adapter.chat.send(TO, FULL, "k")
    (message,) = await slack.inbox(aino)
    assert "Sales  ████████████████ 12" in message.text and len(await posts(slack)) == 2


async def test_blocks_that_slack_refuses_twice_do_not_make_the_person_unreachable(slack: SlackDriver, aino: Person) -> None:
    for _ in range(2):
        await slack.people.control("fail", how={"method": "chat.postMessage", "error": "invalid_blocks"})
    with pytest.raises(DeliveryError) as caught:
        await slack.adapter.chat.send(TO, CARD, "k")
    assert caught.value.reason == "invalid_blocks" and not caught.value.permanent


async def test_rooms_are_the_channels_of_the_settings(slack: SlackDriver) -> None:
    assert slack.adapter.room_address("admin") == ("T0MERI", "C0ADMIN")
    assert slack.adapter.room_address("recruiting") == ("T0MERI", "C0RECRUIT")
    assert slack.adapter.room_address("elsewhere") is None
    await slack.adapter.chat.send(Recipient("slack", "T0MERI", "C0ADMIN", "en", "UTC"), CARD, "k")
    assert [m.text for m in await slack.room("admin")] == ["Hello"]


async def _failing(slack: SlackDriver, **how: Any) -> DeliveryError:
    await slack.people.control("fail", how={"method": "chat.postMessage", **how})
    with pytest.raises(DeliveryError) as caught:
        await slack.adapter.chat.send(TO, CARD, "k")
    return caught.value


async def test_a_message_is_found_again_by_its_key(slack: SlackDriver, aino: Person) -> None:
    chat = slack.adapter.chat
    reference = await chat.send(TO, CARD, "story:9:person:1")
    await chat.send(TO, CARD, "story:10:person:1")
    assert await chat.find(TO, "story:9:person:1") == reference and await chat.find(TO, "story:8:person:1") == ""
    assert "story:9" not in str(await posts(slack)), "other apps of the workspace may read a message's metadata"
    assert await chat.find(Recipient("slack", "T0MERI", "C0ADMIN", "en", "UTC"), "story:9:person:1") == "", "channels are not read"


@pytest.mark.parametrize(("may_read", "messages"), [(True, 1), (False, 2)])
async def test_what_slack_took_before_a_crash_comes_once_where_the_app_may_look(
    slack: SlackDriver, world: World, aino: Person, gallery: Gallery, may_read: bool, messages: int
) -> None:
    await slack.command(aino, "vinkki", "help")
    gallery.notices[1] = CARD
    await slack.people.control("set", settings={"may_read": may_read})
    now = world.clock.now()
    await world.db.write(lambda s: outbox.owe(s, now, "gallery:1", "gallery", 1, s.get_one(Person, aino.id)))
    (held,) = await world.db.write(outbox.claim, "slack:T0MERI", "vinkki", 1, now, datetime.now(UTC))
    await slack.adapter.chat.send(TO, CARD, held.key)  # accepted; kill -9 before that was written down
    await world.db.write(outbox.release, datetime.now(UTC), "vinkki")  # the restarted server
    await world.deliver()
    assert len(await slack.inbox(aino)) == messages
    assert await world.db.read(lambda s: s.get_one(Delivery, held.id).state) == "sent"
