"""Every card and form about stories, with the longest texts allowed, fits Slack and Teams in three languages."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import START, add_person
from loopback import adaptive, slack_limits
from sqlmodel import select
from story_world import Talk, button, buttons, draft, published, shared, steps

from adapters.slack.render import card_to_message
from adapters.slack.view import form_to_view
from adapters.teams.buttons import Place
from adapters.teams.forms import form_to_adaptive
from adapters.teams.render import card_to_adaptive
from adapters.teams.sealed import Sealer
from bot import shares, stories
from bot.db import Database
from bot.desks import Deployment, notices
from bot.messages import Ask, Card, Form, Replace, Show
from bot.outbox import Delivery
from bot.shares import Visit
from bot.stories import CaptionDraft, Story
from content import Words

LONG = "Ä" * 120


class Shown(list[Card | Form]):
    """Everything that was shown."""

    def keep(self, answer: Any) -> Any:
        if isinstance(answer, Show | Replace):
            self.append(answer.card)
        elif isinstance(answer, Ask):
            self.append(answer.form)
        return answer


@pytest.fixture
async def shown(lite: Database, deployment: Deployment) -> Shown:
    hr, aino = add_person(lite, "Nora Holm", "hr"), add_person(lite, "Aino Salo")
    everything, talk = Shown(), Talk(lite, deployment)
    captions = tuple(CaptionDraft(f"{i} " + "ö" * 290, "en", n) for n in ("", "x", "bluesky") for i in range(6))
    parts = {"title": LONG, "summary": "y " * 700, "captions": captions, "image_url": "https://meri.example/a.png", "image_alt": "z" * 300}
    story = published(lite, deployment, hr, **parts)
    for _ in range(12):
        lite.write_now(stories.create, START, hr.id, draft(title=LONG, captions=captions))
        published(lite, deployment, hr, title=LONG)
    steps(lite, deployment, START)
    share = shared(lite, deployment, aino, story)
    lite.write_raw_now(lambda raw: shares.record_clicks(raw, [Visit(share.id, aino.id, story.id, START, "human")]))
    steps(lite, deployment, START)
    for person in (hr, aino):
        for name, text in (
            ("stories", ""),
            ("vinkki", "leaderboard"),
            ("vinkki", "propose"),
            ("admin", "stories"),
            ("admin", "stories draft"),
            ("admin", "strategy"),
        ):
            everything.keep(await talk.command(person, name, text))
    await talk.press(aino, "leaderboard.join")
    everything.keep(await talk.command(aino, "vinkki", "leaderboard"))
    two = everything.keep(await talk.press(aino, "story.share", str(story.id)))
    form = everything.keep(await talk.press(aino, button(two.card, "story.caption"))).form
    for network in shares.NETWORKS:
        text = "ä" * (200 if network in ("x", "bluesky", "mastodon", "threads") else 2000)
        ready = everything.keep(await talk.submit(aino, form, text=text, network=network, instance="mastodon.social"))
        everything.keep(await talk.press(aino, button(ready.card, "share.opened")))
    draft_id = lite.write_now(stories.create, START, hr.id, draft(**parts)).id
    for action, value in (("story.open", draft_id), ("story.edit", draft_id), ("story.captions", draft_id), ("story.caption_form", f"{draft_id}:en:"),
                          ("story.caption_form", f"{draft_id}:en:x"), ("story.preview", draft_id), ("story.test", draft_id), ("story.write", ""),
                          ("strategy.create", ""), ("story.open", story.id), ("story.caption", f"{story.id}:0:"), ("stories.more", "1")):  # fmt: skip
        everything.keep(await talk.press(hr, action, str(value)))
    plan = everything.keep(await talk.press(hr, "story.plan", f"{draft_id}:1")).form
    confirm = everything.keep(await talk.submit(hr, plan, day="2026-03-04", time="09:00", until="2026-12-31"))
    everything.keep(await talk.press(hr, button(confirm.card, "story.go")))
    propose = (await talk.press(aino, "story.propose")).form
    everything.keep(await talk.submit(aino, propose, link="https://meri.example/p", title=LONG, why="w" * 1500, caption="c" * 700))
    made = everything.keep(await talk.submit(hr, (await talk.press(hr, "strategy.create")).form, name=LONG, goal="g" * 1000, target="5", deadline="2026-12-31"))
    everything.keep(await talk.press(hr, button(made.card, "strategy.measure")))
    waiting = lite.read_now(stories.listed, "review", 0, 1)[0]
    for action in ("story.open", "story.approve", "story.refuse"):
        value = f"{waiting.id}:{waiting.version}" if action != "story.open" else str(waiting.id)
        answer = everything.keep(await talk.press(hr, action, value))
    everything.keep(await talk.submit(hr, answer.form, word="n" * 500))
    await _after_publication(talk, hr, lite, story, everything)
    steps(lite, deployment, START)

    def owed(session):  # type: ignore[no-untyped-def]
        rows = session.exec(select(Delivery).where(Delivery.deed == "send"))
        return [c for d in rows if (c := notices.build(session, deployment, d, START))]

    everything += lite.read_now(owed)
    return everything


async def _after_publication(talk, hr, lite, story, everything) -> None:  # type: ignore[no-untyped-def]
    """Corrected in everything, in two more languages; looked at version by version; recalled at the end."""
    long = {"title": LONG, "link": "https://meri.example/" + "c" * 900, "summary": "z" * 1500, "words": "w" * 500}
    now = lambda: lite.read_now(lambda s: s.get_one(Story, story.id))  # noqa: E731
    everything.keep(await talk.submit(hr, everything.keep(await talk.press(hr, "story.correct", f"{story.id}:{now().version}")).form, **long))
    for locale in ("fi", "sv"):
        if locale != story.language:
            everything.keep(await talk.submit(hr, everything.keep(await talk.press(hr, "story.wording", f"{story.id}:{locale}")).form, **long))
    everything.keep(await talk.press(hr, "story.languages", str(story.id)))
    for found in [b for b in buttons(everything.keep(await talk.press(hr, "story.versions", f"{story.id}:0")).card) if b.action == "story.version"]:
        everything.keep(await talk.press(hr, found))
    everything.keep(await talk.command(hr, "admin", "calendar"))
    everything.keep(await talk.press(hr, "calendar.address"))
    everything.keep(await talk.command(hr, "admin", "calendar"))
    everything.keep(await talk.press(hr, "calendar.revoke"))
    form = everything.keep(await talk.press(hr, "story.recall", f"{story.id}:{now().version}")).form
    everything.keep(await talk.submit(hr, form, words="w" * 500))


async def test_they_fit_slack_and_teams(shown: Shown, deployment: Deployment) -> None:
    assert len(shown) > 50
    for locale in ("en", "fi", "sv"):
        words = Words(locale, "Europe/Helsinki")
        for thing in shown:
            if isinstance(thing, Card):
                assert slack_limits.problems(card_to_message(thing, words)["blocks"], "message") == [], words(thing.title)
                assert adaptive.problems(card_to_adaptive(thing, words)) == [], words(thing.title)
            else:
                assert slack_limits.view_problems(form_to_view(thing, words)) == [], thing.name
                card = form_to_adaptive(thing, words, Sealer(deployment), Place(is_dialog=True))
                assert adaptive.problems(card, in_dialog=True) == [], thing.name
