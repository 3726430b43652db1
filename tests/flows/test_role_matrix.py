"""Who may do what: every command, button, form and lookup of every desk, for everybody, with good values and with hostile ones.

The tables of `oracle` say who may. A new button must be entered there.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from conftest import START
from conftest import opened as opened_database
from flows.full_house import ACTORS, FullHouse, Rehearsal, full_house, run
from flows.oracle import FORMS, PARTS, May
from story_world import text_of
from tests_postgres import fresh_database

from bot import desks
from bot.desks import Deployment
from bot.desks.tables import TABLE
from bot.messages import Answer, Ask, Caller, Command, Correct, Event, Heard, HomeOpened, Lookup, Press, Submission, Unknown, answer_json
from bot.vault import Vault

HOSTILE = (
    "", "0", "-1", "9" * 26 + ":1", "1:" + "9" * 26, "999999999999999999", "1:1", "abc", "1:2:3:4", "::", "x" * 5000, "1\0:1", "\u0661\u0662", "\u00b2", " 1",
    "1e9", "\ud800", "\u202e1", "{0}{title}%s", "'; DROP TABLE person; --", "9" * 5000, "0001-01-01", "9999-12-31", "http://[",
    "a@b.example\r\nBcc: x@y.example",
)  # fmt: skip


NOW = {"delivery.retry", "lane.pause", "lane.resume"}  # whatever is asked, these show the list as it is now
SHORT = ("", "1:1", "\0", "9" * 26)  # for everybody; the whole list for one of those who may


@dataclass
class Stage:
    """One house for all of these tests, in which nothing stays."""

    house: FullHouse
    db: Rehearsal
    deployment: Deployment
    drawn: set[bytes] = field(default_factory=set)

    def hear(self, actor: str, heard: Heard) -> Answer:
        """What somebody is answered; `effects` and `audited` of the rehearsal tell what was written."""
        self.db.clear()
        person = self.house.people.get(actor)
        caller = Caller("portal", "", str(person.id), room="C1") if person else Caller("slack", "T1", "U0STRANGER", "D1")
        event = Event("" if isinstance(heard, Lookup | HomeOpened) else "k", caller, heard)
        answer = run(desks.hear(self.db, self.deployment, event, START)).answer  # type: ignore[arg-type]
        self.draw(answer)
        return answer

    def draw(self, answer: Answer) -> None:
        """The answer has words in every language, and they can be sent."""
        if (seen := answer_json.dump_json(answer)) in self.drawn:
            return
        self.drawn.add(seen)
        for locale in ("en", "fi", "sv"):
            text_of(answer, locale).encode()


@pytest.fixture(scope="module")
def stage(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    path = tmp_path_factory.mktemp("matrix") / "house.db"
    path.write_bytes(sqlite_template.read_bytes())
    with opened(f"sqlite:///{path}") as found:
        yield found


@contextmanager
def opened(url: str) -> Iterator[Stage]:
    """A house in a database of its own."""
    db, tokens = opened_database(url), itertools.count(1)
    deployment = Deployment(
        base_url="http://127.0.0.1:8765", organisation="Meri Oy", currency="EUR", time_zone="Europe/Helsinki", default_locale="en",
        vault=Vault("a-test-key-that-is-long-enough-000"), new_token=lambda: f"token{next(tokens):017d}",
    )  # fmt: skip
    yield Stage(full_house(db, deployment), Rehearsal(db), deployment)
    db.close()


def rows() -> list[tuple[str, str, May]]:
    """Every row of the oracle: its part, its name, who may."""
    return [(part, name, may) for part, table in PARTS.items() for name, may in table.items()]


def said(stage: Stage, part: str, name: str, may: May, actor: str, value: str | None = None, fields: dict[str, str] | None = None) -> Heard:
    """The event of a row, with its own good value or another."""
    given = stage.house.fill(may.value, actor) if value is None else value
    match part:
        case "commands":
            return Command(name, given)
        case "buttons":
            return Press(name, given)
        case "lookups":
            return Lookup(name, given)
    return Submission(name, given, {k: stage.house.fill(v, actor) for k, v in may.fields.items()} if fields is None else fields)


def refusal(answer: Answer) -> str:
    """The key of a refusal's words; the empty text for another answer."""
    card = getattr(answer, "card", None)
    return card.blocks[0].text.key if card is not None and card.tone == "refusal" else ""


@pytest.mark.parametrize(("part", "table"), PARTS.items())
def test_everything_that_can_be_asked_is_in_the_oracle(part: str, table: dict[str, May]) -> None:
    assert set(table) == set(getattr(TABLE, part))


def test_who_may_can_and_who_may_not_is_refused_without_effect(stage: Stage) -> None:
    for part, name, may in rows():
        for actor in ACTORS:
            answer, where = stage.hear(actor, said(stage, part, name, may, actor)), (part, name, actor)
            if actor in may.who:
                assert not refusal(answer) and not isinstance(answer, Correct | Unknown), (*where, answer)
                assert bool(stage.db.effects) == may.writes, (*where, stage.db.effects)
            else:
                assert refusal(answer) == (may.else_told or "forbidden"), (*where, answer)
                assert not stage.db.effects and (may.else_told or part == "lookups" or "refused" in stage.db.audited), (*where, stage.db.effects)


def test_who_has_left_or_is_not_known_can_do_nothing(stage: Stage) -> None:
    for part, name, may in rows():
        for value in (None, "", "1", "1:1", "\0", "x" * 5000):
            answer = stage.hear("leaver", said(stage, part, name, may, "leaver", value))
            assert refusal(answer) == "front.left" and not stage.db.effects and not stage.db.audited, (part, name, answer)
            answer = stage.hear("stranger", said(stage, part, name, may, "hr", value))
            if name != "front.connect":
                assert isinstance(answer, Unknown) and not stage.db.effects and not stage.db.audited, (part, name, answer)
    assert isinstance(stage.hear("stranger", HomeOpened()), Unknown)


@pytest.mark.long
def test_a_hostile_value_does_nothing_and_is_explained(stage: Stage) -> None:
    for part, name, may in rows():
        first = sorted(may.who)[0]
        for actor in ACTORS:
            fine = {"1:1", stage.house.fill(may.value, actor), *([""] if may.or_new else [])}
            for value in HOSTILE if actor == first else SHORT:
                answer, where = stage.hear(actor, said(stage, part, name, may, actor, value)), (part, name, actor, value[:30])
                if actor not in may.who or (not may.any_value and value not in fine):
                    assert not stage.db.effects, (*where, stage.db.effects, answer)
                if actor in may.who and may.writes and not may.any_value and value not in fine and name not in NOW:
                    assert refusal(answer) or isinstance(answer, Correct), (*where, answer)


@pytest.mark.long
def test_a_form_may_come_back_with_nothing_or_with_nonsense_in_it(stage: Stage) -> None:
    for part, name, may in rows():
        if part != "forms":
            continue
        for actor in sorted(may.who & {"hr", "employee"}) or ["hr"]:
            good = {k: stage.house.fill(v, actor) for k, v in may.fields.items()}
            stage.hear(actor, said(stage, part, name, may, actor, fields={}))
            stage.hear(actor, said(stage, part, name, may, actor, fields={"unknown": "x", "\0": "\0"}))
            for value in HOSTILE:
                stage.hear(actor, said(stage, part, name, may, actor, fields=dict.fromkeys(good, value)))
                for one in good:
                    stage.hear(actor, said(stage, part, name, may, actor, fields={**good, one: value}))


@pytest.mark.parametrize(("day", "time"), [("0001-01-01", "00:30"), ("9999-12-31", "23:59"), ("2026-03-29", "03:30"), ("2026-02-30", "10:00")])
def test_a_day_that_cannot_be_reckoned_with_is_said_at_its_field(stage: Stage, day: str, time: str) -> None:
    may = FORMS["story.plan"]
    answer = stage.hear("hr", said(stage, "forms", "story.plan", may, "hr", fields={"audience": "0", "strategy": "0", "day": day, "time": time, "until": ""}))
    assert isinstance(answer, Correct) and set(answer.errors) <= {"day", "time"} and not stage.db.effects


def test_a_stranger_may_only_ask_to_be_connected(stage: Stage) -> None:
    assert isinstance(stage.hear("stranger", Press("front.connect")), Ask) and not stage.db.effects
    for value in HOSTILE:
        answer = stage.hear("stranger", Submission("front.connect", value, {"email": value}))
        assert isinstance(answer, Correct) and not stage.db.effects, value[:30]
    known = stage.hear("stranger", Submission("front.connect", "", {"email": "aino.salo@meri.example"}))
    written = sorted(set(stage.db.effects))
    other = stage.hear("stranger", Submission("front.connect", "", {"email": "aino.solo@meri.example"}))
    assert text_of(known).replace("salo", "solo")[:60] == text_of(other)[:60] and set(written) == set(stage.db.effects) and not stage.db.audited


def test_a_colleagues_things_do_not_exist(stage: Stage) -> None:
    ids = stage.house.ids
    for press in (Press("share.opened", f"{ids['share_of_colleague']}"), Press("bonus.explain", f"{ids['bonus_of_colleague']}")):
        for actor in ("employee", "recruiter", "curator"):
            answer = stage.hear(actor, press)
            missing = stage.hear(actor, Press(press.action, "123456"))
            assert refusal(answer) and text_of(answer) == text_of(missing) and not stage.db.effects
    assert refusal(stage.hear("hr", Press("share.opened", f"{ids['share_of_colleague']}"))) and not stage.db.effects


def test_what_nobody_offers_is_an_old_card(stage: Stage) -> None:
    for actor in ACTORS:
        for heard in (Press("no.such", "1"), Press("", ""), Press("front.run\0", "x"), Submission("no.such"), Lookup("no.such", "x")):
            assert refusal(stage.hear(actor, heard)) == "old_card" and not stage.db.effects
        for name in ("", "admin", "vinkki", "no such", "\0", "x" * 5000, "admin people", "run"):
            for text in HOSTILE:
                stage.hear(actor, Command(name, text))
                assert not stage.db.effects, (name, text)
                stage.hear(actor, Press("front.run", f"{name} {text}"))
                assert not stage.db.effects, (name, text)
        stage.hear(actor, HomeOpened())


@pytest.mark.xdist_group("postgres")
def test_postgresql_is_asked_nothing_it_cannot_hold(postgres_url: str) -> None:
    """Its INTEGER ends at 2,147,483,647 and its text holds no NUL: where SQLite shrugs, PostgreSQL raises."""
    with fresh_database(postgres_url, 900_000) as url, opened(url) as stage:
        for part, name, may in rows():
            actor = sorted(may.who)[-1]
            for value in ("999999999999999999", "1:2147483648", "2147483648:1", "a\0"):
                stage.hear(actor, said(stage, part, name, may, actor, value))
                assert may.any_value or not stage.db.effects, (part, name, value)
            good = {k: stage.house.fill(v, actor) for k, v in may.fields.items()}
            for one, value in itertools.product(good, ("2147483648", "a\0")):
                stage.hear(actor, said(stage, part, name, may, actor, fields={**good, one: value}))


@pytest.mark.xdist_group("postgres")
async def test_four_who_do_the_same_at_once_are_all_answered(postgres_url: str) -> None:
    """SQLite has one writer; PostgreSQL lets them meet at unique rows and locks."""
    with fresh_database(postgres_url, 900_001) as url, opened(url) as stage:

        async def do(part: str, name: str, may: May, number: int) -> Answer:
            actors = sorted(may.who)
            actor = actors[number % len(actors)]
            caller = Caller("portal", "", str(stage.house.people[actor].id), room="C1")
            return (await desks.hear(stage.house.db, stage.deployment, Event(f"{name}{number}", caller, said(stage, part, name, may, actor)), START)).answer

        for part, name, may in rows():
            if may.writes:
                for answer in await asyncio.gather(*(do(part, name, may, number) for number in range(4))):
                    stage.draw(answer)
