"""What the admin room is told about the plan: Monday's report, an ask that is held, and that it went after all."""

from __future__ import annotations

from bot import strategy
from bot.desks import report
from bot.desks.balance_words import amount, audience_word
from bot.desks.notices import Owed
from bot.messages import Button, Buttons, Card, Note, Paragraph, say
from bot.stories import Story


def week(owed: Owed) -> Card | None:
    """Are we on plan? As of the moment it is read."""
    return report.card(owed.session, owed.deployment, owed.now)


def held(owed: Owed) -> Card | None:
    """An ask's time came before it was earned. Says how it stands now: whoever comes late is not sent after what is done."""
    row = owed.session.get(Story, owed.subject_id)
    if row is None or row.state != "held":
        return None
    found = strategy.earning(owed.session, row.audience_id, owed.deployment.today(owed.now))
    text = say("balance.held_text", amount=amount(found.gives, found.tells), audience=audience_word(owed.session, row.audience_id))
    buttons = (
        Button(say("stories.button.write"), "story.write", "", "primary"), Button(say("stories.button.open"), "story.open", str(row.id)),
        Button(say("balance.override"), "story.override", f"{row.id}:{row.version}"),
    )  # fmt: skip
    return Card(say("balance.held_title", title=row.title), (Paragraph(text), Buttons(buttons), Note(say("balance.held_note"))), tone="warning")


def released(owed: Owed) -> Card | None:
    """It was earned, and went out."""
    row = owed.session.get(Story, owed.subject_id)
    if row is None or row.state not in ("published", "expired"):
        return None
    text = say("balance.released_text", audience=audience_word(owed.session, row.audience_id))
    return Card(
        say("balance.released_title", title=row.title),
        (Paragraph(text), Buttons((Button(say("stories.button.open"), "story.open", str(row.id)),))),
        tone="good",
    )


BUILDERS = {"strategy_week": week, "story_held": held, "story_released": released}
