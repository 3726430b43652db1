"""Reads HTML pages in tests as a reader does: elements, their words, forms with what a browser would send."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
SILENT = {"script", "style", "template", "datalist", "title"}


@dataclass
class Element:
    """One element; `children` are elements and strings in order."""

    tag: str
    attrs: dict[str, str]
    parent: Element | None = None
    children: list[Element | str] = field(default_factory=list)

    def walk(self) -> Iterator[Element]:
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.walk()

    def all(self, tag: str = "", **attrs: str) -> list[Element]:
        """Descendants by tag, attributes (`class_` for one of the classes); `name=""` asks for the attribute's presence."""
        return [e for e in self.walk() if e is not self and tag in ("", e.tag) and all(_has(e, k, v) for k, v in attrs.items())]

    def one(self, tag: str = "", **attrs: str) -> Element:
        found = self.all(tag, **attrs)
        assert len(found) == 1, f"{len(found)} of {tag} {attrs} in {self.text[:500]}"
        return found[0]

    def strings(self) -> Iterator[str]:
        """What is shown, in order: text, alternative texts, what stands in fields that are only for reading."""
        if self.tag in SILENT or "hidden" in self.attrs:
            return
        if self.tag == "img":
            yield self.attrs.get("alt", "")
        if self.tag == "input" and "readonly" in self.attrs:
            yield self.attrs.get("value", "")
        for child in self.children:
            if isinstance(child, str):
                yield child
            else:
                yield from child.strings()

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.strings()).split())

    @property
    def classes(self) -> set[str]:
        return set(self.attrs.get("class", "").split())

    def within(self, tag: str) -> Element | None:
        at = self.parent
        while at is not None and at.tag != tag:
            at = at.parent
        return at

    def fields(self) -> list[tuple[str, str]]:
        """What a browser sends with this form when its default button is pressed."""
        sent: list[tuple[str, str]] = []
        for e in self.walk():
            name = e.attrs.get("name", "")
            if not name or "disabled" in e.attrs or e.tag == "button":
                continue
            if e.tag == "input" and (e.attrs.get("type") not in ("checkbox", "radio") or "checked" in e.attrs):
                sent.append((name, e.attrs.get("value", "on")))
            elif e.tag == "textarea":
                sent.append((name, "".join(c for c in e.children if isinstance(c, str)).removeprefix("\n").replace("\n", "\r\n")))
            elif e.tag == "select":
                options = e.all("option")
                chosen = next((o for o in options if "selected" in o.attrs), options[0])
                sent.append((name, chosen.attrs.get("value", chosen.text)))
        return sent


def _has(element: Element, name: str, value: str) -> bool:
    if name == "class_":
        return value in element.classes
    name = name.rstrip("_").replace("_", "-")
    return name in element.attrs and value in ("", element.attrs[name])


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self.at = Element("#page", {})

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"an attribute twice in <{tag}>: {names}"
        element = Element(tag, {name: value or "" for name, value in attrs}, self.at)
        self.at.children.append(element)
        if tag not in VOID:
            self.at = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.at = self.at.parent or self.root

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        assert self.at.tag == tag, f"</{tag}> closes <{self.at.tag}>"
        self.at = self.at.parent or self.root

    def handle_data(self, data: str) -> None:
        self.at.children.append(data)


def read_html(html: str) -> Element:
    """The page as elements. AssertionError where tags are not closed in order, an attribute or an id stands twice."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert reader.at is reader.root, f"<{reader.at.tag}> is not closed"
    ids = [e.attrs["id"] for e in reader.root.walk() if "id" in e.attrs]
    assert len(ids) == len(set(ids)), f"an id twice: {sorted(i for i in ids if ids.count(i) > 1)}"
    return reader.root
