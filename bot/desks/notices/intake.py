"""Cards about where stories come from: a feed that has brought nothing for days."""

from __future__ import annotations

from bot.desks.notices import Owed
from bot.desks.unread import unread
from bot.messages import Button, Buttons, Card, Note, Paragraph, say
from bot.stories import Feed


def feed_failing(owed: Owed) -> Card | None:
    """To the admin room, once: a feed fails. Nothing when it works again, or was stopped or removed by somebody."""
    row = owed.session.get(Feed, owed.subject_id)
    if row is None or not row.problem:
        return None
    next_step = Note(say("intake.failing.next" if row.is_on else "intake.failing.gone"))
    button = Buttons((Button(say("intake.button.feed_look"), "feed.open", str(row.id), "primary"),))
    since = Paragraph(say("intake.failing.since", moment=row.failing_since or row.created_at))
    return Card(say("intake.failing.title", name=row.name), (since, Paragraph(unread(row.problem, row.problem_status)), next_step, button), tone="warning")


BUILDERS = {"feed_failing": feed_failing}
