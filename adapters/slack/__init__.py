"""Slack, in both directions: payloads become events, cards become Block Kit. Imported only where Slack is configured."""

from adapters.slack.adapter import SlackAdapter
from adapters.slack.preview import preview

__all__ = ["SlackAdapter", "preview"]
