"""Sockets that do harm: that say nothing, that drip, that send too much, and come back.

    python -m scripts.bench.serving.crowd PORT COUNT SECONDS [ADDRESS]

`ADDRESS`: where they come from, 127.0.0.9 by default. So many are kept open or tried at any time.
Prints how many the server let be, how many it closed, and what it answered.
"""

import json
import resource
import select
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

OPENED_TOGETHER = 40  # at a time
DRIP_SECONDS = 1.0
PIECE = b"x" * 16_384
HEAD = b"GET / HTTP/1.1\r\nHost: school\r\nX-Slow: "
UPLOAD = (
    b"POST %s HTTP/1.1\r\nHost: school\r\nContent-Length: %d\r\n"
    b"Content-Type: application/octet-stream\r\n\r\n"
)
LARGE = 60 << 20


@dataclass
class Trouble:
    """One kind of socket: what it says at first, and what it goes on with, piece by piece."""

    name: str
    first: bytes
    piece: bytes = b""
    eager: bool = False  # sends as much as it can, not a piece a second


KINDS = (
    Trouble("silent", b""),
    Trouble("silent", b""),
    Trouble("drips a head", HEAD, b"a"),
    Trouble("drips a form", UPLOAD % (b"/progress", 200_000), b"a"),
    Trouble("drips an upload", UPLOAD % (b"/teacher/materials", LARGE), b"a" * 100),
    Trouble("sends too large a form", UPLOAD % (b"/progress", 10 << 30), PIECE, eager=True),
    Trouble("sends too large a head", HEAD, PIECE, eager=True),
    Trouble("uploads for nobody", UPLOAD % (b"/teacher/materials", LARGE), PIECE, eager=True),
)


class Crowd:
    """So many sockets. Opened again when they are closed."""

    def __init__(self, port: int, count: int, address: str, monotonic: Callable[[], float]) -> None:
        self._to = ("127.0.0.1", port)
        self._from = (address, 0)
        self._count = count
        self._monotonic = monotonic
        self._poll = select.epoll()
        self._open: dict[int, tuple[socket.socket, Trouble, float]] = {}
        self._made = 0
        self._drip_at = monotonic()
        self.happened: Counter[str] = Counter()
        self.sent: Counter[str] = Counter()
        self.most = 0

    def run(self, seconds: float) -> None:
        """Make trouble for so long."""
        until = self._monotonic() + seconds
        while (now := self._monotonic()) < until:
            for _ in range(min(OPENED_TOGETHER, self._count - len(self._open))):
                self._begin(now)
            self.most = max(self.most, len(self._open))
            for descriptor, events in self._poll.poll(0.02, 512):
                self._happened(descriptor, events)
            if now >= self._drip_at:
                self._drip_at = now + DRIP_SECONDS
                for made, kind, _ in list(self._open.values()):
                    if kind.piece and not kind.eager:
                        self._send(made, kind, kind.piece)

    def _begin(self, now: float) -> None:
        kind = KINDS[self._made % len(KINDS)]
        self._made += 1
        made = socket.socket()
        try:
            made.bind(self._from)
            made.setblocking(False)
            made.connect_ex(self._to)
        except OSError as error:
            self.happened[type(error).__name__] += 1
            made.close()
            return
        self._open[made.fileno()] = (made, kind, now)
        self._poll.register(made, select.EPOLLIN | select.EPOLLOUT)

    def _happened(self, descriptor: int, events: int) -> None:
        made, kind, since = self._open[descriptor]
        if events & (select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR):
            self._read(made, kind)
            return
        if since >= 0:  # it is open now
            self._open[descriptor] = (made, kind, -1.0)
            self.happened["opened"] += 1
            self._send(made, kind, kind.first)
        elif kind.eager:
            self._send(made, kind, kind.piece)
        if not kind.eager and descriptor in self._open:
            self._poll.modify(made, select.EPOLLIN)

    def _read(self, made: socket.socket, kind: Trouble) -> None:
        try:
            said = made.recv(65_536)
        except OSError:
            said = b""
        status = said[9:12].decode("latin-1") if said.startswith(b"HTTP/1.1 ") else ""
        if status:
            self.happened[f"{kind.name}: {status}"] += 1
        elif not said:
            self.happened[f"{kind.name}: closed"] += 1
            self._end(made)

    def _send(self, made: socket.socket, kind: Trouble, data: bytes) -> None:
        try:
            self.sent[kind.name] += made.send(data) if data else 0
        except BlockingIOError:
            return
        except OSError:
            self.happened[f"{kind.name}: closed"] += 1
            self._end(made)

    def _end(self, made: socket.socket) -> None:
        del self._open[made.fileno()]
        made.close()


def main() -> None:
    """Make trouble, and print what became of it."""
    port, count, seconds, *address = sys.argv[1:]
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    crowd = Crowd(int(port), int(count), *(address or ["127.0.0.9"]), time.monotonic)
    crowd.run(float(seconds))
    found = {"open at once": crowd.most, "happened": crowd.happened, "bytes sent": crowd.sent}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
