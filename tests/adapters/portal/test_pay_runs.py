"""A pay run in the browser: its files as they were stored, its reconciliation, and the file that comes back."""

from __future__ import annotations

from io import BytesIO

import pytest
from aiohttp import FormData
from bonus_world import MONDAY, World, make_world
from conftest import add_person
from contracts.drivers.portal import Browser, Page, Portal
from sqlmodel import select

from bot import audit
from bot.bonuses import Bonus, PayRun, payruns

OURS = {"Origin": "http://127.0.0.1:8765", "Sec-Fetch-Site": "same-origin"}
PATH = "/admin/payrun/1"


@pytest.fixture
async def bonus_world(portal: Portal) -> World:
    """A company with one closed pay run of one bonus; its payroll clerk is signed in."""
    world = make_world(portal.world.db)
    (bonus,) = world.hire(world.refer(world.plan((0, "500")), hired=add_person(world.db, "Uusi Tulija")), MONDAY)
    for _ in range(2):
        world.morning(MONDAY)
    world.approve(world.bonus(bonus.id))
    world.close_run()
    for who in (world.payroll, world.recruiter):
        await portal.join(who)
    return world


@pytest.fixture
def payroll(portal: Portal, bonus_world: World) -> Browser:
    return portal.browsers[bonus_world.payroll.id or 0]


def run_of(world: World) -> PayRun:
    return world.db.read_now(lambda s: s.exec(select(PayRun)).one())


def state_of(world: World) -> str:
    return world.db.read_now(lambda s: s.exec(select(Bonus.state)).one())


async def bring(browser: Browser, content: bytes, token: str | None = None) -> tuple[int, str]:
    form = (await browser.get(PATH)).main.one("form", enctype="multipart/form-data")
    data = FormData()
    data.add_field("csrf", token or dict(form.fields())["csrf"])
    data.add_field("file", BytesIO(content), filename="run.csv", content_type="text/csv")
    status, given, html = await browser.raw("POST", form.attrs["action"], data=data, headers=OURS)
    return status, given.get("Location", html)


async def test_whoever_may_not_see_a_page_is_refused_and_it_is_written_down(portal: Portal, bonus_world: World) -> None:
    recruiter = portal.browsers[bonus_world.recruiter.id or 0]
    statuses = [(await recruiter.get(path)).status for path in (PATH, "/payruns/1.csv", "/admin", "/admin/people/import")]
    assert statuses == [403] * 4
    rows = bonus_world.db.read_now(lambda s: s.exec(select(audit.AuditEntry).where(audit.AuditEntry.what == "refused")).all())
    assert {row.actor_id for row in rows} == {bonus_world.recruiter.id}
    assert [row.detail for row in rows] == [
        "portal /admin/payrun/{number}", "portal /payruns/{number}.{form}", "portal /admin", "portal /admin/{noun}/import",
    ]  # fmt: skip


async def test_the_page_shows_the_run_its_files_and_that_everything_agrees(payroll: Browser) -> None:
    page: Page = await payroll.get(PATH)
    assert page.status == 200 and {a.attrs["href"] for a in page.main.all("a") if "payruns/" in a.attrs["href"]} == {
        "http://127.0.0.1:8765/payruns/1.csv", "http://127.0.0.1:8765/payruns/1.xlsx",
    }  # fmt: skip
    assert "Pay run 1" in page.main.text and "The figures agree." in page.main.text


@pytest.mark.parametrize(("form", "kind"), [("csv", "text/csv"), ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")])
async def test_a_download_is_the_stored_file_every_time_and_on_record(payroll: Browser, bonus_world: World, form: str, kind: str) -> None:
    cookies = "; ".join(f"{k}={v}" for k, v in payroll.cookies.items())
    for _ in range(2):
        async with payroll.client.get(f"/payruns/1.{form}", headers={"Cookie": cookies}) as answer:
            assert answer.headers["Content-Type"].startswith(kind) and f"vinkki-payrun-0001-EUR.{form}" in answer.headers["Content-Disposition"]
            assert await answer.read() == bonus_world.db.read_now(payruns.content, run_of(bonus_world), form)
    notes = bonus_world.db.read_now(lambda s: [e.detail for e in audit.history(s, "payrun", run_of(bonus_world).id or 0) if e.what == "payrun.downloaded"])
    assert notes == [f"number 1, {form}, portal"] * 2


async def test_the_very_file_marks_the_run_as_paid(payroll: Browser, bonus_world: World) -> None:
    content = bonus_world.db.read_now(payruns.content, run_of(bonus_world))
    assert await bring(payroll, content) == (303, PATH) and state_of(bonus_world) == "paid"
    page = await payroll.get(PATH)
    assert "Paid" in page.main.text and not page.main.all("form", enctype="multipart/form-data")


async def test_an_edited_file_is_answered_line_by_line(payroll: Browser, bonus_world: World) -> None:
    content = bonus_world.db.read_now(payruns.content, run_of(bonus_world)).replace(b"500,00", b"900,00")
    status, html = await bring(payroll, content)
    assert status == 422 and "handed out was “500,00”, the file says “900,00”" in html and "Nothing was marked as paid" in html
    assert state_of(bonus_world) == "exported" and run_of(bonus_world).paid_at is None


@pytest.mark.parametrize(("content", "says"), [(b"", "Choose a file"), (b"a;b\r\n1;2\r\n", "does not name the columns"), (b"\0", "not a CSV file")])
async def test_what_is_no_pay_run_file_is_answered_beside_the_field(payroll: Browser, bonus_world: World, content: bytes, says: str) -> None:
    status, html = await bring(payroll, content)
    assert status == 422 and says in html and state_of(bonus_world) == "exported"


async def test_only_payroll_and_only_with_the_pages_token(portal: Portal, payroll: Browser, bonus_world: World) -> None:
    content = bonus_world.db.read_now(payruns.content, run_of(bonus_world))
    status, _ = await bring(payroll, content, token="x" * 43)
    assert status == 403 and state_of(bonus_world) == "exported"
    recruiter = portal.browsers[bonus_world.recruiter.id or 0]
    for path in (PATH, "/payruns/1.csv", "/payruns/1.xlsx"):
        assert (await recruiter.raw("GET", path))[0] == 403
    status, _, _ = await recruiter.raw("POST", PATH, data=b"x", headers=OURS | {"Content-Type": "multipart/form-data; boundary=x"})
    assert status == 403
    for path in ("/admin/payrun/99", "/payruns/99.xlsx", "/payruns/1.pdf"):
        assert (await payroll.raw("GET", path))[0] == 404
    assert state_of(bonus_world) == "exported"
