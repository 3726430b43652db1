"""A chart as figures; each platform draws it natively."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.messages.text import Text


@dataclass(frozen=True)
class Series:
    """One row of values, in the order of the chart's labels. Whole numbers only."""

    name: Text
    values: tuple[int, ...]


@dataclass(frozen=True)
class Chart:
    """At most 20 labels and 12 series (the tighter of Slack's and Teams' limits); `pie` takes one series."""

    title: Text
    labels: tuple[Text, ...]
    series: tuple[Series, ...]
    shape: Literal["bar", "line", "pie"] = "bar"
