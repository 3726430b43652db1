from __future__ import annotations

from datetime import timedelta

import pytest
from conftest import START, add_person
from front_world import buttons, card, items, key_of, known, said

from bot import people
from bot.db import Database
from bot.desks import Deployment
from bot.messages import (
    Ask,
    Command,
    Correct,
    Facts,
    Lookup,
    Offer,
    Plain,
    Press,
    Say,
    Submission,
)
from content.catalog import Words


async def test_hr_sees_counts_finds_people_and_gives_roles(db: Database, deployment: Deployment) -> None:
    known(db, "Nora Niemi", "hr")
    aino = add_person(db, "Aino 100%_Salo", email="aino@meri.example", department="Sales")
    assert isinstance(card(await said(db, deployment, Command("admin", "people"))).blocks[0], Facts)
    assert [i.buttons[0].value for i in items(card(await said(db, deployment, Command("admin", "people 100%_s"))))] == [str(aino.id)]
    offer = await said(db, deployment, Lookup("people.person", "AINO@"), key="")
    assert isinstance(offer, Offer) and [o.value for o in offer.options] == [str(aino.id)]
    await said(db, deployment, Submission("people.roles", str(aino.id), {"roles": "recruiter,payroll"}))
    assert db.read_now(people.roles_of, aino.id or 0) == {"recruiter", "payroll"}
    await said(db, deployment, Submission("people.roles", str(aino.id), {"roles": "recruiter"}))
    assert db.read_now(people.roles_of, aino.id or 0) == {"recruiter"}


async def test_nobody_takes_their_own_administration_away(lite: Database, deployment: Deployment) -> None:
    nora = known(lite, "Nora Niemi", "hr")
    answer = await said(lite, deployment, Submission("people.roles", str(nora.id), {"roles": ""}))
    assert isinstance(answer, Correct) and key_of(answer.errors["roles"]) == "people.roles.own"


async def test_leavers_get_no_new_roles(lite: Database, deployment: Deployment) -> None:
    known(lite, "Nora Niemi", "hr")
    gone = add_person(lite, "Gone Gert", "recruiter", end_on=START.date() - timedelta(days=4))
    answer = await said(lite, deployment, Submission("people.roles", str(gone.id), {"roles": "recruiter,hr"}))
    assert isinstance(answer, Correct)
    await said(lite, deployment, Submission("people.roles", str(gone.id), {"roles": ""}))
    assert lite.read_now(people.roles_of, gone.id or 0) == frozenset()
    assert [i.title for i in items(card(await said(lite, deployment, Press("people.leavers", "0"))))] == [Plain("Gone Gert")]


@pytest.mark.parametrize("value", ["", "abc", "-1", "99999999999999999999", "٣", "1; DROP TABLE person"])
async def test_a_made_up_person_id_is_an_old_card(lite: Database, deployment: Deployment, value: str) -> None:
    known(lite, "Nora Niemi", "hr")
    assert key_of(card(await said(lite, deployment, Press("people.open", value))).blocks[0].text) == "old_card"  # type: ignore[union-attr]


async def test_hr_changes_a_setting_and_undoes_it(db: Database, deployment: Deployment) -> None:
    from bot import settings

    known(db, "Nora Niemi", "hr")
    form = await said(db, deployment, Press("settings.edit", "people.retire_share_percent"))
    assert isinstance(form, Ask)
    await said(db, deployment, Submission("settings.save", "people.retire_share_percent", {"value": " 25 "}))
    assert db.read_now(settings.get, "people.retire_share_percent") == 25
    await said(db, deployment, Press("settings.undo", "people.retire_share_percent"))
    assert db.read_now(settings.get, "people.retire_share_percent") == 10


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("people.retire_share_percent", "many"), ("people.retire_share_percent", "101"), ("quiet.from_hour", "24"), ("quiet.from_hour", "-1"),
        ("quiet.from_hour", "8.5"), ("leaderboard.enabled", "yes"), ("balance.give", "9" * 30), ("disclosure.en", "x" * 2001),
    ],
)  # fmt: skip
async def test_a_value_of_the_wrong_sort_is_refused(lite: Database, deployment: Deployment, name: str, value: str) -> None:
    known(lite, "Nora Niemi", "hr")
    answer = await said(lite, deployment, Submission("settings.save", name, {"value": value}))
    assert isinstance(answer, Correct) and set(answer.errors) == {"value"}


async def test_every_setting_is_on_a_page_and_has_a_form(lite: Database, deployment: Deployment) -> None:
    from bot.settings import DEFAULTS

    known(lite, "Nora Niemi", "hr")
    shown, seen = card(await said(lite, deployment, Command("admin", "settings"))), set()
    while True:
        seen |= {b.value for b in buttons(shown) if b.action == "settings.edit"}
        onward = [b for b in buttons(shown) if b.action == "settings.page" and isinstance(b.text, Say) and b.text.key == "settings.more"]
        if not onward:
            break
        shown = card(await said(lite, deployment, Press("settings.page", onward[0].value)))
    assert seen == {name for name in DEFAULTS if not name.startswith("demo.")}
    for name in seen:
        assert isinstance(await said(lite, deployment, Press("settings.edit", name)), Ask)
    assert card(await said(lite, deployment, Press("settings.edit", "demo.ahead_seconds"))).tone == "refusal"


async def test_a_part_of_the_name_shows_only_those_settings_page_by_page(lite: Database, deployment: Deployment) -> None:
    known(lite, "Nora Niemi", "hr")
    shown = card(await said(lite, deployment, Command("admin", "settings BONUS.")))
    assert len(items(shown)) == 8 and all(b.value.startswith("bonus.") for b in buttons(shown) if b.action == "settings.edit")
    onward = next(b for b in buttons(shown) if isinstance(b.text, Say) and b.text.key == "settings.more")
    second = card(await said(lite, deployment, Press("settings.page", onward.value)))
    assert all(b.value.startswith("bonus.") for b in buttons(second) if b.action == "settings.edit") and items(second) != items(shown)
    one = items(card(await said(lite, deployment, Command("admin", "settings report.hour"))))
    assert [Words("en")(i.detail) for i in one] == ["report.hour: 8"]
    missed = card(await said(lite, deployment, Command("admin", "settings zebra")))
    assert len(items(missed)) == 8 and "No setting has this in its name" in str([Words("en")(b.text) for b in missed.blocks if hasattr(b, "text")])


async def test_hr_makes_an_audience_by_form_and_sees_whom_it_selects(db: Database, deployment: Deployment) -> None:
    known(db, "Nora Niemi", "hr", department="HR")
    add_person(db, "Aino Salo", department="Sales, Nordic", locale="fi")
    form = await said(db, deployment, Press("audience.new"))
    assert isinstance(form, Ask)
    (departments,) = (f for f in form.form.fields if f.name == "departments")
    sales = next(o.value for o in departments.options if o.text == Plain("Sales, Nordic"))  # type: ignore[union-attr]
    shown = card(await said(db, deployment, Submission("audience.save", "", {"name": "Sellers", "departments": sales, "kinds": "employee"})))
    words = Words("en")
    assert "1 person" in words(shown.blocks[0].text) and "Aino Salo" in str(shown)  # type: ignore[union-attr]
    refused = await said(db, deployment, Submission("audience.save", "", {"name": "Nobody", "kinds": "stakeholder"}))
    assert isinstance(refused, Correct) and key_of(refused.errors["kinds"]) == "audiences.selects_nobody"
    asked = await said(db, deployment, Submission("audience.save", "", {"name": "All"}))
    assert isinstance(asked, Correct) and "everybody" in asked.errors
    assert card(await said(db, deployment, Submission("audience.save", "", {"name": "All", "everybody": "yes"}))).tone == "plain"
    assert len(items(card(await said(db, deployment, Command("admin", "audiences"))))) == 2
