"""The child process that reads a feed or a page: bytes on stdin, JSON on stdout, within limits on time, memory and output.

Run as a file, alone: it imports nothing of Vinkki. `reading.py feed`, or `reading.py page <charset>`. feedparser needs over a
minute for one tag with 100,000 attributes; expat with entities forbidden needs milliseconds (measured).
"""

from __future__ import annotations

import codecs
import json
import re
import sys
from html.parser import HTMLParser
from typing import Any
from xml.etree.ElementTree import Element, ParseError

CPU_SECONDS = 3
MEMORY_BYTES = 150 * 1024 * 1024
OUTPUT_BYTES = 4 * 1024 * 1024
MOST_ENTRIES = 500
MOST_CHARACTERS = 20_000
ATOM = "{http://www.w3.org/2005/Atom}"
RSS1 = "{http://purl.org/rss/1.0/}"
DUBLIN_CORE = "{http://purl.org/dc/elements/1.1/}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


def limit(memory: int = MEMORY_BYTES) -> None:
    """Take time, memory (bytes), output and children away from this process; not available on every system."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (OUTPUT_BYTES, OUTPUT_BYTES))
    resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))


def read(body: bytes) -> dict[str, Any]:
    """A feed: `{"entries": […]}`, or `{"wrong": reason}`."""
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root = fromstring(body, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    except DefusedXmlException:
        return {"wrong": "entities"}
    except (ParseError, ValueError, LookupError):
        return {"wrong": "html" if b"<html" in body[:2000].lower() else "not_xml"}
    except RecursionError:
        return {"wrong": "not_feed"}
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


class Page(HTMLParser):
    """What a page says of itself in its head: <title>, <meta>, JSON-LD; the rest is passed over."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.meta: dict[str, str] = {}
        self.language = ""
        self.pieces: dict[str, list[str]] = {"title": [], "json": []}
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs[:20]}
        if tag == "html":
            self.language = self.language or found.get("lang", "")
        elif tag == "meta":
            name = (found.get("property") or found.get("name") or found.get("itemprop") or "").strip().lower()
            if name and found.get("content") and len(self.meta) < MOST_ENTRIES:
                self.meta.setdefault(name[:100], found["content"][:MOST_CHARACTERS])
        elif tag == "title" and not self.pieces["title"]:
            self.inside = "title"
        elif tag == "script" and found.get("type", "").strip().lower() == "application/ld+json":
            self.inside = "json"
            self.pieces["json"].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("title", "script"):
            self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside == "title":
            self.pieces["title"].append(data[:MOST_CHARACTERS])
        elif self.inside == "json":
            self.pieces["json"][-1] += data


def read_page(body: bytes, charset: str) -> dict[str, Any]:
    """A page: `{"page": {title, summary, image, image_alt, language, site}}`, texts that may be empty. Open Graph first (it is
    written for being shared), then schema.org, then what every page has."""
    page = Page()
    page.feed(decoded(body, charset))
    meta, article = page.meta, _article(page.pieces["json"])
    title = meta.get("og:title") or _as_text(article.get("headline")) or meta.get("twitter:title") or "".join(page.pieces["title"])
    summary = meta.get("og:description") or _as_text(article.get("description")) or meta.get("twitter:description") or meta.get("description", "")
    image = meta.get("og:image:secure_url") or meta.get("og:image") or meta.get("og:image:url") or _image(article.get("image")) or meta.get("twitter:image", "")
    language = page.language or meta.get("og:locale", "") or _as_text(article.get("inLanguage"))
    return {"page": {
        "title": plain(title)[:300], "summary": plain(summary)[:1500], "image": image.strip()[:2100], "language": language[:20],
        "image_alt": plain(meta.get("og:image:alt") or meta.get("twitter:image:alt", ""))[:300], "site": plain(meta.get("og:site_name", ""))[:100],
    }}  # fmt: skip


def decoded(body: bytes, charset: str) -> str:
    """The text: by its byte order mark, the server's word, the page's own, as UTF-8, else as what old pages are written in."""
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return body.decode("utf-16", "replace")
    own = re.search(rb"charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", body[:4096], re.IGNORECASE)
    for name in (charset, own.group(1).decode("ascii", "ignore") if own else "", "utf-8"):
        try:
            return codecs.getincrementaldecoder(name)("strict").decode(body)  # the last character may have been cut through
        except (LookupError, ValueError, TypeError):
            continue
    return body.decode("windows-1252", "replace")


def _article(texts: list[str]) -> dict[str, Any]:
    """The first thing of JSON-LD that has a headline."""
    for text in texts[:10]:
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            continue
        things = found if isinstance(found, list) else found.get("@graph", [found]) if isinstance(found, dict) else []
        for thing in things[:50] if isinstance(things, list) else []:
            if isinstance(thing, dict) and thing.get("headline"):
                return thing
    return {}


def _image(value: Any) -> str:
    """schema.org's image: an address, an object with one, or a list of either."""
    first = value[0] if isinstance(value, list) and value else value
    return _as_text(first.get("url") if isinstance(first, dict) else first)


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else ""


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


def main(how: str, charset: str = "") -> None:
    """Read stdin, write what was found."""
    limit()
    body = sys.stdin.buffer.read()
    found = read(body) if how == "feed" else read_page(body, charset)
    sys.stdout.buffer.write(json.dumps(found, ensure_ascii=False).encode("utf-8", "replace"))


if __name__ == "__main__":
    main(*sys.argv[1:3])
