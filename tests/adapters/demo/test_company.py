"""What a newcomer finds in the demo company, made through the importers that a real organisation uses."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import col, func, select

from adapters.demo import seeded, tour
from adapters.demo.company import move_house
from adapters.demo.tour import Guide, guide, is_within, presses
from adapters.house import House
from bot import stories
from bot.bonuses import Bonus
from bot.errors import FieldRefusal
from bot.openings import JobOpening
from bot.outbox import Delivery
from bot.people import Identity, Person, RoleGrant
from bot.shares import Click
from bot.stories import Draft, Story
from bot.strategy import Measure, Strategy
from content import LOCALES, Words


def _count(house: House, column: object, *where: object) -> int:
    return house.hub.db.read_now(lambda s: s.scalar(select(func.count(func.distinct(column))).where(*where))) or 0  # type: ignore[call-overload]


def test_it_has_the_people_the_issue_asks_for(house: House) -> None:
    assert _count(house, Person.id) >= 60
    assert _count(house, Person.department, col(Person.department) != "") == 3
    assert _count(house, Person.locale) == 3
    assert _count(house, Person.time_zone) >= 4
    assert _count(house, Person.id, Person.kind == "alumna") == 8
    assert _count(house, Person.id, Person.kind == "stakeholder") == 2
    roles = house.hub.db.read_now(lambda s: set(s.exec(select(RoleGrant.role))))
    assert {"hr", "recruiter", "payroll", "curator"} <= roles


def test_alumni_and_stakeholders_have_no_seat_and_get_mail(house: House, folder: Path) -> None:
    away = house.hub.db.read_now(lambda s: {p.id: p.email for p in s.exec(select(Person).where(col(Person.kind).in_(["alumna", "stakeholder"])))})
    seats = house.hub.db.read_now(lambda s: set(s.exec(select(Identity.person_id))))
    assert not seats & away.keys()
    letters = [json.loads(line)["to"] for line in (folder / "mailbox.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(set(letters) & set(away.values())) >= 5


def test_it_has_stories_openings_and_strategies_with_goals(house: House) -> None:
    assert _count(house, Story.id) == 25
    assert house.hub.db.read_now(lambda s: set(s.exec(select(Story.source)))) == {"markdown", "csv", "feed"}
    assert _count(house, JobOpening.id) == 6
    assert _count(house, Strategy.id) == 2 == _count(house, Measure.strategy_id)


def test_every_story_has_a_picture_of_the_companys_own_and_keeps_it_when_it_is_changed(house: House) -> None:
    rows = house.hub.db.read_now(lambda s: s.exec(select(Story)).all())
    assert all(s.image_url == f"{s.link}.svg" and s.image_alt for s in rows)
    draft = next(s for s in rows if s.state == "draft")
    changed = Draft(draft.title, draft.link, kind=draft.kind, language=draft.language, image_url=draft.image_url, image_alt=draft.image_alt)
    house.hub.db.write_now(stories.edit, house.hub.clock.now(), 1, draft.id, draft.version, changed)
    other = dataclasses.replace(changed, image_url=changed.image_url + "2")
    with pytest.raises(FieldRefusal, match=r"stories\.refused\.image"):
        house.hub.db.write_now(stories.edit, house.hub.clock.now(), 1, draft.id, draft.version + 1, other)


def test_it_has_a_past_with_robots_in_it_and_owes_nobody_anything_old(house: House) -> None:
    assert house.hub.db.read_now(lambda s: set(s.exec(select(Click.sort)))) >= {"human", "preview", "bot"}
    assert _count(house, Bonus.id) == 1
    assert _count(house, Delivery.id, col(Delivery.state).in_(["parked", "unknown"])) == 0


def test_its_calendar_has_stories_to_come_on_working_days_and_an_ask_that_waits(house: House) -> None:
    rows = house.hub.db.read_now(lambda s: s.exec(select(Story).where(col(Story.publish_at) > house.hub.clock.now())).all())
    there = ZoneInfo(house.hub.deployment.time_zone)
    assert sorted(s.state for s in rows) == ["draft", "scheduled", "scheduled", "scheduled"]
    assert all(s.publish_at.astimezone(there).weekday() < 5 and s.publish_at.astimezone(there).hour == 9 for s in rows if s.publish_at)
    assert _count(house, Story.id, Story.state == "held") == 1


def test_its_links_lead_to_its_own_site_and_follow_the_port(house: House, folder: Path) -> None:
    def links() -> set[str]:
        query = select(Story.link).union_all(select(JobOpening.link), select(Story.image_url).where(Story.image_url != ""))
        return set(house.hub.db.read_now(lambda s: s.exec(query).scalars().all()))  # type: ignore[call-overload]

    assert all(link.startswith("http://127.0.0.1:8799/demo/site/") for link in links())
    seeded.write(folder, seeded.Seeded(seeded.read(folder).at, "http://127.0.0.1:8799"))
    object.__setattr__(house.hub.deployment, "base_url", "http://127.0.0.1:9000")
    move_house(house.hub, folder)
    assert all(link.startswith("http://127.0.0.1:9000/demo/site/") for link in links())
    assert seeded.read(folder).base_url == "http://127.0.0.1:9000"


def test_no_step_of_the_tour_is_ticked_before_it_was_walked(house: House, folder: Path) -> None:
    found: Guide = house.hub.db.read_now(guide, seeded.read(folder).at)
    assert found.done == 0 and found.next is not None and found.next.name == "publish"
    assert {s.person_name for s in found.stops if s.person_id} == {"Nora Lind", "Elias Koski", "Daniel Okafor", "Anna Lehto"}
    speak = house.hub.db.read_now(lambda s: {p.locale for p in s.exec(select(Person).where(col(Person.email).in_(tour.CAST)))})
    assert speak == {"en"}  # nobody has to read Finnish to get on


def test_the_guide_names_buttons_in_every_language(house: House, folder: Path) -> None:
    found: Guide = house.hub.db.read_now(guide, seeded.read(folder).at)
    for locale in LOCALES:
        for stop in (*found.stops, None):
            lines = presses(Words(locale), stop)
            assert lines and all("{" not in line and "<b></b>" not in line for line in lines)
            assert stop is None or stop.visit or stop.name in ("click", "confirm") or "<b>" in "".join(lines)


def test_a_page_belongs_to_the_step_it_came_from() -> None:
    assert is_within("/admin/stories", "/admin/stories") and is_within("/admin/stories/19?look=fi", "/admin/stories")
    assert is_within("/answer/abc?back=/admin/stories", "/admin/stories") and is_within("/answer/abc?back=/", "/")
    assert not is_within("/answer/abc?back=/", "/refer") and not is_within("/", "/refer") and not is_within("/stories", "/")
