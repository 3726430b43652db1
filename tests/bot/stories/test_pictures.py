"""Pictures judged by their content: what is one, how large it is, and that a photo does not say where it was taken."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace

import pytest
from conftest import START, add_person
from sample_pictures import GIF, WEBP_EXTENDED, WEBP_LOSSLESS, WEBP_LOSSY, exif, jpeg, png
from story_world import draft

from bot import stories
from bot.db import Database
from bot.desks import Deployment
from bot.desks.hr.stories import pictures
from bot.errors import FieldRefusal, Refusal
from bot.stories.pictures import MOST_BYTES, Shape, add_picture, examine, without_exif


@pytest.mark.parametrize(
    ("content", "kind"),
    [(png(), "png"), (jpeg(), "jpeg"), (jpeg(exif(6), b"\xff\xfe\x00\x06abcd"), "jpeg"), (GIF, "gif"), (WEBP_LOSSY, "webp"), (WEBP_LOSSLESS, "webp"),
     (WEBP_EXTENDED, "webp")],
)  # fmt: skip
def test_a_picture_says_by_its_first_bytes_what_it_is(content: bytes, kind: str) -> None:
    assert examine(content) == Shape(f"image/{kind}", 640, 360)


@pytest.mark.parametrize(
    "content",
    [b"", b"GIF", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", b"<html>", b"%PDF-1.7", b"\x89PNG\r\n\x1a\n", png()[:20], jpeg()[:6],
     b"\xff\xd8\xff" + b"\xff" * 1000, b"RIFF\0\0\0\0WEBP", b"RIFF\0\0\0\0WEBPVP8 " + bytes(30), b"BM" + bytes(60), b"II*\0" + bytes(60)],
)  # fmt: skip
def test_everything_else_is_none(content: bytes) -> None:
    assert examine(content) is None


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_photo_keeps_how_it_is_turned_and_nothing_else_of_what_the_camera_wrote(order: str, orientation: int) -> None:
    kept = jpeg(b"\xff\xe2\x00\x08ICC_PR")  # a colour profile stays
    told = jpeg(exif(orientation, order), b"\xff\xe2\x00\x08ICC_PR", b"\xff\xe1\x00\x0ahttp://x", b"\xff\xed\x00\x06Nora", b"\xff\xfe\x00\x06Nora")
    clean = without_exif(told)
    assert b"61.49N" not in clean and b"Nora" not in clean and b"http" not in clean and examine(clean) == Shape("image/jpeg", 640, 360)
    assert (clean == kept) if orientation == 1 else without_exif(clean) == clean and clean.count(b"Exif") == 1
    assert without_exif(kept) == kept


@pytest.mark.parametrize("broken", [b"\xff\xe1\x00\x08Exif\0\0", exif(6)[:20], b"\xff\xe1\xff\xff" + exif(6)[4:], exif(77)])
def test_a_broken_exif_does_no_harm(broken: bytes) -> None:
    assert isinstance(without_exif(jpeg(broken)), bytes)


@pytest.mark.parametrize(
    ("content", "key"),
    [(png(20, 400), "picture_size"), (png(400, 20), "picture_size"), (jpeg(width=9000), "picture_size"), (b"<svg/>", "picture_kind"),
     (png() + bytes(MOST_BYTES), "picture_heavy")],
)  # fmt: skip
def test_what_is_no_picture_or_too_large_is_said_at_the_file(lite: Database, deployment: Deployment, content: bytes, key: str) -> None:
    hr = add_person(lite, "Nora Holm", "hr")
    row = lite.write_now(lambda s: stories.create(s, START, hr.id, draft()))
    with pytest.raises(FieldRefusal) as caught:
        lite.write_now(pictures.put, deployment, START, hr.id, f"{row.id}:{row.version}", content, "Ice")
    assert (caught.value.field, caught.value.key) == ("file", f"intake.refused.{key}")


def _png_with(*chunks: bytes) -> bytes:
    whole = png()
    return whole[:33] + b"".join(struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in chunks) + whole[33:] + b"61.49N"


def _webp_with(*chunks: bytes) -> bytes:
    body = b"".join(c[:4] + struct.pack("<I", len(c) - 4) + c[4:] + b"\0" * (len(c) % 2) for c in chunks)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


WEBP_HEAD = b"VP8X" + bytes([0x10 | 0x0C, 0, 0, 0]) + (639).to_bytes(3, "little") + (359).to_bytes(3, "little")


@pytest.mark.parametrize(
    ("brought", "kept"),
    [
        (_png_with(b"eXIfMM\0*61.49N", b"tEXtAuthor\x0061.49N", b"iTXtXML:com.adobe.xmp\0\0\0\0\x0061.49N"), png()),
        (_webp_with(WEBP_HEAD, b"VP8 pixel", b"EXIFII*\x0061.49N", b"XMP <x>61.49N</x>"), _webp_with(b"VP8X\x10" + WEBP_HEAD[5:], b"VP8 pixel")),
    ],
    ids=["png", "webp"],
)
def test_where_and_by_whom_a_picture_was_taken_is_not_kept(lite: Database, brought: bytes, kept: bytes) -> None:
    hr = add_person(lite, "Nora Holm", "hr")
    row = lite.write_now(lambda s: stories.create(s, START, hr.id, draft()))
    picture = lite.write_now(add_picture, START, hr.id, "token", row.id, brought)
    assert picture.content == kept and b"61.49N" not in kept and (picture.width, picture.height) == (640, 360)


def test_a_picture_is_put_on_a_story_with_what_it_shows_and_served_as_what_it_is(db: Database, deployment: Deployment) -> None:
    hr, aino = add_person(db, "Nora Holm", "hr"), add_person(db, "Aino Salo")
    row = db.write_now(lambda s: stories.create(s, START, hr.id, draft()))
    with pytest.raises(FieldRefusal, match="alt"):
        db.write_now(pictures.put, deployment, START, hr.id, f"{row.id}:{row.version}", png(), " ")
    with pytest.raises(Refusal, match="forbidden"):
        db.write_now(pictures.put, deployment, START, aino.id, f"{row.id}:{row.version}", png(), "Ice")
    db.write_now(pictures.put, deployment, START, hr.id, f"{row.id}:{row.version}", png(), "Ice on the fairway")
    look = db.read_now(pictures.look, deployment, START, hr.id, row.id)
    assert look.alt == "Ice on the fairway" and look.url.startswith("http://127.0.0.1:8765/i/token") and look.url.endswith(".png")
    token = look.url.rpartition("/")[2].removesuffix(".png")
    served = db.read_now(pictures.served, token, "png")
    assert served is not None and (served.kind, served.content) == ("image/png", png())
    assert db.read_now(pictures.served, token, "gif") is None and db.read_now(pictures.served, "token", "png") is None


def test_a_story_that_is_out_keeps_its_picture(lite: Database, deployment: Deployment) -> None:
    hr = add_person(lite, "Nora Holm", "hr")
    row = lite.write_now(lambda s: stories.create(s, START, hr.id, draft(), state="published"))
    with pytest.raises(Refusal):
        lite.write_now(pictures.put, deployment, START, hr.id, f"{row.id}:{row.version}", png(), "Ice")


def test_a_story_whose_picture_nobody_has_described_does_not_go_out(lite: Database) -> None:
    hr = add_person(lite, "Nora Holm", "hr")
    bare = draft(image_url="https://img.example/ice.jpg")
    row = lite.write_now(lambda s: stories.create(s, START, hr.id, bare, may_lack_alt=True))
    with pytest.raises(Refusal, match=r"intake\.refused\.alt"):
        lite.write_now(lambda s: stories.schedule(s, START, hr.id or 0, row.id or 0, None, START, audience_id=None))
    with pytest.raises(Refusal, match=r"intake\.refused\.alt"):
        lite.write_now(lambda s: stories.keep_plan(s, START, hr.id or 0, row.id or 0, row.version))
    lite.write_now(stories.edit, START, hr.id, row.id, row.version, replace(bare, image_alt="Ice"))
    assert lite.write_now(lambda s: stories.schedule(s, START, hr.id or 0, row.id or 0, None, START, audience_id=None)).state == "scheduled"
