"""The house's mails, as the people of a small company get them: what each says, in every language, in both forms."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from html.parser import HTMLParser

import pytest
from conftest import START, StillClock
from referral_desk import company
from story_world import published
from story_world import steps as story_steps

from adapters.delivery import Lanes
from adapters.delivery.pace import UNLIMITED, Pace
from adapters.hub import Hub
from adapters.mail import MailAdapter
from bot import outbox, stories
from bot.config import load
from bot.db import Database
from bot.desks import Deployment, clock_bonuses, front
from bot.messages import Caller, Press, Submission, say
from bot.people import Person
from bot.ports import Letter
from content.catalog import LOCALES, Words

HOME = "http://127.0.0.1:8765"


@dataclass
class Box:
    """A mail server that keeps what it is given, by the delivery's key."""

    letters: dict[str, Letter]

    async def post(self, letter: Letter, key: str) -> None:
        self.letters[key] = letter

    def of(self, part: str) -> Letter:
        (found,) = [letter for key, letter in self.letters.items() if re.search(part, key)]
        return found


class Page(HTMLParser):
    """What stands in a letter's HTML: its tags, links (True for one that looks like a button) and words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: dict[str, bool] = {}
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "a":
            self.links[dict(attrs)["href"] or ""] = "background" in (dict(attrs)["style"] or "")

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.fixture(params=LOCALES)
def locale(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def box(lite: Database, deployment: Deployment, clock: StillClock, locale: str) -> Box:
    """Everything that goes out while a story is published, shared in words, and somebody is referred, hired and paid."""
    meri, box = company(lite, deployment), Box({})
    hub = Hub(load(_env_file=None, secret_key="a-test-key-that-is-long-enough-000"), lite, deployment, clock)
    lanes = Lanes(hub, {"mail": MailAdapter(hub, box)})
    lanes._paces["mail"] = Pace(UNLIMITED)
    lite.write_now(lambda s: [setattr(s.get_one(Person, p.id), "locale", locale) for p in (meri.aino, meri.rita, meri.rolf, meri.hanna)])
    lite.write_now(front.request_sign_in, deployment, meri.aino.email, START)
    lite.write_now(front.request_connection, deployment, Caller("slack", "T1", "U1"), meri.aino.email, START)
    out = published(lite, deployment, meri.hanna)
    story_steps(lite, deployment, START)
    lite.write_now(lambda s: outbox.owe(s, START, "tested:1", "story_test", out.id or 0, meri.hanna))
    assert not meri.confirm(await meri.link(), locale, referrer_may_see="yes").errors
    referral = meri.last()
    lite.write_now(lambda s: outbox.owe(s, START, "taken-lately:1", "referral_waiting", referral.id or 0, meri.rita))
    await lanes.drain()
    for step in ("take", "contact", "interview", "offer"):
        referral = meri.last()
        await meri.hear(meri.rita, Press(f"referral.{step}", f"{referral.id}:{referral.version}"))
        await lanes.drain()
    referral = meri.last()
    await meri.hear(meri.rita, Submission("referral.hire", f"{referral.id}:{referral.version}", {"start_on": "2026-03-03", "email": ""}))
    await lanes.drain()
    for day in (date(2026, 3, 4), date(2026, 6, 2)):
        clock.moment = datetime(day.year, day.month, day.day, 7, tzinfo=UTC)
        for time_asks in (clock_bonuses.start_waiting, clock_bonuses.raise_due):
            lite.write_now(time_asks, deployment, clock.now())
        await lanes.drain()
    lite.write_now(stories.recall, clock.now(), meri.hanna.id, out.id, out.version, "The figures were wrong.")
    await lanes.drain()
    return box


def test_each_letter_reads_like_one_that_somebody_wrote(box: Box, locale: str) -> None:
    assert len(box.letters) >= 20
    for key, letter in box.letters.items():
        body, found, foot = letter.text.partition("\n-- \n")
        page = Page(letter.html)
        assert found and "Meri Oy" in foot, key
        assert 8 < len(letter.subject) <= 110 and "\n" not in letter.subject, letter.subject
        assert letter.subject not in body and page.words.count(letter.subject) == 1, f"{key} repeats its subject (the HTML has it as title only)"
        assert sum(page.links.values()) <= 1, f"{key} has more than one button"
        assert f'lang="{locale}"' in letter.html and {"img", "script"}.isdisjoint(page.tags), key
        assert set(re.findall(r"https?://[^\s<]+", letter.text)) == set(page.links), f"{key} leads elsewhere in plain text"
        assert not re.search(r"\{\w+\}", letter.text + letter.subject) and len(body) < 1200, key


def test_a_story_s_letter_says_that_it_can_be_shared_and_how_to_stop(box: Box, locale: str) -> None:
    letter, words = box.of(r"^story:\d+:person:1$"), Words(locale)
    page = Page(letter.html)
    assert page.links == {f"{HOME}/stories": True, "https://meri.example/ice": False, f"{HOME}/settings": False}
    for key in ("letters.lead_story", "letters.link.story", "letters.settings"):
        assert words(say(key)) in letter.text and words(say(key)) in page.words, key
    assert words(say("letters.why.story", organisation="Meri Oy")) in letter.text.partition("\n-- \n")[2]


@pytest.mark.parametrize(
    ("key", "place", "why"),
    [
        (r"^referral:\d+:taken:referrer", "referrals", "referral"),
        (r"^referral:\d+:new:recruiter:2", "recruiting", "recruiting"),
        (r"^bonuses:due:2026-06-02:person:4", "admin/bonuses", "decision"),
        (r"^referral:\d+:hired:bonus:person:1", "", "bonus"),
        (r"^tested:1", "admin/stories", "test"),
    ],
)
def test_each_letter_has_one_button_to_where_it_goes_on_and_says_why_it_came(box: Box, locale: str, key: str, place: str, why: str) -> None:
    letter = box.of(key)
    links = Page(letter.html).links
    assert [url for url, is_button in links.items() if is_button] == [f"{HOME}/{place}"] and f"{HOME}/settings" in links
    assert Words(locale)(say(f"letters.why.{why}", organisation="Meri Oy")) in letter.text.partition("\n-- \n")[2]


def test_the_candidate_s_and_the_sign_in_letters_stay_as_they_were_written(box: Box) -> None:
    for key in (r"^account-link:1:", r"^account-link:2:", r"^referral:\d+:taken:candidate"):
        links = Page(box.of(key).html).links
        assert list(links.values()) == [True] and f"{HOME}/settings" not in links
