"""The conversation with one workspace: an interaction comes in, a desk answers, and Slack is told in time.

Slack waits three seconds. A desk that needs longer than PATIENCE is answered for: the work goes on, its result follows by
a call of our own.
"""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.hub import Hub
from adapters.slack import inbound
from adapters.slack.answer import BROKEN, WORKING, by_call, card_of, in_ack, publish
from adapters.slack.blocks import Json
from adapters.slack.envelope import BlockActions, BlockSuggestion, EventCallback, ProfileEvent, Shortcut, SlashCommand, Spoken, ViewSubmission
from adapters.slack.place import Place, Places
from adapters.slack.render import card_to_message
from adapters.slack.view import card_to_view, options
from adapters.slack.workspace import FAILURES, Workspace, verified_email
from bot.desks import gate
from bot.desks.tables import is_aside
from bot.messages import Event, HomeOpened, Offer, Replace, Reply, Show
from content.catalog import Words

log = structlog.get_logger("vinkki.slack")
PATIENCE = 1.5  # seconds until a slow desk is answered for
SETTLE = 0.3  # seconds for Slack to draw an acknowledged view, before it is changed
HOMES = 5000  # people whose App Home is kept fresh; others' is drawn when they open it


class Talk:
    """Answers interactions. `revoked` is called when the workspace takes our token back."""

    def __init__(self, hub: Hub, client: AsyncWebClient, session: aiohttp.ClientSession, workspace: Workspace) -> None:
        self.hub, self.client, self.session, self.workspace = hub, client, session, workspace
        self.revoked = asyncio.Event()
        self._places = Places(hub.config.slack_api_url)
        self._homes: OrderedDict[str, int] = OrderedDict()  # user -> hash of what they see
        self._after: set[asyncio.Task[None]] = set()

    async def command(self, envelope: SlashCommand) -> Json | None:
        """A slash command."""
        return await self._answer(inbound.to_command(envelope), self._places.of(envelope), envelope)

    async def shortcut(self, envelope: Shortcut) -> Json | None:
        """A shortcut: the answer opens in a modal."""
        return await self._answer(inbound.to_shortcut(envelope), self._places.of(envelope), envelope)

    async def press(self, envelope: BlockActions) -> Json | None:
        """A pressed button; one that only opens a browser is acknowledged and no more."""
        event = inbound.to_press(envelope)
        return await self._answer(event, self._places.of(envelope), envelope) if event else None

    async def submit(self, envelope: ViewSubmission) -> Json | None:
        """A modal that came back."""
        return await self._answer(inbound.to_submission(envelope), self._places.of(envelope), envelope)

    async def look_up(self, envelope: BlockSuggestion) -> Json:
        """Options for what is being typed; none when the desk is slow."""
        try:
            reply = await asyncio.wait_for(self._hear(inbound.to_lookup(envelope), envelope.user_id), PATIENCE)
        except TimeoutError:
            return {"options": []}
        found = reply.answer.options if isinstance(reply.answer, Offer) else ()
        return {"options": options(found, Words(reply.locale, reply.time_zone))}

    async def event(self, envelope: EventCallback) -> None:
        """Home opened, account closed, token taken back; everything else is acknowledged."""
        match envelope.event.type:
            case "app_home_opened" if envelope.event.tab != "messages" and envelope.user_id:
                self._homes[envelope.user_id] = 0
                self._follow(self._refresh_home(envelope))
            case "user_change" if isinstance(user := envelope.event.user, ProfileEvent) and (user.deleted or user.is_restricted):
                await self.hub.db.write(gate.account_closed, self.hub.clock.now(), inbound.PLATFORM, self.workspace.team_id, user.id)
            case "tokens_revoked" | "app_uninstalled":
                log.error("Slack took our token back: install the app again", event_type=envelope.event.type)
                self.revoked.set()

    async def close(self) -> None:
        """Let answers that are on their way arrive."""
        if self._after:
            await asyncio.wait(self._after, timeout=5)

    async def settled(self) -> None:
        """Return when every answer has been shown (tests wait for it)."""
        while self._after:
            await asyncio.wait(self._after)

    async def _answer(self, event: Event, place: Place, envelope: Spoken) -> Json | None:
        place = replace(place, is_aside=is_aside(event.heard))
        work = asyncio.create_task(self._hear(event, place.user))
        done, _ = await asyncio.wait({work}, timeout=PATIENCE)
        if not done:
            self._follow(self._show_late(work, place, envelope))
            return self._working(place)
        reply = work.result()
        try:
            body = in_ack(place, reply)
        except Exception:  # words are missing, or a block Slack would not take: said plainly rather than as an error of Slack's
            log.exception("an answer cannot be drawn")
            reply = self._broken()
            body = in_ack(place, reply)
        if body is None:
            self._follow(self._show(place, reply, envelope))
        elif place.user in self._homes:
            self._follow(self._refresh_home(envelope))
        return body

    def _working(self, place: Place) -> Json | None:
        """What whoever waits sees meanwhile, where the acknowledgement can show it."""
        words = Words(self.hub.deployment.default_locale, self.hub.deployment.time_zone)
        if place.kind == "command":
            return {"response_type": "ephemeral", **card_to_message(WORKING, words)}
        return {"response_action": "update", "view": card_to_view(WORKING, words)} if place.kind == "submission" else None

    async def _window(self, place: Place) -> Place:
        """A window that says to wait, opened while the trigger still opens one; the answer comes into it."""
        words = Words(self.hub.deployment.default_locale, self.hub.deployment.time_zone)
        try:
            opened = await self.client.views_open(trigger_id=place.trigger_id, view=card_to_view(WORKING, words))
        except (SlackApiError, *FAILURES) as e:
            log.warning("no window for a slow answer", reason=type(e).__name__)
            return place
        return replace(place, kind="modal", view_id=opened["view"]["id"])

    async def _show_late(self, work: asyncio.Task[Reply], place: Place, envelope: Spoken) -> None:
        place = await self._window(place) if place.kind == "shortcut" else place
        reply = await work
        if place.kind == "submission":
            await asyncio.sleep(SETTLE)
        await self._show(replace(place, blocks=()), reply, envelope)

    async def _show(self, place: Place, reply: Reply, envelope: Spoken) -> None:
        """Show an answer by a call, then bring the person's home up to date."""
        if place.kind == "home" and isinstance(reply.answer, Replace):
            home = await self._refresh_home(envelope)
            if home and card_of(home.answer) == reply.answer.card:
                return  # what takes the place of the home is the home
        try:
            await by_call(self.client, self.session, place, reply)
        except Exception:
            log.exception("an answer cannot be drawn")
            await by_call(self.client, self.session, place, self._broken())
        if place.user in self._homes:
            await self._refresh_home(envelope)

    async def _refresh_home(self, envelope: Spoken) -> Reply | None:
        """Draw a person's App Home if it changed since we last drew it; returns what it shows."""
        user = envelope.user_id
        reply = await self._hear(inbound.to_home(envelope), user)
        seen = hash(json.dumps([repr(reply.answer), reply.locale, reply.time_zone]))
        if self._homes.get(user) != seen:
            try:
                await publish(self.client, user, reply)
            except FAILURES as e:
                log.warning("home not drawn", reason=type(e).__name__)
                return reply
            self._homes[user] = seen
        self._homes.move_to_end(user)
        while len(self._homes) > HOMES:
            self._homes.popitem(last=False)
        return reply

    async def _hear(self, event: Event, user: str) -> Reply:
        """Bring an event to the desks. A failure of ours is told as such; the person may try again."""

        async def email() -> str:
            return await verified_email(self.client, self.workspace.team_id, user)

        for is_last in (not event.key or isinstance(event.heard, HomeOpened), True):
            try:
                return await self.hub.hear(event, email)
            except Exception:
                if is_last:
                    log.exception("a desk failed", heard=type(event.heard).__name__)
                    break
                # the same event may have been heard at the same moment: then its receipt answers now
        return self._broken()

    def _broken(self) -> Reply:
        return Reply(Show(BROKEN), self.hub.deployment.default_locale, self.hub.deployment.time_zone)

    def _follow(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.create_task(_logged(work))
        self._after.add(task)
        task.add_done_callback(self._after.discard)


async def _logged(work: Coroutine[Any, Any, Any]) -> None:
    try:
        await work
    except Exception:
        log.exception("an answer could not be shown")
