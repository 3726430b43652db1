from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from conftest import START, add_person
from sqlmodel import col, select

from adapters.feeds import child, import_stories
from adapters.feeds.feed import entries
from bot import stories
from bot.db import Database
from bot.desks import Deployment, notices
from bot.errors import Refusal, VinkkiError
from bot.messages import say
from bot.stories import Story
from content import Words

GOOD = """---
title: Story {n}
kind: give
link: https://meri.example/stories/{n}
language: en
topics: [engineering, sea ice]
captions:
  en: [First of {n}, Second of {n}]
  fi: [Ensimmäinen]
networks:
  x: {{en: [Short]}}
---
Why it is worth a click.
"""
RSS = """<?xml version="1.0" encoding="{encoding}"?>
<rss version="2.0"><channel><title>Meri</title><language>fi-FI</language>
<item><title>Jää &amp;amp; ääni</title><link>https://meri.example/a</link><guid isPermaLink="false">a-1</guid>
<description>&lt;p&gt;Kuuntele &lt;b&gt;jäätä&lt;/b&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;/p&gt;</description><pubDate>not a date</pubDate></item>
<item><title>Twice</title><link>https://meri.example/b</link><guid>https://meri.example/b</guid></item>
<item><title>Twice again</title><link>https://meri.example/b2</link><guid>https://meri.example/b</guid></item>
<item><title>No link</title></item>
<item><title>Bad link</title><link>javascript:alert(1)</link></item>
</channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="sv"><title>Meri</title>
<entry><title type="html">Is &lt;i&gt;och&lt;/i&gt; ljud</title><link rel="self" href="https://meri.example/self"/><link href="https://meri.example/is"/><id>tag:1</id>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">Lyssna på <b>isen</b>.</div></content></entry></feed>"""


def taken(db: Database) -> list[Story]:
    return db.read_now(lambda s: list(s.exec(select(Story).order_by(col(Story.id)))))


def reasons(report) -> dict[str, str]:
    return {where: Words("en")(reason) for where, reason in report.refused}


def words_of(error: VinkkiError) -> str:
    return Words("en")(say(error.key, **error.params)) if isinstance(error, Refusal) else str(error)


def test_one_broken_file_of_a_hundred_is_named_and_ninety_nine_go_in(db: Database, deployment: Deployment, tmp_path: Path) -> None:
    hr = add_person(db, "Nora Holm", "hr")
    for n in range(100):
        (tmp_path / f"s{n:03}.md").write_text(GOOD.format(n=n), encoding="utf-8")
    (tmp_path / "s042.md").write_text("---\ntitle: [unclosed\n---\nbody", encoding="utf-8")
    seen: list[int] = []
    report = import_stories(db, deployment, START, hr.id, str(tmp_path), seen.append)
    assert (report.new, report.known) == (99, 0) and seen == [100]
    told = "The block at the start (between the lines of ---) cannot be read, from line 3 on. Check quotation marks, colons and indents."
    assert reasons(report) == {"s042.md": told}
    first = taken(db)[0]
    assert (first.state, first.author_id, first.source, first.source_guid, first.topics) == ("review", hr.id, "markdown", "s000.md", "engineering,sea ice")
    assert first.summary == "Why it is worth a click."
    assert [(c.locale, c.network, c.text) for c in db.read_now(stories.captions, first.id)] == [
        ("en", "", "First of 0"),
        ("en", "", "Second of 0"),
        ("en", "x", "Short"),
        ("fi", "", "Ensimmäinen"),
    ]
    again = import_stories(db, deployment, START, hr.id, str(tmp_path))
    assert (again.new, again.known, len(taken(db))) == (0, 99, 99)


def test_what_somebody_looked_at_already_is_a_draft_at_once(lite: Database, deployment: Deployment, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(GOOD.format(n=1), encoding="utf-8")
    (tmp_path / "feed.xml").write_text(RSS.format(encoding="utf-8"), encoding="utf-8")
    for source in ("a.md", "feed.xml"):
        import_stories(lite, deployment, START, None, str(tmp_path / source), is_checked=True)
    assert {(s.source, s.state) for s in taken(lite)} == {("markdown", "draft"), ("feed", "review")}
    whence = {Words("en")(lite.read_now(notices.stories.whence, row)) for row in taken(lite)}
    assert whence == {"Came in from: a Markdown file", "Came in from: a feed"}


BROKEN = {
    "empty.md": b"",
    "plain.md": b"# Hello",
    "latin.md": "---\ntitle: jää\n---".encode("latin-1"),
    "list.md": b"---\n- a\n---\nx",
    "scalar.md": b"---\njust words\n---\nx",
    "shape.md": b"---\ntitle: {a: b}\nlink: https://meri.example/x\n---",
    "captions.md": b"---\ntitle: A\nlink: https://meri.example/x\ncaptions: 5\n---",
    "link.md": b"---\ntitle: A\nlink: javascript:alert(1)\n---",
    "kind.md": b"---\ntitle: A\nlink: https://meri.example/x\nkind: post\n---",
    "large.md": b"x" * 300_000,
    "python.md": b"---\ntitle: !!python/object/apply:os.system [true]\n---",
    "locale.md": b"---\ntitle: A\nlink: https://meri.example/x\ncaptions: {de: [x]}\n---",
    "untitled.md": b"---\nlink: https://meri.example/x\n---",
    "nul.md": b'---\ntitle: "\\0"\nlink: https://meri.example/x\n---',
    "deep.md": b"---\na: " + b"[" * 3000 + b"\n---",
}


def test_broken_files_are_each_named_with_a_reason_and_nothing_of_them_is_kept(lite: Database, deployment: Deployment, tmp_path: Path) -> None:
    for name, body in BROKEN.items():
        (tmp_path / name).write_bytes(body)
    report = import_stories(lite, deployment, START, None, str(tmp_path))
    assert report.new == 0 and set(reasons(report)) == set(BROKEN)
    assert taken(lite) == []


def test_a_csv_file_names_its_bad_lines(lite: Database, deployment: Deployment, tmp_path: Path) -> None:
    file = tmp_path / "stories.csv"
    file.write_text(
        "Title;Link;Summary;kind;captions_fi;guid\n"
        'Jää;https://meri.example/a;"Kaksi\nriviä";ask;"Yksi\nKaksi";g1\n'
        "Huono;ftp://meri.example;x;give;;g2\n"
        "Liikaa;https://meri.example/b;x;give;;g3;extra\n"
        "Sama;https://meri.example/c;x;give;;g1\n",
        encoding="utf-8-sig",
    )
    report = import_stories(lite, deployment, START, None, str(file))
    assert (report.new, report.known) == (1, 1) and set(reasons(report)) == {5, 6}
    row = taken(lite)[0]
    assert (row.title, row.kind, row.source_guid, row.summary) == ("Jää", "ask", "g1", "Kaksi\nriviä")
    assert [c.text for c in lite.read_now(stories.captions, row.id)] == ["Yksi", "Kaksi"]


@pytest.mark.parametrize(
    ("name", "body", "says"),
    [
        ("a.csv", b"name,url\nx,y\n", "Missing: link, title"),
        ("a.csv", "title,link\njää,x".encode("latin-1"), "not in UTF-8"),
        ("a.csv", b"", "Missing"),
        ("a.csv", b"x" * 100_000, "Missing"),
        ("a.txt", b"x", "stories come as"),
        ("a.xml", b"<html><body>Hi</body>", "web page and not a feed"),
        ("a.xml", b"Hi", "cannot be read as XML"),
        ("a.xml", b"", "nothing in it"),
        ("a.xml", b"<html/>", "neither RSS nor Atom"),
        ("a.xml", b"x" * (1024 * 1024 + 1), "larger than a feed"),
        ("missing.csv", None, "neither a folder"),
    ],
)
def test_what_cannot_be_read_as_a_whole_is_said_in_a_sentence(
    lite: Database, deployment: Deployment, tmp_path: Path, name: str, body: bytes | None, says: str
) -> None:
    if body is not None:
        (tmp_path / name).write_bytes(body)
    with pytest.raises(VinkkiError) as error:
        import_stories(lite, deployment, START, None, str(tmp_path / name))
    assert says in words_of(error.value)


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1", "utf-16", "windows-1252"])
def test_an_rss_feed_waits_in_review_and_a_guid_comes_once(lite: Database, deployment: Deployment, tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "feed.xml"
    file.write_bytes(RSS.format(encoding=encoding).encode(encoding))
    for new, known in ((2, 0), (0, 2)):
        report = import_stories(lite, deployment, START, None, str(file))
        assert (report.new, report.known) == (new, known) and set(reasons(report)) == {"No link", "Bad link"}
    ice, twice = taken(lite)
    assert (ice.title, ice.summary, ice.language, ice.kind, ice.state) == ("Jää & ääni", "Kuuntele jäätä", "fi", "tell", "review")
    assert twice.link == "https://meri.example/b"


def test_an_atom_feed_is_read_too() -> None:
    assert entries(ATOM.encode()) == [
        {"title": "Is och ljud", "link": "https://meri.example/is", "summary": "Lyssna på isen.", "guid": "tag:1", "language": "sv"}
    ]


BOMBS = {
    "billion laughs": b'<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><rss><channel><item><title>&b;</title></item></channel></rss>',
    "external entity": b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss><channel><item><title>&x;</title></item></channel></rss>',
    "parameter entity": b'<!DOCTYPE r [<!ENTITY % x SYSTEM "http://127.0.0.1/x">%x;]><rss/>',
    "broken utf-8": b"<rss><channel><item><title>\xff\xfe</title></item></channel></rss>",
    "cut off": b"<rss><channel><item><title>",
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused(name: str) -> None:
    with pytest.raises(VinkkiError):
        entries(BOMBS[name])


def test_a_tag_with_a_hundred_thousand_attributes_and_deep_nesting_end_in_time() -> None:
    attributes = " ".join(f'a{i}="{i}"' for i in range(60_000))
    assert entries(f"<rss {attributes}><channel/></rss>".encode()) == []
    deep = b"<rss><channel><item><title>" + b"<a>" * 100_000 + b"</a>" * 100_000 + b"</title></item></channel></rss>"
    with contextlib.suppress(VinkkiError):  # refused within its limits is as good
        assert len(entries(deep)) == 1
    many = b"<rss><channel>" + b"<item><title>x</title></item>" * 30_000 + b"</channel></rss>"
    assert len(entries(many)) == 500


def test_a_child_that_hangs_is_killed(tmp_path: Path) -> None:
    hang = tmp_path / "hang.py"
    hang.write_text("import time\ntime.sleep(60)\n")
    with pytest.raises(VinkkiError, match="too long"):
        child.read("feed", b"<rss/>", seconds=0.3, script=hang)
    hungry = tmp_path / "hungry.py"
    hungry.write_text("import resource\nresource.setrlimit(resource.RLIMIT_AS, (2 * 10**8,) * 2)\nx = bytes(4 * 10**8)\n")
    talkative = tmp_path / "talkative.py"
    talkative.write_text("import sys\nfor _ in range(5 * 1024):\n    sys.stdout.write('x' * 1024)\n")
    for script in (hungry, talkative):
        with pytest.raises(VinkkiError, match="too much time or memory"):
            child.read("feed", b"<rss/>", script=script)
