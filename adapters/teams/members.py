"""The address Teams itself vouches for: asked of the Connector's member route, never taken from a card or a message."""

from __future__ import annotations

import logging
from typing import Any

from adapters.teams.inbound import tenant_of
from adapters.teams.outbound import Connector
from bot.errors import DeliveryError

log = logging.getLogger("vinkki.teams")


async def verified_email(connector: Connector, activity: dict[str, Any]) -> str:
    """The speaker's address in the organisation's directory, or the empty text: for guests, and when Teams cannot say now."""
    speaker = activity["from"]
    conversation = str(activity["conversation"]["id"]).partition(";")[0]  # a thread's members are its channel's
    try:
        found = await connector.member(activity["serviceUrl"], conversation, speaker["id"])
    except DeliveryError as e:
        log.warning("a member could not be looked up: %s", e.reason)
        return ""
    object_id = found.get("aadObjectId") or found.get("objectId")
    if object_id != speaker["aadObjectId"] or found.get("userRole") in ("guest", "anonymous"):
        return ""
    if found.get("tenantId") not in (None, "", tenant_of(activity)):
        return ""
    address = found.get("email") or found.get("userPrincipalName") or ""
    return address.strip().lower() if isinstance(address, str) and "@" in address and "#ext#" not in address.lower() else ""
