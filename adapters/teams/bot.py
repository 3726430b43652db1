"""The bot: botbuilder says what kind of activity it is, the desks say what to answer, and this file puts one to the other."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from botbuilder.core import ActivityHandler, InvokeResponse, TurnContext

from adapters.hub import Hub
from adapters.teams import answers, inbound
from adapters.teams.answers import Body, Message, words_of
from adapters.teams.buttons import Place
from adapters.teams.chat import TeamsChat, patiently, to_activity
from adapters.teams.inbound import Pressed
from adapters.teams.members import verified_email
from adapters.teams.render import card_to_adaptive, summary
from adapters.teams.sealed import Sealer
from adapters.teams.turns import RAW
from bot.desks import front, gate, refusal_card
from bot.desks.tables import is_aside
from bot.errors import DeliveryError, Refusal
from bot.messages import Card, Command, Event, Heard, HomeOpened, Paragraph, Replace, Reply, Show, say
from content.catalog import Words

log = logging.getLogger("vinkki.teams")
Raw = dict[str, Any]
_REMEMBERED = 5_000
PATIENCE = 3.0  # seconds until a dialog is answered for; Teams gives up on a message extension after five
LATER = Card(say("intake.later.title"), (Paragraph(say("intake.later.text")),))


class VinkkiBot(ActivityHandler):  # type: ignore[misc]
    """Hears activities. `on_room` is called when a channel may have become a room."""

    def __init__(self, hub: Hub, chat: TeamsChat, on_room: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self.hub, self.chat, self.on_room = hub, chat, on_room
        self.sealer = Sealer(hub.deployment)
        self.tasks: set[asyncio.Task[None]] = set()
        self._said: OrderedDict[str, None] = OrderedDict()
        self._invokes: dict[str, Callable[[TurnContext, Raw], Awaitable[Body | None]]] = {
            "adaptiveCard/action": self._executed,
            "task/fetch": self._dialog,
            "task/submit": self._dialog,
            "composeExtension/fetchTask": self._extension,
            "composeExtension/submitAction": self._dialog,
            "application/search": self._search,
        }

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        """Something was typed, or a form's button in a chat was pressed."""
        raw: Raw = turn_context.turn_state[RAW]
        pressed = inbound.to_pressed(raw["value"], self.sealer)
        heard = pressed.heard if pressed else inbound.to_command(inbound.to_text(raw) or "help")
        try:
            reply = await self._hear(raw, heard)
            message = answers.message_of(reply, heard, pressed, self.sealer)
        except Exception:
            log.exception("a message could not be answered")
            reply, message = self._failure()
        await self._say(turn_context, raw, message, words_of(reply))
        if isinstance(heard, Command) and heard.name == "admin":
            await self.on_room()

    async def on_installation_update_add(self, turn_context: TurnContext) -> None:
        """Installed by a person: know them by their verified address, and greet them. In a team there is nobody to greet."""
        raw: Raw = turn_context.turn_state[RAW]
        if not inbound.is_personal(raw):
            return
        caller = inbound.to_caller(raw)
        if address := await verified_email(self.chat.connector, raw):
            await self.hub.db.write(front.recognise, caller, address, self.hub.clock.now())
        reply = await self.hub.hear(Event("", caller, HomeOpened()))
        await self._say(turn_context, raw, answers.message_of(reply, HomeOpened(), None, self.sealer), words_of(reply))

    async def on_installation_update_remove(self, turn_context: TurnContext) -> None:
        """Removed by a person: from now on they are reached elsewhere, until they come back."""
        raw: Raw = turn_context.turn_state[RAW]
        if inbound.is_personal(raw):
            caller = inbound.to_caller(raw)
            await self.hub.db.write(gate.account_closed, self.hub.clock.now(), caller.platform, caller.workspace, caller.user)

    async def on_invoke_activity(self, turn_context: TurnContext) -> InvokeResponse:
        """A button, a dialog, a message extension or a typeahead. Whatever happens, the answer has the shape that was asked for."""
        raw: Raw = turn_context.turn_state[RAW]
        answer = self._invokes.get(raw["name"])
        if answer is None:
            return InvokeResponse(status=400)  # nothing of ours asks for it
        try:
            return InvokeResponse(status=200, body=await answer(turn_context, raw))
        except Exception:
            log.exception("an invoke could not be answered")
            return InvokeResponse(status=200, body=self._failed_body(raw["name"]))

    async def _hear(self, raw: Raw, heard: Heard) -> Reply:
        event = Event(inbound.event_key(raw), inbound.to_caller(raw), heard)
        return await self.hub.hear(event, lambda: verified_email(self.chat.connector, raw))

    async def _hear_in_time(self, context: TurnContext, raw: Raw, heard: Heard, pressed: Pressed | None = None) -> Reply:
        """The reply; where it takes longer than a dialog waits, the word that it follows in the private chat."""
        work = asyncio.create_task(self._hear(raw, heard))
        if (await asyncio.wait({work}, timeout=PATIENCE))[0]:
            return work.result()
        self._later(self._follow(context, raw, work, heard, pressed))
        return Reply(Show(LATER), self.hub.deployment.default_locale, self.hub.deployment.time_zone)

    async def _follow(self, context: TurnContext, raw: Raw, work: asyncio.Task[Reply], heard: Heard, pressed: Pressed | None) -> None:
        try:
            reply = await work
            message = answers.message_of(reply, heard, pressed, self.sealer)
        except Exception:
            log.exception("a late answer could not be given")
            reply, message = self._failure()
        await self._say(context, raw, message, words_of(reply), quietly=True)

    async def _executed(self, context: TurnContext, raw: Raw) -> Body:
        """Action.Execute: the answer takes the card's place, or comes in a message of its own."""
        action = raw["value"].get("action")
        pressed = inbound.to_pressed(action.get("data") if isinstance(action, dict) else None, self.sealer)
        if pressed is None:
            return answers.told(Words(self.hub.deployment.default_locale)(say("old_card")))
        reply = await self._hear(raw, pressed.heard)
        words = words_of(reply)
        if isinstance(reply.answer, Replace) and not is_aside(pressed.heard):
            card = card_to_adaptive(reply.answer.card, words)
            if inbound.is_personal(raw) and raw["replyToId"]:
                # The answer changes the card on this screen only; the message itself must change to stay so.
                self._later(self._change(context, raw["replyToId"], Message(card, summary(reply.answer.card, words))))
            return answers.replaced(card)
        await self._say(context, raw, answers.message_of(reply, pressed.heard, pressed, self.sealer), words, quietly=True)
        return answers.told(words(say("teams.below" if inbound.is_personal(raw) else "teams.in_private")))

    async def _dialog(self, context: TurnContext, raw: Raw) -> Body | None:
        """A dialog opens, or something in it was pressed. None closes it."""
        opens = raw["name"] == "task/fetch"
        pressed = inbound.to_pressed(raw["value"].get("data"), self.sealer)
        reply = await self._hear_in_time(context, raw, pressed.heard, pressed) if pressed else self._old_card()
        origin = (raw["replyToId"] if opens else pressed.origin if pressed else "") if inbound.is_personal(raw) else ""
        if isinstance(reply.answer, Replace) and origin and not (pressed and is_aside(pressed.heard)):
            words, card = words_of(reply), reply.answer.card
            if await self._change(context, origin, Message(card_to_adaptive(card, words), summary(card, words))) and not opens:
                return None
        return answers.dialog_of(reply, pressed, self.sealer, Place(is_dialog=True, origin=origin))

    async def _extension(self, context: TurnContext, raw: Raw) -> Body:
        """A message extension was opened beside the compose box or on a message."""
        command = inbound.to_extension(raw["value"])
        reply = await self._hear_in_time(context, raw, command) if command else self._old_card()
        return answers.dialog_of(reply, None, self.sealer, Place(is_dialog=True))

    async def _search(self, context: TurnContext, raw: Raw) -> Body:
        reply = await self.hub.hear(Event("", inbound.to_caller(raw), inbound.to_lookup(raw["value"])))
        return answers.offered(reply.answer, words_of(reply))

    async def _say(self, context: TurnContext, raw: Raw, message: Message, words: Words, *, quietly: bool = False) -> None:
        """Say it where only the person sees it, once per event: an event that Teams repeats was answered already.

        In a channel that is a targeted message if Teams sent us one (it then knows them), else the private chat and a
        line in the channel (unless `quietly`).
        """
        key = inbound.event_key(raw)
        if key in self._said:
            return
        self._said[key] = None  # before the first await: Teams may repeat an event while we still answer it
        try:
            if inbound.is_personal(raw) or inbound.is_targeted(raw):
                await patiently(lambda: context.adapter.reply(context, to_activity(message.card, message.line)))
            else:
                await patiently(lambda: self.chat.private(inbound.to_address(raw), to_activity(message.card, message.line)))
                if not quietly:
                    await patiently(lambda: context.send_activity(words(say("teams.in_private"))))
        except DeliveryError as e:
            log.warning("an answer could not be sent: %s", e.reason)
            self._said.pop(key, None)
        while len(self._said) > _REMEMBERED:
            self._said.popitem(last=False)

    async def _change(self, context: TurnContext, message_id: str, message: Message) -> bool:
        """Change a message of this chat; False when Teams would not."""
        try:
            await patiently(lambda: context.adapter.change(context, message_id, to_activity(message.card, message.line)))
        except DeliveryError as e:
            log.warning("a card could not be changed: %s", e.reason)
            return False
        return True

    def _later(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def _old_card(self) -> Reply:
        deployment = self.hub.deployment
        return Reply(Show(refusal_card(Refusal("old_card"))), deployment.default_locale, deployment.time_zone)

    def _failure(self) -> tuple[Reply, Message]:
        words = Words(self.hub.deployment.default_locale, self.hub.deployment.time_zone)
        card = answers.failed(words)
        return Reply(Show(card), words.locale, words.time_zone), Message(card_to_adaptive(card, words), summary(card, words))

    def _failed_body(self, name: str) -> Body:
        reply, message = self._failure()
        if name == "adaptiveCard/action":
            return answers.told(message.line)
        return answers.offered(reply.answer, words_of(reply)) if name == "application/search" else answers.dialog("Vinkki", message.card)
