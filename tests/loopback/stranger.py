"""A stranger's web server, and an internet in which it has every public address: names are resolved by a fake, and what would
leave the machine is recorded instead of connected."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from adapters.feeds.fetching import Cage

PUBLIC = "93.184.215.14"
Say = Callable[[socket.socket, str], None]


class Stranger:
    """A socket that says what it is told to, and keeps the request lines and heads of who came."""

    def __init__(self, say: Say) -> None:
        self.came: list[str] = []
        self.asked: list[str] = []
        self.say = say
        self.is_closing = threading.Event()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.socket.getsockname()[1]
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Nobody is served any more."""
        self.is_closing.set()
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self._thread.join(5)

    def _run(self) -> None:
        while not self.is_closing.is_set():
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            with client, contextlib.suppress(OSError):
                asked = client.recv(65536).decode("latin-1")
                self.came.append(asked.split("\r\n")[0])
                self.asked.append(asked)
                self.say(client, asked)


@dataclass
class Internet:
    """What the cage is given in tests. `names` holds addresses by name; every other name has the stranger's."""

    stranger: Stranger
    names: dict[str, Sequence[str]] = field(default_factory=dict)
    looked_up: list[str] = field(default_factory=list)
    connected: list[tuple[str, int]] = field(default_factory=list)

    @property
    def cage(self) -> Cage:
        """The real cage in this internet: the judging of addresses is the real one."""
        return Cage(resolve=self.resolve, connect=self.connect)

    def resolve(self, host: str, port: int) -> Sequence[str]:
        self.looked_up.append(host)
        return self.names.get(host, [PUBLIC])

    def connect(self, address: str, port: int, seconds: float) -> socket.socket:
        self.connected.append((address, port))
        return socket.create_connection(("127.0.0.1", self.stranger.port), timeout=seconds)


def answer(status: str, body: bytes = b"", *headers: str) -> bytes:
    """A whole HTTP answer."""
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "Connection: close", "", ""]).encode() + body


def always(reply: bytes) -> Say:
    """Say the same to everybody."""
    return lambda client, asked: client.sendall(reply)
