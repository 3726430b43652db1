"""Proposing a story: a link and why it is worth sharing; a curator decides and the proposer is told."""

from __future__ import annotations

from bot import stories
from bot.desks.turn import Turn
from bot.messages import Answer, Ask, Card, Form, Paragraph, Show, TextField, say
from bot.stories import CaptionDraft, Draft


def ask(turn: Turn, text: str) -> Answer:
    """`/vinkki propose [link]`: the form."""
    link = text.strip()[:2000] if text.strip().lower().startswith(("http://", "https://")) else ""
    fields = (
        TextField("link", say("stories.form.link"), link, max_length=2000, shape="url", hint=say("stories.propose.link_hint")),
        TextField("title", say("stories.form.title"), max_length=120),
        TextField("why", say("stories.propose.why"), optional=True, max_length=1500, rows=4, hint=say("stories.propose.why_hint")),
        TextField("caption", say("stories.propose.caption"), optional=True, max_length=700, rows=3, hint=say("stories.propose.caption_hint")),
    )
    return Ask(Form("story.propose", say("stories.propose.title"), say("stories.propose.submit"), fields))


def press(turn: Turn, value: str) -> Answer:
    """Button *Propose a story*."""
    return ask(turn, "")


def submit(turn: Turn, subject: str, values: dict[str, str]) -> Answer:
    """It waits in review now; the admin room is told."""
    locale = turn.person.locale if turn.person.locale in stories.LOCALES else "en"
    captions = (CaptionDraft(values["caption"], locale),) if values.get("caption", "").strip() else ()
    draft = Draft(values.get("title", ""), values.get("link", ""), values.get("why", ""), language=locale, captions=captions)
    row = stories.propose(turn.session, turn.now, turn.person, draft)
    return Show(Card(say("stories.proposed.thanks", title=row.title), (Paragraph(say("stories.proposed.next")),), tone="good"))


BUTTONS = {"story.propose": press}
FORMS = {"story.propose": submit}
