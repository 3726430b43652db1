"""The child process in which a stranger's bytes are parsed. It can be killed: what it takes in time, memory and output is limited,
and this process keeps none of it but what it says in the end."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from adapters.feeds.unread import Unread

SECONDS = 5.0
OUTPUT_BYTES = 4 * 1024 * 1024
READING = Path(__file__).with_name("reading.py")


def read(how: str, body: bytes, charset: str = "", seconds: float = SECONDS, script: Path = READING) -> dict[str, Any]:
    """What `script` found: `reading.py` in a `feed` or a `page`, others in what is theirs. Raises Unread."""
    with tempfile.TemporaryFile() as out:  # a file, since a child can be kept from writing too much to one
        # -I: no user site, no PYTHON* variables; the environment is empty, so that no secret is in the child's reach
        command = [sys.executable, "-I", str(script), how, charset]
        try:
            done = subprocess.run(command, input=body, stdout=out, stderr=subprocess.DEVNULL, timeout=seconds, env={}, check=False)  # noqa: S603
        except subprocess.TimeoutExpired:
            raise Unread("long") from None
        if done.returncode != 0 or out.tell() > OUTPUT_BYTES:
            raise Unread("heavy")
        out.seek(0)
        found = json.loads(out.read())
    if "wrong" in found:
        raise Unread(found["wrong"])
    return dict(found)
