"""What could not be sent, and the lanes it waits in: a second try, a pause, and going on."""

from __future__ import annotations

from sqlmodel import col, select

from bot import outbox
from bot.desks import wording
from bot.desks.turn import Desk, Turn
from bot.messages import Block, Button, Buttons, Card, Heading, Item, Items, Note, Paragraph, Plain, Replace, Say, Show, Text, say
from bot.outbox import Delivery, LaneState

PAGE = 8
LANES = 10  # as many rows as a list may have; a deployment has a handful


def show(turn: Turn, text: str) -> Show:
    """`/vinkki-admin deliveries`."""
    return Show(_card(turn, 0))


def more(turn: Turn, value: str) -> Replace:
    """Older ones; the value is how many are newer."""
    return Replace(_card(turn, wording.read_id(value)))


def retry(turn: Turn, value: str) -> Replace:
    """Owe one delivery again."""
    turn.require("hr")
    outbox.retry(turn.session, wording.read_id(value), turn.now)
    return Replace(_card(turn, 0))


def retry_all(turn: Turn, value: str) -> Replace:
    """Owe everything that is stuck again, up to the two hundred newest."""
    turn.require("hr")
    for delivery in outbox.parked(turn.session):
        outbox.retry(turn.session, delivery.id or 0, turn.now)
    return Replace(_card(turn, 0))


def pause(turn: Turn, value: str) -> Replace:
    """Stop a lane; the value is its name."""
    turn.require("hr")
    if value in {lane.lane for lane in outbox.lanes(turn.session)}:
        outbox.pause(turn.session, turn.now, turn.person_id, value)
    return Replace(_card(turn, 0))


def resume(turn: Turn, value: str) -> Replace:
    """Let a lane run again."""
    turn.require("hr")
    outbox.resume(turn.session, turn.now, turn.person_id, value)
    return Replace(_card(turn, 0))


def _card(turn: Turn, offset: int) -> Card:
    turn.require("hr")
    stuck = _stuck(turn, offset)
    lanes = outbox.lanes(turn.session)[:LANES]
    blocks: list[Block] = []
    if lanes:
        blocks += [Heading(say("deliveries.lanes")), Items(tuple(_lane(lane) for lane in lanes))]
    if not stuck:
        return Card(say("deliveries.title"), (Paragraph(say("deliveries.none")), *blocks), tone="plain" if lanes else "good")
    blocks = [Paragraph(say("deliveries.lead")), Items(tuple(_row(turn, d) for d in stuck[:PAGE])), *blocks]
    buttons = [Button(say("deliveries.retry_all"), "delivery.retry_all", confirm=say("deliveries.retry_all_sure"))]
    if len(stuck) > PAGE:
        buttons.append(Button(say("deliveries.more"), "deliveries.more", str(offset + PAGE)))
    return Card(say("deliveries.title"), (*blocks, Buttons(tuple(buttons)), Note(say("deliveries.unknown_note"))), tone="warning")


def _stuck(turn: Turn, offset: int) -> list[Delivery]:
    query = select(Delivery).where(col(Delivery.state).in_(["parked", "unknown"])).order_by(col(Delivery.id).desc())
    return list(turn.session.exec(query.offset(offset).limit(PAGE + 1)))


def _row(turn: Turn, delivery: Delivery) -> Item:
    whom: Text = Plain(wording.person_name(turn.session, delivery.person_id)) if delivery.person_id else say("deliveries.somebody")
    if delivery.room:
        whom = say(f"deliveries.room.{delivery.room}")
    name: Say | str = whom.plain if isinstance(whom, Plain) else whom
    title = say("deliveries.row", whom=name, lane=_lane_name(delivery.lane))
    detail = say(f"deliveries.why_{delivery.state}", at=delivery.created_at, why=delivery.error[:200])
    return Item(title, detail, (Button(say("deliveries.retry"), "delivery.retry", str(delivery.id)),))


def _lane(lane: LaneState) -> Item:
    button = Button(say("deliveries.resume"), "lane.resume", lane.lane) if lane.is_paused else Button(say("deliveries.pause"), "lane.pause", lane.lane)
    state = "deliveries.lane_paused" if lane.is_paused else "deliveries.lane_runs"
    return Item(_lane_name(lane.lane), say(state, owed=lane.owed, stuck=lane.stuck), (button,))


def _lane_name(lane: str) -> Say:
    platform, _, workspace = lane.partition(":")
    known = platform if platform in ("slack", "teams", "portal", "mail") else "elsewhere"
    return say(f"deliveries.lane.{known}", workspace=workspace or platform)


DESK = Desk(
    commands={"admin deliveries": show},
    buttons={
        "deliveries.more": more, "delivery.retry": retry, "delivery.retry_all": retry_all, "lane.pause": pause, "lane.resume": resume,
    },
)  # fmt: skip
