"""A pasted link, from whoever pasted it to the card that names them: read, completed, proposed, decided, credited."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from conftest import START, add_person
from sqlmodel import col, select
from story_world import Talk, draft, published, text_of

from bot import settings, stories
from bot.db import Database
from bot.desks import Deployment
from bot.desks.advocate.proposing import read_words
from bot.desks.hr.stories import preview
from bot.desks.notices.stories import story_card
from bot.desks.turn import Turn
from bot.messages import Answer, Ask, Correct, Picture, ReadPage, Show, Submission
from bot.people import Person
from bot.stories import Clipping, Story
from bot.stories.erasing import erase_person

PAGE = {
    "title": "Ice sings",
    "summary": "Why it does.",
    "image_url": "https://img.example/ice.jpg",
    "image_alt": "",
    "language": "fi",
    "site": "Meri",
    "unread": "",
}
LINK = "https://meri.example/ice"


@pytest.fixture
def aino(db: Database) -> Person:
    return add_person(db, "Aino Salo", locale="fi")


@pytest.fixture
def hr(db: Database) -> Person:
    return add_person(db, "Nora Holm", "hr")


@pytest.fixture
def talk(db: Database, deployment: Deployment) -> Talk:
    return Talk(db, deployment)


def all_stories(db: Database) -> list[Story]:
    return db.read_now(lambda s: list(s.exec(select(Story).order_by(col(Story.id)))))


async def come_back(talk: Talk, person: Person, answer: Answer, **found: str) -> Any:
    """What the hub does: it reads the page and hands in what it found."""
    assert isinstance(answer, ReadPage)
    return await talk.hear(person, Submission(answer.form, answer.subject, {**PAGE, **found}))


async def test_a_pasted_link_is_read_completed_and_proposed(db: Database, talk: Talk, aino: Person) -> None:
    answer = await talk.command(aino, "vinkki", f"propose {LINK}")
    assert isinstance(answer, ReadPage) and answer.url == LINK
    card = (await come_back(talk, aino, answer)).card
    assert text_of(card, "en").startswith("Ice sings") and "From Meri" in text_of(card, "en") and any(isinstance(b, Picture) for b in card.blocks)
    button = next(b for block in card.blocks if hasattr(block, "buttons") for b in block.buttons if b.action == "story.propose")
    form = (await talk.press(aino, button)).form
    assert {f.name: getattr(f, "initial", "") for f in form.fields}["title"] == "Ice sings"
    done = await talk.submit(aino, form, caption="Kuuntele!", credit="yes")
    assert isinstance(done, Show) and "Ice sings" in text_of(done)
    row = all_stories(db)[0]
    assert (row.title, row.summary, row.link, row.language, row.state) == ("Ice sings", "Why it does.", LINK, "fi", "review")
    assert (row.image_url, row.image_alt, row.is_credited, row.proposer_id) == (PAGE["image_url"], "", True, aino.id)
    assert db.read_now(lambda s: s.exec(select(Clipping)).all()) == []


async def test_a_form_sent_without_a_title_is_completed_by_the_page_and_keeps_its_words(db: Database, talk: Talk, aino: Person) -> None:
    form = (await talk.press(aino, "story.propose")).form
    answer = await talk.submit(aino, form, link=LINK, why="It moved me.", caption="Listen!", credit="yes")
    done = await come_back(talk, aino, answer)
    assert "Ice sings" in text_of(done)
    row = all_stories(db)[0]
    assert (row.title, row.summary, row.is_credited) == ("Ice sings", "It moved me.", True)
    assert [c.text for c in db.read_now(stories.captions, row.id)] == ["Listen!"]


@pytest.mark.parametrize(("found", "says"), [({"title": ""}, "says nothing of itself"), ({"title": "", "unread": "status", "status": "404"}, "answered 404"),
                                             ({"title": "", "unread": "no such key"}, "could not be reached")])  # fmt: skip
async def test_a_page_without_a_title_can_be_proposed_all_the_same(db: Database, talk: Talk, aino: Person, found: dict[str, str], says: str) -> None:
    form = (await talk.press(aino, "story.propose")).form
    card = await come_back(talk, aino, await talk.submit(aino, form, link=LINK, why="Why", credit="yes"), **found)
    assert says in text_of(card, "en") and all_stories(db) == []
    clip = db.read_now(lambda s: s.exec(select(Clipping)).one())
    form = (await talk.press(aino, "story.propose", str(clip.id))).form
    missing = await talk.submit(aino, form)
    assert isinstance(missing, Correct) and set(missing.errors) == {"title"}
    await talk.submit(aino, form, title="My own")
    row = all_stories(db)[0]
    assert (row.title, row.summary, row.is_credited) == ("My own", "Why", True)


async def test_the_same_page_proposed_twice_is_told_kindly(db: Database, deployment: Deployment, talk: Talk, aino: Person, hr: Person) -> None:
    bo = add_person(db, "Bo Ek")
    form = (await talk.press(aino, "story.propose")).form
    await talk.submit(aino, form, link=LINK, title="T")
    for link in (LINK, "http://www.meri.example/ice/?utm_source=x&fbclid=1#top", "https://MERI.example/ice"):
        own, other = await talk.command(aino, "vinkki", f"propose {link}"), await talk.command(bo, "vinkki", f"propose {link}")
        assert "You proposed this page" in text_of(own, "en") and "somebody was quicker" in text_of(other, "en") and "T" not in text_of(other).split()
        assert "somebody was quicker" in text_of(await talk.submit(bo, form, link=link, title="T"), "en")
    assert len(all_stories(db)) == 1
    assert isinstance(await talk.command(bo, "vinkki", f"propose {LINK}?page=2"), ReadPage)


async def test_a_page_that_is_out_already_is_offered_for_sharing_and_one_for_others_is_not_shown(
    db: Database, deployment: Deployment, talk: Talk, hr: Person
) -> None:
    bo = add_person(db, "Bo Ek")
    row = published(db, deployment, hr)
    card = (await talk.command(bo, "vinkki", f"propose {row.link}")).card
    assert "out already" in text_of(card) and any(
        b.action == "story.share" and b.value == str(row.id) for x in card.blocks if hasattr(x, "buttons") for b in x.buttons
    )


@pytest.mark.parametrize("state", ["refused", "recalled", "expired"])
async def test_what_was_declined_or_is_over_may_be_proposed_anew(db: Database, talk: Talk, aino: Person, state: str) -> None:
    db.write_now(lambda s: stories.create(s, START, None, draft(link=LINK), state=state))
    assert isinstance(await talk.command(aino, "vinkki", f"propose {LINK}"), ReadPage)


@pytest.mark.parametrize(
    ("text", "link", "words"),
    [
        ("https://meri.example/a", "https://meri.example/a", ""),
        ("Look at this (https://meri.example/a), it is great!", "https://meri.example/a", "Look at this ( ), it is great!"),
        ("<https://meri.example/a|the page> sings", "https://meri.example/a", "|the page> sings"),
        ("No link here", "", "No link here"),
        ("javascript:alert(1)", "", "javascript:alert(1)"),
        ("HTTPS://MERI.example/A.", "HTTPS://MERI.example/A", "."),
        ("", "", ""),
    ],
)
def test_the_first_link_of_a_message_is_found(text: str, link: str, words: str) -> None:
    assert read_words(text)[0] == link and (not words or read_words(text)[1].strip("|> ") == words.strip("|> "))


async def test_the_words_of_a_message_become_the_reason(db: Database, talk: Talk, aino: Person) -> None:
    answer = await talk.command(aino, "vinkki", f"propose Hieno juttu {LINK} kannattaa lukea")
    card = (await come_back(talk, aino, answer)).card
    button = next(b for block in card.blocks if hasattr(block, "buttons") for b in block.buttons if b.action == "story.propose")
    form = (await talk.press(aino, button)).form
    assert {f.name: getattr(f, "initial", "") for f in form.fields}["why"] == "Hieno juttu kannattaa lukea"
    without = await talk.command(aino, "vinkki", "propose Olisi kiva kertoa j\u00e4\u00e4st\u00e4")
    assert isinstance(without, Ask) and {f.name: getattr(f, "initial", "") for f in without.form.fields}["why"] == "Olisi kiva kertoa j\u00e4\u00e4st\u00e4"


async def test_a_clipping_is_its_owners_and_is_forgotten_after_two_days(db: Database, talk: Talk, aino: Person, hr: Person) -> None:
    answer = await talk.command(aino, "vinkki", f"propose {LINK}")
    assert isinstance(answer, ReadPage)
    assert "too long ago" in text_of(await talk.press(hr, "story.propose", answer.subject))
    assert "too long ago" in text_of(await talk.hear(hr, Submission("story.found", answer.subject, PAGE)))
    assert db.write_now(stories.old_clippings, START) is False
    db.write_now(stories.old_clippings, START + timedelta(days=3))
    assert "liian kauan" in text_of(await talk.press(aino, "story.propose", answer.subject), "fi")


async def test_hr_writes_a_story_by_its_link_alone(db: Database, talk: Talk, hr: Person) -> None:
    form = (await talk.press(hr, "story.write")).form
    answer = await talk.submit(hr, form, link=f"{LINK}/", kind="tell", topics="ice")
    row = all_stories(db)[0]
    assert (row.title, row.state) == ("meri.example/ice", "draft")  # nothing is lost if the page is never read
    shown = text_of(await come_back(talk, hr, answer))
    assert "Read from Meri" in shown and "what the picture shows" in shown
    row = all_stories(db)[0]
    assert (row.title, row.summary, row.kind, row.language, row.image_url, row.topics) == ("Ice sings", "Why it does.", "tell", "fi", PAGE["image_url"], "ice")


async def test_a_page_that_cannot_be_read_leaves_hr_the_draft_and_says_why(db: Database, talk: Talk, hr: Person) -> None:
    form = (await talk.press(hr, "story.write")).form
    shown = text_of(await come_back(talk, hr, await talk.submit(hr, form, link=LINK), unread="inside"))
    assert "not on the open internet" in shown and "write the title yourself" in shown and len(all_stories(db)) == 1


async def test_a_new_story_is_in_the_language_of_whoever_writes_it_unless_they_say_otherwise(db: Database, talk: Talk) -> None:
    for locale in ("sv", "fi"):
        writer = add_person(db, f"Writer {locale}", "curator", locale=locale)
        await talk.submit(writer, (await talk.press(writer, "story.write")).form, title=locale, link=LINK)
    assert [(row.title, row.language) for row in all_stories(db)] == [("sv", "sv"), ("fi", "fi")]


async def test_what_hr_typed_meanwhile_is_not_written_over(db: Database, talk: Talk, hr: Person) -> None:
    form = (await talk.press(hr, "story.write")).form
    answer = await talk.submit(hr, form, link=LINK, summary="Mine")
    row = all_stories(db)[0]
    await talk.submit(hr, (await talk.press(hr, "story.edit", str(row.id))).form, title="Mine too")
    assert "Somebody was quicker" in text_of(await come_back(talk, hr, answer))
    assert (all_stories(db)[0].title, all_stories(db)[0].summary) == ("Mine too", "Mine")


async def test_a_curator_sees_who_and_what_edits_and_the_card_names_whoever_likes_it(
    db: Database, deployment: Deployment, talk: Talk, aino: Person, hr: Person
) -> None:
    db.write_now(settings.put, START, hr.id, "stories.watch_words", "bonu, irtisano\nKILPAILI")
    form = (await talk.press(aino, "story.propose")).form
    await talk.submit(aino, form, link=LINK, title="Bonuksista ja kilpailijoista", why="Ei irtisanomisia.", credit="yes")
    row = all_stories(db)[0]
    shown = text_of(await talk.press(hr, "story.open", str(row.id)))
    assert "would like to be named" in shown and "It holds: bonu, irtisano, kilpaili" in shown and LINK in shown
    edited = await talk.submit(hr, (await talk.press(hr, "story.edit", str(row.id))).form, title="J\u00e4\u00e4", summary="Kaunista.")
    assert "It holds" not in text_of(edited) and all_stories(db)[0].is_credited
    row = all_stories(db)[0]
    await talk.submit(hr, (await talk.press(hr, "story.approve", f"{row.id}:{row.version}")).form, word="Kiitos")

    def card(session: Any) -> Any:
        assert text_of(preview(Turn(session, deployment, hr, START), row.id or 0)) == text_of(story_card(session, session.get(Story, row.id), "en"))
        return story_card(session, session.get(Story, row.id), "en")

    assert "Proposed by Aino Salo" in text_of(db.read_now(card))
    db.write_now(erase_person, aino.id)
    assert "Aino" not in text_of(db.read_now(card))


async def test_a_caption_that_holds_a_key_word_is_flagged_too(db: Database, talk: Talk, hr: Person) -> None:
    db.write_now(settings.put, START, hr.id, "stories.watch_words", "salary")
    row = db.write_now(lambda s: stories.create(s, START, hr.id, draft()))
    assert "It holds" not in text_of(await talk.press(hr, "story.open", str(row.id)))
    form = (await talk.press(hr, "story.caption_form", f"{row.id}:en:")).form
    await talk.submit(hr, form, texts="Ask me about my Salary.\n\nAnother.")
    assert "It holds: salary" in text_of(await talk.press(hr, "story.open", str(row.id)))


async def test_nobody_lets_us_knock_at_ever_more_doors(db: Database, talk: Talk, aino: Person, hr: Person) -> None:
    for n in range(30):
        assert isinstance(await talk.command(aino, "vinkki", f"propose {LINK}/{n}"), ReadPage)
    assert "a lot of pages" in text_of(await talk.command(aino, "vinkki", f"propose {LINK}/x"), "en")
    assert isinstance(await talk.command(hr, "vinkki", f"propose {LINK}/x"), ReadPage)
    talk.now = START + timedelta(hours=2)
    assert isinstance(await talk.command(aino, "vinkki", f"propose {LINK}/x"), ReadPage)
