"""The lookalike shows what Slack would, and nothing in it is alive."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from contracts.gallery import FORM, FULL, HOSTILE, p

from adapters.slack.preview import preview, preview_form
from bot.messages import Button, Buttons, Card, Copyable, Fact, Facts, Item, Items, Note, Paragraph, Picture


def test_it_shows_every_word_of_the_card() -> None:
    page = preview(FULL, "en", "Europe/Helsinki")
    for words in ("Gallery title", "A paragraph", "Value two", "A boat at the pier", "https://example.com/s/abc?x=1&amp;y=2", "its detail", "Yard", "Press me"):
        assert words in page
    assert page.startswith("<!doctype html>") and "<script" not in page and "<a " not in page


def test_it_shows_a_form() -> None:
    page = preview_form(FORM, "fi", "Europe/Helsinki")
    assert "Gallery form" in page and "Peruuta" in page and "As on your badge" in page and 'lang="fi"' in page


@pytest.mark.parametrize(("locale", "word"), [("en", "Why (optional)"), ("fi", "Why (valinnainen)"), ("sv", "Why (valfritt)")])
def test_what_may_be_left_empty_is_marked_in_the_reader_s_language(locale: str, word: str) -> None:
    page = preview_form(FORM, locale, "Europe/Helsinki")
    assert word in page and (locale == "en") == ("optional" in page)


def test_hostile_words_are_shown_as_words() -> None:
    bad = p(HOSTILE + "\"><img src=x onerror=alert(1)>'")
    card = Card(bad, (
        Paragraph(bad), Note(bad), Facts((Fact(bad, bad),)), Items((Item(bad, bad, (Button(bad, "a", "b"),)),)), Copyable(bad, bad.plain),
        Picture('https://x.example/"onload="alert(1)', bad), Buttons((Button(bad, url="javascript:alert(1)"),)),
    ))  # fmt: skip
    tags = set(re.findall(r"<\s*([a-zA-Z!/]+)", preview(card, "en", "UTC")))
    assert tags <= {"!doctype", "html", "head", "meta", "title", "/title", "style", "/style", "/head", "body", "/body", "/html", "div", "/div", "b", "/b", "i",
                    "/i", "time", "/time", "h", "/h", "span", "/span", "pre", "/pre", "img"}  # fmt: skip
    assert 'onload="' not in preview(card, "en", "UTC") and "<img src=x" not in preview(card, "en", "UTC") and "javascript:" not in preview(card, "en", "UTC")


@pytest.mark.parametrize("module", ["slack_bolt", "slack_sdk.web.async_client"])
def test_a_preview_does_not_load_the_bot(module: str) -> None:
    code = f"import sys, adapters.slack.preview; sys.exit({module!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
