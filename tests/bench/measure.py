"""What every benchmark uses: results, a load generator that costs little, servers in processes of their own, medians."""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
KEY = "a-test-key-that-is-long-enough-000"
CORES = sorted(os.sched_getaffinity(0))


@dataclass(frozen=True)
class Result:
    """One line of the table. `base` is the peer measured in the same run, `ratio` is value to base, `ok` is None where nothing
    is promised."""

    name: str
    value: float
    base: float | None
    ratio: float | None
    unit: str
    goal: str
    ok: bool | None


class Connection(asyncio.Protocol):
    """One keep-alive connection: the next request goes out when an answer is whole, or at the load's next beat."""

    def __init__(self, load: Load) -> None:
        self.load, self.buffer, self.sent_at = load, b"", 0.0
        self.transport: asyncio.Transport | None = None
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.next()

    def next(self) -> None:
        assert self.transport is not None
        if time.perf_counter() >= self.load.until:
            self.transport.close()
            return
        self.sent_at = time.perf_counter()
        self.transport.write(next(self.load.requests))

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, found, rest = self.buffer.partition(b"\r\n\r\n")
        if not found or len(rest) < _length(head):
            return
        self.buffer = b""
        now = time.perf_counter()
        self.load.note(int(head[9:12]), now - self.sent_at)
        if self.load.every:
            asyncio.get_running_loop().call_later(self.load.every - (now - self.load.began) % self.load.every, self.next)
        else:
            self.next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_result(None)


def _length(head: bytes) -> int:
    lower = head.lower()
    at = lower.find(b"content-length:")
    return int(lower[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0


@dataclass
class Load:
    """Requests from an endless iterator over `connections`, for some seconds. With `every`, all connections send together,
    once in so many seconds, instead of as fast as they are answered."""

    requests: Iterator[bytes]
    every: float = 0.0
    began: float = 0.0
    until: float = 0.0

    def __post_init__(self) -> None:
        self.seconds: list[float] = []
        self.statuses: dict[int, int] = {}

    def note(self, status: int, seconds: float) -> None:
        self.statuses[status] = self.statuses.get(status, 0) + 1
        self.seconds.append(seconds)

    async def run(self, port: int, connections: int, seconds: float) -> Load:
        loop = asyncio.get_running_loop()
        self.began = time.perf_counter()
        self.until = self.began + seconds
        made = [await loop.create_connection(lambda: Connection(self), "127.0.0.1", port) for _ in range(connections)]
        await asyncio.wait_for(asyncio.gather(*(p.ended for _, p in made)), seconds + 30)
        return self

    @property
    def rate(self) -> float:
        """Answers a second, per the time they took (closed loop)."""
        return len(self.seconds)

    def quantile(self, q: float) -> float:
        """Seconds within which that share was answered."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(q * len(ordered)))]


def request(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """One HTTP/1.1 request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{k}: {v}" for k, v in headers.items())]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


class Server:
    """A server in a process of its own, on the first core where there are two; the load stays on the others."""

    def __init__(self, process: asyncio.subprocess.Process, port: int, seconds_to_ready: float) -> None:
        self.process, self.port, self.seconds_to_ready = process, port, seconds_to_ready
        self._ps = psutil.Process(process.pid)

    def cpu(self) -> float:
        """Processor seconds used so far."""
        times = self._ps.cpu_times()
        return float(times.user + times.system)

    def pss(self) -> float:
        """Megabytes, shared pages split among those who share them."""
        return float(self._ps.memory_full_info().pss) / 2**20


@asynccontextmanager
async def serving(*command: str, folder: Path, log: Path, port_of: Callable[[str], int | None], **env: str) -> AsyncIterator[Server]:
    """Run `python command…` until its output names its port."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("VINKKI_")}
    began = time.perf_counter()
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *command, cwd=folder, env={**clean, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "VINKKI_SECRET_KEY": KEY, **env},
            stdout=out, stderr=out,
        )  # fmt: skip
    try:
        if len(CORES) > 1:
            os.sched_setaffinity(process.pid, {CORES[0]})
        async with asyncio.timeout(60):
            while (port := _found(log, port_of)) is None:
                if process.returncode is not None:
                    raise RuntimeError(f"{command} ended: {_tail(log)}")
                await asyncio.sleep(0.005)
        yield Server(process, port, time.perf_counter() - began)
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-2000:]


def _found(log: Path, port_of: Callable[[str], int | None]) -> int | None:
    for line in log.read_text(errors="replace").splitlines():
        if (port := port_of(line)) is not None:
            return port
    return None


def bare_number(line: str) -> int | None:
    """The port where a server prints nothing but it."""
    return int(line) if line.strip().isdigit() else None


def of_vinkki(line: str) -> int | None:
    """The port as `vinkki serve` says it."""
    return int(line.rsplit(":", 1)[1].rstrip(")")) if "listening on" in line else None


def stay_off_the_servers_core() -> None:
    """Keep this process on the other cores."""
    if len(CORES) > 1:
        os.sched_setaffinity(0, set(CORES[1:]))


def median(values: list[float]) -> float:
    """The middle value."""
    return statistics.median(values)
