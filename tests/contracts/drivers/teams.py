"""Teams, driven by signed activities over HTTP; what is seen is read from the loopback channel and from invoke answers."""

from __future__ import annotations

import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from contracts.driver import Seen, SeenButton, World
from loopback.adaptive import nodes, problems
from loopback.teams import TENANT
from loopback.teams_client import TeamsClient, open_channel

from adapters.teams import TeamsAdapter
from adapters.teams.addresses import Address
from bot import outbox
from bot.people import Person

_ESCAPED = re.compile(r"\\([\\`*_\[\]~])")
_CARD = "application/vnd.microsoft.card.adaptive"


@dataclass
class Shown:
    """A card on somebody's screen, and where: in a message of their chat, or in a dialog opened from one."""

    card: dict[str, Any]
    message: str = ""
    is_dialog: bool = False
    conversation: str = ""


@dataclass
class Teams:
    """Implements contracts.driver.Driver."""

    world: World
    client: TeamsClient
    adapter: TeamsAdapter
    name: str = "teams"
    accounts: dict[int, str] = field(default_factory=dict)

    async def join(self, person: Person) -> None:
        assert person.id is not None
        self.accounts[person.id] = str(uuid.uuid5(uuid.NAMESPACE_URL, person.email))
        await self.client.ask("join", aad=self.accounts[person.id], email=person.email)

    async def stranger(self, email: str = "") -> str:
        aad = str(uuid.uuid4())
        await self.client.ask("join", aad=aad, email=email)
        return aad

    async def command(self, person: Any, name: str, text: str = "") -> Seen:
        aad = self._aad(person)
        before = await self._messages(aad)
        await self._post(self.client.activity(aad, text=f"{name} {text}".strip()))
        seen = await self._new(aad, before)
        if any(b.text == "Open" and not b.action for b in seen.buttons) and not seen.is_form:  # a form waits behind its button
            return await self._opened(person, seen)
        return seen

    async def press(self, person: Person, seen: Seen, action: str, value: str | None = None, *, twice: bool = False) -> Seen:
        shown: Shown = seen.raw
        (pressed, *_) = [n for n in nodes(shown.card) if _ours(n).get("a") == action and value in (None, _ours(n).get("v"))]
        aad = self._aad(person)
        before = await self._messages(aad)
        activity = self._activity(aad, shown, pressed, {})
        answers = [await self._post(activity) for _ in range(2 if twice else 1)]
        return await self._after(aad, before, answers[-1], shown)

    async def submit(self, person: Person, form: Seen, values: dict[str, str]) -> Seen:
        shown: Shown = form.raw
        (button,) = [n for n in nodes(shown.card) if "f" in _ours(n)]
        filled = {n["id"]: _held(n) for n in nodes(shown.card) if n["type"].startswith("Input.")} | {f"f_{k}": v for k, v in values.items()}
        aad = self._aad(person)
        before = await self._messages(aad)
        answer = await self._post(self._activity(aad, shown, button, filled))
        return await self._after(aad, before, answer, shown)

    async def lookup(self, person: Person, form: Seen, name: str, query: str) -> list[tuple[str, str]]:
        (asked,) = [n for n in nodes(form.raw.card) if n.get("id") == f"f_{name}"]
        value = {"kind": "search", "queryText": query, "queryOptions": {"skip": 0, "top": 15}, "dataset": asked["choices.data"]["dataset"]}
        answer = await self._post(self.client.activity(self._aad(person), "invoke", name="application/search", value=value))
        assert answer["type"] == "application/vnd.microsoft.search.searchResponse"
        return [(r["value"], r["title"]) for r in answer["value"]["results"]]

    async def home(self, person: Person) -> Seen:
        aad = self._aad(person)
        before = await self._messages(aad)
        await self._post(self.client.activity(aad, "installationUpdate", action="add"))
        return await self._new(aad, before)

    async def inbox(self, person: Person) -> list[Seen]:
        aad = self._aad(person)
        return [_seen(Shown(_card(m), m["id"], conversation=_chat(aad))) for m in await self._messages(aad)]

    async def room(self, room: str) -> list[Seen]:
        found = await self.client.ask("messages", conversation=_room(room))
        return [_seen(Shown(_card(m), m["id"], conversation=_room(room))) for m in found if m.get("attachments")]

    async def fail_next(self, *, permanent: bool = False, retry_after: int | None = None) -> None:
        await self.client.ask("refuse", status=403 if permanent else 429, code="MessageWritesBlocked" if permanent else "Throttled", retry_after=retry_after)

    def _aad(self, person: Any) -> str:
        return person if isinstance(person, str) else self.accounts[person.id]

    async def _messages(self, aad: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self.client.ask("messages", conversation=_chat(aad))
        return found

    async def _post(self, activity: dict[str, Any]) -> Any:
        status, answer = await self.client.post(activity)
        assert status == 200, (status, answer)
        return answer

    def _activity(self, aad: str, shown: Shown, pressed: dict[str, Any], filled: dict[str, str]) -> dict[str, Any]:
        """What Teams sends for a button, by its kind and by where it is."""
        more: dict[str, Any] = {}
        if shown.conversation.startswith("19:"):
            more = self.client.in_channel(shown.conversation, "") | {"text": "", "entities": []}
        if pressed["type"] == "Action.Execute":
            action = {"type": "Action.Execute", "verb": pressed["verb"], "data": pressed["data"] | filled}
            more |= {"name": "adaptiveCard/action", "value": {"action": action, "trigger": "manual"}, "replyToId": shown.message}
        elif shown.is_dialog:
            more |= {"name": "task/submit", "value": {"data": pressed["data"] | filled, "context": {"theme": "default"}}}
        elif pressed["data"].get("msteams", {}).get("type") == "task/fetch":
            more |= {"name": "task/fetch", "value": {"data": pressed["data"] | filled, "context": {"theme": "default"}}, "replyToId": shown.message}
        else:
            return self.client.activity(aad, value=pressed["data"] | filled, replyToId=shown.message)
        return self.client.activity(aad, "invoke", **more)

    async def _opened(self, person: Any, seen: Seen) -> Seen:
        (opener,) = [n for n in nodes(seen.raw.card) if n.get("data", {}).get("msteams")]
        aad = self._aad(person)
        before = await self._messages(aad)
        return await self._after(aad, before, await self._post(self._activity(aad, seen.raw, opener, {})), seen.raw)

    async def _after(self, aad: str, before: list[dict[str, Any]], answer: Any, shown: Shown) -> Seen:
        """What the person sees once a press was answered."""
        if answer and "task" in answer:
            task = answer["task"]["value"]
            return _seen(Shown(task["card"]["content"], shown.message, is_dialog=True, conversation=shown.conversation), task["title"])
        if answer and answer["type"] == _CARD:
            return _seen(Shown(answer["value"], shown.message, conversation=shown.conversation))
        if answer is None and shown.is_dialog:  # the dialog closed: the card it was opened from changed
            (message,) = [m for m in await self._messages(aad) if m["id"] == shown.message]
            return _seen(Shown(_card(message), shown.message, conversation=_chat(aad)))
        return await self._new(aad, before)

    async def _new(self, aad: str, before: list[dict[str, Any]]) -> Seen:
        old = {m["id"] for m in before}
        new = [m for m in await self._messages(aad) if m["id"] not in old]
        assert new, "nothing was said"
        return _seen(Shown(_card(new[-1]), new[-1]["id"], conversation=_chat(aad)))


@asynccontextmanager
async def open_driver(world: World, throttle_every: int = 0) -> AsyncIterator[Teams]:
    """Start the adapter on its own port; every n-th call to the channel is answered 429 or 412."""
    async with open_channel(throttle_every) as client:
        adapter = TeamsAdapter(world.hub(**client.settings()))
        app = web.Application()
        adapter.add_routes(app)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        client.bot_url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/messages"
        for room in outbox.ROOMS:  # as if HR had said so in the channel
            await client.ask("channel", id=_room(room))
            address = Address(client.url, TENANT, client.activity("x")["recipient"]["id"], channel=_room(room)).dump()
            await world.db.write(outbox.keep_room, world.clock.now(), None, room, "teams", TENANT, address)
        await adapter.start()
        try:
            yield Teams(world, client, adapter)
        finally:
            await adapter.stop()
            await runner.cleanup()


def _chat(aad: str) -> str:
    return f"a:{aad}-with-bot"


def _room(room: str) -> str:
    return f"19:{room}@thread.tacv2"


def _card(message: dict[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = message["attachments"][0]["content"]
    return content


def _ours(node: dict[str, Any]) -> dict[str, Any]:
    data = node.get("data")
    return data.get("vinkki", {}) if isinstance(data, dict) else {}


def _held(node: dict[str, Any]) -> str:
    return str(node.get("value", ""))


def _seen(shown: Shown, title: str = "") -> Seen:
    """A card as its reader reads it. What the schema refuses, nobody sees."""
    assert not problems(shown.card, in_dialog=shown.is_dialog), problems(shown.card, in_dialog=shown.is_dialog)
    texts, buttons, fields, errors = [title] if title else [], [], [], {}
    for node in nodes(shown.card):
        kind = node["type"]
        if kind in ("Action.Execute", "Action.Submit"):
            buttons.append(SeenButton(node["title"], _ours(node).get("a", ""), _ours(node).get("v", "")))
        elif kind == "Action.OpenUrl":
            buttons.append(SeenButton(node["title"], url=node["url"]))
        elif kind.startswith("Input."):
            fields.append(node["id"].removeprefix("f_"))
            texts += [node[k] for k in ("label", "title") if node.get(k)] + [c["title"] for c in node.get("choices", [])]
        else:
            shown_texts = _texts(node)
            texts += shown_texts
            if fields and shown_texts and shown_texts[0].startswith("⚠ "):
                errors[fields[-1]] = shown_texts[0].removeprefix("⚠ ")
    return Seen(tuple(_ESCAPED.sub(r"\1", t).replace("{\u200b{", "{{") for t in texts), tuple(buttons), tuple(fields), errors, shown)


def _texts(node: dict[str, Any]) -> list[str]:
    if node["type"] == "RichTextBlock":
        return ["".join(run["text"] for run in node["inlines"])]
    if node["type"] == "Image":
        return [node["altText"]]
    if node["type"].startswith("Chart."):
        points = [p for d in node["data"] for p in d.get("values", [d])]
        return [node["title"], *(str(p.get("x", p.get("legend"))) for p in points)]
    return []
