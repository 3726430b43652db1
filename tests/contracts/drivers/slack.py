"""Slack under test: the real adapter behind HTTP, a loopback Slack in a process of its own, people who sign what they do."""

from __future__ import annotations

import asyncio
import atexit
import dataclasses
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from functools import cache
from typing import Any

import aiohttp
from aiohttp import web
from contracts.driver import Seen, World
from loopback.slack import BOT_TOKEN, SECRET
from loopback.slack_people import SlackPeople, process
from loopback.slack_sight import buttons, seen, state

from adapters.slack import SlackAdapter
from bot.people import Person

COMMANDS = {"stories": "/stories", "refer": "/refer", "referrals": "/referrals", "vinkki": "/vinkki", "admin": "/vinkki-admin"}
ROOMS = {"admin": "C0ADMIN", "recruiting": "C0RECRUIT"}


@cache
def loopback() -> str:
    """One loopback Slack for the whole run; every test begins with an empty one."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(process())


class SlackDriver:
    """See contracts.driver.Driver."""

    name = "slack"

    def __init__(self, adapter: SlackAdapter, people: SlackPeople) -> None:
        self.adapter, self.people = adapter, people
        self._accounts: dict[int, str] = {}

    async def join(self, person: Person) -> None:
        assert person.id is not None
        self._accounts[person.id] = f"U0P{person.id:05d}"
        await self.people.account(self._accounts[person.id], person.email)

    async def stranger(self, email: str = "") -> Any:
        user = f"U0STRANGER{len(email)}"
        await self.people.account(user, email)
        return user

    async def command(self, person: Any, name: str, text: str = "") -> Seen:
        user, body = self._user(person), {}
        body = self.people.command_body(user, COMMANDS[name], text)
        status, answer = await self.people.post_form(body)
        assert status == 200, answer
        return await self._outcome(body["trigger_id"], body["response_url"], answer)

    async def press(self, person: Person, seen: Seen, action: str, value: str | None = None, *, twice: bool = False) -> Seen:
        shown, where = seen.raw["shown"], {k: v for k, v in seen.raw.items() if k != "shown"}
        found = [b for b in buttons(shown["blocks"]) if b["action_id"].rpartition("#")[0] == action and value in (None, b.get("value", ""))]
        assert found, f"no button {action} {value} in {seen.text}"
        payload = self.people.pressed(self._user(person), found[0], where)
        for _ in range(2 if twice else 1):
            status, answer = await self.people.interact(payload)
            assert status == 200, answer
            outcome = await self._outcome(payload["trigger_id"], payload.get("response_url", ""), "", where, self._user(person))
        return outcome

    async def submit(self, person: Person, form: Seen, values: dict[str, str]) -> Seen:
        view = form.raw["view"]
        kept = form.raw.get("typed", {}) | values
        payload = self.people.payload("view_submission", self._user(person), view=view | {"state": state(view, kept)}, response_urls=[])
        status, answer = await self.people.interact(payload)
        assert status == 200, answer
        if not answer:
            return Seen()
        if answer["response_action"] == "errors":
            assert answer["errors"].keys() <= {b.get("block_id") for b in view["blocks"]}
            return dataclasses.replace(form, errors=answer["errors"], raw=form.raw | {"typed": kept})
        changed = await self.people.control("view", view_id=view["id"], view=answer["view"])
        assert changed["ok"], changed
        await self._settle()
        now = (await self.people.state())["views"][view["id"]]  # a desk that was slow has answered into it since
        return seen(now, view=now)

    async def lookup(self, person: Person, form: Seen, name: str, query: str) -> list[tuple[str, str]]:
        view = form.raw["view"]
        element = next(b["element"] for b in view["blocks"] if b.get("block_id") == name)
        payload = self.people.payload("block_suggestion", self._user(person), action_id=element["action_id"], block_id=name, value=query, view=view)
        status, answer = await self.people.interact(payload)
        assert status == 200, answer
        return [(o["value"], o["text"]["text"]) for o in answer["options"]]

    async def home(self, person: Person) -> Seen:
        user = self._user(person)
        status, answer = await self.people.event(self.people.event_body("app_home_opened", user=user, channel="D" + user[1:], tab="home"))
        assert status == 200, answer
        await self._settle()
        view = (await self.people.state())["homes"][user]
        return seen(view, view=view)

    async def inbox(self, person: Person) -> list[Seen]:
        return await self._channel("D" + self._user(person)[1:])

    async def room(self, room: str) -> list[Seen]:
        return await self._channel(ROOMS[room])

    async def fail_next(self, *, permanent: bool = False, retry_after: int | None = None) -> None:
        how = {"retry_after": retry_after} if retry_after is not None else {"error": "user_disabled" if permanent else "service_unavailable"}
        await self.people.control("fail", how={"method": "chat.postMessage", **how})

    async def _channel(self, channel: str) -> list[Seen]:
        messages = (await self.people.state())["channels"].get(channel, {})
        return [seen(m, channel=channel, ts=ts) for ts, m in sorted(messages.items())]

    async def _outcome(self, trigger: str, response_url: str, answer: Any, where: Any = None, user: str = "") -> Seen:
        """What the person sees now: the acknowledgement, an opened or changed modal, or what came to the response_url."""
        await self._settle()
        now = await self.people.state()
        posts = now["responses"].get(response_url.removeprefix(self.people.slack), [])
        if isinstance(answer, dict) and answer and not posts:  # a desk that was slow has answered by a message since
            return seen(answer)
        if trigger in now["opened"]:
            view = now["views"][now["opened"][trigger]]
            return seen(view, view=view)
        if where and "view" in where:
            is_home = where["view"]["type"] == "home"
            view = now["homes"][user] if is_home else now["views"][where["view"]["id"]]
            return seen(view, view=view)
        return seen(posts[-1], **((where or {}) if posts[-1].get("replace_original") else {})) if posts else Seen()

    async def _settle(self) -> None:
        assert self.adapter.talk is not None
        await self.adapter.talk.settled()

    def _user(self, person: Any) -> str:
        return person if isinstance(person, str) else self._accounts[person.id]


@asynccontextmanager
async def open_driver(world: World, throttle_every: int = 0, **settings: Any) -> AsyncIterator[SlackDriver]:
    """Start the adapter on its own port; every n-th message is answered 429. `settings` are further fields of bot.config.Config."""
    slack = loopback()
    hub = world.hub(
        slack_bot_token=BOT_TOKEN, slack_signing_secret=SECRET, slack_api_url=f"{slack}/api/", slack_admin_channel=ROOMS["admin"],
        slack_recruiting_channel=ROOMS["recruiting"], **settings,
    )  # fmt: skip
    adapter, app = SlackAdapter(hub), web.Application()
    adapter.add_routes(app)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    async with aiohttp.ClientSession() as session:
        people = SlackPeople(session, site_address(runner), slack)
        await people.control("reset")
        await people.control("set", settings={"ratelimit_every": throttle_every})
        for channel in ROOMS.values():
            await people.control("channel", id=channel)
        await adapter.start()
        try:
            await asyncio.wait_for(adapter.ready.wait(), 10)
            yield SlackDriver(adapter, people)
        finally:
            await adapter.stop()
            await runner.cleanup()


def site_address(runner: web.AppRunner) -> str:
    """Where a server listens."""
    host, port = runner.addresses[0][:2]
    return f"http://{host}:{port}"
