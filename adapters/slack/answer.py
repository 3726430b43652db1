"""Answers to whoever acted: in the acknowledgement where Slack shows it, else by a call right after it."""

from __future__ import annotations

from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.api import BLOCKS, error_of
from adapters.slack.blocks import Json
from adapters.slack.place import Place
from adapters.slack.render import card_to_message
from adapters.slack.view import card_to_home, card_to_view, errors_by_block, form_to_view
from adapters.slack.workspace import FAILURES
from bot.messages import Answer, Ask, Card, ChartBlock, Correct, Offer, Paragraph, Picture, ReadPage, Replace, Reply, Show, Unknown, say
from content.catalog import Words

log = structlog.get_logger("vinkki.slack")
_EXPIRED = frozenset({"expired_trigger_id", "trigger_expired", "trigger_exchanged", "exchanged_trigger_id", "invalid_trigger", "invalid_trigger_id"})
LATE = Card(say("slack.late.title"), (Paragraph(say("slack.late.text")),), tone="warning")
WORKING = Card(say("slack.working.title"), (Paragraph(say("slack.working.text")),))
BROKEN = Card(say("slack.broken.title"), (Paragraph(say("slack.broken.text")),), tone="warning")


def card_of(answer: Answer) -> Card:
    """The card of an answer that is shown; what is wrong in a form that is not on screen any more is a card too."""
    match answer:
        case Show(card) | Replace(card) | Unknown(card):
            return card
        case Correct(errors):
            return Card(say("refused.title"), tuple(Paragraph(text) for text in errors.values()), tone="refusal")
        case Ask() | Offer() | ReadPage():
            return BROKEN  # a form is asked elsewhere, options have no place here, a page was read before


def in_ack(place: Place, reply: Reply) -> Json | None:
    """What the acknowledgement itself shows, or None when a call must follow."""
    words, answer = Words(reply.locale, reply.time_zone), reply.answer
    if place.kind == "submission":
        if isinstance(answer, Correct) and place.blocks:
            return {"response_action": "errors", "errors": errors_by_block(answer.errors, words, list(place.blocks))}
        # Slack tells nobody when it refuses a view in an acknowledgement: so nothing that it might refuse
        view = form_to_view(answer.form, words) if isinstance(answer, Ask) else card_to_view(card_of(answer), words, is_spare=True)
        return {"response_action": "update", "view": view}
    if place.kind == "command" and not isinstance(answer, Ask) and not _is_risky(card_of(answer)):
        return {"response_type": "ephemeral", **card_to_message(card_of(answer), words)}
    return None


def _is_risky(card: Card) -> bool:
    """Holds something that this workspace may refuse (charts are being rolled out, a picture must be reachable)."""
    return any(isinstance(b, ChartBlock | Picture) for b in card.blocks)


async def by_call(client: AsyncWebClient, session: aiohttp.ClientSession, place: Place, reply: Reply) -> None:
    """Show an answer by a call of our own. What fails here is logged: the deed itself is done and recorded."""
    words = Words(reply.locale, reply.time_zone)
    try:
        if isinstance(reply.answer, Ask):
            await _modal(client, place, form_to_view(reply.answer.form, words))
        elif place.kind in ("command", "message"):
            await _respond(session, place, card_of(reply.answer), words, replace=isinstance(reply.answer, Replace) and place.may_be_replaced)
        else:
            await _spared(lambda spare: _modal(client, place, card_to_view(card_of(reply.answer), words, is_spare=spare)))
    except SlackApiError as e:
        if error_of(e) in _EXPIRED and place.response_url:
            await _respond(session, place, LATE, words, replace=False)
        log.warning("answer not shown", place=place.kind, reason=error_of(e), problems=_problems(e))
    except FAILURES as e:
        log.warning("answer not shown", place=place.kind, reason=type(e).__name__)


async def publish(client: AsyncWebClient, user: str, reply: Reply) -> None:
    """Draw somebody's App Home."""
    words, card = Words(reply.locale, reply.time_zone), card_of(reply.answer)
    await _spared(lambda spare: client.views_publish(user_id=user, view=card_to_home(card, words, is_spare=spare)))


async def _modal(client: AsyncWebClient, place: Place, view: Json) -> Any:
    """In a modal its content changes (a stack ends after three); elsewhere one opens."""
    if place.view_id and place.kind != "home":
        return await client.views_update(view_id=place.view_id, view=view)
    return await client.views_open(trigger_id=place.trigger_id, view=view)


async def _spared(call: Any) -> None:
    try:
        await call(False)
    except SlackApiError as e:
        if error_of(e) not in BLOCKS:
            raise
        await call(True)


async def _respond(session: aiohttp.ClientSession, place: Place, card: Card, words: Words, *, replace: bool) -> None:
    """Post to the response_url: a card for the person alone, or one in the place of the message."""
    if not place.response_url:
        log.warning("answer not shown", place=place.kind, reason="no response_url")
        return
    manner: Json = {"replace_original": True} if replace else {"response_type": "ephemeral", "replace_original": False}
    for spare in (False, True):
        async with session.post(place.response_url, json={**manner, **card_to_message(card, words, is_spare=spare)}, allow_redirects=False) as answer:
            said = "" if answer.status == 200 else (await answer.content.read(300)).decode(errors="replace")
        if "block" not in said:
            break
    if said or answer.status != 200:
        log.warning("answer not shown", place=place.kind, status=answer.status)


def _problems(error: SlackApiError) -> list[str]:
    """Slack's own remarks on a refused view: JSON pointers, no content."""
    metadata = getattr(error.response, "data", {}).get("response_metadata", {}) if isinstance(getattr(error.response, "data", None), dict) else {}
    return [str(m)[:200] for m in metadata.get("messages", [])][:5]
