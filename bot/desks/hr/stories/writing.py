"""Writing a story and its captions."""

from __future__ import annotations

import re
from dataclasses import replace

from bot import stories
from bot.desks.hr.stories.correcting import words_field
from bot.desks.hr.stories.showing import admin_card, old_value, read_story
from bot.desks.turn import NEWSROOM, Turn
from bot.desks.unread import unread
from bot.desks.wording import read_id
from bot.errors import FieldRefusal, Refusal, Stale
from bot.messages import Answer, Ask, Button, Buttons, Card, ChoiceField, Fact, Facts, Form, Note, Option, Paragraph, ReadPage, Show, TextField, TickField, say
from bot.shares import NETWORKS, disclosure, require_fits, with_disclosure
from bot.stories import LOCALES, Draft, Story
from bot.stories.drafting import CAPTION_MAX, title_of
from bot.strategy import KINDS

TEXTS_MAX = 3000


def write(turn: Turn, value: str) -> Answer:
    """Button *Write a story*."""
    turn.require(*NEWSROOM)
    return Ask(_form(turn, None))


def edit(turn: Turn, value: str) -> Answer:
    """Button *Edit*."""
    row = read_story(turn, read_id(value))
    require_editable(row)
    return Ask(_form(turn, row))


def _form(turn: Turn, row: Story | None) -> Form:
    mine = turn.person.locale if turn.person.locale in LOCALES else "en"  # most write in their own language
    was = row or Story(title="", link="", language=mine, created_at=turn.now)
    kinds = tuple(Option(k, say(f"stories.kind_help.{k}")) for k in KINDS)
    languages = tuple(Option(loc, say(f"stories.language.{loc}")) for loc in LOCALES)
    title_hint = None if row else say("intake.write.title_hint")
    fields = (
        TextField("title", say("stories.form.title"), was.title, optional=row is None, max_length=120, hint=title_hint),
        TextField("link", say("stories.form.link"), was.link, max_length=2000, shape="url", hint=say("stories.form.link_hint")),
        TextField("summary", say("stories.form.summary"), was.summary, optional=True, max_length=1500, rows=4),
        ChoiceField("kind", say("stories.form.kind"), kinds, initial=was.kind, hint=say("stories.form.kind_hint")),
        ChoiceField("language", say("stories.form.language"), languages, initial=was.language),
        TextField("topics", say("stories.form.topics"), was.topics.replace(",", ", "), optional=True, hint=say("stories.form.topics_hint")),
        TextField("image_url", say("stories.form.image"), was.image_url, optional=True, max_length=2000, shape="url"),
        TextField("image_alt", say("stories.form.alt"), was.image_alt, optional=True, hint=say("stories.form.alt_hint")),
        TickField("is_internal", say("stories.form.internal"), was.is_internal),
    )
    return Form("story.write", say("stories.form.heading"), say("stories.form.submit"), fields, subject=f"{row.id}:{row.version}" if row else "")


def submit(turn: Turn, subject: str, values: dict[str, str]) -> Answer:
    """A new story, or a changed one. Where a new one has a link and no title, its page is read."""
    turn.require(*NEWSROOM)
    topics = tuple(t for t in values.get("topics", "").split(",") if t.strip())
    draft = Draft(
        values.get("title", ""), values.get("link", ""), values.get("summary", ""), values.get("kind", ""), values.get("language", ""), topics,
        values.get("image_url", ""), values.get("image_alt", ""), is_internal=values.get("is_internal") == "yes",
    )  # fmt: skip
    if not subject and not draft.title.strip() and draft.link.strip():
        draft = replace(draft, title=title_of(stories.checked_link(draft.link)))
        row = stories.create(turn.session, turn.now, turn.person_id, draft)
        return ReadPage(row.link, "story.fill", f"{row.id}:{row.version}")
    if not subject:
        return Show(admin_card(turn, stories.create(turn.session, turn.now, turn.person_id, draft)))
    story_id, version = old_value(subject)
    stories.edit(turn.session, turn.now, turn.person_id, story_id, version, draft)
    return Show(admin_card(turn, _again(turn, story_id)))


def filled(turn: Turn, subject: str, values: dict[str, str]) -> Answer:
    """The page of a new story was read: a draft to be completed; or why it could not be read."""
    story_id, version = old_value(subject)
    row = read_story(turn, story_id)
    if why := values.get("unread", ""):
        told = Paragraph(unread(why, values.get("status", "")[:3]))
        card = admin_card(turn, row)
        return Show(Card(card.title, (told, Paragraph(say("intake.write.unread")), *card.blocks), tone="warning"))
    row = stories.fill_in(turn.session, turn.now, turn.person_id, story_id, version, values)
    card = admin_card(turn, row)
    return Show(Card(card.title, (Note(say("intake.write.read", site=values.get("site", ""))), *card.blocks)))


def picture(turn: Turn, value: str) -> Answer:
    """Button *Picture*: the portal's page takes the file; elsewhere the way there."""
    row = read_story(turn, read_id(value))
    require_editable(row)
    way = Button(say("intake.button.picture_page"), url=turn.deployment.link(f"admin/stories/{row.id}/picture"))
    back = Button(say("stories.button.back"), "story.open", str(row.id))
    return Show(Card(say("intake.picture.title", title=row.title), (Paragraph(say("intake.picture.elsewhere")), Buttons((way, back)))))


def captions(turn: Turn, value: str) -> Answer:
    """Button *Captions*: what there is, by language and network."""
    row = read_story(turn, read_id(value))
    return Show(_captions_card(turn, row))


def _captions_card(turn: Turn, row: Story) -> Card:
    found = stories.captions(turn.session, row.id or 0)
    languages = tuple(Fact(say(f"stories.language.{loc}"), say("leaderboard.number", count=sum(c.locale == loc for c in found))) for loc in LOCALES)
    forms = tuple(Button(say(f"stories.captions.edit.{loc}"), "story.caption_form", f"{row.id}:{loc}:") for loc in LOCALES)
    network = Button(say("stories.captions.edit.network"), "story.caption_form", f"{row.id}:{row.language}:x")
    back = Button(say("stories.button.back"), "story.open", str(row.id))
    blocks = (Paragraph(say("stories.captions.why")), Facts(languages), Buttons((*forms, network, back)))
    return Card(say("stories.captions.title", title=row.title), blocks)


def caption_form(turn: Turn, value: str) -> Answer:
    """The captions of one language (and network) in one field, a blank line between two. `value`: `story:locale:network`."""
    story_id, _, rest = value.partition(":")
    locale, _, network = rest.partition(":")
    row = read_story(turn, read_id(story_id))
    require_editable(row, published_too=True)
    if locale not in LOCALES or (network and network not in NETWORKS):
        raise Refusal("old_card")
    here = [c.text for c in stories.captions(turn.session, row.id or 0) if (c.locale, c.network) == (locale, network)]
    networks = tuple(Option(n, say(f"shares.network.{n}")) for n in NETWORKS)
    was, hint = "\n\n".join(here)[:TEXTS_MAX], say("stories.captions.hint")
    texts = TextField("texts", say("stories.captions.texts"), was, optional=True, max_length=TEXTS_MAX, rows=12, hint=hint)
    fields: tuple[TextField | ChoiceField, ...] = (
        (texts,) if not network else (ChoiceField("network", say("shares.form.network"), networks, initial=network), texts)
    )
    fields = (*fields, words_field()) if row.state == "published" else fields
    intro = (Note(say("stories.captions.disclosure")),)
    return Ask(Form("story.captions", say("stories.captions.heading"), say("stories.form.submit"), fields, subject=f"{row.id}:{locale}:{network}", intro=intro))


def save_captions(turn: Turn, subject: str, values: dict[str, str]) -> Answer:
    """Put them in force."""
    story_id, _, rest = subject.partition(":")
    locale, _, network = rest.partition(":")
    row = read_story(turn, read_id(story_id))
    require_editable(row, published_too=True)
    network = values.get("network", network) if network else ""
    if network and network not in NETWORKS:
        raise FieldRefusal("network", "shares.refused.network")
    texts = re.split(r"\n\s*\n", values.get("texts", "").replace("\r\n", "\n"))
    if network:
        _require_fit(turn, network, locale, texts)
    if row.state == "published":
        stories.correct_captions(turn.session, turn.now, turn.person_id, row, locale, network, texts, values.get("words", ""))
    else:
        stories.keep(turn.session, turn.now, turn.person_id, row, "captions")
        stories.set_captions(turn.session, row.id or 0, locale, network, texts)
    return Show(_captions_card(turn, row))


def _require_fit(turn: Turn, network: str, locale: str, texts: list[str]) -> None:
    """Raises FieldRefusal for a caption that its own network would not take, with the sentence in front and a link behind it."""
    sentence, link = disclosure(turn.session, locale, turn.deployment.organisation), turn.deployment.link("s/" + "x" * 22)
    for text in filter(None, (stories.clean(t, CAPTION_MAX, lines=True) for t in texts)):
        try:
            require_fits(network, with_disclosure(sentence, text), link)
        except FieldRefusal as e:
            raise FieldRefusal("texts", "stories.refused.caption_fit", text=text[:40], **e.params) from None


def require_editable(row: Story, *, published_too: bool = False) -> None:
    """Raises Stale for a story that cannot be changed any more."""
    if row.state not in ("draft", "scheduled", "review") and not (published_too and row.state == "published"):
        raise Stale("stories.refused.stale")


def _again(turn: Turn, story_id: int) -> Story:
    row = stories.get(turn.session, story_id)
    turn.session.refresh(row)
    return row


BUTTONS = {"story.write": write, "story.edit": edit, "story.captions": captions, "story.caption_form": caption_form, "story.picture": picture}
FORMS = {"story.write": submit, "story.fill": filled, "story.captions": save_captions}
