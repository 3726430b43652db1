"""Files on their way in: streamed to a nameless temporary file, kept for one session and one hour, and gone with the process."""

from __future__ import annotations

import asyncio
import hmac
import secrets
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from aiohttp import BodyPartReader, MultipartReader, web

from adapters.guard import PIECE, UPLOAD_LIMIT, UPLOAD_SECONDS, Refused, arriving
from bot.desks.hr.files import FileReport
from bot.messages import Text, storable

KEPT_SECONDS = 3600.0
MOST = 16  # files at once, of everybody
LONGEST_LINE = 1024 * 1024  # bytes; a longer one is read in pieces, which are then refused as lines
TOKEN_BYTES = 200
WORDS_BYTES = 4000


@dataclass
class Upload:
    """A file that somebody brought, and how far the work on it is.

    States: reading -> ready -> running -> done, or failed. `mark` is the session's; `total` and `seen` are lines.
    """

    noun: str
    mark: str = field(repr=False)
    file: BinaryIO = field(repr=False)
    total: int = 0
    seen: int = 0
    state: str = "reading"
    report: FileReport | None = None
    why: Text | None = None  # it failed
    said: dict[str, str] = field(default_factory=dict, repr=False)  # words that were typed beside it
    id: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    @property
    def is_busy(self) -> bool:
        """Somebody works on it: look again later."""
        return self.state in ("reading", "running")

    def lines(self, is_stopping: Callable[[], bool]) -> Iterator[bytes]:
        """The file from its beginning. Raises InterruptedError when the house is closing."""
        self.file.seek(0)
        while line := self.file.readline(LONGEST_LINE):
            if is_stopping():
                raise InterruptedError
            yield line


class Shelf:
    """Where uploads lie until they are put in place. In this process alone: a restart forgets them."""

    def __init__(self) -> None:
        self._uploads: dict[str, Upload] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def put(self, upload: Upload) -> None:
        """Keep a file for an hour. An earlier one of the same session and noun makes place for it; raises Refused 429 where all
        places are taken."""
        for other in [u for u in self._uploads.values() if (u.mark, u.noun) == (upload.mark, upload.noun) and not u.is_busy]:
            self.drop(other.id)
        if len(self._uploads) >= MOST:
            upload.file.close()
            raise Refused(429, retry_after=60)
        self._uploads[upload.id] = upload
        self._timers[upload.id] = asyncio.get_running_loop().call_later(KEPT_SECONDS, self.drop, upload.id)

    def get(self, noun: str, number: str, mark: str) -> Upload | None:
        """A file of this session; None when there is none, or it is somebody else's."""
        found = self._uploads.get(number)
        return found if found and found.noun == noun and hmac.compare_digest(found.mark, mark) else None

    def drop(self, number: str) -> None:
        """Forget a file."""
        if upload := self._uploads.pop(number, None):
            self._timers.pop(number).cancel()
            if not upload.is_busy:  # else whoever works on it closes it
                upload.file.close()

    def holds(self, upload: Upload) -> bool:
        """It has not been forgotten meanwhile."""
        return upload.id in self._uploads

    def clear(self) -> None:
        """Forget everything."""
        for number in list(self._uploads):
            self.drop(number)


async def receive(
    request: web.Request, noun: str, mark: str, require_token: Callable[[str], None], limit: int = UPLOAD_LIMIT, words: tuple[str, ...] = (),
) -> Upload | None:  # fmt: skip
    """Read a posted file: a multipart body with the session's token first, then the fields `words`, the file after them, nothing else.

    Not a byte of the file is kept before `require_token` (which raises Refused) has agreed. Session and origin are to be settled
    from the headers before this is called. None when no file was chosen. Raises Refused 400, 408, 413 and 415.
    """
    if request.content_type != "multipart/form-data":
        raise Refused(415)
    if request.content_length is None:  # every browser says how long a form is; so nothing has to be counted
        raise Refused(400)
    if request.content_length > limit:
        raise Refused(413)
    file: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115 it outlives this function; it has no name on the disk
    upload = Upload(noun, mark, file)
    try:
        async with arriving(request, limit, UPLOAD_SECONDS) as body:
            has_file = await _read(body.parts(), upload, require_token, words)
    except BaseException:
        file.close()
        raise
    if has_file:
        return upload
    file.close()
    return None


async def _read(parts: MultipartReader, upload: Upload, require_token: Callable[[str], None], words: tuple[str, ...]) -> bool:
    """True when there is a file."""
    require_token((await _small(await _next(parts, "csrf"), TOKEN_BYTES)).decode("ascii", "replace"))
    for name in words:
        upload.said[name] = storable((await _small(await _next(parts, name), WORDS_BYTES)).decode("utf-8", "replace"))
    part = await _next(parts, "file")
    ends_in_line = True
    while not part.at_eof():
        piece = await part.read_chunk(PIECE)
        upload.file.write(piece)
        upload.total += piece.count(b"\n")
        ends_in_line = piece.endswith(b"\n") if piece else ends_in_line
    upload.total += not ends_in_line
    if await parts.next() is not None:
        raise Refused(400)
    return upload.file.tell() > 0


async def _next(parts: MultipartReader, name: str) -> BodyPartReader:
    part = await parts.next()
    if not isinstance(part, BodyPartReader) or part.name != name:
        raise Refused(403 if name == "csrf" else 400)
    return part


async def _small(part: BodyPartReader, most: int) -> bytes:
    read = b""
    while not part.at_eof():
        read += await part.read_chunk(PIECE)
        if len(read) > most:
            raise Refused(403)
    return read
