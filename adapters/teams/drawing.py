"""Chart.* elements as SVG, for the preview: bars, lines and rings in the colours Teams uses."""

from __future__ import annotations

import math
from html import escape

from adapters.teams.elements import Element

_COLORS = ("#637cef", "#e3008c", "#2aa0a4", "#9373c0", "#13a10e", "#3a96dd", "#ca5010", "#57811b", "#b146c2", "#ae8c00", "#c239b3", "#7f8fa9")
_WIDTH, _HEIGHT, _FLOOR = 520, 200, 160


def chart(element: Element) -> str:
    """A chart as a figure."""
    kind, data = element["type"], element["data"]
    if kind == "Chart.Donut":
        drawn = _ring(data)
    elif kind == "Chart.Line":
        drawn = _lines(data)
    else:
        drawn = _bars(data if kind.endswith("Grouped") else [{"legend": "", "values": data}])
    return f'<figure><figcaption>{escape(element["title"])}</figcaption><svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="100%" role="img">{drawn}</svg></figure>'


def _text(x: float, y: float, text: str, name: str = "", anchor: str = "middle") -> str:
    shown = text if len(text) <= 14 else text[:13] + "…"
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{name}">{escape(shown)}</text>'


def _top(series: list[Element]) -> float:
    return max([1.0, *(float(p["y"]) for s in series for p in s["values"])])


def _bars(series: list[Element]) -> str:
    top, count = _top(series), max(1, len(series[0]["values"]))
    slot = _WIDTH / count
    width = min(48.0, slot * 0.7 / len(series))
    out = [f'<line x1="0" x2="{_WIDTH}" y1="{_FLOOR}" y2="{_FLOOR}" stroke="currentColor" stroke-opacity=".2"/>']
    for k, one in enumerate(series):
        for i, point in enumerate(one["values"]):
            tall = float(point["y"]) / top * (_FLOOR - 26)
            x = slot * (i + 0.5) + (k - len(series) / 2) * width
            out.append(f'<rect x="{x:.1f}" y="{_FLOOR - tall:.1f}" width="{width - 2:.1f}" height="{tall:.1f}" rx="2" fill="{_COLORS[k]}"/>')
            out.append(_text(x + width / 2 - 1, _FLOOR - tall - 6, str(point["y"]), "figure"))
    out += [_text(slot * (i + 0.5), _FLOOR + 18, str(p["x"])) for i, p in enumerate(series[0]["values"])]
    return "".join(out) + _legend(series)


def _lines(series: list[Element]) -> str:
    top, count = _top(series), max(2, len(series[0]["values"]))
    step = (_WIDTH - 60) / (count - 1)
    out = []
    for k, one in enumerate(series):
        points = " ".join(f"{30 + i * step:.1f},{_FLOOR - float(p['y']) / top * (_FLOOR - 20):.1f}" for i, p in enumerate(one["values"]))
        out.append(f'<polyline points="{points}" fill="none" stroke="{_COLORS[k]}" stroke-width="2.5" stroke-linejoin="round"/>')
    every = math.ceil(count / 6)
    out += [_text(30 + i * step, _FLOOR + 18, str(p["x"])) for i, p in enumerate(series[0]["values"]) if i % every == 0]
    return "".join(out) + _legend(series)


def _legend(series: list[Element]) -> str:
    if len(series) < 2:
        return ""
    out = []
    for k, one in enumerate(series):
        x = 20 + k * (_WIDTH - 40) / len(series)
        out.append(f'<circle cx="{x:.1f}" cy="190" r="4" fill="{_COLORS[k]}"/>' + _text(x + 8, 194, str(one["legend"]), anchor="start"))
    return "".join(out)


def _ring(data: list[Element]) -> str:
    total = sum(float(d["value"]) for d in data) or 1.0
    out, turned, round_ = [], 0.0, 2 * math.pi * 60
    for k, part in enumerate(data):
        share = float(part["value"]) / total
        dash = f"{share * round_:.2f} {round_:.2f}"
        turn = f"rotate({turned * 360 - 90:.2f} 100 100)"
        out.append(f'<circle cx="100" cy="100" r="60" fill="none" stroke="{_COLORS[k % 12]}" stroke-width="34" stroke-dasharray="{dash}" transform="{turn}"/>')
        y = 30 + k * 20
        out.append(f'<circle cx="220" cy="{y - 4}" r="5" fill="{_COLORS[k % 12]}"/>' + _text(232, y, f"{part['legend']} {part['value']}", anchor="start"))
        turned += share
    return "".join(out)
