"""What Slack refuses, as far as its block kit reference says: shapes, lengths, counts, what fits on which surface.

Written from docs.slack.dev/reference/block-kit, not from our renderer, so that one is a check of the other.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

Json = dict[str, Any]
ON = {
    "message": {"actions", "context", "divider", "header", "image", "input", "rich_text", "section", "data_visualization"},
    "modal": {"actions", "context", "divider", "header", "image", "input", "rich_text", "section"},
    "home": {"actions", "context", "divider", "header", "image", "input", "rich_text", "section", "data_visualization"},
}
MOST = {"message": 50, "modal": 100, "home": 100}


def _string(most: int, least: int = 1) -> Json:
    return {"type": "string", "minLength": least, "maxLength": most}


def _object(required: str, **properties: Any) -> Json:
    return {"type": "object", "properties": properties, "required": required.split(), "additionalProperties": False}


def _list(items: Json, most: int, least: int = 1) -> Json:
    return {"type": "array", "items": items, "minItems": least, "maxItems": most}


def _plain(most: int) -> Json:
    return _object("type text", type={"const": "plain_text"}, text=_string(most), emoji={"type": "boolean"})


def _text(most: int) -> Json:
    mrkdwn = _object("type text", type={"const": "mrkdwn"}, text=_string(most), verbatim={"type": "boolean"})
    return {"oneOf": [_plain(most), mrkdwn]}


_ID = _string(255)
_STYLE = {"enum": ["primary", "danger"]}
_CONFIRM = _object("title text confirm deny", title=_plain(100), text=_plain(300), confirm=_plain(30), deny=_plain(30), style=_STYLE)
_BUTTON = _object(
    "type text action_id", type={"const": "button"}, text=_plain(75), action_id=_ID, value=_string(2000), url=_string(3000), style=_STYLE, confirm=_CONFIRM
)
_OPTION = _object("text value", text=_text(75), value=_string(150), description=_plain(75))
_RUN = _object("type text", type={"const": "text"}, text=_string(3000), style=_object("", bold={"type": "boolean"}) | {"required": []})
_RICH = _object("type elements", type={"enum": ["rich_text_section", "rich_text_preformatted"]}, elements=_list(_RUN, 100))
_LABEL = _string(20)
_POINT = _object("label value", label=_LABEL, value={"type": "number"})
_AXES = _object("categories", categories=_list(_LABEL, 20) | {"uniqueItems": True}, x_label=_string(50), y_label=_string(50))
_SERIES = _list(_object("name data", name=_string(20), data=_list(_POINT, 20)), 12)
_SEGMENT = _object("label value", label=_LABEL, value={"type": "number", "exclusiveMinimum": 0})
_CHART = {
    "oneOf": [
        _object("type series axis_config", type={"enum": ["bar", "line", "area"]}, series=_SERIES, axis_config=_AXES),
        _object("type segments", type={"const": "pie"}, segments=_list(_SEGMENT, 12)),
    ]
}
_INPUTS = {
    "plain_text_input": _object(
        "type action_id",
        type={},
        action_id=_ID,
        initial_value=_string(3000),
        multiline={"type": "boolean"},
        max_length={"type": "integer", "minimum": 1, "maximum": 3000},
    ),
    "email_text_input": _object("type action_id", type={}, action_id=_ID, initial_value={"type": "string", "pattern": ".@."}),
    "url_text_input": _object("type action_id", type={}, action_id=_ID, initial_value={"type": "string", "pattern": "^https?://"}),
    "number_input": _object(
        "type action_id is_decimal_allowed",
        type={},
        action_id=_ID,
        is_decimal_allowed={"type": "boolean"},
        initial_value={"type": "string", "pattern": r"^-?\d+(\.\d+)?$"},
    ),
    "datepicker": _object("type action_id", type={}, action_id=_ID, initial_date={"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"}),
    "radio_buttons": _object("type action_id options", type={}, action_id=_ID, options=_list(_OPTION, 10), initial_option=_OPTION),
    "checkboxes": _object("type action_id options", type={}, action_id=_ID, options=_list(_OPTION, 10), initial_options=_list(_OPTION, 10)),
    "static_select": _object("type action_id options", type={}, action_id=_ID, options=_list(_OPTION, 100), initial_option=_OPTION, placeholder=_plain(150)),
    "multi_static_select": _object(
        "type action_id options", type={}, action_id=_ID, options=_list(_OPTION, 100), initial_options=_list(_OPTION, 100), placeholder=_plain(150)
    ),
    "external_select": _object(
        "type action_id", type={}, action_id=_ID, initial_option=_OPTION, min_query_length={"type": "integer", "minimum": 0}, placeholder=_plain(150)
    ),
}
BLOCKS: dict[str, Json] = {
    "header": _object("type text", type={}, block_id=_ID, text=_plain(150)),
    "section": _object("type", type={}, block_id=_ID, text=_text(3000), fields=_list(_text(2000), 10), accessory=_BUTTON)
    | {"anyOf": [{"required": ["text"]}, {"required": ["fields"]}]},
    "context": _object("type elements", type={}, block_id=_ID, elements=_list(_text(2000), 10)),
    "actions": _object("type elements", type={}, block_id=_ID, elements=_list(_BUTTON, 25)),
    "divider": _object("type", type={}, block_id=_ID),
    "image": _object("type image_url alt_text", type={}, block_id=_ID, image_url=_string(3000) | {"pattern": "^https://"}, alt_text=_string(2000)),
    "rich_text": _object("type elements", type={}, block_id=_ID, elements=_list(_RICH, 100)),
    "data_visualization": _object("type title chart", type={}, block_id=_ID, title=_string(50), chart=_CHART),
    "input": _object(
        "type label element", type={}, block_id=_ID, label=_plain(2000), hint=_plain(2000), optional={"type": "boolean"}, element={"type": "object"}
    ),
}


@cache
def _validator(kind: str) -> Draft202012Validator:
    return Draft202012Validator(BLOCKS.get(kind) or _INPUTS[kind])


def problems(blocks: Any, surface: str, *, has_charts: bool = True) -> list[str]:
    """What Slack would answer invalid_blocks for; nothing when all is well."""
    if not isinstance(blocks, list) or not blocks:
        return ["blocks must be a list that is not empty"]
    found = [] if len(blocks) <= MOST[surface] else [f"no more than {MOST[surface]} items allowed [json-pointer:/blocks]"]
    for i, block in enumerate(blocks):
        found += [f"{p} [json-pointer:/blocks/{i}]" for p in _block(block, surface, has_charts)]
    ids = [b["block_id"] for b in blocks if isinstance(b, dict) and "block_id" in b]
    if len(ids) != len(set(ids)):
        found.append("block_id already exists")
    if sum(b.get("type") == "data_visualization" for b in blocks if isinstance(b, dict)) > 2:
        found.append("no more than 2 charts")
    return found


def _block(block: Any, surface: str, has_charts: bool) -> list[str]:
    kind = block.get("type") if isinstance(block, dict) else None
    if kind not in ON[surface] or (kind == "data_visualization" and not has_charts):
        return [f"unsupported type: {kind}"]
    found = [f"{'/'.join(map(str, e.path))}: {e.message[:150]}" for e in _validator(kind).iter_errors(block)]
    if kind == "input" and not found:
        found += _input(block["element"])
    if kind == "actions" and not found:
        ids = [e["action_id"] for e in block["elements"]]
        found += [] if len(ids) == len(set(ids)) else ["action_id already exists in this block"]
    return found


def _input(element: Json) -> list[str]:
    kind = element.get("type")
    if kind not in _INPUTS:
        return [f"unsupported element: {kind}"]
    found = [e.message[:150] for e in _validator(kind).iter_errors(element)]
    options = element.get("options", [])
    if len({o["value"] for o in options if "value" in o}) != len(options):
        found.append("option values must be unique")
    initial = element.get("initial_options") or [o for o in [element.get("initial_option")] if o]
    if kind != "external_select" and any(o not in options for o in initial):
        found.append("initial option is none of the options")
    return found


def view_problems(view: Any, *, has_charts: bool = True) -> list[str]:
    """What Slack would refuse about a view."""
    if not isinstance(view, dict) or view.get("type") not in ("modal", "home"):
        return ["view must be a modal or a home"]
    surface = str(view["type"])
    found = problems(view.get("blocks"), surface, has_charts=has_charts)
    known = {"type", "callback_id", "private_metadata", "blocks", "title", "submit", "close", "external_id", "notify_on_close", "clear_on_close"}
    found += [f"unknown key {k}" for k in view.keys() - known]
    if len(view.get("private_metadata", "")) > 3000 or len(view.get("callback_id", "")) > 255:
        found.append("metadata too long")
    if surface == "home":
        return found + [f"not on a home: {k}" for k in ("title", "submit", "close") if k in view]
    for part in ("title", "submit", "close"):
        if part in view or part == "title":
            found += [f"{part}: {e.message[:100]}" for e in Draft202012Validator(_plain(24)).iter_errors(view.get(part))]
    if any(b.get("type") == "input" for b in view.get("blocks", []) if isinstance(b, dict)) and "submit" not in view:
        found.append("missing required field: submit")
    return found
