"""The list of audiences, and one of them: its rule in words, how many it selects now, and who."""

from __future__ import annotations

from sqlmodel import col, select

from bot import audiences, strategy
from bot.audiences import Audience, Rule
from bot.desks.balance_words import counts, next_ask
from bot.desks.turn import NEWSROOM, Turn
from bot.desks.wording import is_id
from bot.errors import Refusal
from bot.messages import Answer, Block, Button, Buttons, Card, Fact, Facts, Item, Items, Note, Paragraph, Plain, Replace, Show, Text, say
from bot.people import Person

PAGE = 8
SHOWN = 8
_NAMED = 5


def show(turn: Turn, text: str) -> Answer:
    """`admin audiences`."""
    turn.require(*NEWSROOM)
    return Show(listing(turn, 0))


def page(turn: Turn, value: str) -> Answer:
    """Another page; the value is how many come before it."""
    turn.require(*NEWSROOM)
    return Replace(listing(turn, int(value) if value.isascii() and value.isdigit() and len(value) < 7 else 0))


def listing(turn: Turn, offset: int) -> Card:
    """A page of the audiences that are offered."""
    rows = audiences.offered(turn.session)
    new = Button(say("audiences.new"), "audience.new", style="primary")
    if not rows:
        return Card(say("audiences.title"), (Paragraph(say("audiences.none")), Buttons((new,))))
    items = tuple(_row(turn, row) for row in rows[offset : offset + PAGE])
    more = (Button(say("audiences.more"), "audience.page", str(offset + PAGE)),) if len(rows) > offset + PAGE else ()
    return Card(say("audiences.title"), (Items(items), Buttons((new, *more))))


def _row(turn: Turn, row: Audience) -> Item:
    size = audiences.count(turn.session, Rule.from_json(row.rule), turn.today)
    return Item(Plain(row.name), say("audiences.size", count=size), (Button(say("audiences.open"), "audience.open", str(row.id)),))


def open_audience(turn: Turn, value: str) -> Answer:
    """One audience."""
    turn.require(*NEWSROOM)
    return Show(card(turn, known(turn, value)))


def known(turn: Turn, value: str) -> Audience:
    """The audience a button means. Raises Refusal for one that is offered no longer."""
    row = turn.session.get(Audience, int(value)) if is_id(value) else None
    if row is None or not row.is_offered:
        raise Refusal("audiences.unknown")
    return row


def card(turn: Turn, row: Audience, before: int | None = None) -> Card:
    """Its rule in words, how many it selects now (and `before` the change), some of them, its balance, and what can be changed."""
    rule = Rule.from_json(row.rule)
    size, some = audiences.look(turn.session, rule, turn.today, SHOWN)
    names = ", ".join(some) + (" …" if size > len(some) else "")
    blocks: list[Block] = [Paragraph(say("audiences.selects", count=size))]
    if before is not None and before != size:
        blocks.append(Note(say("audiences.changed_size", before=say("audiences.size", count=before))))
    facts = in_words(turn, rule)
    balance = strategy.balance(turn.session, row.id, turn.today)
    blocks += [Facts(facts)] if facts else [Paragraph(say("audiences.is_everybody"))]
    blocks.append(Note(say("audiences.for_example", names=names) if some else say("audiences.nobody_now")))
    blocks.append(Facts((Fact(say("balance.next", count=balance.days), counts(balance)), Fact(say("balance.next_ask"), next_ask(balance)))))
    ident = str(row.id)
    change = (
        Button(say("audiences.edit"), "audience.edit", ident, "primary"), Button(say("audiences.more_parts"), "audience.refine", ident),
        Button(say("audiences.named_button"), "audience.named", ident),
    )  # fmt: skip
    retire = Button(say("audiences.retire"), "audience.retire", ident, "danger", confirm=say("audiences.retire_confirm"))
    return Card(say("audiences.card", name=row.name), (*blocks, Buttons(change), Buttons((retire, Button(say("audiences.all"), "audience.page", "0")))))


def in_words(turn: Turn, rule: Rule) -> tuple[Fact, ...]:
    """Every part of the rule as a line."""
    parts: list[tuple[str, tuple[str, ...]]] = [
        ("departments", rule.departments), ("locations", rule.locations), ("countries", rule.countries), ("topics", rule.topics),
    ]  # fmt: skip
    facts = [Fact(say(f"audiences.parts.{name}"), Plain(", ".join(values))) for name, values in parts if values]
    if rule.kinds:
        facts.insert(0, Fact(say("audiences.parts.kinds"), _joined([say(f"people.kinds.{k}") for k in rule.kinds])))
    if rule.languages:
        facts.append(Fact(say("audiences.parts.languages"), _joined([say(f"profile.languages.{x}") for x in rule.languages])))
    by_name = (("under_ids", rule.under_ids), ("person_ids", rule.person_ids), ("without_ids", rule.without_ids))
    facts += [Fact(say(f"audiences.parts.{name}"), Plain(_names(turn, ids))) for name, ids in by_name if ids]
    days = (("joined_before", rule.joined_before), ("joined_after", rule.joined_after))
    return (*facts, *(Fact(say(f"audiences.parts.{name}"), say("people.day", day=day)) for name, day in days if day))[:10]


def _names(turn: Turn, ids: tuple[int, ...]) -> str:
    found = turn.session.exec(select(Person.name).where(col(Person.id).in_(ids)).order_by(Person.name).limit(_NAMED)).all()
    return ", ".join(found) + (f" +{len(ids) - len(found)}" if len(ids) > len(found) else "")


def _joined(words: list[Text]) -> Text:
    whole = words[0]
    for word in words[1:]:
        whole = say("audiences.and", first=whole, second=word)
    return whole


def retire(turn: Turn, value: str) -> Answer:
    """Offer an audience no longer."""
    turn.require(*NEWSROOM)
    audiences.retire(turn.session, turn.now, turn.person_id, known(turn, value).id or 0)
    return Replace(listing(turn, 0))


BUTTONS = {"audience.page": page, "audience.open": open_audience, "audience.retire": retire}
