"""The envelope check: what Slack may send, and nothing else gets further.

A signed body that is not one of these shapes is the sender's error (400), never ours (500). Only the fields named here are
handed on, to Bolt too: whatever else a payload holds cannot trip anything behind this door.
Shapes: docs.slack.dev/reference/interaction-payloads, /apis/events-api, /interactivity/implementing-slash-commands.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, TypeAlias
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

Id: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{2,40}\z")]
Short: TypeAlias = Annotated[str, StringConstraints(max_length=300)]
Long: TypeAlias = Annotated[str, StringConstraints(max_length=40_000)]  # what people write


class Malformed(ValueError):
    """The body is not a payload of Slack's."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class TeamPart(_Part):
    """The workspace the app is installed in."""

    id: Id


class UserPart(_Part):
    """Who acted. `team_id` differs from the app's own workspace for people of a Slack Connect partner."""

    id: Id
    team_id: Id | None = None


class OptionPart(_Part):
    """A chosen option."""

    value: Short


class StatePart(_Part):
    """What one input of a modal holds."""

    value: Long | None = None
    selected_option: OptionPart | None = None
    selected_options: Annotated[list[OptionPart], Field(max_length=100)] | None = None
    selected_date: Short | None = None


class ValuesPart(_Part):
    """Everything a modal holds, by block and action."""

    values: Annotated[dict[Short, dict[Short, StatePart]], Field(max_length=100)] = {}


class BlockPart(_Part):
    """A block of a view; only its id matters."""

    block_id: Short = ""


class ViewPart(_Part):
    """A modal or the App Home."""

    id: Short
    type: Literal["modal", "home"]
    callback_id: Short = ""
    hash: Short = ""
    private_metadata: Annotated[str, StringConstraints(max_length=3000)] = ""
    state: ValuesPart = ValuesPart()
    blocks: Annotated[list[BlockPart], Field(max_length=100)] = []


class ActionPart(_Part):
    """What was pressed."""

    type: Short
    action_id: Short
    block_id: Short = ""
    value: Annotated[str, StringConstraints(max_length=2000)] = ""


class PlacePart(_Part):
    """A channel or conversation."""

    id: Id


class AttachmentPart(_Part):
    """What hangs on a message: a link's preview, a message that was passed on. Only where it leads matters."""

    from_url: Annotated[str, StringConstraints(max_length=3000)] | None = None
    title_link: Annotated[str, StringConstraints(max_length=3000)] | None = None


class MessagePart(_Part):
    """The message a shortcut was used on, or a button stands in."""

    ts: Short = ""
    text: Long = ""
    attachments: Annotated[list[AttachmentPart], Field(max_length=100)] = []


class ContainerPart(_Part):
    """What a pressed button stands in (docs.slack.dev, reference/interaction-payloads/block_actions-payload)."""

    is_ephemeral: bool = False


class _Interaction(_Part):
    team: TeamPart | None = None
    user: UserPart
    api_app_id: Id | None = None
    trigger_id: Short = ""
    response_url: Annotated[str, StringConstraints(max_length=1000)] = ""

    @property
    def team_id(self) -> str:
        return self.team.id if self.team else ""

    @property
    def user_id(self) -> str:
        return self.user.id

    @property
    def user_team_id(self) -> str:
        return self.user.team_id or self.team_id


class BlockActions(_Interaction):
    """A button was pressed, in a message, a modal or the App Home."""

    type: Literal["block_actions"]
    actions: Annotated[list[ActionPart], Field(min_length=1, max_length=25)]
    view: ViewPart | None = None
    channel: PlacePart | None = None
    message: MessagePart | None = None
    container: ContainerPart = ContainerPart()


class ViewSubmission(_Interaction):
    """A modal came back."""

    type: Literal["view_submission"]
    view: ViewPart


class ViewClosed(_Interaction):
    """A modal was closed."""

    type: Literal["view_closed"]
    view: ViewPart


class BlockSuggestion(_Interaction):
    """Somebody types into a lookup field."""

    type: Literal["block_suggestion"]
    action_id: Short
    block_id: Short = ""
    value: Annotated[str, StringConstraints(max_length=3000)] = ""


class Shortcut(_Interaction):
    """A shortcut: from the lightning menu, or (`message_action`) from a message's menu."""

    type: Literal["shortcut", "message_action"]
    callback_id: Short
    message: MessagePart = MessagePart()


class SlashCommand(_Part):
    """A slash command, sent as a form."""

    type: Literal["slash_command"] = "slash_command"
    command: Short
    text: Long = ""
    team_id: Id
    user_id: Id
    api_app_id: Id | None = None
    channel_id: Short = ""
    trigger_id: Annotated[str, StringConstraints(min_length=1, max_length=300)]
    response_url: Annotated[str, StringConstraints(max_length=1000)] = ""

    @property
    def user_team_id(self) -> str:
        return self.team_id


class ProfileEvent(_Part):
    """The user of user_change and team_join."""

    id: Id
    team_id: Id | None = None
    deleted: bool = False
    is_restricted: bool = False
    is_bot: bool = False


class EventPart(_Part):
    """One event of the Events API."""

    type: Short
    user: Id | ProfileEvent | None = None
    tab: Short = ""


class EventCallback(_Part):
    """The Events API. Slack repeats it up to three times when we do not answer in time."""

    type: Literal["event_callback"]
    team_id: Id
    api_app_id: Id | None = None
    event_id: Annotated[str, StringConstraints(min_length=1, max_length=300)]
    event: EventPart

    @property
    def user_id(self) -> str:
        return self.event.user.id if isinstance(self.event.user, ProfileEvent) else self.event.user or ""

    @property
    def user_team_id(self) -> str:
        return (self.event.user.team_id if isinstance(self.event.user, ProfileEvent) else None) or self.team_id


class UrlVerification(_Part):
    """Slack asks whether this address is ours, once, when it is set up."""

    type: Literal["url_verification"]
    challenge: Annotated[str, StringConstraints(min_length=1, max_length=1000)]


class AppRateLimited(_Part):
    """Slack drops events because there are more than 30,000 an hour."""

    type: Literal["app_rate_limited"]


class SslCheck(_Part):
    """Slack looks at our certificate."""

    type: Literal["ssl_check"] = "ssl_check"


Interaction: TypeAlias = BlockActions | ViewSubmission | ViewClosed | BlockSuggestion | Shortcut
Notification: TypeAlias = EventCallback | UrlVerification | AppRateLimited
Spoken: TypeAlias = Interaction | SlashCommand | EventCallback  # has a team and somebody who acted
Envelope: TypeAlias = Spoken | UrlVerification | AppRateLimited | SslCheck

_INTERACTION: TypeAdapter[Interaction] = TypeAdapter(Annotated[Interaction, Field(discriminator="type")])
_NOTIFICATION: TypeAdapter[Notification] = TypeAdapter(Annotated[Notification, Field(discriminator="type")])


def from_body(content_type: str, body: bytes) -> Envelope:
    """The envelope in a request body. Raises Malformed for everything else."""
    if content_type == "application/json":
        return from_dict(_json(body))
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=False, max_num_fields=60)
    except (UnicodeDecodeError, ValueError):
        raise Malformed from None
    names = [name for name, _ in fields]
    if len(names) != len(set(names)):
        raise Malformed
    form = dict(fields)
    if "payload" in form:
        return _check(_INTERACTION, _json(form["payload"]))
    return from_form(form)


def from_dict(payload: Any) -> Envelope:
    """The envelope in a payload that came as JSON: events over HTTP, everything over Socket Mode."""
    if not isinstance(payload, dict):
        raise Malformed
    if "command" in payload and "type" not in payload:
        return from_form(payload)
    kind = payload.get("type")
    return _check(_NOTIFICATION if kind in ("event_callback", "url_verification", "app_rate_limited") else _INTERACTION, payload)


def from_form(form: dict[str, Any]) -> Envelope:
    """A slash command's fields."""
    if form.get("ssl_check") == "1":
        return SslCheck()
    try:
        return SlashCommand.model_validate({name: value for name, value in form.items() if name != "type"})
    except ValidationError:
        raise Malformed from None


def _check(adapter: TypeAdapter[Interaction] | TypeAdapter[Notification], payload: Any) -> Envelope:
    try:
        return adapter.validate_python(payload)
    except ValidationError:
        raise Malformed from None


def _json(text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Malformed from None
