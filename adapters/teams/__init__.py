"""Microsoft Teams: botbuilder-core runs the turns behind our own entry, and our own sender speaks to the Connector.

inbound: activities to events. render: cards and forms to Adaptive Cards. chat: send, update, withdraw. The stock
CloudAdapter is not used: it answers 500 to every invoke with a body, and its token checks have holes (facts: platforms).
"""

from adapters.teams.adapter import TeamsAdapter
from adapters.teams.preview import preview

__all__ = ["TeamsAdapter", "preview"]
