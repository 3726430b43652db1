"""Somebody at the portal who says and presses: what the tests of bonus desks share. Every answer is read in every language."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bonus_world import World
from sqlmodel import select

from bot import desks
from bot.desks import Deployment, notices
from bot.desks.clock import STEPS
from bot.messages import Answer, Button, Buttons, Caller, Card, Command, Correct, Event, HomeOpened, Items, Press, Replace, Say, Show, Submission, Text
from bot.outbox import Delivery
from bot.people import Person
from content.catalog import LOCALES, Words

_keys = itertools.count()


MINE = ("bonuses.", "payruns.", "ledger.", "plans.", "hires.", "forecast.", "splits.", "settings.")


def said(text: Text, words: Words) -> str:
    """Strict about the words of bonuses; those of other rooms have tests of their own."""
    try:
        return words(text)
    except KeyError as e:
        if str(e.args[0]).startswith(MINE):
            raise
        return str(e.args[0])


def plain(value: object, words: Words) -> Iterator[str]:
    """Every text of a card or form as a reader of that language sees it; a missing word raises."""
    if isinstance(value, Say) or type(value).__name__ == "Plain":
        yield said(value, words)
    elif dataclasses.is_dataclass(value):
        for f in dataclasses.fields(value):
            yield from plain(getattr(value, f.name), words)
    elif isinstance(value, tuple):
        for part in value:
            yield from plain(part, words)


def read(answer: Answer | Card | None) -> str:
    """The words of an answer in English, after having read it in every language."""
    pages = {locale: "\n".join(plain(answer, Words(locale, "Europe/Helsinki"))) for locale in LOCALES}
    if isinstance(answer, dict):
        return str(answer)
    return pages["en"]


def card(answer: Answer) -> Card:
    assert isinstance(answer, Show | Replace), answer
    return answer.card


def buttons(answer: Answer | Card, action: str) -> list[Button]:
    shown = answer if isinstance(answer, Card) else card(answer)
    rows = [b for block in shown.blocks if isinstance(block, Items) for item in block.rows for b in item.buttons]
    rows += [b for block in shown.blocks if isinstance(block, Buttons) for b in block.buttons]
    return [b for b in rows if b.action == action]


@dataclass
class Desk:
    """Somebody at the portal who says and presses; time stands still unless moved."""

    world: World
    deployment: Deployment
    now: datetime = field(default=datetime(2026, 3, 2, 9, tzinfo=UTC))

    async def _hear(self, who: Person, heard: object) -> Answer:
        event = Event(f"k{next(_keys)}", Caller("portal", "", str(who.id)), heard)  # type: ignore[arg-type]
        answer = (await desks.hear(self.world.db, self.deployment, event, self.now)).answer
        if not isinstance(answer, Correct):
            read(answer)
        return answer

    async def say(self, who: Person, words: str) -> Answer:
        name, _, rest = words.partition(" ")
        return await self._hear(who, Command(name, rest))

    async def press(self, who: Person, button: Button) -> Answer:
        return await self._hear(who, Press(button.action, button.value))

    async def fill(self, who: Person, form: str, subject: str = "", **values: str) -> Answer:
        return await self._hear(who, Submission(form, subject, values))

    async def home(self, who: Person) -> Answer:
        return await self._hear(who, HomeOpened())

    def tick(self, now: datetime) -> None:
        self.now = now
        for name in ("bonuses.start", "bonuses.leavers", "bonuses.due", "ledger.read"):
            while self.world.db.write_now(STEPS[name], self.deployment, now):
                pass

    def told(self, who: Person) -> list[str]:
        """Titles of what is owed to somebody, as it would be said now."""

        def build(session):  # type: ignore[no-untyped-def]
            rows = session.exec(select(Delivery).where(Delivery.person_id == who.id, Delivery.notice.startswith("bonus")).order_by(Delivery.id)).all()
            return [notices.build(session, self.deployment, d, self.now) for d in rows]

        cards = self.world.db.read_now(build)
        return [read(c).splitlines()[0] for c in cards if c]
