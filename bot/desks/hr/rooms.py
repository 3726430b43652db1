"""HR makes a chat channel the room where HR's or the recruiters' notices appear, by saying so in that channel."""

from __future__ import annotations

from bot import outbox
from bot.desks.turn import Desk, Turn
from bot.errors import Refusal
from bot.messages import Card, Paragraph, Show, say


def move_here(turn: Turn, text: str) -> Show:
    """`admin room admin` or `admin room recruiting`, said in the channel. The channel's address comes from the platform."""
    turn.require("hr")
    room = text.strip().lower()
    if room not in outbox.ROOMS:
        raise Refusal("rooms.which")
    if not turn.room:
        raise Refusal("rooms.not_a_channel")
    outbox.keep_room(turn.session, turn.now, turn.person_id, room, turn.platform, turn.workspace, turn.room)
    return Show(Card(say("rooms.moved.title"), (Paragraph(say(f"rooms.moved.{room}")),), tone="good"))


DESK = Desk(commands={"admin room": move_here})
