"""Slack, in both directions: payloads become events, cards become Block Kit.

`from adapters.slack import SlackAdapter` loads Bolt; `from adapters.slack.preview import preview` does not, so that the
portal can show how a story will look where Slack is not connected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from adapters.slack.adapter import SlackAdapter

__all__ = ["SlackAdapter"]


def __getattr__(name: str) -> Any:
    if name == "SlackAdapter":
        from adapters.slack.adapter import SlackAdapter

        return SlackAdapter
    raise AttributeError(name)
