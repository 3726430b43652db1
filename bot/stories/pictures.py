"""Pictures of stories that were uploaded here: judged by their content, kept in the database (so in every backup), shown under an
address that nobody can guess. Nothing is decoded: only the header that says how large a picture is."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, CursorResult, LargeBinary, update
from sqlmodel import Field, Session, SQLModel, col, select

from bot import audit
from bot.db import utc_field
from bot.errors import FieldRefusal, Stale
from bot.stories.drafting import EDITABLE, get
from bot.stories.metadata import png_alone, webp_alone
from bot.stories.records import Story
from bot.stories.text import clean
from bot.stories.versions import keep

MOST_BYTES = 4 * 1024 * 1024
MOST_SIDE = 6000  # pixels
LEAST_SIDE = 50
ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}


class StoryPicture(SQLModel, table=True):
    """The bytes of one picture. A replaced one stays: messages that were sent show it."""

    id: int | None = Field(default=None, primary_key=True)
    token: str = Field(unique=True)
    story_id: int = Field(foreign_key="story.id", index=True)
    kind: str  # a key of ENDINGS
    width: int
    height: int
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    author_id: int | None = Field(default=None, foreign_key="person.id")
    created_at: datetime = utc_field()

    @property
    def path(self) -> str:
        """Its path on this deployment."""
        return f"i/{self.token}.{ENDINGS[self.kind]}"


@dataclass(frozen=True)
class Shape:
    """What a picture is: its media type, and its size in pixels."""

    kind: str
    width: int
    height: int


def add_picture(session: Session, now: datetime, actor_id: int, token: str, story_id: int, content: bytes) -> StoryPicture:
    """Keep a picture. Raises FieldRefusal `file` for what is none, or too large."""
    if len(content) > MOST_BYTES:
        raise FieldRefusal("file", "intake.refused.picture_heavy", count=MOST_BYTES // 1024 // 1024)
    shape = examine(content)
    if shape is None:
        raise FieldRefusal("file", "intake.refused.picture_kind")
    if not all(LEAST_SIDE <= side <= MOST_SIDE for side in (shape.width, shape.height)):
        raise FieldRefusal("file", "intake.refused.picture_size", least=LEAST_SIDE, most=MOST_SIDE)
    content = _ALONE.get(shape.kind, bytes)(content)
    row = StoryPicture(
        token=token, story_id=story_id, kind=shape.kind, width=shape.width, height=shape.height, content=content, author_id=actor_id, created_at=now
    )
    session.add(row)
    session.flush()
    audit.note(session, now, actor_id, "picture.added", "story", story_id)
    return row


def illustrate(
    session: Session, now: datetime, actor_id: int, story_id: int, version: int, *, alt: str, content: bytes, token: str, link: Callable[[str], str],
) -> StoryPicture:  # fmt: skip
    """Put an uploaded picture on a story that is not out yet. Raises FieldRefusal `alt` or `file`, Stale."""
    alt = clean(alt, 300)
    if not alt:
        raise FieldRefusal("alt", "stories.refused.alt")
    row = add_picture(session, now, actor_id, token, story_id, content)
    keep(session, now, actor_id, get(session, story_id), "edited")
    change = update(Story).where(col(Story.id) == story_id, col(Story.version) == version, col(Story.state).in_(EDITABLE))
    done = session.execute(change.values(image_url=link(row.path), image_alt=alt, version=version + 1))
    if not isinstance(done, CursorResult) or done.rowcount != 1:
        raise Stale("stories.refused.stale")
    return row


def picture(session: Session, token: str) -> StoryPicture | None:
    """The picture with this token, or None."""
    return session.exec(select(StoryPicture).where(StoryPicture.token == token)).first()


def examine(content: bytes) -> Shape | None:
    """What a picture is by its own first bytes; None for everything that is no PNG, JPEG, GIF or WebP (SVG is a page with scripts)."""
    try:
        if content.startswith(b"\x89PNG\r\n\x1a\n") and content[12:16] == b"IHDR":
            return Shape("image/png", *struct.unpack(">II", content[16:24]))
        if content[:6] in (b"GIF87a", b"GIF89a"):
            return Shape("image/gif", *struct.unpack("<HH", content[6:10]))
        if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
            return _webp(content)
        if content.startswith(b"\xff\xd8\xff"):
            return _jpeg(content)
    except (struct.error, IndexError):
        pass
    return None


def _webp(content: bytes) -> Shape | None:
    """https://developers.google.com/speed/webp/docs/riff_container"""
    match content[12:16]:
        case b"VP8 " if content[23:26] == b"\x9d\x01\x2a":
            width, height = struct.unpack("<HH", content[26:30])
            return Shape("image/webp", width & 0x3FFF, height & 0x3FFF)
        case b"VP8L" if content[20] == 0x2F:
            (bits,) = struct.unpack("<I", content[21:25])
            return Shape("image/webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
        case b"VP8X":
            return Shape("image/webp", int.from_bytes(content[24:27], "little") + 1, int.from_bytes(content[27:30], "little") + 1)
    return None


def _jpeg(content: bytes) -> Shape | None:
    """The size stands in the frame header (ITU T.81, B.2.2), behind any number of other segments."""
    for marker, start, length in _segments(content):
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC) and length >= 7:
            height, width = struct.unpack(">HH", content[start + 3 : start + 7])
            return Shape("image/jpeg", width, height)
    return None


def _segments(content: bytes) -> list[tuple[int, int, int]]:
    """A JPEG's segments before its image data: marker, where its two bytes of length stand (the payload follows them), and that length."""
    found: list[tuple[int, int, int]] = []
    at = 2
    while at + 4 <= len(content) and content[at] == 0xFF and len(found) < 500:
        marker = content[at + 1]
        if marker == 0xFF:  # a filling byte
            at += 1
            continue
        if marker in (0xDA, 0xD9):
            break
        (length,) = struct.unpack(">H", content[at + 2 : at + 4])
        if length < 2 or at + 2 + length > len(content):
            break
        found.append((marker, at + 2, length))
        at += 2 + length
    return found


def without_exif(content: bytes) -> bytes:
    """The JPEG without what a camera or an editor wrote about it (where it was taken, by whom): everybody may see the picture.

    How it is to be turned is kept, as the only thing in a new Exif segment.
    """
    told = [(start - 2, start + length) for marker, start, length in _segments(content) if marker in (0xE1, 0xED, 0xFE)]
    turn = next((o for begin, end in told if (o := _orientation(content[begin + 4 : end]))), 1)
    kept, at = bytearray(content[:2]), 2
    if turn != 1:
        tiff = b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, turn, 0, 0)
        kept += b"\xff\xe1" + struct.pack(">H", 8 + len(tiff)) + b"Exif\0\0" + tiff
    for begin, end in told:
        kept += content[at:begin]
        at = end
    return bytes(kept + content[at:])


def _orientation(payload: bytes) -> int:
    """The orientation an Exif segment names (2 to 8), or 0."""
    if not payload.startswith(b"Exif\0\0"):
        return 0
    tiff = payload[6:]
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    try:
        if order is None:
            return 0
        (first,) = struct.unpack(f"{order}I", tiff[4:8])
        (count,) = struct.unpack(f"{order}H", tiff[first : first + 2])
        for i in range(min(count, 100)):
            tag, kind, _n, value = struct.unpack(f"{order}HHIH", tiff[first + 2 + i * 12 : first + 12 + i * 12])
            if (tag, kind) == (0x0112, 3) and 2 <= value <= 8:
                return int(value)
    except struct.error:
        pass
    return 0


# A GIF has no place for where it was made
_ALONE: dict[str, Callable[[bytes], bytes]] = {"image/jpeg": without_exif, "image/png": png_alone, "image/webp": webp_alone}
