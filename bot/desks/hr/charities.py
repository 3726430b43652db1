"""The charities that a bonus may go to: the list HR keeps."""

from __future__ import annotations

from bot.desks import wording
from bot.desks.turn import Desk, Turn
from bot.messages import Ask, Button, Buttons, Card, Form, Item, Items, Note, Paragraph, Plain, Replace, Say, Show, TextField, say
from bot.plans import charities

PAGE = 8


def show(turn: Turn, value: str) -> Show:
    """`/vinkki-admin charities`, and its button."""
    turn.require("hr")
    return Show(_list(turn, 0))


def page(turn: Turn, value: str) -> Replace:
    """Another page; the value is how many come before it."""
    turn.require("hr")
    return Replace(_list(turn, wording.read_id(value)))


def _list(turn: Turn, offset: int, done: Say | None = None) -> Card:
    found = charities.listed(turn.session)
    rows = tuple(
        Item(Plain(c.name), Plain(c.account), (Button(say("plans.charity.remove"), "charity.remove", str(c.id), confirm=say("plans.charity.sure")),))
        for c in found[offset : offset + PAGE]
    )
    body = Items(rows) if rows else Paragraph(say("plans.charity.none"))
    buttons = [Button(say("plans.charity.new"), "charity.new", style="primary")]
    if offset + PAGE < len(found):
        buttons.append(Button(say("bonuses.more"), "charities.page", str(offset + PAGE)))
    buttons.append(Button(say("plans.back"), "plan.more", "0"))
    lead = (Paragraph(done),) if done else ()
    return Card(say("plans.charity.title"), (*lead, body, Buttons(tuple(buttons)), Note(say("plans.charity.note"))), tone="good" if done else "plain")


def new(turn: Turn, value: str) -> Ask:
    """A charity for the list."""
    turn.require("hr")
    return Ask(Form("charity.save", say("plans.charity.form_title"), say("plans.charity.submit"), (
        TextField("name", say("plans.charity.name"), max_length=80),
        TextField("account", say("plans.charity.account"), max_length=80, hint=say("plans.charity.account_hint")),
    )))  # fmt: skip


def save(turn: Turn, subject: str, values: dict[str, str]) -> Show:
    """On the list with it."""
    turn.require("hr")
    row = charities.save(turn.session, turn.now, turn.person_id, values.get("name", ""), values.get("account", ""))
    return Show(_list(turn, 0, say("plans.charity.saved", name=row.name)))


def remove(turn: Turn, value: str) -> Replace:
    """Offered no longer."""
    turn.require("hr")
    row = charities.unlist(turn.session, turn.now, turn.person_id, wording.read_id(value))
    return Replace(_list(turn, 0, say("plans.charity.removed", name=row.name)))


DESK = Desk(
    commands={"admin charities": show},
    buttons={"charities.show": show, "charities.page": page, "charity.new": new, "charity.remove": remove},
    forms={"charity.save": save},
)
