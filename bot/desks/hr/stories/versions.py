"""Earlier versions of a story, shown and put back; and its other languages."""

from __future__ import annotations

from bot import stories
from bot.desks.hr.stories.correcting import words_field
from bot.desks.hr.stories.going_out import begin_both
from bot.desks.hr.stories.showing import admin_card, read_story
from bot.desks.hr.stories.writing import require_editable
from bot.desks.turn import Turn
from bot.desks.wording import person_name, read_id
from bot.errors import Refusal
from bot.messages import Answer, Ask, Block, Button, Buttons, Card, Fact, Facts, Form, Item, Items, Note, Paragraph, Plain, Say, Show, Text, TextField, say
from bot.stories import LOCALES, Story, StoryVersion
from bot.stories.drafting import EDITABLE
from bot.stories.restoring import restore
from bot.stories.versions import Content, after, changed, content_of, kept, version

PAGE = 8


def listing(turn: Turn, value: str) -> Answer:
    """Button *Versions*: every change of the story, newest first. `value`: `story:page`."""
    story_id, page = (read_id(part) for part in f"{value}:0".split(":")[:2])
    row = read_story(turn, story_id)
    rows = kept(turn.session, story_id, page, PAGE)
    back = Button(say("stories.button.back"), "story.open", str(story_id))
    more = (Button(say("stories.button.more"), "story.versions", f"{story_id}:{page + 1}"),) if len(rows) > PAGE else ()
    items = Items(tuple(_item(turn, v) for v in rows[:PAGE])) if rows else Paragraph(say("versions.none"))
    return Show(Card(say("versions.title", title=row.title), (Note(say("versions.why")), items, Buttons((*more, back)))))


def _item(turn: Turn, row: StoryVersion) -> Item:
    title = say(f"versions.what.{row.what}", moment=row.at, name=person_name(turn.session, row.actor_id) or "–")
    look = Button(say("versions.look"), "story.version", f"{row.story_id}:{row.id}")
    return Item(title, _fields(changed(content_of(row), after(turn.session, row))), (look,))


def _fields(names: list[str]) -> Say:
    """“Title, summary, captions”."""
    words: Say | None = None
    for name in names:
        word = say(f"versions.field.{name}")
        words = word if words is None else say("versions.listed", first=words, second=word)
    return words or say("versions.same")


def look(turn: Turn, value: str) -> Answer:
    """What the story was before one change, beside what that change made of it."""
    story_id, version_id = (read_id(part) for part in f"{value}:".split(":")[:2])
    row = read_story(turn, story_id)
    found = version(turn.session, story_id, version_id)
    then, made = content_of(found), after(turn.session, found)
    names = changed(then, made)
    blocks: list[Block] = [Note(say(f"versions.what.{found.what}", moment=found.at, name=person_name(turn.session, found.actor_id) or "–"))]
    blocks += [_beside(then, made, name) for name in names[:8]]
    back = Button(say("versions.all"), "story.versions", f"{story_id}:0")
    put = Button(say("versions.restore"), "story.restore", f"{story_id}:{row.version}:{version_id}", "primary", confirm=say("versions.confirm"))
    can = (put,) if row.state in (*EDITABLE, "published") else ()
    return Show(Card(say("versions.title", title=row.title), (*blocks, Buttons((*can, back)))))


def _beside(then: Content, made: Content, name: str) -> Facts:
    before = Fact(say("versions.before", field=say(f"versions.field.{name}")), _text(then, name))
    return Facts((before, Fact(say("versions.after"), _text(made, name))))


def _text(content: Content, name: str) -> Text:
    value = getattr(content, name)
    if name == "captions":
        value = "\n".join(f"· {text}" for _locale, _network, text in value)
    elif name == "wordings":
        value = "\n".join(f"{locale}: {title}" for locale, title, _summary, _link in value)
    elif name == "kind":
        return say(f"stories.kind.{value}")
    elif name == "language":
        return say(f"stories.language.{value}")
    elif name == "is_internal":
        return say("versions.inside" if value else "versions.outside")
    return Plain(value[:1500] or "–")


def put_back(turn: Turn, value: str) -> Answer:
    """Button *Put it back*. One that is out asks for words first: everyone who shared it reads them."""
    row, version_id = _restorable(turn, value)
    if row.state == "published":
        return Ask(Form("story.restore", say("correcting.form"), say("correcting.submit"), (words_field(),), value, (Note(say("correcting.intro")),)))
    return Show(admin_card(turn, restore(turn.session, turn.now, turn.person_id, row.id or 0, _version(value), version_id)))


def put_back_with(turn: Turn, subject: str, values: dict[str, str]) -> Answer:
    """The words came: a correction like any other."""
    row, version_id = _restorable(turn, subject)
    row = restore(turn.session, turn.now, turn.person_id, row.id or 0, _version(subject), version_id, values.get("words", ""))
    begin_both(turn)
    return Show(admin_card(turn, row))


def _restorable(turn: Turn, value: str) -> tuple[Story, int]:
    parts = value.split(":")
    if len(parts) != 3:
        raise Refusal("old_card")
    return read_story(turn, read_id(parts[0])), read_id(parts[2])


def _version(value: str) -> int:
    return read_id(value.split(":")[1])


def languages(turn: Turn, value: str) -> Answer:
    """Button *Languages*: in which languages people get it."""
    row = read_story(turn, read_id(value))
    return Show(_languages_card(turn, row))


def _languages_card(turn: Turn, row: Story) -> Card:
    there = {w.locale: w for w in stories.wordings(turn.session, row.id or 0)}
    facts = [Fact(say(f"stories.language.{row.language}"), say("versions.own", title=row.title))]
    facts += [
        Fact(say(f"stories.language.{loc}"), Plain(there[loc].title) if loc in there else say("versions.missing")) for loc in LOCALES if loc != row.language
    ]
    ways = tuple(Button(say(f"stories.captions.edit.{loc}"), "story.wording", f"{row.id}:{loc}") for loc in LOCALES if loc != row.language)
    back = Button(say("stories.button.back"), "story.open", str(row.id))
    can = ways if row.state in (*EDITABLE, "published") else ()
    return Card(say("versions.languages", title=row.title), (Paragraph(say("versions.languages_why")), Facts(tuple(facts)), Buttons((*can, back))))


def ask_wording(turn: Turn, value: str) -> Answer:
    """The story in one more language. `value`: `story:language`."""
    story_id, _, locale = value.partition(":")
    row = read_story(turn, read_id(story_id))
    require_editable(row, published_too=True)
    if locale not in LOCALES or locale == row.language:
        raise Refusal("old_card")
    was = stories.worded(turn.session, row, locale)
    has = was.locale == locale
    fields = (
        TextField("title", say("stories.form.title"), was.title if has else "", optional=True, max_length=120, hint=say("versions.title_hint")),
        TextField("summary", say("stories.form.summary"), was.summary if has else "", optional=True, max_length=1500, rows=4),
        TextField("link", say("stories.form.link"), was.link if has and was.link != row.link else "", optional=True, max_length=2000, shape="url",
                  hint=say("versions.link_hint")),
        *((words_field(),) if row.state == "published" else ()),
    )  # fmt: skip
    return Ask(Form("story.wording", say("versions.language_form"), say("stories.form.submit"), fields, value))


def worded(turn: Turn, subject: str, values: dict[str, str]) -> Answer:
    """The form came back; for a story that is out it is a correction."""
    story_id, _, locale = subject.partition(":")
    row = read_story(turn, read_id(story_id))
    require_editable(row, published_too=True)
    before = stories.versions.content(turn.session, row)
    stories.set_wording(turn.session, turn.now, turn.person_id, row, locale, values)
    if row.state == "published":
        stories.corrected(turn.session, turn.now, turn.person_id, row, values.get("words", ""), before)
        begin_both(turn)
    return Show(_languages_card(turn, row))


BUTTONS = {
    "story.versions": listing, "story.version": look, "story.restore": put_back, "story.languages": languages, "story.wording": ask_wording,
}  # fmt: skip
FORMS = {"story.restore": put_back_with, "story.wording": worded}
