"""A story that is out: corrected or recalled everywhere it went, with a word to everyone who shared it; versions; languages; embargo."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import START, StillClock, add_person
from sqlmodel import col, select
from story_world import FOUR, Talk, button, buttons, published, shared, steps, text_of

from bot import shares, stories
from bot.db import Database
from bot.desks import Deployment, notices
from bot.messages import Ask, Correct
from bot.outbox import Delivery
from bot.people import Person
from bot.stories import CaptionDraft, Story, StoryVersion, planning

WHY = "The depth was in feet."


class Newsroom:
    """A published story that three people were sent, and one of them shared."""

    def __init__(self, db: Database, deployment: Deployment) -> None:
        self.db, self.deployment = db, deployment
        self.hr, self.aino, self.sven = add_person(db, "Nora Holm", "hr"), add_person(db, "Aino Salo", locale="fi"), add_person(db, "Sven Ek", locale="sv")
        self.story = published(db, deployment, self.hr)
        steps(db, deployment, START)
        self.share = shared(db, deployment, self.aino, self.story)
        self.talk = Talk(db, deployment)

    def now(self) -> Story:
        return self.db.read_now(lambda s: s.get_one(Story, self.story.id))

    def arrive(self, *people: Person) -> None:
        """These have their message; the others are still owed it."""

        def go(session: Any) -> None:
            for row in session.exec(select(Delivery).where(Delivery.notice == "story", col(Delivery.person_id).in_([p.id for p in people]))):
                row.state, row.reference = "sent", f"ref-{row.person_id}"

        self.db.write_now(go)

    def owed(self, notice: str, deed: str = "send") -> list[tuple[int | None, str]]:
        query = select(Delivery).where(Delivery.notice == notice, Delivery.deed == deed).order_by(col(Delivery.id))
        return [(d.person_id, d.state) for d in self.db.read_now(lambda s: list(s.exec(query)))]

    def card(self, notice: str, locale: str = "en") -> str:
        def build(session: Any) -> Any:
            row = session.exec(select(Delivery).where(Delivery.notice == notice).order_by(col(Delivery.id).desc())).first()
            return notices.build(session, self.deployment, row, START)

        return text_of(self.db.read_now(build), locale)

    async def ask(self, action: str, value: str = "") -> Any:
        return (await self.talk.press(self.hr, action, value or f"{self.story.id}:{self.now().version}")).form

    async def correct(self, **fields: str) -> Any:
        return await self.talk.submit(self.hr, await self.ask("story.correct"), **{"words": WHY, **fields})


@pytest.fixture
def room(db: Database, deployment: Deployment) -> Newsroom:
    return Newsroom(db, deployment)


async def test_a_correction_reaches_every_message_and_every_sharer_and_keeps_the_link(room: Newsroom) -> None:
    room.arrive(room.aino, room.hr)
    await room.correct(title="What ice really sounds like", link="https://meri.example/ice-2")
    steps(room.db, room.deployment, START)
    assert room.owed("story", "update") == [(room.hr.id, "owed"), (room.aino.id, "owed")], "those who have it get it changed"
    assert (room.sven.id, "owed") in room.owed("story"), "who has not had it yet gets it right"
    assert room.owed("story_corrected") == [(room.aino.id, "owed")]
    told = room.card("story_corrected")
    assert WHY in told and "What ice really sounds like" in told and "https://meri.example/ice-2" in told
    target = room.db.write_raw_now(lambda raw: shares.resolve(raw, room.share.token, START))
    assert target.answer == "go" and target.url.startswith("https://meri.example/ice-2?utm_")
    assert "What ice really sounds like" in room.card("story")


async def test_a_correction_needs_a_reason_and_a_difference_and_the_newest_version(room: Newsroom) -> None:
    assert set((await room.correct(words=" ", title="Else")).errors) == {"words"}
    assert isinstance(await room.correct(), Correct), "nothing was changed"
    form = await room.ask("story.correct")
    await room.correct(title="First")
    late = await room.talk.submit(room.hr, form, title="Second", words=WHY)
    assert "Somebody was quicker" in text_of(late) and room.now().title == "First"
    assert room.owed("story_corrected") == [(room.aino.id, "owed")], "told once, of what took effect"


async def test_a_caption_that_was_wrong_is_offered_to_nobody_any_more(room: Newsroom) -> None:
    def given(person: Person) -> list[str]:
        def look(session: Any) -> list[str]:
            return [c.text for c in shares.given(session, session.get(Story, room.story.id), session.get(Person, person.id))]

        return room.db.write_now(look)

    before = {p.id: given(p) for p in (room.aino, room.sven)}
    wrong = before[room.aino.id][0]
    texts = [t for t in FOUR if t != wrong] + ["I listened for three winters."]
    form = await room.ask("story.caption_form", f"{room.story.id}:en:")
    assert isinstance(await room.talk.submit(room.hr, form, texts="\n\n".join(texts), words=""), Correct)
    await room.talk.submit(room.hr, form, texts="\n\n".join(texts), words=WHY)
    assert wrong not in given(room.aino) and before[room.aino.id][1] in given(room.aino), "the one that was right stays"
    assert given(room.sven) == before[room.sven.id] and given(room.aino) == given(room.aino)
    counts = [c.given for c in room.db.read_now(stories.captions, room.story.id)]
    assert max(counts) - min(counts) <= 1
    steps(room.db, room.deployment, START)
    assert room.owed("story", "update") == [] and room.owed("story_corrected") == [(room.aino.id, "owed")]
    assert "Jos julkaisussasi on vanha teksti" in room.card("story_corrected", "fi")


async def test_a_recall_in_the_middle_of_the_fan_out_leaves_nothing_behind(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "PAGE", 1)
    crowd = [add_person(room.db, f"Person {i}") for i in range(5)]
    form = (await room.talk.press(room.hr, "story.write")).form
    card = (await room.talk.submit(room.hr, form, title="Tide", link="https://meri.example/tide")).card
    story_id = int(button(card, "story.captions").value)
    captions = (await room.talk.press(room.hr, "story.caption_form", f"{story_id}:en:")).form
    await room.talk.submit(room.hr, captions, texts="\n\n".join(FOUR))
    plan = (await room.talk.press(room.hr, "story.plan", f"{story_id}:1")).form
    await room.talk.press(room.hr, button((await room.talk.submit(room.hr, plan, day="")).card, "story.go"))
    room.story = room.db.read_now(lambda s: s.get_one(Story, story_id))
    room.db.write_now(lambda s: setattr(s.exec(select(Delivery).where(Delivery.subject_id == story_id, Delivery.notice == "story")).one(), "state", "sending"))
    await room.talk.submit(room.hr, await room.ask("story.recall"), words=WHY)
    steps(room.db, room.deployment, START)
    rows = room.db.read_now(lambda s: list(s.exec(select(Delivery).where(Delivery.subject_id == story_id, Delivery.notice == "story"))))
    assert sorted((d.deed, d.state) for d in rows) == [("send", "sending"), ("withdraw", "owed")] and len(crowd) == 5
    assert [d.of_id for d in rows if d.deed == "withdraw"] == [d.id for d in rows if d.deed == "send"], "the one on its way is withdrawn once it is there"


async def test_a_recall_says_why_ends_corrections_and_works_after_the_story_s_time(room: Newsroom, clock: StillClock) -> None:
    await room.correct(title="Else")
    room.db.write_now(lambda s: setattr(s.get_one(Story, room.story.id), "state", "expired"))
    await room.talk.submit(room.hr, await room.ask("story.recall"), words="It was not ours to tell.")
    steps(room.db, room.deployment, START)
    assert room.owed("story_corrected") == [(room.aino.id, "cancelled")]
    assert room.owed("story_recalled") == [(room.aino.id, "owed")] and "It was not ours to tell." in room.card("story_recalled")
    assert room.db.write_raw_now(lambda raw: shares.resolve(raw, room.share.token, START)).answer == "recalled"


async def test_every_change_leaves_the_version_before_it_which_can_be_put_back(lite: Database, deployment: Deployment) -> None:
    hr, talk = add_person(lite, "Nora Holm", "hr"), Talk(lite, deployment)
    made = (await talk.submit(hr, (await talk.press(hr, "story.write")).form, title="First", link="https://meri.example/a")).card
    story_id = int(button(made, "story.captions").value)
    await talk.submit(hr, (await talk.press(hr, "story.edit", str(story_id))).form, title="Second", summary="More")
    await talk.submit(hr, (await talk.press(hr, "story.caption_form", f"{story_id}:en:")).form, texts="One\n\nTwo")
    await talk.submit(hr, (await talk.press(hr, "story.wording", f"{story_id}:fi")).form, title="Toinen")
    listed = (await talk.press(hr, "story.versions", f"{story_id}:0")).card
    said = text_of(listed)
    assert [name in said for name in ("Title, Summary", "Captions", "Other languages")] == [True] * 3 and said.count("Nora Holm") == 3
    first = [b for b in buttons(listed) if b.action == "story.version"][-1]
    shown = (await talk.press(hr, first)).card
    assert "First" in text_of(shown) and "Second" in text_of(shown)
    await talk.press(hr, button(shown, "story.restore"))
    row = lite.read_now(lambda s: s.get_one(Story, story_id))
    assert (row.title, row.summary) == ("First", "")
    assert lite.read_now(stories.captions, story_id) == [] and lite.read_now(stories.wordings, story_id) == []
    assert len(lite.read_now(lambda s: list(s.exec(select(StoryVersion))))) == 4, "what it was just now is kept too"
    again = await talk.press(hr, button(shown, "story.restore"))
    assert "Somebody was quicker" in text_of(again)


async def test_putting_back_what_is_out_is_a_correction(room: Newsroom) -> None:
    await room.correct(title="Worse")
    listed = (await room.talk.press(room.hr, "story.versions", f"{room.story.id}:0")).card
    shown = (await room.talk.press(room.hr, button(listed, "story.version"))).card
    asked = await room.talk.press(room.hr, button(shown, "story.restore"))
    assert isinstance(asked, Ask)
    await room.talk.submit(room.hr, asked.form, words="It was right before.")
    assert room.now().title == "What ice sounds like"
    steps(room.db, room.deployment, START)
    assert [p for p, _ in room.owed("story_corrected")] == [room.aino.id, room.aino.id]


async def test_everyone_gets_a_story_in_their_language_and_their_links_lead_to_it(lite: Database, deployment: Deployment) -> None:
    hr, aino, sven = add_person(lite, "Nora Holm", "hr"), add_person(lite, "Aino Salo", locale="fi"), add_person(lite, "Sven Ek", locale="sv")
    texts = (*(CaptionDraft(t) for t in FOUR), CaptionDraft("Jää on äänekäs.", "fi"), CaptionDraft("Kysy minulta.", "fi"))
    story, talk = published(lite, deployment, hr, captions=texts), Talk(lite, deployment)
    form = (await talk.press(hr, "story.wording", f"{story.id}:fi")).form
    await talk.submit(hr, form, title="Miltä jää kuulostaa", link="https://meri.example/jaa", words="Now in Finnish too.")
    for person, title, link in ((aino, "Miltä jää kuulostaa", "https://meri.example/jaa"), (sven, "What ice sounds like", "https://meri.example/ice")):
        listed = await talk.command(person, "stories")
        assert title in text_of(listed)
        chosen = (await talk.press(person, button(listed.card, "story.share"))).card
        await talk.submit(person, (await talk.press(person, button(chosen, "story.caption"))).form, network="linkedin")
        share = lite.read_now(lambda s, p=person: s.exec(select(shares.Share).where(shares.Share.person_id == p.id)).one())
        target = lite.write_raw_now(lambda raw, t=share.token: shares.resolve(raw, t, START))
        assert target.url.startswith(link + "?"), (person.name, target.url)


async def test_an_embargo_holds_for_publishing_now_later_and_in_the_calendar(lite: Database, deployment: Deployment) -> None:
    hr, talk = add_person(lite, "Nora Holm", "hr"), Talk(lite, deployment)
    story = lite.write_now(stories.create, START, hr.id, stories.Draft("T", "https://meri.example/x", captions=tuple(CaptionDraft(t) for t in FOUR)))
    form = (await talk.press(hr, "story.plan", f"{story.id}:1")).form
    for day in ("", "2026-03-09"):
        wrong = await talk.submit(hr, form, day=day, time="09:00", embargo="2026-03-10")
        assert isinstance(wrong, Correct) and "embargo until 10 March 2026" in text_of(wrong.errors)
    kept = await talk.submit(hr, form, day="2026-03-10", time="09:00", embargo="2026-03-10")
    assert button(kept.card, "story.go")


async def test_a_time_that_clocks_leap_over_is_refused_and_one_they_show_twice_is_explained(lite: Database, deployment: Deployment) -> None:
    hr, talk = add_person(lite, "Nora Holm", "hr"), Talk(lite, deployment)
    story = lite.write_now(stories.create, START, hr.id, stories.Draft("T", "https://meri.example/x", captions=tuple(CaptionDraft(t) for t in FOUR)))
    form = (await talk.press(hr, "story.plan", f"{story.id}:1")).form
    past = await talk.submit(hr, form, day="2026-03-01", time="09:00")
    assert "That time has passed" in text_of(past.errors)
    leapt = await talk.submit(hr, form, day="2026-03-29", time="03:30")
    assert "leap over 03:30 on that day" in text_of(leapt.errors)
    twice = await talk.submit(hr, form, day="2026-10-25", time="03:30")
    assert "It goes out at the first" in text_of(twice)
    assert lite.read_now(lambda s: s.get_one(Story, story.id)).publish_at.isoformat() == "2026-10-25T00:30:00+00:00"


async def test_a_caption_of_one_network_has_to_fit_there_with_the_sentence_and_the_link(lite: Database, deployment: Deployment) -> None:
    hr, talk = add_person(lite, "Nora Holm", "hr"), Talk(lite, deployment)
    story = lite.write_now(stories.create, START, hr.id, stories.Draft("T", "https://meri.example/x"))
    form = (await talk.press(hr, "story.caption_form", f"{story.id}:en:x")).form
    room = 280 - 23 - 1 - len("I work at Meri Oy. ")
    wrong = await talk.submit(hr, form, network="x", texts="Short\n\n" + "a" * (room + 1))
    assert set(wrong.errors) == {"texts"} and "1 character too long there" in text_of(wrong.errors) and "280" in text_of(wrong.errors)
    assert lite.read_now(stories.captions, story.id) == [], "nothing half kept"
    await talk.submit(hr, form, network="x", texts="Short\n\n" + "a" * room)
    assert len(lite.read_now(stories.captions, story.id)) == 2
