"""A picture in the browser: uploaded by those who may, served to everybody who has its address, able to do nothing."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import pytest
from aiohttp import FormData
from conftest import START, add_person
from contracts.drivers.portal import Browser, Portal
from sample_pictures import GIF, png
from story_world import draft

from bot import stories
from bot.stories import Story

OURS = {"Origin": "http://127.0.0.1:8765", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
async def hr(portal: Portal) -> Browser:
    person = add_person(portal.world.db, "Nora Berg", "hr")
    await portal.join(person)
    return portal.browsers[person.id or 0]


@pytest.fixture
def story(portal: Portal) -> Story:
    return portal.world.db.write_now(lambda s: stories.create(s, START, None, draft()))


async def bring(
    browser: Browser, story: Story, content: bytes, alt: str = "Ice", meanwhile: Callable[[], object] = lambda: None, **headers: str
) -> tuple[int, dict[str, str], str]:
    form = (await browser.get(f"/admin/stories/{story.id}/picture")).main.one("form")
    meanwhile()
    data = FormData()
    for name, value in form.fields():
        if name in ("csrf", "version"):
            data.add_field(name, value)
    data.add_field("alt", alt)
    data.add_field("file", BytesIO(content), filename="x.png", content_type="image/png")
    status, given, html = await browser.raw("POST", form.attrs["action"], data=data, headers=OURS | headers)
    return status, dict(given), html


async def test_a_picture_is_uploaded_shown_on_the_story_and_served_to_everybody(portal: Portal, hr: Browser, stranger: Browser, story: Story) -> None:
    status, given, html = await bring(hr, story, png(), "J\u00e4\u00e4t\u00e4")
    assert (status, given["Location"]) == (303, f"/admin/stories/{story.id}"), html
    row = portal.world.db.read_now(lambda s: s.get_one(Story, story.id))
    path = row.image_url.removeprefix("http://127.0.0.1:8765")
    assert row.image_alt == "J\u00e4\u00e4t\u00e4" and row.image_url in (await hr.raw("GET", f"/admin/stories/{story.id}/picture"))[2]
    async with portal.client.get(path) as response:
        assert response.status == 200 and await response.read() == png()
        assert response.headers["Content-Type"] == "image/png" and response.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in response.headers["Content-Security-Policy"] and "immutable" in response.headers["Cache-Control"]
        assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    for other in (path.replace(".png", ".gif"), path.replace(".png", ".svg"), path[:-6] + "xx.png", "/i/" + "a" * 22 + ".png"):
        async with portal.client.get(other) as response:
            assert response.status == 404


@pytest.mark.parametrize(
    ("content", "alt", "says"),
    [(b"<svg onload=alert(1)>", "Ice", "not a PNG"), (GIF, " ", "for those who cannot see"), (b"", "Ice", "Choose a file"),
     (png(20, 20), "Ice", "between 50 and 6,000")],
    ids=["a page", "no words", "no file", "too small"],
)  # fmt: skip
async def test_what_is_wrong_is_said_beside_its_field(portal: Portal, hr: Browser, story: Story, content: bytes, alt: str, says: str) -> None:
    status, _, html = await bring(hr, story, content, alt)
    assert status == 422 and says in html


async def test_a_story_that_somebody_else_changed_meanwhile_keeps_its_picture(portal: Portal, hr: Browser, story: Story) -> None:
    def edited() -> None:
        portal.world.db.write_now(stories.edit, START, None, story.id, story.version, draft(title="Another title"))

    status, _, html = await bring(hr, story, png(), meanwhile=edited)
    assert status == 404 and "Somebody was quicker" in html
    assert portal.world.db.read_now(lambda s: s.get_one(Story, story.id)).image_url == ""


async def test_nobody_else_uploads_and_a_forged_or_huge_form_is_not_read(portal: Portal, hr: Browser, browser: Browser, story: Story) -> None:
    path = f"/admin/stories/{story.id}/picture"
    assert (await browser.get(path)).status == 403
    status, _, _ = await bring(hr, story, png(), **{"Sec-Fetch-Site": "cross-site"})
    assert status == 403
    status, _, _ = await bring(hr, story, png() + bytes(6 * 1024 * 1024))
    assert status == 413
    data = FormData()
    data.add_field("csrf", "wrong")
    data.add_field("file", BytesIO(png()), filename="x.png")
    status, _, _ = await hr.raw("POST", path, data=data, headers=OURS)
    assert status == 403
    assert portal.world.db.read_now(lambda s: s.get_one(Story, story.id)).image_url == ""
