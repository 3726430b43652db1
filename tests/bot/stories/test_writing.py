from __future__ import annotations

import pytest
from conftest import START, add_person
from story_world import FOUR, draft

from bot import stories
from bot.db import Database
from bot.errors import FieldRefusal, Stale
from bot.stories import CaptionDraft, checked_link, clean, versions
from bot.stories.versions import kept


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "\\\\evil.example",
        "https://",
        "https:///path",
        "ftp://meri.example/x",
        "mailto:a@b.example",
        "https://user:pw@meri.example",
        "https://meri.example@evil.example",
        "https://meri.example/\r\nSet-Cookie: a=b",
        "https://meri.example/a b",
        "https://meri.example\\@evil.example",
        "https://mеri.example/cyrillic-e",
        "https://meri.example/\u202egpj",
        "https://%65vil.example",
        "x" * 2001,
        "https://meri.example:notaport/",
        "file:///etc/passwd",
        "https://meri..example",
        "",
        "   ",
        "HTTPS//meri.example",
        "https://[::1",
    ],
)
def test_addresses_we_do_not_lead_to(url: str) -> None:
    with pytest.raises(FieldRefusal) as refusal:
        checked_link(url)
    assert refusal.value.field == "link"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" https://Meri.Example/Ice?a=1&b=%20#top ", "https://meri.example/Ice?a=1&b=%20#top"),
        ("http://meri.example:8080/x", "http://meri.example:8080/x"),
        ("https://blåbär.example/så", "https://xn--blbr-noae.example/s%C3%A5"),
        ("HTTPS://meri.example", "https://meri.example"),
        ("https://[2001:db8::1]/x", "https://[2001:db8::1]/x"),
    ],
)
def test_addresses_in_their_plain_form(typed: str, kept: str) -> None:
    assert checked_link(typed) == kept
    assert checked_link(kept) == kept


def test_text_loses_what_cannot_be_kept_or_deceives() -> None:
    assert clean("a\x00b\u202ec\td", 20) == "a b c d"
    assert clean("one\r\ntwo\x07", 20, lines=True) == "one\ntwo"
    assert clean("👩\u200d🚀 é", 20) == "👩\u200d🚀 é"


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("title", {"title": " \x00 "}),
        ("kind", {"kind": "post"}),
        ("language", {"language": "de"}),
        ("image_url", {"image_url": "http://meri.example/a.png", "image_alt": "x"}),
        ("image_alt", {"image_url": "https://meri.example/a.png"}),
        ("texts", {"captions": (CaptionDraft("x" * 1001),)}),
        ("locale", {"captions": (CaptionDraft("x", "de"),)}),
    ],
)
def test_what_is_wrong_with_a_story_is_named_by_field(lite: Database, field: str, change: dict[str, object]) -> None:
    hr = add_person(lite, "Nora Holm", "hr")
    with pytest.raises(FieldRefusal) as refusal:
        lite.write_now(lambda s: stories.create(s, START, hr.id, draft(**change)))
    assert refusal.value.field == field
    assert lite.read_now(stories.counts) == {}


def test_editing_an_old_version_is_refused(db: Database) -> None:
    hr = add_person(db, "Nora Holm", "hr")
    row = db.write_now(lambda s: stories.create(s, START, hr.id, draft()))
    db.write_now(stories.edit, START, hr.id, row.id, 1, draft(title="Second"))
    with pytest.raises(Stale):
        db.write_now(stories.edit, START, hr.id, row.id, 1, draft(title="Third"))
    assert db.read_now(stories.get, row.id).title == "Second"


def test_an_edit_that_changes_nothing_leaves_no_version(db: Database) -> None:
    hr = add_person(db, "Nora Holm", "hr")
    row = db.write_now(lambda s: stories.create(s, START, hr.id, draft()))
    db.write_now(stories.edit, START, hr.id, row.id, 1, draft(title="  What ice sounds like "))
    assert db.read_now(stories.get, row.id).version == 1 and db.read_now(kept, row.id, 0, 8) == []


def test_unchanged_captions_keep_their_count_and_new_ones_start_beside_them(lite: Database) -> None:
    hr = add_person(lite, "Nora Holm", "hr")
    row = lite.write_now(lambda s: stories.create(s, START, hr.id, draft()))

    def give_some(session):
        for c in stories.captions(session, row.id):
            c.given = 7
            session.add(c)

    lite.write_now(give_some)
    assert lite.write_now(stories.set_captions, row.id, "en", "", [FOUR[2], "A new one", FOUR[0], "", FOUR[0]]) == 3
    assert [(c.text, c.given) for c in lite.read_now(stories.captions, row.id)] == [(FOUR[2], 7), ("A new one", 7), (FOUR[0], 7)]
    lite.write_now(stories.set_captions, row.id, "fi", "x", ["Suomeksi"])
    assert len(lite.read_now(stories.captions, row.id)) == 4


def test_what_a_page_says_leaves_the_draft_as_it_was_before(lite: Database) -> None:
    hr = add_person(lite, "Nora Holm", "hr")
    row = lite.write_now(lambda s: stories.create(s, START, hr.id, draft(summary="")))
    lite.write_now(lambda s: stories.fill_in(s, START, hr.id or 0, row.id or 0, row.version, {"summary": "How ice is read."}))
    kept = lite.read_now(versions.kept, row.id, 0, 8)
    assert [(v.what, versions.content_of(v).summary) for v in kept] == [("edited", "")]
