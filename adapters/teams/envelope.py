"""The shape of an activity, checked before anything looks into it: what is not as Teams sends it is a 400, never a 500.

Only what we use is taken along, so nothing else of a request can reach botbuilder's deserialiser or us.
https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference#activity-object
"""

from __future__ import annotations

import json
import re
from typing import Any

from adapters.guard import Refused

_OBJECT_ID = re.compile(r"[\w-]{1,64}", re.ASCII)
_TENANT = re.compile(r"[\w.-]{0,64}", re.ASCII)
_SPOKEN = frozenset({"message", "invoke", "installationUpdate"})  # those we act upon: they name who speaks


def parse(body: bytes) -> dict[str, Any]:
    """The activity of a request's body. Raises Refused 400."""
    try:
        found = json.loads(body.decode("utf-8"))
        if b"\\u0000" in body:
            raise Refused(400)  # PostgreSQL takes no NUL in text
        if b"\\ud" in body or b"\\uD" in body:
            json.dumps(found, ensure_ascii=False).encode()  # half a surrogate pair cannot be stored either
    except (ValueError, RecursionError):
        raise Refused(400) from None
    if not isinstance(found, dict):
        raise Refused(400)
    return _activity(found)


def _activity(found: dict[str, Any]) -> dict[str, Any]:
    kind = _text(found, "type", 64)
    activity: dict[str, Any] = {
        "type": kind,
        "id": _text(found, "id", 512, needed=kind in _SPOKEN),
        "channelId": _text(found, "channelId", 64),
        "serviceUrl": _text(found, "serviceUrl", 512),
        "name": _text(found, "name", 128, needed=kind == "invoke"),
        "text": _text(found, "text", 100_000, needed=False),
        "action": _text(found, "action", 64, needed=False),
        "replyToId": _text(found, "replyToId", 512, needed=False),
        "from": _account(found.get("from"), speaks=kind in _SPOKEN),
        "recipient": _account(found.get("recipient"), speaks=False),
        "conversation": _conversation(found.get("conversation")),
        "channelData": _channel_data(found.get("channelData")),
        "entities": [_mention(e) for e in _list(found.get("entities"))],
        "value": found.get("value"),
    }
    if kind == "invoke" and not isinstance(activity["value"], dict):
        raise Refused(400)
    return activity


def _account(found: object, *, speaks: bool) -> dict[str, Any]:
    account = _dict(found)
    taken: dict[str, Any] = {"id": _text(account, "id", 512), "aadObjectId": _text(account, "aadObjectId", 64, needed=False)}
    if speaks and not _OBJECT_ID.fullmatch(taken["aadObjectId"]):
        raise Refused(403)  # not somebody of the organisation's directory
    if account.get("isTargeted") is True:
        taken["isTargeted"] = True
    return taken


def _conversation(found: object) -> dict[str, Any]:
    conversation = _dict(found)
    taken: dict[str, Any] = {"id": _text(conversation, "id", 1024), "isGroup": conversation.get("isGroup") is True}
    taken["conversationType"] = _text(conversation, "conversationType", 64, needed=False) or ("groupChat" if taken["isGroup"] else "personal")
    taken["tenantId"] = _text(conversation, "tenantId", 64, needed=False)
    return taken


def _channel_data(found: object) -> dict[str, Any]:
    data = _dict({} if found is None else found)
    taken: dict[str, Any] = {}
    for part in ("tenant", "channel", "team"):
        if (inner := data.get(part)) is not None:
            taken[part] = {"id": _text(_dict(inner), "id", 512)}
    if not _TENANT.fullmatch(taken.get("tenant", {}).get("id", "")):
        raise Refused(400)
    return taken


def _mention(found: object) -> dict[str, Any]:
    entity = _dict(found)
    if entity.get("type") != "mention":
        return {"type": _text(entity, "type", 256)}
    mentioned = _dict(entity.get("mentioned"))
    return {"type": "mention", "text": _text(entity, "text", 1024, needed=False), "mentioned": {"id": _text(mentioned, "id", 512)}}


def _text(found: dict[str, Any], name: str, longest: int, *, needed: bool = True) -> str:
    value = found.get(name)
    if value is None and not needed:
        return ""
    if not isinstance(value, str) or len(value) > longest or (needed and not value):
        raise Refused(400)
    return value


def _dict(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Refused(400)
    return value


def _list(value: object) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > 200:
        raise Refused(400)
    return value
