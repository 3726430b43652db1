"""The words: complete in every language, with the same placeholders, and short enough where a platform sets a limit."""

from __future__ import annotations

import ast
import re
import string
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

import bot
from bot import settings
from bot.messages import Plain, say
from bot.money import Money
from content.catalog import LOCALES, Words, entries

SHORT = 24  # form titles and submit words: Slack's limit for modals
BUTTON = 75


def forms(entry: str | dict[str, str]) -> list[str]:
    return list(entry.values()) if isinstance(entry, dict) else [entry]


def placeholders(entry: str | dict[str, str]) -> set[str]:
    return {name for text in forms(entry) for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("locale", LOCALES)
def test_every_locale_has_every_key(locale: str) -> None:
    assert entries(locale).keys() == entries("en").keys()


@pytest.mark.parametrize("locale", LOCALES)
def test_every_locale_has_the_same_placeholders(locale: str) -> None:
    differing = {key for key, entry in entries(locale).items() if placeholders(entry) != placeholders(entries("en").get(key, ""))}
    assert differing == set()


@pytest.mark.parametrize("locale", LOCALES)
def test_plural_entries_have_both_forms_and_say_the_count_in_every_language(locale: str) -> None:
    for key, entry in entries(locale).items():
        english = entries("en")[key]
        assert isinstance(entry, dict) == isinstance(english, dict), f"{key} has plural forms in one language only"
        if isinstance(entry, dict):
            assert entry.keys() == {"one", "other"}, key


@pytest.mark.parametrize("locale", LOCALES)
def test_a_placeholder_is_a_plain_name(locale: str) -> None:
    for key, entry in entries(locale).items():
        assert all(re.fullmatch(r"[a-z_]+", name) for name in placeholders(entry)), key


@pytest.mark.parametrize("locale", LOCALES)
def test_no_text_is_empty_or_padded(locale: str) -> None:
    for key, entry in entries(locale).items():
        assert all(text and text == text.strip() for text in forms(entry)), key


@pytest.mark.parametrize("locale", LOCALES)
def test_form_titles_and_submit_words_fit_everywhere(locale: str) -> None:
    too_long = {key: entry for key, entry in entries(locale).items() if key.endswith((".form_title", ".submit")) and len(str(entry)) > SHORT}
    assert too_long == {}


@pytest.mark.parametrize("locale", LOCALES)
def test_every_setting_of_hr_has_its_words(locale: str) -> None:
    names = {name for name in settings.DEFAULTS if not name.startswith("demo.")}
    assert {name for name in names if f"settings.of.{name}" not in entries(locale)} == set()


def test_everything_the_house_says_by_name_has_words() -> None:
    """Keys put together at run time are seen by the tests of the desks that say them."""
    missing = set()
    for path in Path(bot.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("say", "Refusal", "Stale", "FieldRefusal")):
                continue
            place = 1 if node.func.id == "FieldRefusal" else 0
            key = node.args[place] if len(node.args) > place else None
            if isinstance(key, ast.Constant) and key.value not in entries("en"):
                missing.add(f"{path.name}:{node.lineno} {key.value}")
    assert missing == set()


def test_finnish_and_swedish_are_not_english() -> None:
    """Words that are the same in all three languages are names, addresses or patterns; there are few of them."""
    for locale in ("fi", "sv"):
        same = [
            key
            for key, entry in entries(locale).items()
            if entry == entries("en")[key] and any(len(w) > 3 for w in re.findall(r"[^\W\d_]+", re.sub(r"\{\w+\}", "", str(entry))))
        ]
        assert len(same) <= len(entries("en")) * 0.04, same


def test_numbers_days_moments_and_money_are_written_as_the_language_writes_them() -> None:
    english, finnish, swedish = Words("en", "Europe/London"), Words("fi", "Europe/Helsinki"), Words("sv", "Europe/Helsinki")
    assert english.value(1234567) == "1,234,567"
    assert finnish.value(1234567).replace("\N{NO-BREAK SPACE}", " ") == "1 234 567"
    assert finnish.day(date(2026, 6, 24)) == "24. kesäkuuta 2026" and swedish.day(date(2026, 6, 24)) == "24 juni 2026"
    moment = datetime(2026, 6, 24, 9, 5, tzinfo=UTC)
    assert english.moment(moment) == "24 June 2026 10:05" and finnish.moment(moment) == "24. kesäkuuta 2026 klo 12.05"
    assert "500" in finnish.value(Money(50000, "EUR")) and english.value(Money(50000, "EUR")) == "€500.00"


def test_a_number_chooses_the_plural_form() -> None:
    words = Words("en")
    assert words(say("audiences.size", count=1)) == "1 person"
    assert words(say("audiences.size", count=1200)) == "1,200 people"
    assert Words("fi")(say("audiences.size", count=2)) == "2 henkilöä"


def test_somebody_s_own_text_is_left_alone() -> None:
    assert Words("fi")(Plain("{name} <b>*x*</b> {0}")) == "{name} <b>*x*</b> {0}"
    assert Words("en")(say("front.home.title", name="{count} {0.__class__}")) == "Hello, {count} {0.__class__}"


def test_an_unknown_locale_is_spoken_to_in_english() -> None:
    assert Words("de")(say("profile.yes")) == "Yes"
