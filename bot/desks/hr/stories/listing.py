"""All stories by state, paged, and one of them opened."""

from __future__ import annotations

from bot import insights, stories
from bot.desks.hr.stories.balance import held_line
from bot.desks.hr.stories.showing import admin_card, read_story
from bot.desks.notices.stories import whence
from bot.desks.turn import NEWSROOM, Turn
from bot.desks.wording import read_id
from bot.messages import Answer, Block, Button, Buttons, Card, Heading, Item, Items, Paragraph, Plain, Say, Show, say
from bot.stories import STATES, Story

PAGE = 8
TABS = ("draft", "review", "scheduled", "held", "published")


def show(turn: Turn, text: str) -> Answer:
    """`/vinkki-admin stories [state]`."""
    turn.require(*NEWSROOM)
    return Show(_page(turn, text.strip().lower() if text.strip().lower() in STATES else "", 0))


def tab(turn: Turn, value: str) -> Answer:
    """`state:page`; the empty state means all."""
    turn.require(*NEWSROOM)
    state, _, page = value.partition(":")
    return Show(_page(turn, state if state in STATES else "", int(page) if page.isascii() and page.isdigit() and len(page) < 6 else 0))


def _page(turn: Turn, state: str, page: int) -> Card:
    rows = stories.listed(turn.session, state, page, PAGE)
    counts = stories.counts(turn.session)
    tabs = tuple(Button(say(f"stories.tab.{s}", count=counts.get(s, 0)), "stories.tab", f"{s}:0", "primary" if s == state else "default") for s in TABS)
    write = Button(say("stories.button.write"), "story.write", "", "primary")
    blocks: list[Block] = [Buttons(tabs), Buttons((write, Button(say("intake.button.feeds"), "feed.page", "0")))]
    if rows:
        clicks = insights.story_clicks(turn.session, [r.id or 0 for r in rows[:PAGE]])
        blocks.append(Items(tuple(_item(turn, r, clicks.get(r.id or 0, 0)) for r in rows[:PAGE])))
    else:
        blocks.append(Paragraph(say("stories.admin.empty")))
    if len(rows) > PAGE:
        blocks.append(Buttons((Button(say("stories.button.more"), "stories.tab", f"{state}:{page + 1}"),)))
    return Card(say("stories.admin.title"), tuple(blocks))


def _item(turn: Turn, row: Story, clicks: int) -> Item:
    return Item(
        Plain(row.title),
        held_line(turn, row) if row.state == "held" else _detail(turn, row, clicks),
        (Button(say("stories.button.open"), "story.open", str(row.id)),),
    )


def _detail(turn: Turn, row: Story, clicks: int) -> Say:
    kind, state = say(f"stories.kind.{row.kind}"), say(f"stories.state.{row.state}")
    if row.state == "published":
        return say("stories.admin.published", kind=kind, day=(row.published_at or row.created_at).date(), count=clicks)
    if row.state == "scheduled":
        return say("stories.admin.scheduled", kind=kind, moment=row.publish_at)
    return say("stories.admin.detail", kind=kind, state=whence(turn.session, row, brief=True) if row.state == "review" else state)


def open_story(turn: Turn, value: str) -> Answer:
    """One story with what can be done with it."""
    row = read_story(turn, read_id(value))
    return Show(admin_card(turn, row))


def section(turn: Turn) -> tuple[Block, ...]:
    """On HR's home: what waits in review, and the way to the stories."""
    if not turn.has(*NEWSROOM):
        return ()
    waiting = stories.waiting(turn.session)
    words = Paragraph(say("stories.home.waiting", count=waiting) if waiting else say("stories.home.none_waiting"))
    buttons = [Button(say("stories.button.review"), "stories.tab", "review:0", "primary")] if waiting else []
    return (Heading(say("stories.admin.title")), words, Buttons((*buttons, Button(say("stories.button.admin"), "stories.tab", ":0"))))


BUTTONS = {"stories.tab": tab, "story.open": open_story}
