"""The demo's templates: the same manner as the portal's, words from the `demo` and `tour` tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bot.messages import say
from content import Words

HERE = Path(__file__).parent
_ENV = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def draw(template: str, words: Words, **values: Any) -> Markup:
    """A template in somebody's language; `t(key, …)` gives words by their whole key."""

    def t(key: str, **params: object) -> str:
        return words(say(key, **params))

    return Markup(_ENV.get_template(template).render(t=t, locale=words.locale, **values))  # noqa: S704 autoescaped above
