"""Job boards against a server: four forms of them, what is asked with, what vanishes and comes back, and what cannot be read."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest
from conftest import START, StillClock, add_person
from loopback.stranger import Internet, Say, Stranger, always, answer
from referral_desk import buttons_of, text_of
from sqlmodel import select

from adapters.ats import boards as reading
from adapters.ats.boards import BoardPoller
from adapters.feeds.unread import Unread
from adapters.hub import Hub
from bot import desks, openings
from bot.config import Config
from bot.db import Database
from bot.desks import Deployment, notices
from bot.desks.hr import boards as desk
from bot.messages import Answer, Caller, Event, Press
from bot.openings import BoardDraft, BoardReport, JobBoard, JobOpening
from bot.openings.boards import BoardOutcome
from bot.outbox import Delivery
from bot.people import Person
from bot.polling import Due

Serve = Callable[[Say], Internet]
URL = "http://jobs.example.org/list"


def greenhouse(*jobs: dict[str, object]) -> bytes:
    return json.dumps({"jobs": list(jobs), "meta": {"total": len(jobs)}}).encode()


def job(number: int, **more: object) -> dict[str, object]:
    return {
        "id": number,
        "title": f"Engineer {number}",
        "absolute_url": f"https://boards.greenhouse.io/meri/jobs/{number}",
        "location": {"name": "Turku"},
    } | more


@pytest.fixture
def serve() -> Iterator[Serve]:
    made: list[Stranger] = []

    def start(say: Say) -> Internet:
        made.append(Stranger(say))
        return Internet(made[-1])

    yield start
    for stranger in made:
        stranger.close()


class Town:
    """A deployment with one board, whose server says whatever `says` holds at that moment."""

    def __init__(self, db: Database, deployment: Deployment, clock: StillClock, serve: Serve) -> None:
        self.db, self.deployment, self.clock, self.says, self.counter = db, deployment, clock, answer("200 OK", greenhouse()), 0
        self.hr = add_person(db, "Nora Holm", "hr")
        self.board = db.write_now(openings.add_board, START, self.hr.id, BoardDraft("Careers", URL))
        self.net = serve(lambda client, _asked: client.sendall(self.says))
        hub = Hub(Config(), db, deployment, clock)  # type: ignore[call-arg]
        self.poller = BoardPoller(hub, self.net.cage, jitter=lambda: 0.5)

    async def day(self, body: bytes, status: str = "200 OK") -> JobBoard:
        """The board says this, it is read, and a day goes by."""
        self.says = answer(status, body)
        assert await self.poller.read_due() == 1 and await self.poller.read_due() == 0
        self.clock.move(days=1, hours=2)
        return self.row()

    def row(self) -> JobBoard:
        return self.db.read_now(lambda s: s.exec(select(JobBoard)).one())

    def openings(self) -> dict[str, JobOpening]:
        return {o.title: o for o in self.db.read_now(lambda s: list(s.exec(select(JobOpening).order_by(JobOpening.id))))}

    def told(self, notice: str = "board_report") -> list[Delivery]:
        found = select(Delivery).where(Delivery.notice == notice, Delivery.deed == "send").order_by(Delivery.id)
        return self.db.read_now(lambda s: list(s.exec(found)))

    def card(self, number: int = -1, notice: str = "board_report"):  # type: ignore[no-untyped-def]
        return self.db.read_now(notices.build, self.deployment, self.told(notice)[number], self.clock.now())

    async def press(self, action: str, value: str, who: Person | None = None) -> Answer:
        self.counter += 1
        event = Event(f"e{self.counter}", Caller("portal", "", str((who or self.hr).id)), Press(action, value))
        return (await desks.hear(self.db, self.deployment, event, self.clock.now())).answer


@pytest.fixture
def town(db: Database, deployment: Deployment, clock: StillClock, serve: Serve) -> Town:
    return Town(db, deployment, clock, serve)


@pytest.fixture
def village(lite: Database, deployment: Deployment, clock: StillClock, serve: Serve) -> Town:
    return Town(lite, deployment, clock, serve)


async def test_what_was_read_of_a_board_that_hr_changed_or_removed_meanwhile_is_not_of_the_new_one(town: Town) -> None:
    (due,) = town.db.write_now(desk.boards_due, START, 2)
    page, answered = [openings.Listed("1", "Engineer")], BoardOutcome(url=due.url)
    draft = BoardDraft("Careers", f"{URL}/new")
    moved = town.db.write_now(openings.change_board, START, town.hr.id, due.id, town.row().version, draft)
    for _ in range(2):
        town.db.write_now(openings.take_listed, START, due.id, page, due.url)
        assert town.db.write_now(openings.settle_reading, START, due.id, answered, 0.5, ["1"]) is None
        assert town.openings() == {}
        if moved:
            assert (town.row().next_at, town.row().read_at) == (START, None), "the new address is still due"
            town.db.write_now(openings.remove_board, START, town.hr.id, due.id, moved.version)
            moved = None


def said(net: Internet) -> reading.Reading:
    return reading.read(Due(1, URL), net.cage)


def test_greenhouse_is_read(serve: Serve) -> None:
    full = job(
        4001, title="Ingeniør &amp; <b>lead</b>", departments=[{"name": "Fleet"}], requisition_id=41815, language="fi-FI",
        content="&lt;p&gt;Build &amp;amp; ship&lt;/p&gt;&lt;script&gt;alert(1)&lt;/script&gt;",
    )  # fmt: skip
    found = said(serve(always(answer("200 OK", greenhouse(full, job(4002, requisition_id=None, departments=[], location=None))))))
    first, second = found.entries or ()
    assert (first.key, first.title, first.department, first.location, first.language) == ("4001", "Ingeniør & lead", "Fleet", "Turku", "fi")
    assert (first.description, first.requisition_id, first.link) == ("Build & ship", "41815", "https://boards.greenhouse.io/meri/jobs/4001")
    assert (second.requisition_id, second.location, found.answer.form) == ("", "", "greenhouse")


def test_lever_is_read(serve: Serve) -> None:
    posting = {
        "id": "5ac2", "text": "Service engineer", "hostedUrl": "https://jobs.lever.co/meri/5ac2", "country": "SE",
        "categories": {"location": "Stockholm", "team": "Service", "commitment": "Full-time"}, "descriptionPlain": "You travel.\n\nOften.",
    }  # fmt: skip
    found = said(serve(always(answer("200 OK", json.dumps([posting, posting | {"id": "6", "categories": None}]).encode()))))
    first = (found.entries or ())[0]
    assert (first.key, first.title, first.department, first.location, first.country) == ("5ac2", "Service engineer", "Service", "Stockholm", "SE")
    assert (first.description, first.language, found.answer.form, len(found.entries or ())) == ("You travel. Often.", "", "lever", 2)


def test_teamtailor_is_read(serve: Serve) -> None:
    rss = """<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:tt="https://teamtailor.com/locations"><channel><language>sv</language>
      <item><title>Sj\u00f6kapten</title><description>&lt;p&gt;P\u00e5 b\u00e5t&lt;/p&gt;</description><link>https://meri.teamtailor.com/jobs/1-kapten</link>
      <guid>fb63</guid><tt:locations><tt:location><tt:name>HK</tt:name><tt:city>\u00c5bo</tt:city><tt:country>Finland</tt:country></tt:location>
      <tt:location><tt:name>Hangö</tt:name><tt:country>Finland</tt:country></tt:location></tt:locations><tt:department>Fleet</tt:department></item>
      </channel></rss>""".encode()
    found = said(serve(always(answer("200 OK", rss))))
    first = (found.entries or ())[0]
    assert (first.key, first.title, first.location, first.country, first.department) == ("fb63", "Sjökapten", "Åbo, Hangö", "Finland", "Fleet")
    assert (first.language, first.description, found.answer.form) == ("sv", "På båt", "teamtailor")


@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: [x], lambda x: {"@graph": [{"@type": "WebPage"}, x]}, lambda x: {"itemListElement": [{"item": x}]}])
def test_a_page_with_job_postings_is_read(serve: Serve, wrap: Callable[[object], object]) -> None:
    posting = {
        "@type": ["JobPosting"], "title": "Controller", "identifier": {"@type": "PropertyValue", "value": "FIN-9"}, "url": "/jobs/9",
        "validThrough": "2026-12-31T23:59", "description": "<p>Books</p>",
        "jobLocation": {"address": {"addressLocality": "Helsinki", "addressCountry": {"name": "FI"}}},
    }  # fmt: skip
    page = f'<html lang="en"><script type="application/ld+json">{json.dumps(wrap(posting))}</script><script type="application/ld+json">{{</script></html>'
    found = said(serve(always(answer("200 OK", page.encode()))))
    (first,) = found.entries or ()
    assert (first.key, first.requisition_id, first.title, first.location, first.country) == ("FIN-9", "FIN-9", "Controller", "Helsinki", "FI")
    assert (first.link, first.open_until, first.language, found.answer.form) == ("http://jobs.example.org/jobs/9", date(2026, 12, 31), "en", "page")


BAD = {
    "empty": b"  ", "no_postings": b"<html><title>We are hiring</title></html>", "not_json": b'{"jobs": [', "encoding": b'{"jobs": [{"title": "\xe5bo"}]}',
    "not_board": b'{"data": []}', "not_jobs": b"<rss><channel><item><title>News</title></item></channel></rss>", "not_xml": b"<?xml version='1.0'?><rss>",
    "entities": b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "b">]><rss>&a;</rss>', "large": b"[" + b" " * (16 * 1024 * 1024 + 1),
    "too_many": greenhouse(*(job(n) for n in range(2001))),
}  # fmt: skip


@pytest.mark.parametrize("why", BAD)
async def test_what_is_no_board_is_named_and_changes_nothing(village: Town, why: str) -> None:
    await village.day(greenhouse(job(1)))
    row = await village.day(BAD[why])
    assert (row.problem, row.failures, row.is_on) == (why, 1, True) and village.openings()["Engineer 1"].is_open
    answer = await village.press("board.open", str(row.id))
    assert answer.card.tone == "warning" and "{" not in text_of(answer.card)
    assert (await village.day(greenhouse(job(1)))).problem == ""


def test_deep_json_does_no_harm(serve: Serve) -> None:
    with pytest.raises(Unread):
        said(serve(always(answer("200 OK", b"[" * 200_000))))


async def test_entries_that_cannot_be_kept_are_named_and_the_others_are_kept(village: Town) -> None:
    bad = [
        job(1, absolute_url="javascript:alert(1)"), job(2, title=" "), job(3), job(3, title="Again"), {"title": "Nobody"}, job(5, title="\ufffd\ufffdbo"),
        job(6, title="A\u202eb" + "x " * 200), job(7, absolute_url="https://ok.example/" + "x" * 600),
    ]  # fmt: skip
    row = await village.day(greenhouse(*bad))
    short, other = sorted(village.openings())
    assert (short[:5], short[-2:], other) == ("Abx x", "x…", "Engineer 3") and len(short) <= 100 and row.left_out_count == 6
    text = text_of((await village.press("board.open", str(row.id))).card)
    assert all(words in text for words in ("begins with https://", "needs a title", "stands there twice", "neither an id", "cannot be read", "At most 500"))


async def test_ids_and_links_that_no_database_takes_are_kept_without_what_is_wrong_with_them(town: Town) -> None:
    for _ in range(2):
        row = await town.day(greenhouse(job(1, id="a\0b\u202e"), job(2, absolute_url="https://ok.example/a\0b"), job(3)))
        assert row.problem == "" and sorted(o.board_key for o in town.openings().values()) == ["2", "3", "ab"]


def test_one_posting_with_an_impossible_address_does_not_hide_the_others(serve: Serve) -> None:
    postings = [{"@type": "JobPosting", "title": f"Engineer {n}", "url": url} for n, url in enumerate(("http://[", "/jobs/2"))]
    found = said(serve(always(answer("200 OK", f'<script type="application/ld+json">{json.dumps(postings)}</script>'.encode()))))
    assert [e.title for e in found.entries or ()][-1] == "Engineer 1"


async def test_a_broken_entry_does_not_make_its_opening_vanish(village: Town) -> None:
    await village.day(greenhouse(job(1), job(2)))
    await village.day(greenhouse(job(1), job(2, absolute_url="javascript:1")))
    assert {o.board_state for o in village.openings().values()} == {"listed"} and len(village.told()) == 1


async def test_the_first_reading_makes_openings_and_the_next_changes_only_what_changed(town: Town) -> None:
    await town.day(greenhouse(job(1), job(2)))
    first = town.openings()["Engineer 1"]
    plan_and_all = openings.Draft("Engineer 1", location="Turku", recruiter_id=town.hr.id, link=first.link)
    town.db.write_now(openings.edit, START, town.hr.id, first.id, first.version, plan_and_all)
    assert "New | 2 openings" in text_of(town.card()) and len(town.told()) == 1
    await town.day(greenhouse(job(1), job(2)))
    assert len(town.told()) == 1
    await town.day(greenhouse(job(1, title="Engineer one"), job(2)))
    assert town.openings()["Engineer one"].recruiter_id == town.hr.id and "Changed | 1 opening" in text_of(town.card())


async def test_what_a_file_brought_before_is_the_same_opening(village: Town) -> None:
    village.db.write_now(openings.create, START, None, openings.Draft("Engineer 1", "R-1"))
    await village.day(greenhouse(job(1, requisition_id="R-1"), job(2, requisition_id="R-1")))
    assert [(o.requisition_id, o.board_key) for o in village.openings().values()] == [("R-1", "1"), (None, "2")]


async def test_of_a_vanished_opening_hr_is_asked_once_and_it_is_closed_with_their_nod_and_opens_when_it_comes_back(town: Town) -> None:
    await town.day(greenhouse(job(1), job(2)))
    await town.day(greenhouse(job(1)))
    gone = town.openings()["Engineer 2"]
    assert gone.is_open and gone.board_state == "asked"
    card = town.card()
    assert "1 opening has vanished from Careers" in text_of(card) and "Engineer 2" in text_of(card)
    await town.day(greenhouse(job(1)))
    assert len(town.told()) == 2, "asked once"
    closed = await town.press("board.close", buttons_of(card)["board.close"])
    assert not town.openings()["Engineer 2"].is_open and "All of them are answered" in text_of(closed.card)
    again = await town.press("board.close", buttons_of(card)["board.close"])
    assert again.card.tone == "refusal" and "answered already" in text_of(again.card)
    await town.day(greenhouse(job(1), job(2)))
    assert town.openings()["Engineer 2"].is_open and "Open again | 1 opening" in text_of(town.card())


async def test_what_hr_keeps_open_is_not_asked_about_again_until_it_has_come_back(village: Town) -> None:
    await village.day(greenhouse(job(1), job(2)))
    await village.day(greenhouse(job(1)))
    await village.press("board.keep", buttons_of(village.card())["board.keep"])
    await village.day(greenhouse(job(1, title="Other")))
    assert village.openings()["Engineer 2"].is_open and "vanished" not in text_of(village.card())
    await village.day(greenhouse(job(1), job(2)))
    await village.day(greenhouse(job(1)))
    assert "Engineer 2" in text_of(village.card())


async def test_what_hr_closed_by_hand_is_neither_asked_about_nor_opened_again(village: Town) -> None:
    await village.day(greenhouse(job(1), job(2)))
    row = village.openings()["Engineer 2"]
    village.db.write_now(openings.set_open, START, village.hr.id, row.id, row.version, False)
    await village.day(greenhouse(job(1)))
    await village.day(greenhouse(job(1), job(2)))
    assert not village.openings()["Engineer 2"].is_open and len(village.told()) == 1


async def test_a_board_that_suddenly_lists_nothing_closes_nothing_and_is_told_until_hr_says_that_it_is_right(town: Town) -> None:
    await town.day(greenhouse(job(1), job(2)))
    row = await town.day(greenhouse())
    assert row.problem == "none_listed" and all(o.is_open for o in town.openings().values())
    assert len(town.told("board_failing")) == 1 and "suddenly lists nothing" in text_of(town.card(notice="board_failing"))
    assert (await town.day(greenhouse())).failures == 2 and len(town.told("board_failing")) == 1
    card = (await town.press("board.open", str(row.id))).card
    await town.press("board.empty", buttons_of(card)["board.empty"])
    assert not any(o.is_open for o in town.openings().values()) and town.row().problem == ""
    assert (await town.day(greenhouse())).problem == ""
    await town.day(greenhouse(job(1)))
    assert [o.is_open for o in town.openings().values()] == [True, False]


async def test_forty_that_vanish_fit_on_cards_and_close_together(village: Town) -> None:
    await village.day(greenhouse(*(job(n) for n in range(41))))
    await village.day(greenhouse(job(0)))
    card = village.card()
    more = await village.press("board.report", buttons_of(card)["board.report"])
    assert "Engineer 17" in text_of(more.card)
    await village.press("board.close_all", buttons_of(card)["board.close_all"])
    assert sum(o.is_open for o in village.openings().values()) == 1


async def test_a_board_is_read_once_a_day_with_what_its_server_said_and_sooner_after_a_failure(village: Town, serve: Serve) -> None:
    def say(client: socket.socket, asked: str) -> None:
        client.sendall(b"HTTP/1.1 304 Not Modified\r\n\r\n" if '"v1"' in asked else answer("200 OK", greenhouse(job(1)), 'ETag: "v1"'))

    village.poller.cage = serve(say).cage
    assert await village.poller.read_due() == 1 and village.row().next_at == START + timedelta(days=1)
    village.clock.move(hours=24)
    assert await village.poller.read_due() == 1 and village.row().read_at == village.clock.now() and len(village.told()) == 1
    village.poller.cage = serve(always(b"HTTP/1.1 503 Busy\r\nRetry-After: 20000\r\nContent-Length: 0\r\n\r\n")).cage
    village.clock.move(hours=24)
    await village.poller.read_due()
    assert (village.row().problem, village.row().next_at) == ("status", village.clock.now() + timedelta(seconds=20000))


async def test_a_board_that_fails_for_days_is_told_once_and_one_that_is_gone_is_not_asked_any_more(village: Town) -> None:
    for _ in range(6):
        await village.day(b"", "500 Oops")
    assert len(village.told("board_failing")) == 1 and "cannot be read" in text_of(village.card(notice="board_failing"))
    await village.press("board.now", f"{village.row().id}:{village.row().version}")
    assert not (await village.day(b"", "410 Gone")).is_on


@pytest.mark.parametrize(
    ("known", "read"),
    [
        ("https://boards.greenhouse.io/meri", "https://boards-api.greenhouse.io/v1/boards/meri/jobs?content=true"),
        ("https://job-boards.greenhouse.io/meri/", "https://boards-api.greenhouse.io/v1/boards/meri/jobs?content=true"),
        ("https://boards.greenhouse.io/embed/job_board?for=meri", "https://boards-api.greenhouse.io/v1/boards/meri/jobs?content=true"),
        ("https://jobs.lever.co/meri", "https://api.lever.co/v0/postings/meri?mode=json"),
        ("https://jobs.eu.lever.co/meri/5ac2", "https://api.eu.lever.co/v0/postings/meri?mode=json"),
        ("https://meri.teamtailor.com/jobs", "https://meri.teamtailor.com/jobs.rss"),
        ("https://careers.meri.example/jobs.rss", "https://careers.meri.example/jobs.rss"),
    ],
)
def test_the_address_people_know_leads_to_the_list_for_machines(known: str, read: str) -> None:
    assert openings.api_address(known) == read


def test_the_command_line_reads_a_board_at_once_and_in_full(village: Town) -> None:
    village.says = answer("200 OK", greenhouse(job(1), job(1)))
    for made in (1, 0):
        ask = village.db.write_now(desk.open_address, START, URL)
        brought, found = reading.read_now(village.db, START, ask, village.net.cage)
        assert (brought.created, [x.key for x in found.left], found.answer.problem) == (made, ["boards.left.twice"], "")
    assert village.row().read_at == START


async def test_removing_a_board_leaves_its_openings(village: Town) -> None:
    await village.day(greenhouse(job(1), job(2)))
    await village.day(greenhouse(job(1)))
    await village.press("board.remove", f"{village.row().id}:{village.row().version}")
    assert [(o.is_open, o.board_id, o.board_state) for o in village.openings().values()] == [(True, None, "")] * 2
    assert village.db.read_now(lambda s: (list(s.exec(select(JobBoard))), list(s.exec(select(BoardReport))))) == ([], [])
    assert village.card(0) is None
