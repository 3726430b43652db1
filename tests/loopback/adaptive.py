"""Refuses Adaptive Cards as a strict client would: the published schema 1.5, and by hand what Teams adds to it.

Teams' own: Chart.* (they need a fallback here, for clients without charts), `choices.data` with Data.Query, `msteams`.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft6Validator
from jsonschema.validators import extend

LIMIT = 28 * 1024
_POINT = {"x": (str, int), "y": (int, float)}
_SLICE = {"legend": (str,), "value": (int, float)}
_CHARTS = {"Chart.VerticalBar": _POINT, "Chart.HorizontalBar": _POINT, "Chart.Donut": _SLICE, "Chart.Pie": _SLICE}
_GROUPED = ("Chart.VerticalBar.Grouped", "Chart.Line")


@cache
def _definitions() -> dict[str, Any]:
    return dict(json.loads((files("adaptive_cards") / "schemas" / "schema-1.5.json").read_text())["definitions"])


def _kinds(branch: dict[str, Any]) -> list[str]:
    """Which `type` fits a branch that names one element or action; empty where it does not say."""
    if branch.get("required") != ["type"]:
        return []
    definition = _definitions()[branch["allOf"][0]["$ref"].removeprefix("#/definitions/")]
    return list(definition.get("properties", {}).get("type", {}).get("enum", ()))


def _any_of(validator: Any, branches: Any, instance: Any, schema: Any) -> Any:
    """`anyOf` without the elements of another `type`, which cannot fit: to try all sixteen, each with its children, took most of the time."""
    if isinstance(instance, dict) and isinstance(kind := instance.get("type"), str):
        branches = [b for b in branches if kind in b.get("kinds", (kind,))] or branches
    return Draft6Validator.VALIDATORS["anyOf"](validator, branches, instance, schema)


@cache
def _validator() -> Any:
    """References are put in place once (what stands beside one is ignored in draft 6), so a definition that holds itself is a loop."""
    placed: dict[str, dict[str, Any]] = {name: {} for name in _definitions()}

    def place(value: Any) -> Any:
        if isinstance(value, list):
            return [place(v) for v in value]
        if not isinstance(value, dict):
            return value
        if isinstance(target := value.get("$ref"), str):
            return placed[target.removeprefix("#/definitions/")]
        inner = {k: place(v) for k, v in value.items()}
        return {**inner, "kinds": kinds} if (kinds := _kinds(value)) else inner

    for name, definition in _definitions().items():
        placed[name] |= place(definition)
    return extend(Draft6Validator, {"anyOf": _any_of})(placed["AdaptiveCard"])


def problems(card: Any, *, in_dialog: bool = False) -> list[str]:
    """What is wrong with a card; nothing is an empty list."""
    if not isinstance(card, dict) or card.get("type") != "AdaptiveCard":
        return ["not an Adaptive Card"]
    found = []
    if len(json.dumps(card, ensure_ascii=False, separators=(",", ":")).encode()) > LIMIT:
        found.append("413")
    if card.get("version") != "1.5":
        found.append(f"version {card.get('version')}")
    plain = _without_extensions(card, found)
    found += [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in _validator().iter_errors(plain)]
    ids = [n["id"] for n in nodes(card) if isinstance(n.get("id"), str)]
    found += [f"id {i} twice" for i in set(ids) if ids.count(i) > 1]
    for node in nodes(card):
        found += _node(node, in_dialog)
    return found


def _node(node: dict[str, Any], in_dialog: bool) -> list[str]:
    kind = str(node.get("type", ""))
    found = []
    if kind.startswith("Input.") and not node.get("id"):
        found.append(f"{kind} without id")
    if kind.startswith("Action.") and not str(node.get("title", "")).strip():
        found.append(f"{kind} without title")
    if kind == "Action.Execute" and in_dialog:
        found.append("Action.Execute in a dialog")
    if kind == "ActionSet" and len(node.get("actions", [])) > 6:
        found.append("more than six actions: Teams shows six")
    if kind == "Image" and not str(node.get("url", "")).startswith(("https://", "http://127.0.0.1", "http://localhost")):
        found.append("an image that is not https")
    if kind == "TextBlock":
        found.append("TextBlock renders Markdown: user text belongs in a TextRun")
    return found


def nodes(value: Any) -> list[dict[str, Any]]:
    """Every element and action, in reading order; data that goes back to the bot is not looked into."""
    found = []
    if isinstance(value, dict):
        if isinstance(value.get("type"), str):
            found.append(value)
        for key, inner in value.items():
            if key not in ("data", "fallback", "msteams"):
                found += nodes(inner)
    elif isinstance(value, list):
        for inner in value:
            found += nodes(inner)
    return found


def _without_extensions(value: Any, found: list[str]) -> Any:
    if isinstance(value, list):
        return [_without_extensions(v, found) for v in value]
    if not isinstance(value, dict):
        return value
    kind = str(value.get("type", ""))
    if kind.startswith("Chart."):
        found += _chart(value)
        return _without_extensions(value.get("fallback", {}), found)
    plain = {k: (v if k == "data" else _without_extensions(v, found)) for k, v in value.items() if k not in ("msteams", "choices.data")}
    if kind == "Input.ChoiceSet" and value.get("style") == "filtered":  # Teams' own style
        plain["style"] = "compact"
    query = value.get("choices.data")
    if query is not None and (query.get("type") != "Data.Query" or not query.get("dataset") or value.get("style") != "filtered"):
        found.append("choices.data is no Data.Query")
    return plain


def _chart(chart: dict[str, Any]) -> list[str]:
    kind, data = chart["type"], chart.get("data")
    if not isinstance(data, list) or not data or not isinstance(chart.get("fallback"), dict) or not isinstance(chart.get("title"), str):
        return [f"{kind} without data, title or fallback"]
    if set(chart) - {"type", "title", "data", "fallback", "xAxisTitle", "yAxisTitle"}:
        return [f"{kind} with {sorted(chart)}"]
    if kind in _GROUPED:
        return [p for series in data for p in ([] if isinstance(series.get("legend"), str) else ["legend"]) + _points(series.get("values"), _POINT)]
    return _points(data, _CHARTS[kind]) if kind in _CHARTS else [f"no such chart: {kind}"]


def _points(points: Any, shape: dict[str, tuple[type, ...]]) -> list[str]:
    good = isinstance(points, list) and all(set(p) == set(shape) and all(isinstance(p[k], t) for k, t in shape.items()) for p in points)
    return [] if good else [f"points {points!r}"[:200]]
