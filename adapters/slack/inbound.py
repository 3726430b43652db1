"""Slack's payloads as events. Nothing here decides: who may do what is read from the database by the desks."""

from __future__ import annotations

import hashlib
import json

from adapters.slack.envelope import BlockActions, BlockSuggestion, EventCallback, MessagePart, Shortcut, SlashCommand, Spoken, StatePart, ViewSubmission
from adapters.slack.text import from_mrkdwn
from adapters.slack.view import LOOKUP, NOTHING
from bot.messages import Caller, Command, Event, HomeOpened, Lookup, Press, Submission

PLATFORM = "slack"
COMMANDS = {"/stories": "stories", "/refer": "refer", "/referrals": "referrals", "/vinkki": "vinkki", "/vinkki-admin": "admin"}
SHORTCUTS = {"refer": "refer", "propose": "vinkki"}


def caller(envelope: Spoken) -> Caller:
    """Who acted, as Slack authenticated them. Messages reach them by their user id."""
    return Caller(PLATFORM, envelope.team_id, envelope.user_id, envelope.user_id)


def to_command(envelope: SlashCommand) -> Event:
    """A slash command. Its trigger id is new every time, and the same when Slack's request is replayed."""
    name = COMMANDS.get(envelope.command, "vinkki")
    text = envelope.text if envelope.command in COMMANDS else envelope.command.removeprefix("/")
    return Event(f"command:{envelope.trigger_id}", caller(envelope), Command(name, clean(text)))


def to_shortcut(envelope: Shortcut) -> Event:
    """A shortcut says what a command says; *Propose as story* brings the message's words along."""
    name = SHORTCUTS.get(envelope.callback_id, "vinkki")
    text = f"propose {_words(envelope.message)}"[:3000] if envelope.callback_id == "propose" else ""
    return Event(f"shortcut:{envelope.trigger_id}", caller(envelope), Command(name, clean(text)))


def _words(message: MessagePart) -> str:
    """What a message says; where it holds no address itself, the first that hangs on it comes after its words."""
    text = from_mrkdwn(message.text)
    links = [link for a in message.attachments for link in (a.title_link, a.from_url) if link and link.startswith(("http://", "https://"))]
    return text if "://" in text or not links else f"{text[:900]} {links[0]}".strip()


def to_press(envelope: BlockActions) -> Event | None:
    """A pressed button, or None for one that only opened a browser."""
    pressed = envelope.actions[0]
    action, _, _ = pressed.action_id.rpartition("#")
    if not action:
        return None
    return Event(f"press:{envelope.trigger_id}:{pressed.action_id}"[:300], caller(envelope), Press(action, clean(pressed.value)))


def to_submission(envelope: ViewSubmission) -> Event:
    """A modal that came back. The key is the view's state and what was filled in: pressing *submit* again because Slack
    showed a connection error is the same event, a corrected answer is a new one."""
    values = {name: _value(next(iter(inputs.values()), StatePart())) for name, inputs in envelope.view.state.values.items()}
    digest = hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:32]
    key = f"form:{envelope.view.id}:{envelope.view.hash}:{digest}"
    return Event(key, caller(envelope), Submission(envelope.view.callback_id, clean(envelope.view.private_metadata), values))


def to_lookup(envelope: BlockSuggestion) -> Event:
    """Letters typed into a lookup field."""
    return Event("", caller(envelope), Lookup(envelope.action_id.removeprefix(LOOKUP), clean(envelope.value)))


def to_home(envelope: EventCallback | Spoken) -> Event:
    """The person's home is wanted. Drawing it twice loses nothing, so it has no key."""
    return Event("", caller(envelope), HomeOpened())


def clean(text: str) -> str:
    """Without NUL, which PostgreSQL refuses in text."""
    return text.replace("\x00", "")


def _value(state: StatePart) -> str:
    if state.selected_options is not None:
        return ",".join(_unnothing(o.value) for o in state.selected_options)
    if state.selected_option is not None:
        return _unnothing(state.selected_option.value)
    return clean(state.selected_date or state.value or "")


def _unnothing(value: str) -> str:
    return "" if value == NOTHING else clean(value)
