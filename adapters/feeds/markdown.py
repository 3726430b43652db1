"""Stories from Markdown files with front matter: one file is one story, its body the summary, its captions in the front matter.

---
title: What ice sounds like
kind: give                  # give, tell or ask
link: https://meri.example/stories/ice
language: en
topics: [engineering, sea ice]
captions:
  en: [First, Second]
  fi: [Ensimmäinen]
networks:                   # captions for one network only
  x: {en: [Short one]}
---
Two or three sentences that say why it is worth a click.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import frontmatter
import yaml

from adapters.feeds.found import Broken, Found
from bot.desks.hr.stories import CaptionDraft, Draft
from bot.messages import say

MOST_BYTES = 256 * 1024


def read(path: Path) -> Iterator[Found | Broken]:
    """Every Markdown file of a folder and the folders in it, by name. The file's path within the folder is the story's GUID."""
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.suffix.lower() in (".md", ".markdown"))
    for file in files:
        name = file.name if path.is_file() else file.relative_to(path).as_posix()
        yield _read_file(file, name)


def _read_file(file: Path, name: str) -> Found | Broken:
    try:
        if file.stat().st_size > MOST_BYTES:
            return Broken(name, say("feeds.markdown.large"))
        post = frontmatter.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as e:
        return Broken(name, say("feeds.markdown.unreadable", reason=str(e.strerror)))
    except UnicodeDecodeError:
        return Broken(name, say("feeds.markdown.encoding"))
    except (yaml.YAMLError, ValueError, RecursionError) as e:
        mark = getattr(e, "problem_mark", None)
        return Broken(name, say("feeds.markdown.front_matter", line=mark.line + 1 if mark else 1))
    if not post.metadata:
        return Broken(name, say("feeds.markdown.no_front_matter"))
    try:
        return Found(name, _draft(name, post.metadata, post.content))
    except (TypeError, AttributeError, KeyError):
        return Broken(name, say("feeds.markdown.shape"))


def _draft(name: str, meta: dict[str, Any], body: str) -> Draft:
    language = _text(meta.get("language"), "en")
    return Draft(
        title=_text(meta.get("title")), link=_text(meta.get("link")), summary=_text(meta.get("summary")) or body, kind=_text(meta.get("kind"), "give"),
        language=language, topics=_texts(meta.get("topics")), image_url=_text(meta.get("image")), image_alt=_text(meta.get("image_alt")),
        captions=_captions(meta, language), source="markdown", source_guid=name, is_internal=meta.get("internal") is True,
    )  # fmt: skip


def _captions(meta: dict[str, Any], language: str) -> tuple[CaptionDraft, ...]:
    found = [CaptionDraft(text, locale) for locale, texts in _by_locale(meta.get("captions"), language) for text in texts]
    for network, given in (meta.get("networks") or {}).items():
        found += [CaptionDraft(text, locale, _text(network)) for locale, texts in _by_locale(given, language) for text in texts]
    return tuple(found)


def _by_locale(given: Any, language: str) -> list[tuple[str, tuple[str, ...]]]:
    """Captions as a table by language, or as one list in the story's own."""
    if isinstance(given, dict):
        return [(_text(locale), _texts(texts)) for locale, texts in given.items()]
    return [(language, _texts(given))]


def _text(value: Any, otherwise: str = "") -> str:
    if value is None:
        return otherwise
    if isinstance(value, str | int | float):  # a title may be a year
        return str(value)
    raise TypeError("text expected")


def _texts(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str):
        return tuple(part for part in value.split(",") if part.strip())
    return tuple(_text(part) for part in list(value)[:100])
