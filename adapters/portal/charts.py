"""A chart as shapes for an inline SVG. The figures also stand in a table beside it, so nothing depends on seeing colours.

The drawing is 360 units wide, a phone's width, so that its letters stay readable when the page scales it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from bot.messages import Chart
from content.catalog import Words

WIDTH = 360
_BAR, _GAP, _LABEL = 14, 4, 20


@dataclass(frozen=True)
class Shape:
    """One SVG element: its tag, its attributes, its text; `series` chooses the colour."""

    tag: str
    attributes: dict[str, str]
    series: int | None = None
    text: str = ""


@dataclass
class Drawing:
    """Everything a template needs: shapes, a legend, and the figures as a table of words."""

    title: str
    height: int
    shapes: list[Shape] = field(default_factory=list)
    legend: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    rows: list[tuple[str, list[str]]] = field(default_factory=list)  # series name, its values in words

    @property
    def summary(self) -> str:
        """The figures as one sentence, for a reader who does not see the drawing."""
        return "; ".join(f"{name}: " + ", ".join(f"{label} {value}" for label, value in zip(self.labels, values, strict=False)) for name, values in self.rows)


def drawing(chart: Chart, words: Words) -> Drawing:
    """The chart in the reader's words."""
    out = Drawing(words(chart.title), 0)
    out.labels = [words(label) for label in chart.labels]
    out.rows = [(words(s.name), [words.value(v) for v in s.values]) for s in chart.series]
    out.legend = out.labels if chart.shape == "pie" else [name for name, _ in out.rows]
    {"bar": _bars, "line": _lines, "pie": _pie}[chart.shape](chart, out)
    return out


def _n(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


def _bars(chart: Chart, out: Drawing) -> None:
    top = max((v for s in chart.series for v in s.values), default=0) or 1
    y = 4
    for i, label in enumerate(out.labels):
        out.shapes.append(Shape("text", {"x": "0", "y": str(y + 13), "class": "label"}, text=label))
        y += _LABEL
        for k, series in enumerate(chart.series):
            value = series.values[i] if i < len(series.values) else 0
            width = max(2.0, max(0, value) / top * (WIDTH - 60))
            out.shapes.append(Shape("rect", {"x": "0", "y": str(y), "width": _n(width), "height": str(_BAR), "rx": "4"}, k))
            out.shapes.append(Shape("text", {"x": _n(width + 6), "y": str(y + 12), "class": "value"}, text=out.rows[k][1][i] if i < len(series.values) else ""))
            y += _BAR + _GAP
        y += 8
    out.height = y


def _lines(chart: Chart, out: Drawing) -> None:
    top = max((v for s in chart.series for v in s.values), default=0) or 1
    left, right, high, low = 6, WIDTH - 6, 24, 160
    steps = max(1, len(out.labels) - 1)
    out.shapes += [Shape("line", {"x1": "0", "x2": str(WIDTH), "y1": str(y), "y2": str(y), "class": "rule"}) for y in (high, (high + low) // 2, low)]
    out.shapes.append(Shape("text", {"x": "0", "y": str(high - 7), "class": "value"}, text=str(top)))
    for k, series in enumerate(chart.series):
        points = [(left + i * (right - left) / steps, low - max(0, v) / top * (low - high)) for i, v in enumerate(series.values)]
        out.shapes.append(Shape("polyline", {"points": " ".join(f"{_n(x)},{_n(y)}" for x, y in points), "class": "stroke"}, k))
        out.shapes += [Shape("circle", {"cx": _n(x), "cy": _n(y), "r": "3.5"}, k) for x, y in points]
    for i, anchor in {0: "start", len(out.labels) // 2: "middle", len(out.labels) - 1: "end"}.items():
        if 0 <= i < len(out.labels) and (anchor != "middle" or len(out.labels) > 2):
            x = left + i * (right - left) / steps
            out.shapes.append(Shape("text", {"x": _n(x), "y": str(low + 20), "class": "label", "text-anchor": anchor}, text=out.labels[i]))
    out.height = low + 28


def _pie(chart: Chart, out: Drawing) -> None:
    values = [max(0, v) for v in chart.series[0].values] if chart.series else []
    total, angle, radius, cx, cy = sum(values) or 1, -math.pi / 2, 62.0, WIDTH / 2, 90.0
    for k, value in enumerate(values):
        if value == 0:
            continue
        share = value / total
        if share > 0.999:
            out.shapes.append(Shape("circle", {"cx": _n(cx), "cy": _n(cy), "r": _n(radius), "class": "ring"}, k))
            continue
        end = angle + share * 2 * math.pi
        x1, y1, x2, y2 = cx + radius * math.cos(angle), cy + radius * math.sin(angle), cx + radius * math.cos(end), cy + radius * math.sin(end)
        path = f"M{_n(x1)} {_n(y1)}A{_n(radius)} {_n(radius)} 0 {int(share > 0.5)} 1 {_n(x2)} {_n(y2)}"
        out.shapes.append(Shape("path", {"d": path, "class": "ring"}, k))
        angle = end
    out.shapes.append(Shape("text", {"x": _n(cx), "y": _n(cy + 8), "class": "total", "text-anchor": "middle"}, text=str(sum(values))))
    out.legend = [f"{label}: {value}" for label, value in zip(out.labels, out.rows[0][1] if out.rows else [], strict=False)]
    out.height = 180
