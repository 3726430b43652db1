"""Charts: Slack's own `data_visualization` block (messages and App Home), and figures as text where it cannot be drawn.

slack_sdk has no model for the block yet (3.47), so its JSON is written here; docs.slack.dev/reference/block-kit/blocks/data-visualization-block.
"""

from __future__ import annotations

from typing import Any

from slack_sdk.models.blocks import RichTextBlock, RichTextElementParts, RichTextPreformattedElement, RichTextSectionElement

from adapters.slack.blocks import to_json
from adapters.slack.text import tidy
from bot.messages import Chart
from content.catalog import Words

PER_MESSAGE = 2
_LABEL, _NAME, _TITLE, _POINTS, _SERIES, _SEGMENTS = 20, 20, 50, 20, 12, 12
_BAR = 16  # characters of the longest bar drawn with text


def chart_block(chart: Chart, words: Words) -> dict[str, Any] | None:
    """The chart as Slack draws it, or None when Slack would refuse it (nothing in it, nothing above zero in a pie)."""
    drawn = _pie(chart, words) if chart.shape == "pie" else _axes(chart, words)
    if drawn is None:
        return None
    return {"type": "data_visualization", "title": tidy(words(chart.title), _TITLE), "chart": drawn}


def _pie(chart: Chart, words: Words) -> dict[str, Any] | None:
    labels = _labels(chart, words)
    values = chart.series[0].values if chart.series else ()
    parts = sorted(((v, label) for v, label in zip(values, labels, strict=False) if v > 0), reverse=True)[:_SEGMENTS]
    return {"type": "pie", "segments": [{"label": label, "value": v} for v, label in parts]} if parts else None


def _axes(chart: Chart, words: Words) -> dict[str, Any] | None:
    labels = _labels(chart, words)[:_POINTS]
    if not labels or not chart.series:
        return None
    names = _distinct([tidy(words(s.name), _NAME) for s in chart.series[:_SERIES]])
    series = [
        {"name": name, "data": [{"label": label, "value": value} for label, value in zip(labels, _filled(s.values, len(labels)), strict=True)]}
        for name, s in zip(names, chart.series, strict=False)
    ]
    return {"type": chart.shape, "series": series, "axis_config": {"categories": labels}}


def _filled(values: tuple[int, ...], count: int) -> tuple[int, ...]:
    """One value for each label: Slack refuses a series with a gap."""
    return (*values[:count], *[0] * (count - len(values)))


def _labels(chart: Chart, words: Words) -> list[str]:
    return _distinct([tidy(words(label), _LABEL) for label in chart.labels])


def _distinct(names: list[str]) -> list[str]:
    """Slack tells labels apart by their text: two that became equal by cutting get a number."""
    out: list[str] = []
    for name in names:
        found, number = name, 2
        while found in out:
            ending = f" {number}"
            found, number = name[: _LABEL - len(ending)] + ending, number + 1
        out.append(found)
    return out


def chart_text(chart: Chart, words: Words) -> dict[str, Any]:
    """The figures as text with bars: for modals, a third chart in a message, and workspaces without charts."""
    title = RichTextSectionElement(elements=[_text(tidy(words(chart.title), 150), is_bold=True)])
    body = RichTextPreformattedElement(elements=[_text(tidy("\n".join(_lines(chart, words)), 2500))])
    return to_json(RichTextBlock(elements=[title, body]))


def _text(text: str, *, is_bold: bool = False) -> RichTextElementParts.Text:
    return RichTextElementParts.Text(text=text, style=RichTextElementParts.TextStyle(bold=True) if is_bold else None)


def _lines(chart: Chart, words: Words) -> list[str]:
    labels = [tidy(words(label), _LABEL) for label in chart.labels]
    width = max((len(label) for label in labels), default=0)
    top = max((v for s in chart.series for v in s.values), default=0)
    out: list[str] = []
    for series in chart.series:
        if len(chart.series) > 1:
            out.append(tidy(words(series.name), 60))
        for label, value in zip(labels, series.values, strict=False):
            bar = "█" * round(_BAR * value / top) if top > 0 and value > 0 else ""
            out.append(f"{label.ljust(width)}  {bar}{' ' if bar else ''}{value}")
    return out or [words(chart.title)]
