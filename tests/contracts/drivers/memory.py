"""The platform of memory, driven through its adapter; what is seen is the card in words."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from contracts.driver import Seen, SeenButton, World

from adapters.memory import MemoryAdapter, Posted
from bot.errors import DeliveryError
from bot.messages import (
    Answer,
    Ask,
    Button,
    Buttons,
    Card,
    ChartBlock,
    ChoiceField,
    Command,
    Copyable,
    Correct,
    DayField,
    Facts,
    Form,
    HomeOpened,
    Items,
    Lookup,
    LookupField,
    Offer,
    Picture,
    Press,
    Replace,
    Reply,
    Show,
    Submission,
    TextField,
    TickField,
    Unknown,
)
from bot.people import Person
from content import Words


@dataclass
class Memory:
    """Implements contracts.driver.Driver."""

    adapter: MemoryAdapter
    name: str = "memory"
    _last_key: int = 0

    async def join(self, person: Person) -> None:
        self.adapter.emails[self._user(person)] = person.email

    async def stranger(self, email: str = "") -> Any:
        self.adapter.emails["stranger"] = email
        return "stranger"

    async def command(self, person: Any, name: str, text: str = "") -> Seen:
        return _seen(await self.adapter.hear(self._user(person), Command(name, text)))

    async def press(self, person: Person, seen: Seen, action: str, value: str | None = None, *, twice: bool = False) -> Seen:
        button = next(b for b in seen.buttons if b.action == action and value in (None, b.value))
        self._last_key += 1
        reply: Reply | None = None
        for _ in range(2 if twice else 1):
            reply = await self.adapter.hear(self._user(person), Press(action, button.value), key=f"press-{self._last_key}")
        assert reply is not None
        return _seen(reply)

    async def submit(self, person: Person, form: Seen, values: dict[str, str]) -> Seen:
        asked: Form = form.raw
        filled = {f.name: _held(f) for f in asked.fields} | values
        reply = await self.adapter.hear(self._user(person), Submission(asked.name, asked.subject, filled))
        if isinstance(reply.answer, Correct):
            words = Words(reply.locale, reply.time_zone)
            errors = {name: words(text) for name, text in reply.answer.errors.items()}
            return Seen(form.texts, form.buttons, form.fields, errors, asked)
        return _seen(reply)

    async def lookup(self, person: Person, form: Seen, name: str, query: str) -> list[tuple[str, str]]:
        field = next(f for f in form.raw.fields if f.name == name)
        reply = await self.adapter.hear(self._user(person), Lookup(field.source, query))
        assert isinstance(reply.answer, Offer)
        return [(o.value, Words(reply.locale)(o.text)) for o in reply.answer.options]

    async def home(self, person: Person) -> Seen:
        return _seen(await self.adapter.hear(self._user(person), HomeOpened()))

    async def inbox(self, person: Person) -> list[Seen]:
        return [_posted(m) for m in self.adapter.chat.at(f"dm-{self._user(person)}")]

    async def room(self, room: str) -> list[Seen]:
        return [_posted(m) for m in self.adapter.chat.at(f"room-{room}")]

    async def fail_next(self, *, permanent: bool = False, retry_after: int | None = None) -> None:
        self.adapter.chat.failures.append(DeliveryError("refused by the platform", permanent=permanent, retry_after=retry_after, lane=retry_after is not None))

    def _user(self, person: Any) -> str:
        return person if isinstance(person, str) else f"U{person.id}"


@asynccontextmanager
async def open_driver(world: World) -> AsyncIterator[Memory]:
    yield Memory(MemoryAdapter(world.hub()))


def _seen(reply: Reply) -> Seen:
    return _answer(reply.answer, Words(reply.locale, reply.time_zone))


def _posted(message: Posted) -> Seen:
    return _card(message.card, Words(message.locale, message.time_zone))


def _answer(answer: Answer, words: Words) -> Seen:
    match answer:
        case Show(card) | Replace(card) | Unknown(card):
            return _card(card, words)
        case Ask(form):
            return _form(form, words)
        case _:
            raise AssertionError(answer)


def _form(form: Form, words: Words) -> Seen:
    texts = [words(form.title), *(words(i.text) for i in form.intro), words(form.submit)]
    for f in form.fields:
        texts += [words(f.label), *([words(f.hint)] if f.hint else [])]
        texts += [words(o.text) for o in f.options] if isinstance(f, ChoiceField) else []
    return Seen(tuple(texts), fields=tuple(f.name for f in form.fields), raw=form)


def _held(field: Any) -> str:
    match field:
        case TickField():
            return "yes" if field.initial else ""
        case LookupField():
            return field.initial.value if field.initial else ""
        case TextField() | ChoiceField() | DayField():
            return field.initial
    raise AssertionError(field)


def _card(card: Card, words: Words) -> Seen:
    texts = [words(card.title)]
    buttons: list[SeenButton] = []
    for block in card.blocks:
        for thing in _pieces(block):
            if isinstance(thing, Button):
                buttons.append(SeenButton(words(thing.text), thing.action, thing.value, thing.url))
            else:
                texts.append(thing if isinstance(thing, str) else words(thing))
    return Seen(tuple(texts), tuple(buttons))


def _pieces(block: Any) -> Iterator[Any]:
    match block:
        case Facts(rows):
            for row in rows:
                yield from (row.label, row.value)
        case Picture():
            yield block.alt
        case Copyable():
            yield from (block.label, block.text)
        case Items(rows):
            for item in rows:
                yield item.title
                yield from (item.detail,) if item.detail else ()
                yield from item.buttons
        case Buttons(row):
            yield from row
        case ChartBlock(chart):
            yield from (chart.title, *chart.labels, *(s.name for s in chart.series))
        case _ if hasattr(block, "text"):
            yield block.text
