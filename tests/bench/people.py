"""A people file of 100,000 lines at the command line, a hundred of them wrong: how long, and the most memory it ever held."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

from measure import KEY, ROOT, Result

LINES, WRONG = 100_000, 100
HEAD = "email,name,locale,time_zone,department,location,country,manager_email,roles,kind,start_on,notice_on,end_on"


async def run() -> AsyncIterator[Result]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder / "people.csv")
        report, seconds, megabytes = await _import(folder)
    assert (report["joined"], len(report["refused"])) == (LINES - WRONG, WRONG), report["joined"]
    yield Result(f"people file of {LINES:,} lines, most memory", megabytes, None, None, "MB", "< 200", megabytes < 200)
    yield Result("the same, time", seconds, None, None, "s", "", None)


def write(file: Path) -> None:
    """The file: ten reports to a manager; the wrong lines are nobody's managers."""
    with file.open("w", encoding="utf-8") as out:
        out.write(f"{HEAD}\n")
        for i in range(LINES):
            email = f"p{i}@meri.example" if i < LINES - WRONG else f"broken-{i}"
            manager = f"p{i // 10}@meri.example" if i else ""
            out.write(f"{email},Person {i},{('en', 'fi', 'sv')[i % 3]},Europe/Helsinki,Dept {i % 50},Turku,FI,{manager},,employee,2020-01-01,,\n")


async def _import(folder: Path) -> tuple[dict[str, object], float, float]:
    """The command's report, its seconds, and its peak of resident memory in megabytes."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("VINKKI_")}
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "adapters.main", "people", "import", "people.csv", "--json", cwd=folder,
        env={**clean, "PYTHONPATH": str(ROOT), "VINKKI_SECRET_KEY": KEY}, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    reading, most = asyncio.create_task(process.stdout.read()), 0.0
    while not reading.done():
        most = max(most, _peak(process.pid))
        await asyncio.wait({reading}, timeout=0.05)
    await process.wait()
    return json.loads(reading.result()), time.perf_counter() - began, most


def _peak(pid: int) -> float:
    """VmHWM of a process; 0 once it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)
