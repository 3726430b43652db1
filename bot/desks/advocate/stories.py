"""The advocate's desk for stories: the latest ones, and on the home page."""

from __future__ import annotations

from sqlalchemy import func
from sqlmodel import col, select

from bot import insights, stories
from bot.desks.advocate import leaderboard, proposing, sharing
from bot.desks.notices.stories import card_buttons
from bot.desks.turn import Desk, Turn
from bot.messages import Answer, Block, Button, Buttons, Card, Heading, Item, Items, Paragraph, Plain, Say, Show, say
from bot.shares import Click, Share
from bot.stories import Story

HOME = 2


def latest(turn: Turn, text: str) -> Answer:
    """`/stories`: the newest stories for me, with Share buttons."""
    return Show(_page(turn, 0))


def more(turn: Turn, value: str) -> Answer:
    """The next page."""
    return Show(_page(turn, int(value) if value.isascii() and value.isdigit() and len(value) < 6 else 0))


def _page(turn: Turn, page: int) -> Card:
    rows, has_more = stories.latest_for(turn.session, turn.person, turn.today, page)
    propose = Button(say("stories.button.propose"), "story.propose")
    if not rows:
        return Card(say("stories.list.title"), (Paragraph(say("stories.list.empty")), Buttons((propose,))))
    buttons = (Button(say("stories.button.more"), "stories.more", str(page + 1)), propose) if has_more else (propose,)
    return Card(say("stories.list.title"), (_items(turn, rows), Buttons(buttons)))


def _items(turn: Turn, rows: list[Story]) -> Items:
    mine = _mine(turn, rows)
    told = {r.id: stories.worded(turn.session, r, turn.person.locale) for r in rows}
    return Items(tuple(Item(Plain(told[r.id].title), mine.get(r.id or 0) or _about(turn, r), card_buttons(r, told[r.id].link)) for r in rows))


def _about(turn: Turn, row: Story) -> Say | None:
    return say(f"stories.list.{row.kind}", day=turn.deployment.today(row.published_at)) if row.published_at else None


def _mine(turn: Turn, rows: list[Story]) -> dict[int, Say]:
    """What came of those I shared: human visits through my links."""
    ids = [r.id for r in rows]
    here = (Share.person_id == turn.person_id, col(Share.story_id).in_(ids), col(Share.opened_at).is_not(None))
    clicks = select(func.count(col(Click.id))).where(Click.share_id == col(Share.id), Click.sort == "human").correlate(Share).scalar_subquery()
    query = select(Share.story_id, func.sum(col(Share.old_clicks) + clicks)).where(*here).group_by(col(Share.story_id))
    return {story_id: say("stories.list.shared", count=int(count)) for story_id, count in turn.session.exec(query)}


def section(turn: Turn) -> tuple[Block, ...]:
    """On the home page: the newest stories, and what my links brought this month."""
    rows, _ = stories.latest_for(turn.session, turn.person, turn.today, 0)
    if not rows:
        return ()
    mine = insights.own(turn.session, turn.now, turn.person_id, turn.deployment.time_zone)
    figures = (Paragraph(say("stories.home.clicks", count=mine.month)),) if mine.shares else ()
    return (Heading(say("stories.home.title")), *figures, _items(turn, rows[:HOME]))


DESK = Desk(
    commands={"stories": latest, "vinkki leaderboard": leaderboard.show, "vinkki propose": proposing.ask},
    buttons={"stories.more": more, **sharing.BUTTONS, **leaderboard.BUTTONS, **proposing.BUTTONS},
    forms={**sharing.FORMS, **proposing.FORMS},
    sections={10: section},
)
