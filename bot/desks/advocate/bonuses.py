"""The advocate's bonuses: amount, day, state and why, each of their own and nobody else's."""

from __future__ import annotations

from bot import bonuses
from bot.bonuses import Bonus
from bot.desks import bonus_cards, explaining, wording
from bot.desks.turn import Desk, Turn
from bot.errors import Refusal
from bot.messages import Block, Button, Buttons, Card, Heading, Item, Items, Paragraph, Replace, Show, say

PAGE = 8


def mine(turn: Turn, text: str) -> Show:
    """`/vinkki bonuses`: my bonuses, the newest first; with a number, why that one is what it is."""
    if wording.is_id(text.strip()):
        return explain(turn, text.strip())
    return Show(_mine(turn, 0))


def older(turn: Turn, value: str) -> Replace:
    """My older bonuses; the value is how many are newer."""
    return Replace(_mine(turn, wording.read_id(value)))


def _mine(turn: Turn, offset: int) -> Card:
    found = bonuses.of_person(turn.session, turn.person_id, PAGE + 1, offset)
    if not found:
        return Card(say("bonuses.mine.title"), (Paragraph(say("bonuses.mine.none")),))
    more = (Buttons((Button(say("bonuses.mine.more"), "bonus.mine", str(offset + PAGE)),)),) if len(found) > PAGE else ()
    return Card(say("bonuses.mine.title"), (Items(tuple(row(turn, b) for b in found[:PAGE])), *more))


def row(turn: Turn, bonus: Bonus) -> Item:
    """One of my bonuses: what for, how much, when, in which state."""
    opening = wording.opening_name(turn.session, bonuses.opening_id(turn.session, bonus))
    return Item(
        say("bonuses.mine.row", money=wording.worth(turn.session, bonus), opening=opening),
        say("bonuses.mine.detail", day=bonus.due_on, state=bonus_cards.state_line(bonus)),
        (bonus_cards.why_button(bonus),),
    )


def explain(turn: Turn, value: str) -> Show:
    """Why this amount on this day: to HR and payroll in full, to a beneficiary about their own.

    The value is a bonus's number, and how many of its newest events were shown before.
    """
    number, _, shown = value.partition(":")
    earlier = wording.read_id(shown or "0")
    found = bonuses.explain(turn.session, wording.read_id(number))
    in_full = turn.has("hr", "payroll")
    if found is None or not (in_full or found.bonus.beneficiary_id == turn.person_id):
        raise Refusal("bonuses.gone")  # somebody else's bonus does not exist for others
    card = explaining.explanation_card(turn.session, found, in_full, earlier)
    if not earlier and found.bonus.beneficiary_id != turn.person_id and turn.has("hr") and (buttons := bonus_cards.corrections(turn, found.bonus)):
        if found.bonus.state in bonuses.OWED:
            buttons = (*buttons, bonus_cards.start_button(turn.session, found.bonus))
        card = Card(card.title, (*card.blocks, Buttons(buttons)))
    return Show(card)


def home_section(turn: Turn) -> tuple[Block, ...]:
    """My latest bonuses on the home; nothing where there are none."""
    found = bonuses.of_person(turn.session, turn.person_id, 3)
    return (Heading(say("bonuses.mine.title")), Items(tuple(row(turn, b) for b in found))) if found else ()


DESK = Desk(commands={"vinkki bonuses": mine}, buttons={"bonus.explain": explain, "bonus.mine": older}, sections={30: home_section})
