"""A small company that tells stories: what story and share tests build on."""

from __future__ import annotations

import itertools
from datetime import datetime
from typing import Any

from conftest import START

from bot import desks, shares, stories
from bot.db import Database
from bot.desks import Deployment, clock_stories
from bot.messages import Answer, Button, Buttons, Caller, Card, Command, Event, Heard, Items, Press, Submission
from bot.people import Person
from bot.stories import CaptionDraft, Draft, Story
from content import Words

_keys = itertools.count()
FOUR = ("Ice is loud. I learned that at work.", "Ask me what ice sounds like.", "This one took us three winters.", "I wish I had read this in my first year.")


def draft(**fields: Any) -> Draft:
    """A good draft; fields replace its parts."""
    values: dict[str, Any] = {"title": "What ice sounds like", "link": "https://meri.example/ice", "summary": "Hydrophones under the fairway."}
    return Draft(**{**values, "captions": tuple(CaptionDraft(t) for t in FOUR), **fields})


def published(db: Database, deployment: Deployment, author: Person, now: datetime = START, audience_id: int | None = None, **fields: Any) -> Story:
    """A story that has just gone out; nobody is owed it yet."""

    def go(session):  # type: ignore[no-untyped-def]
        row = stories.create(session, now, author.id, draft(**fields))
        stories.schedule(session, now, author.id, row.id, None, now, audience_id=audience_id)
        return stories.publish(session, now, deployment.today(now), row.id)

    return db.write_now(go)


def steps(db: Database, deployment: Deployment, now: datetime) -> None:
    """Everything that time asks of stories, until nothing more is due."""
    for step in clock_stories.STEPS.values():
        while db.write_now(step, deployment, now):
            pass


def shared(db: Database, deployment: Deployment, person: Person, story: Story, network: str = "linkedin", now: datetime = START) -> shares.Share:
    """A share whose dialog was opened."""

    def go(session):  # type: ignore[no-untyped-def]
        row = shares.create(session, now, deployment.new_token(), person.id, story.id, network, None, "I work at Meri Oy. Look!")
        shares.opened(session, now, person.id, row.id)
        return row

    return db.write_now(go)


class Talk:
    """Speaks with the desks as a person on the portal."""

    def __init__(self, db: Database, deployment: Deployment, now: datetime = START) -> None:
        self.db, self.deployment, self.now = db, deployment, now

    async def hear(self, person: Person, heard: Heard, platform: str = "portal") -> Answer:
        event = Event(f"e{next(_keys)}", Caller(platform, "" if platform == "portal" else "T1", str(person.id)), heard)
        return (await desks.hear(self.db, self.deployment, event, self.now)).answer

    async def press(self, person: Person, button: Button | str, value: str = "") -> Any:
        return await self.hear(person, Press(button.action, button.value) if isinstance(button, Button) else Press(button, value))

    async def command(self, person: Person, name: str, text: str = "") -> Any:
        return await self.hear(person, Command(name, text))

    async def submit(self, person: Person, form: Any, **values: str) -> Any:
        """Fill a form in: what it shows already, changed by `values`."""
        shown = {f.name: getattr(f, "initial", "") or "" for f in form.fields}
        filled = {**{k: ("yes" if v is True else v) if isinstance(v, str | bool) else v.value for k, v in shown.items()}, **values}
        return await self.hear(person, Submission(form.name, form.subject, filled))


def buttons(card: Card) -> list[Button]:
    """Every button of a card."""
    found: list[Button] = []
    for block in card.blocks:
        if isinstance(block, Buttons):
            found += block.buttons
        if isinstance(block, Items):
            found += [b for row in block.rows for b in row.buttons]
    return found


def button(card: Card, action: str, value: str | None = None) -> Button:
    """The first button with this action."""
    return next(b for b in buttons(card) if b.action == action and (value is None or b.value == value))


def text_of(thing: Any, locale: str = "en") -> str:
    """Everything an answer or card says, in words; raises where words are missing."""
    words = Words(locale, "Europe/Helsinki")
    found: list[str] = []

    def walk(value: Any) -> None:
        if hasattr(value, "key") or hasattr(value, "plain"):
            found.append(words(value))
        elif hasattr(value, "__dataclass_fields__"):
            for name in value.__dataclass_fields__:
                walk(getattr(value, name))
        elif isinstance(value, tuple | list):
            for part in value:
                walk(part)
        elif isinstance(value, dict):
            walk(list(value.values()))

    walk(thing)
    return "\n".join(found)
