"""Charts as Teams draws them itself, with a table for clients that do not.

https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/charts-in-adaptive-cards
"""

from __future__ import annotations

from adapters.teams.elements import Element, clean, container, lines, table
from bot.messages import Chart
from content.catalog import Words


def chart_to_adaptive(chart: Chart, words: Words) -> Element:
    """One chart element."""
    labels = [clean(words(label)) for label in chart.labels]
    names = [clean(words(s.name)) for s in chart.series]
    drawn: Element = {"title": clean(words(chart.title)), "fallback": _fallback(chart, labels, names, words)}
    if chart.shape == "pie":
        data = [{"legend": label, "value": value} for label, value in zip(labels, chart.series[0].values, strict=False)]
        return {"type": "Chart.Donut", "data": data} | drawn
    if chart.shape == "line" or len(chart.series) > 1:
        grouped = [{"legend": name, "values": _points(labels, s.values)} for name, s in zip(names, chart.series, strict=True)]
        return {"type": "Chart.Line" if chart.shape == "line" else "Chart.VerticalBar.Grouped", "data": grouped} | drawn
    points = _points(labels, chart.series[0].values if chart.series else ())
    return {"type": "Chart.VerticalBar", "data": points, "yAxisTitle": names[0] if names else ""} | drawn


def _points(labels: list[str], values: tuple[int, ...]) -> list[Element]:
    return [{"x": label, "y": value} for label, value in zip(labels, values, strict=False)]


def _fallback(chart: Chart, labels: list[str], names: list[str], words: Words) -> Element:
    rows = []
    for i, label in enumerate(labels):
        figures = [words.value(s.values[i]) for s in chart.series if i < len(s.values)]
        rows.append((label, figures[0] if len(figures) == 1 else " · ".join(f"{n} {f}" for n, f in zip(names, figures, strict=False))))
    return container([*lines(words(chart.title), weight="Bolder"), table(rows)])
