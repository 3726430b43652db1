"""CVs on their way in: judged by their content in a child process that can be killed, and never opened anywhere else."""

from __future__ import annotations

import asyncio
from pathlib import Path, PurePosixPath

from adapters.feeds import child
from adapters.feeds.unread import Unread
from bot.desks.papers import MOST_BYTES, Paper

__all__ = ["Judge", "Unfit", "judged"]

_JUDGING = Path(__file__).with_name("judging.py")
_AT_ONCE = 2  # each may hold a processor for seconds


class Unfit(Exception):
    """A file that is not taken; `why` is the last part of a words' key `candidate.cv.wrong.<why>`."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Judge:
    """Judges files, a few at a time. One for each event loop."""

    def __init__(self) -> None:
        self._room = asyncio.Semaphore(_AT_ONCE)

    async def judged(self, name: str, content: bytes) -> Paper:
        """The file with what it is. `name` is the sender's and is believed only as far as its ending goes. Raises Unfit."""
        if not content:
            raise Unfit("empty")
        if len(content) > MOST_BYTES:
            raise Unfit("large")
        async with self._room:
            kind = await asyncio.to_thread(judged, content, PurePosixPath(name.replace("\\", "/")).suffix.lstrip(".").lower())
        return Paper(kind, content)


def judged(content: bytes, ending: str) -> str:
    """What a file is: pdf, docx or odt. Raises Unfit."""
    try:
        said = child.read(ending[:10], content, script=_JUDGING)
    except Unread:
        raise Unfit("heavy") from None  # it took too long, too much, or the child was killed
    if "unfit" in said:
        raise Unfit(str(said["unfit"]))
    return str(said["kind"])
