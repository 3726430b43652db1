"""Where somebody acted, and so where the answer can be shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from adapters.slack.envelope import BlockActions, Shortcut, SlashCommand, ViewSubmission

Kind = Literal["command", "shortcut", "message", "modal", "home", "submission"]
_HOOKS = ("hooks.slack.com", "hooks.slack-gov.com")


@dataclass(frozen=True)
class Place:
    """One interaction. `trigger_id` opens a modal for three seconds, `response_url` takes five answers in half an hour."""

    kind: Kind
    user: str
    trigger_id: str = ""
    response_url: str = ""
    view_id: str = ""
    blocks: tuple[str, ...] = ()  # the block ids of the form that came back
    is_lasting: bool = False  # a message of the chat's history, not one that its reader alone sees and that goes by itself
    is_aside: bool = False  # the answer says who a candidate is (desks.tables)

    @property
    def may_be_replaced(self) -> bool:
        """The message that was pressed may give way to the answer."""
        return self.kind == "message" and not (self.is_aside and self.is_lasting)


class Places:
    """Reads places from payloads. Answers are posted to Slack's own hosts only, or to the loopback Slack of `api_url`."""

    def __init__(self, api_url: str) -> None:
        self._own = urlsplit(api_url)

    def of(self, envelope: SlashCommand | Shortcut | BlockActions | ViewSubmission) -> Place:
        """The place of an interaction."""
        user, trigger = envelope.user_id, envelope.trigger_id
        answers = self._safe(envelope.response_url) if not isinstance(envelope, ViewSubmission) else ""
        match envelope:
            case SlashCommand():
                return Place("command", user, trigger, answers)
            case Shortcut():
                return Place("shortcut", user, trigger, answers)
            case ViewSubmission():
                blocks = tuple(b.block_id for b in envelope.view.blocks if b.block_id in envelope.view.state.values)
                return Place("submission", user, trigger, "", envelope.view.id, blocks)
            case BlockActions():
                if view := envelope.view:
                    return Place(view.type, user, trigger, "", view.id)
                return Place("message", user, trigger, answers, is_lasting=not envelope.container.is_ephemeral)

    def _safe(self, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme == "https" and parts.hostname in _HOOKS and parts.port in (None, 443):
            return url
        return url if parts.scheme == "http" and self._own.scheme == "http" and parts.netloc == self._own.netloc else ""
