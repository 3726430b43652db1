"""What Teams says, as events: to_caller, to_command, to_press, to_submission, to_lookup. No word here knows a feature."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Any

from adapters.teams.addresses import Address
from adapters.teams.sealed import Sealer
from bot.messages import Caller, Command, Form, Heard, Lookup, Press, Submission, TickField

COMMANDS = ("stories", "refer", "referrals", "vinkki", "admin")
_TAG = re.compile(r"<[^>]*>")
_HREF = re.compile(r"<a\s[^>]{0,500}?href=[\"'](https?://[^\"'<>\s]{1,2000})[\"']", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
_LONGEST = 3000


def tenant_of(activity: dict[str, Any]) -> str:
    """The tenant an activity comes from, or the empty text."""
    tenant = _dict(_dict(activity.get("channelData")).get("tenant")).get("id") or _dict(activity.get("conversation")).get("tenantId")
    return tenant if isinstance(tenant, str) else ""


def is_personal(activity: dict[str, Any]) -> bool:
    """Said in the one-to-one chat with the bot."""
    conversation = _dict(activity.get("conversation"))
    return conversation.get("conversationType", "personal") == "personal" and not conversation.get("isGroup")


def is_targeted(activity: dict[str, Any]) -> bool:
    """A slash command in a channel: only the sender sees it, and only they shall see the answer."""
    return _dict(activity.get("recipient")).get("isTargeted") is True


def to_address(activity: dict[str, Any]) -> Address:
    """Where the speaker is reached in private. In a channel their private chat is not known; it is made at sending."""
    conversation = str(_dict(activity.get("conversation")).get("id") or "") if is_personal(activity) else ""
    bot = str(_dict(activity.get("recipient")).get("id") or "")
    return Address(str(activity.get("serviceUrl") or ""), tenant_of(activity), bot, str(activity["from"]["id"]), conversation)


def to_room(activity: dict[str, Any]) -> str:
    """The address of the channel it was said in, or the empty text elsewhere."""
    channel = _dict(_dict(activity.get("channelData")).get("channel")).get("id")
    if is_personal(activity) or not isinstance(channel, str):
        return ""
    bot = str(_dict(activity.get("recipient")).get("id") or "")
    return Address(str(activity.get("serviceUrl") or ""), tenant_of(activity), bot, channel=channel).dump()


def to_caller(activity: dict[str, Any]) -> Caller:
    """Who speaks: the directory's object id that the authenticated activity names, never anything from a card or a name."""
    return Caller("teams", tenant_of(activity), str(activity["from"]["aadObjectId"]), to_address(activity).dump(), to_room(activity))


def event_key(activity: dict[str, Any]) -> str:
    """Unique per event: message ids are unique within their conversation only."""
    return f"{activity['conversation']['id']}:{activity['id']}"


def to_text(activity: dict[str, Any]) -> str:
    """What was typed, without the mention of the bot and without the markup Teams adds."""
    text = _line(activity.get("text"))
    bot = _dict(activity.get("recipient")).get("id")
    for entity in activity.get("entities") or ():
        if _dict(entity).get("type") == "mention" and _dict(entity.get("mentioned")).get("id") == bot and isinstance(entity.get("text"), str):
            text = text.replace(entity["text"], " ")
    return _SPACE.sub(" ", html.unescape(text)).strip()[:_LONGEST]


def to_command(text: str) -> Command:
    """A typed line as a command: its first word, with or without a slash; other words are said to `vinkki`."""
    word, _, rest = text.partition(" ")
    name = word.lower().removeprefix("/").removeprefix("vinkki-")
    return Command(name, rest.strip()) if name in COMMANDS else Command("vinkki", text.removeprefix("/"))


def to_plain(markup: str) -> str:
    """The words of a message that was chosen in Teams, which hands it over as HTML."""
    return _SPACE.sub(" ", html.unescape(_TAG.sub(" ", markup))).strip()


@dataclass(frozen=True)
class Pressed:
    """What came back with a button of one of our cards. `form` is the form it sends, `origin` the message a dialog began at."""

    heard: Heard
    form: Form | None = None
    values: dict[str, str] | None = None
    origin: str = ""


def to_pressed(data: object, sealer: Sealer) -> Pressed | None:
    """The data of a button as an event, or None when it is none of ours."""
    data = _dict(data)
    ours = _dict(data.get("vinkki"))
    origin = ours.get("m") if isinstance(ours.get("m"), str) else ""
    if isinstance(sealed := ours.get("f"), str) and (form := sealer.open(sealed)):
        values = _values(form, data)
        return Pressed(Submission(form.name, form.subject, values), form, values, str(origin))
    if isinstance(action := ours.get("a"), str):
        return Pressed(Press(action[:150], _line(ours.get("v"))), origin=str(origin))
    if isinstance(name := ours.get("c"), str) and name in COMMANDS:
        return Pressed(Command(name, _line(ours.get("t"))), origin=str(origin))
    return None


def _values(form: Form, data: dict[str, Any]) -> dict[str, str]:
    """The text of every field by name; what is missing was left empty."""
    found = {f.name: _line(data.get(f"f_{f.name}")) for f in form.fields}
    return found | {f.name: "yes" if found[f.name] in ("yes", "true") else "" for f in form.fields if isinstance(f, TickField)}


def to_extension(value: dict[str, Any]) -> Command | None:
    """A message extension's command. Its id in the manifest is what it says to us: `refer`, `vinkki propose`; used on a
    message, that message's words follow."""
    line = value.get("commandId")
    if not isinstance(line, str):
        return None
    body = _dict(_dict(value.get("messagePayload")).get("body")).get("content")
    words = to_plain(body)[:_LONGEST] if isinstance(body, str) else ""
    if isinstance(body, str) and "://" not in words and (link := _HREF.search(body[:100_000])):
        words = f"{words[:900]} {html.unescape(link[1])}"  # its words hide where it leads
    return to_command(f"{line} {words}".strip())


def to_lookup(value: dict[str, Any]) -> Lookup:
    """Somebody types into a lookup field."""
    return Lookup(_line(value.get("dataset"))[:100], _line(value.get("queryText"))[:100])


def _line(value: object) -> str:
    return str(value)[:_LONGEST] if isinstance(value, str | int) and not isinstance(value, bool) else "true" if value is True else ""


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
