"""Bolt's AsyncApp behind our own door: one listener per kind of payload, the same for HTTP and for Socket Mode.

`process_before_response=True`: Bolt's default polls every 10 ms for the acknowledgement and throws away one that is
followed by an exception; and each further listener costs about 10 µs (measured). Signature, workspace and shape are settled
before Bolt sees anything, so its own checks, which answer 500 to odd input, have nothing left to do.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse

from adapters.slack.envelope import BlockActions, BlockSuggestion, EventCallback, Shortcut, SlashCommand, Spoken, UrlVerification, ViewSubmission
from adapters.slack.talk import Talk
from adapters.slack.workspace import Workspace

ANY = re.compile("")
_log = logging.getLogger("vinkki.slack.bolt")
_log.setLevel(logging.WARNING)


class Bolt:
    """The AsyncApp of one workspace, with its listeners."""

    def __init__(self, talk: Talk, workspace: Workspace, token: str) -> None:
        async def authorize(**_: Any) -> AuthorizeResult:
            return AuthorizeResult(enterprise_id=None, team_id=workspace.team_id, bot_user_id=workspace.bot_user_id, bot_id=workspace.bot_id, bot_token=token)

        self.app = AsyncApp(
            # Bolt gives the logger of this name our level: "vinkki" would silence the whole house
            name="vinkki.slack.bolt", logger=_log, authorize=authorize, process_before_response=True, request_verification_enabled=False,
            ssl_check_enabled=False, ignoring_self_events_enabled=False, attaching_function_token_enabled=False,
        )  # fmt: skip
        _listen(self.app, talk)

    async def dispatch(self, envelope: Spoken | UrlVerification) -> BoltResponse:
        """Answer one envelope. Bolt is given the checked fields and nothing else."""
        body = envelope.model_dump(exclude_none=True)
        if isinstance(envelope, SlashCommand):
            del body["type"]
        request = AsyncBoltRequest(body=body, mode="socket_mode", context={"envelope": envelope})
        return await self.app.async_dispatch(request)


def _listen(app: AsyncApp, talk: Talk) -> None:
    """One listener per kind; which desk answers is looked up in the desks' table."""

    def answered(answer: Callable[[Any], Awaitable[Any]]) -> Callable[..., Awaitable[None]]:
        async def listener(ack: Any, context: Any) -> None:
            await ack(await answer(context["envelope"]) or "")

        return listener

    async def nothing(_envelope: Any) -> None:
        return None

    app.command(ANY)(answered(_typed(SlashCommand, talk.command)))
    app.action(ANY)(answered(_typed(BlockActions, talk.press)))
    app.view(ANY)(answered(_typed(ViewSubmission, talk.submit)))
    app.options(ANY)(answered(_typed(BlockSuggestion, talk.look_up)))
    app.shortcut(ANY)(answered(_typed(Shortcut, talk.shortcut)))
    app.event(ANY)(answered(_typed(EventCallback, talk.event)))
    app.view_closed(ANY)(answered(nothing))


def _typed(kind: type[Any], answer: Callable[[Any], Awaitable[Any]]) -> Callable[[Any], Awaitable[Any]]:
    async def checked(envelope: Any) -> Any:
        assert isinstance(envelope, kind)
        return await answer(envelope)

    return checked
