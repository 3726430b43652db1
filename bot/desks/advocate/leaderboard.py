"""The leaderboard: only people who opted in, withdrawable at once; one's own numbers are for oneself in any case."""

from __future__ import annotations

from bot import audit, insights, settings
from bot.desks.turn import Turn
from bot.errors import Refusal
from bot.messages import Answer, Block, Button, Buttons, Card, Divider, Fact, Facts, Heading, Note, Paragraph, Replace, Show, say

PAGE = 10


def show(turn: Turn, text: str) -> Answer:
    """`/vinkki leaderboard`."""
    return Show(card(turn))


def join(turn: Turn, value: str) -> Answer:
    """Be shown on it, from now on."""
    return _set(turn, True)


def leave(turn: Turn, value: str) -> Answer:
    """Be gone from it, at once."""
    return _set(turn, False)


def _set(turn: Turn, on: bool) -> Answer:
    if on and turn.person.enrolled_at is None:
        raise Refusal("stories.refused.not_enrolled")
    if turn.person.on_leaderboard != on:
        turn.person.on_leaderboard = on
        turn.session.add(turn.person)
        turn.session.flush()
        audit.note(turn.session, turn.now, turn.person_id, "leaderboard.joined" if on else "leaderboard.left", "person", turn.person_id)
    return Replace(card(turn))


def card(turn: Turn) -> Card:
    """My numbers, then this month's leaders among those who want to be shown."""
    zone = turn.deployment.time_zone
    mine = insights.own(turn.session, turn.now, turn.person_id, zone)
    own = Facts((
        Fact(say("leaderboard.own.month"), say("leaderboard.number", count=mine.month)),
        Fact(say("leaderboard.own.ever"), say("leaderboard.number", count=mine.ever)),
        Fact(say("leaderboard.own.shares"), say("leaderboard.number", count=mine.shares)),
    ))  # fmt: skip
    has_board = settings.get(turn.session, "leaderboard.enabled")
    is_shown = has_board and turn.person.on_leaderboard
    blocks: list[Block] = [own, Note(say("leaderboard.own.note_shown" if is_shown else "leaderboard.own.note"))]
    if has_board:
        blocks += _standings(turn, zone)
    return Card(say("leaderboard.title"), tuple(blocks))


def _standings(turn: Turn, zone: str) -> list[Block]:
    top = insights.leaderboard(turn.session, turn.now, PAGE, zone)
    rows = tuple(Fact(say("leaderboard.place", place=s.place, name=s.name), say("leaderboard.clicks", count=s.clicks)) for s in top)
    blocks: list[Block] = [Facts(rows) if rows else Paragraph(say("leaderboard.empty"))]
    is_on = turn.person.on_leaderboard
    action, key = ("leaderboard.leave", "leaderboard.button.leave") if is_on else ("leaderboard.join", "leaderboard.button.join")
    note = say("leaderboard.note_on" if is_on else "leaderboard.note", count=PAGE)
    return [Divider(), Heading(say("leaderboard.month")), *blocks, Buttons((Button(say(key), action),)), Note(note)]


BUTTONS = {"leaderboard.join": join, "leaderboard.leave": leave}
