"""A story from HR's form to a colleague's share and out of the world again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from conftest import START, add_person
from sqlmodel import select
from story_world import FOUR, Talk, button, buttons, draft, published, shared, steps, text_of

from bot import shares, stories, strategy
from bot.audit import AuditEntry
from bot.db import Database
from bot.desks import Deployment, notices
from bot.desks.hr.stories import preview
from bot.desks.turn import Turn
from bot.messages import Ask, Copyable, Correct, Replace, Show
from bot.outbox import Delivery
from bot.shares import Share
from bot.stories import Story


def deliveries(db: Database, notice: str = "story") -> list[Delivery]:
    return db.read_now(lambda s: list(s.exec(select(Delivery).where(Delivery.notice == notice).order_by(Delivery.id))))


def card_of(db: Database, deployment: Deployment, delivery: Delivery, now: datetime = START):
    return db.read_now(notices.build, deployment, delivery, now)


async def test_hr_writes_looks_tests_and_publishes_and_everyone_is_owed_the_card(db: Database, deployment: Deployment) -> None:
    hr, aino = add_person(db, "Nora Holm", "hr"), add_person(db, "Aino Salo", locale="fi")
    talk = Talk(db, deployment)
    desk = await talk.command(hr, "admin", "stories")
    form = (await talk.press(hr, button(desk.card, "story.write"))).form
    opened = await talk.submit(hr, form, title="What ice sounds like", link="https://meri.example/ice", summary="Hydrophones.", kind="give", language="en")
    assert "At least two captions" in text_of(opened)
    captions = await talk.press(hr, button(opened.card, "story.captions"))
    caption_form = (await talk.press(hr, next(b for b in buttons(captions.card) if b.value.endswith(":en:")))).form
    await talk.submit(hr, caption_form, texts="\n\n".join(FOUR))
    story_id = int(button(captions.card, "story.open").value)

    opened = await talk.press(hr, "story.open", str(story_id))
    plan = (await talk.press(hr, button(opened.card, "story.plan"))).form
    confirm = await talk.submit(hr, plan, day="")
    assert "After this one (Give), the last 30 days hold for Everyone: 1 give, 0 tells, 0 asks. Nothing is owed." in text_of(confirm)
    assert "Everyone: 2 people" in text_of(confirm)
    look = await talk.press(hr, button(confirm.card, "story.preview"))
    assert text_of(look).startswith("New to share: What ice sounds like")
    await talk.press(hr, button(confirm.card, "story.test"))
    assert [d.person_id for d in deliveries(db, "story_test")] == [hr.id]
    assert "only you can see" in text_of(card_of(db, deployment, deliveries(db, "story_test")[0]))
    assert deliveries(db) == []

    done = await talk.press(hr, button(confirm.card, "story.go"))
    assert isinstance(done, Replace) and "Published" in text_of(done)
    steps(db, deployment, START)
    owed = deliveries(db)
    assert [d.key for d in owed] == [f"story:{story_id}:person:{hr.id}", f"story:{story_id}:person:{aino.id}"]
    card = card_of(db, deployment, owed[1])
    assert text_of(card, "fi").startswith("Uutta jaettavaa: What ice sounds like")
    assert db.read_now(strategy.balance, None, START.date()).give == 1
    steps(db, deployment, START)
    assert len(deliveries(db)) == 2


async def test_an_employee_sees_two_captions_edits_one_and_gets_the_dialog(db: Database, deployment: Deployment) -> None:
    hr, aino, elias = add_person(db, "Nora Holm", "hr"), add_person(db, "Aino Salo"), add_person(db, "Elias Berg")
    story = published(db, deployment, hr)
    talk = Talk(db, deployment)
    mine, theirs = await talk.press(aino, "story.share", str(story.id)), await talk.press(elias, "story.share", str(story.id))
    assert mine == await talk.press(aino, "story.share", str(story.id))
    texts = [{t for t in FOUR if t in text_of(shown)} for shown in (mine, theirs)]
    assert [len(t) for t in texts] == [2, 2] and not texts[0] & texts[1]
    assert "I work at Meri Oy. " + FOUR[0] in text_of(mine)

    form = (await talk.press(aino, button(mine.card, "story.caption"))).form
    ready = await talk.submit(aino, form, text="I work at Meri Oy. Ice is LOUD.", network="linkedin")
    row = db.read_now(lambda s: s.exec(select(Share)).one())
    go = button(ready.card, "share.opened")
    assert go.url == f"https://www.linkedin.com/sharing/share-offsite/?url=http%3A%2F%2F127.0.0.1%3A8765%2Fs%2F{row.token}"
    copyables = [b.text for b in ready.card.blocks if isinstance(b, Copyable)]
    assert copyables == ["I work at Meri Oy. Ice is LOUD.", f"http://127.0.0.1:8765/s/{row.token}"]
    assert "does not take text from elsewhere. Copy your words first" in text_of(ready)
    assert row.opened_at is None
    thanks = await talk.press(aino, go)
    assert isinstance(thanks, Replace) and copyables == [b.text for b in thanks.card.blocks if isinstance(b, Copyable)]
    assert db.read_now(shares.get, row.id, aino.id).opened_at == START
    listed = await talk.command(aino, "stories")
    assert "You shared it · 0 clicks" in text_of(listed)


async def test_leaving_the_disclosure_out_is_warned_of_and_not_forbidden(lite: Database, deployment: Deployment) -> None:
    hr, aino = add_person(lite, "Nora Holm", "hr"), add_person(lite, "Aino Salo", locale="sv")
    story = published(lite, deployment, hr)
    talk = Talk(lite, deployment)
    form = (await talk.press(aino, button((await talk.press(aino, "story.share", str(story.id))).card, "story.caption"))).form
    assert form.fields[0].initial.startswith("Jag arbetar på Meri Oy. ")
    ready = await talk.submit(aino, form, text="Is låter mycket.", network="bluesky")
    assert ready.card.tone == "warning" and "Jag arbetar på Meri Oy." in text_of(ready, "sv")
    kept = await talk.submit(aino, form, text="JAG ARBETAR på Meri Oy och is låter.", network="bluesky")
    assert kept.card.tone == "good"


async def test_a_caption_too_long_for_the_network_is_told_how_much(lite: Database, deployment: Deployment) -> None:
    hr, aino = add_person(lite, "Nora Holm", "hr"), add_person(lite, "Aino Salo")
    story = published(lite, deployment, hr)
    talk = Talk(lite, deployment)
    form = (await talk.press(aino, button((await talk.press(aino, "story.share", str(story.id))).card, "story.caption"))).form
    answer = await talk.submit(aino, form, text="a" * 257, network="x")  # 257 + a space + 23 is one too many
    assert isinstance(answer, Correct) and "1 character too long. The limit there is 280." in text_of(list(answer.errors.values()))
    assert isinstance(await talk.submit(aino, form, text="a" * 256, network="x"), Show)
    wrong = await talk.submit(aino, form, text="hello", network="mastodon", instance="127.0.0.1")
    assert isinstance(wrong, Correct) and set(wrong.errors) == {"instance"}
    right = await talk.submit(aino, form, text="hello", network="mastodon", instance="https://mastodon.social/@aino")
    assert button(right.card, "share.opened").url.startswith("https://mastodon.social/share?text=hello%0Ahttp%3A%2F%2F127.0.0.1")


async def test_recall_withdraws_stops_links_and_tells_sharers(db: Database, deployment: Deployment) -> None:
    hr, aino, elias = add_person(db, "Nora Holm", "hr"), add_person(db, "Aino Salo"), add_person(db, "Elias Berg")
    story = published(db, deployment, hr)
    steps(db, deployment, START)
    share = shared(db, deployment, aino, story)

    def send_first(session):
        row = session.exec(select(Delivery).where(Delivery.person_id == aino.id)).one()
        row.state, row.reference = "sent", "r1"
        session.add(row)

    db.write_now(send_first)
    talk = Talk(db, deployment)
    opened = await talk.press(hr, "story.open", str(story.id))
    form = (await talk.press(hr, button(opened.card, "story.recall"))).form
    wrong = await talk.submit(hr, form, words="  ")
    assert isinstance(wrong, Correct) and set(wrong.errors) == {"words"}
    done = await talk.submit(hr, form, words="The figures were wrong.")
    assert "1 message is being withdrawn" in text_of(done)
    steps(db, deployment, START)
    rows = deliveries(db)
    assert {(d.person_id, d.deed, d.state) for d in rows} == {
        (hr.id, "send", "cancelled"),
        (aino.id, "send", "sent"),
        (elias.id, "send", "cancelled"),
        (aino.id, "withdraw", "owed"),
    }
    assert [d.person_id for d in deliveries(db, "story_recalled")] == [aino.id]
    told = text_of(card_of(db, deployment, deliveries(db, "story_recalled")[0]))
    assert "please delete your post" in told and "The figures were wrong." in told
    assert db.write_raw_now(lambda raw: shares.resolve(raw, share.token, START)).answer == "recalled"
    again = await talk.press(hr, button(opened.card, "story.recall"))
    assert "Somebody was quicker" in text_of(again)
    refused = await talk.press(elias, "story.share", str(story.id))
    assert "cannot be shared any more" in text_of(refused)


async def test_a_proposal_waits_is_decided_and_the_proposer_is_told(db: Database, deployment: Deployment) -> None:
    curator, aino = add_person(db, "Mika Lind", "curator"), add_person(db, "Aino Salo", locale="fi")
    talk = Talk(db, deployment)
    form = (await talk.command(aino, "vinkki", "propose")).form
    wrong = await talk.submit(aino, form, title="Tide", link="javascript:alert(1)")
    assert isinstance(wrong, Correct) and set(wrong.errors) == {"link"}
    await talk.submit(aino, form, link="https://meri.example/tide", title="Tide tables", why="Worth it", caption="Luin tämän kahdesti.")
    (told,) = deliveries(db, "story_proposed")
    card = card_of(db, deployment, told)
    assert told.room == "admin" and "Proposed by Aino Salo" in text_of(card)
    refusal = (await talk.press(curator, button(card, "story.refuse"))).form
    assert isinstance(await talk.submit(curator, refusal, word=" "), Correct)
    approval = (await talk.press(curator, button(card, "story.approve"))).form
    opened = await talk.submit(curator, approval, word="Lovely")
    assert "Draft" in text_of(opened)
    (answer,) = deliveries(db, "story_reviewed")
    assert answer.person_id == aino.id and "Lovely" in text_of(card_of(db, deployment, answer), "fi")
    late = await talk.submit(curator, refusal, word="No")
    assert "Somebody was quicker" in text_of(late)
    assert card_of(db, deployment, told) is None


async def test_only_hr_and_curators_may_and_the_refusal_is_noted(db: Database, deployment: Deployment) -> None:
    hr, aino = add_person(db, "Nora Holm", "hr"), add_person(db, "Aino Salo")
    story = published(db, deployment, hr)
    talk = Talk(db, deployment)
    for action in ("story.plan", "story.go", "story.recall", "story.unschedule", "story.approve", "story.refuse"):
        assert "another role" in text_of(await talk.press(aino, action, f"{story.id}:{story.version}")), action
    for action, value in (
        ("story.open", "1"),
        ("story.edit", "1"),
        ("story.preview", "1"),
        ("story.test", "1"),
        ("story.captions", "1"),
        ("story.caption_form", "1:en:"),
        ("story.write", ""),
        ("stories.tab", "draft:0"),
        ("strategy.create", ""),
        ("strategy.open", "1"),
    ):
        assert "another role" in text_of(await talk.press(aino, action, value)), action
    notes = db.read_now(lambda s: s.exec(select(AuditEntry).where(AuditEntry.what == "refused")).all())
    assert len(notes) == 16 and {n.actor_id for n in notes} == {aino.id}
    assert db.read_now(stories.get, story.id).state == "published"


async def test_a_scheduled_story_goes_out_at_its_time_and_ends_at_its_own(db: Database, deployment: Deployment) -> None:
    hr, aino = add_person(db, "Nora Holm", "hr"), add_person(db, "Aino Salo", time_zone="America/New_York")

    def write(session):
        return stories.create(session, START, hr.id, draft())

    story = db.write_now(write)
    talk = Talk(db, deployment)
    plan = (await talk.press(hr, "story.plan", f"{story.id}:{story.version}")).form
    past = await talk.submit(hr, plan, day="2026-03-01", time="09:00")
    assert isinstance(past, Correct) and "has passed" in text_of(list(past.errors.values()))
    gap = await talk.submit(hr, plan, day="2026-03-29", time="03:30")
    assert "leap over" in text_of(list(gap.errors.values()))
    confirm = await talk.submit(hr, plan, day="2026-03-03", time="09:00", until="2026-03-05")
    await talk.press(hr, button(confirm.card, "story.go"))
    at = datetime(2026, 3, 3, 7, 0, tzinfo=UTC)  # 09:00 in Helsinki
    steps(db, deployment, at - timedelta(seconds=1))
    assert db.read_now(stories.get, story.id).state == "scheduled"
    steps(db, deployment, at)
    assert db.read_now(stories.get, story.id).state == "published"
    due = {d.person_id: d.due_at for d in deliveries(db)}
    assert due == {hr.id: at, aino.id: datetime(2026, 3, 3, 13, 0, tzinfo=UTC)}  # 08:00 in New York
    end = datetime(2026, 3, 5, 21, 59, tzinfo=UTC)
    steps(db, deployment, end)
    assert db.read_now(stories.get, story.id).state == "expired"
    assert {d.state for d in deliveries(db)} == {"cancelled"}


async def test_captions_are_needed_before_a_story_goes_out(lite: Database, deployment: Deployment) -> None:
    hr = add_person(lite, "Nora Holm", "hr")
    story = lite.write_now(lambda s: stories.create(s, START, hr.id, draft(captions=())))
    talk = Talk(lite, deployment)
    plan = (await talk.press(hr, "story.plan", f"{story.id}:1")).form
    assert "Add at least 2 captions first" in text_of(await talk.submit(hr, plan))


async def test_an_internal_story_is_read_and_not_shared(lite: Database, deployment: Deployment) -> None:
    hr, aino = add_person(lite, "Nora Holm", "hr"), add_person(lite, "Aino Salo")
    story = published(lite, deployment, hr, is_internal=True, captions=())
    steps(lite, deployment, START)
    card = card_of(lite, deployment, deliveries(lite)[1])
    assert [b.action for b in buttons(card)] == [""] and "Please do not share it" in text_of(card)
    assert "for reading inside" in text_of(await Talk(lite, deployment).press(aino, "story.share", str(story.id)))


async def test_a_story_for_others_cannot_be_reached_by_its_number(db: Database, deployment: Deployment) -> None:
    from bot import audiences

    hr, aino, alva = add_person(db, "Nora Holm", "hr"), add_person(db, "Aino Salo"), add_person(db, "Alva Ek", kind="alumna")
    group = db.write_now(audiences.save, START, hr.id, "Alumni", audiences.Rule(kinds=("alumna",)), START.date())
    story = published(db, deployment, hr, audience_id=group.id)
    steps(db, deployment, START)
    assert [d.person_id for d in deliveries(db)] == [alva.id]
    talk = Talk(db, deployment)
    foreign, missing = await talk.press(aino, "story.share", str(story.id)), await talk.press(aino, "story.share", "9999")
    assert foreign == missing
    assert "What ice" not in text_of(await talk.command(aino, "stories"))
    assert "What ice" in text_of(await talk.command(alva, "stories"))


async def test_old_and_crooked_values_are_explained(lite: Database, deployment: Deployment) -> None:
    hr = add_person(lite, "Nora Holm", "hr")
    talk = Talk(lite, deployment)
    for action in (
        "story.share",
        "story.caption",
        "share.opened",
        "story.open",
        "story.plan",
        "story.go",
        "story.recall",
        "story.approve",
        "story.caption_form",
    ):
        for value in ("", "x", "1:x", "٣", "-1", "1" * 40, "1:en:nowhere"):
            answer = await talk.press(hr, action, value)
            assert isinstance(answer, Show | Ask) and answer.kind == "show" and answer.card.tone == "refusal", (action, value)


async def test_the_preview_is_the_very_card_and_speaks_three_languages(lite: Database, deployment: Deployment) -> None:
    hr = add_person(lite, "Nora Holm", "hr")
    story: Story = published(lite, deployment, hr, image_url="https://meri.example/ice.png", image_alt="Sea ice")
    steps(lite, deployment, START)
    sent = card_of(lite, deployment, deliveries(lite)[0])
    seen = lite.read_now(lambda s: preview(Turn(s, deployment, hr, START), story.id, "fi"))
    assert seen == sent
    assert [text_of(seen, loc).split(":")[0] for loc in ("en", "fi", "sv")] == ["New to share", "Uutta jaettavaa", "Nytt att dela"]
