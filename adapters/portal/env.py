"""The portal's templates: Jinja2 with autoescape on, words from content/, and the few functions a template may call."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from adapters.portal import charts, icons
from bot.messages import say
from content.catalog import Words

HERE = Path(__file__).parent
STATIC = HERE / "static"


@cache
def asset(name: str) -> str:
    """The address of a static file; it changes with the content, so that browsers may keep it for a year."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


def outward(url: str) -> str:
    """An address that a page may lead to, or the empty text: http, https and mailto, nothing that runs or hides."""
    url = url.strip()
    if any(ord(c) < 33 or c == "\\" for c in url):
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:  # an unclosed bracket
        return ""
    if parts.scheme in ("http", "https") and parts.hostname:
        return url
    return url if parts.scheme == "mailto" else ""


def local(path: str) -> str:
    """A path on this portal, or `/`: an answer never leads to where a stranger's link says."""
    if not path.startswith("/") or path.startswith(("//", "/\\")) or any(ord(c) < 33 or c == "\\" for c in path):
        return "/"
    return path[:500]


def _environment() -> Environment:
    env = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    env.globals.update(asset=asset, icon=icons.icon, drawing=charts.drawing)
    env.filters.update(outward=outward, local=local)
    return env


_ENV = _environment()


def draw(template: str, words: Words, **values: Any) -> Markup:
    """A template in somebody's language. In templates `w(text)` gives the words of a Text, `t(key, …)` those of a key."""

    def t(key: str, **params: object) -> str:
        return words(say(f"portal.{key}", **params))

    return Markup(_ENV.get_template(template).render(w=words, t=t, words=words, locale=words.locale, **values))  # noqa: S704 autoescaped above
