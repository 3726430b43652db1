"""The stories that ship, and the demo company's, go in through the real importers and fit every network."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from conftest import START
from sqlmodel import col, select

import adapters
import content
from adapters.feeds import import_stories
from bot import shares, stories
from bot.db import Database
from bot.desks import Deployment
from bot.stories import Story

STARTERS = Path(content.__file__).parent / "stories"
DEMO = Path(adapters.__file__).parent / "demo" / "data"
LINK = "https://vinkki.meri.example/s/0123456789abcdefghijkl"


@pytest.fixture
def taken_in(lite: Database, deployment: Deployment) -> list[Story]:
    for source, count in ((STARTERS, 15), (DEMO / "stories.csv", 5), (DEMO / "feed.xml", 5)):
        report = import_stories(lite, deployment, START, None, str(source), is_checked=True)
        assert (report.new, report.refused) == (count, [])
    return lite.read_now(lambda s: list(s.exec(select(Story).order_by(col(Story.id)))))


def test_there_are_twenty_five_and_they_give_more_than_they_ask(taken_in: list[Story]) -> None:
    kinds = Counter(s.kind for s in taken_in)
    assert len(taken_in) == 25 and kinds["give"] >= 4 * kinds["ask"]
    assert {s.state for s in taken_in if s.source == "feed"} == {"review"}
    assert {s.language for s in taken_in} == {"en", "fi", "sv"}


def test_every_language_that_has_captions_has_four_that_fit_everywhere(lite: Database, taken_in: list[Story]) -> None:
    for story in taken_in:
        found = lite.read_now(stories.captions, story.id)
        by_language = Counter(c.locale for c in found)
        assert story.source == "feed" or (by_language["en"] + by_language[story.language] >= 4 and min(by_language.values()) >= 4), story.title
        for caption in found:
            sentence = lite.read_now(shares.disclosure, caption.locale, "Meri Oy")
            for network in ("x", "bluesky", "mastodon", "threads"):
                shares.require_fits(network, shares.with_disclosure(sentence, caption.text), LINK)
