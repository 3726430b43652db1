"""Sharing a story: two captions of one's own, one of them edited, a network, and the network's own dialog with the tracked link."""

from __future__ import annotations

from bot import shares, stories
from bot.desks.turn import Turn
from bot.desks.wording import read_id
from bot.errors import FieldRefusal, Refusal
from bot.messages import (
    Answer,
    Ask,
    Block,
    Button,
    Buttons,
    Card,
    ChoiceField,
    Copyable,
    Form,
    Note,
    Option,
    Paragraph,
    Plain,
    Replace,
    Show,
    TextField,
    say,
)
from bot.shares import NETWORKS, Share
from bot.stories import Caption, Story

TEXT_MAX = 2000
BUTTON_URL_MAX = 2900  # Slack refuses a button's address beyond 3,000 characters


def share(turn: Turn, value: str) -> Answer:
    """Button *Share*: the two captions this person has. `value` is the story's id, or `id:network` for that network's own."""
    story, network = _story(turn, value)
    given = shares.given(turn.session, story, turn.person, network)
    sentence = shares.disclosure(turn.session, turn.person.locale, turn.deployment.organisation)
    blocks: list[Block] = [Paragraph(say("shares.choose.text" if len(given) > 1 else "shares.choose.text_own"))]
    for caption in given:
        use = Button(say("shares.button.use"), "story.caption", f"{story.id}:{caption.id}:{network}", "primary")
        blocks += [Paragraph(Plain(shares.with_disclosure(sentence, caption.text))), Buttons((use,))]
    blocks.append(Buttons((Button(say("shares.button.own"), "story.caption", f"{story.id}:0:{network}"), *_special(turn, story, network))))
    return Show(Card(say("shares.choose.title", title=stories.worded(turn.session, story, turn.person.locale).title), tuple(blocks)))


def _special(turn: Turn, story: Story, shown: str) -> list[Button]:
    """Buttons for the networks that have captions of their own."""
    own = sorted({c.network for c in stories.captions(turn.session, story.id or 0)} - {"", shown})
    return [Button(say("shares.button.for", network=say(f"shares.network.{n}")), "story.share", f"{story.id}:{n}") for n in own[:4] if n in NETWORKS]


def caption(turn: Turn, value: str) -> Answer:
    """Button *Use this*: the form to edit the caption and choose the network. `value` is `story:caption:network`."""
    story_id, _, rest = value.partition(":")
    story, network = _story(turn, f"{story_id}:{rest.partition(':')[2]}")
    chosen = _own_caption(turn, story, network, rest.partition(":")[0])
    sentence = shares.disclosure(turn.session, turn.person.locale, turn.deployment.organisation)
    text = shares.with_disclosure(sentence, chosen.text if chosen else "").strip()
    options = tuple(Option(n, say(f"shares.network.{n}")) for n in NETWORKS)
    form = Form(
        "story.share", say("shares.form.title"), say("shares.form.submit"),
        (
            TextField("text", say("shares.form.text"), text[:TEXT_MAX], optional=True, max_length=TEXT_MAX, rows=6, hint=say("shares.form.text_hint")),
            ChoiceField("network", say("shares.form.network"), options, initial=network or "linkedin"),
            TextField(
                "instance", say("shares.form.instance"), shares.last_instance(turn.session, turn.person_id), optional=True, max_length=253,
                hint=say("shares.form.instance_hint"),
            ),
        ),
        subject=f"{story.id}:{chosen.id if chosen else 0}",
    )  # fmt: skip
    return Ask(form)


def submit(turn: Turn, subject: str, values: dict[str, str]) -> Answer:
    """The form came back: make (or change) the share and show the way to the dialog."""
    story, _ = _story(turn, subject.partition(":")[0])
    network = values.get("network", "")
    if network not in NETWORKS:
        raise FieldRefusal("network", "shares.refused.network")
    text = stories.clean(values.get("text", ""), TEXT_MAX, lines=True)
    instance = shares.checked_instance(values.get("instance", "")) if network == "mastodon" else ""
    shares.require_fits(network, text, turn.deployment.link("s/" + "x" * 22))
    caption_id = read_id(subject.partition(":")[2] or "0")
    known = caption_id if turn.session.get(Caption, caption_id) else None
    told = stories.worded(turn.session, story, turn.person.locale)
    own = told.locale if told.locale != story.language else ""
    row = shares.create(turn.session, turn.now, turn.deployment.new_token(), turn.person_id, story.id or 0, network, known, text, instance, own)
    return Show(ready_card(turn, story, row))


def opened(turn: Turn, value: str) -> Answer:
    """The dialog was opened, or the text copied: the share counts from now. The card stays, since LinkedIn's dialog takes no text."""
    row = shares.get(turn.session, read_id(value), turn.person_id)
    if row is None or row.id is None:
        raise Refusal("stories.refused.gone")
    shares.opened(turn.session, turn.now, turn.person_id, row.id)
    return Replace(ready_card(turn, stories.get(turn.session, row.story_id), row, is_opened=True))


def ready_card(turn: Turn, story: Story, row: Share, *, is_opened: bool = False) -> Card:
    """The card that leads to the network: the caption and the link to copy where its dialog takes none, then the button."""
    network = say(f"shares.network.{row.network}")
    link = turn.deployment.link(f"s/{row.token}")
    dialog, takes_text = _dialog(turn, row, story, link)
    sentence = shares.disclosure(turn.session, turn.person.locale, turn.deployment.organisation)
    blocks: list[Block] = []
    if is_opened:
        blocks.append(Paragraph(say("shares.ready.opened")))
    if sentence and not shares.discloses(sentence, row.caption):
        blocks.append(Paragraph(say("shares.ready.no_disclosure", sentence=sentence)))
    if not takes_text and row.caption:
        blocks += [Paragraph(say("shares.ready.copy_first" if dialog else "shares.ready.copy", network=network))]
        blocks.append(Copyable(say("shares.ready.caption"), row.caption))
    elif row.caption:
        blocks.append(Paragraph(Plain(row.caption)))
    blocks.append(Copyable(say("shares.ready.link"), link))
    go = Button(say("shares.button.open", network=network), "share.opened", str(row.id), "primary", url=dialog)
    copied = Button(say("shares.button.copied"), "share.opened", str(row.id), "primary")
    change = Button(say("shares.button.change"), "story.caption", f"{story.id}:{row.caption_id or 0}:")
    # Teams does not tell us that a link was followed, so there is a button to say so; where the first press told, it goes.
    done = () if is_opened or not dialog else (Button(say("shares.button.opened"), "share.opened", str(row.id)),)
    blocks += [Buttons((go if dialog else copied, *done, change)), Note(say("shares.ready.privacy"))]
    tone = "warning" if sentence and not shares.discloses(sentence, row.caption) else "good"
    return Card(say("shares.ready.title", network=network), tuple(blocks), tone="warning" if tone == "warning" else "good")


def _dialog(turn: Turn, row: Share, story: Story, link: str) -> tuple[str, bool]:
    """The dialog's address (empty where the person pastes by hand) and whether it carries the caption."""
    if row.network == "email" and turn.platform != "portal":
        return "", False  # chats open web addresses only
    subject = stories.worded(turn.session, story, row.locale).title
    url = shares.dialog_url(row.network, link, row.caption, row.instance, subject)
    if len(url) > BUTTON_URL_MAX:
        return shares.dialog_url(row.network, link, "", row.instance, subject), False
    return url, NETWORKS[row.network].takes_text


def _story(turn: Turn, value: str) -> tuple[Story, str]:
    """The story and the network of `id[:network]`, if this person may share it now. A foreign id and none are the same answer."""
    story_id, _, network = value.partition(":")
    row = turn.session.get(Story, read_id(story_id))
    if row is None or not stories.is_for(turn.session, row, turn.person, turn.today):
        raise Refusal("stories.refused.gone")
    if row.state != "published" or (row.expires_at is not None and row.expires_at <= turn.now):
        waits = row.state in ("draft", "review", "scheduled") and turn.has("hr", "curator")
        raise Refusal("stories.refused.not_out" if waits else "stories.refused.gone")
    if row.is_internal:
        raise Refusal("stories.refused.internal")
    if turn.person.enrolled_at is None:
        raise Refusal("stories.refused.not_enrolled")
    return row, network if network in NETWORKS else ""


def _own_caption(turn: Turn, story: Story, network: str, caption_id: str) -> Caption | None:
    """The caption of that id if this person was given it, else none: they write their own."""
    wanted = read_id(caption_id)
    everything = [*shares.given(turn.session, story, turn.person, network), *shares.given(turn.session, story, turn.person)]
    return next((c for c in everything if c.id == wanted), None)


BUTTONS = {"story.share": share, "story.caption": caption, "share.opened": opened}
FORMS = {"story.share": submit}
