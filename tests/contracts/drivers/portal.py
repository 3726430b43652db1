"""The portal, driven as a browser without JavaScript does: pages fetched, forms sent with everything that stands in them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from contracts.driver import Seen, SeenButton, World
from html_reader import Element, read_html

from adapters.portal import PortalAdapter
from bot.desks import front
from bot.people import Person


@dataclass(frozen=True)
class Page:
    """What came back: the status, the address it came from in the end, the page."""

    status: int
    path: str
    root: Element

    @property
    def main(self) -> Element:
        return self.root.one("main")


@dataclass
class Browser:
    """One person's browser: its cookies, the headers browsers send."""

    client: TestClient
    cookies: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=lambda: {"Origin": "http://127.0.0.1:8765", "Sec-Fetch-Site": "same-origin"})

    async def get(self, path: str, **kwargs: Any) -> Page:
        return await self._follow("GET", path, **kwargs)

    async def post(self, path: str, fields: list[tuple[str, str]], **kwargs: Any) -> Page:
        return await self._follow("POST", path, data=fields, headers=self.headers, **kwargs)

    async def send(self, form: Element, *extra: tuple[str, str]) -> Page:
        """Send a form as it stands, with a pressed button's name or changed fields on top."""
        changed = {name for name, _ in extra}
        fields = [(n, v) for n, v in form.fields() if n not in changed]
        return await self.post(form.attrs["action"], [*fields, *extra])

    async def raw(self, method: str, path: str, **kwargs: Any) -> tuple[int, dict[str, str], str]:
        cookies = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        headers = {"Cookie": cookies, **kwargs.pop("headers", {})} if cookies else kwargs.pop("headers", {})
        async with self.client.request(method, path, headers=headers, allow_redirects=False, **kwargs) as answer:
            for name, morsel in answer.cookies.items():
                self.cookies[name] = morsel.value
                if not morsel.value or morsel["max-age"] == "0":
                    del self.cookies[name]
            return answer.status, dict(answer.headers), await answer.text()

    async def _follow(self, method: str, path: str, **kwargs: Any) -> Page:
        status, headers, text = await self.raw(method, path, **kwargs)
        for _ in range(5):
            if status != 303:
                return Page(status, path, read_html(text))
            path = headers["Location"]
            status, headers, text = await self.raw("GET", path)
        raise AssertionError("led around in circles")


@asynccontextmanager
async def serve(adapter: PortalAdapter) -> AsyncIterator[TestClient]:
    """The adapter's routes on a loopback port; every browser keeps its own cookies."""
    from aiohttp import DummyCookieJar

    app = web.Application()
    adapter.add_routes(app)
    async with TestClient(TestServer(app), cookie_jar=DummyCookieJar()) as client:
        yield client
        await adapter.stop()


@dataclass
class Portal:
    """Implements contracts.driver.Driver."""

    adapter: PortalAdapter
    client: TestClient
    world: World
    name: str = "portal"
    browsers: dict[int, Browser] = field(default_factory=dict)

    async def join(self, person: Person) -> None:
        """Sign in by a one-time link, through the page's button."""
        link = await self.world.db.write(front.sign_in_link, self.world.deployment, person.email, datetime.now(UTC))
        browser = self.browsers[person.id or 0] = Browser(self.client)
        page = await browser.get(link.removeprefix(self.world.deployment.base_url))
        assert (await browser.send(page.main.one("form"))).status in (200, 500)  # a home without words is not the driver's matter

    async def stranger(self, email: str = "") -> Any:
        return Browser(self.client)

    async def command(self, person: Any, name: str, text: str = "") -> Seen:
        browser = self._of(person)
        page = await browser.get("/menu")
        boxes = page.root.all("form", action="/say")
        if not boxes:  # not signed in (any more): this is the page that is seen
            return read_seen(page)
        return read_seen(await browser.send(boxes[0], ("text", f"/{'vinkki-admin' if name == 'admin' else name} {text}".strip())))

    async def press(self, person: Person, seen: Seen, action: str, value: str | None = None, *, twice: bool = False) -> Seen:
        browser = self._of(person)
        forms = [f for f in seen.raw.all("form", class_="press") if dict(f.fields())["action"] == action]
        form = next(f for f in forms if value in (None, dict(f.fields())["value"]))
        pages = [await browser.send(form) for _ in range(2 if twice else 1)]
        return read_seen(pages[-1])

    async def submit(self, person: Person, form: Seen, values: dict[str, str]) -> Seen:
        element = form.raw.one("form", class_="form")
        extra: list[tuple[str, str]] = []
        for name, value in values.items():
            many = [e for e in element.all("input", name=f"f.{name}") if e.attrs.get("type") == "checkbox" and e.attrs["value"] != "yes"]
            extra += [(f"f.{name}", v) for v in value.split(",")] if many else [(f"f.{name}", value.replace("\n", "\r\n"))]
        return read_seen(await self._of(person).send(element, *extra))

    async def lookup(self, person: Person, form: Seen, name: str, query: str) -> list[tuple[str, str]]:
        source = form.raw.one("input", name=f"q.{name}").within("div").within("div").attrs["data-source"]  # type: ignore[union-attr]
        _, _, text = await self._of(person).raw("GET", "/lookup", params={"source": source, "q": query})
        return [(o["value"], o["text"]) for o in json.loads(text)]

    async def home(self, person: Person) -> Seen:
        return read_seen(await self._of(person).get("/"))

    async def inbox(self, person: Person) -> list[Seen]:
        page = await self._of(person).get("/")
        return [_seen_in(article) for article in reversed(page.root.one(id="inbox").all("article"))]

    async def room(self, room: str) -> list[Seen]:
        """The room as the first person who may see it does."""
        for browser in self.browsers.values():
            page = await browser.get("/admin" if room == "admin" else "/recruiting")
            found = page.root.all("section", aria_labelledby="room-title")
            if found:
                return [_seen_in(article) for article in reversed(found[0].all("article"))]
        return []

    async def fail_next(self, *, permanent: bool = False, retry_after: int | None = None) -> None:
        raise NotImplementedError("the portal shows its own rows: there is no platform that could refuse")

    def _of(self, person: Any) -> Browser:
        return person if isinstance(person, Browser) else self.browsers[person.id]


@asynccontextmanager
async def open_driver(world: World) -> AsyncIterator[Portal]:
    adapter = PortalAdapter(world.hub(), {})
    async with serve(adapter) as client:
        yield Portal(adapter, client, world)


def read_seen(page: Page) -> Seen:
    """What a page shows in its main part."""
    return _seen_in(page.main)


def _seen_in(part: Element) -> Seen:
    names = {e.attrs["name"][2:]: None for e in part.walk() if e.attrs.get("name", "")[:2] in ("f.", "q.")}
    errors = {name: part.one(id=f"e-{name}").text for name in names if part.all(id=f"e-{name}")}
    return Seen(tuple(s for s in part.strings() if s.strip()), tuple(_buttons(part)), tuple(names), errors, part)


def _buttons(part: Element) -> list[SeenButton]:
    found = []
    for e in part.walk():
        if e.tag == "a" and "button" in e.classes:
            found.append(SeenButton(e.text.split(" (")[0], url=e.attrs["href"]))
        elif e.tag == "form" and "press" in e.classes:
            fields = dict(e.fields())
            summary = e.within("details")
            text = summary.one("summary").text if summary else e.one("button").text
            found.append(SeenButton(text, fields["action"], fields["value"], e.attrs.get("data-open", "")))
    return found
