"""The moment after *Publish*: what the card says is true, and those who get the story are owed it already."""

from __future__ import annotations

import pytest
from conftest import START, add_person
from sqlmodel import select
from story_world import FOUR, Talk, button, shared, steps, text_of

from bot import stories
from bot.db import Database
from bot.desks import Deployment, views
from bot.outbox import Delivery
from bot.people import Person
from bot.stories import CaptionDraft, Draft, Story, planning


@pytest.fixture
def people(db: Database) -> list[Person]:
    return [add_person(db, "Nora Holm", "hr"), add_person(db, "Aino Salo"), add_person(db, "Bo Ek")]


async def published(talk: Talk, db: Database, hr: Person) -> tuple[int, str]:
    """A story let out by pressing *Publish now*: its id, and what its card says."""
    captions = tuple(CaptionDraft(text) for text in FOUR)
    story = db.write_now(stories.create, START, hr.id or 0, Draft("Ice", "https://meri.example/ice", captions=captions))
    form = (await talk.press(hr, "story.plan", f"{story.id}:{story.version}")).form
    confirm = await talk.submit(hr, form, day="")
    return story.id or 0, text_of(await talk.press(hr, button(confirm.card, "story.go")))


def inbox(db: Database, deployment: Deployment, person: Person) -> list[str]:
    return [text_of(m.card) for m in db.read_now(views.inbox, deployment, person.id or 0, START)]


async def test_a_story_is_owed_and_stands_in_the_inbox_at_once(db: Database, deployment: Deployment, people: list[Person]) -> None:
    hr, aino, _ = people
    story_id, card = await published(Talk(db, deployment), db, hr)
    assert "On its way to 3 people" in card and "0 of" not in card
    assert len(inbox(db, deployment, aino)) == 1

    steps(db, deployment, START)
    assert len(db.read_now(lambda s: list(s.exec(select(Delivery).where(Delivery.notice == "story"))))) == 3, "nobody is owed it twice"

    def one_arrives(session):  # type: ignore[no-untyped-def]
        session.exec(select(Delivery).where(Delivery.notice == "story")).first().state = "sent"

    db.write_now(one_arrives)
    assert "1 of 3" in text_of(await Talk(db, deployment).press(hr, "story.open", str(story_id)))


async def test_while_the_rest_is_still_being_paged_the_card_says_how_many_it_will_be(
    db: Database, deployment: Deployment, people: list[Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "PAGE", 2)
    story_id, card = await published(Talk(db, deployment), db, people[0])
    assert "On its way to 3 people" in card
    assert len(db.read_now(lambda s: list(s.exec(select(Delivery))))) == 2, "a page of them in the press, the rest by the clock"

    def all_arrive(session):  # type: ignore[no-untyped-def]
        for row in session.exec(select(Delivery)):
            row.state = "sent"

    db.write_now(all_arrive)
    assert "2 of 3" in text_of(await Talk(db, deployment).press(people[0], "story.open", str(story_id)))


async def test_those_who_shared_a_recalled_story_are_owed_the_news_in_the_press(db: Database, deployment: Deployment, people: list[Person]) -> None:
    hr, aino, _ = people
    talk = Talk(db, deployment)
    story_id, _ = await published(talk, db, hr)
    story = db.read_now(lambda s: s.get_one(Story, story_id))
    shared(db, deployment, aino, story)
    await talk.submit(hr, (await talk.press(hr, "story.recall", f"{story_id}:{story.version}")).form, words="The figures were wrong.")
    told = db.read_now(lambda s: [d.person_id for d in s.exec(select(Delivery).where(Delivery.notice == "story_recalled"))])
    assert told == [aino.id]
