"""The child process that reads a feed: bytes on stdin, JSON on stdout, within limits on time and memory.

Run as a file, alone: it imports nothing of Vinkki. feedparser needs over a minute for one tag with 100,000 attributes;
expat with entities forbidden needs milliseconds (facts/reliability.md F6).
"""

from __future__ import annotations

import json
import sys
from html.parser import HTMLParser
from typing import Any
from xml.etree.ElementTree import Element, ParseError

CPU_SECONDS = 4
MEMORY_BYTES = 400 * 1024 * 1024
MOST_ENTRIES = 500
MOST_CHARACTERS = 20_000
ATOM = "{http://www.w3.org/2005/Atom}"
RSS1 = "{http://purl.org/rss/1.0/}"
DUBLIN_CORE = "{http://purl.org/dc/elements/1.1/}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


def limit() -> None:
    """Take time and memory away from this process; not available on every system."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))


def read(body: bytes) -> dict[str, Any]:
    """`{"entries": […]}`, or `{"wrong": reason}`."""
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root = fromstring(body, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    except DefusedXmlException:
        return {"wrong": "entities"}
    except (ParseError, ValueError, LookupError):
        return {"wrong": "not_xml"}
    if root.tag == f"{ATOM}feed":
        return {"entries": [_atom(e, root.get(LANGUAGE, "")) for e in root.findall(f"{ATOM}entry")[:MOST_ENTRIES]]}
    if root.tag == "rss" and (channel := root.find("channel")) is not None:
        return {"entries": [_rss(i, channel.findtext("language") or "", "") for i in channel.findall("item")[:MOST_ENTRIES]]}
    if root.tag.endswith("}RDF"):
        return {"entries": [_rss(i, "", RSS1) for i in root.findall(f"{RSS1}item")[:MOST_ENTRIES]]}
    return {"wrong": "not_feed"}


def _rss(item: Element, language: str, space: str) -> dict[str, str]:
    guid = _of(item, f"{space}guid")
    permalink = guid if guid.startswith(("http://", "https://")) and (item.find("guid") is not None) else ""
    summary = _of(item, f"{space}description") or _of(item, CONTENT)
    return _entry(_of(item, f"{space}title"), _of(item, f"{space}link") or permalink, summary, guid, _of(item, f"{DUBLIN_CORE}language") or language)


def _atom(entry: Element, language: str) -> dict[str, str]:
    links = entry.findall(f"{ATOM}link")
    link = next((x.get("href", "") for x in links if x.get("rel", "alternate") == "alternate"), "")
    summary = _of(entry, f"{ATOM}summary") or _of(entry, f"{ATOM}content")
    return _entry(_of(entry, f"{ATOM}title"), link, summary, _of(entry, f"{ATOM}id"), entry.get(LANGUAGE, "") or language)


def _of(parent: Element, name: str) -> str:
    """All the text of a child, markup (type="xhtml") left out."""
    child = parent.find(name)
    return "" if child is None else "".join(child.itertext())[:MOST_CHARACTERS].strip()


def _entry(title: str, link: str, summary: str, guid: str, language: str) -> dict[str, str]:
    return {"title": plain(title)[:300], "link": link[:2100], "summary": plain(summary)[:1500], "guid": guid[:500], "language": language[:20]}


class _Text(HTMLParser):
    """The words of a piece of HTML."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.hidden += tag in ("script", "style")
        self.words.append(" ")

    def handle_endtag(self, tag: str) -> None:
        self.hidden = max(0, self.hidden - (tag in ("script", "style")))
        self.words.append(" ")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.words.append(data)


def plain(text: str) -> str:
    """Text as a reader sees it: titles and descriptions of RSS are escaped HTML as often as not."""
    if "<" not in text and "&" not in text:
        return " ".join(text.split())
    parser = _Text()
    parser.feed(text)
    parser.close()
    return " ".join("".join(parser.words).split())


if __name__ == "__main__":
    limit()
    json.dump(read(sys.stdin.buffer.read()), sys.stdout)
