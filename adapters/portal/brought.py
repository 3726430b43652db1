"""A stranger's form with a file, on its way in: what was typed is kept even where the file is too large to be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile

from aiohttp import BodyPartReader, MultipartReader, web

from adapters.guard import FORM_LIMIT, MIB, MOST_FIELDS, PIECE, Refused, arriving, decoded
from bot.messages import storable


@dataclass
class Brought:
    """What came: words by field, and the file with the name it came under (both empty where none was chosen).

    `is_large`: the body is beyond its limit. The file was not read, or not to its end, and the words are those before it.
    """

    words: dict[str, list[str]] = field(default_factory=dict)
    name: str = ""
    content: bytes = field(default=b"", repr=False)
    is_large: bool = False

    def require_fit(self) -> None:
        """Raises Refused 413 for a body beyond its limit, where there is no form to say it in."""
        if self.is_large:
            raise Refused(413)


async def bring(request: web.Request, name: str, limit: int) -> Brought:
    """Read a multipart form of at most `limit` bytes; of its files the first one in the field `name` is kept.

    A body that says it is larger is read as far as its first file, and no further than FORM_LIMIT. Raises Refused 400, 408 and
    415, and 413 for a body that is too large and has no words before its file.
    """
    brought = Brought(is_large=(request.content_length or 0) > limit)
    try:
        async with arriving(request, FORM_LIMIT if brought.is_large else limit) as body:
            await _read(body.parts(), brought, name)
    except Refused as refused:
        if refused.status == 400:
            brought.require_fit()
        raise
    if not brought.words:
        brought.require_fit()
    return brought


async def _read(parts: MultipartReader, brought: Brought, name: str) -> None:
    count = 0
    while (part := await parts.next()) is not None:
        count += 1
        if count > MOST_FIELDS or not isinstance(part, BodyPartReader) or part.name is None:
            raise Refused(400)
        if part.filename is None:
            brought.words.setdefault(storable(part.name), []).append(await _text(part))
            continue
        try:
            brought.require_fit()
            content = await _whole(part)
        except Refused:  # it ran over the limit here: no more is read
            brought.is_large = True
            return
        if part.filename and part.name == name and not brought.name:
            brought.name, brought.content = part.filename, content


async def _text(part: BodyPartReader) -> str:
    read = bytearray()
    while not part.at_eof():
        read += await part.read_chunk(PIECE)
    return decoded(bytes(part.decode(read)), part.get_charset("utf-8"))


async def _whole(part: BodyPartReader) -> bytes:
    with SpooledTemporaryFile(MIB) as file:  # beyond a MiB on the disk: it may take a slow phone minutes to come
        while not part.at_eof():
            file.write(part.decode(await part.read_chunk(PIECE)))
        file.seek(0)
        return file.read()
