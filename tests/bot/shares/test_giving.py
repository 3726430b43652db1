from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

from conftest import START, add_person, sharing
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session, SQLModel, create_engine, select
from story_world import draft, published

from bot import shares, stories
from bot.db import Database
from bot.desks import Deployment
from bot.people import Person
from bot.shares import GivenCaptions
from bot.stories import CaptionDraft


def crowd(db: Database, size: int) -> list[Person]:
    return [add_person(db, f"Person {i}") for i in range(size)]


def look(db: Database, story: stories.Story, person: Person, network: str = "") -> list[str]:
    def go(session):
        return [c.text for c in shares.given(session, session.get(stories.Story, story.id), session.get(Person, person.id), network)]

    return db.write_now(go)


@settings(max_examples=12)
@given(captions=st.integers(1, 9), people=st.integers(1, 40))
def test_captions_are_given_evenly_and_neighbours_differ(captions: int, people: int) -> None:
    engine = sharing(create_engine("sqlite://"))
    SQLModel.metadata.create_all(engine)
    with Session(engine) as session:
        texts = tuple(CaptionDraft(f"Caption {i}") for i in range(captions))
        story = stories.create(session, START, None, draft(captions=texts))
        everyone = [Person(name=f"P {i}", email=f"p{i}@meri.example") for i in range(people)]
        session.add_all(everyone)
        session.flush()
        pairs = [tuple(c.id for c in shares.given(session, story, p)) for p in everyone]
        counts = Counter(i for pair in pairs for i in pair)
        found = [counts[c.id] for c in stories.captions(session, story.id)]
        assert max(found) - min(found) <= 1
        assert found == [c.given for c in stories.captions(session, story.id)]
        assert all(len(set(pair)) == min(2, captions) for pair in pairs)
        if captions >= 4:
            assert all(not set(a) & set(b) for a, b in pairwise(pairs))
        assert pairs == [tuple(c.id for c in shares.given(session, story, p)) for p in everyone]
    engine.dispose()


def test_they_stay_even_when_everyone_looks_at_once(db: Database, deployment: Deployment) -> None:
    hr, everyone = add_person(db, "Nora Holm", "hr"), crowd(db, 24)
    story = published(db, deployment, hr, captions=tuple(CaptionDraft(f"Caption {i}") for i in range(5)))
    with ThreadPoolExecutor(4) as pool:
        pairs = list(pool.map(lambda p: look(db, story, p), [*everyone, *everyone[:8]]))
    assert pairs[24:] == pairs[:8]
    given_now = [c.given for c in db.read_now(stories.captions, story.id)]
    assert sum(given_now) == 48 and max(given_now) - min(given_now) <= 1
    assert len(db.read_now(lambda s: s.exec(select(GivenCaptions)).all())) == 24


def test_language_comes_first_then_the_storys_own(lite: Database, deployment: Deployment) -> None:
    hr, aino, sven = add_person(lite, "Nora Holm", "hr"), add_person(lite, "Aino Salo", locale="fi"), add_person(lite, "Sven Ek", locale="sv")
    texts = (CaptionDraft("One"), CaptionDraft("Two"), CaptionDraft("Yksi", "fi"), CaptionDraft("Kaksi", "fi"), CaptionDraft("Short", "en", "x"))
    story = published(lite, deployment, hr, captions=texts)
    assert look(lite, story, aino) == ["Yksi", "Kaksi"]
    assert look(lite, story, sven) == ["One", "Two"]
    assert look(lite, story, sven, "x") == ["Short"]
    assert look(lite, story, sven, "bluesky") == ["One", "Two"]


def test_an_edit_leaves_what_was_given_alone(lite: Database, deployment: Deployment) -> None:
    hr, aino = add_person(lite, "Nora Holm", "hr"), add_person(lite, "Aino Salo")
    story = published(lite, deployment, hr)
    before = look(lite, story, aino)
    lite.write_now(stories.set_captions, story.id, "en", "", ["All", "new", "texts", "now"])
    assert look(lite, story, aino) == before
    assert look(lite, story, hr) == ["All", "new"]


def test_the_disclosure_is_put_in_front_once(lite: Database) -> None:
    sentence = lite.read_now(shares.disclosure, "fi", "Meri {organisation}")
    assert sentence == "Olen töissä täällä: Meri {organisation}."
    assert shares.with_disclosure("I work at Meri.", "Look") == "I work at Meri. Look"
    assert shares.with_disclosure("I work at Meri.", "i work at  MERI and look") == "i work at  MERI and look"
    assert shares.with_disclosure("", "Look") == "Look"
