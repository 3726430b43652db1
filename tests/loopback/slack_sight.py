"""Reads blocks and views as a person does: the words, what can be pressed, what is asked."""

from __future__ import annotations

from typing import Any

from contracts.driver import Seen, SeenButton

Json = dict[str, Any]


def unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def words(part: Any) -> list[str]:
    """Every string shown, in order; mrkdwn without its markup."""
    if isinstance(part, list):
        return [w for p in part for w in words(p)]
    if not isinstance(part, dict):
        return []
    if part.get("type") == "plain_text":
        return [part["text"]]
    if part.get("type") == "mrkdwn":
        return [unescape(part["text"]).replace("*", "")]
    if part.get("type") == "text":
        return [part["text"]]
    out = [part["alt_text"]] if "alt_text" in part else []
    if part.get("type") == "data_visualization":
        return [part["title"], *_chart(part["chart"])]
    for key in ("title", "text", "label", "hint", "fields", "accessory", "elements", "element", "options", "initial_option", "submit", "blocks"):
        if key in part:
            out += words(part[key])
    return out


def _chart(chart: Json) -> list[str]:
    if chart["type"] == "pie":
        return [f"{s['label']} {s['value']}" for s in chart["segments"]]
    return [f"{s['name']}: {d['label']} {d['value']}" for s in chart["series"] for d in s["data"]]


def buttons(blocks: list[Json]) -> list[Json]:
    """The buttons as Slack holds them."""
    found = [e for b in blocks for e in [*b.get("elements", []), *([b["accessory"]] if "accessory" in b else [])]]
    return [e for e in found if e.get("type") == "button"]


def seen(shown: Json, **where: Any) -> Seen:
    """What a person sees of a message or view; `where` is kept for pressing and submitting."""
    blocks = shown.get("blocks", [])
    drawn = [SeenButton(b["text"]["text"], b["action_id"].rpartition("#")[0], b.get("value", ""), b.get("url", "")) for b in buttons(blocks)]
    fields = tuple(b["block_id"] for b in blocks if b["type"] == "input")
    head = words({k: shown[k] for k in ("title", "submit") if k in shown})
    texts = [*head, *words(blocks)] or [unescape(shown.get("text", ""))]
    return Seen(tuple(texts), tuple(drawn), fields, {}, {"shown": shown, **where})


def held(element: Json, text: str | None) -> Json:
    """An input's state with `text` filled in, or (None) with what it held at first."""
    kind = element["type"]
    options = {o["value"]: o for o in element.get("options", [])}
    if kind in ("checkboxes", "multi_static_select"):
        taken = element.get("initial_options", []) if text is None else [options[v] for v in text.split(",") if v]
        return {"type": kind, "selected_options": taken}
    if kind in ("radio_buttons", "static_select", "external_select"):
        chosen = element.get("initial_option") if text is None else (options.get(text) or ({"value": text, "text": {}} if text else None))
        return {"type": kind, "selected_option": chosen}
    if kind == "datepicker":
        return {"type": kind, "selected_date": element.get("initial_date") if text is None else text or None}
    return {"type": kind, "value": element.get("initial_value") if text is None else text or None}


def state(view: Json, values: dict[str, str]) -> Json:
    """The state of a modal with values filled in; AssertionError for a field that is not there."""
    inputs = {b["block_id"]: b["element"] for b in view["blocks"] if b["type"] == "input"}
    assert values.keys() <= inputs.keys(), f"no field {sorted(values.keys() - inputs.keys())} among {sorted(inputs)}"
    return {"values": {name: {e["action_id"]: held(e, values.get(name))} for name, e in inputs.items()}}
