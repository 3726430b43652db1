"""The demo as a newcomer starts it: a process of its own, in a folder of its own, on a free port."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
READY_SECONDS = 90.0


def free_port() -> int:
    """A port of loopback that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def command(folder: Path, port: int, *more: str) -> subprocess.Popen[str]:
    """`vinkki demo` with nothing of this environment's settings."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("VINKKI_")} | {"PYTHONPATH": str(ROOT)}
    arguments = [sys.executable, "-m", "adapters.main", "demo", "--port", str(port), "--folder", str(folder), *more]
    folder.parent.mkdir(parents=True, exist_ok=True)
    return subprocess.Popen(arguments, cwd=folder.parent, env=clean, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


@contextmanager
def running(folder: Path, port: int = 0) -> Iterator[str]:
    """A demo that serves; yields its address. Stopped as Ctrl-C stops it."""
    process = command(folder, port or free_port())
    said: list[str] = []
    rest = threading.Thread(target=lambda: said.extend(process.stdout or ()), daemon=True)
    clock = threading.Timer(READY_SECONDS, process.kill)
    clock.start()
    try:
        assert process.stdout is not None
        for line in process.stdout:
            said.append(line)
            if "Open http" in line:
                break
        else:
            raise AssertionError("the demo did not start: " + "".join(said)[-2000:])
        clock.cancel()
        rest.start()  # whatever else it says must not fill the pipe
        yield line.split()[1].removesuffix("/demo/tour")
    finally:
        clock.cancel()
        process.terminate()
        process.wait(30)
        if rest.ident:
            rest.join()
        assert process.stdout is not None
        process.stdout.close()
