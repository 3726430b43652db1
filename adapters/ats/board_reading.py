"""The child process that reads a job board: bytes on stdin, JSON on stdout, within limits on time, memory and output.

Run as a file, alone: it imports nothing of Vinkki but `reading.py`, its neighbour in feeds. What it is given is told by what is in it:

- Greenhouse Job Board API: `{"jobs": [{id, title, absolute_url, location: {name}, departments: [{name}], requisition_id, language,
  content}]}`; `content` is escaped HTML (developers.greenhouse.io/job-board.html, "List jobs"). `requisition_id` comes as text, number or null.
- Lever Postings API: `[{id, text, hostedUrl, categories: {location, department, team}, country, descriptionPlain}]`
  (github.com/lever/postings-api, "Get a list of job postings").
- Teamtailor: RSS 2.0 with `tt:locations/tt:location/{tt:name, tt:city, tt:country}` and `tt:department`, namespace
  https://teamtailor.com/locations (its career sites' /jobs.rss).
- schema.org JobPosting as JSON-LD in a page: title, identifier.value, url, jobLocation.address, validThrough, description
  (schema.org/JobPosting; developers.google.com/search/docs/appearance/structured-data/job-posting).
"""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin
from xml.etree.ElementTree import Element, ParseError

if TYPE_CHECKING:
    from adapters.feeds import reading
else:
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "feeds"))  # -I leaves this file's own folder out too
    import reading

MEMORY_BYTES = 400 * 1024 * 1024  # a board of 300 openings is 6 MB of JSON (measured on Lever)
MOST_OPENINGS = 2_000
MOST_MARKUP = 4_000  # characters of a description that are looked at
MOST_TEXT = 1_000  # and kept
TT = "{https://teamtailor.com/locations}"
Found = dict[str, str]


def read(body: bytes, charset: str, url: str) -> dict[str, Any]:
    """`{"form": which, "entries": […]}`, or `{"wrong": reason}`."""
    start = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start in (b"{", b"[") or body.startswith((b"\xff\xfe{", b"\xff\xfe[", b"\xfe\xff\0{", b"\xfe\xff\0[")):
        return _json(body)
    head = body[:2000].lower()
    if b"<rss" in head or (b"<?xml" in head and b"<html" not in head):
        return _rss(body)
    return _page(reading.decoded(body, charset), url)


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except UnicodeDecodeError:
        return {"wrong": "encoding"}
    except (ValueError, RecursionError):
        return {"wrong": "not_json"}
    jobs = found.get("jobs") if isinstance(found, dict) else None
    if isinstance(jobs, list):
        return _answer("greenhouse", (_greenhouse(job) for job in jobs if isinstance(job, dict)))
    if isinstance(found, list) and all(isinstance(job, dict) for job in found) and (not found or any("text" in job or "hostedUrl" in job for job in found)):
        return _answer("lever", (_lever(job) for job in found))
    return {"wrong": "not_board"}


def _greenhouse(job: dict[str, Any]) -> Found:
    departments = job.get("departments")
    first = departments[0] if isinstance(departments, list) and departments else None
    content = reading.plain(_text(job.get("content"))[: 2 * MOST_MARKUP])  # escaped once more than HTML is
    return _entry(
        job.get("id"), job.get("title"), _of(first, "name"), _of(job.get("location"), "name"), "", job.get("language"), content,
        job.get("absolute_url"), job.get("requisition_id"),
    )  # fmt: skip


def _lever(job: dict[str, Any]) -> Found:
    in_ = job.get("categories")
    text = _text(job.get("descriptionPlain")) or _text(job.get("description"))
    department, place = _of(in_, "department") or _of(in_, "team"), _of(in_, "location")
    return _entry(job.get("id"), job.get("text"), department, place, job.get("country"), "", text, job.get("hostedUrl"))


def _rss(body: bytes) -> dict[str, Any]:
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root = fromstring(body, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    except DefusedXmlException:
        return {"wrong": "entities"}
    except (ParseError, ValueError, LookupError):
        return {"wrong": "not_xml"}
    except RecursionError:
        return {"wrong": "not_board"}
    channel = root.find("channel") if root.tag == "rss" else None
    if channel is None:
        return {"wrong": "not_board"}
    items = channel.findall("item")
    if items and not any(child.tag.startswith(TT) for item in items for child in item):
        return {"wrong": "not_jobs"}
    return _answer("teamtailor", (_teamtailor(item, _child(channel, "language")) for item in items))


def _teamtailor(item: Element, language: str) -> Found:
    places = item.findall(f"{TT}locations/{TT}location")
    towns = [_child(p, f"{TT}city") or _child(p, f"{TT}name") for p in places]
    countries = {_child(p, f"{TT}country") for p in places} - {""}
    link = _child(item, "link")
    return _entry(
        _child(item, "guid") or link, _child(item, "title"), _child(item, f"{TT}department"), ", ".join(dict.fromkeys(t for t in towns if t)),
        countries.pop() if len(countries) == 1 else "", language, _child(item, "description"), link,
    )  # fmt: skip


def _page(text: str, url: str) -> dict[str, Any]:
    page = reading.Page()
    page.feed(text)
    found = [thing for piece in page.pieces["json"][:MOST_OPENINGS] for thing in _things(piece)]
    if not found:
        return {"wrong": "no_postings"}
    return _answer("page", (_posting(thing, page.language, url) for thing in found))


def _things(piece: str) -> Iterator[dict[str, Any]]:
    """Every JobPosting of a piece of JSON-LD, however it is wrapped: alone, in a list, a graph or an ItemList."""
    try:
        waiting = [json.loads(piece)]
    except (ValueError, RecursionError):
        return
    for _ in range(20 * MOST_OPENINGS):
        if not waiting:
            return
        thing = waiting.pop(0)
        if isinstance(thing, list):
            waiting = thing + waiting
        elif isinstance(thing, dict):
            kind = thing.get("@type")
            if kind == "JobPosting" or (isinstance(kind, list) and "JobPosting" in kind):
                yield thing
            waiting = [thing[name] for name in ("@graph", "itemListElement", "item", "mainEntity") if name in thing] + waiting


def _posting(thing: dict[str, Any], language: str, url: str) -> Found:
    places = thing.get("jobLocation")
    addresses = [p.get("address") for p in (places if isinstance(places, list) else [places]) if isinstance(p, dict)]
    towns = [_of(a, "addressLocality") or _of(a, "addressRegion") for a in addresses]
    countries = {_name(a.get("addressCountry")) for a in addresses if isinstance(a, dict)} - {""}
    link = _joined(url, _text(thing.get("url")))
    identifier = thing.get("identifier")
    own = _of(identifier, "value") or _text(identifier)
    return _entry(
        own or _text(thing.get("@id")) or link, thing.get("title"), "",
        ", ".join(dict.fromkeys(t for t in towns if t)), countries.pop() if len(countries) == 1 else "", _text(thing.get("inLanguage")) or language,
        thing.get("description"), link, own, _day(thing.get("validThrough")),
    )  # fmt: skip


def _joined(base: str, link: str) -> str:
    """A posting's own address; as it stands where it is none, so that this entry alone is named as wrong."""
    try:
        return urljoin(base, link)
    except ValueError:
        return link


def _answer(form: str, entries: Iterator[Found]) -> dict[str, Any]:
    found: list[Found] = []
    for entry in entries:
        if len(found) == MOST_OPENINGS:
            return {"wrong": "too_many"}
        found.append(entry)
    return {"form": form, "entries": found}


def _entry(
    key: Any, title: Any, department: Any = "", location: Any = "", country: Any = "", language: Any = "", description: Any = "", link: Any = "",
    requisition_id: Any = "", open_until: str = "",
) -> Found:  # fmt: skip
    return {
        "key": _clean(_text(key))[:500], "title": _short(title, 100), "department": _short(department, 80), "location": _short(location, 80),
        "country": _short(country, 60), "language": _text(language)[:20], "description": _short(_text(description)[:MOST_MARKUP], MOST_TEXT),
        "link": _clean(_text(link))[:2100], "requisition_id": _clean(_text(requisition_id))[:80], "open_until": open_until,
    }  # fmt: skip


def _text(value: Any) -> str:
    """Text, or a number as text; nothing for anything else."""
    return value if isinstance(value, str) else str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _of(value: Any, name: str) -> str:
    return _text(value.get(name)) if isinstance(value, dict) else ""


def _name(value: Any) -> str:
    return _of(value, "name") or _text(value)


def _day(value: Any) -> str:
    found = re.match(r"\d{4}-\d\d-\d\d", _text(value))
    return found.group() if found else ""


def _child(parent: Element, name: str) -> str:
    child = parent.find(name)
    return "" if child is None else "".join(child.itertext()).strip()


def _short(value: Any, most: int) -> str:
    """A line of text without markup and without what hides or reorders text, cut at a word's end where it is too long."""
    text = _clean(reading.plain(_text(value)))
    return text if len(text) <= most else text[: most - 1].rsplit(" ", 1)[0][: most - 1].rstrip() + "…"


def _clean(text: str) -> str:
    return " ".join("".join(c for c in text if c.isspace() or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co")).split())


def main(url: str, charset: str = "") -> None:
    """Read stdin, write what was found."""
    reading.limit(MEMORY_BYTES)
    found = read(sys.stdin.buffer.read(), charset, url)
    sys.stdout.buffer.write(json.dumps(found, ensure_ascii=False).encode("utf-8", "replace"))


if __name__ == "__main__":
    main(*sys.argv[1:3])
