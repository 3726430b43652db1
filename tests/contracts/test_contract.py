"""One suite for every platform: what a desk says is seen, what a person does is heard, nothing is heard twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from conftest import add_person
from contracts.driver import Driver, World
from contracts.gallery import FULL, HOSTILE, SECRET, Gallery
from sqlmodel import Session, select
from story_world import draft, published, shared

from bot import outbox, stories
from bot.messages import Button, Buttons, Card, Plain
from bot.outbox import Delivery
from bot.people import Person


async def test_every_widget_is_drawn_with_its_words(driver: Driver, aino: Person, gallery: Gallery) -> None:
    seen = await driver.command(aino, "vinkki", "gallery")
    for words in (
        "Gallery title", "A heading", "A paragraph", "A note", "Label one", "Value one", "Label two", "Value two", "A boat at the pier", "Your link",
        "https://example.com/s/abc?x=1&y=2", "First row", "its detail", "Second row", "Shares by team", "Sales", "Yard",
    ):  # fmt: skip
        assert words in seen.text, words
    assert {"Press me", "Replace", "Ask", "Delete", "Open row", "Read on"} <= {b.text for b in seen.buttons}
    assert any(b.url == "https://example.com/read" for b in seen.buttons)


async def test_hostile_text_is_shown_and_does_nothing(driver: Driver, aino: Person, gallery: Gallery) -> None:
    seen = await driver.command(aino, "vinkki", "gallery hostile")
    assert "<!channel> <@U1> <https://evil.example|login>" in seen.text
    assert "<script>alert(1)</script>" in seen.text
    assert HOSTILE[:40] in seen.text
    assert not [b for b in seen.buttons if "evil" in b.url]


async def test_a_press_arrives_with_its_value(driver: Driver, aino: Person, gallery: Gallery) -> None:
    seen = await driver.command(aino, "vinkki", "gallery")
    assert "Heard main" in (await driver.press(aino, seen, "gallery.press", "main")).text
    assert ("press", "main") in gallery.heard


async def test_a_confirmed_press_arrives_too(driver: Driver, aino: Person, gallery: Gallery) -> None:
    seen = await driver.command(aino, "vinkki", "gallery")
    assert "Heard gone" in (await driver.press(aino, seen, "gallery.press", "gone")).text


async def test_a_card_takes_the_place_of_the_one_pressed(driver: Driver, aino: Person, gallery: Gallery) -> None:
    seen = await driver.command(aino, "vinkki", "gallery")
    after = await driver.press(aino, seen, "gallery.replace")
    assert "Replaced card" in after.text and "Gallery title" not in after.text
    assert "Heard after" in (await driver.press(aino, after, "gallery.press")).text


async def test_who_a_candidate_is_is_shown_and_stays_in_no_chat(world: World, driver: Driver, aino: Person, gallery: Gallery) -> None:
    """An erasure cannot reach what a chat keeps."""

    async def kept() -> str:
        return "\n".join(m.text for m in await driver.inbox(aino))

    seen = await driver.command(aino, "vinkki", "aside")
    assert SECRET in seen.text and SECRET in (await driver.press(aino, seen, "gallery.aside_page")).text
    gallery.notices[1] = Card(Plain("A notice"), (Buttons((Button(Plain("Who"), "gallery.aside", "1"), Button(Plain("List"), "gallery.aside_page", "8"))),))
    await world.db.write(lambda s: outbox.owe(s, world.clock.now(), "aside:1", "gallery", 1, s.get_one(Person, aino.id)))
    await world.deliver()
    notice = (await driver.inbox(aino))[-1]
    for action in ("gallery.aside", "gallery.aside_page"):
        shown = await driver.press(aino, notice, action)
        assert SECRET in shown.text
        assert SECRET in (await driver.press(aino, shown, "gallery.aside_page")).text
    assert SECRET not in await kept() and "A notice" in await kept()


async def test_the_same_event_twice_has_one_effect_and_one_answer(driver: Driver, aino: Person, gallery: Gallery) -> None:
    seen = await driver.command(aino, "vinkki", "gallery")
    again = await driver.press(aino, seen, "gallery.press", "main", twice=True)
    assert gallery.heard.count(("press", "main")) == 1
    assert "Heard main" in again.text


async def test_a_form_comes_back_with_every_field(driver: Driver, aino: Person, gallery: Gallery) -> None:
    seen = await driver.command(aino, "vinkki", "gallery")
    form = await driver.press(aino, seen, "gallery.ask")
    assert form.is_form and set(form.fields) == {"name", "why", "team", "topics", "opening", "start", "agree"}
    for words in ("Gallery form", "Fill this in", "Your name", "As on your badge", "Team", "Opening", "Starts", "I agree"):
        assert words in form.text, words
    values = {"name": "Aino <b>", "why": "one\ntwo", "team": "sales", "topics": "a,c", "start": "2026-04-01", "agree": "yes", "opening": "2"}
    done = await driver.submit(aino, form, values)
    assert "Thank you Aino <b>" in done.text
    heard = gallery.heard[-1]
    assert heard[:2] == ("form", "17")
    assert set(heard[2:]) == {"name=Aino <b>", "why=one\ntwo", "team=sales", "topics=a,c", "start=2026-04-01", "agree=yes", "opening=2"}


async def test_a_page_is_read_before_the_answer_that_needs_it_is_shown(driver: Driver, aino: Person) -> None:
    """A pasted link, from a command and out of a form: what the page says comes in the place of the answer."""
    read: list[str] = []

    async def page(url: str) -> dict[str, str]:
        read.append(url)
        said = {"title": f"Page {len(read)}", "summary": "Why ice sings", "image_url": "https://img.example/ice.jpg"}
        return {**said, "language": "en", "site": "Meri", "unread": ""}

    driver.adapter.hub.read_page = page  # type: ignore[attr-defined]
    found = await driver.command(aino, "vinkki", "propose https://meri.example/ice")
    assert "Page 1" in found.text and "Why ice sings" in found.text
    form = await driver.press(aino, found, "story.propose")
    assert "Thank you for “Page 1”" in (await driver.submit(aino, form, {"caption": "Listen!", "credit": "yes"})).text
    known = await driver.command(aino, "vinkki", "propose https://meri.example/ice?utm_source=mail")
    assert "You proposed this page" in known.text
    form = await driver.press(aino, await driver.command(aino, "stories"), "story.propose")
    assert "Thank you for “Page 2”" in (await driver.submit(aino, form, {"link": "https://meri.example/fog", "credit": ""})).text
    assert read == ["https://meri.example/ice", "https://meri.example/fog"]


async def test_a_form_left_as_it_was_gives_what_it_held(driver: Driver, aino: Person, gallery: Gallery) -> None:
    form = await driver.press(aino, await driver.command(aino, "vinkki", "gallery"), "gallery.ask")
    await driver.submit(aino, form, {})
    assert set(gallery.heard[-1][2:]) == {"name=Aino", "why=", "team=yard", "topics=", "start=", "agree=", "opening="}


async def test_a_wrong_field_is_named_and_the_form_stays(driver: Driver, aino: Person, gallery: Gallery) -> None:
    form = await driver.press(aino, await driver.command(aino, "vinkki", "gallery"), "gallery.ask")
    wrong = await driver.submit(aino, form, {"name": "wrong", "why": "kept"})
    assert "There is no role" in wrong.errors["name"]
    assert wrong.is_form
    assert "Thank you Bo" in (await driver.submit(aino, wrong, {"name": "Bo"})).text


async def test_a_refusal_says_what_happened(driver: Driver, aino: Person, gallery: Gallery) -> None:
    form = await driver.press(aino, await driver.command(aino, "vinkki", "gallery"), "gallery.ask")
    assert "cannot be negative" in (await driver.submit(aino, form, {"name": "refuse"})).text


async def test_typing_offers_what_the_desk_finds(driver: Driver, aino: Person, gallery: Gallery) -> None:
    form = await driver.press(aino, await driver.command(aino, "vinkki", "gallery"), "gallery.ask")
    assert await driver.lookup(aino, form, "opening", "boat") == [("0", "boat 0"), ("1", "boat 1"), ("2", "boat 2")]


async def test_an_unknown_command_offers_the_nearest(driver: Driver, aino: Person) -> None:
    seen = await driver.command(aino, "vinkki", "helo")
    assert "vinkki help" in seen.text or any("vinkki help" in b.text or "vinkki help" in b.value for b in seen.buttons)


async def test_a_stranger_is_told_how_to_connect(driver: Driver, aino: Person, gallery: Gallery) -> None:
    seen = await driver.command(await driver.stranger(), "vinkki", "gallery")
    assert "Gallery title" not in seen.text and not gallery.heard


async def test_somebody_who_left_is_refused(world: World, driver: Driver, aino: Person, gallery: Gallery) -> None:
    await driver.command(aino, "vinkki", "gallery")

    def leave(session):
        session.get(Person, aino.id).end_on = world.clock.now().date() - timedelta(days=1)

    await world.db.write(leave)
    heard = len(gallery.heard)
    assert "Gallery title" not in (await driver.command(aino, "vinkki", "gallery")).text
    assert len(gallery.heard) == heard


async def test_home_greets_the_person(driver: Driver, aino: Person) -> None:
    assert "Aino" in (await driver.home(aino)).text


async def test_what_is_owed_is_delivered_updated_and_withdrawn(world: World, driver: Driver, aino: Person, gallery: Gallery) -> None:
    await driver.command(aino, "vinkki", "help")
    gallery.notices[1] = FULL
    await world.db.write(lambda s: outbox.owe(s, world.clock.now(), "gallery:1", "gallery", 1, s.get(Person, aino.id)))
    await world.deliver()
    (message,) = [m for m in await driver.inbox(aino) if "Gallery title" in m.text]
    assert "Heard main" in (await driver.press(aino, message, "gallery.press", "main")).text

    gallery.notices[1] = Card(Plain("Corrected title"))
    await world.db.write(lambda s: outbox.owe_change(s, world.clock.now(), "update", "gallery", 1))
    await world.deliver()
    texts = [m.text for m in await driver.inbox(aino)]
    assert any("Corrected title" in t for t in texts) and not any("Gallery title" in t for t in texts)

    await world.db.write(lambda s: outbox.owe_change(s, world.clock.move(minutes=1), "withdraw", "gallery", 1))
    await world.deliver()
    assert not any("Corrected title" in m.text for m in await driver.inbox(aino))


async def test_a_story_is_corrected_where_it_stands_and_recalled_with_a_word_to_its_sharers(world: World, driver: Driver, aino: Person) -> None:
    await driver.command(aino, "vinkki", "help")
    story = published(world.db, world.deployment, aino, world.clock.now())
    await world.tick()
    shared(world.db, world.deployment, aino, story, now=world.clock.now())
    assert [m for m in await driver.inbox(aino) if "What ice sounds like" in m.text]

    fixed = replace(draft(), title="How ice really sounds")
    await world.db.write(lambda s: stories.correct(s, world.clock.now(), aino.id or 0, story.id or 0, story.version, fixed, "The first title was wrong."))
    world.clock.move(minutes=1)
    await world.tick()
    texts = [m.text for m in await driver.inbox(aino)]
    assert sum("New to share: How ice really sounds" in t for t in texts) == 1 and not any("What ice sounds like" in t for t in texts)
    assert any("A story you shared was corrected" in t and "The first title was wrong." in t for t in texts)

    now = world.db.read_now(lambda s: s.get_one(stories.Story, story.id))
    await world.db.write(lambda s: stories.recall(s, world.clock.move(minutes=1), aino.id or 0, story.id or 0, now.version, "It was not ours."))
    world.clock.move(minutes=1)
    await world.tick()
    texts = [m.text for m in await driver.inbox(aino)]
    assert not any("New to share" in t for t in texts) and any("please delete your post" in t and "It was not ours." in t for t in texts)


async def test_a_list_that_comes_anew_takes_the_place_of_the_one_before(world: World, driver: Driver, aino: Person, gallery: Gallery) -> None:
    await driver.command(aino, "vinkki", "help")
    gallery.notices.update({1: Card(Plain("Monday's list")), 2: Card(Plain("Tuesday's list")), 3: Card(Plain("Wednesday's list")), 9: Card(Plain("Bo's list"))})
    bo = add_person(world.db, "Bo Ek")
    await world.db.write(lambda s: outbox.owe(s, world.clock.now(), "other:9", "gallery", 9, s.get_one(Person, bo.id)))

    def owe(session: Session, day: int) -> bool:
        return outbox.owe_newest(session, world.clock.move(days=1), f"list:{day}", "gallery", day, session.get_one(Person, aino.id))

    for day in (1, 2):
        assert await world.db.write(owe, day)
        await world.deliver()
    assert await world.db.write(owe, 3) and not await world.db.write(owe, 3)
    await world.deliver()
    shown = [m.text for m in await driver.inbox(aino)]
    assert len([t for t in shown if "'s list" in t]) == 1 and any("Wednesday's list" in t for t in shown)
    assert await world.db.read(lambda s: s.exec(select(Delivery.state).where(Delivery.key == "other:9")).one()) != "cancelled"


async def test_a_notice_with_nothing_left_to_say_is_cancelled(world: World, driver: Driver, aino: Person, gallery: Gallery) -> None:
    await driver.command(aino, "vinkki", "help")
    await world.db.write(lambda s: outbox.owe(s, world.clock.now(), "gallery:2", "gallery", 2, s.get(Person, aino.id)))
    await world.deliver()
    assert await world.db.read(lambda s: s.exec(select(Delivery.state).where(Delivery.key == "gallery:2")).one()) == "cancelled"


@pytest.mark.parametrize("retry_after", [None, 1])
async def test_a_message_the_platform_did_not_take_is_not_lost(world: World, driver: Driver, aino: Person, gallery: Gallery, retry_after: int | None) -> None:
    if driver.name == "portal":
        pytest.skip("the portal shows its own rows: there is no platform that could refuse")
    await driver.command(aino, "vinkki", "help")
    gallery.notices[3] = FULL
    await driver.fail_next(permanent=retry_after is None, retry_after=retry_after)
    await world.db.write(lambda s: outbox.owe(s, world.clock.now(), "gallery:3", "gallery", 3, s.get(Person, aino.id)))
    await world.deliver()
    state, error = await world.db.read(lambda s: s.exec(select(Delivery.state, Delivery.error).where(Delivery.key == "gallery:3")).one())
    if retry_after is None:
        assert state == "parked" and error
    else:
        assert state == "sent" and any("Gallery title" in m.text for m in await driver.inbox(aino))
