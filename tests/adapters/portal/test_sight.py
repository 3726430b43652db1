"""What a form says of itself while it is being filled in: by a request of the page's script, which keeps nothing."""

from __future__ import annotations

import json

import pytest
from conftest import add_person
from contracts.driver import World
from contracts.drivers.portal import Browser, Portal
from html_reader import Element
from sqlmodel import func, select

from bot.audiences import Audience
from bot.people import Person, RoleGrant


@pytest.fixture
async def hr(world: World, portal: Portal) -> Person:
    person = add_person(world.db, "Nora Holm", "hr")
    await portal.join(person)
    return person


async def _form(browser: Browser, path: str, action: str) -> Element:
    page = await browser.get(path)
    button = next(f for f in page.main.all("form", action="/press") if dict(f.fields())["action"] == action)
    return (await browser.send(button)).main.one("form", action="/submit")


async def test_an_audience_says_whom_it_would_select_and_nothing_is_kept(world: World, portal: Portal, hr: Person) -> None:
    add_person(world.db, "Anna <b>Lahti", kind="alumna")
    browser = portal.browsers[hr.id or 0]
    form = await _form(browser, "/admin/audiences", "audience.new")
    assert form.all("output", class_="sight")
    status, _headers, text = await browser.raw("POST", "/sight", data=[*form.fields(), ("f.kinds", "alumna")], headers=browser.headers)
    assert status == 200 and json.loads(text) == {"words": "This selects 1 person: Anna <b>Lahti"}
    assert world.db.read_now(lambda s: s.scalar(select(func.count()).select_from(Audience))) == 0


async def test_it_answers_for_its_own_forms_to_those_who_may(world: World, portal: Portal, hr: Person) -> None:
    browser = portal.browsers[hr.id or 0]
    form = await _form(browser, "/admin/audiences", "audience.new")
    other = await _form(browser, "/settings", "profile.edit")
    assert not other.all("output", class_="sight")

    async def ask(fields: list[tuple[str, str]], **headers: str) -> int:
        return (await browser.raw("POST", "/sight", data=fields, headers=browser.headers | headers))[0]

    assert await ask(other.fields()) == 404
    assert await ask([(n, "x" if n == "form" else v) for n, v in form.fields()]) == 400
    assert await ask([(n, v) for n, v in form.fields() if n != "csrf"]) == 403
    assert await ask(form.fields(), Origin="https://elsewhere.example") == 403
    world.db.write_now(lambda s: [s.delete(row) for row in s.exec(select(RoleGrant).where(RoleGrant.person_id == hr.id))])
    assert await ask(form.fields()) == 403
