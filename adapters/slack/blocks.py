"""slack_sdk's blocks as JSON, cheaply: the same checks and the same dicts as their `to_dict`.

`JsonObject.to_dict` lists every name of every object with dir() to find its checks, and was two thirds of the processor
time of an acknowledgement with a dozen rows (measured); which checks a class has does not change.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from slack_sdk.models.basic_objects import EMPTY_ALLOWED_TYPE_AND_PROPERTY_LIST, JsonObject

Json = dict[str, Any]
_NAMES: dict[type[JsonObject], tuple[str, ...]] = {}  # a class's attributes: slack_sdk puts them together anew at each look
_MAY_BE_EMPTY = frozenset((e["type"], e["property"]) for e in EMPTY_ALLOWED_TYPE_AND_PROPERTY_LIST)


def to_json(part: JsonObject) -> Json:
    """The dict of a block or a part of one. Raises SlackObjectFormationError where a check of slack_sdk's fails."""
    kind = type(part)
    if kind.to_dict is not JsonObject.to_dict:
        return {name: _plain(value) for name, value in part.to_dict().items()}
    for check in _checks(kind):
        getattr(part, check)()
    names = _NAMES.get(kind)
    if names is None:
        names = _NAMES[kind] = tuple(sorted(part.attributes))
    found: Json = {}
    for name in names:
        value = getattr(part, name, None)
        if value is not None and _says(part, name, value):
            found[name] = value if value.__class__ is str else _plain(value)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, JsonObject):
        return to_json(value)
    return {name: _plain(v) for name, v in value.to_dict().items()} if hasattr(value, "to_dict") else value


def _says(part: JsonObject, name: str, value: Any) -> bool:
    return bool(value) or not hasattr(value, "__len__") or len(value) > 0 or (getattr(part, "type", None), name) in _MAY_BE_EMPTY


@cache
def _checks(kind: type[JsonObject]) -> tuple[str, ...]:
    """Names of the methods that slack_sdk marks as checks."""
    return tuple(name for name in dir(kind) if not name.startswith("__") and hasattr(getattr(kind, name), "validator"))
