"""Every card and form by which stories come in, with the longest texts allowed, fits Slack and Teams in three languages."""

from __future__ import annotations

from typing import Any

from conftest import START, add_person
from loopback import adaptive, slack_limits
from sqlmodel import select
from story_world import Talk, draft, published

from adapters.slack.render import card_to_message
from adapters.slack.view import card_to_view, form_to_view
from adapters.teams.buttons import Place
from adapters.teams.forms import form_to_adaptive
from adapters.teams.render import card_to_adaptive
from adapters.teams.sealed import Sealer
from bot import settings, stories
from bot.db import Database
from bot.desks import Deployment, notices
from bot.desks.hr.stories import take_from_feed
from bot.desks.unread import UNREAD
from bot.messages import Ask, Card, Form, ReadPage, Replace, Show, Submission
from bot.outbox import Delivery
from bot.polling import Outcome
from bot.stories import Feed, FeedDraft, Story
from content import Words

LONG = "\u00c4" * 120
PAGE = {"title": LONG, "summary": "y " * 750, "image_url": "https://img.example/" + "i" * 1900, "image_alt": "z" * 300, "language": "fi", "site": "S" * 100,
        "unread": "", "status": "999"}  # fmt: skip


class Shown(list[Card | Form]):
    """Everything that was shown."""

    def keep(self, answer: Any) -> Any:
        if isinstance(answer, Show | Replace):
            self.append(answer.card)
        elif isinstance(answer, Ask):
            self.append(answer.form)
        return answer


async def _feeds(lite: Database, deployment: Deployment, talk: Talk, hr: Any, shown: Shown) -> None:
    shown.keep(await talk.command(hr, "admin", "feeds"))
    long = FeedDraft("N" * 80, "https://meri.example/" + "u" * 1900)
    feed = lite.write_now(stories.add_feed, START, hr.id, long)
    for i in range(12):
        lite.write_now(stories.add_feed, START, hr.id, FeedDraft("M" * 80, f"https://meri.example/{i}"))
    for problem in UNREAD:
        lite.write_now(take_from_feed, START, feed.id, Outcome(problem=problem, status=503), [], 0, 0.5)
        shown.keep(await talk.press(hr, "feed.open", str(feed.id)))
    shown.keep(await talk.command(hr, "admin", "feeds"))
    row = lite.read_now(lambda s: s.get_one(Feed, feed.id))
    for action, value in (("feed.page", "1"), ("feed.new", ""), ("feed.edit", str(feed.id)), ("feed.now", f"{feed.id}:{row.version}")):
        shown.keep(await talk.press(hr, action, value))
    shown.keep(await talk.press(hr, "feed.stop", f"{feed.id}:{row.version + 1}"))
    lite.write_now(lambda s: stories.settle_feed(s, START, s.get_one(Feed, feed.id), Outcome(problem="status", status=410), 0.5))


async def _links(lite: Database, talk: Talk, hr: Any, aino: Any, shown: Shown) -> None:
    for unread in ("", *UNREAD):
        answer = await talk.command(aino, "vinkki", "propose https://meri.example/p " + "w" * 1400)
        assert isinstance(answer, ReadPage)
        found = PAGE | ({"unread": unread, "title": ""} if unread else {})
        card = shown.keep(await talk.hear(aino, Submission(answer.form, answer.subject, found)))
        shown.keep(await talk.press(aino, "story.propose", answer.subject))
    assert card.card.tone == "warning"
    form = (await talk.press(aino, "story.propose", answer.subject)).form
    shown.keep(await talk.submit(aino, form, title=LONG, why="w" * 1500, caption="c" * 700, credit="yes"))
    shown.keep(await talk.command(aino, "vinkki", "propose https://meri.example/p"))
    shown.keep(await talk.command(hr, "vinkki", "propose https://meri.example/p"))
    shown.keep(await talk.command(aino, "vinkki", "propose https://meri.example/out"))
    write = (await talk.press(hr, "story.write")).form
    for n, unread in enumerate(("", "inside")):
        answer = await talk.submit(hr, write, link=f"https://meri.example/{n}" + "l" * 1900)
        shown.keep(await talk.hear(hr, Submission(answer.form, answer.subject, PAGE | {"unread": unread})))
    row = lite.read_now(lambda s: s.exec(select(Story).where(Story.state == "review")).one())
    shown.keep(await talk.press(hr, "story.open", str(row.id)))
    made = lite.write_now(lambda s: stories.create(s, START, None, draft(title=LONG)))
    shown.keep(await talk.press(hr, "story.picture", str(made.id)))


async def test_they_fit_slack_and_teams(lite: Database, deployment: Deployment) -> None:
    hr, aino = add_person(lite, "Nora " + "H" * 90, "hr"), add_person(lite, "Aino " + "S" * 90)
    lite.write_now(settings.put, START, hr.id, "stories.watch_words", ",".join(["c", "w", "\u00e4", *(f"{'k' * 55}{i}" for i in range(90))]))
    shown, talk = Shown(), Talk(lite, deployment)
    published(lite, deployment, hr, title=LONG, link="https://meri.example/out")
    await _feeds(lite, deployment, talk, hr, shown)
    await _links(lite, talk, hr, aino, shown)
    owed = lite.read_now(lambda s: [c for d in s.exec(select(Delivery)) if (c := notices.build(s, deployment, d, START))])
    assert len(shown) > 60 and any("feed" in str(c.title) or "intake.failing" in str(c.title) for c in owed)
    for locale in ("en", "fi", "sv"):
        words = Words(locale, "Europe/Helsinki")
        for thing in (*shown, *owed):
            if isinstance(thing, Card):
                assert slack_limits.problems(card_to_message(thing, words)["blocks"], "message") == [], words(thing.title)
                assert slack_limits.view_problems(card_to_view(thing, words)) == [], words(thing.title)
                assert adaptive.problems(card_to_adaptive(thing, words)) == [], words(thing.title)
            else:
                assert slack_limits.view_problems(form_to_view(thing, words)) == [], thing.name
                assert adaptive.problems(form_to_adaptive(thing, words, Sealer(deployment), Place(is_dialog=True)), in_dialog=True) == [], thing.name
