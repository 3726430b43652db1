"""Proposing a story: a link and why it is worth sharing; a curator decides and the proposer is told.

What the page says of itself is read for them (the hub does it), so that a pasted link is enough.
"""

from __future__ import annotations

import re

from bot import stories
from bot.desks.turn import Turn
from bot.desks.unread import unread
from bot.desks.wording import read_id
from bot.errors import FieldRefusal
from bot.messages import (
    Answer,
    Ask,
    Block,
    Button,
    Buttons,
    Card,
    Form,
    Note,
    Paragraph,
    Picture,
    Plain,
    ReadPage,
    Show,
    TextField,
    TickField,
    say,
)
from bot.stories import CaptionDraft, Clipping, Draft, Story

_LINK = re.compile(r"https?://[^\s<>\"|]+", re.IGNORECASE)
_TRAILING = ".,;:!?…)]}'”’»"


def ask(turn: Turn, text: str) -> Answer:
    """`/vinkki propose [link]`, or the words of a message that somebody chose: with a link the page is read, else the form comes."""
    link, words = read_words(text)
    if not link:
        return Ask(_form(turn, None, words))
    if same := stories.same_link(turn.session, link):
        return Show(known_card(turn, same))
    row = stories.clip(turn.session, turn.now, turn.person_id, link, words)
    return ReadPage(row.url, "story.found", str(row.id))


def read_words(text: str) -> tuple[str, str]:
    """The first link of a text, and the text without it; either may be empty."""
    found = _LINK.search(text)
    if not found:
        return "", text.strip()[:1500]
    link = found.group().rstrip(_TRAILING)[:2000]
    return link, " ".join(f"{text[: found.start()]} {text[found.start() + len(link) :]}".split()).strip(" <>|")[:1500]


def press(turn: Turn, value: str) -> Answer:
    """Button *Propose a story*; with a clipping's id what was read is in the form already."""
    return Ask(_form(turn, stories.clipping_of(turn.session, turn.person_id, read_id(value)) if value else None))


def _form(turn: Turn, row: Clipping | None, words: str = "") -> Form:
    was = row or Clipping(person_id=turn.person_id, url="", words=words, created_at=turn.now)
    title_hint = None if was.title or was.problem else say("intake.propose.title_hint")
    fields = (
        TextField("link", say("stories.form.link"), was.url, max_length=2000, shape="url", hint=say("stories.propose.link_hint")),
        TextField("title", say("stories.form.title"), was.title, optional=not was.problem, max_length=120, hint=title_hint),
        TextField("why", say("stories.propose.why"), was.words or was.summary, optional=True, max_length=1500, rows=4, hint=say("stories.propose.why_hint")),
        TextField("caption", say("stories.propose.caption"), was.caption, True, max_length=700, rows=3, hint=say("stories.propose.caption_hint")),
        TickField("credit", say("intake.propose.credit"), was.is_credited, hint=say("intake.propose.credit_hint")),
    )
    return Form("story.propose", say("stories.propose.title"), say("stories.propose.submit"), fields, subject=str(row.id) if row else "")


def submit(turn: Turn, subject: str, values: dict[str, str]) -> Answer:
    """It waits in review now and the admin room is told; without a title the page is read first."""
    link = stories.checked_link(values.get("link", ""))
    if same := stories.same_link(turn.session, link):
        return Show(known_card(turn, same))
    row = stories.clipping_of(turn.session, turn.person_id, read_id(subject)) if subject else None
    if row and row.url != link:
        row = None  # another page: what was read is not about it
    caption, is_credited = values.get("caption", ""), values.get("credit", "") == "yes"
    if not values.get("title", "").strip() and row is None:
        row = stories.clip(turn.session, turn.now, turn.person_id, link, values.get("why", ""), caption=caption, is_credited=is_credited, is_sent=True)
        return ReadPage(row.url, "story.found", str(row.id))
    if not values.get("title", "").strip():
        raise FieldRefusal("title", "stories.refused.title")
    return Show(_proposed(turn, link, values["title"], values.get("why", ""), caption, row, is_credited=is_credited))


def _proposed(turn: Turn, link: str, title: str, why: str, caption: str, row: Clipping | None, *, is_credited: bool) -> Card:
    locale = turn.person.locale if turn.person.locale in stories.LOCALES else "en"
    captions = (CaptionDraft(caption, locale),) if caption.strip() else ()
    language, image, alt = (row.language or locale, row.image_url, row.image_alt) if row else (locale, "", "")
    draft = Draft(title, link, why, language=language, captions=captions, image_url=image, image_alt=alt, is_credited=is_credited)
    story = stories.propose(turn.session, turn.now, turn.person, draft)
    if row:
        stories.drop_clipping(turn.session, row)
    return Card(say("stories.proposed.thanks", title=story.title), (Paragraph(say("stories.proposed.next")),), tone="good")


def found(turn: Turn, subject: str, values: dict[str, str]) -> Answer:
    """The page was read: what it says, to be completed; or the proposal itself, where the form had been sent off already."""
    row = stories.clipping_of(turn.session, turn.person_id, read_id(subject))
    stories.fill_clipping(turn.session, row, values)
    if same := stories.same_link(turn.session, row.url):
        return Show(known_card(turn, same))
    if row.is_sent and row.title:
        return Show(_proposed(turn, row.url, row.title, row.words or row.summary, row.caption, row, is_credited=row.is_credited))
    return Show(_found_card(row))


def _found_card(row: Clipping) -> Card:
    button = Button(say("stories.button.propose"), "story.propose", str(row.id), "primary")
    read = Button(say("stories.button.read"), url=row.url)
    if not row.title:
        why = [] if not row.problem else [Paragraph(unread(row.problem, row.problem_status))]
        blocks: list[Block] = [*why, Paragraph(say("intake.found.write")), Buttons((button, read))]
        return Card(say("intake.found.nothing"), tuple(blocks), tone="warning")
    blocks = [Picture(row.image_url, Plain(row.image_alt))] if row.image_url else []
    blocks += [Paragraph(Plain(row.summary))] if row.summary else []
    blocks += [Note(say("intake.found.site", site=row.site)) if row.site else Note(Plain(row.url)), Paragraph(say("intake.found.complete"))]
    return Card(Plain(row.title), (*blocks, Buttons((button, read))))


def known_card(turn: Turn, row: Story) -> Card:
    """Somebody was quicker: where that story stands, as far as this person may know."""
    if row.state == "published" and stories.is_for(turn.session, row, turn.person, turn.today):
        share = () if row.is_internal else (Button(say("stories.button.share"), "story.share", str(row.id), "primary"),)
        buttons = Buttons((*share, Button(say("stories.button.read"), url=row.link)))
        return Card(say("intake.known.out", title=row.title), (Paragraph(say("intake.known.out_text")), buttons))
    if row.proposer_id == turn.person_id:
        return Card(say("intake.known.own", day=turn.deployment.today(row.created_at)), (Paragraph(say("intake.known.own_text")),))
    return Card(say("intake.known.other"), (Paragraph(say("intake.known.other_text")),))


BUTTONS = {"story.propose": press}
FORMS = {"story.propose": submit, "story.found": found}
